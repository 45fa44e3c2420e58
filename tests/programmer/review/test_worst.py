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


def test_a_limit_is_reached_to_the_millisecond() -> None:
    """3 mg of base leave 2.3 boluses of 47 min: the third begins when as much of the first is more than 24 h ago."""
    found = worst_mg("3 mg/day\non demand 1 mg over 47 min, lockout 3 h, max 10 per day\nlimit 5.3 mg per 24 h")
    assert 5.3 - 2 / (47 * 60_000) <= found <= 5.3


def test_the_heaviest_day_may_be_a_week_ahead() -> None:
    """The fill is on a Monday and the heavy day a Sunday: 12 mg and three presses."""
    program = "6 mg/day\nSun 00:00-24:00 12 mg/day\non demand 1 mg over 1 h, lockout 4 h, max 3 per day"
    assert worst_mg(program) == pytest.approx(15)


def test_frequent_boluses_count_as_a_rate_beside_a_handset() -> None:
    """2 uL every 2 min, 14.4 mg a day, beside the minimum rate's 0.06 mg and two presses."""
    base = "minimum rate\nbolus 2 uL over 1 min every 2 min from 00:00"
    assert worst_mg(base) == pytest.approx(14.46)
    assert worst_mg(f"{base}\non demand 0.1 mg over 5 min, lockout 2 h, max 2 per day") == pytest.approx(14.66)


def test_what_a_limit_refuses_on_the_heaviest_day_may_make_another_one_heavier() -> None:
    """At the weekend 0.7 mg run and a press of 0.08 mg is refused; during the week one fits, and a part of the next."""
    program = (
        "0.6 mg/day\nweekend 00:00-24:00 0.7 mg/day\n"
        "on demand 0.08 mg over 2 min, lockout 3 h, max 6 per day\nlimit 0.72 mg per 24 h"
    )
    assert worst_mg(program) == pytest.approx(0.72, rel=1e-5)
