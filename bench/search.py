"""The loosest tolerance at which a method is as good as is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def loosest(error: Callable[[float], float], tolerances: Sequence[float], largest: float) -> float | None:
    """The first of ``tolerances``, the loosest first, whose ``error`` is at most ``largest``; none if there is no such one.

    A tolerance at which the method gives up, with an `ArithmeticError` or a `RuntimeError`, is not good enough.
    """
    for tolerance in tolerances:
        try:
            found = error(tolerance)
        except (ArithmeticError, RuntimeError):
            continue
        if found <= largest:
            return tolerance
    return None
