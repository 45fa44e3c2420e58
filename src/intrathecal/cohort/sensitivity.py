"""What dose ratios hang on: every value with a spread is moved to the ends of it, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, hypot, log, log1p, sqrt
from statistics import NormalDist

from intrathecal.catalogue import Catalogue, CatalogueError, Value, values_of
from intrathecal.catalogue.citing import AnyEntry
from intrathecal.catalogue.overriding import override
from intrathecal.cohort.equivalence import CASES, Case, equal_doses, ratios
from intrathecal.cohort.subject import OPIOID, ORAL_OPIOID, EquivalenceError, Systems, subject
from intrathecal.quantities import plain

Ratios = Mapping[Case, Mapping[str, float]]

#: Five percent of people, or of what is believed, lie beyond each end.
BEYOND = 0.05
#: Digits of a value at its ends, so that it can be typed.
DIGITS = 4
#: A ratio that moves by less than this is one that does not hang on the value: the dose is found to 12 digits.
UNMOVED = 1e-9


@dataclass(frozen=True)
class Moved:
    """One value at its low and its high end, as typed, and the ratios there."""

    name: str
    value: str
    low_value: str
    high_value: str
    low: Ratios
    high: Ratios


@dataclass(frozen=True)
class Hanging:
    """How a ratio hangs on a value: what it is at the value's low and high end."""

    moved: Moved
    low: float
    high: float


def solve(catalogue: Catalogue, name: str, systems: Systems | None = None) -> dict[Case, dict[str, float]]:
    """The dose ratios of the drug ``name`` by route, for all `CASES`; raises `EquivalenceError`.

    ``systems`` are those already built.
    """
    who = subject(catalogue, name, systems)
    return {case: ratios(equal_doses(who, *case)) for case in CASES}


def used_values(catalogue: Catalogue, name: str) -> dict[str, Value]:
    """The values that ratios of the drug ``name`` can hang on: its own, the body's, those of relief and of tolerance."""
    entries: list[AnyEntry] = [catalogue.drugs[name]]
    if catalogue.drugs[name].response.mechanism == OPIOID and name != ORAL_OPIOID:
        entries.append(catalogue.drugs[ORAL_OPIOID])
    entries += [catalogue.relief, catalogue.physiology, catalogue.anatomy]
    return {path: value for entry in entries for path, value in values_of(entry)}


def ends(value: Value) -> tuple[str, str] | None:
    """A value at its 5 and its 95 percent point, as it would be typed; none without a spread.

    A range is read as those points, a factor divides and multiplies; a coefficient of variation or a standard deviation
    is that of a lognormal distribution whose median is the value. Of these only a range moves a value of zero.
    """
    spread = value.spread
    if spread is None:
        return None
    if spread.kind == "range":
        return _typed(spread.numbers[0], value), _typed(spread.numbers[1], value)
    if not value.number:
        return None
    factor = float(spread.numbers[0])
    if spread.kind != "factor":
        cv = factor / float(value.number) if spread.kind == "sd" else factor
        factor = exp(NormalDist().inv_cdf(1.0 - BEYOND) * sqrt(log1p(cv * cv)))
    return _typed(value.number / Decimal(factor), value), _typed(value.number * Decimal(factor), value)


def _typed(number: Decimal, value: Value) -> str:
    """``number`` in the unit of ``value``, with few digits."""
    return f"{plain(Decimal(f'{number:.{DIGITS}g}'))} {value.unit}".replace(" dimensionless", "")


def move_all(catalogue: Catalogue, name: str, kept: Iterable[str] = ()) -> tuple[tuple[Moved, ...], tuple[str, ...]]:
    """Every value that ratios of ``name`` hang on, moved to its ends; and what could not be moved there, in sentences.

    Values that are ``kept`` do not move.
    """
    systems = Systems()
    central = solve(catalogue, name, systems)
    moved: list[Moved] = []
    refused: list[str] = []
    for path, value in used_values(catalogue, name).items():
        points = None if path in kept else ends(value)
        if points is None:
            continue
        at: list[Ratios] = []
        said: list[str] = []
        for text in points:
            try:
                there: Ratios = solve(override(catalogue, path, text, "moved"), name, systems)
            except (CatalogueError, EquivalenceError) as problem:
                said.append(f"The interval leaves out {path} = {text} ({problem}).")
                there = central
            lost = sorted({route for case in CASES for route in central[case].keys() - there[case].keys()})
            said += [f"The interval leaves out {path} = {text}: no {route} route is left." for route in lost]
            at.append(there)
        if any(_moves(central, there) for there in at):
            moved.append(Moved(path, str(value), *points, *at))
            refused += said
    return tuple(moved), tuple(refused)


def _moves(central: Ratios, there: Ratios) -> bool:
    return any(
        abs(there[case].get(route, 0.0) / ratio - 1.0) > UNMOVED
        for case, by_route in central.items()
        for route, ratio in by_route.items()
    )


def hanging(moved: Sequence[Moved], case: Case, route: str, central: float) -> tuple[Hanging, ...]:
    """What the ratio of ``route`` hangs on, most of all first."""
    found = [Hanging(one, one.low[case].get(route, central), one.high[case].get(route, central)) for one in moved]
    found = [one for one in found if max(abs(one.low / central - 1.0), abs(one.high / central - 1.0)) > UNMOVED]
    return tuple(sorted(found, key=lambda one: -log(max(one.low, one.high, central) / min(one.low, one.high, central))))


def interval(found: Iterable[Hanging], central: float) -> tuple[float, float]:
    """The 5 and 95 percent points of a ratio whose values vary on their own.

    The logarithms of what each value does add up as squares, down and up apart: exact where the ratio is a product of
    powers of lognormal values.
    """
    down = up = 0.0
    for one in found:
        steps = (log(one.low / central), log(one.high / central), 0.0)
        down, up = hypot(down, min(steps)), hypot(up, max(steps))
    return central * exp(-down), central * exp(up)
