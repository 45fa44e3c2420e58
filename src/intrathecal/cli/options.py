"""The arguments and options that several commands share, so that they are called and described alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TherapyFile = Annotated[Path, typer.Argument(metavar="THERAPY.toml", help="The therapy file.", show_default=False)]
DiaryFile = Annotated[
    Path, typer.Argument(metavar="DIARY.csv", help="The diary: time, phase, nrs and more.", show_default=False)
]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON; - for standard output.")
]
CatalogueFiles = Annotated[
    list[Path] | None, typer.Option("--catalogue", metavar="FILE", help="Your own catalogue values; may be repeated.")
]
Model = Annotated[str, typer.Option("--model", metavar="MODEL", help="A pump of the catalogue.", show_default=False)]
Speed = Annotated[str, typer.Option("--speed", metavar="FACTOR", help="How many times faster than life.")]
DriveError = Annotated[
    str, typer.Option("--drive-error", metavar="PERCENT", help="How much more than its label a step moves.")
]
