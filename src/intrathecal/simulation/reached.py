"""What a run is made of: what stays the same, and the one value that the next day needs."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.flow import Array, Infusion
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.exactness import Inexact
from intrathecal.pump.state import PressAnswer
from intrathecal.simulation.background import Background, Swallowed
from intrathecal.simulation.delivery import Delivery
from intrathecal.simulation.feeling import Asked, Felt, Senses
from intrathecal.simulation.tracing import Trace
from intrathecal.simulation.transport import Channel, Held
from intrathecal.therapy import Therapy


@dataclass(frozen=True, eq=False)
class Case:
    """What does not change during a run.

    The therapy, one channel per drug, the oral opioid where there is one, how the patient feels, how often to sample and
    which profiles to keep.
    """

    therapy: Therapy
    channels: tuple[Channel, ...]
    background: Background | None
    senses: Senses
    every_ms: int
    profiles: tuple[str, ...]

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs, in the therapy's order."""
        return tuple(entry.drug.name for entry in self.therapy.drugs)


@dataclass(frozen=True)
class Day:
    """What was asked for and what reached the tip in 24 hours (ug, one per drug)."""

    asked_ug: Array
    tip_ug: Array


@dataclass(frozen=True)
class Refilled:
    """A refill at ``at`` (ms), and what was left in the reservoir before it: as the pump believed, and truly (mL)."""

    at: int
    believed_mL: float
    true_mL: float


@dataclass(frozen=True, eq=False)
class Reached:
    """A run at ``now`` (ms): all that is needed to go on, and what was recorded so far.

    ``given_ug`` (drugs,) came by other ways than the pump; the delivery has the pump's own ledger. ``doses`` are under way.
    ``filled_at`` (ms) is when the last fill was. ``swallowed`` is the oral opioid, ``felt`` the patient, and ``asked`` the
    answers so far.
    """

    now: int
    delivery: Delivery | None
    given_ug: Array
    held: tuple[Held, ...]
    swallowed: Swallowed | None
    felt: Felt
    asked: tuple[Asked, ...] = ()
    doses: tuple[Infusion, ...] = ()
    samples_due: tuple[int, ...] = ()
    events_done: int = 0
    filled_at: int = 0
    delivered_mL: float = 0.0
    traces: tuple[Trace, ...] = ()
    days: tuple[Day, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    answers: tuple[PressAnswer, ...] = ()
    refills: tuple[Refilled, ...] = ()
    inexact: tuple[tuple[int, Inexact], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Finished:
    """A run that is done: the last value that can be gone on from, and the end itself."""

    case: Case
    days_done: Reached
    end: Reached
    wall_s: float

    @property
    def error(self) -> float:
        """The largest bound on the error of any drug's concentrations."""
        return max(held.error(channel) for held, channel in zip(self.end.held, self.case.channels, strict=True))
