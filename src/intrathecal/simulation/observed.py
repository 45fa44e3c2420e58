"""What was written down and measured of a real patient, on the clock of a therapy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PainScore:
    """A score of pain (``nrs``, 0 to 10), ``at_ms`` after the start of the therapy; before it, where that is negative."""

    at_ms: int
    nrs: float


@dataclass(frozen=True)
class Sample:
    """A concentration (ug/mL, above zero) of ``drug`` at ``site``: C1 to S2, ``cisterna_magna`` or ``plasma``."""

    at_ms: int
    drug: str
    site: str
    ug_per_mL: float
