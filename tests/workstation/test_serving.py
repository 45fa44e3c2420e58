"""The workstation as a command: it says how to begin, answers, keeps to its headers, and ends when it is told to."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import pytest
from tests.workstation.processes import Caller, Server, intrathecal

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'clinic.sqlite3'}"


def test_the_first_administrator_of_a_clinic(database: str, tmp_path: Path) -> None:
    """An empty clinic says how to make one; whoever that is makes the others in the browser."""
    with Server(tmp_path, database) as server:
        said = (tmp_path / "server.log").read_text()
        assert "There are no accounts yet. Make the first: intrathecal account NAME --role administrator" in said
        made = intrathecal(
            "account", "ada", "--role", "administrator", home=tmp_path, database=database, typed="a long enough one\n"
        )
        assert made == "ada can log in.\n"
        caller = Caller(server.port, **{"X-Forwarded-For": "203.0.113.9"})
        caller.log_in("ada", "a long enough one")
        came = json.loads(caller.ask("GET", "/api/audit", "")[1])["items"][0]
        assert (came["did"], came["address"]) == ("logged in: password", "127.0.0.1"), "there is no trusted proxy"
        assert b"A new account" in caller.ask("GET", "/accounts/")[1]
        caller.close()
        began = time.monotonic()
        server.end()
        assert time.monotonic() - began < 10


def test_every_answer_has_its_headers(database: str, tmp_path: Path) -> None:
    """Pages, files, calls."""
    with Server(tmp_path, database) as server:
        for path in ("/login/login/", "/static/workstation/look.css", "/api/openapi.json"):
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=30) as answer:
                assert {name: answer.headers[name] for name in HEADERS} == HEADERS
                assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
                assert "unsafe" not in answer.headers["Content-Security-Policy"]
                assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_wrong_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Never a traceback."""
    for database in ("mysql://x/y", "postgresql://nobody@127.0.0.1:1/none", "sqlite:////no/such/folder/clinic.sqlite3"):
        with pytest.raises(AssertionError) as failed:
            intrathecal("backup", str(tmp_path / "b"), home=tmp_path, database=database)
        assert "Traceback" not in str(failed.value)
        assert "intrathecal:" in str(failed.value)
