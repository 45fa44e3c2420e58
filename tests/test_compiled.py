"""Compiled functions: where they are kept, and that a place that cannot be written costs time and nothing else."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import math
from intrathecal.compiled import compiled
{before}
@compiled
def root(x: float) -> float:
    return x ** 0.5
assert root(2.0) == math.sqrt(2.0)
print("root", root(9.0))
"""


def ran(script: Path, before: str = "", **environment: str) -> str:
    """The output of a process of its own that compiles and calls a function of the file ``script``."""
    script.write_text(PROGRAM.format(before=before))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_what_is_compiled_is_kept(tmp_path: Path) -> None:
    """The second process finds what the first has compiled."""
    kept = tmp_path / "cache"
    for _ in range(2):
        assert ran(tmp_path / "rooted.py", NUMBA_CACHE_DIR=str(kept)) == "root 3.0\n"
    assert len(list(kept.rglob("*.nbi"))) == 1


@pytest.mark.parametrize("place", ["/dev/null/nowhere", "/proc/nowhere"])
def test_a_cache_that_cannot_be_made(tmp_path: Path, place: str) -> None:
    """Where the folder named for it cannot be made, the function is compiled without a word."""
    assert ran(tmp_path / "rooted.py", NUMBA_CACHE_DIR=place) == "root 3.0\n"


def test_no_place_at_all(tmp_path: Path) -> None:
    """Where numba finds no place to write to, as in a read-only image without a home, it compiles in every process."""
    nowhere = "from numba.core import caching\ncaching.CacheImpl._locator_classes = []\n"
    assert ran(tmp_path / "rooted.py", before=nowhere) == "root 3.0\n"


def test_a_cache_that_fills_up(tmp_path: Path) -> None:
    """Where a compiled function cannot be written after all, it is used from memory."""
    full = tmp_path / "full"
    full.mkdir()
    broken = (
        "from numba.core import caching\n"
        "def no_space(*whatever):\n    raise OSError(28, 'No space left on device')\n"
        "caching.IndexDataCacheFile.save = no_space\n"
    )
    assert ran(tmp_path / "rooted.py", before=broken, NUMBA_CACHE_DIR=str(full)) == "root 3.0\n"


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    """While another process writes what it compiled, this one waits: at once they would take the same name for two things."""
    kept, script = tmp_path / "cache", tmp_path / "rooted.py"
    ran(script, NUMBA_CACHE_DIR=str(kept))
    (lock,) = kept.rglob("lock")
    for index in kept.rglob("*.nbi"):
        index.unlink()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        other = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "NUMBA_CACHE_DIR": str(kept)})
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=10)
        assert not list(kept.rglob("*.nbi"))
    assert other.wait(timeout=120) == 0
    assert len(list(kept.rglob("*.nbi"))) == 1
