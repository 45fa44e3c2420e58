"""What a program of the records leads to: the run of its therapy file, kept for as long as this process remembers it."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from intrathecal.quantities import InputError
from intrathecal.report.sides import sides
from intrathecal.simulation.api import Run, simulate
from intrathecal.simulation.comparison import check_same_patient
from intrathecal.therapy import Therapy
from intrathecal.workstation.clinic.models import Program
from intrathecal.workstation.live import writing
from intrathecal.workstation.picturing import Pictures, pictures

#: A file may ask for years; a page shows no more of them than this.
MOST_DAYS = 90
EVERY_MS = 3_600_000
#: As many digits of a curve are told.
DIGITS = 5


class NothingToSimulateError(InputError):
    """A program without a therapy file that could be simulated: the message says why."""


def therapy_of(program: Program) -> Therapy:
    """The therapy of a program; raises `NothingToSimulateError`."""
    if not program.text.strip():
        raise NothingToSimulateError(_("There is no therapy file yet for “%s”.") % program.summary)
    try:
        return _parsed(program.text)
    except InputError as problem:
        raise NothingToSimulateError(str(problem)) from None


def pictures_of(program: Program, compared: Program | None = None) -> Pictures:
    """The pictures of a program, or of two over each other; raises `NothingToSimulateError`."""
    if compared is not None:
        try:
            check_same_patient(therapy_of(program), therapy_of(compared))
        except InputError as problem:
            raise NothingToSimulateError(str(problem)) from None
    therapy_of(program)
    return _pictures(program.text, compared.text if compared is not None else None)


def run_of(program: Program) -> Run:
    """The run of a program; raises `NothingToSimulateError`."""
    therapy_of(program)
    return _run(program.text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Therapy:
    return writing.therapy_of(text, _("the therapy file"))


@lru_cache(maxsize=16)
def _pictures(text: str, compared: str | None) -> Pictures:
    return pictures(_run(text), _run(compared) if compared is not None else None)


def _run(text: str) -> Run:
    therapy = _parsed(text)
    try:
        return simulate(therapy, days=min(therapy.simulation.days, Fraction(MOST_DAYS)), every_ms=EVERY_MS, profiles=())
    except InputError as problem:
        raise NothingToSimulateError(str(problem)) from None


def in_numbers(run: Run) -> dict[str, Any]:
    """A run in numbers: figures under the keys of ``simulate --json``, and the curves (ug/mL, mL/day; s since the start)."""
    figures, (side,) = run.figures, sides(run, None)
    kept = ("days", "drugs", "assumptions", "pump", "exposure", "relief")
    curves = {
        name: [None if value != value else float(f"{value:.{DIGITS}g}") for value in values.tolist()]  # noqa: PLR0124
        for name, values in side.samples.values.items()
    }
    return {
        **{key: figures[key] for key in kept if key in figures},
        "curves": {"seconds": (side.samples.times_ms / 1000).tolist(), **curves},
    }
