"""The command that puts the pump on trial."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intrathecal.cli import typed
from intrathecal.cli.options import Json
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.summary import number, table

if TYPE_CHECKING:
    from intrathecal.torture.campaign import Broken, Campaign

FOUND = 1
#: About half a minute of one life.
LEAST_YEARS = Decimal("0.000001")
MOST_YEARS = 1_000_000
MOST_SEED = 2**63 - 1
DAY_MS = 86_400_000


def torture(
    pump_years: Annotated[str, typer.Option(metavar="N", help="How many years of pumps' lives.")] = "10",
    seed: Annotated[
        str, typer.Option(metavar="N", help="What the lives are drawn from: the same seed, the same run.")
    ] = "1",
    json: Json = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Run again what an earlier torture wrote.", show_default=False)
    ] = None,
) -> None:
    """Simulate the pump under every fault, and check what it must never do after every event."""
    from intrathecal.cohort.workers import cores
    from intrathecal.torture import campaign as campaigns
    from intrathecal.torture.plan import load

    years = float(typed.number("--pump-years", pump_years, LEAST_YEARS, MOST_YEARS))
    drawn = typed.whole("--seed", seed, 0, MOST_SEED)
    if replay is not None:
        done = campaigns.replay(load(replay))
        for broken in done.broken:
            typer.echo(told(broken, done.seed, replay), err=True)
    else:
        with progress_bar("Torturing") as progress:
            done = campaigns.torture(years, drawn, progress, lambda broken: _keep(broken, drawn), cores())
    tell(done.figures, torture_text(done), json)
    if done.broken:
        raise typer.Exit(FOUND)


def _keep(broken: Broken, seed: int) -> None:
    """Write the replay of a violation, and say so at once."""
    from intrathecal.torture.plan import save

    path = Path(f"torture-seed-{seed}-life-{broken.life}.json")
    with writing(str(path)):
        save(broken.replay, path)
    typer.echo(told(broken, seed, path), err=True)


def told(broken: Broken, seed: int, path: Path) -> str:
    """A violation for the terminal."""
    return (
        f"seed {seed}, life {broken.life}, step {broken.step}, day {broken.at_ms / DAY_MS:.3f}: {broken.violation}\n"
        f"  {len(broken.replay.happenings)} events are enough: intrathecal torture --replay {path}"
    )


def torture_text(done: Campaign) -> str:
    """The figures as a table."""
    figures: dict[str, Any] = done.figures
    rate = figures["pump_years_per_core_hour"]
    lines = [
        f"{figures['pump_years']:.2f} pump-years in {figures['lives']} lives, {figures['strokes']} drive steps, "
        f"{figures['checks']} checks of all invariants, seed {figures['seed']}",
        f"around faults {figures['single_steps']} steps and {figures['single_acts']} acts were simulated singly",
        f"{figures['wall_s']:.1f} s" + ("" if rate is None else f", {number(rate)} pump-years per core-hour"),
        "",
        *table(["fault", "count"], [[kind, str(times)] for kind, times in figures["faults"].items()], left=(0,)),
        "",
        "No invariant was broken." if not done.broken else f"{len(done.broken)} invariants were broken.",
    ]
    return "\n".join(lines) + "\n"
