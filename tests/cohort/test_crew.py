"""Workers who stay from one run to the next."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Event

import pytest

from intrathecal.cohort.workers import Crew, Processes


class Plain(ThreadPoolExecutor):
    """An executor that, like a cluster's, can only be told whether to wait."""

    def shutdown(self, wait: bool = True) -> None:  # type: ignore[override]
        """End."""
        super().shutdown(wait)


def test_one_run_after_another_has_the_same_workers_until_they_are_dismissed() -> None:
    """A run's own shutdown does not send them home; dismissing does, and cancels what was not begun."""
    made: list[Executor] = []

    def make() -> Executor:
        made.append(Plain(1))
        return made[-1]

    crew, hold = Crew(make, 1), Event()
    for _ in range(2):
        executor = crew.for_a_run()()
        assert executor.submit(pow, 2, 5).result() == 32
        executor.shutdown(wait=False, cancel_futures=True)
    executor.submit(hold.wait)
    waiting = executor.submit(pow, 2, 5)
    crew.dismiss()
    hold.set()

    assert len(made) == 1
    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        made[0].submit(pow, 2, 5)


def test_a_run_that_lost_its_workers_is_given_new_ones_and_so_is_the_next() -> None:
    """A process that dies breaks its pool for good."""
    crew = Crew(lambda: Processes(1), 1)
    again = crew.for_a_run()
    try:
        with pytest.raises(BrokenProcessPool):
            again().submit(os._exit, 1).result()
        assert again().submit(pow, 2, 5).result() == 32
        assert crew.for_a_run()().submit(pow, 2, 6).result() == 64
    finally:
        crew.dismiss()
