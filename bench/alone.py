"""What a method needs in a process of its own: memory, and time from a cold start to the first answer."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from bench.contenders import Contender
from bench.workloads import Workload

KIB_PER_MIB = 1024.0
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Alone:
    """The ``peak`` of a process (MiB), how much of it came ``beyond`` numpy and the workload, and the first run's time (s).

    Both count the libraries that the method loads, and what it compiles.
    """

    peak: float
    beyond: float
    first_s: float


def alone(contender: Contender, workload: Workload, tolerance: float) -> Alone:
    """What ``contender`` needs for ``workload``, libraries loaded and all made ready in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, contender, workload, tolerance).result()


def _measured(contender: Contender, workload: Workload, tolerance: float) -> Alone:
    before, began = _read("VmRSS"), perf_counter()
    contender.prepare(workload)(tolerance)
    first_s, peak = perf_counter() - began, _read("VmHWM")
    return Alone(peak, peak - before, first_s)


def _read(field: str) -> float:
    """A figure of this process. The kernel's ru_maxrss would count the process that started this one."""
    lines = STATUS.read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / KIB_PER_MIB
