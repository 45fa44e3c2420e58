"""The command that looks for the lowest dose or the best tip level."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from intrathecal.cli import studies, typed
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.studies import Cluster, Seed
from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.cohort.trials import Goal

#: The answer is no: no dose does what is wanted.
NONE_FOUND = 1
RELIEF = "relief"
#: Multiples of a dose: a thousandfold either way is a slip of the key.
LEAST_SCALE, MOST_SCALE = Decimal("0.001"), 1000
#: Nearer than this no dose is told from another; further apart it is not found.
LEAST_TOLERANCE, MOST_TOLERANCE = Decimal("0.1"), 50


def find(
    therapy: TherapyFile,
    want: Annotated[str, typer.Option(metavar='"relief P %"', help="The effect that is wanted.", show_default=False)],
    breathing_min: Annotated[
        str, typer.Option(metavar='"P %"', help="The limit: no lower breathing, of normal.", show_default=False)
    ],
    over: Annotated[
        Literal["dose", "tip"], typer.Option(help="Look over doses, or over doses at every tip level.")
    ] = "dose",
    patients: Annotated[
        str | None,
        typer.Option(metavar="N", help="So many drawn patients; the file's own if not given.", show_default=False),
    ] = None,
    share: Annotated[
        str | None, typer.Option("--for", metavar="SHARE", help="Of the patients, who is to have the effect.")
    ] = None,
    below: Annotated[
        str | None,
        typer.Option("--below", metavar="SHARE", help="Of the patients, who may breathe less than the limit."),
    ] = None,
    scales: Annotated[
        str | None, typer.Option(metavar="S1,S2,...", help="Doses to try first, as multiples of the file's.")
    ] = None,
    tips: Annotated[str | None, typer.Option(metavar="T8,T9,...", help="Tip levels; all if not given.")] = None,
    tolerance: Annotated[str, typer.Option(metavar='"P %"', help="How near the lowest dose is found.")] = "1 %",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep what is finished, to go on from.")] = None,
    seed: Seed = "0",
    cluster: Cluster = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Find the lowest dose, or the best tip level, for a wanted effect under a limit on breathing; show the frontier."""
    count, drawn = None if patients is None else studies.patients(patients), studies.seed(seed)
    goal = read_goal(want, breathing_min, share, below, count)
    near = typed.share("--tolerance", tolerance, LEAST_TOLERANCE, MOST_TOLERANCE)
    levels = _tips(over, tips)
    from intrathecal.cohort.finding import SCALES
    from intrathecal.cohort.finding import find as run
    from intrathecal.therapy.file.changing import TherapyFile as File

    doses = SCALES if scales is None else tuple(_scale(text.strip()) for text in scales.split(","))
    file = File.load(therapy, tuple(catalogue or ()))
    folder = None if out is None else studies.folder(out)
    with studies.stoppable(out), progress_bar("Looking") as progress, writing(str(out or "the temporary folder")):
        found = run(
            file,
            goal,
            tips=levels,
            scales=doses,
            tolerance=float(near),
            patients=count,
            seed=drawn,
            folder=folder,
            address=cluster,
            progress=progress,
        )
    tell(found, find_text(found), json)
    if found["found"] is None:
        raise typer.Exit(NONE_FOUND)


def read_goal(want: str, breathing: str, share: str | None, below: str | None, patients: int | None) -> Goal:
    """What is wanted, as typed. Raises `OptionError`."""
    from fractions import Fraction

    from intrathecal.cohort.trials import Goal

    effect, _, amount = want.strip().partition(" ")
    if effect != RELIEF or not amount.strip():
        raise typed.OptionError(
            f'--want: "{want}" is not an effect that is looked for; write for example "relief 50 %"'
        )
    if patients is None:
        for option, text in (("--for", share), ("--below", below)):
            if text is not None:
                raise typed.OptionError(f"{option}: is a share of patients; give --patients too, or leave it out")
    return Goal(
        relief_percent=100 * typed.share("--want", amount.strip(), 1, 99),
        breathing=typed.share("--breathing-min", breathing, 1, 99),
        share=typed.share("--for", share or "50 %", 1, 100) if patients is not None else Fraction(1),
        below=typed.share("--below", below or "5 %", 0, 99) if patients is not None else Fraction(0),
    )


def _tips(over: str, tips: str | None) -> tuple[str, ...]:
    if over == "dose":
        if tips is not None:
            raise typed.OptionError("--tips: tip levels are looked at with --over tip; add it, or leave --tips out")
        return ()
    from intrathecal.catalogue import LEVELS

    return LEVELS if tips is None else tuple(text.strip() for text in tips.split(","))


def _scale(text: str) -> Decimal:
    typed.number("--scales", text, LEAST_SCALE, MOST_SCALE)
    return Decimal(text)


def find_text(found: dict[str, Any]) -> str:
    """The answer, the frontier, and what was left out."""
    answer = [*_found(found), *(["", *_by_tip(found)] if len(found["tips"]) > 1 else [])]
    left = [f"Left out: {said}" for said in _left_out(found["left_out"])]
    said = [*found["not_monotone"], *left]
    return "\n".join([*answer, "", *_frontier(found), "", *said, *([""] if said else []), *found["assumptions"]]) + "\n"


def _left_out(points: Sequence[dict[str, Any]]) -> list[str]:
    """What cannot be given, with one line for a tip and a reason."""
    by_reason: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for point in points:
        by_reason.setdefault((point["tip"], point["reason"].partition(" (")[0]), []).append(point)
    return [f"{tip}, {_scales(same)} times the dose: {same[-1]['reason']}" for (tip, _), same in by_reason.items()]


def _scales(points: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{scale:g}" for scale in sorted(point["scale"] for point in points))


def _wanted(found: dict[str, Any]) -> str:
    want, limit = found["want"], found["limit"]
    effect, least = (
        f"relief of {want['relief_percent']:g} %",
        f"{limit['breathing_fraction_min']:.0%} of normal breathing",
    )
    if found["patients"] is None:
        return f"{effect}, never below {least}, in the file's own patient"
    return (
        f"{effect} in {want['share']:.0%} of {found['patients']} patients (seed {found['seed']}), "
        f"at most {limit['share_below']:.0%} of them ever below {least}"
    )


def _found(found: dict[str, Any]) -> list[str]:
    best = found["found"]
    lines = [f"Wanted: {_wanted(found)}"]
    if best is None:
        return [*lines, *_not_found(found)]
    lines += [
        f"Found, to {found['tolerance']:.1%}: {_dose(best)}",
        *(f"    {line}" for line in best["program"].splitlines()),
    ]
    lines += [f"  {_outcome(found, best)}"]
    missed = found["missed"]
    if missed is None:
        lines.append("  It is the lowest dose that was tried: a lower one may do too; give smaller --scales.")
    elif missed["reason"]:
        lines.append(f"  {missed['scale']:g} times the dose cannot be given: {missed['reason']}")
    else:
        lines.append(f"  {missed['scale']:g} times the dose misses it.")
    if found["check"] is not None:
        lines.append(f"  In as many other patients (seed {found['check']['seed']}): {_outcome(found, found['check'])}")
    return lines


def _not_found(found: dict[str, Any]) -> list[str]:
    nearest = found["nearest"]
    if nearest is None:
        return ["None of the doses can be given; see below why."]
    higher = {
        "breathing": "a higher dose breaks the limit on breathing"
        if nearest["holds"]
        else "breathing is below it already",
        "pump": "the pump cannot give more (see below)",
        "list": "no higher dose was tried; give larger --scales",
    }[found["stopped_by"]]
    return [f"No dose does that: {higher}.", f"Nearest: {_dose(nearest)}", f"  {_outcome(found, nearest)}"]


def _dose(point: dict[str, Any]) -> str:
    doses = ", ".join(f"{drug} {number(dose)} mcg" for drug, dose in point["mean_dose_ug_per_day"].items())
    return f"{point['scale']:g} times the doses of the file, tip at {point['tip']}: {doses} a day at the tip"


def _outcome(found: dict[str, Any], point: dict[str, Any]) -> str:
    if found["patients"] is None:
        return (
            f"relief {point['relief_percent']:.1f} %, lowest breathing {point['breathing_fraction_min']:.1%} of normal"
        )
    return (
        f"{point['with_relief_fraction']:.1%} have the relief, {point['below_limit_fraction']:.1%} breathe less than the limit"
        + (f", the reservoir ran empty in {point['ran_empty_fraction']:.0%}" if point["ran_empty_fraction"] else "")
    )


def _by_tip(found: dict[str, Any]) -> list[str]:
    rows = []
    for answer in found["tips"]:
        point = answer["found"] or answer["nearest"]
        rows.append([answer["tip"], *(["-"] * 4 if point is None else _cells(found, point)), _verdict(answer)])
    return table(["tip", "x dose", "mcg/day", *_heads(found), ""], rows, left=(0, 5))


def _verdict(answer: dict[str, Any]) -> str:
    return "lowest dose" if answer["found"] else f"no dose does it: {answer['stopped_by']}"


def _heads(found: dict[str, Any]) -> list[str]:
    return ["relief, %", "breathing, %"] if found["patients"] is None else ["relieved", "below limit"]


def _cells(found: dict[str, Any], point: dict[str, Any]) -> list[str]:
    dose = number(next(iter(point["mean_dose_ug_per_day"].values())))
    if found["patients"] is None:
        seen = [f"{point['relief_percent']:.1f}", f"{100 * point['breathing_fraction_min']:.1f}"]
    else:
        seen = [f"{point['with_relief_fraction']:.1%}", f"{point['below_limit_fraction']:.1%}"]
    return [f"{point['scale']:g}", dose, *seen]


def _frontier(found: dict[str, Any]) -> list[str]:
    """All points of one tip level; of more, those of the frontier."""
    one = len(found["tips"]) == 1
    rows = [
        [point["tip"], *_cells(found, point), "*" if point["efficient"] else "", *_marks(point)]
        for point in found["frontier"]
        if one or point["efficient"]
    ]
    if not rows:
        return []
    head = ["tip", "x dose", "mcg/day", *_heads(found), "frontier", ""]
    said = "* no other point has as much of both relief and breathing, and more of one"
    return [*table(head, rows, left=(0, 6)), said if one else f"{said}; all points are in the JSON"]


def _marks(point: dict[str, Any]) -> list[str]:
    marks = {"enough": point["reached"], "breathing below the limit": not point["holds"]}
    return [", ".join(mark for mark, stands in marks.items() if stands)]
