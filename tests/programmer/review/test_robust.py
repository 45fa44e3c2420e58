"""Whatever is programmed, review answers: figures that fit each other, and one decision."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.programmer.review.files import PUMP, event, label, therapy

from intrathecal.programmer.review import Review, case_of, judge
from intrathecal.programmer.review.rules import DEVICE_RULES
from intrathecal.therapy import NewProgram, Refill, Therapy, load_therapy

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.toml"))
#: Amounts from a tenth of a microgram to a gram, in two digits.
AMOUNTS = st.sampled_from([f"{digit}{'0' * zeros} mcg" for digit in (1, 3, 75) for zeros in range(6)] + ["0.1 mcg"])
TIMES = st.sampled_from(["1 min", "10 min", "45 min", "2 h", "7 h", "1 day"])
BASES = st.one_of(st.just("stop"), st.just("minimum rate"), AMOUNTS.map(lambda amount: f"{amount}/day"))
WINDOWS = st.sampled_from(["", "22:00-06:00 1 mg/day", "Sat Sun 00:00-24:00 stop", "Mon 05:00-05:01 3 mg/h"])
BOLUSES = st.one_of(
    st.just(""),
    st.builds("bolus {} over {} at 07:00, 19:30".format, AMOUNTS, st.sampled_from(["1 min", "45 min"])),
    st.builds("bolus {} over 1 min every {} from 00:00".format, AMOUNTS, st.sampled_from(["2 h", "7 h", "1 day"])),
)
DEMANDS = st.one_of(
    st.just(""),
    st.builds(
        "on demand {} over {}, lockout {}, max {} per day".format, AMOUNTS, st.just("5 min"), TIMES, st.integers(1, 30)
    ),
)
LIMITS = st.one_of(
    st.just(""), st.builds("limit {} per {}".format, AMOUNTS, st.sampled_from(["4 h", "24 h", "7 days"]))
)
PROGRAMS = st.builds(
    lambda *clauses: "\n".join(clause for clause in clauses if clause), BASES, WINDOWS, BOLUSES, DEMANDS, LIMITS
)
PUMPS = st.sampled_from(["synchromed-ii-20", "prometra-ii-20", "external"])


def judged(plan: Therapy, running: Therapy | None = None, number: int | None = None) -> Review:
    """A review by the rules about the pump."""
    return judge(case_of(plan, running, number), DEVICE_RULES)


def check(found: Review) -> None:
    """What holds of every review."""
    figures = found.figures
    for drug, daily in figures["daily_dose_ug"].items():
        assert figures["worst_case_daily_dose_ug"][drug] >= daily * (1 - 1e-12)
    dates = [figures[name] for name in ("fastest_low_reservoir_at", "worst_case_low_reservoir_at", "low_reservoir_at")]
    known = [date for date in dates if date is not None]
    assert known == sorted(known)
    for finding in found.findings:
        assert finding.message.endswith((".", "?"))
        assert "\n" not in finding.message
        assert all(isfinite(one) for one in (finding.value, finding.limit) if one is not None)
        assert finding.source
    severities = {finding.severity for finding in found.findings}
    assert found.decision == ("refuse" if "hard" in severities else "confirm" if "soft" in severities else "accept")


@given(program=PROGRAMS, running=PROGRAMS, pump=PUMPS, concentration=st.sampled_from(["10 mg/mL", "1 mg/mL"]))
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_program_against_any_other(program: str, running: str, pump: str, concentration: str) -> None:
    """Alone, against what runs, and as an event."""
    table = PUMP.replace("synchromed-ii-20", pump)
    before = therapy(running, pump=table, drugs=label(morphine=concentration))
    check(judged(therapy(program, pump=table)))
    check(judged(therapy(program, pump=table), before))
    later = event('"day 2"', f'program = """\n{program}\n"""')
    plan = therapy("1 mg/day", pump=table, more=later)
    check(judged(plan, None, 1))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_can_be_judged_at_every_step(path: Path) -> None:
    """The file itself, and each refill and program in it."""
    plan = load_therapy(path)
    if plan.pump is None:
        return
    check(judged(plan))
    for one in plan.events:
        if isinstance(one.action, NewProgram | Refill):
            check(judged(plan, None, one.index))
