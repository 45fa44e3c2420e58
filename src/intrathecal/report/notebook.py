"""The pictures of a report one by one, for a notebook: each shows itself, moves and can be saved as there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from intrathecal.report import plots
from intrathecal.report.bars import Bars, ledger_bars, side_effect_bars
from intrathecal.report.content import data, spine_panel
from intrathecal.report.page import page
from intrathecal.report.sides import Side, drugs_of, sides
from intrathecal.report.tables import Table, ledgers, side_effects
from intrathecal.simulation.api import Run


@dataclass(frozen=True)
class Picture:
    """A picture as a page of its own: ``html`` is that page, which a notebook shows in a frame ``height`` pixels high."""

    name: str
    title: str
    height: int
    build: Callable[[], str]

    @property
    def html(self) -> str:
        """The page; it can be written to a file and opened by itself."""
        return self.build()

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(self.html)}" '
            f'style="width: 100%; height: {self.height}px; border: 0" sandbox="allow-scripts allow-downloads"></iframe>'
        )


class Pictures(Mapping[str, Picture]):
    """The pictures of a run by name; what it prints as are their names and titles."""

    def __init__(self, of: list[Picture]) -> None:
        self._of = {picture.name: picture for picture in of}

    def __getitem__(self, name: str) -> Picture:
        if name not in self._of:
            raise KeyError(f'there is no picture "{name}"; there are {", ".join(self._of)}')
        return self._of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {picture.title}" for name, picture in self._of.items())


def pictures(run: Run, compared: Run | None = None) -> Pictures:
    """The pictures of a run, or of two therapies of one patient laid over each other, as they are in a report."""
    shown = sides(run, compared)
    drawn = [
        *plots.doses(shown),
        *plots.flow(shown),
        *plots.curves(shown),
        *plots.plasma(shown),
        *plots.patient(shown),
        *plots.presses(shown),
        *plots.reservoir(shown),
    ]
    made = [Picture(plot.name, plot.title, 470, partial(_plot, shown, plot)) for plot in drawn]
    for drug in drugs_of(shown):
        title = f"{drug.title} along the canal"
        made.append(Picture(f"map-{drug.name}", title, 250 + 300 * len(shown), partial(_map, shown, drug.name)))
    if drugs_of(shown):
        made.append(Picture("spine", "The spine", 1150, partial(_spine, shown)))
    made += [
        Picture(bars.name, bars.title, 700, partial(_bars, shown, bars, tables))
        for charts, tables in ((ledger_bars(shown), ledgers(shown)), (side_effect_bars(shown), side_effects(shown)))
        for bars in charts
    ]
    return Pictures(made)


#: What a page of one picture does not show.
NOTHING: dict[str, Any] = {"plot": None, "bars": None, "tables": [], "spine": None, "mapped": [], "drug": None}


def _plot(shown: tuple[Side, ...], plot: plots.Plot) -> str:
    packed = data(shown, [plot], [], {line.values for line in plot.lines})
    return page("picture.html.jinja", packed, shown=shown, **{**NOTHING, "title": plot.title, "plot": plot})


def _map(shown: tuple[Side, ...], name: str) -> str:
    drug = next(drug for drug in drugs_of(shown) if drug.name == name)
    packed = data(shown, [], [], {f"{name}/{site}" for site in plots.fluid_sites(shown)})
    given = [side for side in shown if drug in side.drugs]
    said = {**NOTHING, "title": drug.title, "mapped": given, "drug": drug}
    return page("picture.html.jinja", packed, shown=shown, **said)


def _spine(shown: tuple[Side, ...]) -> str:
    packed = data(shown, [], [])
    return page(
        "picture.html.jinja", packed, shown=shown, **{**NOTHING, "title": "The spine", "spine": spine_panel(shown)}
    )


def _bars(shown: tuple[Side, ...], bars: Bars, tables: list[Table]) -> str:
    packed = data(shown, [], [bars], frozenset())
    said = {**NOTHING, "title": bars.title, "bars": bars, "tables": tables}
    return page("picture.html.jinja", packed, shown=shown, **said)
