"""A therapy file whose values are changed by name, against the same file with the words themselves changed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.support import therapy_text

from intrathecal.catalogue.overriding import known_values, override
from intrathecal.therapy import NewProgram, Program, Therapy, TherapyError, parse_therapy
from intrathecal.therapy.file.changing import TherapyFile
from intrathecal.therapy.program_values import scaled

PROGRAM = """2.4 mg/day
22:00-06:00  stop
Sat 10:00-12:00  3 mg/day
bolus 0.2 mg over 10 min at 07:00
bolus 10 uL over 10 min every 6 h from 09:00
on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day
ramp to 4 mg/day by 10 % every 3 days
limit 6 mg per 24 h"""
TWICE = """4.8 mg/day
22:00-06:00  stop
Sat 10:00-12:00  6 mg/day
bolus 0.4 mg over 10 min at 07:00
bolus 20 uL over 10 min every 6 h from 09:00
on demand 0.2 mg over 4 min, lockout 3 h, max 4 per day
ramp to 8 mg/day by 10 % every 3 days
limit 12 mg per 24 h"""


def file(*events: str, **changes: str) -> TherapyFile:
    """A therapy file of the tests."""
    return TherapyFile.parse(therapy_text(*events, **{"program": PROGRAM, **changes}), "test.toml", Path())


def written(*events: str, **changes: str) -> Therapy:
    """The same file with other words in it."""
    return parse_therapy(therapy_text(*events, **{"program": PROGRAM, **changes}), "test.toml", Path())


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("catheter.tip", "L2", {"tip": "L2"}),
        ("catheter.removed", "20 cm", {"removed": "20 cm"}),
        ("pump.model", "synchromed-ii-40", {"pump": "synchromed-ii-40"}),
        ("pump.drive_error", "-3 %", {"drive_error": "-3 %"}),
        ("drug.morphine.concentration", "20 mg/mL", {"concentration": "20 mg/mL"}),
        ("fill.volume", "18 mL", {"volume": "18 mL"}),
        ("simulation.presses", "3 per day", {"presses": '"3 per day"'}),
        ("simulation.days", "2.5", {"days": "2.5"}),
        ("program.base", "3 mg/day", {"program": PROGRAM.replace("2.4 mg/day", "3 mg/day")}),
        ("program.window.2.rate", "2 mg/day", {"program": PROGRAM.replace("12:00  3", "12:00  2")}),
        ("program.demand.lockout", "90 min", {"program": PROGRAM.replace("lockout 3 h", "lockout 90 min")}),
        ("program.demand", "0.2 mg", {"program": PROGRAM.replace("demand 0.1", "demand 0.2")}),
        ("program.demand.max_per_day", "9", {"program": PROGRAM.replace("max 4", "max 9")}),
        ("program.limit", "5 mg", {"program": PROGRAM.replace("limit 6", "limit 5")}),
        ("program.scale", "2", {"program": TWICE}),
    ],
)
def test_a_value_by_its_name_is_the_same_as_the_word_in_the_file(name: str, text: str, words: dict[str, str]) -> None:
    """The therapies are equal in everything."""
    found, expected = file().changed({name: text}, "--set"), written(**words)

    assert found == expected
    assert found != file().therapy


def test_keys_of_the_patient_are_read_as_in_the_file_also_those_that_it_leaves_out() -> None:
    """What was assumed is assumed no longer."""
    found = (
        file().changed({"patient.weight": "60 kg", "patient.pain": "6", "patient.sedatives": "true"}, "--set").patient
    )

    assert (found.weight_kg, found.pain, found.sedatives) == (60.0, 6.0, True)
    assert "pain" in file().therapy.patient.assumed
    assert "pain" not in found.assumed


def test_a_value_of_the_catalogue_is_overridden_in_all_that_uses_it() -> None:
    """Catalogue and drug of the therapy, as `override` has it; all else stays."""
    name, text = "drug.morphine.csf.loss_half_life", "200 min"
    before = file().therapy
    found = file().changed({name: text}, "--set")
    catalogue = override(before.catalogue, name, text, "test")

    assert known_values(found.catalogue) == known_values(catalogue)
    assert found.drugs[0].drug == catalogue.drugs["morphine"]
    assert replace(found, catalogue=before.catalogue, drugs=before.drugs) == before


def test_the_scale_reaches_the_programs_of_events_and_other_values_do_not() -> None:
    """A base of the first program is of the first program."""
    later = file('at = "day 2"\nprogram = "3 mg/day"', 'at = "day 3"\nmri = "30 min"')

    def programs(therapy: Therapy) -> list[str]:
        return [str(event.action.program) for event in therapy.events if isinstance(event.action, NewProgram)]

    assert programs(later.changed({"program.scale": "0.5"}, "--set")) == ["1.5 mg/day"]
    assert programs(later.changed({"program.base": "1 mg/day"}, "--set")) == ["3 mg/day"]


@given(st.fractions(Fraction(1, 100), Fraction(100), max_denominator=1000))
def test_a_scaled_program_has_every_dose_times_the_factor_to_the_last_digit_that_is_written(factor: Fraction) -> None:
    """Times, percents, lockout and counts stay; the text can be read again."""
    before, after = Program.parse(PROGRAM), scaled(Program.parse(PROGRAM), factor)
    doses = {"rate", "amount", "target"}

    assert Program.parse(str(after)) == after
    for old, new in zip(before.to_table(), after.to_table(), strict=True):
        assert {key: cell for key, cell in old.items() if key not in doses} == {
            key: cell for key, cell in new.items() if key not in doses
        }
        for key in doses & {key for key, cell in old.items() if cell not in ("", "stop")}:
            (number, unit), (scaled_number, scaled_unit) = old[key].split(" "), new[key].split(" ")
            assert unit == scaled_unit
            assert abs(Fraction(scaled_number) - factor * Fraction(number)) <= Fraction(1, 2 * 10**9)


def test_minimum_rate_and_stop_stay_what_they_are_when_scaled() -> None:
    """They are no doses."""
    assert str(scaled(Program.parse("minimum rate"), Fraction(3))) == "minimum rate"
    assert str(scaled(Program.parse("stop"), Fraction(3))) == "stop"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("program.bse", "3 mg/day", ("program.bse", "did you mean", "program.base")),
        ("program.window.3", "3 mg/day", ("program.window.3", "did you mean")),
        ("patient.heihgt", "170 cm", ("patient.height",)),
        ("drug.ziconotide.concentration", "1 mcg/mL", ("no value",)),
        ("patient.weight", "5 kg", ("patient.weight=5 kg", "line 4", "8 kg")),
        ("patient.weight", "70 cm", ("patient.weight=70 cm", "body mass")),
        ("catheter.tip", "L9", ("L9", "C1 to S2")),
        ("drug.morphine.concentration", "99 mg/mL", ("above what can be sold or dissolved", "50 mg/mL")),
        ("program.base", "3 mg", ("program.base=3 mg", "mg/day")),
        ("program.scale", "0", ("above zero",)),
        ("program.scale", "two", ("number",)),
        ("program.scale", "100000000000", ("too many digits",)),
        ("program.demand.max_per_day", "0", ("1 to 1440",)),
        ("physiology.csf_production", "3 mg", ("physiology.csf_production", "flow", "0.35 mL/min")),
    ],
)
def test_a_value_that_the_file_could_not_hold_is_named_with_the_remedy(
    name: str, text: str, words: tuple[str, ...]
) -> None:
    """One line, which begins with where it was asked."""
    with pytest.raises(TherapyError) as problem:
        file().changed({name: text}, "--set")

    said = str(problem.value)
    assert said.startswith("--set ")
    assert "\n" not in said
    for word in words:
        assert word in said


def test_without_a_pump_only_patient_days_and_catalogue_have_names() -> None:
    """A dose by needle has no program and no tip."""
    text = '[[drug]]\nname = "morphine"\n[[event]]\nat = 2026-03-09T09:00:00\n'
    text += 'dose = { drug = "morphine", amount = "0.1 mg", route = "intrathecal", level = "L3" }\n'
    names = TherapyFile.parse(text, "needle.toml", Path()).names

    assert "patient.weight" in names
    assert not [name for name in names if name.startswith(("program", "fill", "pump.model", "catheter.tip"))]
