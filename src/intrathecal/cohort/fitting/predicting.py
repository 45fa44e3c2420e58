"""The next program of a fitted patient: every draw of the posterior lives through it."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from intrathecal.catalogue.errors import EntryError
from intrathecal.cohort.bands import hours
from intrathecal.cohort.drawing import LARGEST_SEED, Drawn
from intrathecal.cohort.fitting.errors import FitError
from intrathecal.cohort.fitting.posterior import Posterior
from intrathecal.cohort.fitting.prior import carried
from intrathecal.cohort.fitting.working import Map, alone
from intrathecal.cohort.lives import Life, Study
from intrathecal.flow import Array
from intrathecal.therapy import Therapy

#: What is drawn anew for the next program has a stream of its own.
NEXT_STREAM = 10


@dataclass(frozen=True, eq=False)
class Prediction:
    """What becomes of k draws in a ``therapy``: ``complaint`` and ``breathing`` (k, t) at ``times_s`` (t,), and figures (k,).

    ``before`` is the complaint before therapy, ``mean`` that of its last seven days, ``relief`` the percent that is taken (NaN
    without a complaint), ``lowest`` the least that was left of breathing, ``presses`` how many boluses were given.
    """

    therapy: Therapy
    times_s: Array
    complaint: Array
    breathing: Array
    before: Array
    mean: Array
    relief: Array
    lowest: Array
    presses: Array


def predict(found: Posterior, therapy: Therapy, *, seed: int = 0, share_out: Map = alone) -> Prediction:
    """The fitted patient in another ``therapy``, which is run from its own start.

    Raises `FitError` for another patient or a therapy that cannot be followed, and `SimulationError` for an event that cannot
    happen.
    """
    check_same_patient(found.expecting.prior.population.therapy, therapy)
    study = Study.of(therapy, seed)
    if study.course is None or study.why_not:
        raise FitError(
            f"{therapy.file}: it cannot be followed for many patients ({study.why_not}); leave out what is not needed"
        )
    stream = np.random.SeedSequence(seed, spawn_key=(NEXT_STREAM,))
    random = np.random.Generator(np.random.Philox(stream))
    deviates = carried(found.expecting.prior, found.deviates, therapy, random)
    seeds = random.integers(LARGEST_SEED, size=len(deviates)).tolist()
    patients = [study.population.patient(one, place, seeds[place]) for place, one in enumerate(deviates)]
    lives = [life for life in share_out(_live, pickle.dumps(study), patients) if life is not None]
    times_s = hours(study.end_ms)
    at = [np.searchsorted(life.times_s, times_s) for life in lives]
    return Prediction(
        therapy=therapy,
        times_s=times_s,
        complaint=np.array([life.complaint[where] for life, where in zip(lives, at, strict=True)]),
        breathing=np.array([life.breathing[where] for life, where in zip(lives, at, strict=True)]),
        before=np.array([life.before for life in lives]),
        mean=np.array([life.complaint_mean for life in lives]),
        relief=np.array([np.nan if life.relief_percent is None else life.relief_percent for life in lives]),
        lowest=np.array([life.breathing.min() for life in lives]),
        presses=np.array([life.presses_given for life in lives], dtype=float),
    )


def _live(study: Study, drawn: Drawn) -> Life | None:
    """A draw's run; None where its values do not fit each other, as a new drug's may."""
    try:
        return study.life(drawn, {})
    except EntryError:
        return None


def check_same_patient(first: Therapy, following: Therapy) -> None:
    """Raises `FitError` where two therapies are not of one patient."""
    for field, value in vars(first.patient).items():
        other = getattr(following.patient, field)
        if other != value:
            raise FitError(
                f"{following.file}: patient.{field} is {_shown(other)} and in {first.file} {_shown(value)}; "
                "a prediction is for the patient who was fitted: write the same [patient] in both"
            )


def _shown(value: Any) -> str:
    return "not given" if value is None or value == () else str(value)
