"""A workstation with the demonstration as a process of its own, on SQLite or on PostgreSQL."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

PATIENCE_S = 90.0


@dataclass(frozen=True)
class Served:
    """Where it answers, the personal link of the patient who can log in, its files, and its process."""

    address: str
    link: str
    folder: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def serving(folder: Path, database: str = "") -> Iterator[Served]:
    """`intrathecal serve --demo` in ``folder``."""
    port, said = free_port(), folder / "serve.out"
    command = [sys.executable, "-m", "intrathecal", "serve", "--demo", "--listen", f"127.0.0.1:{port}"]
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"INTRATHECAL_HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    if database:
        command += ["--database", database]
    with said.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
    try:
        ends = time.monotonic() + PATIENCE_S
        while not _answers(f"http://127.0.0.1:{port}/request-appointment"):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < ends, said.read_text()
            time.sleep(0.2)
        found = re.search(r"/p/(\S+)/", said.read_text())
        assert found is not None, said.read_text()
        yield Served(f"http://127.0.0.1:{port}", found[1], folder, process)
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=20):  # noqa: S310
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
