"""Faults that act for a while, and what they do to the flow."""

from __future__ import annotations

from dataclasses import dataclass

OCCLUSION = "occlusion"
OVER_INFUSION = "over-infusion"
FLOW_STOP = "flow-stop"
MOTOR_STALL = "motor-stall"
CATHETER_LEAK = "catheter-leak"
DISCONNECT = "disconnect"
TIP_MIGRATION = "tip-migration"
BATTERY_RESET = "battery-reset"
STUCK = "stuck"
#: A part of the motor's pulses moves nothing; drug leaves past the closed valve, uncounted.
SLIPPING = "slipping"
VALVE_LEAK = "valve-leak"
#: The magnet of a scanner holds the rotor, or closed a valve that stays shut until it is reset.
MAGNET = "magnet"
VALVE_CLOSED = "valve-closed"


@dataclass(frozen=True)
class Active:
    """A fault in force until ``until`` (ms on the counter; None: until it is mended).

    ``amount`` is the fraction of an occlusion, leak or slip, the factor of an over-infusion, the flow (mL/s) past a valve;
    ``level`` where a tip has moved.
    """

    kind: str
    until: int | None
    amount: float = 0.0
    level: str = ""

    @property
    def drive(self) -> float:
        """What is left of the volume of each step."""
        if self.kind == OCCLUSION:
            return 1 - self.amount
        if self.kind == OVER_INFUSION:
            return self.amount
        return 0.0 if self.kind in (FLOW_STOP, MOTOR_STALL, MAGNET, VALVE_CLOSED, STUCK) else 1.0

    @property
    def holds_rotor(self) -> bool:
        """Whether the motor stands still, which a pump may sense."""
        return self.kind in (MOTOR_STALL, MAGNET, STUCK)
