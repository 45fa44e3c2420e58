"""An administrator makes accounts and helps who is locked out; everybody protects the own one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.fixtures import Settings
from tests.workstation.browsing import clean, log_in
from tests.workstation.conftest import PASSWORD

from intrathecal.workstation.clinic import newcomers, trail
from intrathecal.workstation.clinic.models import Note, Patient, User

NEW = {"first_name": "Iris", "last_name": "Falk", "role": "nurse", "is_active": "on"}


def test_an_administrator_makes_an_account(client_of: Callable[..., Client]) -> None:
    """Its password is kept as argon2 alone."""
    client = client_of("administrator")
    made = client.post("/accounts/", NEW | {"username": "iris", "password": "twelve is enough"}, follow=True)
    assert "iris can log in now." in made.content.decode()
    assert User.objects.get(username="iris").password.startswith("argon2")
    assert Client().post("/login/login/", {"login": "iris", "password": "twelve is enough"}).status_code == 302
    assert list(trail.verify()) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"password": "short"}, "This password is too short. It must contain at least 12 characters."),
        ({"password": "1qaz2wsx3edc"}, "This password is too common."),
        ({"username": "a b"}, "Enter a valid username."),
        ({"role": "king"}, "Select a valid choice."),
        ({"role": "patient"}, "There is no patient with this number: write it as in the record."),
        ({"patient_number": "1001"}, "Only a patient has one: leave it empty, or choose the role Patient."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    told: dict[str, str], said: str, patient: Patient, client_of: Callable[..., Client]
) -> None:
    """One message, and no account."""
    client, before = client_of("administrator"), User.objects.count()
    answer = client.post("/accounts/", NEW | {"username": "iris", "password": "twelve is enough"} | told)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert User.objects.count() == before


def test_two_names_differ_by_more_than_capitals(client_of: Callable[..., Client]) -> None:
    """A log-in finds both, and would let neither in."""
    client = client_of("administrator")
    sent = NEW | {"username": "iris", "password": "twelve is enough"}
    assert client.post("/accounts/", sent).status_code == 302
    again = client.post("/accounts/", sent | {"username": "Iris"})
    assert (again.status_code, "“iris” has an account already" in again.content.decode()) == (422, True)
    iris = User.objects.get(username="iris")
    assert client.post(f"/accounts/{iris.pk}/", NEW | {"username": "IRIS"}).status_code == 302, "of the same person"
    with pytest.raises(newcomers.AccountError, match="has an account already"):
        newcomers.check("Iris", "nurse")
    assert Client().post("/login/login/", {"login": "iris", "password": "twelve is enough"}).status_code == 302


def test_a_patient_gets_the_own_record_once(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A second account for the same record is refused."""
    client = client_of("administrator")
    told = NEW | {"role": "patient", "patient_number": "1001", "password": "twelve is enough"}
    assert client.post("/accounts/", told | {"username": "one"}).status_code == 302
    assert User.objects.get(username="one").patient == patient
    assert (
        "This patient has an account already" in client.post("/accounts/", told | {"username": "two"}).content.decode()
    )


def test_the_last_administrator_stays(client_of: Callable[..., Client]) -> None:
    """Nobody could make another one."""
    client = client_of("administrator")
    one = User.objects.get(role="administrator")
    answer = client.post(f"/accounts/{one.pk}/", {"username": one.username, "role": "nurse", "is_active": "on"})
    assert "Nobody else administers this clinic" in answer.content.decode()
    one.refresh_from_db()
    assert one.role == "administrator"


def test_whoever_lost_everything_is_helped(client_of: Callable[..., Client], user_of: Callable[..., User]) -> None:
    """A new password ends their sessions; the second factor goes, and the trail says by whom."""
    client, theirs = client_of("administrator"), client_of("nurse")
    nurse = User.objects.get(role="nurse")
    Authenticator.objects.create(user=nurse, type="totp", data={"secret": "x"})
    assert client.post(f"/accounts/{nurse.pk}/password/", {"password": "another long one"}).status_code == 302
    assert theirs.get("/").status_code == 302
    assert client.post(f"/accounts/{nurse.pk}/second-factor/").status_code == 302
    assert not Authenticator.objects.exists()
    gone = LogEntry.objects.get(content_type__model="authenticator", action=LogEntry.Action.DELETE)
    assert gone.actor.role == "administrator"
    assert "secret" not in str(gone.changes)


def test_nobody_signs_up(db: None) -> None:
    """There is no form for it."""
    assert Client().post("/login/signup/", {"username": "me", "password1": PASSWORD}).status_code == 302
    assert not User.objects.exists()


def test_passwords_are_not_guessed(user_of: Callable[..., User]) -> None:
    """After some wrong ones even the right one has to wait."""
    user = user_of("nurse")
    for _ in range(12):
        Client().post("/login/login/", {"login": user.username, "password": "wrong"})
    answer = Client().post("/login/login/", {"login": user.username, "password": PASSWORD})
    assert answer.status_code in (200, 429)


def test_the_first_account_comes_from_the_terminal(db: None) -> None:
    """A wrong role or password is said in one sentence."""
    with pytest.raises(newcomers.AccountError, match='--role "king": is none; choose physician, nurse'):
        newcomers.make("ada", "king", PASSWORD)
    with pytest.raises(newcomers.AccountError, match="the password: This password is too short"):
        newcomers.make("ada", "administrator", "short")
    newcomers.make("ada", "administrator", PASSWORD)
    with pytest.raises(newcomers.AccountError, match="has an account already"):
        newcomers.make("ada", "administrator", PASSWORD)


def test_a_patient_is_found_in_the_trail_with_all_of_the_record(
    client_of: Callable[..., Client], patient: Patient
) -> None:
    """Also what is not called by their name, and what was struck out since."""
    client = client_of("administrator")
    Note.objects.create(patient=patient, at=timezone.now(), kind="visit", text="slept well")
    Note.objects.create(patient=patient, at=timezone.now(), kind="visit", text="a slip").delete()
    for asked in ("Moreno", "1001", str(patient)):
        told = client.get("/api/audit", {"about": asked}).json()["items"]
        assert [line["did"] for line in told if line["about"].startswith("note")] == ["deleted", "created", "created"]
    shown = client.get("/audit/", {"about": "Moreno"}).content.decode()
    assert "slept well" not in shown, "an administrator reads no record"
    assert client.get("/api/audit", {"about": "slept"}).json()["count"] == 0
    assert client.get("/api/audit", {"about": "Nobody"}).json()["count"] == 0


def test_the_trail_is_searched(client_of: Callable[..., Client], patient: Patient) -> None:
    """By person, patient and day; it says which values changed, and not from what to what."""
    patient.allergies = "latex"
    patient.save()
    client_of("nurse").get(f"/patients/{patient.pk}/")
    client = client_of("administrator")
    seen = client.get("/audit/", {"person": "nurse", "about": "Moreno"}).content.decode()
    assert "1 line" in seen
    assert "GET patient" in seen
    changed = client.get("/audit/", {"about": "1001"}).content.decode()
    assert "allergies" in changed
    assert "latex" not in changed
    assert "Nothing." in client.get("/audit/", {"day": "2001-01-01"}).content.decode()
    assert "is no day: write it like 2026-11-22" in client.get("/audit/", {"day": "2026-13-40"}).content.decode()
    assert "is whole" in client.get("/audit/verify/").content.decode()


def code(secret: str) -> str:
    """The six digits that an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, int(time.time() // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


@pytest.fixture
def page(browser: Browser, live_server: object) -> Iterator[Page]:
    """A browser without a login that says when a page breaks a rule of the browser's."""
    context = browser.new_context(base_url=str(live_server), viewport={"width": 1200, "height": 800})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [text for text in said if "status of 422" not in text] == []


def confirm(page: Page) -> None:
    """Before anything is changed that guards an account, its password is asked for again."""
    clean(page, "confirm")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Confirm").click()


@pytest.mark.browser
def test_administration_in_the_browser(page: Page, user_of: Callable[..., User]) -> None:
    """An administrator begins at the accounts, makes one, looks at the trail; every page is accessible."""
    one = user_of("administrator")
    page.goto("/login/login/")
    clean(page, "login")
    log_in(page, one.username)
    page.wait_for_url("**/accounts/")
    page.fill("#id_username", "iris")
    page.select_option("#id_role", "nurse")
    page.fill("#id_password", "short")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("This password is too short").wait_for()
    clean(page, "accounts")
    page.fill("#id_password", "twelve is enough")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("iris can log in now.").wait_for()
    page.get_by_role("button", name="Log out").click()
    log_in(page, "iris", "twelve is enough")
    page.get_by_text("Somebody else knows your password.").wait_for()
    page.get_by_role("link", name="intrathecal").click()
    page.get_by_text("Somebody else knows your password.").wait_for()
    clean(page, "given-password")
    page.fill("#id_oldpassword", "twelve is enough")
    page.fill("#id_password1", "twelve is enough")
    page.fill("#id_password2", "twelve is enough")
    page.get_by_role("button", name="Change Password").click()
    page.get_by_text("Choose another password than the one that was given to you.").wait_for()
    page.fill("#id_oldpassword", "twelve is enough")
    page.fill("#id_password1", "only iris knows it")
    page.fill("#id_password2", "only iris knows it")
    page.get_by_role("button", name="Change Password").click()
    page.get_by_role("heading", name="Board").wait_for()
    page.get_by_role("button", name="Log out").click()
    log_in(page, one.username)
    page.wait_for_url("**/accounts/")
    page.get_by_role("link", name="iris").click()
    clean(page, "account")
    page.get_by_role("link", name="Audit trail").click()
    clean(page, "audit")
    page.get_by_role("link", name="Verify all seals").click()
    page.get_by_text("The audit trail is whole").wait_for()
    clean(page, "audit-verified")


@pytest.mark.browser
def test_a_second_factor_in_the_browser(page: Page, user_of: Callable[..., User], settings: Settings) -> None:
    """Where it is required: an app is set up, codes for the worst case are shown, and the next login asks for a code."""
    settings.SECOND_FACTOR_REQUIRED = True
    one = user_of("administrator")
    log_in(page, one.username)
    page.get_by_text("This clinic asks for a second factor").wait_for()
    clean(page, "own-account")
    page.get_by_role("link", name="Switch on").click()
    confirm(page)
    page.locator("#authenticator_secret").wait_for()
    clean(page, "totp")
    page.fill("#id_code", "000000")
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("Incorrect code.").wait_for()
    secret = page.input_value("#authenticator_secret")
    page.fill("#id_code", code(secret))
    page.get_by_role("button", name="Activate").click()
    page.get_by_label("Unused codes").wait_for()
    clean(page, "recovery-codes")
    recovery = page.input_value("#recovery_codes").split()
    page.goto("/login/password/change/")
    clean(page, "password")
    assert page.get_by_text("Forgot").count() == 0
    page.get_by_role("button", name="Log out").click()
    log_in(page, one.username)
    page.get_by_role("button", name="Sign In").wait_for()
    clean(page, "second-factor")
    page.fill("#id_code", recovery[0])
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url("**/accounts/")
    page.goto("/login/2fa/totp/deactivate/")
    clean(page, "totp-off")


@pytest.mark.browser
def test_a_passkey_in_the_browser(page: Page, user_of: Callable[..., User]) -> None:
    """It is made once, and then logs in without a password."""
    one = user_of("administrator")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    log_in(page, one.username)
    page.wait_for_url("**/accounts/")
    page.goto("/login/2fa/webauthn/add/")
    confirm(page)
    page.get_by_label("Passwordless").wait_for()
    clean(page, "passkey")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Unused codes").wait_for()
    page.goto("/login/2fa/webauthn/")
    clean(page, "passkeys")
    page.get_by_role("button", name="Log out").click()
    page.goto("/login/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/accounts/")
