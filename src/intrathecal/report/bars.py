"""Shares at the end of a run, as bars: where the drug is, and how probable each side effect was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intrathecal.report.sides import Side
from intrathecal.report.tables import LEDGER
from intrathecal.report.wording import number


@dataclass(frozen=True)
class Part:
    """A colour of the page's: what it stands for, and its percent in each bar."""

    name: str
    values: tuple[float, ...]
    look: int


@dataclass(frozen=True)
class Bars:
    """Bars from 0 to 100 %, one for each category; the parts stand one behind the other if ``stacked``, else beside."""

    name: str
    title: str
    categories: tuple[str, ...]
    series: tuple[Part, ...]
    stacked: bool

    @property
    def says(self) -> str:
        """The bars in words."""
        told = [
            f"{category}: "
            + ", ".join(f"{part.name} {number(part.values[index])} %" for part in self.series if part.values[index])
            for index, category in enumerate(self.categories)
        ]
        return f"{self.title}. " + "; ".join(told) + "."


def ledger_bars(shown: Sequence[Side]) -> list[Bars]:
    """Where every drug is at the end, in percent of what entered."""
    two = len(shown) > 1
    bars = [
        (f"{drug.title}, {side.key}" if two else drug.title, side.figures["ledger"][drug.name])
        for side in shown
        for drug in side.drugs
    ]
    parts = tuple(
        Part(title, values, look)
        for look, (title, key) in enumerate(LEDGER)
        if any(values := tuple(100 * row[key] / row["entered_ug"] for _, row in bars))
    )
    title = "Where the drug is at the end of the run, percent of what entered"
    return [Bars("ledger", title, tuple(name for name, _ in bars), parts, stacked=True)] if bars else []


def side_effect_bars(shown: Sequence[Side]) -> list[Bars]:
    """The probability of each side effect."""
    told = [(side.key, (side.figures["relief"] or {}).get("side_effects") or {}) for side in shown]
    names = tuple(dict.fromkeys(name for _, effects in told for name in effects))
    parts = tuple(
        Part(
            f"therapy {key}" if len(shown) > 1 else "probability",
            tuple(100 * effects.get(name, 0.0) for name in names),
            look,
        )
        for look, (key, effects) in enumerate(told)
    )
    title = "Probability of each side effect, at its highest in the run"
    return (
        [Bars("side-effects", title, tuple(name.replace("-", " ") for name in names), parts, stacked=False)]
        if names
        else []
    )
