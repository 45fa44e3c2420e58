"""What somebody has to do for the own account before anything else: choose a password, set up a second factor."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic.models import User
from intrathecal.workstation.rules import ADMINISTRATOR, STAFF

PASSWORD = "account_change_password"  # noqa: S105 - the name of a page
FACTORS = "mfa_index"


@dataclass(frozen=True)
class Duty:
    """The name of the ``page`` where it is done, and what is said to whoever has not done it."""

    page: str
    says: str

    def allows(self, name: str) -> bool:
        """Whether a page helps to do it."""
        return name == PASSWORD if self.page == PASSWORD else name.startswith("mfa_") or name.endswith("reauthenticate")


def duty(user: User) -> Duty | None:
    """What is to be done first."""
    if user.must_change_password:
        return Duty(PASSWORD, _("Somebody else knows your password. Choose one of your own before anything else."))
    if settings.SECOND_FACTOR_REQUIRED and user.role in STAFF | {ADMINISTRATOR} and not _has_factor(user):
        return Duty(
            FACTORS,
            _("This clinic asks for a second factor: set up an authenticator app or a passkey before anything else."),
        )
    return None


def _has_factor(user: User) -> bool:
    """Recovery codes alone are none: they help who has lost one."""
    codes = Authenticator.Type.RECOVERY_CODES
    return Authenticator.objects.filter(user=user).exclude(type=codes).exists()
