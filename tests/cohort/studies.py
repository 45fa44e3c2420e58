"""A short therapy of one drug, and a handful of patients who are run in this very process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.simulation.support import therapy_text

from intrathecal.cohort.crowd import Crowd
from intrathecal.cohort.workers import Crew
from intrathecal.therapy.file.changing import TherapyFile

PLAIN = "1 mg/day"
PRESSED = "1 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"


def short(*events: str, **changes: str) -> TherapyFile:
    """Three days of a constant dose in a patient with a pain of 8."""
    words = {"program": PLAIN, "days": "3", "patient": "pain = 8", **changes}
    return TherapyFile.parse(therapy_text(*events, **words), "test.toml", Path())


@contextmanager
def few(patients: int = 24, seed: int = 0) -> Iterator[Crowd]:
    """So many patients, run one after the other by one thread."""
    crew = Crew(lambda: ThreadPoolExecutor(1), 1)
    try:
        yield Crowd(patients, seed, crew)
    finally:
        crew.dismiss()
