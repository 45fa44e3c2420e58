"""What several refills say together that one cannot: over- or under-delivery, leak, pocket fill, diversion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import mean, stdev

from intrathecal.care.residual import gave_nothing, is_outside, rests_on, signed
from intrathecal.catalogue import RefillFigures, Value
from intrathecal.programmer.refilling import PERCENT, Residual

#: As many refills make a mean that is worth its name.
FEWEST = 3


@dataclass(frozen=True)
class Trend:
    """``refills`` in all, their mean error in percent (None where no error is known), and what they point to, likeliest first.

    ``repeated`` is how many of the latest, one after the other, are outside in the same direction.
    """

    refills: int
    mean_error_percent: float | None
    repeated: int
    points_to: tuple[str, ...]
    reasons: tuple[str, ...]


def trend(refills: Sequence[Residual], accuracy: Value, limits: RefillFigures) -> Trend:
    """Refills in order of time, the one just measured last. Raises `ValueError` for none."""
    if not refills:
        raise ValueError("a trend needs at least one refill")
    errors = [one.error_percent for one in refills if one.error_percent is not None]
    average = mean(errors) if errors else None
    repeated = _in_a_row(refills, accuracy, limits)
    points_to: tuple[str, ...] = ()
    reasons: list[str] = []
    if repeated >= limits.repeats.exact:
        last = refills[-repeated:]
        points_to = _less_given(last, limits) if last[-1].difference_mL > 0 else _more_gone(last, accuracy, limits)
        side = "more" if last[-1].difference_mL > 0 else "less"
        reasons.append(f"{repeated} refills in a row had {side} left than expected: this is no chance.")
        reasons += [SAYS[cause] for cause in points_to]
    elif repeated:
        before = "The ones before were inside" if len(refills) > 1 else "There is no other to compare it with"
        reasons.append(f"One refill is outside. {before}: single points often do not repeat.")
    elif average is not None and _drifts(errors, average, accuracy, limits):
        points_to = ("under-delivery",) if average < 0 else ("over-delivery",)
        reasons.append(
            f"All {len(errors)} refills lie on one side, {signed(average)} % on average: each is inside, together they are more "
            f"than {rests_on(limits.drift)} of the accuracy. {SAYS[points_to[0]]}"
        )
    return Trend(len(refills), average, repeated, points_to, tuple(reasons))


SAYS = {
    "under-delivery": "Under-delivery: the drive loses strokes, or the catheter lets too little through.",
    "catheter-block": "A blocked or kinked catheter: look at it, and through its side port.",
    "stall": "A motor that stands at times: read the pump's log for stalls and restarts.",
    "over-delivery": "Over-delivery: the pump gives too much in proportion to what it should; look for signs of an overdose.",
    "leak": "A leak of septum, tubing or connector: effect falls while the reservoir empties.",
    "pocket-fill": "Fills that go past the septum: look at what is inside the pump after the next one.",
    "diversion": "Diversion: somebody may draw drug from the reservoir. The shortfall does not follow what was due.",
}


def _in_a_row(refills: Sequence[Residual], accuracy: Value, limits: RefillFigures) -> int:
    """How many of the latest are outside, in the direction of the last."""
    more_left = refills[-1].difference_mL > 0
    return sum(
        1
        for _ in takewhile(
            lambda one: is_outside(one, accuracy, limits) and (one.difference_mL > 0) == more_left, reversed(refills)
        )
    )


def _less_given(refills: Sequence[Residual], limits: RefillFigures) -> tuple[str, ...]:
    if any(gave_nothing(one, limits) for one in refills):
        return ("catheter-block", "stall", "under-delivery")
    return ("under-delivery", "catheter-block", "stall")


def _more_gone(refills: Sequence[Residual], accuracy: Value, limits: RefillFigures) -> tuple[str, ...]:
    """A drive that is too fast takes the same share each time; what is lost or taken does not follow what was due."""
    errors = [one.error_percent for one in refills if one.error_percent is not None]
    steady = len(errors) > 1 and stdev(errors) < limits.drift.canonical * accuracy.canonical * PERCENT
    elsewhere = ("leak", "pocket-fill", "diversion")
    return ("over-delivery", *elsewhere) if steady else (*reversed(elsewhere), "over-delivery")


def _drifts(errors: Sequence[float], average: float, accuracy: Value, limits: RefillFigures) -> bool:
    one_side = all(error > 0 for error in errors) or all(error < 0 for error in errors)
    share = limits.drift.canonical * accuracy.canonical * PERCENT
    return len(errors) >= FEWEST and one_side and abs(average) > share
