"""Who does the work: processes of this machine, or a Dask cluster, both behind `concurrent.futures.Executor`."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakSet

from intrathecal import __version__
from intrathecal.quantities import InputError, shorten

#: Every worker is one thread: what is shared out are patients.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
#: A cluster that does not answer within so many seconds is not there.
PATIENCE_S = 15
#: How often a cluster tries a piece of work again that raised an error.
RETRIES = 3
#: What else than this program itself has to be the same on every worker, or two of them would not give the same digits.
LIBRARIES = ("numpy", "scipy", "numba")

#: What logs of a lost connection on its own.
NOISY = ("distributed", "tornado")


class ClusterError(InputError):
    """A cluster that cannot be used: one message with what is wrong and what would be right."""


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes(ProcessPoolExecutor):
    """Processes of this machine, one thread each.

    They end when the process that started them does, however that came, and at once at a `shutdown` that does not wait.
    """

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        # A worker that waits for work holds both ends of the pool's own pipes, and would never see that nobody is left.
        theirs, self._line = context.Pipe(duplex=False)
        super().__init__(workers, context, _begin, (theirs,))
        before = {name: os.environ.get(name) for name in THREADS}
        os.environ.update(dict.fromkeys(THREADS, "1"))
        try:
            # A process is started with the first work that is handed in, and takes the environment of that moment.
            for _ in range(workers):
                self.submit(os.getpid)
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes: those that work when they are done, or now if nobody waits for them."""
        if not wait:
            self._line.close()
        super().shutdown(wait, cancel_futures=cancel_futures or not wait)


def leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal; the parent ends its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _begin(line: Connection) -> None:
    """What a worker does first."""
    leave_interrupts_to_parent()
    Thread(target=_end_with, args=(line,), daemon=True).start()


def _end_with(line: Connection) -> None:
    try:
        line.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster at ``address``, and how many threads it works with.

    Raises `ClusterError` where there is none, for workers that run another program, and when it is lost.
    """
    from distributed import Client as Untyped
    from distributed import KilledWorker

    Client: Any = Untyped

    with _quiet():
        try:
            client = Client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as problem:
            raise ClusterError(
                f"--cluster {address}: no Dask scheduler answers ({shorten(str(problem), 200)}); start one with "
                "dask scheduler, or give its address, such as tcp://127.0.0.1:8786"
            ) from None
        try:
            workers = sum(client.nthreads().values())
            if not workers:
                raise ClusterError(
                    f"--cluster {address}: the scheduler has no workers; start some with dask worker {address} --nthreads 1"
                )
            _compare(address, client.run(versions, on_error="return"))
            yield client.get_executor(retries=RETRIES), workers
        except KilledWorker:
            raise ClusterError(
                f"--cluster {address}: workers were lost again and again over the same patients; give each more memory, and "
                "the same command goes on from there"
            ) from None
        except CancelledError:
            raise ClusterError(
                f"--cluster {address}: the scheduler went away; start it again, and the same command goes on from there"
            ) from None
        finally:
            client.close()


@cache
def versions() -> dict[str, str]:
    """What the digits of a result depend on, in this process."""
    package, told = Path(__file__).parent.parent, blake2b(digest_size=8)
    for file in sorted(package.rglob("*.py")):
        told.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return {"intrathecal": f"{__version__} ({told.hexdigest()})", **{name: version(name) for name in LIBRARIES}}


def _compare(address: str, found: Mapping[str, Any]) -> None:
    """Raises `ClusterError` for a worker that runs another program."""
    wanted = versions()
    for worker, told in found.items():
        if not isinstance(told, dict):
            raise ClusterError(
                f"--cluster {address}: the worker {worker} cannot run intrathecal ({shorten(str(told), 200)}); install "
                f"intrathecal {wanted['intrathecal']} where it runs, and start it again"
            )
        for name, mine in wanted.items():
            if told.get(name) != mine:
                raise ClusterError(
                    f"--cluster {address}: the worker {worker} has {name} {told.get(name)}, and here it is {mine}; install "
                    "the same on both, and start it again"
                )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs of lost connections off the terminal: the message that counts is raised."""
    logs = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.split(".")[0] in NOISY]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)


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
