"""What a pump forgets, or does again, when it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tests.torture.defects.defect import COARSE, HOUR, MINUTE, Defect, Patch, cuts, situation

from intrathecal.pump import unit
from intrathecal.pump.book import Book, Identity
from intrathecal.pump.life import Life
from intrathecal.pump.memory.memory import Recovered
from intrathecal.pump.records import Told, from_payload
from intrathecal.pump.state import State
from intrathecal.torture.plan import Happening


def _forgetting(change: Callable[[State], State]) -> Callable[[Patch], None]:
    """Something of the state is lost when the pump starts."""

    def switch_on(patch: Patch) -> None:
        right = Life._opened

        def wrong(self: Life, at: int, utc: int, version: str) -> None:
            right(self, at, utc, version)
            if self.state is not None:
                self.state = change(self.state)

        patch.setattr(Life, "_opened", wrong)

    return switch_on


def _alarms_forgotten(patch: Patch) -> None:
    right = Life._opened

    def wrong(self: Life, at: int, utc: int, version: str) -> None:
        right(self, at, utc, version)
        self.since.clear()

    patch.setattr(Life, "_opened", wrong)


def _log_cut_off(patch: Patch) -> None:
    right = Life._opened

    def wrong(self: Life, at: int, utc: int, version: str) -> None:
        kept = self.book.image
        self.book = Book.of(replace(kept, events=kept.events[-3:]))
        right(self, at, utc, version)

    patch.setattr(Life, "_opened", wrong)


def _told_twice(patch: Patch) -> None:
    right = unit._read

    def wrong(recovered: Recovered, identity: Identity) -> Life:
        life = right(recovered, identity)
        newest = from_payload(recovered.payloads[-1]) if recovered.payloads else None
        if isinstance(newest, Told):
            life.apply(newest)
        return life

    patch.setattr(unit, "_read", wrong)


PRESSED = "2.4 mg/day\non demand 0.2 mg over 10 min, lockout 1 h, max 4 per day"
LONG_BOLUS = "2.4 mg/day\non demand 0.2 mg over 30 min, lockout 1 h, max 4 per day"
LIMITED = "0.6 mg/day\non demand 0.05 mg over 4 min, lockout 10 min, max 24 per day\nlimit 0.1 mg per 1 h"

PRESS_CUT_PRESS = situation(
    [PRESSED],
    40 * MINUTE,
    Happening(10 * MINUTE, "press"),
    Happening(20 * MINUTE, "power-cut", 3, MINUTE),
    Happening(30 * MINUTE, "press"),
)
CUT_IN_BOLUS = situation(
    [LONG_BOLUS], HOUR, Happening(10 * MINUTE, "press"), Happening(20 * MINUTE, "power-cut", 3, MINUTE)
)
CUT_IN_LIMIT = situation(
    [LIMITED],
    90 * MINUTE,
    Happening(10 * MINUTE, "press"),
    Happening(20 * MINUTE, "power-cut", 3, MINUTE),
    Happening(30 * MINUTE, "press"),
)
MANY_CUTS = situation(["12 mg/day"], 2 * HOUR, *cuts(2 * MINUTE, 7 * MINUTE, [1] * 12), model=COARSE)
CUT_WHILE_STOPPED = situation(
    ["12 mg/day"],
    HOUR,
    Happening(10 * MINUTE, "stop"),
    Happening(20 * MINUTE, "power-cut", 3, MINUTE),
)
CUT_WHILE_RESET = situation(
    ["12 mg/day"],
    HOUR,
    Happening(10 * MINUTE, "battery-reset"),
    Happening(20 * MINUTE, "power-cut", 3, MINUTE),
)
CUT_AFTER_PRIME = situation(
    ["2.4 mg/day"], HOUR, Happening(10 * MINUTE, "prime"), Happening(10 * MINUTE + 1, "power-cut", 0, MINUTE)
)

DEFECTS = (
    Defect(
        "lockout forgotten at restart",
        "presses are not remembered when the power comes back",
        _forgetting(lambda state: replace(state, presses=())),
        PRESS_CUT_PRESS,
        "lockout",
        "two boluses in",
    ),
    Defect(
        "boluses under way forgotten at restart",
        "the rest of a bolus is dropped when the power comes back",
        _forgetting(lambda state: replace(state, running=())),
        CUT_IN_BOLUS,
        "dose",
        "the words ask for",
    ),
    Defect(
        "partial stroke lost at restart",
        "what is owed and not yet a whole step is dropped when the power comes back",
        _forgetting(lambda state: replace(state, owed=Fraction(0))),
        MANY_CUTS,
        "dose",
        "the words ask for",
    ),
    Defect(
        "emergency stop forgotten at restart",
        "the pump runs again after a power cut",
        _forgetting(lambda state: replace(state, stopped_at=None)),
        CUT_WHILE_STOPPED,
        "alarm",
        '"stopped-by-command" does not sound',
    ),
    Defect(
        "battery reset forgotten at restart",
        "the program runs again after a power cut, unasked",
        _forgetting(lambda state: replace(state, safe=False)),
        CUT_WHILE_RESET,
        "alarm",
        '"battery-reset" does not sound',
    ),
    Defect(
        "given doses forgotten at restart",
        "limits do not know what was given before a power cut",
        _forgetting(lambda state: replace(state, given=())),
        CUT_IN_LIMIT,
        "limit",
        "the limit is",
    ),
    Defect(
        "alarms forgotten at restart",
        "what sounded before a power cut is not shown after it",
        _alarms_forgotten,
        CUT_WHILE_STOPPED,
        "alarm",
        "does not sound",
    ),
    Defect(
        "log cut off at restart",
        "only the newest entries outlast a power cut",
        _log_cut_off,
        PRESS_CUT_PRESS,
        "log",
        "is gone",
    ),
    Defect(
        "record applied twice after a restart",
        "what the newest record tells is done once more when the memory is read",
        _told_twice,
        CUT_AFTER_PRIME,
        "replay",
        "was read again",
    ),
)
