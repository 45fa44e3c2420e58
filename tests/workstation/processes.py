"""A workstation as a process of its own, and callers that are logged in and write."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.cookies import SimpleCookie
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

#: A server that has not answered after so long (s) will not.
PATIENCE_S = 60


def intrathecal(*words: str, home: Path, database: str, typed: str = "") -> str:
    """What a command says; it has to end well."""
    done = subprocess.run(
        [sys.executable, "-m", "intrathecal", *words],
        env=surroundings(home, database),
        input=typed,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def surroundings(home: Path, database: str) -> dict[str, str]:
    """The environment of a workstation."""
    return os.environ | {"INTRATHECAL_HOME": str(home), "DATABASE_URL": database}


class Server:
    """``intrathecal serve``, to be started, killed and started again on the same port."""

    def __init__(self, home: Path, database: str, *options: str) -> None:
        self.home, self.database, self._options = home, database, options
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "intrathecal", "serve", "--listen", f"127.0.0.1:{self.port}", *self._options]
        log = (self.home / "server.log").open("ab")
        environment = surroundings(self.home, self.database) | {"PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, (self.home / "server.log").read_text()
                time.sleep(0.02)
        raise TimeoutError((self.home / "server.log").read_text())

    def password(self) -> str:
        """The password of everybody in the demonstration, as the command says it."""
        found = re.search("the password of all is: (.+)", (self.home / "server.log").read_text())
        assert found is not None
        return found[1]

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=20)


class Caller:
    """Somebody who is logged in; one call at a time over one connection. `ConnectionError` when the server is gone."""

    def __init__(self, port: int, **headers: str) -> None:
        self._port, self._cookies, self._headers = port, SimpleCookie(), headers
        self._line: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Hang up; the next call dials again."""
        if self._line is not None:
            self._line.close()
        self._line = None

    def log_in(self, name: str, password: str) -> None:
        """By name and password, as with the form."""
        _, page = self.ask("GET", "/login/login/")
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None
        form = {"csrfmiddlewaretoken": found[1].decode(), "login": name, "password": password}
        status, _ = self.ask("POST", "/login/login/", urlencode(form), "application/x-www-form-urlencoded")
        assert status == 302, "not logged in"

    def post(self, path: str, told: dict[str, Any]) -> int:
        """The status of a call of the API."""
        return self.ask("POST", path, json.dumps(told), "application/json")[0]

    def ask(self, method: str, path: str, body: str = "", kind: str = "") -> tuple[int, bytes]:
        """Status and content of an answer."""
        headers = self._headers | {"Cookie": "; ".join(f"{name}={one.value}" for name, one in self._cookies.items())}
        if body:
            headers |= {"Content-Type": kind, "X-CSRFToken": self._cookies["csrftoken"].value}
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            self._line.request(method, path, body or None, headers)
            answer = self._line.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            raise ConnectionError(str(problem)) from None
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self._cookies.load(value)
        return answer.status, content
