"""The forms of one's own account, where they differ from allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class ChangePassword(ChangePasswordForm):
    """Who forgot the password asks an administrator: there is no page for it to lead to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""

    def clean_password1(self) -> str:
        """Another one than before, where somebody else knows that."""
        password: str = self.cleaned_data["password1"]
        if self.user.must_change_password and self.user.check_password(password):
            raise ValidationError(_("Choose another password than the one that was given to you."))
        return password

    def save(self) -> None:
        """From now on its owner alone knows it."""
        self.user.must_change_password = False
        super().save()
