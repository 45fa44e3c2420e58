"""The scores of a diary as observations of a therapy: those that the therapy alone explains."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from intrathecal.care.diary import Diary, load_diary
from intrathecal.care.errors import DiaryError
from intrathecal.care.given import on_the_clock
from intrathecal.care.simulated import first_moment
from intrathecal.pump.hardware import DAY_MS
from intrathecal.simulation.observed import PainScore
from intrathecal.therapy import Therapy

#: A diary that is no trial's needs no more.
NEEDED = ("time", "nrs")


def load_scores(path: Path, therapy: Therapy) -> tuple[tuple[PainScore, ...], tuple[str, ...]]:
    """The scores of a diary's file, and notes on those that were left out.

    Raises `TherapyError` or `DiaryError`: file, line, what is wrong, what would be right.
    """
    return scores_of(load_diary(path, NEEDED), therapy)


def scores_of(diary: Diary, therapy: Therapy) -> tuple[tuple[PainScore, ...], tuple[str, ...]]:
    """The scores of ``diary`` on the clock of ``therapy``, and notes.

    Those before the start are of pain before therapy. Those within the trial's ``rescue_window`` after a rescue are left out:
    the file does not say what that brought. Raises `DiaryError`, also where the therapy can have no diary.
    """
    start, trial = first_moment(therapy), therapy.catalogue.trial
    wait, window = (timedelta(seconds=value.canonical) for value in (trial.longest_wait, trial.rescue_window))
    last = timedelta(milliseconds=int(therapy.simulation.days * DAY_MS))
    found, left_out, rescued = [], 0, None
    for entry in diary.entries:
        at = on_the_clock(entry.at, therapy)
        if not -wait <= at - start <= last:
            raise DiaryError(
                f"{diary.file}, line {entry.line}: {at:%Y-%m-%d %H:%M} is outside the therapy, which lasts from "
                f"{start:%Y-%m-%d %H:%M} to {start + last:%Y-%m-%d %H:%M}, and {wait.days} days before; correct the time, "
                "or raise days under [simulation] and write what was given until then"
            )
        if entry.nrs is not None:
            if rescued is not None and at - rescued <= window and at != rescued:
                left_out += 1
            else:
                found.append(PainScore(round((at - start) / timedelta(milliseconds=1)), entry.nrs))
        if entry.rescue_mme:
            rescued = at
    if not found:
        raise DiaryError(f"{diary.file}: there is no score that counts; write one in the column nrs")
    notes = list(diary.notes)
    if left_out:
        hours = f"{window.total_seconds() / 3600:g} h"
        scores = "1 score is left out: it was" if left_out == 1 else f"{left_out} scores are left out: they were"
        notes.append(f"{scores} written within {hours} after a rescue.")
    return tuple(found), tuple(notes)
