"""Accounts that are made on the terminal: the first administrator of a clinic, and whoever is locked out."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import User
from intrathecal.workstation.clinic.models.people import Role

#: Whoever is a patient has a record, which a page links to the account.
ROLES = tuple(role for role in Role.values if role != Role.PATIENT)
HOW = "There are no accounts yet. Make the first: intrathecal account NAME --role administrator"


class AccountError(InputError):
    """An account that cannot be made."""


def check(name: str, role: str) -> None:
    """Raise `AccountError` unless somebody of this ``name`` and ``role`` can be added."""
    if role not in ROLES:
        raise AccountError(f'--role "{role}": is none; choose {", ".join(ROLES)}')
    try:
        User(username=name, role=role).clean_fields(exclude=["password"])
    except ValidationError as problem:
        raise AccountError(f'"{name}": {" ".join(problem.messages)}') from None
    if User.objects.filter(username__iexact=name).exists():
        raise AccountError(f'"{name}": has an account already; choose another name')


def make(name: str, role: str, password: str) -> None:
    """Add an account; raises `AccountError`. Whoever is not the first was given the password and has to choose another one."""
    check(name, role)
    try:
        validate_password(password, User(username=name))
    except ValidationError as problem:
        raise AccountError(f"the password: {' '.join(problem.messages)}") from None
    with transaction.atomic():
        first = not User.objects.exists()
        made = User.objects.create_user(name, password=password, role=role, must_change_password=not first)
        trail.happened("account made on the command line", made)
