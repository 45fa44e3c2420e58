"""What the machine can do at most, measured in the same run: one core's arithmetic, its matrix products, its memory.

Run with ``python -m bench.limits``; it prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter

import numpy as np
from numba import njit

from bench.workloads import Array

#: Numbers that stay in the nearest cache, and multiply-adds to each of them: enough to hide loads and stores.
IN_CACHE, DEEP, SWEEPS = 1024, 16, 100_000
#: The side of the matrices, and numbers of the vectors that are far larger than any cache.
SIDE, IN_MEMORY = 1536, 20_000_000
BEST_OF = 5
GIGA = 1e9


@dataclass(frozen=True)
class Limits:
    """Measured limits: GFLOP/s of one core in registers, of dgemm with one and two threads, and GB/s of the triad."""

    core_gflops: float
    dgemm_gflops: float
    dgemm_two_gflops: float
    triad_gb_s: float


@njit(fastmath=True)
def _multiply_add(values: Array, factor: float, term: float, sweeps: int) -> None:
    for _ in range(sweeps):
        for place in range(values.size):
            x = values[place]
            for _ in range(DEEP):
                x = x * factor + term
            values[place] = x


@njit(fastmath=True)
def _triad(into: Array, first: Array, second: Array, factor: float) -> None:
    for place in range(into.size):
        into[place] = first[place] + factor * second[place]


def core() -> float:
    """GFLOP/s of one core that multiplies and adds numbers in its nearest cache, in double precision."""
    values = np.ones(IN_CACHE)
    return _best(2.0 * IN_CACHE * DEEP * SWEEPS, lambda: _multiply_add(values, 0.5, 0.5, SWEEPS))


def dgemm() -> float:
    """GFLOP/s of a product of two matrices, with as many threads as the environment allows."""
    left, right = np.random.default_rng(0).random((2, SIDE, SIDE))
    return _best(2.0 * SIDE**3, lambda: left @ right)


def triad() -> float:
    """GB/s of a = b + s c by one core: 24 bytes for each element."""
    into, first, second = np.ones((3, IN_MEMORY))
    return _best(24.0 * IN_MEMORY, lambda: _triad(into, first, second, 0.5))


def limits() -> Limits:
    """All of them; the products run in processes of their own, because a process keeps its number of threads."""
    return Limits(core(), _dgemm_with(1), _dgemm_with(2), triad())


def _dgemm_with(threads: int) -> float:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}
    told = subprocess.run(
        [sys.executable, "-m", "bench.limits", "dgemm"], env=environment, check=True, capture_output=True, text=True
    )
    return float(told.stdout)


def _best(amount: float, work: Callable[[], object]) -> float:
    """The most of ``amount`` in a second, in billions, of a few tries after a first one."""
    work()
    fastest = float("inf")
    for _ in range(BEST_OF):
        began = perf_counter()
        work()
        fastest = min(fastest, perf_counter() - began)
    return amount / fastest / GIGA


if __name__ == "__main__":
    if sys.argv[1:] == ["dgemm"]:
        print(dgemm())
    else:
        print(json.dumps(asdict(limits()), indent=2))
