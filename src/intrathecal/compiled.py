"""Functions over numbers and arrays that are compiled when they are first called, and kept on disk for every later run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

#: The rooms in which functions are compiled.
ROOMS = ("relief", "simulation", "cohort")


@cache
def _kept_in(chosen: str) -> str:
    """A folder, in the one that the user has ``chosen`` or the user's own, for machine code of exactly these sources.

    Numba looks only at the file of a function, not at those of the functions it calls: so the folder has the times and sizes
    of all sources in its name, and what was compiled from others is never found.
    """
    here, told = Path(__file__), hashlib.sha256()
    for file in (here, *(file for room in ROOMS for file in sorted((here.parent / room).glob("*.py")))):
        about = file.stat()
        told.update(f"{file} {about.st_mtime_ns} {about.st_size}\n".encode())
    name = told.hexdigest()[:16]
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "intrathecal"
    return chosen if Path(chosen).name == name else str(Path(chosen or user) / name)


def compiled(function: Function) -> Function:
    """The same ``function`` compiled by numba, with every operation as it is written; other threads run meanwhile.

    Where no folder can be written, or there is no space left, it is compiled anew in every process.
    """
    return cast(Function, _Compiled(function, frozenset()))


def inlined(function: Function) -> Function:
    """The same as `compiled`, written out wherever it is called: for what is called at every step and is handed many arrays.

    Every array is half a dozen numbers, and a call copies all of them.
    """
    return cast(Function, _Compiled(function, frozenset(), written_out=True))


def summed(function: Function) -> Function:
    """The same, where sums may be taken in any order and products be contracted into them: for dot products of many terms."""
    return cast(Function, _Compiled(function, frozenset({"reassoc", "contract", "nsz"})))


class _Compiled:
    """A function that is compiled when it is needed: numba takes a quarter of a second to load."""

    def __init__(self, function: Callable[..., Any], allowed: frozenset[str], written_out: bool = False) -> None:
        self._function, self._allowed, self._written_out = function, allowed, written_out
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self._made(*arguments)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where another compiled function calls it."""
        return self._made._numba_type_

    @cached_property
    def _made(self) -> Any:
        import numba

        config = _settings()
        # without a home, or with sources that cannot be looked at, numba finds a place, or none
        with suppress(OSError, RuntimeError):
            config.CACHE_DIR = _kept_in(config.CACHE_DIR)
        made = numba.njit(nogil=True, error_model="numpy", fastmath=set(self._allowed), forceinline=self._written_out)(
            self._function
        )
        with suppress(RuntimeError):  # no place can be written
            made.enable_caching()
            _keep_if_possible(made)
        return made


def _settings() -> Any:
    """Numba's own settings, which have no types."""
    from numba.core import config

    return config


def _keep_if_possible(made: Any) -> None:
    """Let a compiled function that cannot be written be used all the same: numba would raise in the middle of a run.

    One process writes at a time. Numba reads its index of what is kept, takes the next name and writes both: of two that do
    so at once, one would find the other's machine code under its own name.
    """
    write = made._cache.save_overload

    def save(signature: Any, result: Any) -> None:
        with suppress(OSError), _alone():
            write(signature, result)

    made._cache.save_overload = save


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of the folder; raises `OSError` where that cannot be."""
    import fcntl

    folder = Path(_settings().CACHE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
