"""Before anything else: a password that nobody else knows, and a second factor where the clinic asks for one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.workstation.conftest import PASSWORD
from tests.workstation.test_logins import events, recovery, switch_on, try_in

from intrathecal.workstation import configuration, factors
from intrathecal.workstation.clinic.models import Patient, User

GIVEN = "given by somebody"  # a password
FIRST = "Somebody else knows your password. Choose one of your own before anything else."
SECOND = "This clinic asks for a second factor: set up an authenticator app or a passkey before anything else."


def reaches(client: Client, patient: Patient, role: str) -> None:
    """Pages of this role, calls and live parts answer as to everybody."""
    page = "/accounts/" if role == "administrator" else "/"
    assert client.get(page).status_code == 200
    assert client.get("/api/accounts" if role == "administrator" else "/api/patients").status_code == 200


def is_led(client: Client, patient: Patient, page: str, says: str) -> None:
    """Every page leads to ``page``, every call says why, and nothing is changed or looked at."""
    for address in ("/", "/accounts/", f"/patients/{patient.pk}/", "/audit/"):
        assert client.get(address)["Location"] == page
    assert client.post(f"/patients/{patient.pk}/facts", {})["Location"] == page
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"] == page
    for call in (
        client.get("/api/patients"),
        client.get("/api/accounts"),
        client.post(
            f"/api/patients/{patient.pk}/notes", json.dumps({"kind": "visit", "text": "x"}), "application/json"
        ),
    ):
        assert (call.status_code, call.json()) == (403, {"detail": says})
    shown = client.get(page).content.decode()
    assert says in shown
    assert "Emergency" not in shown, "nothing is offered that would be refused"


@pytest.mark.parametrize("made_by", ["page", "call", "new password", "new password by call"])
def test_a_given_password_is_changed_first(
    made_by: str, patient: Patient, client_of: Callable[..., Client], user_of: Callable[..., User]
) -> None:
    """Whoever makes an account, or helps who forgot, knows the password; its owner chooses another one."""
    client, told = client_of("administrator"), {"username": "iris", "role": "nurse", "password": GIVEN}
    if made_by == "page":
        assert client.post("/accounts/", told | {"is_active": "on"}).status_code == 302
    elif made_by == "call":
        assert client.post("/api/accounts", json.dumps(told), "application/json").json()["must_change_password"] is True
    else:
        one = User.objects.create_user("iris", password=PASSWORD, role="nurse")
        if made_by == "new password":
            client.post(f"/accounts/{one.pk}/password/", {"password": GIVEN})
        else:
            client.post(f"/api/accounts/{one.pk}/password", json.dumps({"password": GIVEN}), "application/json")
    theirs = Client()
    assert try_in("iris", GIVEN, theirs) == 302
    is_led(theirs, patient, "/login/password/change/", FIRST)
    same = {"oldpassword": GIVEN, "password1": GIVEN, "password2": GIVEN}
    refused = theirs.post("/login/password/change/", same).content.decode()
    assert "Choose another password than the one that was given to you." in refused
    own = same | {"password1": "chosen by myself", "password2": "chosen by myself"}
    assert theirs.post("/login/password/change/", own)["Location"] == "/"
    reaches(theirs, patient, "nurse")
    happened = [what for what, whom in events() if whom == "iris"]
    assert happened[-1] == "password changed"
    assert ("password set" in happened) == made_by.startswith("new")


def test_ones_own_password_is_no_given_one(client_of: Callable[..., Client]) -> None:
    """An administrator who sets the own one has chosen it."""
    client, one = client_of("administrator"), User.objects.get()
    client.post(f"/accounts/{one.pk}/password/", {"password": "another long one"})
    one.refresh_from_db()
    assert not one.must_change_password


@pytest.mark.parametrize("role", ["physician", "nurse", "pharmacist", "administrator"])
def test_a_required_second_factor_is_set_up_first(
    role: str, patient: Patient, user_of: Callable[..., User], settings: Settings
) -> None:
    """With a password alone nobody of the clinic gets further; with an app they do; without it again, no more."""
    settings.SECOND_FACTOR_REQUIRED = True
    client, one = Client(), user_of(role)
    assert try_in(one.username, PASSWORD, client) == 302
    is_led(client, patient, "/login/2fa/", SECOND)
    switch_on(client)
    reaches(client, patient, role)
    Authenticator.objects.filter(type="totp").delete()
    is_led(client, patient, "/login/2fa/", SECOND)


def test_a_patient_needs_none(patient: Patient, client_of: Callable[..., Client], settings: Settings) -> None:
    """The own record alone lies behind that login."""
    settings.SECOND_FACTOR_REQUIRED = True
    assert client_of("patient", patient).get("/my/").status_code == 200


def test_a_clinic_asks_for_it_unless_it_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is no answer is said in a sentence."""
    monkeypatch.delenv(configuration.SECOND_FACTOR)
    assert configuration.second_factor_required()
    monkeypatch.setenv(configuration.SECOND_FACTOR, "optional")
    assert not configuration.second_factor_required()
    monkeypatch.setenv(configuration.SECOND_FACTOR, "no")
    with pytest.raises(configuration.ConfigurationError, match='"no" is neither; write required or optional'):
        configuration.second_factor_required()


def test_secrets_are_kept_encrypted(user_of: Callable[..., User], settings: Settings) -> None:
    """What lies in the database opens no door; with another key it opens none either, and says so instead of failing."""
    client, one = Client(), user_of("nurse")
    try_in(one.username, PASSWORD, client)
    secret = switch_on(client)
    kept = str([authenticator.data for authenticator in Authenticator.objects.all()])
    assert secret not in kept
    assert kept.count("gAAAA") == 2, "Fernet: the app and the recovery codes"
    right = recovery(one)
    assert factors.unreadable() == 0
    settings.SECRET_KEY = "the key of another machine"  # noqa: S105
    assert factors.unreadable() == 1
    cache.clear()
    moved = Client()
    try_in(one.username, PASSWORD, moved)
    refused = moved.post("/login/2fa/authenticate/", {"code": right})
    assert "was set up with another key of the clinic: ask an administrator to reset it." in refused.content.decode()
    assert moved.get("/").status_code == 302
    client = Client()
    client.force_login(one, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/login/reauthenticate/", {"password": PASSWORD})
    shown = client.get("/login/2fa/recovery-codes/")
    assert shown.status_code == 409
    assert "another key of the clinic" in shown.content.decode()
