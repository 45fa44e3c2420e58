"""Diaries for tests, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from intrathecal.care.diary import Diary, parse_diary
from intrathecal.care.trial import Verdict, judge
from intrathecal.catalogue import load_catalogue

CATALOGUE = load_catalogue()
COLUMNS = "time,phase,nrs,rescue_mme,side_effect,note,function,dose,drug,route,sleep"


def diary(*rows: str, columns: str = COLUMNS) -> Diary:
    """A diary of these rows."""
    return parse_diary("\n".join([columns, *rows]) + "\n", "diary.csv")


def daily(phase: str, first_day: int, scores: Sequence[float | str], more: str = "") -> list[str]:
    """A row a day at 09:00, in March 2026."""
    return [f"2026-03-{first_day + day:02} 09:00,{phase},{score}{more}" for day, score in enumerate(scores)]


def verdict(*rows: str) -> Verdict:
    """The verdict on a diary of these rows, by the built-in catalogue."""
    return judge(diary(*rows), CATALOGUE)


def steady(before: Sequence[float | str], during: Sequence[float | str]) -> list[str]:
    """Baseline from 1 March on, and the trial on the days after it."""
    return [*daily("baseline", 1, before), *daily("trial", 1 + len(before), during)]
