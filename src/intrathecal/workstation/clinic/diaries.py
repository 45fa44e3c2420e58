"""The diary of a trial: the scores of the records as the room `care` reads them, and its verdict on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.utils import timezone

from intrathecal.care.cells import plain
from intrathecal.care.diary import Diary, parse_diary
from intrathecal.care.errors import DiaryError
from intrathecal.care.trial import Verdict, judge
from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic.models import Patient, Score
from intrathecal.workstation.clinic.models.patients import Phase

BASELINE, TRIAL, THERAPY = "baseline", "trial", "therapy"
COLUMNS = ("time", "phase", "nrs", "rescue_mme", "side_effect", "note", "function")
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
                f"{score.tenths / 10:g}",
                "" if score.rescue_mme is None else score.rescue_mme,
                plain(score.side_effect),
                plain(score.note),
                score.function,
            )
        )
    return file.getvalue()


def read(patient: Patient, scores: Sequence[Score]) -> Diary:
    """The scores as a diary; raises `DiaryError`."""
    return parse_diary(text(scores), f"diary of {patient}")


def verdict(patient: Patient, scores: Sequence[Score]) -> Verdict | None:
    """What the diary says of the trial until now, None while it is empty; raises `DiaryError`."""
    return judge(read(patient, scores), load_catalogue()) if scores else None


__all__ = ["BASELINE", "THERAPY", "TRIAL", "DiaryError", "of_trial", "phase_now", "read", "text", "verdict"]
