"""The catalogue's reference adult, to whom the doses of published experiments are given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from intrathecal.catalogue import Catalogue, Drug
from intrathecal.flow import Array
from intrathecal.relief import NO_TOLERANCE, Indices, indices, relief_fraction, spasticity_fraction
from intrathecal.simulation.propagation import Propagator, choose
from intrathecal.simulation.system import LinearSystem, Mask, build_system, tracer_system

MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86_400.0
NG_PER_UG = 1000.0


@dataclass(frozen=True)
class Course:
    """What a dose of ``drug`` does: ``minutes`` (t,) after it, and ``effects`` (t,) by effect site, ug/mL."""

    drug: Drug
    minutes: Array
    effects: dict[str, Array]

    def times(self, doses: float) -> Course:
        """The course of so many such doses: concentrations are proportional to the dose."""
        return replace(self, effects={site: doses * seen for site, seen in self.effects.items()})

    def at(self, minute: float) -> Course:
        """The course at one of its times alone."""
        chosen = self.minutes == minute
        return Course(self.drug, self.minutes[chosen], {site: seen[chosen] for site, seen in self.effects.items()})

    def minutes_of(self, true: Mask) -> float:
        """How long (min) ``true`` (t,) lasts in all; the times are evenly spaced."""
        return float(np.sum(true) * (self.minutes[1] - self.minutes[0]))

    def first_minute(self, true: Mask) -> float:
        """When ``true`` (t,) is first so, min; NaN when it never is."""
        return float(self.minutes[np.argmax(true)]) if np.any(true) else float("nan")


@dataclass(frozen=True)
class Adult:
    """The reference adult of ``catalogue``, without tolerance; each drug's system is built once."""

    catalogue: Catalogue
    built: dict[str, tuple[LinearSystem, Propagator]] = field(default_factory=dict)

    def drug(self, name: str) -> tuple[LinearSystem, Propagator]:
        """The system of a drug, and what advances it."""
        if name not in self.built:
            body = self.catalogue.physiology
            size = body.adult_height.canonical, body.adult_weight.canonical
            system = build_system(self.catalogue.drugs[name], self.catalogue, *size)
            self.built[name] = system, choose(system)
        return self.built[name]

    def tracer(self) -> tuple[LinearSystem, Propagator]:
        """The system of the tracer, and what advances it."""
        if "indtpa" not in self.built:
            height_cm = self.catalogue.physiology.adult_height.canonical
            system = tracer_system(self.catalogue.tracers["indtpa"], self.catalogue, height_cm)
            self.built["indtpa"] = system, choose(system)
        return self.built["indtpa"]

    def dose(self, name: str, ug: float, route: str, level: str | None, hours: float, step_min: float = 1.0) -> Course:
        """One dose at once, seen every ``step_min``; ``level`` is where a dose into the canal goes."""
        system, _ = self.drug(name)
        return self._seen(name, ug * entry(system, route, level), 0.0, hours, step_min)

    def infusion(self, name: str, ug_per_day: float, level: str, hours: float, step_min: float) -> Course:
        """A constant infusion into the fluid from its start."""
        system, _ = self.drug(name)
        return self._seen(name, entry(system, "intrathecal", level), ug_per_day / DAY_S, hours, step_min)

    def at_rest(self, name: str, ug_per_day: float, route: str, level: str | None) -> Course:
        """The one state, (1,), that a constant dose leads to."""
        system, _ = self.drug(name)
        push = entry(system, route, level) * ug_per_day / DAY_S
        amounts = np.linalg.solve(-system.generator.toarray(), push)
        seen = {site: np.array([row @ amounts]) for site, row in system.effects.items()}
        return Course(self.catalogue.drugs[name], np.array([np.inf]), seen)

    def acting(self, *courses: Course) -> tuple[Indices, ...]:
        """How strongly the drugs of ``courses`` act together, (t,)."""
        return indices(self.catalogue.relief, [(course.drug, course.effects) for course in courses])

    def relief(self, *courses: Course) -> Array:
        """The fraction (t,) of pain, or of spasticity, that is taken away."""
        acting = self.acting(*courses)
        if courses[0].drug.effect == "spasticity":
            return spasticity_fraction(acting)
        return relief_fraction(self.catalogue.relief, acting, NO_TOLERANCE)

    def _seen(self, name: str, entered: Array, per_s: float, hours: float, step_min: float) -> Course:
        """``entered`` (n, ug) at once, or per ``per_s`` all the time where that is not zero."""
        system, propagator = self.drug(name)
        steps = round(hours * 60 / step_min)
        start = propagator.internal(np.zeros_like(entered) if per_s else entered)
        inputs = np.full((steps, 1), per_s)
        run = propagator.run(start, np.full(steps, step_min * MINUTE_S), inputs, entered[:, None])
        seen = propagator.observe(run.states, np.array(list(system.effects.values()))).T
        minutes = np.arange(steps + 1) * step_min
        return Course(
            self.catalogue.drugs[name], np.asarray(minutes, dtype=float), dict(zip(system.effects, seen, strict=True))
        )


def entry(system: LinearSystem, route: str, level: str | None) -> Array:
    """The share (n) of a dose that each state receives; ``level`` for a dose into the canal."""
    return system.source(route, None if level is None else system.canal.sites_cm[level])
