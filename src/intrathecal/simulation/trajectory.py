"""What both ways of advancing a system share: the checks on what goes in, the result, and what round-off may do to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

Array = NDArray[np.float64]
Numbers = NDArray[Any]
#: Rows that turn amounts into what is seen: in full, or without their zeros.
Rows: TypeAlias = "Array | sparse.csr_array"

EPS = float(np.finfo(float).eps)
#: Below zero by no more than this share of all drug that entered is round-off, and is set to zero.
ROUND_OFF = 1e-10
#: So little drug that its digits are no longer kept: after a year without a dose.
NOTHING = 1e-250
#: Rows of a product are taken so many at a time, so that its last bit does not depend on how many there are.
BLOCK = 256


class Integrating(Protocol):
    """What has states that hold the integral of x too."""

    def integral(self, state: Array) -> Array:
        """The integral of x (n, ug s) since the first state of the run that led to ``state``."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A run over m segments, ``advanced`` by its propagator.

    ``states`` (m + 1, 2, n): the propagator's own state at every edge; the last one continues the run, bit for bit.
    """

    states: Array
    advanced: Integrating

    @cached_property
    def integral(self) -> Array:
        """The integral of x over the run (n), in ug s."""
        return self.advanced.integral(self.states[-1]) - self.advanced.integral(self.states[0])


def check_run(durations_s: Array, inputs: Array, sources: Array, size: int) -> tuple[Array, Array, Array]:
    """Arrays of floats of the right shapes: (m,), (m, k), (n, k). Raises `ValueError` for any that is not."""
    durations, given, entries = (np.asarray(part, dtype=float) for part in (durations_s, inputs, sources))
    right = durations.ndim == 1 and given.ndim == entries.ndim == 2
    if not right or given.shape != (durations.size, entries.shape[1]) or entries.shape[0] != size:
        raise ValueError(
            f"durations {durations.shape}, inputs {given.shape} and sources {entries.shape} do not fit: "
            f"give (m,), (m, k) and ({size}, k)"
        )
    for name, part in (("durations_s", durations), ("inputs", given), ("sources", entries)):
        if not (np.isfinite(part).all() and (part >= 0).all()):
            raise ValueError(f"{name} holds a number that is negative or not finite: give numbers of zero or more")
    return durations, given, entries


def without_round_off(values: Array, scale: Array | float, what: str, error: float = ROUND_OFF) -> Array:
    """``values`` with what is below zero by no more than `ROUND_OFF`, or a larger known ``error``, times ``scale`` set to zero.

    A linear system with no negative rate keeps every amount at or above zero, but floating point misses zero by a few
    units of the last digit of all drug that entered, and a few modes by their error. Raises `ArithmeticError` for anything
    further below zero, and for a number that is not finite.
    """
    if not np.isfinite(values).all():
        raise ArithmeticError(f"{what}: a number is not finite; the system is beyond this method")
    slack = max(ROUND_OFF, error) if np.isfinite(error) else ROUND_OFF
    if np.any(values < -slack * np.asarray(scale) - NOTHING):
        raise ArithmeticError(f"{what}: {values.min():.3g} is below zero by more than round-off")
    return np.maximum(values, 0.0)


def balanced(kept: Array, total: float, counts: Array) -> Array:
    """``kept`` (n), scaled where ``counts`` (n) is above zero, so that ``counts`` finds ``total`` in it."""
    held = float(counts @ kept)
    return np.where(counts > 0, kept * (max(total, 0.0) / held), kept) if held > 0 else kept


def product(left: Array, right: Array) -> Array:
    """``left`` (m, n) times ``right`` (n, p), every row the same whatever the other rows are."""
    result = np.empty((left.shape[0], right.shape[1]))
    for start in range(0, left.shape[0], BLOCK):
        block = left[start : start + BLOCK]
        padded = np.zeros((BLOCK, left.shape[1]))
        padded[: block.shape[0]] = block
        result[start : start + BLOCK] = (padded @ right)[: block.shape[0]]
    return result


def recurrence(first: Numbers, grown: Numbers, pushed: Numbers) -> Numbers:
    """The x (m + 1, q) from the ``first`` (q) on that goes to ``grown`` (m, q or 1) times itself and what is ``pushed`` (m, q).

    Every column in turn is a stretch of one matrix with a single band below its diagonal, which BLAS goes down number by
    number: so a recurrence that is cut in two is the same to the last bit.
    """
    from scipy.linalg import blas

    solve, steps = blas.ztbsv if np.iscomplexobj(pushed) else blas.dtbsv, len(pushed) + 1
    # the diagonal of the matrix is 1 and is not looked at; one column does not lead to the next
    x, band = np.empty((first.size, steps), pushed.dtype), np.empty((first.size, steps, 2), pushed.dtype)
    x[:, 0], x[:, 1:], band[:, :-1, 1], band[:, -1, 1] = first, pushed.T, -grown.T, 0.0
    return np.asarray(solve(1, band.reshape(-1, 2).T, x.ravel(), lower=1, diag=1, overwrite_x=1).reshape(x.shape).T)


def check_rows(rows: Rows, size: int) -> Rows:
    """``rows`` as (p, n) floats; raises `ValueError` for another shape or a negative entry."""
    checked = np.atleast_2d(np.asarray(rows, dtype=float)) if isinstance(rows, np.ndarray) else rows
    entries = checked if isinstance(checked, np.ndarray) else checked.data
    if checked.ndim != 2 or checked.shape[1] != size or not (entries >= 0).all():
        raise ValueError(f"rows {checked.shape} are not (p, {size}) of numbers of zero or more")
    return checked


def largest(rows: Rows) -> Array:
    """The largest entry of every one of ``rows`` (p, n; never negative): (p,)."""
    found = rows.max(axis=1)
    return np.asarray(found if isinstance(rows, np.ndarray) else found.toarray()).ravel()


def residence_s(dense: Array) -> Array:
    """Mean times (n, n; s) that drug which enters at one state (column) spends in every state (row): -G^-1.

    Infinite where nothing leaves.
    """
    try:
        return np.asarray(np.abs(np.linalg.inv(dense)))
    except np.linalg.LinAlgError:
        return np.full_like(dense, np.inf)
