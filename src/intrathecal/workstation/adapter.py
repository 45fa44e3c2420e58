"""How accounts come to be, never by signing up, and where a login leads."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from intrathecal.workstation import access


class ClinicAdapter(DefaultAccountAdapter):
    """An administrator makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Everybody begins at a page of their own role."""
        return access.first_page(request.user.role)
