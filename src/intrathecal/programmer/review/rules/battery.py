"""The battery: how long the pump itself still lasts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import on_day, source
from intrathecal.pump.forecast import mean_dose, press_flow
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, NS_PER_MS
from intrathecal.pump.state import State


def end_of_service(state: State) -> int | None:
    """When (ms) the pump stops for good at this program's mean flow, all presses used; None for one without a battery."""
    settings, hardware = state.settings, state.settings.hardware
    if hardware.life_ns is None:
        return None
    if state.replace_at is not None:
        return state.replace_at + hardware.eri_lead_ms
    flow = settings.flow(mean_dose(settings, state.ramp_origin, state.now)) + press_flow(state)
    drain = NS_PER_MS + Fraction(flow, hardware.step_pL) * hardware.step_ns
    left = hardware.life_ns - hardware.eri_lead_ms * NS_PER_MS - state.battery_ns
    return state.now + int(left // drain) + hardware.eri_lead_ms


@rule(
    codes=("pump-ended", "battery-ends-before-refill", "battery-ends-soon"),
    about="The pump's battery lasts beyond the next refill, and long enough to book a replacement.",
)
def battery_lasts(case: Case) -> Iterator[Finding]:
    """The end of service against now, the next refill, and the time that a replacement takes."""
    state, entry = case.after.state, case.pump.entry
    life, limit = entry.service_life, case.therapy.catalogue.device_review.replacement
    ends = end_of_service(state)
    if ends is None or life is None:
        return
    left = (ends - case.at_ms) / DAY_MS
    if state.ended:
        yield Finding(
            "pump-ended",
            "hard" if life.verified else "soft",
            f"The pump has reached the end of its service on {on_day(case, ends)}{'' if life.verified else ' (unchecked)'}: "
            "it gives nothing, whatever it is told.",
            value=left,
            limit=0.0,
            unit="days",
            source=source(case, life),
            verified=life.verified,
        )
        return
    due = case.dates.due
    if due is not None and ends < due:
        yield Finding(
            "battery-ends-before-refill",
            "soft",
            f"The pump stops for good about {on_day(case, ends)}, before the next refill on {on_day(case, due)}: replace it "
            "first.",
            value=left,
            limit=(due - case.at_ms) / DAY_MS,
            unit="days",
            source=source(case, life),
            verified=life.verified,
            second_person=True,
        )
    elif left * DAY_MS < limit.exact * MS_PER_S:
        yield Finding(
            "battery-ends-soon",
            "soft",
            f"The pump stops for good about {on_day(case, ends)}, in {left:.0f} days: book its replacement.",
            value=left,
            limit=float(limit.exact * MS_PER_S / DAY_MS),
            unit="days",
            source=source(case, limit),
            verified=limit.verified,
        )


BATTERY = (battery_lasts,)
