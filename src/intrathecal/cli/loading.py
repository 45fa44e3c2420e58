"""Loading of what a command needs to the end of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage meanwhile, and never again in what is there afterwards: a tenth of the start is spent on that."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
