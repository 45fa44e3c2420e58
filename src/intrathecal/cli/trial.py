"""The command that scores a screening trial."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import typer

from intrathecal.cli.options import CatalogueFiles, DiaryFile, Json
from intrathecal.cli.output import tell
from intrathecal.cli.summary import number, table
from intrathecal.quantities import rounded

if TYPE_CHECKING:
    from intrathecal.care.diary import Diary

ANSWER_IS_NO = 1
WIDTH = 80
#: As many rows of the plot as fit beside the rest; more days are drawn together.
MOST_ROWS = 16
#: Signs of the plot for a point of pain.
PER_POINT = 4
DECISIONS = {
    "pass": "The trial passes.",
    "fail": "The trial fails.",
    "extend": "The trial is not decided: extend it.",
    "incomplete": "The trial cannot be scored.",
}


def trial(
    diary: DiaryFile,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Score a screening trial: relief with its uncertainty, and whether it passes (exit 1: it fails)."""
    from intrathecal.care.diary import load_diary
    from intrathecal.care.trial import figures, judge
    from intrathecal.catalogue import load_catalogue

    known = load_catalogue(tuple(catalogue or ()))
    read = load_diary(diary)
    found = figures(judge(read, known))
    tell(found, trial_text(found, read), json)
    if found["decision"] == "fail":
        raise typer.Exit(ANSWER_IS_NO)


def trial_text(found: dict[str, Any], diary: Diary) -> str:
    """The verdict as text: decision, figures, the scores as a picture, and the reasons in sentences."""
    lines = [DECISIONS[found["decision"]], *_figures(found), "", *_plot(diary), ""]
    sentences = [*found["reasons"], *found["notes"]]
    return "\n".join([*lines, *(fill(sentence, WIDTH, subsequent_indent="  ") for sentence in sentences)]) + "\n"


def _figures(found: dict[str, Any]) -> list[str]:
    if found["relief_percent"] is None:
        return []
    from intrathecal.care.reasons import share

    rows = [
        ["pain before, during", f"{rounded(found['baseline_mean'], 2)}, {rounded(found['trial_mean'], 2)}"],
        ["relief", f"{found['relief_percent']:.0f} % (standard error {found['standard_error']:.0f} points)"],
        ["probability", f"{share(found['probability_half'])} that true relief is at least half"],
        ["days", f"{found['days']}"],
        ["SPID", f"{number(found['spid'], 4)} points x h"],
    ]
    return ["", *table(rows[0], rows[1:], left=(0, 1))]


def _plot(diary: Diary) -> list[str]:
    """A row for every day, or for some days together: mean, lowest and highest score of each phase."""
    days: dict[tuple[str, Any], list[float]] = {}
    for entry in diary.entries:
        scores = days.setdefault((entry.phase, entry.day), [])
        if entry.nrs is not None:
            scores.append(entry.nrs)
    phases: dict[str, list[tuple[Any, list[float]]]] = {}
    for (phase, day), scores in days.items():
        phases.setdefault(phase, []).append((day, scores))
    together = -(-len(days) // MOST_ROWS)
    lines = [f"{'':32}{'0':<{5 * PER_POINT}}{'5':<{5 * PER_POINT}}10"]
    for phase, dated in phases.items():
        for start in range(0, len(dated), together):
            block = dated[start : start + together]
            name = f"{block[0][0]:%d %b %Y}" + (f"-{block[-1][0]:%d %b}" if len(block) > 1 else "")
            lines.append(f"{name:<19}{phase:<9}" + _bar([score for _, scores in block for score in scores]))
    return lines


def _bar(scores: Sequence[float]) -> str:
    """Means as a bar with the range behind it: = up to the mean, - from lowest to highest."""
    if not scores:
        return "  - missing"
    mean, low, high = sum(scores) / len(scores), min(scores), max(scores)
    signs = ["=" if at <= mean * PER_POINT else " " for at in range(10 * PER_POINT + 1)]
    for at in range(round(low * PER_POINT), round(high * PER_POINT) + 1):
        if signs[at] == " ":
            signs[at] = "-"
    return (
        f"{mean:>3.0f} " + "".join(signs).rstrip()
        if mean == round(mean)
        else f"{mean:>3.1f} " + "".join(signs).rstrip()
    )
