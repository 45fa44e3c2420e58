"""The command that runs the same patients over a list of values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from intrathecal.cli import studies
from intrathecal.cli.equivalence import SettingError, read_settings
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.studies import Cluster, Seed
from intrathecal.cli.summary import number, table


def sweep(
    therapy: TherapyFile,
    settings: Annotated[
        list[str],
        typer.Option(
            "--set", metavar="NAME=V1,V2,...", help="Values to run; one or two names with several.", show_default=False
        ),
    ],
    patients: Annotated[str, typer.Option(metavar="N", help="How many virtual patients at every point.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the table and the outcomes.")],
    seed: Seed = "0",
    cluster: Cluster = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Run the same patients with other values: doses, lockout, tip level, concentration, body, drug, anything."""
    count, drawn, axes = studies.patients(patients), studies.seed(seed), read_axes(settings)
    from intrathecal.cohort.sweeping import sweep as run
    from intrathecal.therapy.file.changing import TherapyFile as File

    file = File.load(therapy, tuple(catalogue or ()))
    folder = studies.folder(out)
    with studies.stoppable(out), progress_bar("Sweeping") as progress, writing(str(out)):
        found = run(file, axes, count, folder, seed=drawn, address=cluster, progress=progress)
    tell(found, sweep_text(found), json)
    if found["stopped"]:
        typer.echo("Stopped: the same command goes on from there.", err=True)
        raise typer.Exit(studies.INTERRUPTED)


def read_axes(typed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """``NAME=V1,V2,...`` as typed, by name; raises `SettingError`."""
    axes = {}
    for name, texts in read_settings(typed).items():
        axes[name] = tuple(text.strip() for text in texts.split(","))
        if not all(axes[name]):
            raise SettingError(
                f'--set "{name}={texts}": a value is empty; write NAME=V1,V2, such as program.scale=0.5,1'
            )
    return axes


def sweep_text(found: dict[str, Any]) -> str:
    """The points as a table, and what was left out."""
    names = list(found["axes"])
    head = [*names, "relief, %", "5%", "95%", "half relieved", "change (95 %)", "breathing, %", "5%", "presses"]
    rows = []
    for point in found["points"]:
        relief, breathing, change = (
            point[key] for key in ("relief_percent", "breathing_fraction_min", "relief_change")
        )
        responders = point["responders_fraction"]
        rows.append(
            [
                *(point["values"][name] for name in names),
                *(number(relief[key], 3) for key in ("median", "p05", "p95")),
                "-" if responders is None else f"{responders:.0%}",
                _change(change),
                *(number(breathing[key] * 100, 3) for key in ("median", "p05")),
                number(point["presses_given"]["median"], 3),
            ]
        )
    lines = [
        f"{found['patients']} patients, the same at every point, seed {found['seed']}"
        + "".join(f"; {name} = {text}" for name, text in found["held"].items()),
        "",
        *table(head, rows, left=tuple(range(len(names)))),
        "",
        *_remarks(found),
        *found.get("files", []),
        "",
        *found["assumptions"],
    ]
    return "\n".join(lines) + "\n"


def _change(change: dict[str, Any]) -> str:
    """The mean change of relief in the same patients."""
    if change["interval"] is None:
        return "-"
    low, high = change["interval"]
    return f"{change['mean']:+.1f} ({low:+.1f} to {high:+.1f})"


def _remarks(found: dict[str, Any]) -> list[str]:
    said = [f"Left out: {_values(one['values'])}: {one['reason']}" for one in found["left_out"]]
    said += [
        f"{_values(point['values'])}: the reservoir ran empty in {point['ran_empty_fraction']:.0%} of the patients"
        for point in found["points"]
        if point["ran_empty_fraction"] > 0
    ]
    if found["points"]:
        said.append("Change: of relief in the same patients, from the first row; paired, Student's t.")
    return said


def _values(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {text}" for name, text in values.items())
