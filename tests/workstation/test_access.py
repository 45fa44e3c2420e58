"""Every address is tried by every role and by nobody; the list is the program's own, so that no new page is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from intrathecal.workstation import access
from intrathecal.workstation.clinic.models import Patient, User
from intrathecal.workstation.pages.pump import logged_in
from intrathecal.workstation.rules import EVERYBODY, PATIENT, STAFF

#: Pages of one's own account that answer 403 for a reason of their own: there is no second factor yet that they could ask for.
ASKS_FOR_A_FACTOR = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True)
class Address:
    """A named address and what has to be filled in."""

    name: str
    converters: tuple[tuple[str, str], ...]

    def url(self, patient: Patient) -> str:
        """Filled in: the patient's key where it asks for one, and otherwise something that does not exist."""
        filled: dict[str, Any] = {}
        for key, converter in self.converters:
            nothing: Any = 1_000_000 if converter == "IntConverter" else "none"
            filled[key] = patient.pk if key == "patient" else nothing
        return reverse(self.name, kwargs=filled)


def addresses(resolver: Any = None, space: str = "", before: tuple[tuple[str, str], ...] = ()) -> Iterator[Address]:
    """All addresses of the program."""
    for entry in (resolver or get_resolver()).url_patterns:
        found = before + tuple(
            (key, type(converter).__name__) for key, converter in getattr(entry.pattern, "converters", {}).items()
        )
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from addresses(entry, inner, found)
        elif isinstance(entry, URLPattern):
            regex = getattr(entry.pattern, "regex", None)
            named = () if found else tuple((key, "str") for key in (regex.groupindex if regex else {}))
            yield Address(f"{space}{entry.name}" if entry.name else "", found + named)


HASH = make_password("a long enough password")
ALL = tuple({address.name: address for address in addresses()}.values())


def test_every_address_has_a_name_and_a_rule() -> None:
    """One without a rule would be open to nobody, and that is a mistake too."""
    assert [address for address in addresses() if not address.name] == []
    assert [address.name for address in ALL if access.rule_of(address.name) is None] == []


def test_every_rule_has_an_address() -> None:
    """A rule without a page has a name that is written wrong."""
    from intrathecal.workstation import pages

    assert set(pages.rules()) | access.BEFORE_LOGIN | access.OWN_ACCOUNT <= {address.name for address in ALL}


def answered(client: Client, method: str, address: Address, patient: Patient) -> Any:
    """The answer of an address. Nothing of it lasts: neither what was written nor, after logging out, the lost cookie."""
    cookies = copy(client.cookies)
    cache.clear()
    with transaction.atomic():
        response = client.generic(method, address.url(patient))
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


@pytest.mark.parametrize("method", METHODS)
def test_nobody_without_login(method: str, patient: Patient) -> None:
    """A page leads to the login, a call of the API says 401; only what is public answers."""
    for address in ALL:
        rule = access.rule_of(address.name)
        assert rule is not None
        response = answered(Client(raise_request_exception=False), method, address, patient)
        to_login = response.status_code == 302 and response["Location"].startswith("/login/login/?next=")
        assert rule.public or to_login or response.status_code == 401, (address.name, response.status_code)
        assert response.status_code < 500, address.name


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_role_gets_what_its_rule_says_and_nothing_else(role: str, method: str, patient: Patient) -> None:
    """Looking (GET) and changing (everything else) apart; a patient is tried with the own record."""
    client = Client()
    client.force_login(_user(role, patient), backend=BACKEND)
    for address in ALL:
        response = answered(client, method, address, patient)
        rule = access.rule_of(address.name)
        allowed = rule is not None and (rule.public or access.allowed(address.name, method, role))
        if address.name not in ASKS_FOR_A_FACTOR:
            assert (response.status_code != 403) == allowed, (address.name, response.status_code)
        assert response.status_code < 500, address.name


@pytest.mark.parametrize("role", sorted(STAFF | {PATIENT}))
def test_nobody_reaches_a_patient_who_does_not_exist(role: str, patient: Patient) -> None:
    """And a patient nobody else's record: both are the same answer, which gives nothing away."""
    other = Patient.objects.create(**_other())
    user = _user(role, patient)
    client = Client()
    client.force_login(user, backend=BACKEND)
    for address in ALL:
        if "patient" not in dict(address.converters):
            continue
        for method in ("GET", "POST"):
            if not access.allowed(address.name, method, role):
                continue
            missing = client.generic(method, address.url(Patient(pk=10**9)))
            assert missing.status_code == 404, address.name
            if role == PATIENT:
                assert client.generic(method, address.url(other)).status_code == 404, address.name


def test_text_that_is_none_is_refused_everywhere(client_of: Callable[..., Client], patient: Patient) -> None:
    """The character 0, in a query or a form: 400 with a sentence, on both databases."""
    client = client_of("physician")
    for address in ALL:
        if access.allowed(address.name, "GET", "physician"):
            answer = client.get(address.url(patient), {"q": "a\x00b"})
            assert answer.status_code == 400, address.name
            assert "a character with the code 0" in answer.content.decode()
        if access.allowed(address.name, "POST", "physician"):
            assert client.post(address.url(patient), {"note": "\x00"}).status_code == 400, address.name


def test_a_closed_account_is_out_at_once(client_of: Callable[..., Client]) -> None:
    """Also in the middle of a session."""
    client = client_of("nurse")
    assert client.get("/").status_code == 200
    user = User.objects.get(role="nurse")
    user.is_active = False
    user.save()
    assert client.get("/").status_code == 302


def test_a_session_ends_by_itself(client_of: Callable[..., Client]) -> None:
    """After half an hour without a page, and with the browser; every page prolongs it."""
    client = client_of("nurse")
    response = client.get("/")
    assert client.session.get_expire_at_browser_close()
    assert response.cookies["sessionid"]["max-age"] == ""
    assert response.cookies["sessionid"]["httponly"]
    half_an_hour, kept = timedelta(minutes=30), Session.objects.get()
    assert kept.expire_date <= timezone.now() + half_an_hour
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1), session_data=unseen(kept))
    client.get("/")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=29)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/").status_code == 302


def test_an_open_page_prolongs_no_session(client_of: Callable[..., Client], patient: Patient) -> None:
    """What connects anew by itself says nothing about whether somebody is there."""
    client = client_of("nurse")
    client.get("/")
    soon = timezone.now() + timedelta(minutes=1)
    Session.objects.update(expire_date=soon, session_data=unseen(Session.objects.get()))
    client.get(f"/patients/{patient.pk}/pump/stream/", headers={"Accept": "text/event-stream"})
    assert Session.objects.get().expire_date == soon


def test_a_new_password_ends_what_is_told_to_an_open_page(client_of: Callable[..., Client]) -> None:
    """As it ends the session."""
    client = client_of("nurse")
    client.get("/")
    assert logged_in(client.session.session_key)
    user = User.objects.get(role="nurse")
    user.set_password("another long password")
    user.save()
    assert not logged_in(client.session.session_key)


def test_the_login_leads_back_to_the_page_and_not_to_a_part_of_it(db: None) -> None:
    """A part that a page asked for after the session had ended."""
    part = Client().get(
        "/patients/1/pictures",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/patients/1/?only=note"},
    )
    assert part["HX-Redirect"] == "/login/login/?next=/patients/1/%3Fonly%3Dnote"


def test_no_form_is_read_that_no_browser_sends(client_of: Callable[..., Client]) -> None:
    """In a code that is none of text, or to a call that takes JSON."""
    body, kind = (
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    )
    for client, page, call in (
        (client_of("nurse"), "/board/keep", "/api/board/filters"),
        (Client(), "/request-appointment", "/api/public/requests"),
    ):
        assert client.generic("POST", page, body, f"{kind}; charset=hex").status_code == 400
        answer = client.post(call, body, content_type=kind)
        assert (answer.status_code, "application/json" in answer.json()["detail"]) == (415, True)
        assert client.trace("/request-appointment").status_code == 400


def unseen(session: Session) -> str:
    """What a session holds, as if nobody had been there for a while."""
    return str(SessionStore().encode(session.get_decoded() | {"seen": 0}))


def _user(role: str, patient: Patient) -> User:
    user = User(username=role, role=role, patient=patient if role == PATIENT else None)
    user.password = HASH
    user.save()
    return user


def _other() -> dict[str, Any]:
    return {
        "number": "1002",
        "family_name": "Abel",
        "given_name": "Anton",
        "born": date(1950, 1, 1),
        "height_cm": 180,
        "weight_g": 80_000,
        "indication": "cancer",
        "since": date(2026, 1, 1),
    }
