"""What was found in the reservoir against what was expected, and against the refills before."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.care.residual import Judged, judge
from intrathecal.care.trend import Trend, trend
from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.refilling import PERCENT, Residual
from intrathecal.workstation.clinic import trends
from intrathecal.workstation.clinic.models import Implant
from intrathecal.workstation.clinic.running import pump_of


@dataclass(frozen=True)
class Found:
    """A residual volume, what is said of it, and with the ones before."""

    one: Residual
    judged: Judged
    trend: Trend | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why somebody has to look into it; nothing where nobody has."""
        repeated = self.trend.reasons if self.trend is not None and self.trend.points_to else ()
        return (*self.judged.reasons, *repeated)

    @property
    def too_little_permille(self) -> int | None:
        """How much less was given than should have been, in thousandths."""
        error = self.one.error_percent
        return None if error is None else round(-error * 1000 / PERCENT)


def found(implant: Implant, filled_uL: int, expected_uL: int, measured_uL: int) -> Found:
    """A residual volume of a pump that held ``filled_uL`` after its last fill. Raises `running.Missing`."""
    limits, accuracy = load_catalogue().refill, pump_of(implant).accuracy
    one = trends.residual(filled_uL, expected_uL, measured_uL)
    earlier = trends.measured(implant)
    return Found(one, judge(one, accuracy, limits), trend([*earlier, one], accuracy, limits) if earlier else None)
