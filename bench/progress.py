"""What is running, and about how long it will take: one line at a time on standard error."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from time import perf_counter


@dataclass
class Progress:
    """A bench of several sections, of which ``expected_s`` says how long each took when it was last measured."""

    expected_s: tuple[float, ...]
    section: int = -1
    began: float = field(default_factory=perf_counter)

    def enter(self, title: str) -> None:
        """The next section begins."""
        self.section += 1
        self.began = perf_counter()
        self.say(title)

    @property
    def left_s(self) -> float:
        """About how long is left."""
        spent = perf_counter() - self.began
        return max(0.0, self.expected_s[self.section] - spent) + sum(self.expected_s[self.section + 1 :])

    def say(self, what: str) -> None:
        """Now ``what`` is running."""
        minutes = self.left_s / 60
        left = f"about {minutes:.0f} min left" if minutes >= 1 else "less than a minute left"
        print(f"[{self.section + 1}/{len(self.expected_s)}] {what}; {left}", file=sys.stderr, flush=True)
