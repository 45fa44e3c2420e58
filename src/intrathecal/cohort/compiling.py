"""Compiled once, kept beside the source, and run without holding up other threads.

What is kept is thrown away when the file that holds the function changes, not when a file changes whose functions it calls:
who works on one of these deletes the `*.nbc` and `*.nbi` in `__pycache__`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code; compiling takes place at its first call."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
