"""When alarms are heard again."""

from __future__ import annotations


class Sounder:
    """The pump's buzzer for alarms of one priority.

    An alarm is heard when it begins, when the pump starts, when a mute ends, and every ``interval_ms`` in between. Times are
    those of the clock's counter, which runs on when the pump's own stands still.
    """

    def __init__(self, interval_ms: int) -> None:
        self._interval = interval_ms
        self._heard: int | None = None

    def due(self, at: int, *, sounding: bool, fresh: bool, muted: bool) -> bool:
        """Whether what sounds must be heard now; an alarm that has just begun was heard by itself."""
        if fresh or not sounding:
            self._heard = at
        elif muted:
            self._heard = None
        elif self._heard is None or at - self._heard >= self._interval:
            self._heard = at
            return True
        return False

    def wait(self, at: int) -> int:
        """How long until what sounds is due, if nothing else happens."""
        return 0 if self._heard is None else max(0, self._heard + self._interval - at)
