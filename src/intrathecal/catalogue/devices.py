"""Pumps and catheters, as their makers describe them."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import (
    Count,
    DeadVolume,
    Delay,
    Duration,
    Flow,
    FlowOrZero,
    Length,
    Share,
    Volume,
    VolumePerLength,
)

PICOLITRES_PER_ML = 10**9
# an inner diameter is given to two digits, so that its area is known to a few percent
BORE_TOLERANCE = 0.05


@dataclass(frozen=True)
class Pump:
    """A pump model.

    ``step_volume`` is the smallest quantum that the controller counts, a whole number of picolitres; one takes
    ``actuation_duration`` to leave the pump. ``accuracy`` is the labelled plus-or-minus fraction. The battery lasts
    ``service_life`` when idle and ``battery_full_flow_life`` at ``battery_reference_flow``; the pump stops ``eri_lead``
    after it asks for replacement, and at ``service_life`` in any case. ``max_schedule_steps`` counts the windows and boluses
    of a day that the pump holds. ``low_reservoir_alarm`` is what its maker sets the alarm for a low reservoir to.
    """

    name: str
    title: str
    maker: str
    kind: Literal["programmable", "fixed-rate", "external"]
    mri: Literal["stalls-and-recovers", "valve-closes", "unaffected"]
    senses_stall: bool
    alarms: bool
    reservoir_volume: Volume
    step_volume: Volume
    actuation_duration: Duration
    tubing_volume: DeadVolume
    slowest_flow: FlowOrZero
    fastest_flow: Flow
    accuracy: Share
    minimum_rate: Flow | None = None
    fixed_flow: Flow | None = None
    max_schedule_steps: Count | None = None
    eri_lead: Duration | None = None
    service_life: Duration | None = None
    battery_full_flow_life: Duration | None = None
    battery_reference_flow: Flow | None = None
    stopped_alarm_after: Duration | None = None
    mri_recovery_delay: Delay | None = None
    mri_escape_volume: DeadVolume | None = None
    low_reservoir_alarm: Volume | None = None

    def __post_init__(self) -> None:
        if (self.step_volume.exact * PICOLITRES_PER_ML).denominator != 1:
            raise EntryError(
                "step_volume",
                f"{self.step_volume} is not a whole number of picolitres, and the controller counts picolitres",
                "write for example 2.5 uL or 4 nL",
            )
        if self.slowest_flow.exact > self.fastest_flow.exact:
            raise EntryError(
                "slowest_flow",
                f"{self.slowest_flow} is faster than fastest_flow ({self.fastest_flow})",
                "give a slowest flow that is at most the fastest",
            )
        if self.minimum_rate is not None and self.minimum_rate.exact > self.fastest_flow.exact:
            raise EntryError(
                "minimum_rate",
                f"{self.minimum_rate} is faster than fastest_flow ({self.fastest_flow})",
                "give a minimum rate that is at most the fastest flow",
            )
        if self.step_volume.exact > self.reservoir_volume.exact:
            raise EntryError(
                "step_volume",
                f"{self.step_volume} is more than the reservoir holds ({self.reservoir_volume})",
                "give the volume of one step",
            )
        if self.actuation_duration.exact > self.step_volume.exact / self.fastest_flow.exact:
            raise EntryError(
                "actuation_duration",
                f"steps of {self.step_volume} follow each other in less than {self.actuation_duration} at the fastest flow",
                "shorten it, or give a larger step or a slower fastest_flow",
            )
        if self.max_schedule_steps is not None and self.max_schedule_steps.exact.denominator != 1:
            raise EntryError(
                "max_schedule_steps",
                f"{self.max_schedule_steps} is no number of steps",
                "write a whole number from 1",
            )
        self._check_kind()
        self._check_battery()

    def _check_kind(self) -> None:
        if (self.kind == "fixed-rate") != (self.fixed_flow is not None):
            raise EntryError(
                "fixed_flow",
                f"a {self.kind} pump has {'no fixed flow' if self.fixed_flow is None else 'a fixed flow'}",
                'give fixed_flow exactly when kind is "fixed-rate"',
            )
        if self.fixed_flow is not None and not (
            self.slowest_flow.exact <= self.fixed_flow.exact <= self.fastest_flow.exact
        ):
            raise EntryError(
                "fixed_flow",
                f"{self.fixed_flow} is not between slowest_flow ({self.slowest_flow}) and fastest_flow ({self.fastest_flow})",
                "give all three the same flow",
            )

    def _check_battery(self) -> None:
        full, reference, idle = self.battery_full_flow_life, self.battery_reference_flow, self.service_life
        if (full is None) != (reference is None):
            raise EntryError(
                "battery_full_flow_life",
                "it and battery_reference_flow only mean something together",
                "give both or neither",
            )
        if full is None:
            return
        if idle is None or full.exact > idle.exact:
            raise EntryError(
                "battery_full_flow_life",
                f"{full} is longer than service_life ({idle or 'not given'}), the life of an idle pump",
                "give a service_life that is at least as long",
            )


@dataclass(frozen=True)
class Segment:
    """One piece of a catheter, uncut."""

    name: str
    length: Length
    volume_per_length: VolumePerLength


@dataclass(frozen=True)
class Catheter:
    """A catheter: its segments from the pump to the tip, and the diameter of its bore."""

    name: str
    title: str
    space: Literal["intrathecal", "epidural"]
    inner_diameter: Length
    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        if not self.segments:
            raise EntryError("segments", "there is none", "give at least one, from the pump to the tip")
        names = [segment.name for segment in self.segments]
        if len(set(names)) != len(names):
            raise EntryError("segments", "two have the same name", "name them apart, such as pump and spinal")
        bore = pi / 4 * self.inner_diameter.canonical**2
        for segment in self.segments:
            held = segment.volume_per_length.canonical
            if abs(held - bore) > BORE_TOLERANCE * bore:
                raise EntryError(
                    f"segments.{segment.name}.volume_per_length",
                    f"{segment.volume_per_length} does not fit a bore of {self.inner_diameter}, "
                    f"which holds {bore:.4f} mL/cm",
                    "correct one of the two",
                )

    @property
    def length_cm(self) -> float:
        """The length of all segments, uncut."""
        return sum(segment.length.canonical for segment in self.segments)
