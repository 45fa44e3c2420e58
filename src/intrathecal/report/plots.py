"""What is drawn over time: which lines and on which scale, and what a picture says to somebody who does not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from intrathecal.catalogue import Drug
from intrathecal.report.sides import Side, drugs_of
from intrathecal.report.wording import MCG_PER_MG, SMALL_MCG_PER_ML, number

#: Sites that are drawn unless others are chosen.
FIRST_SITES = ("tip", "T4", "L3", "cisterna_magna")
PLASMA = "plasma"
NG_PER_MCG = 1000.0


@dataclass(frozen=True)
class Line:
    """A line: ``values`` names what is drawn, ``look`` is its colour and dash in the page's order.

    A ``step`` holds until the next sample. A line that is not ``shown`` is there to be chosen.
    """

    name: str
    values: str
    look: int
    step: bool = False
    shown: bool = True


@dataclass(frozen=True)
class Mark:
    """A horizontal line: a value and what it means."""

    value: float
    name: str


@dataclass(frozen=True)
class Plot:
    """A picture over time of lines that share a unit; values are multiplied by ``factor`` to be in it.

    ``least`` and ``greatest`` bound the axis where they are given.
    """

    name: str
    title: str
    axis: str
    unit: str
    lines: tuple[Line, ...]
    kind: Literal["lines", "sites", "bars", "bands"] = "lines"
    factor: float = 1.0
    log: bool = False
    least: float | None = None
    greatest: float | None = None
    marks: tuple[Mark, ...] = ()


def flow(shown: Sequence[Side]) -> list[Plot]:
    """Flow that the program asks for, and what leaves the pump."""
    if all(side.therapy.pump is None for side in shown):
        return []
    lines = (Line("asked", "flow_asked", 0, step=True), Line("delivered", "flow_delivered", 1, step=True))
    return [Plot("flow", "Flow, asked and delivered", "Flow", "mL/day", lines, least=0)]


def doses(shown: Sequence[Side]) -> list[Plot]:
    """What was asked for in each 24 hours and what reached the tip: a picture for each unit."""
    plots = []
    given = [
        drug for drug in drugs_of(shown) if any(side.values(f"day/{drug.name}/asked") is not None for side in shown)
    ]
    for unit in dict.fromkeys(drug.customary_mass_unit for drug in given):
        lines = [
            Line(f"{drug.title} {what}", f"day/{drug.name}/{key}", 2 * index + offset, step=True)
            for index, drug in enumerate(drug for drug in given if drug.customary_mass_unit == unit)
            for offset, (what, key) in enumerate((("asked", "asked"), ("at the tip", "tip")))
        ]
        factor = 1 / MCG_PER_MG if unit == "mg" else 1.0
        title = "Dose of each 24 hours, asked and at the tip"
        plots.append(Plot(f"doses-{unit}", title, "Dose", f"{unit}/day", tuple(lines), factor=factor, least=0))
    return plots


def curves(shown: Sequence[Side]) -> list[Plot]:
    """Concentrations of each drug in the fluid: at the tip, the levels and the cisterna magna."""
    plots = []
    for drug in drugs_of(shown):
        factor, unit = scale(shown, drug)
        lines = tuple(
            Line(
                site_title(site),
                f"{drug.name}/{site}",
                FIRST_SITES.index(site) if site in FIRST_SITES else -1,
                shown=site in FIRST_SITES,
            )
            for site in fluid_sites(shown)
            if any(side.values(f"{drug.name}/{site}") is not None for side in shown)
        )
        title = f"Concentration of {drug.title} in the fluid"
        plots.append(
            Plot(
                f"curves-{drug.name}",
                title,
                "Concentration",
                unit,
                lines,
                kind="sites",
                factor=factor,
                log=True,
            )
        )
    return plots


def plasma(shown: Sequence[Side]) -> list[Plot]:
    """Concentrations of every drug in plasma."""
    lines = tuple(Line(drug.title, f"{drug.name}/{PLASMA}", look) for look, drug in enumerate(drugs_of(shown)))
    plot = Plot("plasma", "Concentration in plasma", "Concentration", "ng/mL", lines, factor=NG_PER_MCG, log=True)
    return [plot] if lines else []


def fluid_sites(shown: Sequence[Side]) -> list[str]:
    """Where a concentration in the fluid is known, from the tip of a catheter to the cisterna magna."""
    tip = ["tip"] if any(side.therapy.pump for side in shown) else []
    return [*tip, *(site for site in shown[0].run.finished.case.channels[0].system.sites if site != PLASMA)]


def site_title(site: str) -> str:
    """A site in words."""
    return {"tip": "catheter tip", "cisterna_magna": "cisterna magna"}.get(site, site)


class Scale(NamedTuple):
    """What mcg/mL are multiplied by to be in ``unit``."""

    factor: float
    unit: str


def scale(shown: Sequence[Side], drug: Drug) -> Scale:
    """The unit that suits the concentrations of a drug in the fluid."""
    peak = max(
        (
            float(np.nanmax(values))
            for side in shown
            for name, values in side.samples.values.items()
            if name.startswith(f"{drug.name}/") and not name.endswith("/plasma")
        ),
        default=0.0,
    )
    return suited(peak)


def suited(peak: float) -> Scale:
    """The unit that suits concentrations in the fluid of at most ``peak`` mcg/mL."""
    return Scale(NG_PER_MCG, "ng/mL") if peak < SMALL_MCG_PER_ML else Scale(1.0, "mcg/mL")


def patient(shown: Sequence[Side]) -> list[Plot]:
    """Pain or spasticity, breathing and tolerance, as far as they were followed."""
    relief = shown[0].figures["relief"] or {}
    threshold = getattr(shown[0].therapy.simulation.presses, "above", None)
    asking = [Mark(float(threshold), "presses above")] if threshold is not None else []
    plots = (
        Plot(
            "pain",
            "Pain, 0 to 10",
            "Pain",
            "",
            (Line("pain", "pain", 0),),
            least=0,
            greatest=10,
            marks=(*_before(relief, "pain_before"), *asking),
        ),
        Plot(
            "spasticity",
            "Spasticity, modified Ashworth scale 0 to 4",
            "Ashworth",
            "",
            (Line("spasticity", "spasticity", 0),),
            least=0,
            greatest=4,
            marks=_before(relief, "spasticity_before"),
        ),
        Plot(
            "breathing",
            "Breathing, percent of normal",
            "Breathing",
            "%",
            (Line("breathing", "breathing_fraction", 0),),
            factor=100,
            least=0,
            greatest=100,
        ),
        Plot(
            "tolerance",
            "Tolerance: how many times more opioid the same effect needs",
            "Tolerance",
            "times",
            (Line("cord", "tolerance_spinal", 0), Line("brain", "tolerance_supraspinal", 1)),
            least=1,
        ),
    )
    return [plot for plot in plots if _drawable(shown, plot)]


def _before(relief: dict[str, float | None], key: str) -> tuple[Mark, ...]:
    value = relief.get(key)
    return () if value is None else (Mark(value, "before"),)


def _drawable(shown: Sequence[Side], plot: Plot) -> bool:
    """Whether every side has all its values; a tolerance that never rises says nothing."""
    values = [side.values(line.values) for side in shown for line in plot.lines]
    known = [of for of in values if of is not None]
    return len(known) == len(values) and (plot.name != "tolerance" or any(np.nanmax(of) > 1 for of in known))


def reservoir(shown: Sequence[Side]) -> list[Plot]:
    """What the pump believes to hold, and what it holds."""
    lines = (Line("believed by the pump", "reservoir_believed", 0), Line("true", "reservoir_true", 1))
    plot = Plot("reservoir", "Reservoir, believed and true", "Volume", "mL", lines, least=0)
    return [plot] if _drawable(shown, plot) else []


def presses(shown: Sequence[Side]) -> list[Plot]:
    """Presses of each 24 hours: given, and refused with each reason."""
    names = dict.fromkeys(name for side in shown for name in side.days.values if name.startswith("day/presses/"))
    lines = tuple(Line(name.removeprefix("day/presses/"), name, look) for look, name in enumerate(names))
    title = "Presses of the handset in each 24 hours, by the pump's answer"
    return [Plot("presses", title, "Presses", "a day", lines, kind="bars", least=0)] if lines else []


def ranges(shown: Sequence[Side], plot: Plot) -> str:
    """What a picture shows, in words: the least and the greatest of every line that is drawn."""
    told = [plot.title + "."]
    for side in shown:
        parts = []
        for line in plot.lines:
            values = side.values(line.values)
            if line.shown and values is not None:
                low, high = (number(plot.factor * float(bound(values))) for bound in (np.nanmin, np.nanmax))
                parts.append(f"{line.name} from {low} to {high} {plot.unit}".strip())
        told.append(("" if len(shown) == 1 else f"{side.key}: ") + "; ".join(parts) + ".")
    return " ".join(told)
