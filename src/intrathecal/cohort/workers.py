"""Who does the work: processes of this machine, or a Dask cluster, both behind `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from intrathecal.quantities import InputError

#: Every worker is one thread: what is shared out are patients.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
#: A cluster that does not answer within so many seconds is not there.
PATIENCE_S = 20
#: How often a cluster tries a piece of work again whose worker was lost.
RETRIES = 10


class ClusterError(InputError):
    """A cluster that cannot be used: one message with what is wrong and what would be right."""


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal; the parent ends its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def local(workers: int) -> Executor:
    """Processes of this machine, one thread each."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), leave_interrupts_to_parent)
        # A process is started with the first work that is handed in, and takes the environment of that moment.
        for _ in range(workers):
            pool.submit(os.getpid)
        return pool
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster at ``address``, and how many threads it works with. Raises `ClusterError` where there is none."""
    from distributed import Client as Untyped

    Client: Any = Untyped

    try:
        client = Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        raise ClusterError(
            f"--cluster {address}: no Dask scheduler answers ({problem}); start one with dask scheduler, or give its address"
        ) from None
    try:
        workers = sum(client.nthreads().values())
        if not workers:
            raise ClusterError(
                f"--cluster {address}: the scheduler has no workers; start some with dask worker {address}"
            )
        yield client.get_executor(retries=RETRIES), workers
    finally:
        client.close()


class Lent(Executor):
    """Workers who stay when the run that they were lent to is over."""

    def __init__(self, executor: Executor, out: WeakSet[Future[Any]]) -> None:
        self._executor, self._out = executor, out

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand in work."""
        future = self._executor.submit(fn, *args, **kwargs)
        self._out.add(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing: they are needed for the next run."""


class Crew:
    """Workers for one run after another: ``count`` of them, made by ``make`` when the first is asked for."""

    def __init__(self, make: Callable[[], Executor], count: int) -> None:
        self.count = count
        self._make = make
        self._executor: Executor | None = None
        self._out: WeakSet[Future[Any]] = WeakSet()

    def for_a_run(self) -> Callable[[], Executor]:
        """Who a run is given when it asks for workers: if it asks again it has lost them, and is given new ones."""
        asked = False

        def again() -> Executor:
            nonlocal asked
            if asked:
                self.dismiss()
            asked = True
            if self._executor is None:
                self._executor = self._make()
            return Lent(self._executor, self._out)

        return again

    def dismiss(self) -> None:
        """Send them home; what they had not begun is not done."""
        for future in list(self._out):
            future.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None
