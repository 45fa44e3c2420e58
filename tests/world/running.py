"""A world as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from intrathecal.world.wire import Wire

MODEL = "synchromed-ii-20"


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "intrathecal", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


class Running:
    """`intrathecal world --listen`, on a journal; it can be killed and started again at the same place."""

    def __init__(self, journal: Path, model: str = MODEL, *options: str) -> None:
        self.journal = journal
        self._model = model
        self._options = options
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, and wait until it says where it listens."""
        listen = f"127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "intrathecal", "world", "--listen", listen, "--model", self._model]
        self.process = subprocess.Popen(
            [*command, "--journal", str(self.journal), *self._options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said.startswith("world: listening on 127.0.0.1:"), self.process.communicate()[1]
        self.port = int(said.rpartition(":")[2])

    @property
    def at(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def ask(self, **message: Any) -> dict[str, Any]:
        """Ask it one thing as a person would."""
        wire = self.wire()
        try:
            return wire.ask(message)
        finally:
            wire.close()

    def wire(self) -> Wire:
        """A new connection to it."""
        return Wire("127.0.0.1", self.port, 30)

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.communicate(timeout=60)
        return self.process.returncode

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
