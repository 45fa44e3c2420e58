"""Programs as they are written in practice, drawn from published cohorts (bench/slips.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

FILE = Path(__file__).with_name("slips.toml")
#: Drugs whose doses are written in mg; all others in mcg.
IN_MG = ("bupivacaine", "hydromorphone", "morphine")
IN_MCG = ("baclofen", "clonidine", "fentanyl", "sufentanil", "ziconotide")
OPIOIDS = ("fentanyl", "hydromorphone", "morphine", "sufentanil")
UG = {"mg": 1000.0, "mcg": 1.0}
#: The slowest flow (mL/day) that a clinic plans with, and the least time that a fill lasts (days): chosen.
SLOWEST, SHORTEST = 0.06, 20.0
LARGE_RESERVOIR_FROM = 0.5


@cache
def figures() -> dict[str, Any]:
    """The data of practice."""
    return tomllib.loads(FILE.read_text())


def unit(drug: str) -> str:
    """The unit in which the field writes a mass of a drug."""
    return "mg" if drug in IN_MG else "mcg"


def amount(number: float) -> str:
    """A number as a person types it: three significant digits, no exponent."""
    text = np.format_float_positional(float(f"{number:.3g}"), trim="-")
    return text if number else "0"


@dataclass(frozen=True)
class Demand:
    """A patient's bolus: ``dose`` in the primary's unit, ``over`` min, ``lockout`` with its unit."""

    dose: float
    over: float
    lockout: str
    most: int


@dataclass(frozen=True)
class Planned:
    """A program and the labels it runs with: the first of ``label`` ({drug: strength per mL}) is the primary drug.

    ``base`` and ``bolus`` are in the primary's unit, ``written`` and ``per`` the units that are typed; ``night`` is the rate at
    night as a share of ``base``.
    """

    label: dict[str, float]
    base: float
    written: str
    per: str = "day"
    night: float | None = None
    bolus: float | None = None
    bolus_over: float = 2
    hourly: bool = False
    demand: Demand | None = None

    @property
    def primary(self) -> str:
        """The drug of which program doses are doses."""
        return next(iter(self.label))

    def text(self) -> str:
        """The program."""
        rate = f"{self.written}/{self.per}"
        lines = [f"{amount(self.base)} {rate}"]
        if self.night is not None:
            lines.append(f"22:00-06:00  {amount(self.base * self.night)} {rate}")
        if self.bolus is not None:
            when = "every 1 h from 07:00" if self.hourly else "at 07:00"
            lines.append(f"bolus {amount(self.bolus)} {self.written} over {amount(self.bolus_over)} min {when}")
        if self.demand is not None:
            one = self.demand
            lines.append(
                f"on demand {amount(one.dose)} {self.written} over {amount(one.over)} min, lockout {one.lockout}, "
                f"max {one.most} per day"
            )
        return "\n".join(lines)

    def daily_ug(self, presses: int = 0) -> float:
        """What the primary's program gives in a day (ug), with so many presses."""
        hours = 24 if self.per == "h" else 1
        by_day = self.base * hours * (1 if self.night is None else (16 + 8 * self.night) / 24)
        boluses = 0.0 if self.bolus is None else self.bolus * (24 if self.hourly else 1)
        pressed = 0.0 if self.demand is None else self.demand.dose * presses
        return (by_day + boluses + pressed) * UG[self.written]

    def given(self, syringe: dict[str, float] | None = None, presses: int = 0) -> dict[str, float]:
        """What the patient gets of each drug in a day (ug) where the ``syringe`` holds something else than the label says."""
        held = self.label if syringe is None else syringe
        flow = self.daily_ug(presses) / (self.label[self.primary] * UG[unit(self.primary)])
        return {drug: flow * strength * UG[unit(drug)] for drug, strength in held.items()}


@dataclass(frozen=True)
class Drawn:
    """A patient with a pump that runs ``now``: ``days`` since its fill when it is due, of ``volume`` mL; ``oral`` mg/day."""

    number: int
    cohort: str
    indication: str
    step: tuple[float, float]
    now: Planned
    volume: int
    days: float
    months: float
    oral: float
    age: int
    sedatives: bool = False

    def random(self, purpose: int) -> Generator:
        """Random numbers of this patient for one purpose."""
        return np.random.default_rng([self.number, purpose])


def draw(number: int, seed: int) -> Drawn:
    """The ``number``-th patient."""
    random = np.random.default_rng([seed, number])
    cohorts = figures()["cohort"]
    weights = np.array([one["weight"] for one in cohorts], dtype=float)
    cohort = cohorts[int(random.choice(len(cohorts), p=weights / weights.sum()))]
    daily = {drug: _dose(random, spread) for drug, spread in cohort["doses"].items()}
    return patient(number, random, daily, cohort["indication"], cohort)


def patient(number: int, random: Generator, daily: dict[str, float], indication: str, cohort: dict[str, Any]) -> Drawn:
    """A patient with these daily doses (customary units): reservoir, strengths and the rest as practice has them.

    ``cohort`` gives a name, and its own step and share of handsets where they differ.
    """
    habits = figures()["habits"]
    volume, label, flow = _filled(random, daily)
    primary = next(iter(label))
    days = min((volume - habits["alarm"]) / flow, *(figures()["strengths"][drug]["days"] for drug in label))
    days = max(days - random.uniform(*habits["booked_before"]), SHORTEST / 2)
    oral = float(random.uniform(*habits["oral"])) if random.random() < habits["share_oral"] else 0.0
    return Drawn(
        number=number,
        cohort=cohort["name"],
        indication=indication,
        step=tuple(cohort.get("step", habits["step"])),
        now=_program(random, primary, daily[primary], label, cohort.get("handset", habits["share_handset"])),
        volume=volume,
        days=days,
        months=float(random.uniform(*habits["months_with_pump"])),
        oral=oral if primary in OPIOIDS else 0.0,
        age=int(np.clip(random.normal(*habits["age"]), 20, 90)),
    )


def _dose(random: Generator, spread: dict[str, Any]) -> float:
    """A log-normal dose of a cohort: of its mean and the common spread, or of a range."""
    if "range" in spread:
        low, high = np.log(spread["range"])
        return float(np.exp(np.clip(random.normal((low + high) / 2, (high - low) / (2 * 1.96)), low, high)))
    sigma = np.sqrt(np.log(1 + figures()["spread"]["cv"] ** 2))
    dose = float(np.exp(random.normal(np.log(spread["mean"]) - sigma**2 / 2, sigma)))
    return min(dose, float(spread.get("most", dose)))


def _filled(random: Generator, daily: dict[str, float]) -> tuple[int, dict[str, float], float]:
    """The reservoir (mL), strengths that make the fill last as long as is usual, and the flow (mL/day)."""
    habits, strengths = figures()["habits"], figures()["strengths"]
    volume = int(random.choice(habits["reservoirs"]))
    wanted = float(np.clip(random.lognormal(np.log(habits["refill_usual"]), 0.35), *habits["refill_days"]))
    wanted = min(wanted, *(strengths[drug]["days"] for drug in daily))
    flow = max((volume - habits["alarm"]) / wanted, SLOWEST)
    flow = max(flow, *(dose / max(strengths[drug]["steps"]) for drug, dose in daily.items()))
    if flow > LARGE_RESERVOIR_FROM:
        volume = max(habits["reservoirs"])
    primary = next(iter(daily))
    strongest = daily[primary] / SLOWEST
    steps = [one for one in strengths[primary]["steps"] if one <= strongest] or strengths[primary]["steps"][:1]
    label = {primary: _nearest(steps, daily[primary] / flow)}
    flow = daily[primary] / label[primary]
    for drug, dose in list(daily.items())[1:]:
        label[drug] = _nearest(strengths[drug]["steps"], dose / flow)
    return volume, label, flow


def _nearest(steps: list[float], wanted: float) -> float:
    return min(steps, key=lambda one: abs(np.log(one / wanted)))


def _program(random: Generator, primary: str, daily: float, label: dict[str, float], handset: float) -> Planned:
    """A program of that daily dose: constant with a handset; by day and night; with a bolus; or constant."""
    habits = figures()["habits"]
    plan = Planned(label, daily, unit(primary))
    if primary in OPIOIDS and random.random() < handset:
        dose = daily * float(random.uniform(*habits["press"]))
        lockout = f"{random.choice(habits['lockout'])} h"
        most = int(random.integers(habits["presses"][0], habits["presses"][1] + 1))
        return replace(plan, demand=Demand(dose, over(plan, dose), lockout, most))
    kind = random.random()
    if kind < habits["share_flex"]:
        return replace(plan, night=round(float(random.uniform(*habits["night"])), 2))
    if kind < habits["share_flex"] + habits["share_bolus"]:
        share = float(random.uniform(*habits["bolus"]))
        plan = replace(plan, base=daily * (1 - share), bolus=daily * share)
        return replace(plan, bolus_over=over(plan, daily * share))
    return plan


def over(plan: Planned, dose: float) -> float:
    """The minutes that a bolus takes."""
    return max(2.0, float(np.ceil(60 * dose / plan.label[plan.primary] / figures()["habits"]["bolus_flow"])))
