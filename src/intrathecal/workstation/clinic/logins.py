"""Who logs in and out, and who tries in vain, as lines of the audit trail.

A name that nobody has could be a password that was typed in the wrong field: it is not written down. What failed is written when
the request has been answered, whatever became of its transaction. So many lines an hour are written about it and no more, so that
nobody fills the disk by trying; that there was more is one line an hour for each address.
"""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest

from intrathecal.workstation.clinic import limits, trail
from intrathecal.workstation.clinic.models import User

#: Lines about what failed, and lines that say that there was more.
FAILED = limits.Limit("failed log-in", each=60, together=600)
MORE = limits.Limit("more failed log-ins", each=1, together=20)
UNKNOWN = "an unknown name"


def watch() -> None:
    """Follow every log-in from now on."""
    user_logged_in.connect(_came, dispatch_uid="came")
    user_logged_out.connect(_went, dispatch_uid="went")
    password_changed.connect(_chose, dispatch_uid="chose")
    user_login_failed.connect(_failed, dispatch_uid="failed")
    authentication_failed.connect(_wrong_factor, dispatch_uid="wrong factor")


def note(request: HttpRequest, name: str, what: str) -> None:
    """Somebody who called themselves ``name`` did ``what`` in vain: `write` writes it down."""
    noted = request.__dict__.setdefault("in_vain", [])
    noted.append((User.objects.filter(username__iexact=name).first(), what))


def write(request: HttpRequest) -> None:
    """Write down what was noted, in a transaction of its own."""
    for user, what in request.__dict__.pop("in_vain", ()):
        _write(user, what, limits.whence(request))


@transaction.atomic
def _write(user: User | None, what: str, whence: str) -> None:
    trail.hold()
    if not FAILED.reached(whence):
        FAILED.count(whence)
        trail.happened(what, user or User, UNKNOWN)
    elif not MORE.reached(whence):
        MORE.count(whence)
        trail.happened("log-ins failed so often that no more of them are written down for an hour", User, "everybody")


def _came(request: HttpRequest, user: User, **_: Any) -> None:
    ways = dict.fromkeys(record.get("type", record["method"]) for record in get_authentication_records(request, user))
    trail.happened(f"logged in: {', '.join(ways)}", user, by=user)


def _chose(user: User, **_: Any) -> None:
    trail.happened("password changed", user, by=user)


def _went(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        trail.happened("logged out", user, by=user)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None:
        note(request, str(credentials.get("username", "")), "log-in failed")


def _wrong_factor(request: HttpRequest, user: User, **_: Any) -> None:
    note(request, user.username, "second factor was wrong")
