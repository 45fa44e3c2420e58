"""Cohorts that the tests of their report look at: small ones, run once for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.report.support import HOSTILE, NEEDLE, PUMPED, ROOT

from intrathecal.cohort.conducting import Cohort, run_cohort
from intrathecal.therapy import load_therapy, parse_therapy

FOLDER = TemporaryDirectory(prefix="cohorts-")


@cache
def pumped_cohort() -> Cohort:
    """Sixty people with a pump for three days, with a refill, under a title that would like to be a script."""
    text = PUMPED.format(title=f"'''{HOSTILE}'''", program="2.4 mg/day").replace("days = 6", "days = 3")
    return run_cohort(parse_therapy(text, "pumped.toml", Path()), 60, _folder("pumped"), seed=11)


@cache
def needle_cohort() -> Cohort:
    """Two people with a single dose, without pump and without a date."""
    return run_cohort(parse_therapy(NEEDLE, "needle.toml", Path()), 2, _folder("needle"))


@cache
def stiff_cohort() -> Cohort:
    """Twelve people with spasticity, for their first hours."""
    text = (ROOT / "examples" / "baclofen-spasticity.toml").read_text(encoding="utf-8")
    shorter = load_therapy(_shortened(text))
    return run_cohort(shorter, 12, _folder("stiff"))


def _shortened(text: str) -> Path:
    file = Path(FOLDER.name) / "stiff.toml"
    lines = ["days = 1" if line.startswith("days") else line for line in text.splitlines()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _folder(name: str) -> Path:
    folder = Path(FOLDER.name) / name
    folder.mkdir()
    return folder
