"""The memory of what flowed stays small, and never holds less than what flowed."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.support import HOUR, MINUTE

from intrathecal.pump.course import Course
from intrathecal.pump.remembering import MOST_PIECES, remember
from intrathecal.pump.state import Given

TEN = (("morphine", Fraction(10**7)),)
FIVE = (("morphine", Fraction(5 * 10**6)),)


def filled_up(pieces: int, every: int) -> tuple[tuple[Given, ...], list[tuple[int, int, Fraction]]]:
    """What a pump remembers that gives pieces of different volumes, and what it gave."""
    memory: tuple[Given, ...] = ()
    gave = []
    for count in range(pieces):
        start, volume = count * every, Fraction(1000 + count % 7)
        labels = FIVE if count % 5000 < 1000 else TEN
        memory = remember(memory, start, start + 10_000, volume, labels)
        gave.append((start, start + 10_000, volume / 10_000 * labels[0][1]))
    return memory, gave


DENSE, GAVE = filled_up(60_000, MINUTE)
NOW = 60_000 * MINUTE


@pytest.mark.requirement("ACC-2")
def test_a_memory_of_a_bolus_each_minute_stays_small() -> None:
    """After 60,000 pieces it holds fewer than the most, in order of time, and as much drug as flowed."""
    assert len(DENSE) <= MOST_PIECES
    assert all(earlier.end <= later.start for earlier, later in pairwise(DENSE))
    held = sum(piece.flow * (piece.end - piece.start) * piece.labels[0][1] for piece in DENSE)
    assert held == sum(rate * (end - start) for start, end, rate in GAVE)


HELD = Course([(piece.start, piece.end, piece.flow * piece.labels[0][1]) for piece in DENSE])
FLOWED = Course(GAVE)


@given(back=st.integers(0, NOW))
@check(max_examples=200, deadline=None)
def test_no_window_up_to_now_holds_less_than_flowed_in_it(back: int) -> None:
    """And more than that by at most an hour's."""
    held = HELD.total(NOW) - HELD.total(NOW - back)
    flowed = FLOWED.total(NOW) - FLOWED.total(NOW - back)
    assert flowed <= held <= flowed + 61 * Fraction(1006) * TEN[0][1]


def test_few_pieces_stay_as_they_were() -> None:
    """A program of some pieces a day is remembered to the millisecond."""
    memory, gave = filled_up(2000, HOUR)
    assert [(piece.start, piece.end) for piece in memory] == [(start, end) for start, end, _ in gave]
