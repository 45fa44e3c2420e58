"""The catalogue's figures of a pump as the controller's integers and exact rationals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from intrathecal.catalogue import Pump, Value

PL_PER_ML = 10**9
MS_PER_S = 1000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
#: The battery is counted in nanoseconds of idling.
NS_PER_MS = 10**6


@dataclass(frozen=True)
class Hardware:
    """One pump model: volumes in pL, times in ms, flows in pL/ms.

    ``life_ns`` is what the battery holds and ``step_ns`` what one drive step takes of it, both in nanoseconds of idling;
    a pump without a battery has no life.
    """

    model: str
    step_pL: int
    reservoir_pL: int
    slowest: Fraction
    fastest: Fraction
    minimum: Fraction | None
    fixed: Fraction | None
    accuracy: Fraction
    max_schedule_steps: int | None
    senses_stall: bool
    alarms: bool
    life_ns: int | None
    step_ns: int
    eri_lead_ms: int
    stopped_alarm_ms: int | None

    @classmethod
    def of(cls, pump: Pump) -> Hardware:
        """The figures of a catalogue entry."""
        step_pL = _picolitres(pump.step_volume)
        life_ms = _milliseconds(pump.service_life)
        return cls(
            model=pump.name,
            step_pL=step_pL,
            reservoir_pL=_picolitres(pump.reservoir_volume),
            slowest=_flow(pump.slowest_flow),
            fastest=_flow(pump.fastest_flow),
            minimum=_flow(pump.minimum_rate) if pump.minimum_rate else None,
            fixed=_flow(pump.fixed_flow) if pump.fixed_flow else None,
            accuracy=pump.accuracy.exact,
            max_schedule_steps=None if pump.max_schedule_steps is None else int(pump.max_schedule_steps.exact),
            senses_stall=pump.senses_stall,
            alarms=pump.alarms,
            life_ns=None if life_ms is None else life_ms * NS_PER_MS,
            step_ns=_step_drain(pump, life_ms, step_pL),
            eri_lead_ms=_milliseconds(pump.eri_lead) or 0,
            stopped_alarm_ms=_milliseconds(pump.stopped_alarm_after),
        )

    def possible(self, asked: Fraction) -> Fraction:
        """The flow nearest to ``asked`` (pL/ms) that the pump can run at; nothing asked is nothing given."""
        if asked <= 0:
            return Fraction(0)
        return min(max(asked, self.slowest), self.fastest)


def _picolitres(value: Value) -> int:
    return round(value.exact * PL_PER_ML)


def _flow(value: Value) -> Fraction:
    return value.exact * PL_PER_ML / MS_PER_S


def _milliseconds(value: Value | None) -> int | None:
    return None if value is None else round(value.exact * MS_PER_S)


def _step_drain(pump: Pump, life_ms: int | None, step_pL: int) -> int:
    """What one step takes of the battery so that it lasts the catalogue's time at the reference flow."""
    if life_ms is None or pump.battery_full_flow_life is None or pump.battery_reference_flow is None:
        return 0
    steps_per_ms = _flow(pump.battery_reference_flow) / step_pL
    share = Fraction(life_ms) / (pump.battery_full_flow_life.exact * MS_PER_S) - 1
    return max(0, round(share * NS_PER_MS / steps_per_ms))
