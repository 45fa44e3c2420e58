"""`intrathecal cohort --compare`: what another therapy changes in the same patients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from intrathecal.cli import studies
from intrathecal.cli.output import tell, writing
from intrathecal.cli.progress import progress_bar
from intrathecal.cli.summary import number, table

DAILY, SITES = "dose_ug_per_day", ("cisterna_magna", "plasma")
#: What is told of a difference, and what a figure is multiplied with to be read.
SHOWN = {
    "relief_percent": ("relief, %", 1.0),
    "complaint_mean": ("pain or spasticity", 1.0),
    "breathing_fraction_min": ("lowest breathing, % of normal", 100.0),
    "presses_given": ("presses given", 1.0),
    "presses_refused": ("presses refused", 1.0),
}


def compared(
    first: Path,
    second: Path,
    patients: int,
    out: Path,
    seed: int,
    cluster: str | None,
    json: str | None,
    catalogue: tuple[Path, ...],
) -> None:
    """Run the same patients under both files, and tell the figures of both and their differences."""
    from intrathecal.cohort.comparing import check_same_people, compare_cohorts
    from intrathecal.therapy import load_therapy

    one, other = load_therapy(first, catalogue), load_therapy(second, catalogue)
    check_same_people(one, other)  # before a folder is made
    folder = studies.folder(out)
    with studies.stoppable(out), progress_bar("Patients, A and B") as progress, writing(str(out)):
        found = compare_cohorts(one, other, patients, folder, seed=seed, address=cluster, progress=progress)
    tell(found, compared_text(found), json)


def compared_text(found: dict[str, Any]) -> str:
    """Both therapies beside each other, and B less A in the same patients."""
    other = found["compare"]
    difference = other["difference"]
    both, changes = difference["responders"], difference["differences"]
    rows = []
    for name, (title, scale) in SHOWN.items():
        medians = [_scaled(side[name]["median"], scale) for side in (found, other)]
        rows.append([title, *medians, *_change(changes[name], scale)])
    for name in changes:
        if name.startswith(DAILY) or name.endswith(SITES):
            rows.append([_title(name), "", "", *_change(changes[name], 1.0)])
    lines = [
        f"{found['patients']} patients, the same under A and B, seed {found['seed']}, {found['days']:g} days",
        f"A: {found['title']}",
        f"B: {other['title']}",
        "",
        *table(["", "A, median", "B, median", "B less A", "95 %", "if not paired", "better", "worse"], rows, left=(0,)),
        "",
        f"Relief of at least half: with both {both['both']}, with A only {both['only_first']}, with B only "
        f"{both['only_second']}, with neither {both['neither']}.",
        f"B less A is the mean of that in every patient; its interval: {difference['interval']}.",
        "Beside it stands what two independent samples of as many patients would have (Welch).",
        *found["files"],
        "",
        *found["assumptions"],
    ]
    return "\n".join(lines) + "\n"


def _title(name: str) -> str:
    figure, *what = name.split(" ")
    return f"{', '.join(what)}, {'mcg a day at the tip' if figure == DAILY else 'mean ug/mL'}"


def _change(change: dict[str, Any], scale: float) -> list[str]:
    """A mean difference, its interval and that of independent samples, and the shares of patients who gain or lose."""
    shares = [f"{change[key]:.0%}" if key in change else "" for key in ("better", "worse")]
    ends = [
        "-" if change[key] is None else " to ".join(_scaled(end, scale) for end in change[key])
        for key in ("interval", "interval_unpaired")
    ]
    return [_scaled(change["mean"], scale), *ends, *shares]


def _scaled(value: float | None, scale: float) -> str:
    return number(None if value is None else value * scale, 3)
