"""Where every microgram is: what came in, and what left by each way that is not elimination by the body."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from intrathecal.flow import Array


@dataclass(frozen=True)
class Ledger:
    """Running totals in ug, one entry per drug (arrays of shape (drugs,))."""

    entered: Array
    removed: Array
    leaked: Array
    pocket: Array
    degraded: Array

    @classmethod
    def blank(cls, drugs: int) -> Ledger:
        """A ledger before anything has entered."""
        return cls(*(np.zeros(drugs) for _ in range(5)))

    def add(
        self,
        *,
        entered: Array | float = 0.0,
        removed: Array | float = 0.0,
        leaked: Array | float = 0.0,
        pocket: Array | float = 0.0,
        degraded: Array | float = 0.0,
    ) -> Ledger:
        """The ledger with these amounts added (ug)."""
        return replace(
            self,
            entered=self.entered + entered,
            removed=self.removed + removed,
            leaked=self.leaked + leaked,
            pocket=self.pocket + pocket,
            degraded=self.degraded + degraded,
        )
