"""What the pump sounds an alarm for."""

from __future__ import annotations

from dataclasses import dataclass

LOW_RESERVOIR = "low-reservoir"
EMPTY_RESERVOIR = "empty-reservoir"
REPLACE_SOON = "elective-replacement"
END_OF_SERVICE = "end-of-service"
MOTOR_STALL = "motor-stall"
STOPPED = "stopped-too-long"
BATTERY_RESET = "battery-reset"
EMERGENCY_STOP = "stopped-by-command"
MOTOR_FAILURE = "motor-failure"
MEMORY_FAILURE = "memory-failure"

#: A critical alarm that goes on is heard again this often, as is usual for implanted pumps; any other one less often, so
#: that nobody gets used to it.
REPEAT_MS = 600_000
REPEAT_SELDOM_MS = 3_600_000
#: A mute ends by itself after this: the most that the Generic Infusion Pump's requirement 3.2.1 allows.
MUTE_MS = 120_000

PRIORITY = {
    LOW_RESERVOIR: "non-critical",
    REPLACE_SOON: "non-critical",
    EMPTY_RESERVOIR: "critical",
    END_OF_SERVICE: "critical",
    MOTOR_STALL: "critical",
    STOPPED: "critical",
    BATTERY_RESET: "critical",
    EMERGENCY_STOP: "critical",
    MOTOR_FAILURE: "critical",
    MEMORY_FAILURE: "critical",
}


@dataclass(frozen=True)
class Alarm:
    """An alarm that began at ``at`` (ms on the pump's counter)."""

    at: int
    name: str

    @property
    def priority(self) -> str:
        """``critical`` or ``non-critical``."""
        return PRIORITY[self.name]


@dataclass(frozen=True)
class Reminder:
    """An alarm that goes on, heard again at ``at``."""

    at: int
    name: str
