"""Who logs in, and who tries in vain, is in the audit trail, whatever becomes of the request, and never without end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.workstation.conftest import PASSWORD
from tests.workstation.test_accounts import code

from intrathecal.workstation.clinic import limits, logins, newcomers, trail
from intrathecal.workstation.clinic.models import User


def try_in(name: str, password: str, client: Client | None = None, **more: str) -> int:
    """The status of a log-in."""
    return (client or Client()).post("/login/login/", {"login": name, "password": password}, **more).status_code


def events() -> list[tuple[str, str]]:
    """What happened, and about whom."""
    lines = LogEntry.objects.filter(additional_data__event__isnull=False).order_by("pk")
    return [(line.additional_data["event"], line.object_repr) for line in lines]


def test_in_and_out_and_in_vain(user_of: Callable[..., User]) -> None:
    """By whom and from where; a name that nobody has is not written down: it could be a password."""
    one, client = user_of("nurse"), Client()
    assert try_in(one.username, "wrong") == 200
    assert try_in("my secret password", "wrong") == 200
    assert try_in(one.username.upper(), PASSWORD, client) == 302
    client.post("/login/logout/")
    assert events() == [
        ("log-in failed", one.username),
        ("log-in failed", "an unknown name"),
        ("logged in: password", one.username),
        ("logged out", one.username),
    ]
    assert not any("my secret" in str(vars(line)) for line in LogEntry.objects.all())
    assert LogEntry.objects.filter(remote_addr="127.0.0.1", additional_data__event="log-in failed").count() == 2
    assert LogEntry.objects.get(additional_data__event="logged out").actor == one
    assert list(trail.verify()) == []


@pytest.mark.django_db(transaction=True)
def test_what_failed_is_written_though_its_request_breaks(
    user_of: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the request's own transaction is left, and the line is there."""
    from allauth.account.forms import LoginForm

    original, one = LoginForm.clean, user_of("nurse")

    def clean_and_break(form: LoginForm) -> None:
        try:
            original(form)
        finally:
            User.objects.create_user("half", role="nurse")
            raise RuntimeError

    monkeypatch.setattr(LoginForm, "clean", clean_and_break)
    answer = Client(raise_request_exception=False).post("/login/login/", {"login": one.username, "password": "wrong"})
    assert answer.status_code == 500
    assert not User.objects.filter(username="half").exists()
    assert events() == [("log-in failed", one.username)]


def test_whoever_tries_too_often_is_written_down_and_fills_no_disk(
    user_of: Callable[..., User], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five wrong ones the name is closed; after so many lines in an hour there is one more, and then none."""
    monkeypatch.setattr(logins, "FAILED", limits.Limit("failed log-in", each=8, together=10))
    one = user_of("nurse")
    for _ in range(7):
        try_in(one.username, "wrong")
    assert [what for what, _who in events()] == ["log-in failed"] * 5 + ["log-in refused: tried too often"] * 2
    settings.PROXIES = 1
    for number in range(12):
        try_in(f"nobody {number}", "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{number // 6}")
    told = [what for what, _who in events()]
    assert len(told) == 10 + 2, "all that may be, and one line for each of the two addresses"
    assert told[-1] == "log-ins failed so often that no more of them are written down for an hour"
    assert list(trail.verify()) == []


def test_a_wrong_code_and_a_change_of_factors(user_of: Callable[..., User]) -> None:
    """The app is switched on, a wrong code is tried, then the right one: all of it without the secret."""
    one, client = user_of("nurse"), Client()
    try_in(one.username, PASSWORD, client)
    secret = switch_on(client)
    client.post("/login/logout/")
    try_in(one.username, PASSWORD, client)
    client.post("/login/2fa/authenticate/", {"code": "000000"})
    client.post("/login/2fa/authenticate/", {"code": recovery(one)})
    assert [what for what, _who in events()][-2:] == ["second factor was wrong", "logged in: password, recovery_codes"]
    made = LogEntry.objects.filter(content_type__model="authenticator", action=LogEntry.Action.CREATE)
    assert made.count() == 2
    client.post("/login/reauthenticate/", {"password": PASSWORD})
    assert client.post("/login/2fa/recovery-codes/generate/").status_code == 302
    assert made.count() == 3
    assert not any(secret in str(vars(line)) for line in LogEntry.objects.all())


def test_an_account_of_the_command_line_says_so(db: None) -> None:
    """Whoever is not the first was given the password."""
    newcomers.make("ada", "administrator", PASSWORD)
    newcomers.make("iris", "nurse", PASSWORD)
    assert events() == [("account made on the command line", name) for name in ("ada", "iris")]
    assert list(User.objects.order_by("pk").values_list("must_change_password", flat=True)) == [False, True]


def switch_on(client: Client) -> str:
    """An authenticator app for whoever is logged in; its secret."""
    client.post("/login/reauthenticate/", {"password": PASSWORD})
    client.get("/login/2fa/totp/activate/")
    secret = str(client.session["mfa.totp.secret"])
    assert client.post("/login/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    return secret


def recovery(user: User) -> str:
    """A recovery code that was not used yet."""
    codes: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return codes[0]


def test_a_login_leads_nowhere_else(user_of: Callable[..., User]) -> None:
    """Also not to another name that this server answers to."""
    one = user_of("nurse")
    for elsewhere in ("http://localhost/", "//localhost/x", "https://evil.example/"):
        sent = Client().post(f"/login/login/?next={elsewhere}", {"login": one.username, "password": PASSWORD})
        assert sent["Location"] == "/"
    there = Client().post("/login/login/?next=/patients/", {"login": one.username, "password": PASSWORD})
    assert there["Location"] == "/patients/"


def test_tries_at_other_names_do_not_push_out_what_is_counted(db: None) -> None:
    """Tries are counted in the cache, which forgets what is oldest when it is full."""
    cache.set("tries", 5)
    for number in range(1000):
        cache.set(f"other-{number}", 1)
    assert cache.get("tries") == 5
