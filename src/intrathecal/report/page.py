"""The page: one HTML file that needs no network and nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from intrathecal import __version__
from intrathecal.catalogue import cite, unverified
from intrathecal.report import headline, plots, tables
from intrathecal.report.packing import pack_times, pack_values
from intrathecal.report.sides import Side, drugs_of, sides
from intrathecal.report.spine import followed, spine, tips
from intrathecal.report.wording import Clock, describe
from intrathecal.simulation.api import Run
from intrathecal.simulation.files import replacing
from intrathecal.simulation.outcome import entries_used
from intrathecal.simulation.run import Progress

#: The page's own scripts, in the order in which they need each other.
SCRIPTS = ("unpack.js", "words.js", "moment.js", "chart.js", "spine.js", "tools.js", "main.js")
LIBRARY = "echarts.common.min.js"


def write_report(run: Run, path: Path, compared: Run | None = None, progress: Progress = lambda done: None) -> None:
    """Write the report of a run, or of two therapies of one patient laid over each other; whole or not at all."""
    shown = sides(run, compared)
    progress(0.3)
    text = page("report.html.jinja", shown, content(shown))
    progress(0.9)
    with replacing(path) as file:
        file.write_text(text, encoding="utf-8")


def report(run: Run, compared: Run | None = None) -> str:
    """The report as HTML."""
    shown = sides(run, compared)
    return page("report.html.jinja", shown, content(shown))


def content(shown: Sequence[Side]) -> dict[str, Any]:
    """What the report says, by section."""
    first = shown[0]
    return {
        "sides": [_side(side) for side in shown],
        "events": [{"side": side.key, "events": events(side)} for side in shown],
        "delivery": {
            "plots": [*plots.doses(shown), *plots.flow(shown)],
            "remarks": [(side.key, remark) for side in shown for remark in headline.remarks(side)],
            "tables": tables.inexact(shown),
        },
        "drug": {
            "plots": plots.curves(shown),
            "tables": tables.exposures(shown),
            "drugs": drugs_of(shown),
            "rows": followed(shown),
        },
        "patient": {
            "plots": [*plots.patient(shown), *plots.presses(shown)],
            "tables": [*tables.refused(shown), *tables.side_effects(shown)],
        },
        "pump": {
            "plots": plots.reservoir(shown),
            "tables": [*tables.refills(shown), *tables.beliefs(shown), *tables.alarms(shown)],
        },
        "ledgers": tables.ledgers(shown),
        "assumptions": [(side.key, told) for side in shown for told in side.figures["assumptions"]],
        "sources": sources(shown),
        "engine": first.figures["engine"],
    }


def _side(side: Side) -> dict[str, Any]:
    therapy = side.therapy
    return {
        "key": side.key,
        "title": therapy.title,
        "cards": headline.cards(side),
        "patient": headline.patient_words(therapy),
        "pump": headline.pump_words(therapy),
        "began": side.clock.text(0),
        "ended": side.clock.text(side.end_ms),
        "lasted": tables.told_days(side),
        "program": str(therapy.program) if therapy.program else "",
        "neighbours": side.samples.neighbours,
        "seed": therapy.simulation.seed,
    }


def events(side: Side) -> list[dict[str, Any]]:
    """What was done to the patient and what befell the pump, by number, as long as the run lasted."""
    told = []
    for event in side.therapy.events:
        if event.at_ms < side.end_ms:
            short, sentence = describe(event.action, side.therapy)
            told.append(
                {
                    "number": event.index,
                    "at": event.at_ms,
                    "when": side.clock.text(event.at_ms),
                    "short": short,
                    "says": sentence,
                }
            )
    return told


def sources(shown: Sequence[Side]) -> dict[str, Any]:
    """The references of every value that was used, and the values that nobody has checked."""
    entries = {id(entry): entry for side in shown for entry in entries_used(side.therapy)}.values()
    cited = cite(entries, shown[0].therapy.catalogue.references)
    return {
        "references": [(citation.reference, citation.values) for citation in cited],
        "unverified": [(name, value) for name, value in unverified(entries)],
    }


def data(shown: Sequence[Side], drawn: Sequence[plots.Plot]) -> dict[str, Any]:
    """What the page's scripts draw from, as plain values."""
    bases, values = {}, {}
    for side in shown:
        for base, kept in ((side.key, side.samples), (f"{side.key}/day", side.days)):
            bases[base] = pack_times(kept.times_ms)
            values |= {f"{side.key}/{name}": {**pack_values(of), "base": base} for name, of in kept.values.items()}
    return {
        "sides": [
            {
                "key": side.key,
                "title": side.therapy.title,
                "epoch": side.clock.epoch_ms,
                "end": side.end_ms,
                "marks": _marks(side),
                "tips": tips(side),
                "neighbours": side.samples.neighbours,
            }
            for side in shown
        ],
        "bases": bases,
        "values": values,
        "plots": [asdict(plot) for plot in drawn],
        "spine": spine(shown),
    }


def _marks(side: Side) -> list[dict[str, Any]]:
    marks = [{"at": told["at"], "label": str(told["number"]), "says": told["short"]} for told in events(side)]
    alarms = side.run.finished.end.alarms
    marks += [{"at": alarm.at, "label": "!", "says": f"alarm: {alarm.name.replace('-', ' ')}"} for alarm in alarms]
    return sorted(marks, key=lambda mark: mark["at"])


def page(template: str, shown: Sequence[Side], said: dict[str, Any]) -> str:
    """A page of the package with its style, scripts and data in it."""
    drawn = [plot for part in said.values() if isinstance(part, dict) for plot in part.get("plots", [])]
    spoken = {plot.name: plots.ranges(shown, plot) for plot in drawn}
    library, own = _asset("vendored", LIBRARY), _own_scripts()
    return (
        _templates()
        .get_template(template)
        .render(
            said,
            shown=shown,
            drawn=drawn,
            spoken=spoken,
            spoken_json=Markup(script_safe(spoken)),  # noqa: S704 - as the data
            bars=[],
            data=Markup(script_safe(data(shown, drawn))),  # noqa: S704 - script_safe leaves no character that ends a script
            style=Markup(_asset("assets", "report.css")),  # noqa: S704 - the package's own file
            library=Markup(library),  # noqa: S704 - the package's own file
            own=Markup(own),  # noqa: S704 - the package's own file
            hashes=" ".join(f"'sha256-{_hash(script)}'" for script in (library, own)),
            notice=_asset("vendored", "echarts-NOTICE"),
            version=__version__,
        )
    )


def script_safe(value: Any) -> str:
    """JSON that can stand in a script element whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _own_scripts() -> str:
    parts = "\n".join(_asset("assets", name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


@lru_cache(maxsize=16)
def _asset(folder: str, name: str) -> str:
    return files("intrathecal.report").joinpath(folder, name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("intrathecal.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["written"] = Clock.written
    return environment
