"""What keeps a flood small: buckets that fill up again with time, and log entries that stand for many."""

from __future__ import annotations

from dataclasses import dataclass, field


class Bucket:
    """At most ``size`` at once and then one every ``ms_each``, on a counter that never goes back."""

    def __init__(self, size: int, ms_each: int) -> None:
        self._size = size
        self._ms_each = ms_each
        self._full_at = 0  # when it would be full again

    def has(self, now: int) -> bool:
        """Whether one may pass at ``now``."""
        return max(self._full_at - now, 0) <= (self._size - 1) * self._ms_each

    def take(self, now: int) -> bool:
        """Let one pass if one may."""
        if not self.has(now):
            return False
        self._full_at = max(self._full_at, now) + self._ms_each
        return True


@dataclass
class _Kind:
    bucket: Bucket
    unwritten: int = 0


@dataclass
class Sieve:
    """Which of many like happenings are written down: the first few of a kind, and later ones with how many went before.

    ``size`` entries of each kind at once, then one every ``ms_each``: so few that no flood washes an event log away.
    """

    size: int
    ms_each: int
    _kinds: dict[str, _Kind] = field(default_factory=dict)

    def pass_on(self, kind: str, text: str, now: int) -> str:
        """The text to write; empty if this one is only counted. ``kind`` must come from a short list."""
        seen = self._kinds.setdefault(kind, _Kind(Bucket(self.size, self.ms_each)))
        if not seen.bucket.take(now):
            seen.unwritten += 1
            return ""
        before, seen.unwritten = seen.unwritten, 0
        return f"{text} ({before} more like it since the entry before)" if before else text
