"""Old beside new."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.pump.telemetry.support import NG_PER_ML, told

from intrathecal.programmer.sheet import Row, in_words, sheet
from intrathecal.pump.settings import Settings, order
from intrathecal.therapy import Program


def rows(old: str, new: str, concentration: Fraction = NG_PER_ML) -> dict[str, Row]:
    """Both programs beside each other, by field."""
    before, after = running(old, concentration), running(new, concentration)
    made = sheet(Program.parse(old), Program.parse(new), before, after, {"morphine": "mg", "bupivacaine": "mg"})
    return {row.field: row for row in made}


def running(text: str, concentration: Fraction) -> Settings:
    """A pump with this program, morphine and one and a half times as much bupivacaine."""
    labels = (("morphine", concentration), ("bupivacaine", concentration * 3 / 2))
    return replace(told(), orders=order(Program.parse(text), concentration), labels=labels)


def test_a_change_stands_in_percent_and_the_unit_in_words() -> None:
    """2.4 to 2.7 mg/day is 12.5 % more, of every drug in the reservoir."""
    shown = rows("2.4 mg/day", "2.7 mg/day")
    assert shown["base"] == Row("base", "2.4 mg/day (milligrams a day)", "2.7 mg/day (milligrams a day)", "+12.5 %")
    assert shown["daily dose, bupivacaine"].new == "4.05 mg/day (milligrams a day)"
    assert shown["daily dose, bupivacaine"].change == "+12.5 %"


@pytest.mark.requirement("PCA-R6.5-1")
def test_a_point_out_of_place_is_said_as_a_factor() -> None:
    """Ten times as much cannot be overlooked, nor can a tenth."""
    assert rows("0.3 mg/day", "3 mg/day")["base"].change == "+900 % (10 times as much)"
    assert rows("3 mg/day", "0.3 mg/day")["base"].change == "-90 % (10 times less)"


def test_micrograms_and_milligrams_are_compared_as_what_they_are() -> None:
    """The same dose in another unit is the same; the unit's word is beside both."""
    row = rows("500 mcg/day", "0.5 mg/day")["base"]
    assert (row.old, row.new, row.change) == ("500 mcg/day (micrograms a day)", "0.5 mg/day (milligrams a day)", "same")
    assert rows("500 mcg/day", "500 mg/day")["base"].change == "+99900 % (1000 times as much)"


def test_a_volume_is_compared_by_its_dose() -> None:
    """0.3 mL/day at 10 mg/mL are 3 mg/day."""
    assert rows("3 mg/day", "0.3 mL/day")["base"].change == "same"


@pytest.mark.requirement("PCA-R6.5-1")
def test_every_clause_has_its_rows_and_what_ends_is_shown() -> None:
    """Windows, boluses, the button, ramp and limits: each field that is new, changed or gone."""
    old = """2.4 mg/day
22:00-06:00  1.6 mg/day
on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day
limit 4 mg per 24 h"""
    new = """2.4 mg/day
Mon 22:00-06:00  2 mg/day
bolus 0.2 mg over 10 min at 07:00 on weekend
bolus 0.1 mg over 5 min every 6 h from 08:00
on demand 0.1 mg over 4 min, lockout 2 h, max 6 per day
ramp to 3 mg/day by 5 % every 1 day
limit 5 mg per 24 h"""
    shown = rows(old, new)
    assert shown["base"].change == "same"
    assert shown["window 22:00-06:00"].change == "ends"
    assert shown["window Mon 22:00-06:00"].change == "new"
    assert shown["bolus at 07:00 on weekend"].new == "0.2 mg (milligrams)"
    assert shown["bolus every 6 h from 08:00, over"].new == "5 min"
    assert shown["on demand"].change == "same"
    assert shown["on demand, lockout"].change == "-33.33 %"
    assert shown["on demand, most per day"].change == "+50 %"
    assert shown["ramp, every"].change == "new"
    assert shown["limit per 24 h"].change == "+25 %"


def test_a_stop_has_no_percent() -> None:
    """From nothing to something is a change without a number."""
    assert rows("stop", "3 mg/day")["base"].change == "changes"
    assert rows("stop", "stop")["base"].change == "same"


def test_units_in_words() -> None:
    """Each part of a unit is spelt out."""
    assert in_words("mcg/h") == "micrograms an hour"
    assert in_words("mL/day") == "millilitres a day"
