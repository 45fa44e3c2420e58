"""Real pumps and worlds as processes, and what can come between them and a programmer."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from intrathecal.programmer.client import Address
from intrathecal.programmer.session import Session, pair
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.pump.telemetry.pairing import Role
from intrathecal.therapy import Therapy, load_therapy

EXAMPLES = Path(__file__).parents[2] / "examples"
MODEL = "synchromed-ii-20"
PATIENCE_S = 60.0


def demo() -> Therapy:
    """Morphine with bupivacaine: windows, boluses, a button, a limit."""
    return load_therapy(EXAMPLES / "failed-back.toml")


def until(what: Callable[[], bool]) -> None:
    """Wait for something that must come about."""
    ends = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < ends, "it never came about"
        time.sleep(0.02)


class Process:
    """One of our commands as a process; its output stands in a file."""

    def __init__(self, folder: Path, name: str, *arguments: str) -> None:
        self.output = folder / f"{name}.out"
        self._arguments = arguments
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it (again), where it listened before."""
        with self.output.open("w") as file:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "intrathecal", *self._arguments, "--listen", f"127.0.0.1:{self.port}"],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        until(lambda: "listening on" in self.said or self.popen.poll() is not None)
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.said)
        assert found is not None, self.said
        self.port = int(found[1])

    @property
    def said(self) -> str:
        """Everything that it has printed since it was started."""
        return self.output.read_text()

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address("127.0.0.1", self.port)

    def kill(self) -> None:
        """End it as a loss of power does."""
        self.popen.kill()
        self.popen.wait(PATIENCE_S)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it cleanly; returns its exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.popen.poll() is None:
            self.kill()


class World(Process):
    """A physical world with a journal in ``folder``."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.journal = folder / "world.journal"
        super().__init__(folder, "world", "world", "--journal", str(self.journal), "--model", MODEL, *options)

    @property
    def steps(self) -> int:
        """How many steps the motor really made."""
        return self.journal.read_text().count('"did":"step"')


class Pump(Process):
    """A virtual pump with a memory in ``folder``, and its world if it has one."""

    world: World

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        super().__init__(folder, "pump", "pump", "--memory", str(folder / "pump.mem"), "--model", MODEL, *options)
        found = re.search(r"pairing code (\S+)", self.said)
        self.code = found[1] if found else ""

    def pair(self, role: Role, name: str) -> Path:
        """A new key file that is paired."""
        path = self.folder / f"{name}.key"
        pair(self.address, role, self.code, path, name)
        return path

    def read(self, key: Path) -> Reading:
        """Interrogate."""
        with Session(self.address, key) as session:
            return session.read()


class Between:
    """Somebody on the line: passes bytes on, keeps what the programmer said, and can cut the line where it hurts."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = Address("127.0.0.1", self._server.getsockname()[1])
        self.heard: list[bytes] = []
        self.swallow_answers = False
        self.swallow_requests = False
        #: From so many bytes of the programmer on, a line brings no answers any more.
        self.swallow_answers_after: int | None = None
        #: From so many bytes of the programmer on, nothing more arrives on a line.
        self.swallow_requests_after: int | None = None
        #: From so many bytes of the programmer on, a line's answers wait until this is None again.
        self.hold_answers_after: int | None = None
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection((self._target.host, self._target.port))
                self._lines += [near, far]
                said: list[bytes] = []
                threading.Thread(target=self._pass, args=(near, far, said, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, said, False), daemon=True).start()

    @staticmethod
    def _enough(said: list[bytes], after: int | None) -> bool:
        return after is not None and sum(map(len, said)) > after

    def _pass(self, source: socket.socket, target: socket.socket, said: list[bytes], from_programmer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if from_programmer:
                    self.heard.append(data)
                    said.append(data)
                if from_programmer:
                    cut = self.swallow_requests or self._enough(said, self.swallow_requests_after)
                else:
                    while self._enough(said, self.hold_answers_after):
                        time.sleep(0.01)
                    cut = self.swallow_answers or self._enough(said, self.swallow_answers_after)
                if cut:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
