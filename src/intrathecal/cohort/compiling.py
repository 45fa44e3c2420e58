"""Compiled once, kept beside the source, and run without holding up other threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba  # type: ignore[import-untyped]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code; compiling takes place at its first call."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
