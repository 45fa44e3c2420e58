"""kill -9 of the workstation in the middle of writes, a restart of its database under load: what was acknowledged is kept."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.workstation.postgres import MISSING, Cluster, binaries
from tests.workstation.processes import Caller, Server, intrathecal

#: On each of both databases; INTRATHECAL_KILLS asks for more.
KILLS = int(os.environ.get("INTRATHECAL_KILLS", "6"))
RESTARTS = 5
WRITERS = 4
#: The longest time from the first write that was kept to the kill, s.
WRITING_S = 0.3


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'clinic.sqlite3'}"
        return
    with _cluster() as cluster:
        yield cluster.create("clinic")


def _cluster() -> Cluster:
    if binaries() is None:
        pytest.skip(MISSING)
    return Cluster()


class Writer:
    """Somebody who keeps scores and notes as fast as they are taken, and remembers what was said to be kept."""

    def __init__(self, name: str, server: Server) -> None:
        self._name, self._caller, self._count = name, Caller(server.port), 0
        self._caller.log_in("nurse", server.password())
        self.tried: list[str] = []
        self.kept: list[str] = []
        self.statuses: Counter[int] = Counter()

    def write(self, until: threading.Event) -> None:
        """Go on until told to stop; without a server wait a little."""
        try:
            self._write(until)
        finally:
            self._caller.close()

    def _write(self, until: threading.Event) -> None:
        while not until.is_set():
            self._count += 1
            # Patients whose pump is in: the diary of a trial takes one entry a second.
            word, patient = f"{self._name}-{self._count}", 12 + self._count % 20
            self.tried.append(word)
            try:
                status = self._caller.post(f"/api/patients/{patient}/scores", {"nrs": 4.5, "note": word})
            except ConnectionError:
                time.sleep(0.02)
                continue
            self.statuses[status] += 1
            if status == 201:
                self.kept.append(word)


def agree(writers: list[Writer], server: Server) -> None:
    """Every write that was said to be kept is there once, whole, with its line in the trail; and nothing that nobody wrote."""
    assert "whole" in intrathecal("audit", "verify", home=server.home, database=server.database)
    file = server.home / "after.backup"
    intrathecal("backup", str(file), home=server.home, database=server.database)
    with gzip.open(file, "rt") as lines:
        records = [json.loads(line) for line in lines][1:-1]
    scores = {record["pk"]: record["fields"]["note"] for record in records if record["model"] == "clinic.score"}
    kinds = {
        (r["fields"]["app_label"], r["fields"]["model"]): r["pk"] for r in records if r["model"].endswith("contenttype")
    }
    told = Counter(
        int(record["fields"]["object_pk"])
        for record in records
        if record["model"] == "auditlog.logentry" and record["fields"]["content_type"] == kinds["clinic", "score"]
    )
    kept = [word for writer in writers for word in writer.kept]
    written = Counter(word for word in scores.values() if word)
    assert [word for word in kept if written[word] != 1] == []
    assert set(written) <= {word for writer in writers for word in writer.tried}
    assert told == Counter(
        {key: 1 for key, word in scores.items() if word} | {key: told[key] for key in scores if not scores[key]}
    )
    assert set(told) <= set(scores)


def wait_for_more(writers: list[Writer], count: int) -> None:
    """Until so many writes have been kept in all."""
    until = time.monotonic() + 60
    while sum(len(writer.kept) for writer in writers) < count:
        assert time.monotonic() < until, "it does not go on"
        time.sleep(0.005)


def test_killed_in_the_middle_of_writes(database: str, tmp_path: Path, record_property: Any) -> None:
    """No write that was acknowledged is lost, none is half there, and the audit trail is whole."""
    random = Random(3)  # noqa: S311
    with Server(tmp_path, database, "--demo") as server:
        writers = [Writer(f"w{number}", server) for number in range(WRITERS)]
        for kill in range(KILLS):
            stop = threading.Event()
            threads = [threading.Thread(target=writer.write, args=(stop,)) for writer in writers]
            before = sum(len(writer.kept) for writer in writers)
            for thread in threads:
                thread.start()
            wait_for_more(writers, before + 1)
            time.sleep(random.uniform(0, WRITING_S))
            server.kill()
            stop.set()
            for thread in threads:
                thread.join()
            if kill % 10 == 9:
                agree(writers, server)
            server.start()
    kept = sum(len(writer.kept) for writer in writers)
    record_property("kept", kept)
    assert kept > KILLS
    assert set().union(*(writer.statuses for writer in writers)) == {201}


def test_the_database_is_restarted_under_load(tmp_path: Path) -> None:
    """As when the plug is pulled: while it is away writes fail, what was acknowledged stays, and afterwards all goes on."""
    with _cluster() as cluster, Server(tmp_path, cluster.create("clinic"), "--demo") as server:
        writers, stop = [Writer(f"w{number}", server) for number in range(WRITERS)], threading.Event()
        threads = [threading.Thread(target=writer.write, args=(stop,)) for writer in writers]
        for thread in threads:
            thread.start()
        for _ in range(RESTARTS):
            time.sleep(2)
            cluster.stop("immediate")
            cluster.start()
            before = sum(len(writer.kept) for writer in writers)
            wait_for_more(writers, before + 10)
        stop.set()
        for thread in threads:
            thread.join()
        agree(writers, server)
        assert set().union(*(writer.statuses for writer in writers)) <= {201, 503}
