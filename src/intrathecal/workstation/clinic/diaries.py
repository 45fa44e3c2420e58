"""The diary of a trial: the scores of the records as the room `care` reads them, and its verdict on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.utils import timezone

from intrathecal.care.cells import plain
from intrathecal.care.diary import COLUMNS, Diary, parse_diary
from intrathecal.care.errors import CellError, DiaryError
from intrathecal.care.trial import Verdict, judge
from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic.models import Patient, Score
from intrathecal.workstation.clinic.models.patients import Phase

BASELINE, TRIAL, THERAPY = "baseline", "trial", "therapy"
#: No diary of a clinic is older.
EARLIEST = 1990
#: What a score is about, by how far the therapy has come when it is written down.
PHASES = {Phase.CANDIDATE: BASELINE, Phase.TRIAL: TRIAL}


def phase_now(patient: Patient) -> str:
    """What a score that is written down now is about."""
    return PHASES.get(Phase(patient.phase), THERAPY)


def of_trial(patient: Patient) -> list[Score]:
    """The scores before and in the trial, in order of time."""
    return list(patient.scores.filter(phase__in=(BASELINE, TRIAL)).order_by("at", "pk"))


def text(scores: Sequence[Score]) -> str:
    """The diary's CSV file, with the row of every score one below its place in ``scores``."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for score in scores:
        writer.writerow(
            (
                timezone.localtime(score.at).isoformat(timespec="seconds"),
                score.phase,
                "" if score.nrs is None else f"{score.nrs:g}",
                score.rescue,
                plain(score.side_effect),
                plain(score.note),
                score.function,
                score.dose,
                plain(score.drug),
                score.route,
                plain(score.sleep),
            )
        )
    return file.getvalue()


def read(patient: Patient, scores: Sequence[Score]) -> Diary:
    """The scores as a diary; raises `DiaryError`."""
    return parse_diary(text(scores), f"diary of {patient}")


def verdict(patient: Patient, scores: Sequence[Score]) -> Verdict | None:
    """What the diary says of the trial, None while it is empty; raises `DiaryError`."""
    return judge(read(patient, scores), load_catalogue()) if scores else None


def until(scores: Sequence[Score], day: date | None) -> list[Score]:
    """Those until the end of a ``day``: what the diary said then; all of them without one."""
    return [score for score in scores if day is None or timezone.localdate(score.at) <= day]


def on_the_clock(at: datetime) -> datetime:
    """A moment that somebody wrote, by the clinic's clock where it has no offset. Raises `CellError` for one that cannot be."""
    told = at
    if timezone.is_naive(at):
        at = timezone.make_aware(at)
        if timezone.make_naive(at.astimezone(UTC)) != told:
            raise CellError(
                f"{told:%Y-%m-%d %H:%M} does not exist: the clinic's clock was put forward then",
                "write a time an hour later",
            )
    now = timezone.now()
    if at > now or at.year < EARLIEST:
        raise CellError(
            f"{told:%Y-%m-%d %H:%M} is " + ("still to come" if at > now else f"before {EARLIEST}"),
            f"write a time that has been, such as {timezone.localtime(now):%Y-%m-%d %H:%M}",
        )
    return at


__all__ = [
    "BASELINE",
    "THERAPY",
    "TRIAL",
    "CellError",
    "DiaryError",
    "of_trial",
    "on_the_clock",
    "phase_now",
    "read",
    "text",
    "until",
    "verdict",
]
