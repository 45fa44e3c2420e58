"""What must hold between the clauses of a program."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from intrathecal.quantities import Quantity
from intrathecal.therapy.clauses import Base, Clause, Demand, Limit, Ramp, Rate, Window
from intrathecal.therapy.clock import DAY_MINUTES, DAY_NAMES, WEEK_MINUTES
from intrathecal.therapy.errors import ProgramError

#: More clauses than any pump holds: a text that was pasted by mistake.
MOST_CLAUSES = 1000


def check_clauses(clauses: Sequence[Clause], places: Sequence[int], place: str) -> None:
    """Raise `ProgramError` unless ``clauses`` make one program.

    ``places[i]`` says where clause i stands and ``place`` what that number counts: "line", "row" or "clause".
    """
    if len(clauses) > MOST_CLAUSES:
        raise ProgramError(f"{len(clauses)} clauses are more than any pump holds; write at most {MOST_CLAUSES}")
    where = list(zip(clauses, places, strict=True))
    bases = [(clause, number) for clause, number in where if isinstance(clause, Base)]
    if not bases:
        raise ProgramError('no base; write a line with the rate, such as "2.4 mg/day", "minimum rate" or "stop"')
    _at_most_one("bases", bases, place)
    demands = [(clause, number) for clause, number in where if isinstance(clause, Demand)]
    _at_most_one('clauses "on demand"', demands, place)
    ramps = [(clause, number) for clause, number in where if isinstance(clause, Ramp)]
    _at_most_one("ramps", ramps, place)
    _check_windows([(clause, number) for clause, number in where if isinstance(clause, Window)], place)
    for ramp, number in ramps:
        _check_ramp(ramp, bases[0][0], number, place)
    _check_limits([(clause, number) for clause, number in where if isinstance(clause, Limit)], place)


def located(message: str, number: int, place: str) -> ProgramError:
    """The error that ``message`` stands in line, row or clause ``number``."""
    return ProgramError(message, number) if place == "line" else ProgramError(f"{place} {number}: {message}")


def _at_most_one(what: str, found: Sequence[tuple[Clause, int]], place: str) -> None:
    if len(found) > 1:
        (first, first_number), (second, number) = found[:2]
        raise located(f'two {what}: "{first}" ({place} {first_number}) and "{second}"; keep one', number, place)


def _check_windows(windows: Sequence[tuple[Window, int]], place: str) -> None:
    spans = sorted(
        ((start, end, number, window) for window, number in windows for start, end in window.week_spans()),
        key=lambda span: span[:3],
    )
    if not spans:
        return
    start, end, number, window = spans[0]
    next_week = (start + WEEK_MINUTES, end + WEEK_MINUTES, number, window)
    for earlier, later in pairwise([*spans, next_week]):
        if later[0] < earlier[1]:
            (first, first_window), (second, second_window) = sorted((earlier[2:], later[2:]), key=lambda one: one[0])
            day = DAY_NAMES[later[0] % WEEK_MINUTES // DAY_MINUTES]
            raise located(
                f"the window {second_window.clocks} overlaps the window {first_window.clocks} ({place} {first}) "
                f"on {day}; let one end where the other begins",
                second,
                place,
            )


def _check_ramp(ramp: Ramp, base: Base, number: int, place: str) -> None:
    if not isinstance(base.rate, Rate):
        raise located(
            f'a ramp goes in percent of the base, and the base is "{base}"; write a rate as the base', number, place
        )
    start = base.rate.quantity
    if start.kind == ramp.target.kind and start.exact == ramp.target.exact:
        raise located(
            f"the ramp's target {ramp.target} is the base; leave the ramp out, or write another target", number, place
        )


def _check_limits(limits: Sequence[tuple[Limit, int]], place: str) -> None:
    seen: dict[tuple[str, object], tuple[Quantity, int]] = {}
    for limit, number in limits:
        key = (limit.amount.kind, limit.per.exact)
        if key in seen:
            amount, first = seen[key]
            raise located(
                f"two limits per {limit.per}: {amount} ({place} {first}) and {limit.amount}; keep one", number, place
            )
        seen[key] = (limit.amount, number)
