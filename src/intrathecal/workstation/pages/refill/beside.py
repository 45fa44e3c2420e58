"""The second person at the same screen: known by their own name, password and second factor, without logging in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic.models import User
from intrathecal.workstation.pages.fields import say_what_is_missing
from intrathecal.workstation.rules import STAFF


class BesideForm(forms.Form):
    """Who is there. After `is_valid`, ``person`` is who it is; tries are counted as those at the login are."""

    username = forms.CharField(
        label=gettext_lazy("User name of the second person"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Their password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Code of their second factor"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "size": 10}),
    )

    def __init__(self, request: HttpRequest, typed: Any = None) -> None:
        super().__init__(typed)
        self.request, self.person = request, User()
        say_what_is_missing(self)

    def clean(self) -> dict[str, Any]:
        """Somebody who works here, and can show it."""
        told = super().clean() or {}
        if self.errors:
            return told
        names = {"username": told["username"], "password": told["password"]}
        found = get_adapter().authenticate(self.request, **names)
        if not isinstance(found, User) or not found.is_active or found.role not in STAFF:
            self.add_error("username", _("no physician, nurse or pharmacist has this name and password"))
        elif self._shown(found, told["code"]):
            self.person = found
        return told

    def _shown(self, found: User, code: str) -> bool:
        """Whether the second factor was shown too, where there is one."""
        factors = Authenticator.objects.filter(user=found)
        if not factors.exists():
            return True
        if not factors.exclude(type=Authenticator.Type.WEBAUTHN).exists():
            self.add_error("code", _("they have a passkey alone, and confirm from their own login"))
            return False
        form = AuthenticateForm(data={"code": code}, user=found)
        if form.is_valid():
            form.authenticator.record_usage()
            return True
        self.add_error("code", _("this is not the code of their authenticator app now, nor a recovery code"))
        return False
