"""How often the fit of one patient holds the truth: patients drawn from the population, whose values are known.

Run with ``python -m bench.fits [patients]``. Each patient keeps a diary of a week under a pump's first program, has a sample of
fluid and two of plasma taken, and goes on with a second program for a week. Scores scatter as `relief.score` has them, samples
by the catalogue's coefficient of variation, and the pump's drive errs within its label. The fit sees the data alone. For every
value and for what the second program does, the table shows how often the truth lies in the 90 % interval, the mean rank of the
truth among the draws (1/2 if neither side is favoured), and by how much the interval is narrower than before the data.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import numpy as np

from intrathecal.body import PLASMA
from intrathecal.cohort.drawing import Drawn, Population
from intrathecal.cohort.fitting.posterior import fit
from intrathecal.cohort.fitting.predicting import predict
from intrathecal.cohort.fitting.working import Map, alone, together
from intrathecal.cohort.lives import Study
from intrathecal.cohort.sensitivity import BEYOND
from intrathecal.relief import noise, scores
from intrathecal.simulation.feeling import STEP_MS, STEP_S
from intrathecal.simulation.observed import PainScore, Sample
from intrathecal.therapy import Therapy, parse_therapy

PATIENTS, SEED = 24, 20260302
DRAWS, STEPS = 100, 300
WEEK = 7
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
#: When a score is written (hours of the day), and samples are taken (hours from the start, site).
ASKED = (8, 12, 16, 20)
TAKEN = ((30, "L3"), (30, "plasma"), (120, "plasma"))
FIRST, SECOND = "1 mg/day", "2.5 mg/day"
THERAPY = """
[pump]
model = "synchromed-ii-20"

[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "T10"

[[drug]]
name = "morphine"
concentration = "10 mg/mL"

[fill]
volume = "20 mL"
at = 2026-03-02T00:00:00

[program]
text = "{first}"
{more}
[simulation]
days = {days}
"""
NEXT = """
[[event]]
at = "day {at}"
program = "{second}"
"""


@dataclass(frozen=True)
class Held:
    """One quantity of one patient: whether the interval holds the truth, its rank among the draws, and how narrow it is."""

    name: str
    inside: bool
    rank: float
    narrowed: float


def therapies(days: int = WEEK) -> tuple[Therapy, Therapy]:
    """What was given for so many days, and the same with the second program for as many more."""
    first = THERAPY.format(first=FIRST, more="", days=days)
    more = THERAPY.format(first=FIRST, more=NEXT.format(at=days, second=SECOND), days=2 * days)
    return parse_therapy(first, "first.toml", Path()), parse_therapy(more, "next.toml", Path())


def data(
    study: Study, drawn: Drawn, days: int, taken: Sequence[tuple[int, str]] = TAKEN
) -> tuple[list[PainScore], list[Sample]]:
    """The diary and the samples of a patient, both with their scatter; those samples that lie within the ``days``."""
    therapy = study.population.therapy_of(drawn)
    life = study.life(drawn, {})
    relief, cv = therapy.catalogue.relief, therapy.catalogue.population.sample_cv.canonical
    steps = days * DAY_MS // STEP_MS
    said = scores(life.complaint[:steps], noise(relief, drawn.seed, 0, steps, STEP_S, None))
    diary = [
        PainScore(at, float(said[at // STEP_MS]))
        for at in (day * DAY_MS + hour * HOUR_MS for day in range(days) for hour in ASKED)
    ]
    random = np.random.default_rng([SEED, drawn.index])
    samples = []
    for hour, site in taken:
        if hour < days * 24:
            true = concentration(study.population, drawn, hour, site)
            samples.append(
                Sample(hour * HOUR_MS, "morphine", site, true * np.exp(random.normal(0, np.sqrt(np.log1p(cv * cv)))))
            )
    return diary, samples


def concentration(population: Population, drawn: Drawn, hour: int, site: str) -> float:
    """What is at a site after so many hours (ug/mL), by the simulation that one patient gets."""
    from intrathecal.simulation.api import simulate

    therapy = population.therapy_of(drawn)
    shorter = replace(therapy.simulation, days=Fraction(hour, 24))
    run = simulate(replace(therapy, simulation=shorter))
    last = run.data.isel(time=-1, drug=0)
    if site == PLASMA:
        return float(last["plasma_concentration"])
    z_cm = run.finished.case.channels[0].system.canal.sites_cm[site]
    return float(np.interp(z_cm, last["z"], last["csf_concentration"]))


def held(patient: int, days: int, draws: int, steps: int, share_out: Map = alone) -> tuple[list[Held], float]:
    """What the fit of a patient holds of the truth, and how long it took (s)."""
    first, second = therapies(days)
    study, following = Study.of(first, SEED), Study.of(second, SEED)
    drawn = study.population.draw(patient)
    diary, samples = data(study, drawn, days)
    began = perf_counter()
    found = fit(first, diary, samples, seed=patient, draws=draws, steps=steps, share_out=share_out)
    then = predict(found, second, seed=patient, share_out=share_out)
    took = perf_counter() - began
    truth = following.life(following.population.patient(drawn.deviates, patient, drawn.seed), {})
    told = [
        _held(name, drawn.deviates[name], found.deviates[:, place], 1.0)
        for place, name in enumerate(found.expecting.prior.names)
    ]
    told.append(_held("next: mean pain", truth.complaint_mean, then.mean, None))
    told.append(_held("next: lowest breathing", float(truth.breathing.min()), then.lowest, None))
    return told, took


def _held(
    name: str, truth: float, drawn: np.ndarray[tuple[int, ...], np.dtype[np.float64]], before: float | None
) -> Held:
    low, high = np.quantile(drawn, [BEYOND, 1.0 - BEYOND])
    narrowed = float("nan") if before is None else 1.0 - float(np.std(drawn)) / before
    return Held(name, bool(low <= truth <= high), float(np.mean(drawn < truth)), narrowed)


def table(found: Sequence[Held]) -> Iterator[str]:
    """The table as Markdown: what is narrowed most first, and what happens next last."""
    names = list(dict.fromkeys(one.name for one in found))
    rows = {name: [one for one in found if one.name == name] for name in names}
    yield "| value | inside 90 % | mean rank | narrower by |"
    yield "|---|---|---|---|"
    for name in sorted(names, key=lambda name: -np.nan_to_num(np.mean([one.narrowed for one in rows[name]]), nan=-1.0)):
        inside, rank, narrowed = (
            float(np.mean([getattr(one, key) for one in rows[name]])) for key in ("inside", "rank", "narrowed")
        )
        shown = "-" if np.isnan(narrowed) else f"{narrowed:.0%}"
        yield f"| {name} | {inside:.0%} | {rank:.2f} | {shown} |"


def main() -> None:
    """Print the table and how long a fit took."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    found: list[Held] = []
    times: list[float] = []
    with together() as share_out:
        for patient in range(patients):
            told, took = held(patient, WEEK, DRAWS, STEPS, share_out)
            found += told
            times.append(took)
            print(f"patient {patient}: {took:.0f} s", file=sys.stderr, flush=True)
    print(f"{patients} patients, a week of four scores a day and {len(TAKEN)} samples\n")
    for line in table(found):
        print(line)
    inside = [one.inside for one in found]
    print(
        f"\nall together: {np.mean(inside):.1%} inside; a fit and its prediction took {np.median(times):.0f} s (median)"
    )


if __name__ == "__main__":
    main()
