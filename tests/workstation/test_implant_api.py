"""Pumps, catheters and scans over the API: what the pages do, and what they refuse, in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from tests.workstation.test_udi import CODE

from intrathecal.workstation.clinic.models import Implant, Patient

TODAY = timezone.localdate().isoformat()
BEFORE = (timezone.localdate() - timedelta(days=9)).isoformat()
CATHETER = {
    "at_pump": "ascenda-8780/pump",
    "at_tip": "ascenda-8780/spinal",
    "at_tip_trimmed_mm": 300,
    "tip_level": "T10",
}
PUMP = {"model": "synchromed-ii-20", "udi": CODE, "pocket": "left abdomen", "implanted_on": BEFORE, "purge_uL": 400}


def call(client: Client, method: str, at: str, told: Any = None) -> tuple[int, Any]:
    """Status and answer."""
    answer = client.generic(method, at, json.dumps(told) if told is not None else "", "application/json")
    return answer.status_code, answer.json()


def test_a_pump_from_implantation_to_explantation(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Implanted, revised, replaced and taken out; whoever names a pump that is out is told."""
    client, at = client_of("physician"), f"/api/patients/{patient.pk}/implants"
    assert call(client, "GET", f"/api/dead-volumes?model=synchromed-ii-20&{_query(CATHETER)}") == (
        200,
        {"tubing_nL": 199_000, "catheter_nL": 184_800, "together_nL": 383_800},
    )
    status, first = call(client, "POST", at, {**PUMP, **CATHETER})
    assert (status, first["serial"], first["udi"]["lot"]) == (201, "NGV424242H", "AB12")
    assert first["dead_volumes"]["together_nL"] == 383_800
    assert first["left_to_do"][0].startswith("It was not filled")
    assert call(client, "POST", at, {**PUMP, **CATHETER})[0] == 409
    own = f"{at}/{first['id']}"
    revised = {
        **CATHETER,
        "at_pump_trimmed_mm": 100,
        "tip_level": "unknown",
        "on": TODAY,
        "why": "kinked",
        "purge_uL": 300,
    }
    seen = {**revised, "instead_of": first["catheters"][0]["id"]}
    status, told = call(client, "POST", f"{own}/catheters", seen)
    assert call(client, "POST", f"{own}/catheters", seen)[0] == 409
    assert (status, [one["dead_nL"] for one in told["catheters"]]) == (201, [162_800, 184_800])
    assert (told["catheters"][0]["tip_level"], told["catheters"][0]["purge_uL"]) == ("", 300)
    assert told["remarks"][0].startswith("Less than the 0.384 mL")
    new = {**PUMP, "udi": "", "serial": "NGV2H", "implanted_on": TODAY, "why": "end of service"}
    status, second = call(client, "POST", f"{own}/replacement", new)
    assert (status, second["serial"], second["dead_volumes"]["catheter_nL"]) == (201, "NGV2H", 162_800)
    gone = {"on": TODAY, "why": "infection"}
    for what, sent in (("replacement", new), ("catheters", revised), ("explantation", gone)):
        status, told = call(client, "POST", f"{own}/{what}", sent)
        assert (status, "is out since" in told["detail"]) == (409, True)
    status, told = call(client, "POST", f"{at}/{second['id']}/explantation", gone)
    assert (status, told["why_explanted"], told["left_to_do"]) == (200, "infection", [])
    assert call(client, "GET", at)[1]["count"] == 2
    assert call(client, "GET", f"{at}/{second['id']}")[1]["explanted_on"] == TODAY


def _query(told: dict[str, Any]) -> str:
    return "&".join(f"{name}={value}" for name, value in told.items())


def test_the_api_refuses_what_the_page_refuses(patient: Patient, client_of: Callable[..., Client]) -> None:
    """In the page's words, with the API's names; a nurse looks and does not operate."""
    client, at = client_of("physician"), f"/api/patients/{patient.pk}/implants"
    for wrong, said in (
        ({"at_tip_trimmed_mm": 3000}, "at_tip_trimmed_mm: 300 cm is not possible; write 0 to 150, 30 if that is meant"),
        ({"at_tip_trimmed_mm": 390}, "at_tip_trimmed_mm: 39 cm of 38 cm leave nothing; write what was cut off, in cm"),
        ({"purge_uL": 40}, "purge_uL: 0.04 mL does not fit: tubing and catheter hold 0.384 mL; correct the point"),
        ({"udi": "+A123BJC5D6E71H"}, "udi: the last character of"),
        ({"serial": "NGV1H"}, "serial: NGV1H is not the serial number NGV424242H of the UDI"),
        ({"tip_level": "T13"}, "tip_level: Select a valid choice"),
    ):
        status, told = call(client, "POST", at, {**PUMP, **CATHETER, **wrong})
        assert (status, told["detail"][: len(said)]) == (422, said)
    assert call(client_of("nurse"), "POST", at, {**PUMP, **CATHETER})[0] == 403
    assert not Implant.objects.exists()


def test_a_scan_and_what_stays_open(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Every check is answered, and no other; what is open is answered later."""
    physician, nurse = client_of("physician"), client_of("nurse")
    own = f"/api/patients/{patient.pk}/implants"
    own += f"/{call(physician, 'POST', own, {**PUMP, **CATHETER})[1]['id']}"
    asks = [check["check"] for check in call(nurse, "GET", f"{own}/checks")[1]]
    now = timezone.now()
    told: dict[str, Any] = {
        "what": "1.5 T, head",
        "began_at": (now - timedelta(hours=2)).isoformat(),
        "ended_at": (now - timedelta(hours=1)).isoformat(),
        "checks": {name: {"state": "clear"} for name in asks},
    }
    status, said = call(nurse, "POST", f"{own}/scans", told)
    assert (status, said["detail"][:13]) == (422, "resumed_at: b")
    status, said = call(nurse, "POST", f"{own}/scans", told | {"checks": {"what": {"state": "clear"}}})
    assert said["detail"] == f"checks: 'what' is not asked here; answer {', '.join(asks)}"
    told["checks"]["recovered"] = {"state": "not-yet", "note": "at 18:00"}
    status, said = call(nurse, "POST", f"{own}/scans", told)
    assert (status, said["open"], said["resumed_at"]) == (201, ["recovered"], None)
    assert said["why_not"] == "no program of this pump is in force"
    answers = f"/api/patients/{patient.pk}/scans/{said['id']}/answers"
    later = {"resumed_at": now.isoformat(), "checks": {"recovered": {"state": "clear"}}}
    assert call(nurse, "POST", answers, later)[1]["open"] == []
    assert call(nurse, "POST", answers, later)[0] == 409
    (listed,) = call(nurse, "GET", f"/api/patients/{patient.pk}/scans")[1]["items"]
    assert (len(listed["answers"]), listed["open"]) == (len(asks), [])
