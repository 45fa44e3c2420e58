"""Numbers, times and events are said as a clinician reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from tests.report.support import PUMPED

from intrathecal.report.events import describe
from intrathecal.report.wording import Clock, count, number, percent
from intrathecal.therapy import Action, parse_therapy


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (2.333, "2.33"),
        (0.000925, "0.000925"),
        (2333.4, "2333"),
        (86.0, "86"),
        (1e-7, "0.0000001"),
        (None, "not known"),
    ],
)
def test_numbers_have_three_digits_and_no_exponent(value: float | None, said: str) -> None:
    """As they are written in a chart."""
    assert number(value) == said


@pytest.mark.parametrize(
    ("fraction", "said"), [(0.0, "0 %"), (0.001, "below 1 %"), (0.5, "50 %"), (0.999, "above 99 %"), (1, "100 %")]
)
def test_a_share_is_not_rounded_to_nothing_or_all(fraction: float, said: str) -> None:
    """A trace is not nothing."""
    assert percent(fraction) == said


def test_times_are_the_pumps_clock_or_hours() -> None:
    """With a date, and without one."""
    assert Clock(datetime(2026, 3, 2, 10, 30)).text(86_400_000) == "3 Mar 2026 10:30"  # noqa: DTZ001 - the pump's clock
    assert Clock(None).text(93_600_000) == "day 1, 02:00 h"
    assert Clock.written("2026-07-19T09:00:00+01:00") == "19 Jul 2026 09:00"
    assert Clock.written(None) == "not known"


def test_one_and_many() -> None:
    """A plural where it is one."""
    assert [count(1, "alarm"), count(2, "alarm")] == ["1 alarm", "2 alarms"]


def test_every_event_of_the_file_has_words() -> None:
    """No kind of event is left without a sentence."""
    kinds = set()
    for part in get_args(Action):
        kinds |= set(get_args(part)) or {part}
    assert kinds <= set(describe.registry)


def test_what_has_no_words_is_no_event() -> None:
    """Something else is a mistake of the program."""

    @dataclass
    class Nonsense:
        pass

    with pytest.raises(NotImplementedError, match="Nonsense"):
        describe(Nonsense())  # type: ignore[arg-type]


def test_events_name_amounts_and_faults() -> None:
    """The sentences of a refill and a leak."""
    therapy = parse_therapy(PUMPED.format(title="'x'", program="2.4 mg/day"), "x.toml", Path())
    said = [describe(event.action) for event in therapy.events]
    assert said == [
        "Refill with 20 mL of morphine 10 mg/mL and bupivacaine 15 mg/mL.",
        "Magnetic resonance imaging, 45 min.",
        "Fault: 40 % of the flow leaks out of the catheter.",
    ]
