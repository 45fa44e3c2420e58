"""Published beside predicted, row by row."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from intrathecal.catalogue import Catalogue
from intrathecal.validation.measurements import EXPERIMENTS


@dataclass(frozen=True)
class Row:
    """One published quantity: its band, what the model makes of it, and whether the figure was used for a fit."""

    id: str
    quantity: str
    published: float
    low: float
    high: float
    predicted: float
    role: str
    source: str

    @property
    def ratio(self) -> float:
        """Predicted over published."""
        return self.predicted / self.published

    @property
    def inside(self) -> bool:
        """Whether the prediction lies in the band."""
        return self.low <= self.predicted <= self.high


def validate(catalogue: Catalogue) -> tuple[Row, ...]:
    """Repeat every experiment with the values of ``catalogue``."""
    predicted: dict[str, float] = {}
    for experiment in EXPERIMENTS:
        predicted.update(experiment(catalogue))
    text = files("intrathecal.validation").joinpath("targets.toml").read_text(encoding="utf-8")
    return tuple(Row(predicted=float(predicted[target["id"]]), **target) for target in tomllib.loads(text)["target"])


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows under the keys of the command line's JSON."""
    targets = [{**asdict(row), "ratio": row.ratio, "inside": row.inside} for row in rows]
    return {"targets": targets, "inside_fraction": sum(row.inside for row in rows) / len(rows)}
