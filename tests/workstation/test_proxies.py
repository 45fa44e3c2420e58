"""Who asks is told by the connection, and by as many proxies as the clinic trusts; over https nothing goes without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from intrathecal.workstation import asker, configuration
from intrathecal.workstation.adapter import ClinicAdapter
from intrathecal.workstation.clinic import limits
from intrathecal.workstation.clinic.models import Patient

DIRECT = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "192.0.2.7", DIRECT),
        (1, "", DIRECT),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (2, "203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", DIRECT),
        (1, "192.0.2.7:51000", "192.0.2.7"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "somebody", DIRECT),
    ],
)
def test_what_a_stranger_adds_is_not_believed(proxies: int, forwarded: str, seen: str, settings: Settings) -> None:
    """The limits, the log-in and the trail ask the same function."""
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=DIRECT, HTTP_X_FORWARDED_FOR=forwarded)
    assert asker.address(request) == seen
    counted = "2001:db8::/64" if ":" in seen else seen
    assert ClinicAdapter().get_client_ip(request) == counted
    assert limits.whence(request) == limits.digest(counted)


def test_one_machine_has_a_whole_network_of_addresses(db: None) -> None:
    """Of IPv6; whoever asks from another one of it has asked before, and a neighbour has not."""
    whence = [
        limits.whence(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "::ffff:192.0.2.7", "192.0.2.7")
    ]
    assert whence[0] == whence[1] != whence[2]
    assert whence[3] == whence[4]


def test_the_trail_has_the_address_behind_the_proxy(
    patient: Patient, client_of: Callable[..., Client], settings: Settings
) -> None:
    """Of whoever looked."""
    settings.PROXIES = 1
    client_of("nurse").get(f"/patients/{patient.pk}/", headers={"X-Forwarded-For": "192.0.2.7"})
    assert LogEntry.objects.get(action=LogEntry.Action.ACCESS).remote_addr == "192.0.2.7"


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
def test_cookies_of_https_stay_there(scheme: str, secure: bool, db: None, settings: Settings) -> None:
    """And the browser is told to come back over nothing else."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer = Client().get("/login/login/", headers={"X-Forwarded-Proto": scheme})
    assert bool(answer.cookies["csrftoken"]["secure"]) is secure
    assert ("Strict-Transport-Security" in answer.headers) is secure


def test_how_many_there_are_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """None unless the clinic says so."""
    monkeypatch.delenv(configuration.PROXIES, raising=False)
    assert configuration.proxies() == 0
    monkeypatch.setenv(configuration.PROXIES, "2")
    assert configuration.proxies() == 2
    monkeypatch.setenv(configuration.PROXIES, "all")
    with pytest.raises(configuration.ConfigurationError, match='"all" is no number of proxies; write 0 to 9'):
        configuration.proxies()
