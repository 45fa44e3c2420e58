"""The command for the bridge between two concentrations."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, Json
from intrathecal.cli.output import tell
from intrathecal.quantities import InputError, rounded

if TYPE_CHECKING:
    from intrathecal.programmer.bridging import BridgePlan, Step
    from intrathecal.programmer.review.moment import Change

WIDTH = 40


class BridgeError(InputError):
    """An option or a file that no bridge can be worked out from: the message says what would be right."""


def bridge(
    therapy: Annotated[
        Path, typer.Argument(metavar="THERAPY.toml", help="The file of what is to run.", show_default=False)
    ],
    running: Annotated[
        Path, typer.Option(metavar="CURRENT.toml", help="The file of what runs until then.", show_default=False)
    ],
    rate: Annotated[str | None, typer.Option(metavar="FLOW", help='The bridge\'s flow, such as "0.6 mL/day".')] = None,
    dose: Annotated[
        str | None,
        typer.Option(metavar="DOSE", help="The old drug's dose while it runs; that of what runs if not given."),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Work out how the old drug comes out of tubing and catheter before a new concentration arrives."""
    from intrathecal.catheter import catheter_volume_mL
    from intrathecal.programmer.bridging import plan_bridge
    from intrathecal.programmer.review.moment import change_of_file
    from intrathecal.pump.hardware import PL_PER_ML
    from intrathecal.therapy import load_therapy

    files = tuple(catalogue or ())
    change = change_of_file(load_therapy(therapy, files), load_therapy(running, files))
    if change.before is None:
        raise BridgeError(f"{running}: says nothing of what runs; name the file of the program that runs now")
    entry = change.after.implanted.catheter.entry
    untrimmed = catheter_volume_mL(entry, [Fraction(0)] * len(entry.segments)) * PL_PER_ML
    flow = _flow(change, rate, dose)
    plan = plan_bridge(change.before.state, change.after.state, flow, untrimmed)
    tell(bridge_json(plan), bridge_text(plan), json)


def _flow(change: Change, rate: str | None, dose: str | None) -> Fraction | None:
    """The bridge's flow (pL/ms) as it was asked for; None: at the dose that runs. Raises `BridgeError`."""
    from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML

    if change.before is None or (rate is None and dose is None):
        return None
    if rate is not None and dose is not None:
        raise BridgeError("--rate and --dose: either says the other; give one of them")
    settings = change.before.state.settings
    option, text, kind = ("--rate", rate, "flow") if rate is not None else ("--dose", dose, "mass rate")
    asked = typed.positive(option, text or "", kind)
    if settings.hardware.fixed is not None:
        raise BridgeError(f"{option}: {settings.hardware.model} runs at one flow and cannot run a bridge; leave it out")
    per_ms = {"flow": lambda: asked.to("mL/s") * PL_PER_ML, "mass rate": lambda: settings.flow(asked.to("ng/s"))}
    flow = per_ms[kind]() / MS_PER_S
    if flow <= 0 or flow != settings.hardware.possible(flow):
        day = MS_PER_S * 86_400
        least, most = (rounded(one * day / PL_PER_ML) for one in (settings.hardware.slowest, settings.hardware.fastest))
        raise BridgeError(
            f"{option}: {asked} is a flow of {rounded(flow * day / PL_PER_ML)} mL/day; {settings.hardware.model} runs at "
            f"{least} to {most} mL/day"
        )
    return flow


def bridge_json(plan: BridgePlan) -> dict[str, Any]:
    """The figures under the keys that scripts read."""
    return {
        **asdict(plan.figures),
        "old_drug": plan.old,
        "new_drug": plan.new,
        "steps": [asdict(step) for step in plan.steps],
        "given_ug": plan.given_ug,
        "shown_in_new_units_ug": plan.shown_ug,
        "mistakes": [asdict(mistake) for mistake in plan.mistakes],
    }


def bridge_text(plan: BridgePlan) -> str:
    """The bridge, what happens without it or with a wrong one, and a picture of the dose at the tip."""
    from intrathecal.cli.summary import number

    figures = plan.figures
    if not figures.needed:
        return "No bridge is needed: tubing and catheter hold what comes after it.\n"
    lines = [f"Tubing and catheter hold {number(figures.volume_mL)} mL of the old drug."]
    if figures.rate_mL_per_day is None:
        lines.append("No bridge can run: nothing flows now, or the pump has one flow. The old drug comes out so:")
    else:
        lines += [
            f"Bridge: {number(figures.volume_mL)} mL at {number(figures.rate_mL_per_day)} mL/day for "
            f"{number(figures.duration_h)} h, then {number(plan.steps[-1].rate_mL_per_day)} mL/day.",
            f"It gives {number(plan.given_ug)} mcg of {plan.old}.",
            f"A programmer that shows it in units of the new concentration says {number(plan.shown_ug)} mcg: do not take "
            "that for the dose.",
        ]
    lines += ["", f"Dose at the tip, mcg/day (# old {plan.old}, = new {plan.new})"]
    cases = [("with the bridge" if figures.rate_mL_per_day is not None else "without a bridge", plan.steps)]
    cases += [(f"{one.name} ({number(one.volume_mL)} mL)", one.steps) for one in plan.mistakes]
    most = max(_dose(step) for _, steps in cases for step in steps) or 1.0
    for name, steps in cases:
        lines.append(name)
        lines += [_bar(step, most) for step in steps]
    return "\n".join(lines) + "\n"


def _dose(step: Step) -> float:
    return step.old_ug_per_day + step.new_ug_per_day


def _bar(step: Step, most: float) -> str:
    from intrathecal.cli.summary import number

    lasts = "from then on" if step.duration_h is None else f"for {number(step.duration_h)} h"
    mark = "#" if step.old_ug_per_day > 0 else "="
    return f"  {lasts:>14} {number(_dose(step)):>8}  {mark * round(WIDTH * _dose(step) / most)}".rstrip()
