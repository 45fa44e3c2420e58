"""Virtual patients: people like the one of a therapy file, drawn from the catalogue's spreads and correlations.

Every value keeps the file's or the catalogue's number as its median. A coefficient of variation, a standard deviation or a
factor makes it lognormal; a range is read as the 5 and the 95 percent points, with a half of its own on either side. A share,
which cannot pass 1, moves along the logarithm of its odds, through the same two points. Values that vary together share a
normal number: z = sqrt(r) common + sqrt(1 - r) own. A patient is drawn from the seed and its own number alone, so that neither
order nor number of workers matters. Every value has its own place in that draw, by its name, and every drug its own stream: the
same patient of another therapy, of other drugs or with a value set by hand, has the same deviates in all that both have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import copysign, exp, log, log1p, sqrt
from statistics import NormalDist
from typing import Any, cast
from zlib import crc32

import numpy as np

from intrathecal.catalogue import Catalogue, Value
from intrathecal.catalogue.overriding import known_values, with_values
from intrathecal.catalogue.reading import slots
from intrathecal.catalogue.values import CHOSEN
from intrathecal.cohort.sensitivity import BEYOND
from intrathecal.flow import Array
from intrathecal.simulation.background import MORPHINE, is_swallowed
from intrathecal.therapy import PressWhenPain, Therapy

#: Each use of a seed has its own stream: presses have 1, scores 2 in a run; here patients and their runs' seeds.
PATIENT_STREAM = 3
#: Digits of a drawn number, so that it can be typed.
DIGITS = 6
#: The labelled accuracy of a pump is read as a band of 95 %.
ACCURACY_SDS = NormalDist().inv_cdf(0.975)
ENDS_SDS = NormalDist().inv_cdf(1.0 - BEYOND)
MOST_PAIN, LARGEST_SEED = 10.0, 2**31
#: A share comes no nearer to 0 or 1, at its 5 or 95 percent point, than this part of its own distance from there.
ALMOST = 0.1
FLUID_VOLUME = "anatomy.csf_volume"
PRODUCTION, ABSORPTION = "physiology.csf_production", "physiology.spinal_absorption"
#: In a name of the population: every drug that is given.
ANY_DRUG = "*"
#: What is drawn besides values of the catalogue; the drive is that of the pump.
PERSONAL = HEIGHT, WEIGHT, PAIN, PRESSING, DRIVE = ("height", "weight", "pain", "pressing", "drive")


@dataclass(frozen=True)
class Varying:
    """A value of the catalogue that varies, whether as a ``share``, and its family, if any, with its correlation."""

    name: str
    value: Value
    share: bool
    family: str = ""
    correlation: float = 0.0

    def at(self, deviate: float) -> Value:
        """The value ``deviate`` standard deviations from its median."""
        number = (_moved_share if self.share else _moved)(self.value, deviate)
        return Value(_rounded(number), self.value.unit, self.value.kind, (CHOSEN,), note="drawn")


@dataclass(frozen=True)
class Drawn:
    """A virtual patient: what differs from the file. ``deviates`` (by name) are in standard deviations.

    ``press_above`` is the pain above which the handset is pressed, where pain decides; ``drive_error`` a fraction; ``seed``
    that of scores and presses.
    """

    index: int
    values: dict[str, Value]
    deviates: dict[str, float]
    height_cm: float
    weight_kg: float
    pain: float
    press_above: float | None
    drive_error: float
    seed: int


class Population:
    """The people who are drawn around a therapy's patient."""

    def __init__(self, therapy: Therapy, seed: int) -> None:
        self.therapy = therapy
        self.seed = seed
        self.varying = tuple(_varying(therapy))
        listed, people = _listed(therapy), therapy.catalogue.population
        self._drugs = _drugs(therapy)
        self._own = [name for name, _, _ in listed if ANY_DRUG not in name] + [each.name for each in people.families]
        self._drug_own = [name for name, _, _ in listed if ANY_DRUG in name]

    def draw(self, index: int) -> Drawn:
        """The ``index``-th patient, from 0."""
        random = self._stream(index)
        people = self.therapy.catalogue.population
        tall, heavy, wet, pained, pressing, driven = random.standard_normal(6).tolist()
        heavy = _sharing(people.height_weight_correlation.canonical, tall, heavy)
        wet = _sharing(people.weight_fluid_correlation.canonical, -heavy, wet)
        seed = int(random.integers(LARGEST_SEED))
        normal = self._normal(index, random)
        deviates = dict(zip(PERSONAL, (tall, heavy, pained, pressing, driven), strict=True))
        for varying in self.varying:
            own = wet if varying.name == FLUID_VOLUME else normal[varying.name]
            if varying.family:
                own = sqrt(varying.correlation) * normal[varying.family] + sqrt(1.0 - varying.correlation) * own
            deviates[varying.name] = own
        return self.patient(deviates, index, seed)

    def patient(self, deviates: Mapping[str, float], index: int, seed: int) -> Drawn:
        """The patient who lies so far from the median, in standard deviations of every one of ``names``."""
        people, patient = self.therapy.catalogue.population, self.therapy.patient
        values = {varying.name: varying.at(deviates[varying.name]) for varying in self.varying}
        _absorb_no_more_than_is_made(values, self.therapy.catalogue)
        presses = self.therapy.simulation.presses
        above = presses.above if isinstance(presses, PressWhenPain) else None
        tall, heavy, pained, pressing, driven = (deviates[name] for name in PERSONAL)
        return Drawn(
            index=index,
            values=values,
            deviates=dict(deviates),
            height_cm=_typed(patient.height_cm * exp(_sigma(people.height_cv.canonical) * tall)),
            weight_kg=_typed(patient.weight_kg * exp(_sigma(people.weight_cv.canonical) * heavy)),
            pain=_typed(_within(patient.pain + people.pain_sd.canonical * pained, MOST_PAIN)),
            press_above=None
            if above is None
            else _typed(_within(float(above) + people.press_sd.canonical * pressing, MOST_PAIN)),
            drive_error=_typed(_accuracy(self.therapy) / ACCURACY_SDS * driven + _drive(self.therapy)),
            seed=seed,
        )

    def as_written(self) -> Drawn:
        """The patient of the file, of whom nothing is drawn."""
        patient, plan = self.therapy.patient, self.therapy.simulation
        return Drawn(
            index=0,
            values={},
            deviates={},
            height_cm=patient.height_cm,
            weight_kg=patient.weight_kg,
            pain=patient.pain,
            press_above=float(plan.presses.above) if isinstance(plan.presses, PressWhenPain) else None,
            drive_error=_drive(self.therapy),
            seed=plan.seed,
        )

    def _stream(self, *of: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(self.seed, spawn_key=(PATIENT_STREAM, *of))))

    def _normal(self, index: int, random: np.random.Generator) -> dict[str, float]:
        """A patient's normal number for every value, also for one that does not vary here, and for every family."""
        found = dict(zip(self._own, random.standard_normal(len(self._own)).tolist(), strict=True))
        for drug in self._drugs:
            own = self._stream(index, crc32(drug.encode())).standard_normal(len(self._drug_own)).tolist()
            found |= {name.replace(ANY_DRUG, drug): number for name, number in zip(self._drug_own, own, strict=True)}
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """What is drawn, in the order of ``correlations``."""
        return (*PERSONAL, *(varying.name for varying in self.varying))

    def correlations(self) -> Array:
        """The correlations (n, n) of the deviates of ``names``, which are normal numbers of variance one."""
        people, names = self.therapy.catalogue.population, self.names
        found = np.eye(len(names))
        tall, heavy = (names.index(name) for name in (HEIGHT, WEIGHT))
        shared, falls = people.height_weight_correlation.canonical, -people.weight_fluid_correlation.canonical
        found[tall, heavy] = shared
        for row, one in enumerate(self.varying, len(PERSONAL)):
            if one.name == FLUID_VOLUME:
                found[[tall, heavy], row] = falls * shared, falls
            elif one.family:
                for column, other in enumerate(self.varying[: row - len(PERSONAL)], len(PERSONAL)):
                    if other.family == one.family:
                        found[column, row] = one.correlation
        return found + np.triu(found, 1).T

    def therapy_of(self, drawn: Drawn) -> Therapy:
        """The therapy of that patient, to be simulated like any other."""
        therapy = self.therapy
        catalogue = with_values(therapy.catalogue, drawn.values)
        simulation, pump = therapy.simulation, therapy.pump
        if drawn.press_above is not None:
            simulation = replace(simulation, presses=PressWhenPain(_rounded(drawn.press_above)))
        return replace(
            therapy,
            catalogue=catalogue,
            drugs=tuple(replace(entry, drug=catalogue.drugs[entry.drug.name]) for entry in therapy.drugs),
            patient=replace(therapy.patient, height_cm=drawn.height_cm, weight_kg=drawn.weight_kg, pain=drawn.pain),
            pump=None if pump is None else replace(pump, drive_error=Fraction(_rounded(drawn.drive_error))),
            simulation=replace(simulation, seed=drawn.seed),
        )


def _varying(therapy: Therapy) -> Iterator[Varying]:
    """The values that vary, in a fixed order: those without a spread do not."""
    known = known_values(therapy.catalogue)
    for pattern, family, correlation in _listed(therapy):
        for name in _named(pattern, _drugs(therapy)):
            if name in known and known[name].spread is not None:
                yield Varying(name, known[name], _is_share(therapy, name), family, correlation)


def _listed(therapy: Therapy) -> list[tuple[str, str, float]]:
    """What varies as the population names it, with its family and the correlation in that."""
    people = therapy.catalogue.population
    alone = [(name, "", 0.0) for name in (FLUID_VOLUME, *people.varies)]
    return alone + [
        (name, family.name, family.correlation.canonical) for family in people.families for name in family.values
    ]


def _drugs(therapy: Therapy) -> list[str]:
    drugs = [entry.drug.name for entry in therapy.drugs]
    return drugs + ([MORPHINE] if is_swallowed(therapy) and MORPHINE not in drugs else [])


def _named(pattern: str, drugs: Sequence[str]) -> list[str]:
    return [pattern.replace(ANY_DRUG, drug) for drug in drugs] if ANY_DRUG in pattern else [pattern]


def _is_share(therapy: Therapy, name: str) -> bool:
    """Whether a value cannot pass 1: by its field, or by its range."""
    part: Any = therapy.catalogue
    kind, _, rest = name.partition(".")
    if kind == "drug":
        kind, _, rest = rest.partition(".")
        part = part.drugs[kind]
    else:
        part = getattr(part, kind)
    *inside, field = rest.split(".")
    for inner in inside:
        part = getattr(part, inner)
    measure, value = slots(cast(Any, type(part)))[field].measure, getattr(part, field)
    spread = value.spread
    below = value.kind == "fraction" and spread is not None and spread.kind == "range" and max(spread.numbers) < 1
    return below or (measure is not None and measure.most is not None)


def _moved_share(value: Value, deviate: float) -> float:
    """The same for a share: along the logarithm of its odds, to the same 5 or 95 percent point, but never to 0 or 1."""
    whole = float(value.number) / value.canonical if value.canonical else 1.0
    median = value.canonical
    end = _moved(value, copysign(ENDS_SDS, deviate)) / whole
    if not 0 < median < 1:
        return float(value.number)
    inside = min(max(end, ALMOST * min(median, 1.0 - median)), 1.0 - ALMOST * (1.0 - median))
    odds = log(median / (1.0 - median))
    moved = odds + (log(inside / (1.0 - inside)) - odds) * abs(deviate) / ENDS_SDS
    return whole / (1.0 + exp(-moved))


def _moved(value: Value, deviate: float) -> float:
    """A value of the given spread, ``deviate`` standard deviations from its median; in its own unit."""
    median, spread = float(value.number), value.spread
    if spread is None:
        return median
    numbers = [float(number) for number in spread.numbers]
    if spread.kind == "range":
        end, far = numbers[deviate > 0], abs(deviate) / ENDS_SDS
        return median * (end / median) ** far if end > 0 < median else max(median + (end - median) * far, 0.0)
    if spread.kind == "factor":
        return median * float(numbers[0] ** (deviate / ENDS_SDS))
    cv = numbers[0] / median if spread.kind == "sd" else numbers[0]
    return median * exp(_sigma(cv) * deviate)


def _absorb_no_more_than_is_made(values: dict[str, Value], catalogue: Catalogue) -> None:
    """What leaves along the canal is a part of what is produced: where more was drawn, it is all of that."""
    made = values.get(PRODUCTION, catalogue.physiology.csf_production)
    taken = values.get(ABSORPTION)
    if taken is not None and taken.exact > made.exact:
        values[ABSORPTION] = replace(taken, number=made.number, unit=made.unit)


def _sigma(cv: float) -> float:
    """The standard deviation of the logarithm."""
    return sqrt(log1p(cv * cv))


def _sharing(correlation: float, first: float, own: float) -> float:
    return correlation * first + sqrt(1.0 - correlation * correlation) * own


def _accuracy(therapy: Therapy) -> float:
    return therapy.pump.entry.accuracy.canonical if therapy.pump else 0.0


def _drive(therapy: Therapy) -> float:
    return float(therapy.pump.drive_error) if therapy.pump else 0.0


def _within(number: float, most: float) -> float:
    return min(max(number, 0.0), most)


def _rounded(number: float) -> Decimal:
    return Decimal(f"{number:.{DIGITS}g}")


def _typed(number: float) -> float:
    return float(_rounded(number))
