"""Clocks of a pump: the real one, faster than life if one likes, and one that a test or a simulation moves."""

from __future__ import annotations

import time

#: Runs on while a computer sleeps, so that a pump notices that it was not called.
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class RealClock:
    """The computer's clocks, ``speed`` times as fast since this was made; implements `pump.motor.Clock`."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._began = time.clock_gettime(_BOOT)
        self._wall = time.time()

    def counter_ms(self) -> int:
        """Milliseconds since this was made."""
        return int((time.clock_gettime(_BOOT) - self._began) * 1000 * self._speed)

    def wall_ms(self) -> int:
        """Milliseconds of UTC since 1970; at another speed than life's it leaves the true time from the start on."""
        if self._speed == 1:
            return int(time.time() * 1000)
        return int(self._wall * 1000) + self.counter_ms()


class FakeClock:
    """A clock that stands until it is moved; implements `pump.motor.Clock`."""

    def __init__(self, wall_ms: int = 0) -> None:
        self._counter = 0
        self._wall = wall_ms

    def counter_ms(self) -> int:
        """Milliseconds of this power-up."""
        return self._counter

    def wall_ms(self) -> int:
        """Milliseconds of UTC since 1970."""
        return self._wall

    def go(self, ms: int) -> None:
        """Let time pass."""
        if ms < 0:
            raise ValueError("time does not go back; use jump for a clock that is put wrong")
        self._counter += ms
        self._wall += ms

    def power_off(self, ms: int) -> None:
        """Let time pass without power: the counter begins again."""
        self.go(ms)
        self._counter = 0

    def jump(self, ms: int) -> None:
        """Put the wall clock wrong."""
        self._wall += ms
