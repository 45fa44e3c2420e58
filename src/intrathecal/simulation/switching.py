"""One drug in one patient whose body changes in time: posture, sleep, a faster heart.

Each of a few ways that the body can be has its own system, over the same states. Its propagator is made once; at a change, the
amounts are handed from one to the other. They are any amounts, not only those that an entry makes: so all modes are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from intrathecal.simulation.propagation import Propagator, choose
from intrathecal.simulation.system import LinearSystem
from intrathecal.simulation.trajectory import Array, Rows


@dataclass(frozen=True, eq=False)
class Phase:
    """A time in which the body is in the state ``body``: ``durations_s`` (m), each with constant ``inputs`` (m, k; ug/s)."""

    body: str
    durations_s: Array
    inputs: Array


@dataclass(frozen=True, eq=False)
class Passed:
    """What was ``seen`` (edges, p) at the start and after every segment, the ``amounts`` (n, ug) at the end, and what left.

    ``left_ug`` is by sink.
    """

    seen: Array
    amounts: Array
    left_ug: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Switching:
    """The ``systems`` of one drug by the body's state, and what advances each."""

    systems: Mapping[str, LinearSystem]
    propagators: Mapping[str, Propagator]

    @classmethod
    def of(cls, systems: Mapping[str, LinearSystem]) -> Switching:
        """Raises `ValueError` for systems that do not have the same states."""
        if len({system.states for system in systems.values()}) != 1:
            raise ValueError(
                f"{', '.join(systems)}: the systems do not have the same states; build them of one drug and mesh"
            )
        return cls(systems, {body: choose(system) for body, system in systems.items()})

    @property
    def error_estimate(self) -> float:
        """The largest error of one phase, relative to all drug that entered; those of phases add up."""
        return max(propagator.error_estimate for propagator in self.propagators.values())

    def run(self, amounts: Array, phases: Sequence[Phase], sources: Array, rows: Rows) -> Passed:
        """Advance ``amounts`` (n, ug) through ``phases``, one or more, one after the other.

        ``sources`` (n, k) share every input among the states, ``rows`` (p, n) turn amounts into what is seen. Raises
        `ValueError` for a body that has no system, and as `Propagator.run` does.
        """
        left = {sink: 0.0 for system in self.systems.values() for sink in system.sinks}
        seen: list[Array] = []
        for phase in phases:
            if phase.body not in self.systems:
                raise ValueError(f'"{phase.body}" has no system: there are {", ".join(self.systems)}')
            propagator = self.propagators[phase.body]
            motion = propagator.run(propagator.internal(amounts), phase.durations_s, phase.inputs, sources)
            seen.append(propagator.observe(motion.states, rows)[1 if seen else 0 :])
            amounts = propagator.physical(motion.states[-1])
            for sink, per_s in self.systems[phase.body].sinks.items():
                left[sink] += float(per_s @ motion.integral)
        return Passed(np.concatenate(seen), amounts, left)
