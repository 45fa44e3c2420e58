"""A life that breaks an invariant, made as short as it can be and still break it."""

from __future__ import annotations

import time
from dataclasses import replace

from intrathecal.torture.plan import Happening, Plan
from intrathecal.torture.trial import live
from intrathecal.torture.violation import Violation


def shrink(plan: Plan, violation: Violation, seconds: float) -> tuple[Plan, Violation]:
    """Leave out what is not needed to break the same invariant, as long as there is time; returns the violation then."""
    shrinker = _Shrinker(plan, violation, time.monotonic() + seconds)
    shrinker.leave_out()
    shrinker.simplify()
    return shrinker.plan, shrinker.violation


class _Shrinker:
    def __init__(self, plan: Plan, violation: Violation, until: float) -> None:
        self.plan = plan
        self.violation = violation
        self._until = until

    def _breaks(self, plan: Plan) -> bool:
        """Whether a shorter plan breaks the same invariant; if so it is kept, cut off where it does."""
        if time.monotonic() > self._until:
            return False
        found = live(plan)
        if found.violation is None or found.violation.rule != self.violation.rule:
            return False
        happened = plan.happenings[: found.step]
        self.plan = replace(plan, happenings=happened, lasts=min(plan.lasts, max(found.lasted_ms, 1)))
        self.violation = found.violation
        return True

    def leave_out(self) -> None:
        """Half of the happenings, a quarter, ... one (Zeller's delta debugging, without its complements)."""
        self._breaks(self.plan)
        size = max(1, len(self.plan.happenings) // 2)
        while True:
            start = 0
            while start < len(self.plan.happenings):
                happenings = self.plan.happenings
                kept = happenings[:start] + happenings[start + size :]
                if not self._breaks(replace(self.plan, happenings=kept)):
                    start += size
            if size == 1:
                return
            size //= 2

    def simplify(self) -> None:
        """Plainer messages, plainer faults."""
        for index, happening in enumerate(self.plan.happenings):
            plain = Happening(happening.at, happening.kind, happening.amount, happening.lasts)
            if plain != happening and index < len(self.plan.happenings):
                happenings = list(self.plan.happenings)
                happenings[index] = plain
                self._breaks(replace(self.plan, happenings=tuple(happenings)))
