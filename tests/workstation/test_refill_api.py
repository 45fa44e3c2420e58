"""Programs do refills as people do: the same steps, the same words, and the same second person."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from intrathecal.workstation.clinic.models import Implant, Patient

WHO = {"patient": True, "pump": True, "syringe": True, "allergies": True}


class Caller:
    """A program at one patient's refill."""

    def __init__(self, client: Client, patient: Patient) -> None:
        self.client, self.at = client, f"/api/patients/{patient.pk}/refill"

    def ask(self, method: str, path: str = "", told: object = None, status: int = 200) -> Any:
        """The answer to a call, which has this status."""
        answer = self.client.generic(method, f"{self.at}{path}", json.dumps(told), "application/json")
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None


@pytest.fixture
def nurse(implant: Implant, client_of: Callable[..., Client]) -> Caller:
    """A program of a nurse."""
    return Caller(client_of("nurse"), implant.patient)


def steps(other: str = "", **changed: Any) -> dict[str, Any]:
    """All that is answered: 18 mL of the same, or of another drug."""
    fill = {"which": "new", "drug_1": other, "strength_1": "10 mg/mL"} if other else {"which": "same"}
    return {
        "who": {**WHO, "at": f"{timezone.localtime():%Y-%m-%dT%H:%M}"},
        "expected": {"read": True},
        "measured": {"measured": 6.2},
        "drug": fill,
        **({"bridge": {"choice": "auto"}} if other else {}),
        "pocket": {"needle": True, "swelling": "none"},
        "volume": {"filled": 18},
        "dates": {"due_on": (timezone.localdate() + timedelta(days=20)).isoformat()},
        **changed,
    }


def test_a_refill_at_once(nurse: Caller, implant: Implant) -> None:
    """Begun, answered, reviewed and stored; what is asked next is always said."""
    nurse.ask("GET", status=404)
    assert nurse.ask("POST")["asked"] == "who"
    told = nurse.ask("PUT", "/steps", {"steps": steps()})
    assert (told["asked"], told["expected_mL"], told["drugs"]) == ("review", 6.0, {"morphine": "10 mg/mL"})
    assert told["dates"]["worst"] == (timezone.localdate() + timedelta(days=80)).isoformat()
    assert nurse.ask("GET", "/review")["decision"] in ("accept", "confirm")
    assert nurse.ask("POST", "/review", {"right": False}, 422)["detail"].startswith("right: this is not ticked")
    stored = nurse.ask("POST", "/review", {"right": True}, 201)
    assert (stored["stage"], stored["refill"]["measured_mL"]) == ("stored", 6.2)
    assert implant.refills.count() == 3
    assert "No refill is begun" in nurse.ask("POST", "/review", {"right": True}, 409)["detail"]


def test_a_second_person_is_asked_for(nurse: Caller, implant: Implant, client_of: Callable[..., Client]) -> None:
    """The first one's word makes it wait, and the same one's second word is refused."""
    nurse.ask("POST")
    nurse.ask("PUT", "/steps", {"steps": steps("hydromorphone")})
    assert nurse.ask("GET", "/review")["second_person"] is True
    assert nurse.ask("POST", "/review", {"right": True, "reason": "as ordered"}, 201)["stage"] == "waiting"
    assert "somebody else" in nurse.ask("POST", "/second", status=409)["detail"]
    assert "take it back" in nurse.ask("PUT", "/steps/drug", {"typed": {"which": "same"}}, 409)["detail"]
    pharmacist = Caller(client_of("pharmacist"), implant.patient)
    pharmacist.ask("POST", "/take-back", status=403)
    stored = pharmacist.ask("POST", "/second", status=201)["refill"]
    assert stored["second_by"].startswith("pharmacist")
    assert implant.refills.count() == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"measured": {"measured": 6200}}, "measured: measured: 6200 mL is not possible; write 0 to 20, 6.2 if micro"),
        ({"measured": {"measured": 21}}, "measured: measured: 21 mL is not possible; write 0 to 20"),
        ({"measured": {"measured": "-1"}}, "measured: measured: -1 mL is not possible; write 0 to 20"),
        ({"measured": {"measured": 1e9}}, "measured: measured: 1000000000 mL is not possible; write 0 to 20"),
        ({"volume": {"filled": 0}}, "volume: filled: 0 mL is no fill"),
        ({"drug": {"which": "new", "drug_1": "water", "strength_1": "1 mg/mL"}}, "the catalogue has no drug water"),
        ({"drug": {"which": "new", "drug_1": "morphine", "strength_1": "180 mg"}}, "drug: strength_1: "),
        ({"drug": {"which": "new", "drug_1": "morphine", "strength_1": "180 mg/mL"}}, "180 mg/mL cannot be made"),
        ({"who": {**WHO, "at": "2090-01-01T10:00"}}, "who: at: this is still to come"),
        ({"who": {**WHO, "at": "2020-01-01T10:00"}}, "who: at: the last refill was at"),
        ({"pocket": {"needle": True, "swelling": "none", "colour": "red"}}, "pocket: colour is not asked"),
        ({"measured": {"measured": [6]}}, "measured.measured: Value error, write a text, a number, true or false"),
        ({"nonsense": {}}, "nonsense: is no step; the steps are who, expected"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(changed: dict[str, Any], said: str, nurse: Caller) -> None:
    """The step, the field, and what would be right."""
    nurse.ask("POST")
    assert said in nurse.ask("PUT", "/steps", {"steps": steps(**changed)}, 422)["detail"]
    assert nurse.ask("GET")["answers"] == 0


def test_a_pump_that_is_out_is_not_filled(nurse: Caller, implant: Implant) -> None:
    """Nor is a refill of it stored that was begun before; one dated before the implant is none either."""
    implant.refills.all().delete()
    nurse.ask("POST")
    early = f"{implant.implanted_on - timedelta(days=1)}T10:00"
    told = {"steps": {"who": {**WHO, "kind": "first", "at": early}}}
    assert "the pump was implanted on" in nurse.ask("PUT", "/steps", told, 422)["detail"]
    implant.explanted_on = timezone.localdate()
    implant.save()
    for method, path in (("POST", ""), ("GET", ""), ("POST", "/second"), ("POST", "/telling")):
        assert nurse.ask(method, path, status=409)["detail"] == "No pump is implanted: nothing can be filled."
    page = nurse.client.post(nurse.at.replace("/api", "") + "/begin/", follow=True).content.decode()
    assert "No pump is implanted: nothing can be filled." in page


def test_a_fill_is_made_ahead(nurse: Caller) -> None:
    """With the stock at hand; what cannot be made is said."""
    told = {"volume": "18", "drugs": [{"drug": "morphine", "concentration": "10 mg/mL", "stock": "25 mg/mL"}]}
    assert nurse.ask("POST", "/compounding", told)["drugs"][0]["stock"] == "25 mg/mL"
    told["drugs"][0]["stock"] = "1 mg/mL"  # type: ignore[index]
    assert "too weak" in nurse.ask("POST", "/compounding", told, 422)["detail"]
