"""A PostgreSQL of one's own: in a folder that goes away, on a port of its own, started and stopped as a test likes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
MISSING = "there is no PostgreSQL on this machine (apt-get install postgresql)"


def binaries() -> Path | None:
    """Where initdb and postgres lie, the newest ones."""
    found = [Path(path).resolve().parent for name in ("initdb",) if (path := shutil.which(name))]
    for pattern in FOLDERS:
        found += [path for path in sorted(Path("/").glob(pattern[1:]), reverse=True) if (path / "initdb").exists()]
    return found[0] if found else None


class Cluster:
    """A PostgreSQL server; as root it runs as the user postgres, because it refuses root."""

    def __init__(self) -> None:
        found = binaries()
        if found is None:
            raise FileNotFoundError(MISSING)
        self._binaries = found
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self._folder, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._data = self._folder / "data"
        self._run("initdb", "-D", str(self._data), "-U", "clinic", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; ``immediate`` is like pulling the plug."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def create(self, name: str) -> str:
        """A new database; its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "clinic", name)
        return self.url(name)

    def url(self, name: str = "postgres") -> str:
        """The URL of a database."""
        return f"postgresql://clinic@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        """Stop it and take its folder away."""
        with suppress(RuntimeError):
            self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, name: str, *options: str) -> None:
        command = [*self._as, str(self._binaries / name), *options]
        done = subprocess.run(
            command, cwd=self._folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
