"""From a trial to the first program: the rules by their published figures, and a file that loads and is reviewed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest
from tests.care.support import CATALOGUE

from intrathecal.care.diary import Diary, load_diary, parse_diary
from intrathecal.care.errors import FirstProgramError
from intrathecal.care.first_program import Asked, FirstProgram, first_program
from intrathecal.care.trial import judge
from intrathecal.quantities import parse_quantity
from intrathecal.therapy import Therapy, load_therapy
from intrathecal.therapy.file.load import parse_therapy

EXAMPLES = Path(__file__).parents[2] / "examples"
AT = datetime(2026, 3, 30, 11, 30)  # noqa: DTZ001 the pump's clock
SYNCHROMED = Asked("synchromed-ii-20", "ascenda-8781", AT, removed="31 cm", tip="T10")


def needle(drug: str, dose: str, route: str = "intrathecal", indication: str = "nociceptive") -> Therapy:
    """A trial with one dose by needle."""
    return parse_therapy(
        f"""
[patient]
indication = "{indication}"
[[drug]]
name = "{drug}"
[[event]]
at = 2026-03-09T09:00:00
dose = {{ drug = "{drug}", amount = "{dose}", route = "{route}", level = "L3" }}
[simulation]
days = 2
""",
        "trial.toml",
        Path(),
    )


def infused(space: str, *drugs: tuple[str, str], program: str) -> Therapy:
    """A trial with a catheter and an external pump."""
    declared = "".join(f'[[drug]]\nname = "{drug}"\nconcentration = "{held}"\n' for drug, held in drugs)
    return parse_therapy(
        f"""
[pump]
model = "external"
[catheter]
space = "{space}"
tip = "T11"
{declared}
[fill]
volume = "50 mL"
at = 2026-03-09T08:00:00
[program]
text = "{program}"
[simulation]
days = 2
""",
        "trial.toml",
        Path(),
    )


def relieved(hours: int = 8, dose: str = ",,") -> Diary:
    """A diary of a trial that passes: relief until so many hours after 09:00, and the next morning."""
    rows = ["time,phase,nrs,rescue_mme,side_effect,note,dose,drug,route"]
    rows += [f"2026-03-0{day} 09:00,baseline,8,,,,,," for day in (6, 7, 8)]
    rows += [f"2026-03-09 09:00,trial,8,,,,{dose}"]
    rows += [f"2026-03-09 {9 + hour}:00,trial,2,,,,,," for hour in range(1, hours + 1)]
    rows += ["2026-03-09 23:00,trial,7,,,,,,"] if hours < 14 else []
    rows += [f"2026-03-10 07:00,trial,{1 if hours > 8 else 7},,,,,,"]
    return parse_diary("\n".join(rows) + "\n", "diary.csv")


def steadily(dose: str = "") -> Diary:
    """A diary of an infusion that passes."""
    rows = ["time,phase,nrs,dose"]
    rows += [f"2026-03-0{day} 09:00,baseline,8," for day in (6, 7, 8)]
    rows += [f"2026-03-{day} {hour}:00,trial,2,{dose}" for day, hour in (("09", 20), ("10", "06"), ("10", 20))]
    return parse_diary("\n".join(rows) + "\n", "diary.csv")


NEEDLED = relieved(dose="0.5 mg,morphine,intrathecal")


def matched(trial: Therapy, diary: Diary, asked: Asked = SYNCHROMED) -> FirstProgram:
    """The first program, which loads and says what was worked out."""
    found = first_program(trial, judge(diary, trial.catalogue), asked, "first.toml", Path())
    again = parse_therapy(found.text, "first.toml", Path())
    assert again.drugs == found.therapy.drugs
    assert str(again.program) == str(found.therapy.program)
    return found


def test_the_worked_start_of_baclofen() -> None:
    """E18: a screening dose of 50 mcg becomes 100 mcg/day, at 500 mcg/mL 0.20 mL/day, 90 days to 2 mL."""
    trial = needle("baclofen", "50 mcg", indication="spasticity")
    found = matched(trial, relieved(hours=7, dose="50 mcg,baclofen,intrathecal"))
    assert str(found.therapy.program) == "100 mcg/day"
    assert str(found.therapy.drugs[0].concentration) == "500 mcg/mL"
    assert found.fill.flow == Fraction(1, 5)
    assert found.fill.days == 90


def test_baclofen_that_works_for_longer_than_eight_hours_is_not_doubled() -> None:
    """Then the screening dose is the daily one."""
    trial = needle("baclofen", "50 mcg", indication="spasticity")
    found = matched(trial, relieved(hours=11, dose="50 mcg,baclofen,intrathecal"))
    assert str(found.therapy.program) == "50 mcg/day"
    assert any("longer than 8 h" in reason for reason in found.reasons)


def test_half_of_an_opioid_dose_by_needle_a_day() -> None:
    """0.5 mg becomes 0.25 mg/day; by the epidural needle ten times as much is given for the same."""
    diary = relieved(dose="0.5 mg,morphine,intrathecal")
    found = matched(needle("morphine", "0.5 mg"), diary)
    assert str(found.therapy.program) == "0.25 mg/day"
    assert any("[unchecked]" in reason for reason in found.reasons)
    epidural = matched(needle("morphine", "5 mg", "epidural"), relieved(dose="5 mg,morphine,epidural"))
    assert str(epidural.therapy.program) == "0.25 mg/day"


def test_an_intrathecal_infusion_goes_on_as_it_was() -> None:
    """One to one, in a mixture with the same ratio; the weakest round strength that lasts 60 days."""
    trial = infused("intrathecal", ("morphine", "1 mg/mL"), ("bupivacaine", "2 mg/mL"), program="1.5 mg/day")
    found = matched(trial, steadily("1.5 mg/day"))
    assert str(found.therapy.program) == "1.5 mg/day"
    assert [str(entry.concentration) for entry in found.therapy.drugs] == ["5 mg/mL", "10 mg/mL"]
    assert (found.fill.flow, found.fill.days) == (Fraction(3, 10), Fraction(60))


def test_a_tenth_of_an_epidural_infusion_with_the_exposure_beside_it() -> None:
    """30 mg/day becomes 3; by exposure it would be 28 to 53 to one, or 20 to 53 with this catalogue's spread."""
    found = matched(infused("epidural", ("morphine", "2 mg/mL"), program="30 mg/day"), steadily("30 mg/day"))
    assert str(found.therapy.program) == "3 mg/day"
    assert str(found.therapy.drugs[0].concentration) == "10 mg/mL"
    assert any("20 to 53 to one" in reason for reason in found.reasons)


def test_ziconotide_begins_at_its_start_whatever_worked() -> None:
    """1.2 mcg/day at 25 mcg/mL are 0.048 mL/day; it keeps 14 days in a new pump. An infusion is held to 2.4 mcg/day."""
    found = matched(needle("ziconotide", "3 mcg"), relieved(hours=14, dose="3 mcg,ziconotide,intrathecal"))
    assert str(found.therapy.program) == "1.2 mcg/day"
    assert found.fill.flow == Fraction("0.048")
    assert any("keeps 14 days" in reason for reason in found.reasons)
    most = matched(infused("intrathecal", ("ziconotide", "5 mcg/mL"), program="6 mcg/day"), steadily())
    assert str(most.therapy.program) == "2.4 mcg/day"
    assert most.fill.flow == Fraction("0.096")


def test_a_pump_of_one_flow_gets_the_dose_by_its_concentration() -> None:
    """1.5 mg/day at 0.5 mL/day are 3 mg/mL, without a program."""
    trial = infused("intrathecal", ("morphine", "1 mg/mL"), program="1.5 mg/day")
    found = matched(trial, steadily(), Asked("isomed-20-0.5", "indura-8709sc", AT))
    assert found.therapy.program is None
    assert str(found.therapy.drugs[0].concentration) == "3 mg/mL"
    assert any("write removed" in reason for reason in found.reasons)


@pytest.mark.parametrize("pump", ["synchromed-ii-40", "synchromed-iii-20", "prometra-ii-20", "prometra-ii-40"])
@pytest.mark.parametrize("dose", ["0.02 mg/day", "0.2 mg/day", "2 mg/day", "12 mg/day"])
def test_the_flow_always_lies_in_the_pumps_range(pump: str, dose: str) -> None:
    """From the smallest to the largest dose in use, and no stronger than 20 mg/mL."""
    entry = CATALOGUE.pumps[pump]
    asked = Asked(pump, "prometra-110", AT)
    found = matched(infused("intrathecal", ("morphine", "1 mg/mL"), program=dose), steadily(), asked)
    slowest, fastest = (flow.exact * 86_400 for flow in (entry.slowest_flow, entry.fastest_flow))
    assert slowest <= found.fill.flow <= fastest
    assert found.fill.concentrations["morphine"] <= 20_000
    assert found.fill.flow * found.fill.concentrations["morphine"] == parse_quantity(dose, "mass rate").to("ug/day")


def test_a_person_may_give_dose_and_concentration_instead() -> None:
    """What was asked for stands in the file, and in the reasons."""
    trial = infused("intrathecal", ("morphine", "1 mg/mL"), program="1.5 mg/day")
    asked = Asked(
        "synchromed-ii-40",
        "ascenda-8781",
        AT,
        volume=parse_quantity("38 mL", "volume"),
        daily_ug={"morphine": Fraction(1000)},
        concentrations={"morphine": Fraction(10_000)},
    )
    found = matched(trial, steadily(), asked)
    assert str(found.therapy.program) == "1 mg/day"
    assert (found.fill.flow, found.fill.days) == (Fraction(1, 10), Fraction(360))
    assert found.therapy.fill is not None
    assert str(found.therapy.fill.volume) == "38 mL"
    assert any("was asked for" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("trial", "diary", "asked", "told"),
    [
        (needle("morphine", "0.5 mg"), relieved(0), SYNCHROMED, "did not pass"),
        (needle("clonidine", "20 mcg"), relieved(dose="20 mcg,clonidine,intrathecal"), SYNCHROMED, "--daily"),
        (infused("epidural", ("bupivacaine", "2 mg/mL"), program="30 mg/day"), steadily(), SYNCHROMED, "--daily"),
        (
            needle("morphine", "0.5 mg"),
            NEEDLED,
            Asked("synchromed-ii-20", "ascenda-8781", AT),
            "--tip",
        ),
        (needle("morphine", "0.5 mg"), NEEDLED, Asked("external", "ascenda-8781", AT), "--pump: external"),
        (needle("morphine", "0.5 mg"), NEEDLED, Asked("synchromed-20", "ascenda-8781", AT), "unknown pump"),
        (
            needle("morphine", "0.5 mg"),
            NEEDLED,
            Asked("synchromed-ii-20", "ascenda-8781", AT, volume=parse_quantity("40 mL", "volume"), tip="T10"),
            "more than synchromed-ii-20 holds",
        ),
        (
            needle("morphine", "0.25 mg"),
            NEEDLED,
            SYNCHROMED,
            "line 5: 0.5 mg of morphine, and trial.toml gives 0.25 mg of",
        ),
        (
            infused("intrathecal", ("morphine", "1 mg/mL"), program="1.5 mg/day"),
            steadily("2 mg/day"),
            SYNCHROMED,
            "line 7: 2 mg/day of morphine, and trial.toml gives 1.5 mg/day",
        ),
        (
            infused(
                "intrathecal", ("morphine", "1 mg/mL"), program="1.5 mg/day\\nramp to 3 mg/day by 10 % every 1 day"
            ),
            steadily(),
            SYNCHROMED,
            "the program has a ramp",
        ),
        (
            infused("intrathecal", ("ziconotide", "5 mcg/mL"), program="0.5 mcg/day"),
            steadily(),
            SYNCHROMED,
            "0.5 mcg/day of ziconotide cannot be given with synchromed-ii-20",
        ),
    ],
)
def test_what_cannot_be_matched_is_refused(trial: Therapy, diary: Diary, asked: Asked, told: str) -> None:
    """One message that says what to give."""
    with pytest.raises(FirstProgramError, match=re.escape(told)):
        first_program(trial, judge(diary, CATALOGUE), asked, "first.toml", Path())


def test_a_diary_with_offsets_is_laid_over_the_files_clock() -> None:
    """Times of a diary an hour ahead of the trial's clock: the relief of 11 h by baclofen stays 11 h, and is not doubled."""
    trial = needle("baclofen", "50 mcg", indication="spasticity")
    diary = relieved(hours=11, dose="50 mcg,baclofen,intrathecal")
    ahead = timezone(timedelta(hours=1))
    moved = [replace(one, at=(one.at + timedelta(hours=1)).replace(tzinfo=ahead)) for one in diary.entries]
    assert str(matched(trial, replace(diary, entries=tuple(moved))).therapy.program) == "50 mcg/day"


def test_a_diary_of_another_trial_is_refused() -> None:
    """Its dates are not those of the file."""
    trial = load_therapy(EXAMPLES / "epidural-trial.toml")
    verdict = judge(load_diary(EXAMPLES / "trial-diary.csv"), CATALOGUE)
    with pytest.raises(FirstProgramError, match="name the two that belong together"):
        first_program(trial, verdict, SYNCHROMED, "first.toml", Path())


def test_the_patient_goes_with_the_program() -> None:
    """What the trial's file says of the patient, and nothing that it left to be assumed."""
    text = (EXAMPLES / "intrathecal-trial.toml").read_text(encoding="utf-8")
    text = text.replace("pain = 8\n", 'pain = 8\nsleep_apnoea = true\nallergies = ["penicillin \\"G\\""]\n')
    trial = parse_therapy(text, "trial.toml", EXAMPLES)
    found = matched(trial, load_diary(EXAMPLES / "trial-diary.csv"))
    assert found.therapy.patient == trial.patient
    assert "height" not in matched(needle("morphine", "0.5 mg"), relieved(dose="0.5 mg,morphine,intrathecal")).text


def test_no_pump_is_filled_before_its_trial() -> None:
    """A wrong month shows here; the day of the last entry is not too early."""
    trial, early = needle("morphine", "0.5 mg"), replace(SYNCHROMED, at=AT.replace(month=2, day=20))
    with pytest.raises(FirstProgramError, match=r"--at: 2026-02-20 is before the trial's last entry \(2026-03-10"):
        matched(trial, NEEDLED, early)
    matched(trial, NEEDLED, replace(SYNCHROMED, at=AT.replace(day=10)))
