"""Numbers as short text: what a page of several thousand samples of sixty curves can hold.

Values are rounded to a fixed relative step, so that every digit that is shown is right; then only the change from one sample
to the next is written, as in a source map: digits of base 64 with five bits each, the sixth says that more follow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.flow import Array

#: Two neighbouring values that can be told apart: an error of 0.025 % at most.
RELATIVE_STEP = 5e-4
#: What is smaller than this share of the greatest value is written as zero.
SMALLEST_SHARE = 1e-9
ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", dtype=np.uint8)
#: Codes of values that are not numbers above zero; those have codes from 2.
ZERO, MISSING = 1, 0


def pack_values(values: Array) -> dict[str, Any]:
    """Values (t,), none below zero, NaN where there is none, as ``{"unit", "step", "codes"}``.

    Code 0 is missing, 1 is zero, and k from 2 is ``unit * exp((k - 2) * step)``.
    """
    step = float(np.log1p(RELATIVE_STEP))
    known = values[np.isfinite(values) & (values > 0)]
    unit = max(float(known.min()), SMALLEST_SHARE * float(known.max())) if known.size else 1.0
    codes = np.full(len(values), MISSING, dtype=np.int64)
    codes[np.isfinite(values)] = ZERO
    shown = np.isfinite(values) & (values >= unit)
    codes[shown] = 2 + np.rint(np.log(values[shown] / unit) / step).astype(np.int64)
    return {"unit": unit, "step": step, "codes": pack_integers(np.diff(codes, prepend=0))}


def pack_times(times_ms: NDArray[np.int64]) -> str:
    """Rising times (ms): the change of the change from one to the next."""
    return pack_integers(np.diff(np.diff(times_ms, prepend=0), prepend=0))


def pack_integers(numbers: NDArray[np.int64]) -> str:
    """Signed integers, each with its sign in the lowest bit, five bits a digit, the lowest first."""
    rest = np.where(numbers < 0, (-numbers << 1) | 1, numbers << 1)
    digits = []
    going = np.ones(len(rest), dtype=bool)
    while going.any():
        more = (rest >> 5) > 0
        digits.append(np.where(going, ALPHABET[(rest & 31) | (more.astype(np.int64) << 5)], 0).astype(np.uint8))
        rest, going = rest >> 5, going & more
    rows = np.stack(digits, axis=1) if digits else np.zeros((0, 1), dtype=np.uint8)
    return rows[rows > 0].tobytes().decode("ascii")
