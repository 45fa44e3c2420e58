"""One refill looked at from all sides: this residual volume, those before it, and what is inside after the fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from intrathecal.care.residual import Judged, judge, missing_inside
from intrathecal.care.trend import Trend, trend
from intrathecal.programmer.refilling import PERCENT, Expected, Residual
from intrathecal.simulation.dates import when
from intrathecal.therapy import Therapy


@dataclass(frozen=True)
class Inside:
    """What went in at a refill, and what was then found inside the pump, mL."""

    injected_mL: float
    found_mL: float


@dataclass(frozen=True)
class Checked:
    """A refill and what is said of it; ``trend`` is None where no earlier refill is known, ``missing`` where nothing is."""

    therapy: Therapy
    expected: Expected
    residual: Residual
    judged: Judged
    trend: Trend | None
    inside: Inside | None
    missing: str | None

    @property
    def flagged(self) -> bool:
        """Whether somebody has to look into it."""
        return (
            self.judged.flagged or self.missing is not None or (self.trend is not None and bool(self.trend.points_to))
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is flagged."""
        repeated = self.trend.reasons if self.trend is not None and self.trend.points_to else ()
        return (*self.judged.reasons, *([self.missing] if self.missing else []), *repeated)


def check_refill(
    therapy: Therapy, expected: Expected, one: Residual, earlier: Sequence[Residual], inside: Inside | None
) -> Checked:
    """The residual volume ``one`` against the pump's accuracy, the catalogue's volume and the ``earlier`` ones."""
    limits, pump = therapy.catalogue.refill, expected.pump
    missing = None
    if inside is not None:
        missing = missing_inside(inside.injected_mL, inside.found_mL, pump.reservoir_volume.canonical, limits)
    return Checked(
        therapy=therapy,
        expected=expected,
        residual=one,
        judged=judge(one, pump.accuracy, limits),
        trend=trend([*earlier, one], pump.accuracy, limits) if earlier else None,
        inside=inside,
        missing=missing,
    )


def to_json(checked: Checked) -> dict[str, Any]:
    """The check under the keys that scripts read."""
    one, expected, judged = checked.residual, checked.expected, checked.judged
    return {
        "at": when(checked.therapy, expected.at_ms),
        "filled_at": when(checked.therapy, expected.filled_at_ms),
        "filled_mL": one.filled_mL,
        "expected_mL": one.expected_mL,
        "measured_mL": one.measured_mL,
        "difference_mL": one.difference_mL,
        "due_mL": one.due_mL,
        "delivered_mL": one.delivered_mL,
        "error_percent": one.error_percent,
        "accuracy_percent": float(PERCENT * expected.pump.accuracy.exact),
        "limit_mL": checked.therapy.catalogue.refill.residual_volume.canonical,
        "flagged": checked.flagged,
        "reasons": list(checked.reasons),
        "think_of": list(judged.think_of),
        "notes": [*judged.notes, *(checked.trend.reasons if checked.trend and not checked.trend.points_to else ())],
        "trend": None if checked.trend is None else asdict(checked.trend),
        "inside": None if checked.inside is None else asdict(checked.inside),
    }
