"""Whether what is left at a refill is looked into: in percent or in millilitres, whichever speaks first."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue import CHOSEN, RefillFigures, Value
from intrathecal.programmer.refilling import PERCENT, Residual
from intrathecal.quantities import rounded

MORE_LEFT = (
    "More is left than expected, so less was given: think of a blocked or kinked catheter, a motor that stalled or was "
    "stopped, a scan or a restart since the last fill, and of a fill that was larger than was told."
)
LESS_LEFT = (
    "Less is left than expected, so more has gone: think of a pump that gives too much, a leak, a fill that went into the "
    "pocket, drug that somebody drew, and of an aspiration that did not empty the reservoir."
)
NOTHING_GIVEN = (
    "Next to nothing has left the pump: think of a blocked catheter first, then of a motor that stands. Look for withdrawal, "
    "and look at pump and catheter before anything is given: whoever went without has lost tolerance, and the old dose can "
    "kill. Start again as for a first dose."
)
OVERFULL = "More is in the reservoir than was filled in: measure again, and look up what was told to the pump."


@dataclass(frozen=True)
class Judged:
    """Whether a residual volume is outside, and why; ``think_of`` is what may be behind it, ``notes`` is said in any case."""

    flagged: bool
    reasons: tuple[str, ...]
    think_of: tuple[str, ...]
    notes: tuple[str, ...]


def rests_on(value: Value) -> str:
    """A limit with its source: "14.5 % (synchromed-manual, unchecked)"."""
    source = "chosen by this project" if value.source == (CHOSEN,) else ", ".join(value.source)
    return f"{value} ({source}{'' if value.verified else ', unchecked'})"


def is_outside(one: Residual, accuracy: Value, limits: RefillFigures) -> bool:
    """Whether either rule speaks: the error beyond the pump's ``accuracy``, or the difference beyond the volume."""
    return _beyond_percent(one, accuracy) or _beyond_volume(one, limits)


def judge(one: Residual, accuracy: Value, limits: RefillFigures) -> Judged:
    """A residual volume against the pump's labelled accuracy and against the catalogue's volume."""
    reasons, notes = [], []
    error = one.error_percent
    if error is not None and _beyond_percent(one, accuracy):
        reasons.append(
            f"The pump gave {rounded(one.delivered_mL)} of {rounded(one.due_mL)} mL, {signed(error)} %: outside its accuracy "
            f"of {rests_on(accuracy)}."
        )
    if _beyond_volume(one, limits):
        side = "more" if one.difference_mL > 0 else "less"
        reasons.append(
            f"{rounded(abs(one.difference_mL))} mL {side} than expected are left: beyond "
            f"{rests_on(limits.residual_volume)}."
        )
    flagged = bool(reasons)
    think_of = []
    if flagged and one.delivered_mL < 0:
        think_of.append(OVERFULL)
    if flagged and gave_nothing(one, limits):
        think_of.append(NOTHING_GIVEN)
    elif flagged:
        think_of.append(MORE_LEFT if one.difference_mL > 0 else LESS_LEFT)
    if flagged:
        notes.append("Measure again at the next refill: single points often do not repeat, and the trend counts.")
    elif error is None:
        notes.append(
            f"Nothing should have been given yet; the difference is inside {rests_on(limits.residual_volume)}."
        )
    else:
        notes.append(
            f"The pump gave {rounded(one.delivered_mL)} of {rounded(one.due_mL)} mL, {signed(error)} %: inside "
            f"{rests_on(accuracy)} and {rests_on(limits.residual_volume)}."
        )
    return Judged(flagged, tuple(reasons), tuple(think_of), tuple(notes))


def gave_nothing(one: Residual, limits: RefillFigures) -> bool:
    """Whether so little was given that nothing was."""
    return one.due_mL > 0 and one.delivered_mL < limits.next_to_nothing.canonical * one.due_mL


def missing_inside(injected_mL: float, found_mL: float, capacity_mL: float, limits: RefillFigures) -> str | None:
    """What is said when less is inside the pump after a fill than went in; None if nothing is."""
    limit = limits.missing_inside.canonical * capacity_mL
    if injected_mL - found_mL <= limit * (1 + 1e-9):
        return None
    return (
        f"{rounded(injected_mL)} mL went in and {rounded(found_mL)} mL are inside: {rounded(injected_mL - found_mL)} mL are "
        f"missing, more than {rounded(limit)} mL ({rests_on(limits.missing_inside)} of the reservoir). A part may be in the "
        "pocket: keep the patient under watch, look for a swelling, and be ready for an overdose."
    )


def signed(value: float) -> str:
    """A percentage with its sign, to a tenth."""
    tenths = round(value, 1)
    return f"{'+' if tenths > 0 else ''}{rounded(tenths, 6) if tenths else 0}"


def _beyond_percent(one: Residual, accuracy: Value) -> bool:
    error = one.error_percent
    return error is not None and round(abs(error), 6) > float(PERCENT * accuracy.exact)


def _beyond_volume(one: Residual, limits: RefillFigures) -> bool:
    return abs(one.difference_mL) > limits.residual_volume.canonical
