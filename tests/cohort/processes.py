"""`intrathecal cohort` as a process of its own, to be watched, interrupted and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xarray as xr
from pyarrow import parquet
from tests.simulation.support import therapy_text

from intrathecal.cohort.keeping import BANDS, HISTOGRAMS, OUTCOMES, PARTS

#: A patient in pain with a handset, for two days.
PROGRAM = "2.4 mg/day\non demand 0.2 mg over 5 min, lockout 2 h, max 6 per day\nlimit 4 mg per 24 h"
PRESSING = {"program": PROGRAM, "presses": '"when pain > 4"', "patient": 'oral_opioid = "60 mg/day"', "days": "2"}
PATIENCE_S = 120.0


def short_therapy(folder: Path, *events: str, **changes: str) -> Path:
    """Such a therapy as a file."""
    file = folder / "therapy.toml"
    file.write_text(therapy_text(*events, **{**PRESSING, **changes}))
    return file


class Command:
    """`intrathecal cohort` with its own standard streams; `end` waits for it."""

    def __init__(self, therapy: Path, patients: int, out: Path, *options: object) -> None:
        self.out, self.figures_file = out, out.with_suffix(".json")
        words = [therapy, "--patients", patients, "--out", out, "--json", self.figures_file, *options]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "intrathecal", "cohort", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened, which must be before the process ends."""
        until(lambda: happened() or self._process.poll() is not None)
        assert self._process.poll() is None, self._process.stderr.read() if self._process.stderr else ""

    def workers(self) -> list[int]:
        """The processes that it has started to work for it."""
        return [pid for pid in children(self.pid) if "spawn_main" in words_of(pid)]

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Without warning."""
        self._process.kill()
        self._process.communicate(timeout=PATIENCE_S)

    def end(self) -> tuple[int, str, str]:
        """Its exit code, and what it said and complained of."""
        said, complained = self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode, said, complained

    @property
    def figures(self) -> dict[str, Any]:
        """The figures that it left."""
        found: dict[str, Any] = json.loads(self.figures_file.read_text())
        return found

    def saved(self) -> int:
        """How many chunks are in what it has saved so far."""
        try:
            with np.load(self.out / PARTS / HISTOGRAMS) as kept:
                return len(kept["first"])
        except (OSError, ValueError, KeyError):
            return 0

    def parts(self) -> dict[str, int]:
        """The parts that are there, and when they were written (ns)."""
        return {part.name: part.stat().st_mtime_ns for part in (self.out / PARTS).glob("*.arrow")}


def until(happened: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until something has happened, and fail if it does not."""
    given_up = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < given_up, "it did not happen"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that ``pid`` has started and that are still there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def words_of(pid: int) -> str:
    """The command line of a process; empty when it is gone or nobody has asked for its end yet."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pid: int) -> None:
    """Without warning."""
    os.kill(pid, signal.SIGKILL)


def rows_of(table: bytes) -> list[dict[str, Any]]:
    """The rows of what a worker sends."""
    rows: list[dict[str, Any]] = pa.ipc.open_stream(table).read_all().to_pylist()
    return rows


def outcomes(folder: Path) -> pa.Table:
    """The table of outcomes."""
    return parquet.read_table(folder / OUTCOMES)


def bands(folder: Path) -> xr.Dataset:
    """The bands."""
    with xr.open_dataset(folder / BANDS, engine="h5netcdf", decode_timedelta=False) as found:
        return found.load()


def assert_same(folder: Path, other: Path) -> None:
    """Outcomes and bands of two folders are the same to the last bit."""
    assert outcomes(folder).equals(outcomes(other))
    assert bands(folder).identical(bands(other))
