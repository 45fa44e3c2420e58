"""The oral opioid beside the therapy: oral morphine that acts on the patient and is in no ledger and no exposure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intrathecal.catalogue import Drug
from intrathecal.flow import Array, Infusion, Site
from intrathecal.simulation.system import ORAL
from intrathecal.simulation.trajectory import Trajectory
from intrathecal.simulation.transport import Channel, advance
from intrathecal.therapy import OralOpioid, Therapy

#: Stands for every opioid by mouth: their doses are told in its equivalents.
MORPHINE = "morphine"
BY_MOUTH = Site(ORAL)


@dataclass(frozen=True, eq=False)
class Background:
    """Morphine by mouth, at ``before_ug_per_s`` until the therapy begins and at ``first_ug_per_s`` from then on."""

    drug: Drug
    channel: Channel
    before_ug_per_s: float
    first_ug_per_s: float

    def before(self) -> Swallowed:
        """The steady state before the therapy, and the rate that it begins with."""
        system = self.channel.system
        source = self.before_ug_per_s * self.channel.source(BY_MOUTH)
        x = np.maximum(np.linalg.solve(-system.generator.toarray(), source), 0.0)
        return Swallowed(self.channel.propagator.internal(x), self.first_ug_per_s)

    def advance(self, swallowed: Swallowed, edges_s: Array) -> Trajectory:
        """Move it over ``edges_s`` (m + 1)."""
        rates = np.array([swallowed.ug_per_s])
        entries = [Infusion(BY_MOUTH, float(edges_s[0]), float(edges_s[-1]), rates)]
        return advance(self.channel, swallowed.state, edges_s, entries, 0)


@dataclass(frozen=True, eq=False)
class Swallowed:
    """The oral opioid at one time: the propagator's state, and the rate at which more is swallowed (ug/s)."""

    state: Array
    ug_per_s: float


def is_swallowed(therapy: Therapy) -> bool:
    """Whether a therapy has any opioid by mouth, before it or by an event."""
    rates = [event.action.rate for event in therapy.events if isinstance(event.action, OralOpioid)]
    return any(rate.number > 0 for rate in (therapy.patient.oral_opioid, *rates))


def background(therapy: Therapy, channel: Channel) -> Background:
    """The oral opioid of a therapy in ``channel``, that of morphine: it stops at a first fill and else goes on."""
    rate = therapy.patient.oral_opioid.canonical
    return Background(therapy.catalogue.drugs[MORPHINE], channel, rate, 0.0 if therapy.pump else rate)
