"""The pictures of a run on a page of the workstation: those of a report, drawn by the same scripts from the same data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from intrathecal.report import headline, plots
from intrathecal.report.content import data, events, spine_panel
from intrathecal.report.material import templates
from intrathecal.report.page import LIBRARY, SCRIPTS
from intrathecal.report.sides import Side, sides
from intrathecal.report.tables import beside
from intrathecal.simulation.api import Run

#: Static files that a page with pictures loads, in this order.
FILES = (f"report/{LIBRARY}", *(f"report/{name}" for name in SCRIPTS), "workstation/pictures.js")


@dataclass(frozen=True)
class Pictures:
    """What a page shows of a run, or of two runs over each other.

    ``sides`` are the figures that are read first, ``beside`` the table of both, ``spine`` and ``curves`` the places of
    the pictures, and ``packed`` what the scripts draw from.
    """

    sides: list[dict[str, Any]]
    beside: SafeString
    spine: SafeString
    curves: list[SafeString]
    time: SafeString
    packed: dict[str, Any]


def pictures(run: Run, compared: Run | None = None) -> Pictures:
    """The spine, and the curves over time."""
    shown = sides(run, compared)
    drawn = [*plots.curves(shown), *plots.plasma(shown), *plots.patient(shown), *plots.flow(shown)]
    drawn += plots.reservoir(shown)
    packed = data(shown, drawn, [])
    macros: Any = templates().get_template("parts.jinja").module
    of = spine_panel(shown)
    spine = macros.spine_panel(shown, of["drugs"], of["rows"], of["sites"], of["scales"])
    curves = [macros.picture(plot, packed["spoken"]) for plot in drawn]
    tables = "".join(str(macros.table(table)) for table in beside(shown))
    return Pictures(
        sides=[_side(side) for side in shown],
        beside=_safe(tables),
        spine=_safe(spine),
        curves=[_safe(curve) for curve in curves],
        time=_safe(macros.time_bar()),
        packed=packed,
    )


def _side(side: Side) -> dict[str, Any]:
    return {
        "key": side.key,
        "title": side.therapy.title,
        "cards": headline.cards(side),
        "remarks": headline.remarks(side),
        "events": events(side.therapy, side.end_ms),
        "began": side.clock.text(0),
        "ended": side.clock.text(side.end_ms),
        "assumptions": side.figures["assumptions"],
        "engine": side.figures["engine"],
    }


def _safe(markup: object) -> SafeString:
    """What the report's own templates made, where every text is escaped."""
    return mark_safe(str(markup))  # noqa: S308
