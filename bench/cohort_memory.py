"""How much memory a cohort takes, its driver and its workers apart, for ever more patients.

Run with ``python -m bench.cohort_memory [patients]``: for so many patients (default 500), twice and four times as many of a short
therapy, the command is run as a user runs it and watched. Last, the driver alone keeps 25,000, 100,000 and 400,000 patients, who
were run before: nothing but keeping and writing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from pickle import dumps

import numpy as np

from intrathecal.cohort.bands import hours
from intrathecal.cohort.keeping import Keeping, read_rows
from intrathecal.cohort.lives import Study
from intrathecal.cohort.running import CHUNK, traces_of, work
from intrathecal.cohort.summing import figures
from intrathecal.therapy import load_therapy

EXAMPLE = Path("examples/cancer-boluses.toml")
DAYS = "days = 1"
KEPT = (25_000, 100_000, 400_000)
WATCHED_EVERY_S = 0.1


def resident_MiB(pid: int | str) -> tuple[float, str]:
    """The largest memory that a process has held so far, and its command line."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024, Path(f"/proc/{pid}/cmdline").read_text()


def started_by(pid: int) -> list[int]:
    """The processes that ``pid`` has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def watch(therapy: Path, patients: int, folder: Path) -> tuple[float, float]:
    """The most (MiB) that the driver and the largest of its workers held."""
    words = ["-m", "intrathecal", "cohort", str(therapy), "--patients", str(patients), "--out", str(folder)]
    driver = workers = 0.0
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL) as command:
        while command.poll() is None:
            for pid in (command.pid, *started_by(command.pid)):
                try:
                    held, words_of = resident_MiB(pid)
                except (OSError, StopIteration):
                    continue
                if pid == command.pid:
                    driver = max(driver, held)
                elif "spawn_main" in words_of:
                    workers = max(workers, held)
            time.sleep(WATCHED_EVERY_S)
    return driver, workers


def keep(therapy: Path, patients: int, folder: Path) -> None:
    """The driver's part of a cohort of ``patients``: the same chunk again and again."""
    study = Study.of(load_therapy(therapy), 0)
    chunk = work(dumps(study), 0, CHUNK)
    keeping = Keeping(folder, "bench", hours(study.end_ms), traces_of(study))
    for first in range(0, patients, CHUNK):
        keeping.add(replace(chunk, first=first))
    keeping.save()
    table = read_rows(keeping.finish()[0])
    told = figures(table, [entry.drug.name for entry in study.population.therapy.drugs])
    keeping.clear()
    count = np.asarray(table["patient"]).size
    print(f"{count:9d} kept: {resident_MiB('self')[0]:6.1f} MiB, relief {told['relief_percent']['median']:.1f} %")


def main(patients: int) -> None:
    """All of it, as a table."""
    with tempfile.TemporaryDirectory() as name:
        therapy = Path(name) / "therapy.toml"
        therapy.write_text(
            EXAMPLE.read_text().replace("days = 42", DAYS).split("# More pain")[0] + f"[simulation]\n{DAYS}\n"
        )
        print(f"{EXAMPLE}, {DAYS}; MiB at most")
        for times in (1, 2, 4):
            driver, workers = watch(therapy, times * patients, Path(name) / "out")
            print(f"{times * patients:9d} run:  driver {driver:6.1f}, worker {workers:6.1f}", flush=True)
        for kept in KEPT:
            subprocess.run([sys.executable, "-m", __spec__.name, "--keep", str(kept), str(therapy)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--keep"]:
        with tempfile.TemporaryDirectory() as out:
            keep(Path(sys.argv[3]), int(sys.argv[2]), Path(out))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
