"""Commands as a stranger calls them, in this process, and what they leave behind."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.programmer.processes import Pump

from intrathecal.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def call(*arguments: object) -> Done:
    """Run the command as its entry point does, in this process (it starts faster), without a terminal."""
    said, complained = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
        patch.setattr(sys, "argv", ["intrathecal", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.StringIO("y\n"))
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    return Done(code if isinstance(code, int) else 0, said.getvalue(), complained.getvalue())


def refused(done: Done, code: int, *words: str) -> None:
    """One message with these words, this exit code, and nothing that looks like a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def told(pump: Pump, key: Path) -> dict[str, object]:
    """The figures of `interrogate`."""
    done = call("interrogate", pump.address, "--key", key, "--json", "-")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, object] = json.loads(done.stdout)
    return found
