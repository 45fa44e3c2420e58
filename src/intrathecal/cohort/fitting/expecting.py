"""What the model expects a patient to write down, and a laboratory to find in samples.

What the pump gave does not hang on the patient, since the presses are known: the course and what arrives at the tip are worked
out once. A score is a whole number from 0 to 10, so that its mean is not the pain: with pain p and a scatter of standard
deviation s it is the sum over k = 1 ... 10 of P(p + s z > k - 1/2). Concentrations are expected as their logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue.errors import EntryError
from intrathecal.cohort.arriving import arrivals
from intrathecal.cohort.course import Course, prepare_course
from intrathecal.cohort.drawing import Drawn
from intrathecal.cohort.driving import Arrivals
from intrathecal.cohort.fitting.errors import FitError
from intrathecal.cohort.fitting.prior import Prior
from intrathecal.cohort.handset import Handset
from intrathecal.cohort.kinetics import Kinetics, move
from intrathecal.cohort.lives import compiled_life, why_not
from intrathecal.cohort.preparing import Ready, ready
from intrathecal.compiled import compiled
from intrathecal.flow import Array
from intrathecal.pump.hardware import DAY_MS, MS_PER_S
from intrathecal.relief.patient import WORST_PAIN
from intrathecal.simulation.feeling import STEP_MS
from intrathecal.simulation.observed import PainScore, Sample
from intrathecal.simulation.presses import press_times
from intrathecal.therapy import NoPresses, PressWhenPain, Therapy

#: A concentration (ug/mL) below anything that is measured, so that a logarithm is finite.
NOTHING = 1e-15
_erf = np.vectorize(erf, otypes=[float])


@dataclass(frozen=True, eq=False)
class Expecting:
    """A therapy and what was observed in it, ready to be asked for any patient; it can be pickled."""

    prior: Prior
    scores: tuple[PainScore, ...]
    samples: tuple[Sample, ...]
    course: Course
    arrived: Arrivals

    @classmethod
    def of(cls, therapy: Therapy, scores: Sequence[PainScore], samples: Sequence[Sample]) -> Expecting:
        """Raises `FitError` for a therapy that cannot be followed, and `SimulationError` for an event that cannot happen."""
        last = max([*(score.at_ms for score in scores), *(sample.at_ms for sample in samples)], default=0)
        steps = max(-(-last // STEP_MS), 1)
        shorter = replace(therapy.simulation, days=Fraction(steps * STEP_MS, DAY_MS))
        therapy = replace(therapy, simulation=shorter)
        course = followed(therapy)
        if isinstance(shorter.presses, PressWhenPain):
            if course.most_presses:
                raise FitError(
                    f"{therapy.file}: the presses hang on the pain that is to be fitted; write those that were made, "
                    'presses = [times] under [simulation], or a rate such as "3 per day", or "never"'
                )
            therapy = replace(therapy, simulation=replace(shorter, presses=NoPresses()))
        ordered = (
            tuple(sorted(scores, key=lambda score: score.at_ms)),
            tuple(sorted(samples, key=lambda one: one.at_ms)),
        )
        return cls(Prior.of(therapy), *ordered, course, _arrived(therapy, course))

    @property
    def count(self) -> int:
        """How many numbers were observed."""
        return len(self.scores) + len(self.samples)

    @property
    def observed(self) -> Array:
        """The scores, and the logarithms of the concentrations (m,)."""
        levels = [np.log(sample.ug_per_mL) for sample in self.samples]
        return np.array([*(score.nrs for score in self.scores), *levels], dtype=float)

    def at(self, u: Array) -> Array | None:
        """What is expected (m,) of the patient at ``u``; None where there is no such patient: values that do not fit."""
        drawn = self.prior.patient(u)
        try:
            therapy = self.prior.population.therapy_of(drawn)
        except EntryError:
            return None
        patient = ready(therapy, self.course)
        concentrations = np.log(np.maximum(self._concentrations(patient), NOTHING))
        return np.append(self._mean_scores(patient, therapy, drawn), concentrations)

    def _mean_scores(self, patient: Ready, therapy: Therapy, drawn: Drawn) -> Array:
        if not self.scores:
            return np.zeros(0)
        life = compiled_life(patient, self.course, therapy, drawn)
        if isinstance(life, str):
            raise FitError(f"{therapy.file}: this therapy cannot be fitted: {life}")
        times_s = np.array([score.at_ms for score in self.scores]) / MS_PER_S
        pain = np.interp(times_s, life.times_s, life.complaint)
        pain[times_s < 0] = life.before
        return mean_score(pain, therapy.catalogue.relief.score_sd.canonical)

    def _concentrations(self, patient: Ready) -> Array:
        """What is at the place of every sample (s,; ug/mL), of the drug that the pump gave."""
        found = np.zeros(len(self.samples))
        kinetics, reached_s = _emptied(patient.kinetics), 0.0
        now = replace(patient, kinetics=kinetics)
        for place, sample in enumerate(self.samples):
            to_s = sample.at_ms / MS_PER_S
            arrive(kinetics, self.arrived.times_s, self.arrived.rates_ug_per_s, self.arrived.where, reached_s, to_s)
            reached_s = to_s
            drug = self.course.drugs.index(sample.drug)
            followed = patient.followed[drug]
            row = followed.everywhere[list(followed.system.sites).index(sample.site)]
            found[place] = row @ now.reached(drug)
        return found


def mean_score(pain: Array, sd: float) -> Array:
    """The mean (t,) of whole scores from 0 to 10 about ``pain`` (t,), whose scatter has the standard deviation ``sd``."""
    steps = np.arange(1.0, WORST_PAIN + 1.0) - 0.5
    if sd == 0.0:
        return np.clip(pain, 0.0, WORST_PAIN)
    return np.asarray((0.5 * (1.0 + _erf((pain[:, None] - steps) / (sd * sqrt(2.0))))).sum(axis=1))


def followed(therapy: Therapy) -> Course:
    """The course of a therapy's pump; raises `FitError` where the patient could not be followed quickly enough."""
    if therapy.pump is None:
        raise FitError(f"{therapy.file}: there is no pump; a fit follows what a pump gave, so name it under [pump]")
    course = prepare_course(therapy)
    reason = why_not(course)
    if reason:
        raise FitError(
            f"{therapy.file}: it cannot be followed for many patients ({reason}); leave out what is not needed, "
            "or end the therapy before it"
        )
    return course


def _arrived(therapy: Therapy, course: Course) -> Arrivals:
    """What reaches the tip, with the presses that are known."""
    plan = therapy.simulation
    presses = [at for day in range(-(-course.end_ms // DAY_MS)) for at in press_times(plan, day) if at < course.end_ms]
    handset = Handset.of(course, 1)
    handset.answers_to_one(0, np.array(presses, dtype=np.int64))
    drive = float(therapy.pump.drive_error) if therapy.pump else 0.0
    arrived, short = arrivals(course, handset.given_ms(0), drive)
    reason = handset.finish()[0] or short or ("drug escapes at once" if arrived.impulses else "")
    if reason:
        raise FitError(f"{therapy.file}: this therapy cannot be fitted: {reason}; end it before that")
    return arrived


def _emptied(kinetics: Kinetics) -> Kinetics:
    return kinetics._replace(modes=np.zeros_like(kinetics.modes), entered=np.zeros_like(kinetics.entered))


@compiled
def arrive(drugs: Kinetics, times_s: Array, rates: Array, where: NDArray[np.intp], from_s: float, to_s: float) -> None:
    """Move the drugs on from ``from_s`` to ``to_s`` with ``rates`` (k, drugs; ug/s) that arrive between ``times_s`` (k + 1)."""
    for piece in range(len(rates)):
        begin, end = max(times_s[piece], from_s), min(times_s[piece + 1], to_s)
        if end > begin:
            move(drugs, 0, where[piece], rates[piece], end - begin)
