"""Work shared out among processes, its results taken in order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from typing import TypeVar

from intrathecal.cohort.workers import leave_interrupts_to_parent

T = TypeVar("T")

#: Each process has so many pieces of work before it: some take much longer than others.
AHEAD = 4


def in_order(work: Callable[[int], T], workers: int) -> Generator[T]:
    """``work(0)``, ``work(1)``, ... without end; when the generator is closed its processes end at once."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), leave_interrupts_to_parent)
    try:
        coming = deque(pool.submit(work, number) for number in range(AHEAD * workers))
        for number in count(len(coming)):
            yield coming.popleft().result()
            coming.append(pool.submit(work, number))
    finally:
        # What they are working on is not wanted any more, and may take a minute.
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        pool.shutdown(cancel_futures=True)
