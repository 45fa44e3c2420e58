"""The sums on their own: what a prime does, what a refill finds, how the next fill is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import CatalogueFiles, Json, TherapyFile
from intrathecal.cli.output import tell

if TYPE_CHECKING:
    from intrathecal.care.refill import Inside
    from intrathecal.programmer.refilling import Residual
    from intrathecal.quantities import Quantity
    from intrathecal.therapy import Therapy


def prime(
    therapy: TherapyFile,
    over: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="How long the prime takes; the file's, or as fast as the pump runs."),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Show what a prime fills, and what reaches the patient during it and in the hours after it."""
    from intrathecal.cli.sums_text import prime_text
    from intrathecal.programmer.priming import prime as reckon
    from intrathecal.programmer.priming import to_json
    from intrathecal.therapy import load_therapy

    lasting = None if over is None else typed.positive("--over", over, "duration")
    plan = load_therapy(therapy, tuple(catalogue or ()))
    found = to_json(reckon(plan, lasting))
    tell(found, prime_text(plan, found), json)


def refill(
    therapy: TherapyFile,
    measured: Annotated[
        str,
        typer.Option(metavar="VOLUME", help='What was drawn from the reservoir: "8.1 mL".', show_default=False),
    ],
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When, on the pump's clock; at the first refill if not given.")
    ] = None,
    delivered: Annotated[
        str | None,
        typer.Option(metavar="VOLUME", help="What the pump's own log says it gave since the last fill."),
    ] = None,
    inside: Annotated[
        str | None,
        typer.Option(metavar="VOLUME", help="What was found inside the pump after this refill."),
    ] = None,
    injected: Annotated[
        str | None,
        typer.Option(metavar="VOLUME", help="What went in at this refill; the file's refill if not given."),
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(metavar="REFILLS.csv", help="Earlier refills: time, filled_mL, expected_mL, measured_mL."),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Compare what is left in the reservoir with what should be, and say whether to look into it."""
    from intrathecal.care.refill import check_refill, to_json
    from intrathecal.cli.sums_text import refill_text
    from intrathecal.programmer.refilling import expected_at, first_refill, residual, time_of, with_log
    from intrathecal.therapy import load_therapy

    volume = typed.zero_or_more("--measured", measured, "volume")
    log = None if delivered is None else typed.zero_or_more("--delivered", delivered, "volume")
    left = None if inside is None else typed.zero_or_more("--inside", inside, "volume")
    filled = None if injected is None else typed.positive("--injected", injected, "volume")
    plan = load_therapy(therapy, tuple(catalogue or ()))
    moment = first_refill(plan) if at is None else time_of(plan, at, "--at")
    history = [] if earlier is None else _history(plan, earlier)
    expected = expected_at(plan, moment)
    if log is not None:
        expected = with_log(expected, log)
    one = residual(plan, expected, volume)
    if earlier is not None:
        _check_order(earlier, history, one)
    checked = check_refill(plan, expected, one, history, _inside(plan, moment, left, filled))
    tell(to_json(checked), refill_text(plan, checked), json)


def compound(
    therapy: TherapyFile,
    daily: Annotated[
        list[str],
        typer.Option(metavar="DRUG=DOSE", help='A daily dose: "morphine=4 mg/day"; for every drug of the fill.'),
    ],
    volume: Annotated[str, typer.Option(metavar="VOLUME", help="What is filled in.", show_default=False)],
    flow: Annotated[str, typer.Option(metavar="FLOW", help='What the pump runs at: "0.4 mL/day".', show_default=False)],
    stock: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DRUG=CONCENTRATION", help="A solution at hand; the strongest sold, or powder, if not given."
        ),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Work out the next fill: concentrations, stock volumes, diluent, and how long it lasts."""
    from intrathecal.cli.sums_text import compound_text
    from intrathecal.programmer.compounding import compound as reckon
    from intrathecal.programmer.compounding import to_json
    from intrathecal.therapy import load_therapy

    doses = typed.named("--daily", daily, "mass rate", "mass")
    stocks = typed.named("--stock", stock or (), "concentration")
    filled, rate = typed.positive("--volume", volume, "volume"), typed.positive("--flow", flow, "flow")
    recipe = reckon(load_therapy(therapy, tuple(catalogue or ())), doses, filled, rate, stocks)
    tell(to_json(recipe), compound_text(recipe), json)


def _history(plan: Therapy, file: Path) -> list[Residual]:
    """The refills of a table."""
    from intrathecal.care.history import read_history
    from intrathecal.programmer.refilling import Residual, expected_at, time_of

    def known(time: str, measured_mL: float) -> Residual:
        expected = expected_at(plan, time_of(plan, time, f"{file}, time"))
        return Residual(plan.time_at(expected.at_ms), expected.filled_mL, expected.expected_mL, measured_mL)

    return read_history(file, known)


def _check_order(file: Path, found: Sequence[Residual], last: Residual) -> None:
    """Refuse a table that does not end before ``last``."""
    if found and found[-1].at is not None and last.at is not None and found[-1].at >= last.at:
        raise typed.OptionError(
            f"--earlier: {file} ends at {found[-1].at:%Y-%m-%d %H:%M}, which is not before this refill; "
            "leave out what is not earlier"
        )


def _inside(plan: Therapy, at_ms: int, inside: Quantity | None, injected: Quantity | None) -> Inside | None:
    """What went in and what was found after it; the file's refill of that moment says what went in."""
    from intrathecal.care.refill import Inside
    from intrathecal.therapy import Refill

    if inside is None:
        if injected is not None:
            raise typed.OptionError("--injected: it is compared with what is found inside; give --inside too")
        return None
    if injected is not None:
        return Inside(injected.canonical, inside.canonical)
    refills = [event.action for event in plan.events if event.at_ms == at_ms]
    volume = next((action.volume.canonical for action in refills if isinstance(action, Refill)), None)
    if volume is None:
        raise typed.OptionError('--inside: the file has no refill at that time; say what went in: --injected "20 mL"')
    return Inside(volume, inside.canonical)
