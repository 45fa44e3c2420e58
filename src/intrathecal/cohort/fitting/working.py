"""Who asks the model: this process, or several at once. What is found is the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

import numpy as np

from intrathecal.cohort.fitting.expecting import Expecting
from intrathecal.cohort.workers import Processes, cores
from intrathecal.flow import Array

#: Calls a function, which gets something that is pickled once and one of the items, for every item, in order.
Map = Callable[[Callable[[Any, Any], Any], bytes, Sequence[Any]], list[Any]]
#: What is expected (k, m) of patients at (k, n); rows of NaN where there is no such patient.
Ask = Callable[[Array], Array]


@lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - handed over by this program itself


def _chunk(function: Callable[[Any, Any], Any], packed: bytes, items: Sequence[Any]) -> list[Any]:
    return [function(_unpacked(packed), item) for item in items]


def alone(function: Callable[[Any, Any], Any], packed: bytes, items: Sequence[Any]) -> list[Any]:
    """One after the other, in this process."""
    return _chunk(function, packed, items)


@contextmanager
def together(workers: int | None = None) -> Iterator[Map]:
    """As many processes as there are cores, or as many as are asked for."""
    count = workers or cores()
    if count == 1:
        yield alone
        return
    executor = Processes(count)

    def share_out(function: Callable[[Any, Any], Any], packed: bytes, items: Sequence[Any]) -> list[Any]:
        parts = [items[first::count] for first in range(count)]
        found: list[Any] = [None] * len(items)
        for first, part in enumerate(executor.map(partial(_chunk, function, packed), parts)):
            found[first::count] = part
        return found

    try:
        yield share_out
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def asking(expecting: Expecting, share_out: Map) -> Ask:
    """What is expected of many patients at once."""
    packed, size = pickle.dumps(expecting), expecting.count

    def ask(u: Array) -> Array:
        if not size:
            return np.zeros((len(u), 0))
        rows = share_out(_at, packed, list(u))
        return np.array([np.full(size, np.nan) if row is None else row for row in rows]).reshape(len(u), size)

    return ask


def _at(expecting: Expecting, u: Array) -> Array | None:
    return expecting.at(u)
