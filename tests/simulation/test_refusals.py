"""Events that cannot happen at their moment are refused with line, cause and remedy."""

from __future__ import annotations

import pytest
from tests.simulation.support import run

from intrathecal.simulation.errors import SimulationError

LATER = 'at = "day 2 09:00"\n'


def test_a_pocket_cannot_take_more_than_the_refill() -> None:
    """Only what is in the syringe can go astray."""
    with pytest.raises(SimulationError, match="6 mL cannot go into the pocket: the refill at that moment is 5 mL"):
        run(
            LATER + 'refill = { volume = "5 mL" }',
            LATER + 'fault = { kind = "pocket-fill", volume = "6 mL" }',
            days="3",
        )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            'refill = { volume = "10 mL", removed = "19.9 mL" }',
            "19.9 mL cannot be taken out: the reservoir holds 19.53 mL at that moment; take at most that",
        ),
        (
            'refill = { volume = "18 mL", removed = "12 mL" }',
            "18 mL does not fit on 7.53 mL left in a reservoir of 20 mL; fill at most 12.47 mL",
        ),
        ('aspirate = { volume = "19.8 mL", from = "reservoir" }', "the reservoir holds 19.53 mL at that moment"),
        (
            'program = "3 mg/day\\nlimit 2 mg per 24 h"',
            "refused: 3 mg would be given within 24 h, above its limit of 2 mg, counting what was given before; it can never "
            "start: lower its doses or raise the limit",
        ),
        (
            'program = "1 mg/day\\nlimit 2 mg per 24 h"',
            "refused: 2.4 mg would be given within 24 h, above its limit of 2 mg, counting what was given before; the earliest "
            "time at which it may start, if nothing more is given until then, is 2026-03-04T13:01",
        ),
    ],
)
def test_an_impossible_event_is_refused(event: str, said: str) -> None:
    """The message names the file, the event's line, its number and time, what is wrong and what would be right."""
    with pytest.raises(SimulationError) as caught:
        run(LATER + event)

    assert str(caught.value).startswith("test.toml, line 34: event 1 (day 2 09:00): ")
    assert said in str(caught.value)


def test_a_first_program_that_breaks_its_own_limit_is_refused() -> None:
    """The line is that of the program."""
    with pytest.raises(
        SimulationError, match=r"test.toml, line \d+: the program: refused: 3 mg would be given within 24 h"
    ):
        run(program="3 mg/day\nlimit 2 mg per 24 h")


def test_a_bridge_that_breaks_the_limit_is_refused() -> None:
    """A bridge at the mean dose on top of what the windows gave before may hold more than the limit allows."""
    program = "1 mg/day\n00:00-12:00 3 mg/day\nlimit 2.05 mg per 24 h"
    bridge = 'refill = { volume = "18 mL", bridge = { volume = "0.4 mL", rate = "0.5 mL/day" } }'
    with pytest.raises(SimulationError, match="give the bridge a slower rate, or raise the limit"):
        run(LATER + bridge, program=program)


def test_events_after_the_end_are_skipped_with_a_note() -> None:
    """A refill on day 30 of a run of four days changes nothing and is said."""
    done = run('at = "day 30"\nrefill = { volume = "18 mL" }')

    assert done.figures["refills"] == []
    assert any("event 1" in sentence and "Skipped" in sentence for sentence in done.figures["assumptions"])


def test_every_program_that_cannot_be_run_exactly_is_reported_with_its_time() -> None:
    """A base too slow at first, and one too fast from day 2 on, are both in the figures."""
    done = run(LATER + 'program = "300 mg/day"', program="0.1 mg/day")
    reported = [(item["from"][:10], item["asked"], item["delivered"]) for item in done.figures["pump"]["inexact"]]

    assert reported == [("2026-03-02", 0.01, 0.048), ("2026-03-04", 30.0, 24.0)]


def test_only_what_is_in_force_after_a_moment_is_reported_as_inexact() -> None:
    """The old program never ran at the new concentration: a program at the same time replaced it."""
    refill = 'refill = { volume = "18 mL", drugs = { morphine = "0.05 mg/mL" } }'
    alone = run(LATER + refill, days="3").figures["pump"]["inexact"]
    with_program = run(LATER + refill, LATER + 'program = "0.05 mg/day"', days="3").figures["pump"]["inexact"]

    assert [item["delivered"] for item in alone] == [24]
    assert with_program == []


def test_a_reset_that_would_break_a_limit_is_refused_with_a_way_out() -> None:
    """What flowed at the minimum rate after a dip leaves no room for the bolus of the morning."""
    with pytest.raises(
        SimulationError, match=r"1.05 mg would be given within 24 h, above its limit of 1 mg.*reset it later"
    ):
        run(
            'at = "day 1 10:00"\nfault = { kind = "battery-reset" }',
            'at = "day 2 06:00"\nreset = true',
            program="stop\nbolus 1 mg over 1 h at 07:00\nlimit 1 mg per 24 h",
            days="3",
        )
