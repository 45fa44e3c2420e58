"""The course of a prime on the page and over the API: that of the programmer's own sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.workstation.pumped import FILE, pump

from intrathecal.programmer.priming import prime
from intrathecal.quantities import parse_quantity
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient
from intrathecal.workstation.live.writing import therapy_of


def test_the_page_begins_with_what_is_in_the_records(patient: Patient, client_of: Callable[..., Client]) -> None:
    """The fluid of the last fill, the program in force, and nothing primed: as `intrathecal prime` reckons the same file."""
    pump(patient)
    page: Any = client_of("pharmacist").get(f"/patients/{patient.pk}/implant/prime/")
    same = prime(therapy_of(FILE.replace('primed = "tip"', 'primed = "no"')))
    plan = page.context["plan"]
    assert (plan.volume_mL, plan.low_until_min) == pytest.approx((0.3838, same.low_until_min))
    assert plan.missing_ug == pytest.approx(same.missing_ug)
    text = page.content.decode()
    for shown in ("0.384 mL", "after 11.5 min", "after 20.6 min", "49 % new", "after 4.3 h", "morphine 10 mg/mL"):
        assert shown in text
    assert text.count("<polyline") == 2
    assert "New fluid at the tip: from 0 to 49 % within 23 min" in text


def test_a_prime_of_what_is_typed(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Two drugs, the catheter alone, ten minutes and nothing after it; the pump is not faster than it is."""
    pump(patient)
    asked = {"fluid": "morphine 20 mg/mL; bupivacaine 7,5 mg/mL", "empty": "tubing", "over": "10", "program": ""}
    page: Any = client_of("nurse").get(f"/patients/{patient.pk}/implant/prime/", asked)
    assert page.context["plan"].volume_mL == pytest.approx(0.1848)
    assert [one.drug for one in page.context["given"]] == ["morphine", "bupivacaine"]
    assert "is faster than synchromed-ii-20 runs" in page.content.decode()
    assert page.content.decode().count("<polyline") == 1


def test_after_a_replacement_the_fluid_before_is_proposed(patient: Patient, client_of: Callable[..., Client]) -> None:
    """The new pump has no fill; the form says what the old one held, to be changed."""
    old = pump(patient)
    old.explanted_on = old.implanted_on
    old.save()
    new = Implant.objects.create(
        patient=patient, model="prometra-ii-20", serial="P1", implanted_on=old.implanted_on, pocket="left"
    )
    laid = old.catheters.get()
    Catheter.objects.create(
        implant=new, placed_on=new.implanted_on, tip_level="", segments=laid.segments, dead_nL=laid.dead_nL
    )
    page: Any = client_of("physician").get(f"/patients/{patient.pk}/implant/prime/")
    assert page.context["form"]["fluid"].value() == "morphine 10 mg/mL"
    assert page.context["plan"].volume_mL == pytest.approx(0.1848)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"fluid": ""}, "fluid", "this is empty"),
        ({"fluid": "morfium 10 mg/mL"}, "fluid", "the catalogue has no drug “morfium”"),
        ({"fluid": "morphine"}, "fluid", "morphine has no concentration"),
        ({"fluid": "morphine 10 mg"}, "fluid", "10 mg"),
        ({"fluid": "morphine 1 mg/mL; morphine 2 mg/mL"}, "fluid", "stands twice"),
        ({"fluid": "morphine 900 mg/mL"}, "__all__", "900 mg/mL"),
        ({"empty": "all"}, "empty", "not one of the available choices"),
        ({"over": "-3"}, "over", "not possible"),
        ({"program": "2 mg per day"}, "program", "per"),
    ],
)
def test_what_cannot_be_is_said(
    patient: Patient, client_of: Callable[..., Client], changed: dict[str, str], field: str, said: str
) -> None:
    """Beside its field, without a file or a line that nobody has seen."""
    pump(patient)
    asked = {"fluid": "morphine 10 mg/mL", "empty": "no", "over": "", "program": "2 mg/day"} | changed
    page: Any = client_of("nurse").get(f"/patients/{patient.pk}/implant/prime/", asked)
    assert page.status_code == 422
    errors = page.context["form"].errors
    assert list(errors) == [field]
    assert said in " ".join(errors[field])
    assert "therapy file" not in " ".join(errors[field])


def test_a_catheter_that_nobody_described_is_not_made_up(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Without its pieces there is no sum; without a catheter, or without a pump, neither."""
    implant = pump(patient)
    laid = implant.catheters.get()
    at, client = f"/patients/{patient.pk}/implant/prime/", client_of("physician")
    asked = {"fluid": "morphine 10 mg/mL", "empty": "no", "program": "2 mg/day"}
    laid.segments = [{"model": "homemade"}]
    laid.save()
    assert "the pieces of the catheter are not in the record" in client.get(at, asked).content.decode()
    laid.delete()
    assert "no catheter is in the record" in client.get(at, asked).content.decode()
    implant.explanted_on = implant.implanted_on
    implant.save()
    assert client.get(at).status_code == 404


def test_e8_over_the_api(patient: Patient, client_of: Callable[..., Client]) -> None:
    """89 cm at 0.0022 mL/cm and 0.199 mL of tubing: 0.395 mL, at 1 mL/h in 23.7 min."""
    implant = pump(patient)
    Catheter.objects.filter(implant=implant).update(
        segments=[{"model": "indura-8709sc", "segment": "whole", "length_mm": 890, "trimmed_mm": 0}]
    )
    at = f"/api/patients/{patient.pk}/implants/{implant.pk}/prime"
    asked = {"fluid": "morphine 10 mg/mL", "program": "2.4 mg/day"}
    client = client_of("nurse")
    told = client.get(at, asked).json()
    assert (told["full_mL"], told["duration_min"]) == pytest.approx((0.395, 23.7), abs=0.06)
    assert told["tip"][-1]["fraction_new"] > 0.99
    refused = client.get(at, asked | {"fluid": "water"})
    assert (refused.status_code, refused.json()["detail"][:41]) == (422, "fluid: the catalogue has no drug “water”;")
    slow = client.get(at, asked | {"over_min": 60}).json()
    assert slow["duration_min"] == pytest.approx(60, abs=0.1)


def test_a_time_that_the_pump_keeps_is_kept() -> None:
    """The page's minutes are those of the sum."""
    plan = prime(therapy_of(FILE.replace('primed = "tip"', 'primed = "no"')), parse_quantity("40 min", "duration"))
    assert plan.duration_min == pytest.approx(40, abs=0.1)
