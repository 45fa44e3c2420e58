"""Functions over numbers and arrays that are compiled when they are first called, and kept on disk for every later run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The same ``function`` compiled by numba, with every operation as it is written; other threads run meanwhile.

    It is kept beside its source or in the user's cache folder (or where ``NUMBA_CACHE_DIR`` says), and compiled anew in every
    process where none of these can be written.
    """
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return cast(Function, made)
