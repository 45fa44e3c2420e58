"""How accounts come to be: never by signing up."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from intrathecal.workstation.rules import PATIENT


class ClinicAdapter(DefaultAccountAdapter):
    """An administrator makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Patients come to their own page, all others to the board."""
        return reverse("my") if request.user.role == PATIENT else super().get_login_redirect_url(request)
