"""Every rule about the pump: a file that it speaks of, and one near it that it does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from tests.programmer.review.files import CATHETER, FILL, PUMP, event, found_in, therapy

from intrathecal.programmer.review.rules import DEVICE_RULES
from intrathecal.therapy import Therapy


@dataclass(frozen=True)
class Example:
    """A file that a rule is asked about."""

    program: str | None
    parts: dict[str, str] = field(default_factory=dict)
    running: Therapy | None = None
    event: int | None = None

    def severities(self, code: str) -> set[str]:
        """How severe the findings of that code are."""
        found = found_in(self.program, self.running, self.event, **self.parts)
        return {finding.severity for finding in found if finding.code == code}


def file(program: str | None, running: Therapy | None = None, number: int | None = None, **parts: str) -> Example:
    """An example in one line."""
    return Example(program, parts, running, number)


def refilled(
    bridge: str, drugs: str = 'morphine = "20 mg/mL"', program: str = "3 mg/day", volume: str = "20 mL", **parts: str
) -> Example:
    """A refill of 10 mg/mL by another concentration; the line holds 0.375 mL."""
    refill = event('"day 28"', f'refill = {{ volume = "{volume}", drugs = {{ {drugs} }}, {bridge} }}')
    return Example(program, {"more": refill, **parts}, None, 1)


def restarted(concentration: str) -> Example:
    """A refill with a bridge at the dose that runs, while nothing runs, and a program at the same time."""
    refill = f'refill = {{ volume = "20 mL", drugs = {{ morphine = "{concentration}" }}, bridge = "auto" }}'
    more = event('"day 28"', refill) + event('"day 28"', 'program = "3 mg/day"')
    return Example("stop", {"more": more}, None, 1)


def visit(on: str) -> str:
    """A fill with the next visit booked."""
    return f"{FILL}\nnext_visit = {on}"


def now(at: str, volume: str) -> str:
    """A fill that is looked at later."""
    return f'{FILL}\nnow = {at}\nreservoir_now = "{volume}"'


PROMETRA = 'model = "prometra-ii-20"\nimplanted = 2026-01-05'
PROMETRA_LINE = 'model = "prometra-110"\nremoved = "30 cm"\ntip = "T10"'
DEMAND = "3 mg/day\non demand 0.1 mg over 10 min, lockout {lockout}, max {most} per day"
BUSY = "3 mg/day\n" + "\n".join(f"{hour:02}:00-{hour:02}:30 3.1 mg/day" for hour in range(7))
LESS_BUSY = "3 mg/day\n" + "\n".join(f"{hour:02}:00-{hour:02}:30 3.1 mg/day" for hour in range(6))
OLD = therapy("3 mg/day")
PRIME = 'prime = {{ volume = "{volume}", over = "20 min" }}'

#: code: (severity, a file that has it, a file near it that does not)
EXAMPLES: dict[str, tuple[str, Example, Example]] = {
    "flow-above-range": ("hard", file("241 mg/day"), file("239 mg/day")),
    "flow-below-range": ("hard", file("0.47 mg/day"), file("0.48 mg/day")),
    "flow-inexact": ("note", file("0.475 mg/day"), file("0.476 mg/day")),
    "flow-stands-still": (
        "soft",
        file("stop\nMon Tue Wed Thu 00:00-24:00 3 mg/day"),
        file("stop\nMon Tue Wed Thu Fri 00:00-24:00 3 mg/day"),
    ),
    "minimum-rate-for-long": (
        "note",
        file("minimum rate"),
        file("minimum rate\nbolus 1 mg over 1 h every 24 h from 08:00"),
    ),
    "limit-breached-at-start": ("hard", file("3 mg/day\nlimit 2.9 mg per 24 h"), file("3 mg/day\nlimit 3 mg per 24 h")),
    "schedule-steps": ("soft", file(BUSY), file(LESS_BUSY)),
    "bolus-not-whole-steps": (
        "note",
        file("1 mg/day\nbolus 0.11 mg over 10 min at 08:00", pump=PROMETRA, catheter=PROMETRA_LINE),
        file("1 mg/day\nbolus 0.1 mg over 10 min at 08:00", pump=PROMETRA, catheter=PROMETRA_LINE),
    ),
    "ramp-outlasts-reservoir": (
        "soft",
        file("3 mg/day\nramp to 6 mg/day by 10 % every 5 days"),
        file("3 mg/day\nramp to 6 mg/day by 10 % every 4 days"),
    ),
    "clock-shift": ("note", file("3 mg/day\n22:00-06:00 2 mg/day"), file("3 mg/day")),
    "demand-without-limit": (
        "note",
        file(DEMAND.format(lockout="4 h", most=4)),
        file(DEMAND.format(lockout="4 h", most=4) + "\nlimit 4 mg per 24 h"),
    ),
    "daily-count-never-reached": (
        "soft",
        file(DEMAND.format(lockout="6 h", most=5)),
        file(DEMAND.format(lockout="6 h", most=4)),
    ),
    "lockout-shorter-than-onset": (
        "soft",
        file(DEMAND.format(lockout="59 min", most=4)),
        file(DEMAND.format(lockout="60 min", most=4)),
    ),
    "lockout-shorter-than-bolus": (
        "soft",
        file(DEMAND.format(lockout="9 min", most=4)),
        file(DEMAND.format(lockout="10 min", most=4)),
    ),
    "press-never-given": (
        "soft",
        file(DEMAND.format(lockout="4 h", most=4) + "\nlimit 3 mg per 24 h"),
        file(DEMAND.format(lockout="4 h", most=4) + "\nlimit 3.1 mg per 24 h"),
    ),
    "press-refused-at-times": (
        "note",
        file(DEMAND.format(lockout="4 h", most=4) + "\nlimit 3.3 mg per 24 h"),
        file(DEMAND.format(lockout="4 h", most=4) + "\nlimit 3.4 mg per 24 h"),
    ),
    "bridge-missing": ("hard", refilled('bridge = "none"'), refilled('bridge = "auto"')),
    "bridge-cannot-run": ("soft", restarted("5 mg/mL"), restarted("20 mg/mL")),
    "bridge-not-needed": (
        "soft",
        refilled('bridge = { volume = "0.375 mL", rate = "0.3 mL/day" }', 'morphine = "10 mg/mL"'),
        refilled('bridge = "auto"', 'morphine = "10 mg/mL"'),
    ),
    "bridge-volume": (
        "soft",
        refilled('bridge = { volume = "0.43 mL", rate = "0.3 mL/day" }'),
        refilled('bridge = { volume = "0.39 mL", rate = "0.3 mL/day" }'),
    ),
    "bridge-rate-outside-range": (
        "hard",
        refilled('bridge = { volume = "0.375 mL", rate = "0.047 mL/day" }'),
        refilled('bridge = { volume = "0.375 mL", rate = "0.048 mL/day" }'),
    ),
    "bridge-dose": (
        "hard",
        refilled('bridge = { volume = "0.375 mL", rate = "0.15 mL/day" }'),
        refilled('bridge = { volume = "0.375 mL", rate = "0.28 mL/day" }'),
    ),
    "not-primed": (
        "soft",
        file("3 mg/day", fill=FILL.replace('"tip"', '"no"')),
        file(
            "3 mg/day",
            fill=FILL.replace('"tip"', '"no"'),
            more=event("2026-01-05T10:00:00", PRIME.format(volume="0.375 mL")),
        ),
    ),
    "prime-gives-dose": (
        "soft",
        file("3 mg/day", more=event("2026-01-05T10:00:00", PRIME.format(volume="0.1 mL"))),
        file(
            "3 mg/day",
            fill=FILL.replace('"tip"', '"tubing"'),
            more=event("2026-01-05T10:00:00", PRIME.format(volume="0.176 mL")),
        ),
    ),
    "label-untrue": (
        "soft",
        refilled('bridge = "auto", removed = "4 mL"', volume="8 mL"),
        refilled('bridge = "auto"', volume="8 mL"),
    ),
    "prime-mixes": (
        "note",
        file(
            "3 mg/day",
            fill=FILL.replace('"tip"', '"no"'),
            more=event("2026-01-05T10:00:00", PRIME.format(volume="0.375 mL")),
        ),
        file("3 mg/day"),
    ),
    "catheter-untrimmed": (
        "soft",
        file("3 mg/day", catheter='model = "indura-8709sc"\ntip = "T10"'),
        file("3 mg/day", catheter='model = "indura-8709sc"\nremoved = "0 cm"\ntip = "T10"'),
    ),
    "running-file-differs": (
        "soft",
        file("3 mg/day", therapy("3 mg/day", catheter=CATHETER.replace("9 cm", "8 cm"))),
        file("3 mg/day", OLD),
    ),
    "reservoir-low-already": (
        "soft",
        file("3 mg/day", fill=now("2026-02-20T10:00:00", "2 mL")),
        file("3 mg/day", fill=now("2026-02-20T10:00:00", "2.1 mL")),
    ),
    "reservoir-gained": (
        "soft",
        file("3 mg/day", fill=now("2026-01-06T10:00:00", "18.1 mL").replace('volume = "20 mL"', 'volume = "18 mL"')),
        file("3 mg/day", fill=now("2026-01-06T10:00:00", "18 mL").replace('volume = "20 mL"', 'volume = "18 mL"')),
    ),
    "refill-before-now": (
        "soft",
        file(
            "3 mg/day", fill=now("2026-02-20T10:00:00", "9 mL"), more=event('"day 28"', 'refill = { volume = "20 mL" }')
        ),
        file(
            "3 mg/day", fill=now("2026-01-20T10:00:00", "9 mL"), more=event('"day 28"', 'refill = { volume = "20 mL" }')
        ),
    ),
    "alarm-below-maker": (
        "note",
        file("3 mg/day", fill=FILL.replace('alarm = "2 mL"', 'alarm = "1.9 mL"')),
        file("3 mg/day"),
    ),
    # 18 mL at 0.5 mL/day from Monday, 5 January: 36 days, to a Tuesday; from Thursday to a Friday, from Friday to a Saturday
    "low-on-weekend": (
        "note",
        file("5 mg/day", fill=FILL.replace("2026-01-05", "2026-01-09")),
        file("5 mg/day", fill=FILL.replace("2026-01-05", "2026-01-08")),
    ),
    "low-before-visit": (
        "soft",
        file("5 mg/day", fill=visit("2026-02-11")),
        file("5 mg/day", fill=visit("2026-02-05")),
    ),
    "visit-after-stability": (
        "soft",
        file("1 mg/day", fill=visit("2026-04-06")),
        file("1 mg/day", fill=visit("2026-04-05")),
    ),
    "refill-overdue": (
        "soft",
        file("5 mg/day", fill=now("2026-02-01T10:00:00", "5.4 mL")),
        file("5 mg/day", fill=now("2026-02-01T10:00:00", "6.1 mL")),
    ),
    "fill-lasts-short": ("soft", file("13 mg/day"), file("12.8 mg/day")),
    "lead-short": (
        "soft",
        file("3 mg/day", fill=f'{FILL}\nlead = "2 days"'),
        file("3 mg/day", fill=f'{FILL}\nlead = "3 days"'),
    ),
    "pump-ended": (
        "hard",
        file("3 mg/day", pump=PUMP.replace("2026-01-05", "2018-01-05")),
        file("3 mg/day", pump=PUMP.replace("2026-01-05", "2019-03-05")),
    ),
    "battery-ends-before-refill": (
        "soft",
        file("3 mg/day", pump=PUMP.replace("2026-01-05", "2019-01-15")),
        file("3 mg/day", pump=PUMP.replace("2026-01-05", "2019-04-05")),
    ),
    "battery-ends-soon": (
        "soft",
        file("3 mg/day", pump=PUMP.replace("2026-01-05", "2019-05-05")),
        file("3 mg/day", pump=PUMP.replace("2026-01-05", "2020-01-05")),
    ),
}


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_rule_speaks_of_one_file_and_not_of_its_neighbour(code: str) -> None:
    """The finding is there with its severity, and is gone where the file is right."""
    severity, wrong, right = EXAMPLES[code]
    assert wrong.severities(code) == {severity}
    assert right.severities(code) == set()


def test_every_code_about_the_pump_has_its_two_files() -> None:
    """A new code needs a file that has it and one that does not."""
    assert {code for rule in DEVICE_RULES for code in rule.codes} == set(EXAMPLES)


def test_a_file_that_nothing_is_wrong_with_has_no_finding() -> None:
    """The file that the others differ from."""
    assert found_in("3 mg/day", OLD) == []


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            'removed = "4 mL"',
            "15.09 mg/mL of morphine, and the pump is told 20 mg/mL: 7.725 mL of the old fill stay in it.",
        ),
        (
            'actual = { morphine = "10 mg/mL" }',
            "10 mg/mL of morphine, and the pump is told 20 mg/mL: the syringe is not what its label says.",
        ),
    ],
)
def test_what_the_reservoir_holds_is_said_where_it_is_not_the_label(how: str, message: str) -> None:
    """From 10:00 to midnight of day 28, 0.3 mL/day leave 11.725 of 20 mL: (7.725 x 10 + 8 x 20) / 15.725 = 15.09 mg/mL."""
    asked = refilled(f'bridge = "auto", {how}', volume="8 mL")
    [one] = [each for each in found_in(asked.program, None, 1, **asked.parts) if each.code == "label-untrue"]
    assert one.message == f"The reservoir then holds {message}"
