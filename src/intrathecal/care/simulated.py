"""The diary that a simulated patient would have kept: days before, and the trial itself, with the scatter of real scores."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from intrathecal.care.errors import DiaryError
from intrathecal.care.given import Infusion, Needle, amount, infusion_at, needles
from intrathecal.pump.hardware import DAY_MS
from intrathecal.relief import noise, scores
from intrathecal.simulation.api import Run
from intrathecal.simulation.background import MORPHINE
from intrathecal.simulation.feeling import STEP_MS, STEP_S, is_spastic
from intrathecal.therapy import Therapy

#: The clock times at which a patient is asked to write.
HOURS = (8, 12, 16, 20)
HOUR_MS = 3_600_000
MG_IN_UG = 1000
#: The days before the trial draw their scatter from a stream of their own.
BEFORE_STREAM = 5
COLUMNS = ("time", "phase", "nrs", "rescue_mme", "side_effect", "note", "dose", "drug", "route")


def simulated_diary(run: Run) -> str:
    """The diary of a run as CSV: as many days before as a baseline needs, at pain as it was, and then every day of the run.

    Scores are asked four times a day, and at every needle dose before it acts; without a pump the trial begins with the first of
    these. Swallowed morphine is rescue. Function and side
    effects are not simulated and stay empty. Raises `DiaryError` for a run without a date or without pain.
    """
    therapy = run.finished.case.therapy
    start = first_moment(therapy)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_before(therapy, start))
    writer.writerows(_during(run, therapy, start))
    return text.getvalue()


def first_moment(therapy: Therapy) -> datetime:
    """When the trial of a therapy begins; raises `DiaryError` where it can have no diary."""
    if therapy.start is None:
        raise DiaryError(
            f"{therapy.file}: nothing in the file has a date, and a diary needs one; write at = 2026-03-02T08:00:00 in an event"
        )
    if is_spastic(therapy):
        raise DiaryError(f"{therapy.file}: spasticity is followed and no pain; a diary holds scores of pain")
    return therapy.start


def _before(therapy: Therapy, start: datetime) -> Iterator[Sequence[str]]:
    """The days before, at the patient's usual pain."""
    relief = therapy.catalogue.relief
    days = int(therapy.catalogue.trial.baseline_days.exact)
    seed = np.random.SeedSequence(therapy.simulation.seed, spawn_key=(BEFORE_STREAM,)).generate_state(1)
    away = noise(relief, int(seed[0]), 0, days * DAY_MS // STEP_MS, STEP_S, None)
    pain = scores(np.full(len(away), therapy.patient.pain), away)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    for day in range(days):
        for hour in HOURS:
            score = pain[(day * DAY_MS + hour * HOUR_MS) // STEP_MS]
            yield [
                _iso(midnight + timedelta(days=day, hours=hour)),
                "baseline",
                f"{score:.0f}",
                "0",
                "",
                "",
                "",
                "",
                "",
            ]


def _during(run: Run, therapy: Therapy, start: datetime) -> Iterator[Sequence[str]]:
    answers = {
        at: score
        for asked in run.finished.end.asked
        for at, score in zip(asked.times_ms, asked.score.tolist(), strict=True)
    }
    last = max(answers, default=0)
    given = needles(therapy)
    spinal = {dose.at_ms // STEP_MS * STEP_MS: dose for dose in given if dose.level is not None and dose.at_ms <= last}
    clock_ms = (start - start.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(milliseconds=1)
    usual = {at for at in answers if at and (at + clock_ms) % DAY_MS in {hour * HOUR_MS for hour in HOURS}}
    swallowed = [dose for dose in given if dose.route == "oral" and dose.drug == MORPHINE]
    begins = 0 if therapy.pump else min(spinal, default=0)
    before = -1
    for at in sorted(usual | spinal.keys()):
        rescue = sum(float(dose.ug) for dose in swallowed if before < dose.at_ms <= at) / MG_IN_UG
        before = at
        what = _needle(spinal[at], therapy) if at in spinal else _infusion(infusion_at(therapy, at), therapy)
        phase = "trial" if at >= begins else "baseline"
        yield [_iso(start + timedelta(milliseconds=at)), phase, f"{answers[at]:.0f}", f"{rescue:g}", "", "", *what]


def _needle(dose: Needle, therapy: Therapy) -> Sequence[str]:
    return amount(dose.ug, therapy.catalogue.drugs[dose.drug]), dose.drug, dose.route


def _infusion(infusion: Infusion | None, therapy: Therapy) -> Sequence[str]:
    if infusion is None:
        return "", "", ""
    drug, daily = next(iter(infusion.daily_ug.items()))
    return f"{amount(daily, therapy.catalogue.drugs[drug])}/day", drug, infusion.space


def _iso(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")
