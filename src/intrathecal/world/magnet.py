"""How a pump meets the magnet of a scanner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intrathecal.catalogue import Pump
from intrathecal.pump.hardware import MS_PER_S


@dataclass(frozen=True)
class Magnet:
    """The pump's response to a scan.

    The rotor stalls and recovers a while after the scan, or a valve closes for good after a volume has escaped, or nothing
    happens.
    """

    response: Literal["stalls-and-recovers", "valve-closes", "unaffected"]
    recovery_ms: int
    escape_mL: float

    @classmethod
    def of(cls, pump: Pump) -> Magnet:
        """The response of a catalogue entry."""
        recovery = pump.mri_recovery_delay
        escape = pump.mri_escape_volume
        return cls(
            pump.mri,
            0 if recovery is None else round(recovery.exact * MS_PER_S),
            0.0 if escape is None else escape.canonical,
        )
