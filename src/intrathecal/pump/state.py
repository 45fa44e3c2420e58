"""What the pump remembers, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from intrathecal.pump.alarms import Alarm, Reminder
from intrathecal.pump.limits import LimitBreach
from intrathecal.pump.settings import Bridge, Settings


@dataclass(frozen=True)
class Running:
    """A bolus under way: asked from ``began`` to ``until`` at ``rate`` pL/ms, ``left`` pL still to give."""

    kind: str
    began: int
    until: int
    rate: Fraction
    left: Fraction


@dataclass(frozen=True)
class Given:
    """What flowed from ``start`` to ``end``: ``flow`` pL/ms of what the label says (ng/mL of each drug)."""

    start: int
    end: int
    flow: Fraction
    labels: tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True)
class State:
    """All that the controller knows at ``now`` (ms on a counter that never jumps).

    ``owed`` is volume asked and not yet a whole step; it holds a step more while one is tried again, and is below zero after
    a step that was made ahead of time. ``reservoir_pL`` is what the pump believes to hold; ``booked`` the dose of each
    drug by label since the state was made (ng). ``given`` is the memory of what flowed. ``ended`` is the end of service.
    ``filled_pL`` was told at the last fill; ``low_at`` is when that became low. ``stopped_at`` is when an emergency stop
    began that has not ended; alarms are silent until ``muted_until``.
    """

    settings: Settings
    now: int
    began: int = field(metadata={"signed": True})
    ramp_origin: int
    reservoir_pL: int
    filled_pL: int
    owed: Fraction = field(default=Fraction(0), metadata={"signed": True})
    steps: int = 0
    booked: tuple[tuple[str, Fraction], ...] = ()
    running: tuple[Running, ...] = ()
    bridge: Bridge | None = None
    bridge_labels: tuple[tuple[str, Fraction], ...] = ()
    presses: tuple[int, ...] = ()
    given: tuple[Given, ...] = ()
    stalled: bool = False
    safe: bool = False
    battery_ns: int = 0
    replace_at: int | None = field(default=None, metadata={"signed": True})
    ended: bool = False
    still_since: int | None = None
    low_at: int | None = None
    sounding: tuple[str, ...] = ()
    stopped_at: int | None = None
    muted_until: int | None = None

    @property
    def stopped(self) -> bool:
        """Whether an emergency stop holds."""
        return self.stopped_at is not None

    def muted(self, at: int) -> bool:
        """Whether alarms are silent at ``at``."""
        return self.muted_until is not None and at < self.muted_until

    @property
    def empty(self) -> bool:
        """Whether the pump believes that not one more step is in the reservoir."""
        return self.reservoir_pL < self.settings.hardware.step_pL

    @property
    def counted_pL(self) -> int:
        """The volume that the pump counts as given."""
        return self.steps * self.settings.hardware.step_pL

    @property
    def battery_fraction(self) -> float | None:
        """What is left of the battery; None for a pump without one."""
        life = self.settings.hardware.life_ns
        return None if life is None else max(0.0, 1 - self.battery_ns / life)


@dataclass(frozen=True)
class Stretch:
    """``steps`` drive steps completed between two changes of rate; ``asked`` is what the program asked (pL/ms).

    ``owed`` and ``rate`` (pL and pL/ms) say where the single steps fall; ``labels`` (ng/mL) are what the pump books.
    ``boluses`` is how many boluses began with it.
    """

    start: int
    end: int
    steps: int
    step_pL: int
    asked: Fraction
    owed: Fraction
    rate: Fraction
    labels: tuple[tuple[str, Fraction], ...]
    boluses: int

    def step_times(self) -> Iterator[int]:
        """When each step is completed."""
        for count in range(1, self.steps + 1):
            yield min(self.end, self.start + ceil_div(count * self.step_pL - self.owed, self.rate))


@dataclass(frozen=True)
class PressAnswer:
    """The handset's answer: ``reason`` is empty when the bolus is given."""

    at: int
    reason: str


@dataclass(frozen=True)
class ProgramRefused:
    """A program or bridge that would break its own limit; nothing was changed."""

    at: int
    breach: LimitBreach


@dataclass(frozen=True)
class Refused:
    """Anything else that was asked of the pump and not done; nothing was changed."""

    at: int
    reason: str


@dataclass(frozen=True)
class ClockSet:
    """After a time without power the schedule's clock was put forward ``by`` ms."""

    at: int
    by: int


@dataclass(frozen=True)
class ClockKept:
    """The wall clock is ``by`` ms off the schedule's, which was not touched."""

    at: int
    by: int
    reason: str


Action = Stretch | Alarm | PressAnswer | ProgramRefused | Refused | ClockSet | ClockKept | Reminder


def ceil_div(amount: Fraction | int, rate: Fraction) -> int:
    """The whole ms until ``amount`` has passed at ``rate``, at least 0."""
    return max(0, -(-amount.numerator * rate.denominator // (amount.denominator * rate.numerator)))
