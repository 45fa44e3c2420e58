"""A virtual patient before the first step: the modes of every drug, the oral opioid at rest, and how the patient feels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import Drug
from intrathecal.cohort.course import Course
from intrathecal.cohort.following import Followed, follow
from intrathecal.cohort.kinetics import EFFECTS, KEPT, STEP_S, TIP_ROW, TOGETHER, Kinetics
from intrathecal.cohort.living import Mind, Swallowing
from intrathecal.flow import Array
from intrathecal.pump.hardware import DAY_MS
from intrathecal.relief.point import Person, person_of, scatter, settle, unwanted_of
from intrathecal.simulation.background import BY_MOUTH, MORPHINE, is_swallowed
from intrathecal.simulation.feeling import PAIN, SPASTICITY, STEP_MS, is_spastic
from intrathecal.simulation.presses import press_times
from intrathecal.simulation.system import build_systems
from intrathecal.therapy import NoPresses, PressWhenPain, Therapy

DAY_S = 86_400.0


@dataclass(frozen=True, eq=False)
class Ready:
    """A patient who is ready to live; ``drugs`` are those of the pump and, last, another by mouth."""

    drugs: tuple[Drug, ...]
    followed: tuple[Followed, ...]
    kinetics: Kinetics
    oral: Swallowing
    mind: Mind
    before: float

    @property
    def error(self) -> float:
        """The largest bound on the error of a concentration, relative to the largest at the same place."""
        return max(each.error for each in self.followed)

    def reached(self, course: int) -> Array:
        """The state (q) of a course, in the order of its modes."""
        modes = self.kinetics.modes[course]
        return np.asarray(modes[_places(self.followed[course], modes.size)])


def ready(therapy: Therapy, course: Course) -> Ready:
    """Everything about the patient of ``therapy`` that `living.live` needs; ``course`` is that of the pump."""
    drugs = [entry.drug for entry in therapy.drugs]
    places, own, names = list(range(len(drugs))), list(drugs), [drug.name for drug in drugs]
    swallowed, patient = is_swallowed(therapy), therapy.patient
    if swallowed and MORPHINE not in names:
        own.append(therapy.catalogue.drugs[MORPHINE])
        names.append(MORPHINE)
    systems = build_systems(own, therapy.catalogue, patient.height_cm, patient.weight_kg)
    followed = [follow(system, course.sites, course.shortest_s) for system in systems[: len(drugs)]]
    if swallowed:
        places.append(names.index(MORPHINE))
        followed.append(follow(systems[places[-1]], (BY_MOUTH,), DAY_S))
    kinetics = _kinetics(followed, places, len(course.sites))
    resting = np.zeros((len(own), EFFECTS))
    if swallowed:
        last = followed[-1]
        held = -therapy.patient.oral_opioid.canonical * last.over_rates(last.force[0])
        kinetics.modes[-1, _places(last, kinetics.modes.shape[1])] = held
        resting[places[-1]] = np.maximum(last.seen[:EFFECTS] @ held, 0.0)
    mind, before = _mind(therapy, own, resting, course.end_ms)
    times = np.array([0, *(at for at, _ in course.oral)], dtype=np.int64)
    first = 0.0 if therapy.pump else therapy.patient.oral_opioid.canonical
    oral = Swallowing(times, np.array([first, *(rate for _, rate in course.oral)]), len(drugs) if swallowed else -1)
    return Ready(tuple(own), tuple(followed), kinetics, oral, mind, before)


def _kinetics(followed: Sequence[Followed], places: Sequence[int], tips: int) -> Kinetics:
    """All courses side by side; the modes that one has less than another are modes of nothing."""
    count, widest = len(followed), max(each.seen.shape[1] for each in followed)
    most = -(-widest // TOGETHER) * TOGETHER
    rates, turning, grown = np.full((count, most), -1.0), np.zeros((count, most)), np.zeros((KEPT, count, most))
    seen, force = np.zeros((count, TIP_ROW + tips, most)), np.zeros((count, tips, most))
    for course, each in enumerate(followed):
        at, real, own = _places(each, most), each.real, each.rates
        rates[course, at] = np.concatenate([own.real, own.real[real:]])
        turning[course, at] = np.concatenate([own.imag, own.imag[real:]])
        over_a_step = np.expm1(own * STEP_S)
        grown[0, course, at] = np.concatenate([over_a_step.real, over_a_step.imag[real:]])
        seen[course, : len(each.seen), at] = each.seen.T
        force[course, : len(each.force), at] = each.over_rates(each.force).T
    return Kinetics(
        rates=rates,
        turning=turning,
        grown=grown,
        spans=np.array([STEP_S, *np.zeros(KEPT - 1)]),
        oldest=np.ones(1, dtype=np.int64),
        seen=seen,
        force=force,
        modes=np.zeros_like(rates),
        entered=np.zeros((count, tips)),
        pairs=np.array([each.rates.size - each.real for each in followed]),
        drug=np.array(places, dtype=np.int64),
    )


def _places(followed: Followed, most: int) -> NDArray[np.intp]:
    """Where the modes stand among ``most`` numbers: real ones first, and both parts of those that turn at the end."""
    real = followed.real
    pairs = followed.rates.size - real
    turning = most - 2 * pairs + 2 * np.arange(pairs)
    return np.concatenate([np.arange(real), turning, turning + 1])


def _mind(therapy: Therapy, drugs: Sequence[Drug], resting: Array, end_ms: int) -> tuple[Mind, float]:
    """How the patient feels, and the complaint before therapy, on the oral opioid ``resting`` (k, 4)."""
    relief, plan = therapy.catalogue.relief, therapy.simulation
    followed = SPASTICITY if is_spastic(therapy) else PAIN
    pained = followed == PAIN
    person, tolerated = person_of(relief, drugs, followed, STEP_S), np.zeros(4)
    _, untreated, insensitivity = settle(_of_pain(therapy, drugs), resting, therapy.patient.pain, tolerated)
    steps = -(-end_ms // STEP_MS)
    above = float(plan.presses.above) if pained and isinstance(plan.presses, PressWhenPain) else np.inf
    days = () if isinstance(plan.presses, NoPresses) else range(-(-end_ms // DAY_MS))
    presses = [at for day in days for at in press_times(plan, day) if at < end_ms]
    spastic = relief.ashworth_before.canonical
    mind = Mind(
        person=person,
        unwanted=unwanted_of(therapy.catalogue.side_effects, drugs),
        noise=scatter(relief, plan.seed, steps, STEP_S),
        tolerated=tolerated,
        figures=np.array([insensitivity, untreated if pained else spastic, float(pained), above]),
        presses=np.array(presses, dtype=np.int64),
    )
    return mind, therapy.patient.pain if pained else spastic


def _of_pain(therapy: Therapy, drugs: Sequence[Drug]) -> Person:
    """The person as pain has it, also where spasticity is followed: what is inferred before therapy is about pain."""
    return person_of(therapy.catalogue.relief, drugs, PAIN, STEP_S)
