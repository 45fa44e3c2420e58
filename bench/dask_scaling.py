"""How much faster two Dask workers are than one: the same cohort by either, in turns.

Run with ``python -m bench.dask_scaling [patients] [rounds]`` on a quiet machine of two cores or more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from intrathecal.cohort.conducting import run_cohort
from intrathecal.therapy import load_therapy

EXAMPLE = Path("examples/cancer-boluses.toml")
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PATIENCE_S = 60.0


def dask(folder: Path, *words: object) -> subprocess.Popen[bytes]:
    """A process of Dask; what it says goes into a file."""
    log = (folder / "dask.log").open("ab")
    command = [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"]
    return subprocess.Popen(command, env={**os.environ, **ONE_THREAD}, stdout=log, stderr=log)


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """A scheduler with so many workers of one thread."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "scheduler.json"
        started = [dask(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)]
        try:
            given_up = time.monotonic() + PATIENCE_S
            while not file.exists() and time.monotonic() < given_up:
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            started += [dask(folder, "worker", address, "--nthreads", 1, "--no-nanny") for _ in range(workers)]
            wait_for(address, workers)
            yield address
        finally:
            for process in started:
                process.kill()
                process.wait()


def wait_for(address: str, workers: int) -> None:
    """Wait until the scheduler knows so many workers."""
    from distributed import Client as Untyped

    Client: Any = Untyped
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=PATIENCE_S)


def rate(workers: int, patients: int) -> float:
    """Patients per second, outcomes written, once the workers have loaded what they need."""
    with cluster(workers) as address, tempfile.TemporaryDirectory() as out:
        found = run_cohort(load_therapy(EXAMPLE), patients, Path(out), address=address)
        return float(found.figures["patients_per_second"])


def main(patients: int, rounds: int) -> None:
    """One and two in turns, and the ratio of each round."""
    ratios = []
    for number in range(rounds):
        one, two = rate(1, patients), rate(2, patients)
        ratios.append(two / one)
        print(f"round {number + 1}: 1 worker {one:7.1f}/s, 2 workers {two:7.1f}/s, ratio {two / one:.2f}", flush=True)
    print(f"median ratio {median(ratios):.2f} over {rounds} rounds of {patients} patients of {EXAMPLE} (aim: 1.8)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 640, int(sys.argv[2]) if len(sys.argv) > 2 else 3)
