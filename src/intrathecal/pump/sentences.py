"""What the pump says about what it was told: headlines for its log, and the reason of a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from intrathecal.pump.controller import (
    BatteryReset,
    BatterySensed,
    ClockSeen,
    Event,
    Mute,
    Press,
    Prime,
    Program,
    Refilled,
    Reset,
    Resume,
    Rotor,
    Stop,
    Strayed,
    Tick,
)
from intrathecal.pump.hardware import HOUR_MS, PL_PER_ML
from intrathecal.pump.limits import LimitBreach
from intrathecal.pump.state import Action, ClockKept, ClockSet, PressAnswer, ProgramRefused, Refused
from intrathecal.quantities import rounded

NG_PER_MG = 10**6

_HEADLINES: dict[type, tuple[str, str]] = {
    Tick: ("time", "time passed"),
    Press: ("press", "the patient asked for a bolus"),
    Program: ("program", "new program"),
    Prime: ("prime", "priming bolus"),
    Rotor: ("motor", "the rotor was felt"),
    BatteryReset: ("battery", "the electronics restarted after a dip of the battery"),
    Reset: ("reset", "reset by a programmer"),
    Stop: ("stop", "emergency stop"),
    Resume: ("resume", "the emergency stop is ended"),
    Mute: ("mute", "alarms are muted for a while"),
    ClockSeen: ("clock", "the wall clock was read"),
    BatterySensed: ("battery", "the battery's charge was measured"),
    Strayed: ("motor", "the rotor moved by itself"),
}


def headline(event: Event, actions: Sequence[Action]) -> tuple[str, str]:
    """Kind and text of an event, and of what followed, for the log."""
    if isinstance(event, Refilled):
        return "refill", f"refilled to {event.volume_pL / PL_PER_ML:.3f} mL"
    for action in actions:
        if isinstance(action, ClockSet):
            return "clock", f"the schedule's clock was put forward by {action.by / HOUR_MS:.3f} h"
    return _HEADLINES[type(event)]


def answer_of(actions: Sequence[Action]) -> str:
    """Why what was asked was not done; empty when it was."""
    for action in actions:
        match action:
            case PressAnswer(_, reason) | Refused(_, reason) if reason:
                return reason
            case ProgramRefused(_, breach):
                return _breach(breach)
            case ClockKept(_, by, reason):
                return f"the wall clock differs by {by / HOUR_MS:.3f} h: {reason}"
            case _:
                pass
    return ""


def _breach(breach: LimitBreach) -> str:
    most, held = breach.limit.dose / NG_PER_MG, breach.dose / NG_PER_MG
    hours, would, may = (rounded(one, 6) for one in (breach.limit.per / HOUR_MS, held, most))
    return f"limit: a window of {hours} h would hold {would} mg, more than {may} mg"
