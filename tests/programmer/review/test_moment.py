"""What stands before and after a change: the file's own course, or what another file says that runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.programmer.review.files import FILL, event, found_in, label, therapy

from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.review import case_of
from intrathecal.therapy import TherapyError

TO_HYDROMORPHONE = event(
    '"day 28 10:00"',
    'refill = { volume = "20 mL", drugs = { hydromorphone = "5 mg/mL" }, primary = "hydromorphone", bridge = "auto" }',
) + event('"day 28 10:00"', 'program = "0.6 mg/day"')
BOTH = label(morphine="10 mg/mL", hydromorphone="0 mg/mL")


def at_now(time: str, volume: str) -> str:
    """A fill that is looked at later."""
    return f'{FILL}\nnow = {time}\nreservoir_now = "{volume}"'


def test_in_the_middle_of_a_fill_days_count_from_now() -> None:
    """10 mL above the alarm at 0.5 mL/day last 20 days from now."""
    figures = case_of(therapy("5 mg/day", fill=at_now("2026-01-25T08:00:00", "12 mL"))).figures
    assert figures["low_reservoir_at"] == "2026-02-14T08:00:00+01:00"
    assert figures["refill_due_at"] == "2026-02-07T08:00:00+01:00"
    assert figures["fastest_low_reservoir_at"] == "2026-02-11T19:12:50+01:00"  # 20 days / 1.145


def test_the_drug_keeps_from_the_fill_and_not_from_now() -> None:
    """Morphine of 5 January keeps for 90 days."""
    figures = case_of(therapy("1 mg/day", fill=at_now("2026-03-25T08:00:00", "18 mL"))).figures
    assert (figures["refill_due_at"], figures["refill_due_reason"]) == ("2026-04-05T10:00:00+01:00", "stability")


def test_a_program_follows_what_the_file_ran_until_then() -> None:
    """On day 10 the pump has given 3 mL of 20, and the second program event is judged against the first."""
    more = event('"day 5"', 'program = "4 mg/day"') + event('"day 10"', 'program = "5 mg/day"')
    case = case_of(therapy("3 mg/day", more=more), event=2)
    assert case.before is not None
    assert case.figures["change_percent"] == {"morphine": pytest.approx(25)}
    given_mL = 0.3 * (5 - 10 / 24) + 0.4 * 5  # the fill is at 10:00 on day 0
    assert case.after.state.reservoir_pL / 1e9 == pytest.approx(20 - given_mL, abs=1e-5)


def test_refill_and_program_of_one_moment_are_one_change() -> None:
    """Another primary drug comes with its program: both events show the same, against what ran before both."""
    plan = therapy("3 mg/day", drugs=BOTH, more=TO_HYDROMORPHONE)
    first, second = case_of(plan, event=1), case_of(plan, event=2)
    assert first.figures == second.figures
    assert first.figures["daily_dose_ug"] == {"hydromorphone": pytest.approx(600), "morphine": 0}
    assert first.figures["change_percent"] == {"hydromorphone": None, "morphine": pytest.approx(-100)}
    assert first.figures["bridge"]["rate_mL_per_day"] == pytest.approx(0.3)
    assert first.is_refill
    assert first.bridge == "auto"


def test_a_bridge_counts_for_the_dates() -> None:
    """0.375 mL at 0.3 mL/day for 30 h, then 17.625 mL at 0.15 mL/day: 118.75 days."""
    more = event('"day 28"', 'refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" }, bridge = "auto" }')
    figures = case_of(therapy("3 mg/day", more=more), event=1).figures
    assert figures["low_reservoir_at"] == "2026-05-31T18:00:00+01:00"


def test_what_was_left_in_the_reservoir_is_gone_with_a_refill() -> None:
    """The pump is told the volume that is in it then, whatever was removed or filled in truth."""
    more = event(
        '"day 28"',
        'refill = { volume = "15 mL", removed = "5 mL", drugs = { morphine = "20 mg/mL" }, actual = { morphine = "5 mg/mL" }, '
        'bridge = { volume = "0.375 mL", rate = "0.3 mL/day" } }',
    )
    case = case_of(therapy("3 mg/day", more=more), event=1)
    assert case.after.state.reservoir_pL == 15 * 10**9
    assert case.figures["daily_dose_ug"] == {"morphine": pytest.approx(3000)}


def test_doses_of_what_runs_count_for_the_limit() -> None:
    """9 mg/day ran: a program with a limit of 4 mg a day is refused until little enough of that is left."""
    fill = at_now("2026-01-25T10:00:00", "12 mL")
    program = "3 mg/day\nlimit 4 mg per 24 h"
    breach = case_of(therapy(program, fill=fill), therapy("9 mg/day")).breach
    assert breach is not None
    assert breach.earliest is not None
    # x days later 9 (1 - x) of the old and nothing of the new; with the new running at 3 a day, 9 - 6 x is at its most 4 after a
    # pause p when 9 (1 - p) = 4
    begins = (breach.earliest - case_of(therapy(program, fill=fill)).at_ms) / 86_400_000
    assert begins == pytest.approx(5 / 9, abs=1 / 1440)
    assert case_of(therapy(program, fill=fill), therapy("3.9 mg/day")).breach is None


def test_a_refused_program_still_has_its_figures() -> None:
    """The figures are those of the program, not of what runs on."""
    more = event('"day 5"', 'program = "5 mg/day\\nlimit 4 mg per 24 h"')
    case = case_of(therapy("3 mg/day", more=more), event=1)
    assert case.breach is not None
    assert case.figures["daily_dose_ug"] == {"morphine": pytest.approx(5000)}


def test_another_file_can_say_what_runs_before_an_event() -> None:
    """The reservoir is this file's, the program and the drugs the other's."""
    plan = therapy("3 mg/day", more=event('"day 5 10:00"', 'program = "4 mg/day"'))
    case = case_of(plan, therapy("2 mg/day"), 1)
    assert case.figures["change_percent"] == {"morphine": pytest.approx(100)}
    assert case.after.state.reservoir_pL / 1e9 == pytest.approx(18.5, abs=1e-5)


def test_an_event_before_that_cannot_happen_is_named() -> None:
    """A program that its limits refuse never led to the next."""
    more = event('"day 5"', 'program = "5 mg/day\\nlimit 4 mg per 24 h"') + event('"day 6"', 'program = "3 mg/day"')
    with pytest.raises(TherapyError, match=r"event 1 .*refused"):
        case_of(therapy("3 mg/day", more=more), event=2)


def test_a_drug_that_only_one_of_two_files_knows_is_named() -> None:
    """A catalogue of the clinic's own must stand in both files."""
    known = load_catalogue().drugs["morphine"]
    own = replace(load_catalogue(), drugs={**load_catalogue().drugs, "other": replace(known, name="other")})
    running = therapy("3 mg/day")
    entry = replace(running.drugs[0], drug=own.drugs["other"])
    with pytest.raises(TherapyError, match=r"the catalogue of file\.toml does not know it"):
        case_of(therapy("3 mg/day"), replace(running, drugs=(entry,), catalogue=own))


def test_a_fixed_rate_pump_is_judged_by_its_concentration() -> None:
    """0.5 mL/day of 20 mg/mL instead of 10 is twice the dose, and no bridge can run."""
    iso = 'model = "isomed-20-0.5"\nimplanted = 2026-01-05'
    more = event('"day 28"', 'refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" } }')
    case = case_of(therapy(None, pump=iso, more=more), event=1)
    assert case.figures["change_percent"] == {"morphine": pytest.approx(100)}
    assert case.figures["bridge"]["needed"] is True
    assert case.figures["bridge"]["rate_mL_per_day"] is None


def test_an_external_pump_is_judged_too() -> None:
    """A bag of 100 mL at 0.5 mL/h."""
    found = found_in(
        "0.5 mL/h",
        pump='model = "external"\nimplanted = 2026-01-05',
        catheter='model = "temporary-epidural"\ntip = "T10"\nspace = "epidural"',
        fill=FILL.replace("20 mL", "100 mL"),
    )
    assert found == []


def test_a_ramp_counts_at_its_first_step_and_at_its_worst() -> None:
    """3 mg/day on the first day, 6 mg/day on the heaviest."""
    figures = case_of(therapy("3 mg/day\nramp to 6 mg/day by 10 % every 1 day")).figures
    assert figures["daily_dose_ug"] == {"morphine": pytest.approx(3000)}
    assert figures["worst_case_daily_dose_ug"] == {"morphine": pytest.approx(6000)}
