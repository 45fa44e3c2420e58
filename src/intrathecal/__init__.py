"""Intrathecal drug delivery in open software: program a pump, run it, and follow every microgram.

A simulation for research and teaching; no medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intrathecal.simulation.api import Run, simulate
    from intrathecal.therapy import Program, Therapy, load_therapy

__version__ = "0.1.0"
__all__ = ["Program", "Run", "Therapy", "load_therapy", "simulate"]

_HOMES = {
    "Program": "intrathecal.therapy",
    "Therapy": "intrathecal.therapy",
    "load_therapy": "intrathecal.therapy",
    "Run": "intrathecal.simulation.api",
    "simulate": "intrathecal.simulation.api",
}


def __getattr__(name: str) -> Any:
    """Load a part of the public interface when it is first used, so that importing the package stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
