"""Dose, CSF and relief with the program that runs and with the new one, from two simulations."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.programmer.review.prediction import followed
from intrathecal.report import plots
from intrathecal.report.sides import Side, sides
from intrathecal.report.wording import number
from intrathecal.simulation.api import simulate
from intrathecal.workstation.live.drawing import DAY_MS, Picture, picture
from intrathecal.workstation.live.looking import Look

EVERY_MS = 1_800_000
#: Sites of the fluid that are drawn; the report draws all.
SITES = ("T4", "L3", "cisterna_magna")


@dataclass(frozen=True)
class Figure:
    """A figure with the program that runs (empty where nobody knows it) and with the new one."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Foresight:
    """Figures of the last day, pictures, and the day (from 0) on which the new program begins."""

    figures: tuple[Figure, ...]
    pictures: tuple[Picture, ...]
    begins_day: int
    compared: bool


def foresee(look: Look) -> Foresight:
    """Run what runs on, and run the change. Raises what the simulation raises."""
    same, changed, at_ms = followed(look.review.case)
    new = simulate(changed, every_ms=EVERY_MS, profiles=())
    old = None if same is None else simulate(same, every_ms=EVERY_MS, profiles=())
    shown = sides(new, None) if old is None else sides(old, new)
    felt = [plot for plot in plots.patient(shown) if plot.name != "tolerance"]
    drawn = [*plots.doses(shown), *map(_few, plots.curves(shown)), *felt]
    pictures = [picture(shown, plot, at_ms if same is not None else None) for plot in drawn]
    kept = tuple(one for one in pictures if one is not None)
    return Foresight(_figures(shown, drawn), kept, round(at_ms / DAY_MS), same is not None)


def _few(plot: plots.Plot) -> plots.Plot:
    """A picture of the fluid with few sites; from 0, since two programs are compared and no sites."""
    lines = tuple(one for one in plot.lines if one.values.partition("/")[2] in SITES)
    return plots.Plot(plot.name, plot.title, plot.axis, plot.unit, lines, factor=plot.factor, least=0)


def _figures(shown: tuple[Side, ...], drawn: list[plots.Plot]) -> tuple[Figure, ...]:
    """The mean of the last day of every line."""
    found = []
    for plot in drawn:
        for line in plot.lines:
            means = [_last_day(side, line.values, plot.factor) for side in shown]
            if means[-1] is not None:
                name = (
                    f"{plot.axis}: {line.name}" if len(plot.lines) > 1 or plot.name.startswith("curves") else plot.axis
                )
                said = [f"{number(mean)} {plot.unit}".strip() for mean in means]
                found.append(Figure(_titled(plot, name), said[0] if len(said) == 2 else "", said[-1]))
    return tuple(found)


def _titled(plot: plots.Plot, name: str) -> str:
    drug = plot.title.removeprefix("Concentration of ").removesuffix(" in the fluid")
    return f"{drug}, {name[0].lower()}{name[1:]}" if plot.name.startswith("curves-") else name


def _last_day(side: Side, values: str, factor: float) -> float | None:
    found = side.values(values)
    if found is None or not found.size:
        return None
    if values.startswith("day/"):
        return float(found[-1]) * factor
    return float(found[side.samples.times_ms >= side.end_ms - DAY_MS].mean()) * factor
