"""The heaviest 24 hours, held against every way to press that there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.programmer.review.files import therapy

from intrathecal.programmer.review import case_of

#: Presses are tried so long, and what they give is followed until no limit holds any of it.
PRESSED, HOURS = 36, 72


def worst_mg(program: str) -> float:
    """The worst day of a program of morphine, in mg."""
    return case_of(therapy(program)).after.worst_daily_ug("morphine") / 1000


def trains(lockout: int, most: int, start: int = 0, before: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Every way to press on whole hours of a day and a half that lockout and daily count allow."""
    yield before
    for at in range(start, PRESSED):
        if sum(one > at - 24 for one in before) < most:
            yield from trains(lockout, most, at + lockout, (*before, at))


def every_way(base: list[float], dose: float, over: int, lockout: int, most: int, limits: dict[int, float]) -> float:
    """The heaviest 24 h of all ways to press that break no limit; ``base`` is mg in each hour."""
    heaviest = 0.0
    for presses in trains(lockout, most):
        given = list(base)
        for at in presses:
            for hour in range(at, at + over):
                given[hour] += dose / over
        total = [0.0]
        for one in given:
            total.append(total[-1] + one)
        held = {per: max(end - begin for begin, end in zip(total, total[per:], strict=False)) for per in (24, *limits)}
        if all(held[per] <= limit + 1e-9 for per, limit in limits.items()):
            heaviest = max(heaviest, held[24])
    return heaviest


CASES = {
    "count": ("lockout 2 h, max 3 per day", 9, 3, {}, 4),
    "lockout": ("lockout 10 h, max 6 per day", 10, 6, {}, 4),
    "lockout cut by the day's end": ("lockout 22 h, max 6 per day", 22, 6, {}, 4),
    "limit of a day": ("lockout 9 h, max 6 per day\nlimit 8.5 mg per 24 h", 9, 6, {24: 8.5}, 4),
    "limit of twelve hours": ("lockout 9 h, max 6 per day\nlimit 4 mg per 12 h", 9, 6, {12: 4.0}, 4),
    "two limits": (
        "lockout 9 h, max 6 per day\nlimit 5 mg per 12 h\nlimit 8.5 mg per 24 h",
        9,
        6,
        {12: 5.0, 24: 8.5},
        4,
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("window", [False, True], ids=["constant", "window"])
def test_no_way_to_press_gives_more_and_one_gives_as_much(name: str, window: bool) -> None:
    """The pump's own rules, pressed at the right time, against all press times on whole hours."""
    clauses, lockout, most, limits, over = CASES[name]
    base = [0.25 if not window or hour % 24 not in range(6, 12) else 0.375 for hour in range(HOURS)]
    text = "6 mg/day\n" + ("06:00-12:00 9 mg/day\n" if window else "")
    found = worst_mg(f"{text}on demand 1 mg over {over} h, {clauses}")
    assert found == pytest.approx(every_way(base, 1.0, over, max(lockout, 9), most, limits), rel=1e-6)
