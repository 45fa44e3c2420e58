"""Alarms that do not sound, or not again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.torture.defects.defect import DAY, HOUR, MINUTE, Defect, Patch, situation

from intrathecal.pump import alarms, booking, controller
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.state import Action, State
from intrathecal.pump.unit import Unit
from intrathecal.torture.plan import Happening


def _silent(name: str) -> Callable[[Patch], None]:
    """One alarm never sounds."""

    def switch_on(patch: Patch) -> None:
        right = booking.sound

        def wrong(state: State) -> tuple[State, list[Action]]:
            after, fresh = right(state)
            heard = [action for action in fresh if not (isinstance(action, Alarm) and action.name == name)]
            return replace(after, sounding=tuple(other for other in after.sounding if other != name)), heard

        for module in (booking, controller):
            patch.setattr(module, "sound", wrong)

    return switch_on


def _mute_for_ever(patch: Patch) -> None:
    right = controller._mute

    def wrong(state: State) -> State:
        after = right(state)
        return after if after is state else replace(after, muted_until=state.now + 365 * DAY)

    patch.setattr(controller, "_mute", wrong)


def _heard_once(patch: Patch) -> None:
    patch.setattr(Unit, "_heard_again", lambda unit, fresh: [])


STOPPED = situation(
    ["2.4 mg/day"],
    HOUR,
    Happening(10 * MINUTE, "stop"),
    Happening(11 * MINUTE, "mute"),
    Happening(50 * MINUTE, "resume"),
)
RUNS_LOW = situation(["24 mg/day"], HOUR, volume_uL=2_010)

DEFECTS = (
    Defect(
        "low reservoir silent",
        "nothing sounds when the reservoir is low",
        _silent(alarms.LOW_RESERVOIR),
        RUNS_LOW,
        "alarm",
        '"low-reservoir" does not sound',
    ),
    Defect(
        "emergency stop without alarm",
        "nothing sounds while the pump is stopped",
        _silent(alarms.EMERGENCY_STOP),
        STOPPED,
        "alarm",
        '"stopped-by-command" does not sound',
    ),
    Defect(
        "mute that never ends",
        "a muted alarm is silent for a year",
        _mute_for_ever,
        STOPPED,
        "heard",
        "was not heard for",
    ),
    Defect(
        "alarms not heard again",
        "an alarm sounds once, when it begins",
        _heard_once,
        STOPPED,
        "heard",
        "was not heard for",
    ),
)
