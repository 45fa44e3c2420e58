"""The page: one HTML file that needs no network and nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from intrathecal import __version__
from intrathecal.report.content import content, data
from intrathecal.report.material import asset, templates
from intrathecal.report.sides import sides
from intrathecal.simulation.api import Run
from intrathecal.simulation.files import replacing
from intrathecal.simulation.run import Progress

#: The page's own scripts, in the order in which they need each other.
SCRIPTS = (
    "unpack.js",
    "words.js",
    "moment.js",
    "table.js",
    "tools.js",
    "chart.js",
    "bands.js",
    "still.js",
    "bars.js",
    "histogram.js",
    "scatter.js",
    "tornado.js",
    "spine.js",
    "map.js",
    "panel.js",
    "main.js",
)
START = "start.js"
LIBRARY = "echarts.common.min.js"


def write_report(run: Run, path: Path, compared: Run | None = None, progress: Progress = lambda done: None) -> None:
    """Write the report of a run, or of two therapies of one patient laid over each other; whole or not at all."""
    text = report(run, compared, progress)
    with replacing(path) as file:
        file.write_text(text, encoding="utf-8")


def report(run: Run, compared: Run | None = None, progress: Progress = lambda done: None) -> str:
    """The report as HTML."""
    shown = sides(run, compared)
    progress(0.3)
    said = content(shown)
    sections = [part for part in said.values() if isinstance(part, dict)]
    drawn = [plot for section in sections for plot in section.get("plots", [])]
    bars = [of for section in sections for of, _ in section.get("bars", [])]
    progress(0.6)
    packed = data(shown, drawn, bars)
    progress(0.9)
    return page("report.html.jinja", packed, shown=shown, **said)


def page(template: str, packed: dict[str, Any], **said: Any) -> str:
    """A page of the package with its style, scripts and data in it; ``packed`` as `content.data` gives it."""
    library = asset("vendored", LIBRARY) if packed["plots"] or packed["bars"] or packed["charts"] else ""
    own = _own_scripts()
    return (
        templates()
        .get_template(template)
        .render(
            said,
            spoken=packed["spoken"],
            data=Markup(script_safe(packed)),  # noqa: S704 - script_safe leaves no character that ends a script
            style=Markup(asset("assets", "report.css")),  # noqa: S704 - the package's own file
            library=Markup(library),  # noqa: S704 - the package's own file
            own=Markup(own),  # noqa: S704 - the package's own file
            hashes=" ".join(f"'sha256-{_hash(script)}'" for script in (library, own) if script),
            notice=asset("vendored", "echarts-NOTICE"),
            version=__version__,
        )
    )


def script_safe(value: Any) -> str:
    """JSON that can stand in a script element whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _own_scripts() -> str:
    parts = "\n".join(asset("assets", name) for name in (*SCRIPTS, START))
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
