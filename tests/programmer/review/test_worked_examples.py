"""The worked examples that clinics' sums come from, as review shows them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.programmer.review.files import MORPHINE, label, therapy

from intrathecal.programmer.review import case_of

BACLOFEN = 'indication = "spasticity"'


def figures(program: str | None, running: str | None = None, old: str = MORPHINE, **parts: str) -> dict[str, Any]:
    """The figures of a file; with ``running``, against that program of the ``old`` drugs."""
    before = None if running is None else therapy(running, **{**parts, "drugs": old})
    return dict(case_of(therapy(program, **parts), before).figures)


def fill(volume: str, at: str, alarm: str = "2 mL", more: str = "") -> str:
    """A [fill] table."""
    return f'volume = "{volume}"\nat = {at}\nprimed = "tip"\nlow_reservoir_alarm = "{alarm}"\n{more}'


def test_e1_the_volume_of_a_trimmed_catheter() -> None:
    """110 cm less 30 cm at 0.0026 mL/cm hold 0.208 mL."""
    found = figures(
        "1 mg/day",
        pump='model = "prometra-ii-20"\nimplanted = 2026-01-05',
        catheter='model = "prometra-110"\nremoved = "30 cm"\ntip = "T10"',
    )
    assert found["catheter_volume_mL"] == pytest.approx(0.208, abs=1e-12)


def test_e3_a_first_fill_of_ziconotide_is_due_when_it_is_no_longer_stable() -> None:
    """2.4 mcg/day of 25 mcg/mL: 0.096 mL/day; 14 mL last 145.8 days by volume and are due on day 14."""
    found = figures(
        "2.4 mcg/day", drugs=label(ziconotide="25 mcg/mL"), fill=fill("14 mL", "2026-01-05T10:00:00", "0 mL")
    )
    assert found["rate_mL_per_day"] == pytest.approx(0.096)
    assert found["low_reservoir_at"] == "2026-05-31T06:00:00+01:00"  # 145.83 days
    assert (found["refill_due_at"], found["refill_due_reason"]) == ("2026-01-19T10:00:00+01:00", "stability")


def test_e5_the_bridge_when_the_concentration_goes_up() -> None:
    """Baclofen 500 to 2000 mcg/mL at 300 mcg/day: 0.375 mL at 0.6 mL/day for 15 h; without it 25 % for 60 h."""
    found = figures(
        "300 mcg/day",
        "300 mcg/day",
        drugs=label(baclofen="2000 mcg/mL"),
        old=label(baclofen="500 mcg/mL"),
        patient=BACLOFEN,
    )
    assert found["bridge"] == {
        "needed": True,
        "volume_mL": pytest.approx(0.375),
        "rate_mL_per_day": pytest.approx(0.6),
        "duration_h": pytest.approx(15),
        "skipped_dose_percent": pytest.approx(25),
        "skipped_for_h": pytest.approx(60),
    }
    assert found["rate_mL_per_day"] == pytest.approx(0.15)
    assert found["change_percent"] == {"baclofen": pytest.approx(0)}


def test_e8_what_catheter_and_tubing_hold() -> None:
    """89 cm at 0.0022 mL/cm hold 0.196 mL, and the tubing 0.199 mL."""
    found = figures("1 mg/day", catheter='model = "indura-8709sc"\nremoved = "0 cm"\ntip = "T10"')
    assert found["catheter_volume_mL"] == pytest.approx(0.1958)
    assert found["pump_tubing_mL"] == pytest.approx(0.199)


def test_e9_the_alarm_date() -> None:
    """20 mL, alarm at 2 mL, 0.5 mL/day from 5 January: low after 36 days on 10 February, due a week before."""
    found = figures("5 mg/day")
    assert found["low_reservoir_at"] == "2026-02-10T10:00:00+01:00"
    assert found["worst_case_low_reservoir_at"] == found["low_reservoir_at"]
    assert (found["refill_due_at"], found["refill_due_reason"]) == ("2026-02-03T10:00:00+01:00", "volume")


def test_e9b_whole_days_are_counted() -> None:
    """40 mL, alarm at 2 mL, 0.6 mL/day: 63.33 days are 63, on 9 March, less the lead of a week."""
    pump = 'model = "synchromed-ii-40"\nimplanted = 2026-01-05\nutc_offset = "+01:00"'
    found = figures("6 mg/day", pump=pump, fill=fill("40 mL", "2026-01-05T10:00:00"))
    assert found["low_reservoir_at"] == "2026-03-09T18:00:00+01:00"
    assert found["refill_due_at"] == "2026-03-02T10:00:00+01:00"


def test_e10_patient_boluses_bring_the_date_forward() -> None:
    """18 mL at 0.3 mL/day last 60.0 days, and 47.4 days with 4 boluses of 0.02 mL a day."""
    found = figures("0.3 mL/day\non demand 0.02 mL over 10 min, lockout 4 h, max 4 per day")
    assert found["low_reservoir_at"] == "2026-03-06T10:00:00+01:00"
    assert found["worst_case_low_reservoir_at"].startswith("2026-02-21T18:5")  # 47.37 days
    assert found["fastest_low_reservoir_at"] < found["worst_case_low_reservoir_at"]
    assert found["daily_dose_ug"] == {"morphine": pytest.approx(3000)}
    assert found["worst_case_daily_dose_ug"] == {"morphine": pytest.approx(3800)}


def test_e13_an_admixture_rises_as_a_whole() -> None:
    """0.4 mL/day give 4 mg, 8 mg and 100 mcg of a mixture; a tenth more of one is a tenth more of all."""
    mixture = label(morphine="10 mg/mL", bupivacaine="20 mg/mL", clonidine="250 mcg/mL")
    found = figures("4 mg/day", drugs=mixture)
    assert found["rate_mL_per_day"] == pytest.approx(0.4)
    expected = {"morphine": 4000, "bupivacaine": 8000, "clonidine": 100}
    assert found["daily_dose_ug"] == pytest.approx(expected)
    found = figures("4.4 mg/day", "4 mg/day", drugs=mixture, old=mixture)
    assert found["daily_dose_ug"] == pytest.approx({drug: 1.1 * dose for drug, dose in expected.items()})
    assert found["change_percent"] == pytest.approx({drug: 10 for drug in expected})
    assert found["bridge"]["needed"] is False


def test_e15_a_daily_bolus_that_comes_every_hour() -> None:
    """60 mcg every hour instead of every day are 1440 mcg/day, 24 times as much."""
    drugs = label(baclofen="500 mcg/mL")
    found = figures(
        "minimum rate\nbolus 60 mcg over 5 min every 1 h from 00:00",
        "minimum rate\nbolus 60 mcg over 5 min at 08:00",
        drugs=drugs,
        old=drugs,
        patient=BACLOFEN,
    )
    minimum = 0.006 * 500
    assert found["daily_dose_ug"]["baclofen"] == pytest.approx(1440 + minimum)
    assert found["change_percent"]["baclofen"] == pytest.approx(100 * ((1440 + minimum) / (60 + minimum) - 1))


def test_e16_a_flow_that_comes_in_actuations() -> None:
    """0.5 mg/day of 20 mg/mL are 0.025 mL/day: ten actuations of 2.5 uL, none of them lost."""
    found = figures(
        "0.5 mg/day", drugs=label(morphine="20 mg/mL"), pump='model = "prometra-ii-20"\nimplanted = 2026-01-05'
    )
    assert found["rate_mL_per_day"] == pytest.approx(0.025)
    assert found["delivered_minus_asked_percent"] == pytest.approx(0)


def test_e18_the_start_of_baclofen() -> None:
    """100 mcg/day of 500 mcg/mL are 0.20 mL/day, for 90 days to 2 mL."""
    found = figures("100 mcg/day", drugs=label(baclofen="500 mcg/mL"), patient=BACLOFEN)
    assert found["rate_mL_per_day"] == pytest.approx(0.2)
    assert found["low_reservoir_at"] == "2026-04-05T10:00:00+01:00"
