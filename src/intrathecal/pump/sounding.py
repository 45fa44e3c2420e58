"""When alarms are heard again."""

from __future__ import annotations

from intrathecal.pump.alarms import REPEAT_MS


class Sounder:
    """The pump's buzzer: an alarm is heard when it begins, when the pump starts, when a mute ends, and in between again.

    Times are those of the clock's counter, which runs on when the pump's own stands still.
    """

    def __init__(self) -> None:
        self._heard: int | None = None

    def due(self, at: int, *, sounding: bool, fresh: bool, muted: bool) -> bool:
        """Whether what sounds must be heard now; an alarm that has just begun was heard by itself."""
        if fresh or not sounding:
            self._heard = at
        elif muted:
            self._heard = None
        elif self._heard is None or at - self._heard >= REPEAT_MS:
            self._heard = at
            return True
        return False

    def wait(self, at: int) -> int:
        """How long until it may be due, if nothing else happens."""
        return REPEAT_MS if self._heard is None else max(0, self._heard + REPEAT_MS - at)
