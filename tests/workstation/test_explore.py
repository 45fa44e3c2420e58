"""Explore is open to everybody, answers at once, and says what is wrong with what it is asked."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from intrathecal.workstation import exploring
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.pages import explore as page

API = "/api/public/explore"


@pytest.fixture(autouse=True)
def nobody_asked_before(db: None) -> None:
    """The count of an address begins anew with every test."""
    cache.clear()


def test_nobody_has_to_log_in_and_no_patient_is_shown(patient: Patient) -> None:
    """A page for teaching, and the same as numbers."""
    answer = Client().get("/explore")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="spine"' in text
    assert patient.family_name not in text
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in text
    assert Client().get(API).status_code == 200


@pytest.mark.parametrize("drug", sorted(exploring.catalogue().drugs))
def test_every_drug_is_offered_with_a_dose_that_runs(drug: str) -> None:
    """Switching to another drug brings its own dose and concentration, and keeps the body."""
    answer = Client().get("/explore", {"was": "other", "drug": drug, "dose": "99 kg/day", "height": "181"})
    text = answer.content.decode()
    assert 'id="data"' in text
    assert 'value="181"' in text
    assert exploring.offered(exploring.catalogue().drugs[drug]).dose in text


def test_what_the_pump_gave_is_the_dose_over_the_concentration() -> None:
    """2 mg/day at 4 mg/mL for 3 days are 1.5 mL, and the whole body and canal hold what entered."""
    found = Client().get(API, {"dose": "2 mg/day", "concentration": "4 mg/mL"}).json()
    assert found["program"] == "2 mg/day"
    assert found["pump"]["counted_mL"] == pytest.approx(1.5, abs=1e-4)
    assert found["curves"]["seconds"][-1] == 3 * 86_400
    at_tip, at_head = found["curves"]["morphine/tip"], found["curves"]["morphine/cisterna_magna"]
    assert len(at_tip) == len(found["curves"]["seconds"])
    assert 0 < at_head[-1] < at_tip[-1]


def test_a_level_moves_what_it_reaches() -> None:
    """The fluid is richest where the tip lies."""
    for level in ("T4", "L1"):
        curves = Client().get(API, {"tip": level}).json()["curves"]
        last = {
            name.split("/")[1]: values[-1]
            for name, values in curves.items()
            if re.fullmatch("morphine/[CTLS][0-9]+", name)
        }
        assert max(last, key=lambda name: last[name]) == level


def test_boluses_and_own_programs_run() -> None:
    """A quarter of the dose four times a day, and whatever the program language says."""
    found = Client().get(API, {"shape": "boluses", "dose": "2 mg/day"}).json()
    assert found["program"] == "minimum rate\nbolus 0.5 mg over 10 min every 6 h from 00:00"
    own = Client().get(API, {"shape": "own", "program": "1 mg/day\n22:00-06:00 0.5 mg/day"}).json()
    assert own["program"] == "1 mg/day\n22:00-06:00 0.5 mg/day"


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"dose": "2.4"}, "dose", "has no unit"),
        ({"dose": ".5 mg/day"}, "dose", "write 0.5"),
        ({"dose": "2 mL/day"}, "dose", "mg/day"),
        ({"concentration": "900 mg/mL"}, "concentration", "above what can be sold or dissolved"),
        ({"tip": "X9"}, "tip", "write one of C1"),
        ({"drug": "aspirin"}, "drug", "write one of baclofen"),
        ({"height": "9"}, "height", "greater than or equal to 60"),
        ({"weight": "1e9"}, "weight", "whole number"),
        ({"days": "400"}, "days", "write one of 1, 2, 3"),
        ({"shape": "own"}, "program", "is empty"),
        ({"shape": "own", "program": "2.4 mg/dya"}, "program", "line 1"),
        (
            {"shape": "own", "program": "1 mg/day\nbolus 0.001 mg over 1 min every 2 min from 00:00"},
            "program",
            "boluses",
        ),
        ({"shape": "own", "program": "1 mg/day" + "#" * 500}, "program", "at most 400"),
        ({"shape": "own", "program": '1 mg/day"""\n[pump]'}, "program", "line 1"),
        ({"shape": "own", "program": "1 mg/day\nlimit 0.1 mg per 24 h"}, "program", "refused"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(asked: dict[str, str], field: str, said: str) -> None:
    """In the page and as JSON, the same words; never a traceback."""
    answer = Client().get(API, asked)
    assert answer.status_code == 422
    assert said in answer.json()["errors"][field][0], answer.json()
    text = Client().get("/explore", asked).content.decode()
    assert f'id="id_{field}_error"' in text
    assert 'id="data"' not in text


def test_an_unknown_name_is_refused() -> None:
    """A misspelt name must not be taken for a default."""
    answer = Client().get(API, {"dosis": "2 mg/day"})
    assert (answer.status_code, answer.json()["detail"].split(":")[0]) == (422, "dosis")


def test_one_address_asks_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it waits a minute; another address does not."""
    monkeypatch.setattr(page, "PER_MINUTE", 3)
    client = Client()
    assert [client.get(API).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    late = client.get("/explore")
    assert (late.status_code, late["Retry-After"]) == (429, "60")
    assert Client(REMOTE_ADDR="192.0.2.7").get(API).status_code == 200


def test_who_would_wait_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run at a time: the clinic's own pages come first."""
    monkeypatch.setattr(exploring, "PATIENCE_S", 0.05)
    asked = {"dose": "1.77 mg/day"}
    with exploring.ONE_AT_A_TIME:
        answer = Client().get(API, asked)
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "try again in a minute" in Client().get("/explore", asked).content.decode()
    assert Client().get(API, asked).status_code == 200
