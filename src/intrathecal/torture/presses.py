"""Whether the handset was answered rightly: lockout and daily count in true time, and reasons that hold."""

from __future__ import annotations

from intrathecal.torture.reading import DAY_MS, PL_PER_ML, Reading
from intrathecal.torture.violation import Violation


class Presses:
    """The boluses that a patient was given, at true times and on the pump's counter (ms)."""

    def __init__(self) -> None:
        self._real: list[int] = []
        self._counter: list[int] = []

    def given(self, reading: Reading, at: int, real: int, *, empty: bool) -> None:
        """A press was given at ``at`` on the counter. Raises `Violation`."""
        demand = reading.words.demand
        if demand is None:
            raise Violation("refusal", "a press was given without a clause for it")
        _, _, lockout, most = demand
        if self._real and real - self._real[-1] < lockout:
            raise Violation("lockout", f"two boluses in {real - self._real[-1]} ms, the lockout is {lockout} ms")
        today = sum(press > real - DAY_MS for press in self._real) + 1
        if today > most:
            raise Violation("daily-count", f"{today} boluses in 24 h, at most {most} are allowed")
        standing = _standing(reading, empty)
        if standing:
            raise Violation("refusal", f"a press was given although: {', '.join(standing)}")
        self._real.append(real)
        self._counter.append(at)

    def refused(self, reading: Reading, at: int, reason: str, *, empty: bool) -> None:
        """A press was refused. Raises `Violation` if the reason does not hold.

        Limits and the fastest flow are taken on trust where there are any to break.
        """
        found = _standing(reading, empty)
        demand = reading.words.demand
        if demand is not None:
            dose, over, lockout, most = demand
            if self._counter and at - self._counter[-1] < lockout:
                found.add("lockout")
            if sum(press > at - DAY_MS for press in self._counter) >= most:
                found.add("daily count")
            if reading.words.limits:
                found.add("limit")
            if dose * PL_PER_ML / reading.label / over > 0.01 * reading.figures.fastest:
                found.add("fastest flow")
        if reason not in found:
            raise Violation("refusal", f'a press was refused for "{reason}"; what holds is {found or "nothing"}')


def _standing(reading: Reading, empty: bool) -> set[str]:
    """What stands against every press."""
    holds = {
        "stopped": reading.stopped,
        "motor stall": reading.stalled,
        "battery reset": reading.safe,
        "bridge running": reading.bridge_left > 0,
        "priming": any(bolus.prime and bolus.left > 0 for bolus in reading.running),
        "end of service": reading.ended,
        "no patient bolus is programmed": reading.words.demand is None,
        "reservoir empty": empty,
    }
    return {reason for reason, held in holds.items() if held}
