"""The forms of one's own account, where they differ from allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm


class ChangePassword(ChangePasswordForm):
    """Who forgot the password asks an administrator: there is no page for it to lead to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""
