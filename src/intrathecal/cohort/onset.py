"""How soon relief comes: after one dose, and after the start of a constant one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.equivalence import CASES, Case, equal_doses, half_maximal, missing_routes
from intrathecal.cohort.subject import ROUTES, Array, Patient, Subject, followed_fluid, source
from intrathecal.simulation.propagation import Propagator, choose

MINUTE_S = 60.0
#: The first look at a course, in s: from a second to thirty years, so that no half-life is too long.
COARSE_S = np.concatenate([[0.0], np.geomspace(1.0, 1e9, 400)])
#: A stretch is cut into so many parts, so many times: in the end to a millisecond in an hour.
PARTS, ROUNDS = 32, 3
#: What the spinal site follows, beside the effect sites.
FLUID = "fluid"


@dataclass(frozen=True)
class Course:
    """What one unit by one route does over time: a dose at once (1 ug), or a ``constant`` one (1 ug/s).

    ``rows`` (p, n) are what is seen in ug/mL, by ``names`` (p).
    """

    propagator: Propagator
    names: tuple[str, ...]
    rows: Array
    entry: Array
    constant: bool

    @cached_property
    def coarse(self) -> Array:
        """The states at `COARSE_S`."""
        before = np.zeros_like(self.entry) if self.constant else self.entry
        return self.onward(self.propagator.internal(before), COARSE_S)

    def onward(self, state: Array, times_s: Array) -> Array:
        """The states at ``times_s`` (m + 1), of which ``state`` is the first."""
        inputs = np.full((times_s.size - 1, 1), float(self.constant))
        return self.propagator.run(state, np.diff(times_s), inputs, self.entry[:, None]).states

    def effects(self, states: Array) -> dict[str, Array]:
        """What is seen at ``states`` (t, 2, n), each (t,), ug/mL."""
        return dict(zip(self.names, self.propagator.observe(states, self.rows).T, strict=True))

    def first_min(self, reached: Callable[[dict[str, Array]], NDArray[np.bool_]]) -> float:
        """When (min) ``reached`` (t,) is first true of the effects; infinite where that takes more than `COARSE_S`."""
        times, states = COARSE_S, self.coarse
        if not reached(self.effects(states)).any():
            return inf
        for _ in range(ROUNDS):
            after = _first(reached(self.effects(states)))
            if after == 0:
                break
            times, states = self._cut(times, states, after - 1, after)
        return float(times[_first(reached(self.effects(states)))]) / MINUTE_S

    def around_peak(self, size: Callable[[dict[str, Array]], Array]) -> dict[str, Array]:
        """The effects in the short time around the greatest ``size`` (t,)."""
        times, states = COARSE_S, self.coarse
        for _ in range(ROUNDS):
            peak = int(np.argmax(size(self.effects(states))))
            times, states = self._cut(times, states, max(peak - 1, 0), min(peak + 1, times.size - 1))
        return self.effects(states)

    def _cut(self, times: Array, states: Array, start: int, stop: int) -> tuple[Array, Array]:
        finer = np.linspace(times[start], times[stop], PARTS + 1)
        return finer, self.onward(states[start], finer)


def _first(true: NDArray[np.bool_]) -> int:
    """The first place that is true; the last one where round-off keeps even that from it."""
    return int(np.argmax(true)) if true.any() else true.size - 1


@dataclass(frozen=True)
class Onset:
    """Minutes to half of the greatest effect, by route: after one ``dose``, and from the start of a constant ``infusion``."""

    dose: dict[str, float]
    infusion: dict[str, float]


def onsets(subject: Subject) -> dict[Case, Onset]:
    """How soon every route works, for all `CASES`.

    By effect, the single dose is one whose greatest effect is half-maximal, and the constant one that of `equal_doses`;
    tolerance does not move. By concentration, half of the greatest mean of the lumbosacral fluid is looked for.
    """
    propagator, fluid = choose(subject.system), followed_fluid(subject.system, "spinal")
    names, rows = (*subject.system.effects, FLUID), np.array([*subject.system.effects.values(), fluid])
    given = {
        route: [Course(propagator, names, rows, source(subject.system, route), constant) for constant in (False, True)]
        for route in ROUTES
        if route not in missing_routes(subject, "csf") or route not in missing_routes(subject, "effect")
    }
    return {case: _onset(subject, case, given) for case in CASES}


def _onset(subject: Subject, case: Case, given: Mapping[str, Sequence[Course]]) -> Onset:
    basis, patient = case
    doses = equal_doses(subject, basis, patient)
    if basis == "csf":
        at_rest = {route: subject.at_rest[route]["spinal"] for route in doses}
        return Onset(
            {route: _half_of_peak(given[route][0]) for route in doses},
            {route: _half_of(given[route][1], final) for route, final in at_rest.items()},
        )
    return Onset(
        {route: _after_dose(subject, patient, given[route][0]) for route in doses},
        {route: _half_effect(subject, patient, given[route][1], dose) for route, dose in doses.items()},
    )


def _half_of_peak(course: Course) -> float:
    """Minutes until the fluid first holds half of the most that it will hold."""
    return _half_of(course, float(course.around_peak(lambda seen: seen[FLUID])[FLUID].max()))


def _half_of(course: Course, final: float) -> float:
    """Minutes until the fluid first holds half of ``final`` (ug/mL)."""
    return course.first_min(lambda seen: seen[FLUID] >= 0.5 * final)


def _after_dose(subject: Subject, patient: Patient, course: Course) -> float:
    """Minutes to half of the greatest effect of a dose at once that is half-maximal at its best."""
    guess = half_maximal(subject, patient, _at_sites(subject, course.effects(course.coarse), 1.0))
    around = course.around_peak(lambda seen: _effect(subject, patient, seen, guess))
    return _half_effect(subject, patient, course, half_maximal(subject, patient, _at_sites(subject, around, 1.0)))


def _half_effect(subject: Subject, patient: Patient, course: Course, dose: float) -> float:
    """Minutes until ``dose`` first has half of the half-maximal effect."""
    return course.first_min(lambda seen: _effect(subject, patient, seen, dose) >= 0.5 * subject.half)


def _effect(subject: Subject, patient: Patient, seen: Mapping[str, Array], dose: float) -> Array:
    return subject.effect(patient, _at_sites(subject, seen, dose))


def _at_sites(subject: Subject, seen: Mapping[str, Array], dose: float) -> dict[str, Array]:
    return {site: dose * seen[site] for site in subject.system.effects}
