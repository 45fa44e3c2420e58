"""What an administrator does, for programs: accounts and the audit trail, with the forms of the pages; and whole records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from intrathecal.workstation.api.shapes import PROBLEMS, Listed, Page, Text, listed, valid
from intrathecal.workstation.clinic import record, trail
from intrathecal.workstation.clinic.models import Head, Patient, User
from intrathecal.workstation.pages.accounts import Account, Password, forget_factors, give_password, known, make
from intrathecal.workstation.pages.audit import Wanted
from intrathecal.workstation.rules import ADMINISTRATORS, NOBODY, PHYSICIANS, Rule

router = Router(tags=["administering"])


class AccountOut(Schema):
    """Somebody with a login."""

    id: int
    username: str
    first_name: str
    last_name: str
    role: str
    is_active: bool
    second_factors: int
    must_change_password: bool
    last_login: datetime | None


class AccountIn(Schema):
    """An account as it shall be; ``patient_number`` for the role patient alone."""

    username: Text
    first_name: Text = ""
    last_name: Text = ""
    role: Text
    is_active: bool = True
    patient_number: Text = ""


class PasswordIn(Schema):
    """A password, at least 12 characters."""

    password: Text = Field(max_length=4096)


class NewAccountIn(AccountIn, PasswordIn):
    """An account and its first password."""


class SealedOut(Schema):
    """Whether the audit trail is whole, where it is not, and where it ends."""

    whole: bool
    problems: list[str]
    lines: int
    seal: str


class TrailOut(Schema):
    """One line: who did what about whom. Of a change it says which values, and not from what to what."""

    line: int | None
    at: datetime
    by: str | None
    address: str | None
    did: str
    about: str
    page: str | None
    changed: list[str]


class RecordOut(Schema):
    """Everything that is kept about a patient, by the kind of record."""

    format: str
    written_by: str
    made_at: datetime
    patient: dict[str, Any]
    records: dict[str, list[dict[str, Any]]]


@router.get("/accounts", response={200: Listed[AccountOut], **PROBLEMS}, url_name="accounts")
def get_accounts(request: HttpRequest, page: Page) -> dict[str, Any]:
    """All accounts."""
    return listed(known(), page, _account)


@router.post("/accounts", response={201: AccountOut, **PROBLEMS}, url_name="accounts")
def make_account(request: HttpRequest, told: NewAccountIn) -> Status[dict[str, Any]]:
    """A new account."""
    form, password = valid(Account(told.dict())), valid(Password(told.dict()))
    return Status(201, _account(make(form, password)))


@router.put("/accounts/{int:account}", response={200: AccountOut, **PROBLEMS}, url_name="account")
def change_account(request: HttpRequest, account: int, told: AccountIn) -> dict[str, Any]:
    """Another role or name, or closed."""
    return _account(valid(Account(told.dict(), instance=get_object_or_404(User, pk=account))).save())


@router.post("/accounts/{int:account}/password", response={200: AccountOut, **PROBLEMS}, url_name="account_password")
def set_password(request: HttpRequest, account: int, told: PasswordIn) -> dict[str, Any]:
    """A new password for somebody who lost theirs."""
    one = get_object_or_404(User, pk=account)
    give_password(one, valid(Password(told.dict(), user=one)), request.user)
    return _account(one)


@router.delete(
    "/accounts/{int:account}/second-factor", response={200: AccountOut, **PROBLEMS}, url_name="account_factor"
)
def reset_factor(request: HttpRequest, account: int) -> dict[str, Any]:
    """Take second factors away that were lost."""
    one = get_object_or_404(User, pk=account)
    forget_factors(one)
    return _account(one)


@router.get("/audit", response={200: Listed[TrailOut], **PROBLEMS}, url_name="audit")
def get_trail(request: HttpRequest, page: Page, person: Text = "", about: Text = "", day: Text = "") -> dict[str, Any]:
    """Lines of the audit trail, newest first; ``day`` like 2026-11-22."""
    wanted = Wanted.told(person, about, day)
    if wanted.wrong:
        raise HttpError(422, f"day: {wanted.wrong}")
    return listed(wanted.lines(), page, _line)


@router.get("/audit/verified", response={200: SealedOut, **PROBLEMS}, url_name="audit_verified")
def get_verified(request: HttpRequest) -> dict[str, Any]:
    """Every seal is tried."""
    problems, head = list(trail.verify()), Head.objects.filter(pk=1).first() or Head()
    return {"whole": not problems, "problems": problems, "lines": head.number, "seal": head.digest}


@router.get("/patients/{int:patient}/record", response={200: RecordOut, **PROBLEMS}, url_name="record")
def get_record(request: HttpRequest, patient: int) -> dict[str, Any]:
    """The whole record."""
    whole = record.whole(get_object_or_404(Patient, pk=patient))
    return {name: value for name, value in whole.items() if not isinstance(value, list)} | {
        "records": {name: rows for name, rows in whole.items() if isinstance(rows, list)}
    }


def _account(one: User) -> dict[str, Any]:
    plain = ("username", "first_name", "last_name", "role", "is_active", "last_login", "must_change_password")
    factors = one.factors if hasattr(one, "factors") else one.authenticator_set.count()
    return {name: getattr(one, name) for name in plain} | {"id": one.pk, "second_factors": factors}


def _line(line: LogEntry) -> dict[str, Any]:
    return {
        "line": line.link.number if hasattr(line, "link") else None,
        "at": line.timestamp,
        "by": str(line.actor) if line.actor else None,
        "address": line.remote_addr,
        "did": trail.did(line),
        "about": trail.about(line),
        "page": (line.additional_data or {}).get("page"),
        "changed": sorted(line.changes or {}),
    }


RULES = {
    "accounts": Rule(ADMINISTRATORS, ADMINISTRATORS),
    "account": Rule(NOBODY, ADMINISTRATORS),
    "account_password": Rule(NOBODY, ADMINISTRATORS),
    "account_factor": Rule(NOBODY, ADMINISTRATORS),
    "audit": Rule(ADMINISTRATORS),
    "audit_verified": Rule(ADMINISTRATORS),
    "record": Rule(PHYSICIANS),
}
