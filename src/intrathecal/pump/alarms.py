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

PRIORITY = {
    LOW_RESERVOIR: "non-critical",
    REPLACE_SOON: "non-critical",
    EMPTY_RESERVOIR: "critical",
    END_OF_SERVICE: "critical",
    MOTOR_STALL: "critical",
    STOPPED: "critical",
    BATTERY_RESET: "critical",
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
