"""What the tests of the device share: two programs, and what is read off a unit."""

from __future__ import annotations

from intrathecal.pump.alarms import Alarm
from intrathecal.pump.state import Action, State
from intrathecal.pump.unit import Unit

BASE = "2.4 mg/day"  # a step each 1.44 s
DEMAND = "2.4 mg/day\non demand 0.1 mg over 10 min, lockout 1 h, max 4 per day"


def state_of(unit: Unit) -> State:
    """The state of a pump that has one."""
    assert unit.state is not None
    return unit.state


def fault_texts(unit: Unit) -> list[str]:
    """The fault log."""
    return [entry.text for entry in unit.book.faults]


def alarm_names(actions: list[Action]) -> list[str]:
    """The alarms that began."""
    return [action.name for action in actions if isinstance(action, Alarm)]
