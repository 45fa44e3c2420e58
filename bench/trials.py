"""How often a screening trial is decided rightly, by its days and by the scatter of scores, where the truth is known.

Run with ``python -m bench.trials [patients]``. Patients' true relief is drawn; their diaries scatter as the catalogue says
(a correlation from day to day, whole scores from 0 to 10); each is judged as a real one would be.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import numpy as np

from intrathecal.care.diary import Diary, Entry, Phase
from intrathecal.care.trial import Verdict, judge
from intrathecal.catalogue import Catalogue, load_catalogue
from intrathecal.catalogue.overriding import override
from intrathecal.relief import noise, scores

DAYS = (1, 2, 3, 5, 7)
NOISE = (0.5, 1.0, 2.0)
PATIENTS, SEED = 600, 20260209
STEP_S, HOURS = 14_400, (8, 12, 16, 20)
#: Pain before (mean, SD) of trials of pumps, and relief under placebo (mean, SD of the change between patients).
PAIN, PLACEBO = (7.5, 1.5), (18.0, 43.0)
#: True relief of patients of whom as many have half of their pain relieved as passed published trials.
SELECTED = (65.0, 25.0)
#: Published shares of trials that passed: at least half of the pain relieved.
PUBLISHED = (
    ("Anderson 2003, single injection", 12, 18),
    ("Anderson 2003, epidural infusion", 15, 19),
    ("Deer 2004, mixed methods", 154, 166),
    ("Kumar 2001, intrathecal infusion", 16, 25),
    ("Anderson 1999, intrathecal", 30, 40),
)
START = datetime(2026, 2, 9)  # noqa: DTZ001 a diary's times are local


@dataclass(frozen=True)
class Judged:
    """A simulated patient: true relief (percent), and what the diary said."""

    truth: float
    verdict: Verdict


def diary(catalogue: Catalogue, seed: int, pain: float, relief: float, days: int) -> Diary:
    """The diary of a patient with that ``pain`` before and that true ``relief`` (percent): three days and then ``days``."""
    before = int(catalogue.trial.baseline_days.exact)
    per_day = 86_400 // STEP_S
    away = noise(catalogue.relief, seed, 0, (before + days) * per_day, STEP_S, None)
    phases: tuple[tuple[Phase, range, float], ...] = (
        ("baseline", range(before), pain),
        ("trial", range(before, before + days), pain * (1 - relief / 100)),
    )
    entries = [
        Entry(
            0,
            START + timedelta(days=day, hours=hour),
            phase,
            float(answers[day * per_day + hour * 3600 // STEP_S]),
            0.0,
        )
        for phase, dates, mean in phases
        for answers in (scores(np.full(len(away), max(mean, 0.0)), away),)
        for day in dates
        for hour in HOURS
    ]
    return Diary("simulated", tuple(entries))


def study(catalogue: Catalogue, scatter: float, days: int, truth: tuple[float, float], patients: int) -> list[Judged]:
    """Patients whose true relief is normal with mean and SD ``truth`` (percent, at most 100), and their verdicts."""
    random = np.random.default_rng([SEED, round(truth[0])])
    scattered = override(catalogue, "relief.score_sd", str(scatter), "bench")
    found = []
    for seed in range(patients):
        pain = float(np.clip(random.normal(*PAIN), 4, 10))
        relief = min(float(random.normal(*truth)), 100.0)
        found.append(Judged(relief, judge(diary(scattered, seed, pain, relief, days), catalogue)))
    return found


def shares(found: Sequence[Judged], success: float) -> dict[str, float]:
    """Right, wrong and undecided; how many passed; how many would have by relief alone; and how often the truth is inside."""
    count = len(found)
    passed = [one for one in found if one.verdict.decision == "pass"]
    failed = [one for one in found if one.verdict.decision == "fail"]
    right = sum(one.truth >= success for one in passed) + sum(one.truth < success for one in failed)
    scored = [(one.truth, one.verdict.findings.relief) for one in found if one.verdict.findings]
    return {
        "right": right / count,
        "wrong": (len(passed) + len(failed) - right) / count,
        "undecided": 1 - (len(passed) + len(failed)) / count,
        "passed": len(passed) / count,
        "by relief alone": sum(relief.percent >= success for _, relief in scored) / count,
        "right if passed": sum(one.truth >= success for one in passed) / len(passed) if passed else float("nan"),
        "inside": sum(abs(truth - relief.mean) < 1.96 * relief.sd for truth, relief in scored) / count,
    }


def tables(patients: int) -> Iterator[str]:
    """The study as Markdown, row by row."""
    catalogue = load_catalogue()
    prior = 100 * catalogue.trial.prior_mean.canonical, 100 * catalogue.trial.prior_sd.canonical
    success = 100 * catalogue.trial.success.canonical
    names = ("right", "wrong", "undecided", "passed", "by relief alone", "right if passed", "inside")
    yield "| truth | scatter | days | " + " | ".join(names) + " |"
    yield "|" + "---|" * (len(names) + 3)
    for scatter in NOISE:
        for days in DAYS:
            yield _row(
                f"N({prior[0]:.0f}, {prior[1]:.0f})",
                scatter,
                days,
                study(catalogue, scatter, days, prior, patients),
                success,
            )
    for days in DAYS:
        yield _row("placebo", 1.0, days, study(catalogue, 1.0, days, PLACEBO, patients), success)
    for days in DAYS:
        yield _row("selected", 1.0, days, study(catalogue, 1.0, days, SELECTED, patients), success)
    whole = override(catalogue, "trial.window", f"{max(DAYS)} day", "bench")
    yield _row("all 7 days count", 1.0, max(DAYS), study(whole, 1.0, max(DAYS), prior, patients), success)
    yield ""
    yield from (f"{name}: {passed} of {of} ({100 * passed / of:.0f} %)" for name, passed, of in PUBLISHED)


def _row(truth: str, scatter: float, days: int, found: Sequence[Judged], success: float) -> str:
    told = shares(found, success)
    return f"| {truth} | {scatter:g} | {days} | " + " | ".join(f"{100 * share:.0f} %" for share in told.values()) + " |"


def main() -> None:
    """Print the tables and how long they took."""
    began = perf_counter()
    for line in tables(int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS):
        print(line, flush=True)
    print(f"\n{perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
