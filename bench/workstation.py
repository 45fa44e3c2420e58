"""How the clinic's workstation answers: many at work at once, and a clinic of ten thousand patients.

Run with ``python -m bench.workstation [seconds] [patients]``. Server and load share this machine. Each of the users looks at
the board, a patient, the timeline over the API, and keeps a score, and thinks for a moment between two of them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles

from tests.workstation.postgres import Cluster, binaries
from tests.workstation.processes import Caller, Server, intrathecal, surroundings

USERS, SECONDS, PATIENTS = 50, 120.0, 10_000
#: So often each page of a large clinic is asked for.
ASKED = 60
#: Between two pages, s.
PAUSE_S = (0.5, 1.5)
ROLES = ("physician", "physician2", "nurse")


@dataclass
class Load:
    """What all users together saw: seconds of every answer by what was asked, and every status."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, status: int | str, seconds: float) -> None:
        """One answer."""
        self.taken.setdefault(what, []).append(seconds)
        self.statuses[str(status)] += 1


def user(
    number: int, server: Server, seconds: float, load: Load, lock: threading.Lock, gate: threading.Barrier
) -> None:
    """One user at work."""
    random, caller = Random(number), Caller(server.port)  # noqa: S311
    with lock:  # logging in is not what is measured
        caller.log_in(ROLES[number % len(ROLES)], server.password())
        caller.close()
    gate.wait()
    time.sleep(random.uniform(0, PAUSE_S[1]))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        patient = random.randint(12, 40)
        for what, method, path, body in (
            ("board", "GET", "/", ""),
            ("patient", "GET", f"/patients/{patient}/", ""),
            ("timeline", "GET", f"/api/patients/{patient}/timeline", ""),
            ("score", "POST", f"/api/patients/{patient}/scores", '{"nrs": 4.5}'),
        ):
            began = time.monotonic()
            try:
                status: int | str = caller.ask(method, path, body, "application/json")[0]
            except ConnectionError as problem:
                status = str(problem)
            with lock:
                load.add(what, status, time.monotonic() - began)
            time.sleep(random.uniform(*PAUSE_S))
    caller.close()


def work(database: str, home: Path, seconds: float) -> Load:
    """All users at work for so long, on a fresh demonstration."""
    load, lock, gate = Load(), threading.Lock(), threading.Barrier(USERS)
    with Server(home, database, "--demo") as server:
        users = [threading.Thread(target=user, args=(n, server, seconds, load, lock, gate)) for n in range(USERS)]
        for one in users:
            one.start()
        for one in users:
            one.join()
        server.end()
    intrathecal("audit", "verify", home=home, database=database)
    return load


def report(name: str, load: Load, seconds: float) -> None:
    """The figures in a few lines."""
    every = [one for times in load.taken.values() for one in times]
    print(f"{name}: {USERS} users, {len(every) / seconds:.0f} requests/s, answers {dict(load.statuses)}")
    for what, times in [("all", every), *load.taken.items()]:
        print(f"  {what:9} median {1000 * median(times):4.0f} ms, p95 {1000 * quantiles(times, n=20)[-1]:4.0f} ms")


def large(home: Path, patients: int) -> None:
    """The board of a large clinic, and a search on it."""
    database = f"sqlite:///{home / 'large.sqlite3'}"
    filled = [sys.executable, "-m", "bench.workstation_filling", str(patients)]
    subprocess.run(filled, env=surroundings(home, database), check=True)
    with Server(home, database, "--demo") as server:
        caller = Caller(server.port)
        caller.log_in("nurse", server.password())
        for what, path in (
            ("board", "/"),
            ("search", "/?q=Moreno"),
            ("refills", "/?kind=refill"),
            ("CSV", "/board.csv"),
            ("explore", "/explore?dose=1.{}+mg/day"),
        ):
            times = []
            for turn in range(ASKED):
                began = time.monotonic()
                status, content = caller.ask("GET", path.format(turn))
                times.append(time.monotonic() - began)
            said = f"median {1000 * median(times):.0f} ms, p95 {1000 * quantiles(times, n=20)[-1]:.0f} ms"
            print(f"{patients} patients, {what}: {status}, {said}, {len(content) // 1024} KiB")
        caller.close()


def main(words: list[str]) -> None:
    """Measure on both databases."""
    seconds = float(words[0]) if words else SECONDS
    patients = int(words[1]) if len(words) > 1 else PATIENTS
    with tempfile.TemporaryDirectory() as folder:
        large(Path(folder), patients)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        report("SQLite", work(f"sqlite:///{home / 'clinic.sqlite3'}", home, seconds), seconds)
    if binaries():
        with tempfile.TemporaryDirectory() as folder, Cluster() as cluster:
            report("PostgreSQL", work(cluster.create("clinic"), Path(folder), seconds), seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
