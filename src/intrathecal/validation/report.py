"""Published beside predicted, row by row."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from intrathecal.catalogue import Catalogue
from intrathecal.validation.adult import Adult
from intrathecal.validation.opioids import OPIOIDS
from intrathecal.validation.other_drugs import OTHER_DRUGS
from intrathecal.validation.over_years import OVER_YEARS
from intrathecal.validation.transport import TRANSPORT

EXPERIMENTS = (*TRANSPORT, *OPIOIDS, *OTHER_DRUGS, *OVER_YEARS)
TARGETS = ("transport.toml", "effects.toml")


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
    adult = Adult(catalogue)
    predicted: dict[str, float] = {}
    for experiment in EXPERIMENTS:
        predicted.update(experiment(adult))
    folder = files("intrathecal.validation")
    targets = [tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))["target"] for name in TARGETS]
    return tuple(Row(predicted=float(predicted[each["id"]]), **each) for part in targets for each in part)


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows under the keys of the command line's JSON."""
    targets = [{**asdict(row), "ratio": row.ratio, "inside": row.inside} for row in rows]
    return {"targets": targets, "inside_fraction": sum(row.inside for row in rows) / len(rows)}
