"""Functions over numbers and arrays that are compiled when they are first called, and kept on disk for every later run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

#: Products and sums may be contracted and divisions become products; order and what is no number stay as written.
ALLOWED = {"contract", "arcp", "nsz"}


def compiled(function: Function) -> Function:
    """The same ``function`` compiled by numba, which lets other threads run meanwhile.

    It is kept beside its source or in the user's cache folder (or where ``NUMBA_CACHE_DIR`` says), and compiled anew in every
    process where none of these can be written or there is no space left.
    """
    made = numba.njit(nogil=True, error_model="numpy", fastmath=ALLOWED)(function)
    with suppress(RuntimeError):  # no place can be written
        made.enable_caching()
        _keep_if_possible(made)
    return cast(Function, made)


def _keep_if_possible(made: Any) -> None:
    """Let a compiled function that cannot be written be used all the same: numba would raise in the middle of a run."""
    write = made._cache.save_overload

    def save(signature: Any, result: Any) -> None:
        with suppress(OSError):
            write(signature, result)

    made._cache.save_overload = save
