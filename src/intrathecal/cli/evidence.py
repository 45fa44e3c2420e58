"""The commands that say what the figures rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from intrathecal.cli.options import CatalogueFiles, Json
from intrathecal.cli.output import tell


def cite(
    therapy: Annotated[
        Path | None,
        typer.Argument(metavar="THERAPY.toml", help="The therapy file; without it, all values.", show_default=False),
    ] = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Print the sources of every value that a therapy's run uses, or of the whole catalogue."""
    from intrathecal.catalogue import citation_text, load_catalogue

    if therapy is None:
        known = load_catalogue(tuple(catalogue or ()))
        typer.echo(citation_text(known.entries, known.references), nl=False)
        return
    from intrathecal.simulation.outcome import entries_used
    from intrathecal.therapy import load_therapy

    plan = load_therapy(therapy, tuple(catalogue or ()))
    typer.echo(citation_text(entries_used(plan), plan.catalogue.references), nl=False)


def validate(
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Repeat published experiments in the model and show both figures, fitted and predicted apart."""
    from intrathecal.catalogue import load_catalogue
    from intrathecal.cli.summary import validation_table
    from intrathecal.validation.report import figures
    from intrathecal.validation.report import validate as repeat

    found = figures(repeat(load_catalogue(tuple(catalogue or ()))))
    tell(found, validation_table(found), json)
