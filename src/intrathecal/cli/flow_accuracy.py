"""The command that measures how evenly and how exactly a pump's simulated drive gives a set rate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, DriveError, Json, Model
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.catalogue import Catalogue, Pump


def flow_accuracy(
    model: Model,
    rate: Annotated[
        str, typer.Option(metavar="FLOW", help='The rate that is set, such as "0.5 mL/day".', show_default=False)
    ],
    drive_error: DriveError = "0 %",
    json: Json = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw the curves.")] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Measure start-up and trumpet curves of a pump's simulated drive, the way infusion pumps are tested."""
    from intrathecal.catalogue import load_catalogue
    from intrathecal.validation.flow_accuracy import figures, measure

    known = load_catalogue(tuple(catalogue or ()))
    pump, error = _pump(known, model), _drive_error(drive_error)
    asked = typed.positive("--rate", rate, "flow")
    with progress_bar("Pumping") as progress:
        tested = measure(pump, asked, error, list(known.drugs.values()), progress)
    if svg:
        from intrathecal.simulation.files import replacing
        from intrathecal.validation.flow_plot import svg as draw

        with writing(str(svg)), replacing(svg) as file:
            file.write_text(draw(tested), encoding="utf-8")
    found = figures(tested)
    tell(found, flow_accuracy_text(found), json)


def _pump(known: Catalogue, model: str) -> Pump:
    from intrathecal.catalogue.errors import nearest

    if model not in known.pumps:
        raise typed.OptionError(f'--model: "{model}" is not in the catalogue; {nearest(model, known.pumps)}')
    return known.pumps[model]


def _drive_error(text: str) -> Fraction:
    from intrathecal.therapy.file.bounds import DRIVE_ERROR_PERCENT

    return typed.share("--drive-error", text, -DRIVE_ERROR_PERCENT, DRIVE_ERROR_PERCENT)


def flow_accuracy_text(figures: dict[str, Any]) -> str:
    """The figures as tables, one for each way of testing, and what is not checked."""
    lines = [
        f"{figures['model']} at {number(figures['rate_mL_per_day'])} mL/day, drive {figures['drive_error_percent']:+.3g} %: "
        f"steps of {number(figures['step_uL'])} uL, {number(figures['steps_per_h'])} an hour; "
        f"labelled accuracy {number(figures['labelled_accuracy_percent'])} %"
    ]
    for test in figures["tests"]:
        lines += ["", *_test(test)]
    return "\n".join([*lines, "", *(f"- {sentence}" for sentence in figures["unchecked"])]) + "\n"


def _test(test: dict[str, Any]) -> list[str]:
    title = f"As for an {test['name']}"
    if test["reason"]:
        return [f"{title}: not done, {test['reason']}"]
    end = test["end_mean_error_percent"]
    lines = [
        f"{title}: samples of {test['sample_min']:g} min, {number(test['analysis_min'] / 60)} h from hour "
        f"{number(test['analysis_from_min'] / 60)}; mean error A {percent(test['mean_error_percent'])} %, at the end of "
        f"the fill B {'-' if end is None else percent(end) + ' %'}"
    ]
    head = ["window, min", "windows", "least %", "5 %", "25 %", "median", "75 %", "95 %", "greatest %", "half-life of"]
    names = ["min", "p05", "p25", "p50", "p75", "p95", "max"]
    rows = [
        [
            f"{window['window_min']:g}",
            str(window["count"]),
            *(percent(window[f"{name}_percent"]) for name in names),
            ", ".join(window["half_life_of"]),
        ]
        for window in test["windows"]
    ]
    return [*lines, *table(head, rows, left=(9,))]


def percent(value: float) -> str:
    """An error with its sign, to a thousandth of a percent; what is smaller is no error."""
    rounded = round(value, 3) + 0.0
    return f"{rounded:+.3f}" if rounded else "0"
