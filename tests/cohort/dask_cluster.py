"""A Dask cluster of processes on this machine: a scheduler and workers of one thread, as the how-to starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.cohort.processes import until

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class DaskCluster:
    """A scheduler, and the workers that are started at it; all end with the ``with``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._log = (folder / "dask.log").open("w")
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> DaskCluster:
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self._file)
        until(self._file.exists)
        return self

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        found: str = json.loads(self._file.read_text())["address"]
        return found

    def hire(self, count: int) -> None:
        """Start workers, without the process that would start each anew, and wait until they are known."""
        for _ in range(count):
            self.workers.append(self._start("worker", self.address, "--nthreads", "1", "--no-nanny"))
        until(lambda: self._known() == len(self.workers))

    def _known(self) -> int:
        from distributed import Client as Untyped

        Client: Any = Untyped
        with Client(self.address, set_as_default=False) as client:
            return len(client.nthreads())

    def _start(self, *words: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"],
            env={**os.environ, **ONE_THREAD},
            stdout=self._log,
            stderr=self._log,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self._log.close()
