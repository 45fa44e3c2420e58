"""How accounts come to be, never by signing up; where a login leads; which address it comes from."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from intrathecal.workstation import access, asker
from intrathecal.workstation.clinic import logins


class ClinicAdapter(DefaultAccountAdapter):
    """An administrator makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Everybody begins at a page of their own role."""
        return access.first_page(request.user.role)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """On to what the person came for."""
        return access.first_page(request.user.role)

    def is_safe_url(self, url: str) -> bool:
        """To this address alone: other names that are answered to may be those of another machine for the browser."""
        return url_has_allowed_host_and_scheme(url, {context.request.get_host()}, context.request.is_secure())

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address whose tries are counted."""
        return asker.network(request) or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Whoever tried too often is written down too."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            logins.note(request, str(credentials.get("username", "")), "log-in refused: tried too often")
            raise
