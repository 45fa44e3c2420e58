"""What the drawing of the spine needs: levels, where the tip lies when, the scale of colours, and moments for paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np

from intrathecal.catalogue import Drug
from intrathecal.report.plots import NG_PER_MCG, scale
from intrathecal.report.sides import Side, drugs_of
from intrathecal.report.wording import DAY_MS, HOUR_MS
from intrathecal.therapy import Revise, TipMigration

#: As many drawings fit side by side on paper.
PAPER_MOMENTS = 6
#: The colours' upper bound is this many times the lower one, at least and at most.
NARROWEST, WIDEST = 10, 10_000
#: This share of a run is not asked for the bounds of the colours, at either end.
RARE = 0.02


def spine(shown: Sequence[Side]) -> dict[str, Any]:
    """The drawing's facts as plain values."""
    anatomy = shown[0].therapy.catalogue.anatomy
    return {
        "levels": [{"name": level.name, "length": level.length_cm} for level in anatomy.levels],
        "drugs": [_drug(shown, drug) for drug in drugs_of(shown)],
        "moments": moments(shown),
        "first": shown[0].end_ms if shown[0].therapy.pump else moments(shown)[0],
    }


def _drug(shown: Sequence[Side], drug: Drug) -> dict[str, Any]:
    factor, unit = scale(shown, drug)
    low, high = _bounds(shown, drug, factor)
    return {"name": drug.name, "title": drug.title, "unit": unit, "factor": factor, "low": low, "high": high}


def _bounds(shown: Sequence[Side], drug: Drug, factor: float) -> tuple[float, float]:
    """Round bounds of the colours: what the levels hold but for the first traces and the moments of a bolus."""
    names = [level.name for level in shown[0].therapy.catalogue.anatomy.levels]
    fluid = [values for side in shown for name in names if (values := side.values(f"{drug.name}/{name}")) is not None]
    most = factor * max((float(np.quantile(values, 1 - RARE)) for values in fluid), default=0.0)
    if most <= 0:
        return 0.1, 1.0
    high = next(bound for bound in _round(most) if bound >= most * (1 - 1e-9))
    floor_ug = high / WIDEST / factor
    least = factor * min(float(np.quantile(held, RARE)) for values in fluid if (held := values[values > floor_ug]).size)
    wanted = min(least, high / NARROWEST)
    return max(bound for bound in _round(wanted) if bound <= wanted * (1 + 1e-9)), high


def _round(value: float) -> list[float]:
    """1, 2 and 5 of the decade of a value and of the next one."""
    decade = 10.0 ** floor(log10(value))
    return [float(step * decade) for step in (1, 2, 5, 10, 20, 50)]


def tips(side: Side) -> list[dict[str, Any]]:
    """Where the tip lies from when on."""
    catheter = side.therapy.catheter
    if side.therapy.pump is None or catheter is None:
        return []
    found = [{"at": 0, "level": catheter.tip, "space": catheter.space}]
    for event in side.therapy.events:
        before = found[-1]
        if isinstance(event.action, Revise):
            found.append({"at": event.at_ms, "level": event.action.catheter.tip, "space": event.action.catheter.space})
        if isinstance(event.action, TipMigration):
            found.append({**before, "at": event.at_ms, "level": event.action.to})
            if event.action.lasts is not None:
                found.append({**before, "at": event.at_ms + round(event.action.lasts.exact * 1000)})
    return found


def moments(shown: Sequence[Side]) -> list[int]:
    """Times (ms) that tell most on paper: early ones, a day after the events, and the end."""
    end = min(side.end_ms for side in shown)
    early = [HOUR_MS, DAY_MS, 7 * DAY_MS]
    after = [event.at_ms + DAY_MS for side in shown for event in side.therapy.events]
    wanted = sorted({at for at in (*early, *after) if at < end})
    kept: list[int] = []
    for at in wanted:
        if not kept or at - kept[-1] >= min(DAY_MS // 2, end // 20):
            kept.append(at)
    while len(kept) > PAPER_MOMENTS - 1:
        gaps = [kept[index + 1] - kept[index] for index in range(len(kept) - 1)]
        kept.pop(gaps.index(min(gaps)) + 1)
    return [*kept, end]


@dataclass(frozen=True)
class Followed:
    """A figure of the moment: what it is, its unit, what it is read from, and whether it holds until the next sample."""

    title: str
    unit: str
    values: str
    factor: float = 1.0
    step: bool = False


def followed(shown: Sequence[Side]) -> list[Followed]:
    """The figures of the moment that stand beside the drawing."""
    of_drugs = [
        row
        for drug in drugs_of(shown)
        for factor, unit in [scale(shown, drug)]
        for row in (
            Followed(f"{drug.title} at the tip", unit, f"{drug.name}/tip", factor),
            Followed(f"{drug.title}, cisterna magna", unit, f"{drug.name}/cisterna_magna", factor),
            Followed(f"{drug.title} in plasma", "ng/mL", f"{drug.name}/plasma", NG_PER_MCG),
        )
    ]
    rows = [
        Followed("flow asked", "mL/day", "flow_asked", step=True),
        Followed("flow delivered", "mL/day", "flow_delivered", step=True),
        Followed("pain, 0 to 10", "", "pain"),
        Followed("spasticity, 0 to 4", "", "spasticity"),
        Followed("breathing", "% of normal", "breathing_fraction", 100),
        Followed("reservoir, believed", "mL", "reservoir_believed"),
        Followed("reservoir, true", "mL", "reservoir_true"),
        *of_drugs,
    ]
    return [row for row in rows if any(side.values(row.values) is not None for side in shown)]
