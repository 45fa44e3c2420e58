"""Numbers are packed into text and come out as they were, as near as the page says."""

from __future__ import annotations

import math
from itertools import accumulate
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intrathecal.report.packing import pack_integers, pack_times, pack_values

LETTERS = ascii_uppercase + ascii_lowercase + digits + "+/"


def read_integers(text: str) -> list[int]:
    """Bits of a source map's numbers, read the slow way: five bits a letter, the sixth says that more follow."""
    found, bits = [], ""
    for letter in text:
        value = LETTERS.index(letter)
        bits = f"{value & 31:05b}" + bits
        if value < 32:
            sign = -1 if bits[-1] == "1" else 1
            found.append(sign * int(bits[:-1] or "0", 2))
            bits = ""
    return found


def read_values(packed: dict[str, Any]) -> list[float]:
    """What the page makes of packed values."""
    codes = accumulate(read_integers(packed["codes"]))
    return [
        math.nan if code == 0 else 0.0 if code == 1 else packed["unit"] * math.exp((code - 2) * packed["step"])
        for code in codes
    ]


@given(st.lists(st.integers(-(2**50), 2**50)))
def test_integers_come_out_as_they_were(numbers: list[int]) -> None:
    """Every sign and size, read by another reader."""
    assert read_integers(pack_integers(np.array(numbers, dtype=np.int64))) == numbers


@given(st.lists(st.integers(0, 10**12), unique=True).map(sorted))
def test_times_come_out_as_they_were(times: list[int]) -> None:
    """To the millisecond, over thirty years."""
    changes = accumulate(read_integers(pack_times(np.array(times, dtype=np.int64))))
    assert list(accumulate(changes)) == times


@given(st.lists(st.one_of(st.just(0.0), st.just(math.nan), st.floats(1e-6, 1e2)), min_size=1))
def test_values_come_out_within_a_quarter_of_a_thousandth(values: list[float]) -> None:
    """What is zero or missing stays so."""
    found = read_values(pack_values(np.array(values)))
    assert found == pytest.approx(values, rel=2.5e-4, nan_ok=True)
    assert [value == 0 for value in found] == [value == 0 for value in values]


def test_traces_of_a_traceless_amount_are_zero() -> None:
    """What is a billionth of the greatest is nothing that anybody reads off a curve."""
    assert read_values(pack_values(np.array([1e-12, 1.0]))) == [0.0, pytest.approx(1.0, rel=2.5e-4)]


def test_a_curve_takes_two_letters_a_sample() -> None:
    """Ninety days of sixty curves must fit a page."""
    curve = np.exp(np.sin(np.linspace(0, 90 * 2 * np.pi, 9000)))
    assert len(pack_values(curve)["codes"]) < 2 * 9000
