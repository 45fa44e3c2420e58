"""Changes against what runs: how far, how large a step, how soon after the last."""

from __future__ import annotations

from collections.abc import Iterator

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.library import DAY_S, Broken, finding, most_broken, runs_in_traces
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.patient import precaution_of
from intrathecal.programmer.review.rules.slips import slip_of, slipped
from intrathecal.programmer.review.side import Side
from intrathecal.quantities import rounded
from intrathecal.therapy import NewProgram, Program, Rate


@rule(
    codes=("dose-raised", "dose-lowered", "step-too-large"),
    about="A daily dose changes by steps that a guideline knows.",
)
def steps(case: Case) -> Iterator[Finding]:
    """Percent against what runs, and the step itself where a label bounds it; a slip is called by its name instead."""
    told: set[tuple[str, str, int]] = set()
    for drug in _primary_first(case):
        if case.before is None or runs_in_traces(case, drug):
            continue
        was, now = case.before.daily_ug(drug), case.after.daily_ug(drug)
        for one in _judged(case, drug, was, now):
            # In a mixture all drugs rise and fall together: said once for the first of them.
            key = (one.code, one.severity, round(100 * now / was))
            if key not in told or one.code == "step-too-large":
                told.add(key)
                yield one


def _judged(case: Case, drug: str, was: float, now: float) -> Iterator[Finding]:
    percent = f"{rounded(abs(100 * (now / was - 1)))} %"
    both = f"{drug} a day, from {case.shown(was, drug)} to {case.shown(now, drug)}"
    if now > was:
        found = None if slipped(case, drug) else _raised(case, drug, was, now)
        if found is not None:
            yield finding(case, "dose-raised", found, drug, now / was - 1, f"{percent} more {both}: more than")
        step = most_broken(case, drug, "step_up_dose", (now - was) / DAY_S)
        if step is not None:
            says = f"A step of {case.shown(now - was, drug)} of {both}: more than"
            yield finding(case, "step-too-large", step, drug, (now - was) / DAY_S, says)
    precaution = precaution_of(case, drug)
    if 0 < now < was and not (precaution and precaution.when_stopped) and not slipped(case, drug):
        found = most_broken(case, drug, "step_down", 1 - now / was)
        if found is not None:
            yield finding(case, "dose-lowered", found, drug, 1 - now / was, f"{percent} less {both}: more than")


def _raised(case: Case, drug: str, was: float, now: float) -> Broken | None:
    """The first step of a ramp is judged as a step, its end only by what cannot be sent."""
    found = most_broken(case, drug, "step_up", now / was - 1)
    end = most_broken(case, drug, "step_up", case.after.ramped_daily_ug(drug) / was - 1)
    return end if end is not None and end.severity == "hard" else found


def _primary_first(case: Case) -> tuple[str, ...]:
    return tuple(sorted(case.after.drugs, key=lambda drug: drug != case.after.primary))


@rule(
    codes=("patient-bolus-raised",),
    about="What one press gives changes by steps too.",
)
def patient_bolus(case: Case) -> Iterator[Finding]:
    """One press against one press of what runs."""
    drug = case.after.primary
    was, now = None if case.before is None else _press(case.before, drug), _press(case.after, drug)
    if was is None or now is None or was <= 0 or slip_of(case, now / was):
        return
    found = most_broken(case, drug, "bolus_step_up", now / was - 1)
    if found is not None:
        says = f"One press gives {case.shown(now, drug)} of {drug} in the place of {case.shown(was, drug)}: a rise of more than"
        yield finding(case, "patient-bolus-raised", found, drug, now / was - 1, says)


def _press(side: Side, drug: str) -> float | None:
    return next((side.bolus_ug(one, drug) for one in side.boluses if one.kind == "on demand"), None)


@rule(
    codes=("step-too-soon",),
    about="A rise waits until the last one can be felt.",
)
def interval(case: Case) -> Iterator[Finding]:
    """Where the file tells its own history: the time since the program before this one, or since the first fill."""
    if case.before is None or not case.events:
        return
    first = case.events[0].index
    since_ms = case.at_ms - max(
        [0, *(one.at_ms for one in case.therapy.events[: first - 1] if isinstance(one.action, NewProgram))]
    )
    same = 1 + float(case.therapy.catalogue.review.same_figure.exact)
    for drug in case.after.drugs:
        if case.after.daily_ug(drug) <= same * case.before.daily_ug(drug):
            continue
        found = most_broken(case, drug, "step_interval", since_ms / 1000)
        if found is not None:
            says = f"The dose of {drug} rises {rounded(since_ms / 3_600_000)} h after the last change, sooner than"
            yield finding(case, "step-too-soon", found, drug, since_ms / 1000, says)


@rule(
    codes=("unit-changed",),
    about="A program that is written in another unit than the one that runs is read twice.",
)
def units(case: Case) -> Iterator[Finding]:
    """Such as mg beside mcg, or per hour beside per day."""
    if case.before is None or case.before.primary != case.after.primary:
        return
    old, new = _unit(case.before.program), _unit(case.after.program)
    if old is not None and new is not None and old != new:
        yield Finding(
            "unit-changed",
            "note",
            f"The program is written in {_spelt(new)}; the one that runs in {_spelt(old)}.",
            drug=case.after.primary,
            source="arithmetic",
            verified=True,
        )


def _unit(program: Program | None) -> str | None:
    return program.base.quantity.unit if program is not None and isinstance(program.base, Rate) else None


def _spelt(unit: str) -> str:
    words = {"mg": "mg (milligram)", "mcg": "mcg (microgram)", "ng": "ng (nanogram)"}
    amount, _, time = unit.partition("/")
    return f"{words.get(amount, amount)} per {time}"


CHANGE = (steps, patient_bolus, interval, units)
