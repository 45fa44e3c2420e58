"""What was given, and what is under way, as doses of the primary drug in the course of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from intrathecal.pump.booking import ZERO
from intrathecal.pump.course import Piece
from intrathecal.pump.foresight import Under
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import Given, State, ceil_div


def doses_given(given: Sequence[Given], settings: Settings) -> list[Piece]:
    """The memory as doses of the primary drug, whichever that was when they were given, as far back as a limit looks."""
    longest = max((limit.per for limit in settings.orders.limits), default=0)
    oldest = given[-1].end - longest if given else 0
    recent = given[bisect_right(given, oldest, key=lambda piece: piece.end) :]
    doses = [(piece, dict(piece.labels).get(settings.primary, ZERO)) for piece in recent]
    return [(piece.start, piece.end, piece.flow * label / PL_PER_ML) for piece, label in doses if label > 0]


def running_boluses(state: State) -> list[Under]:
    """The boluses under way that have something left."""
    return [(bolus.rate, bolus.left) for bolus in state.running if bolus.rate > 0 and bolus.left > 0]


def bridge_pieces(state: State) -> list[Piece]:
    """The bridge that is running, as a dose of the primary drug."""
    if state.bridge is None:
        return []
    rate = state.settings.hardware.possible(state.bridge.rate)
    length = ceil_div(state.bridge.volume, rate)
    dose = rate * dict(state.bridge_labels).get(state.settings.primary, ZERO) / PL_PER_ML
    return [(state.now, state.now + length, dose)]
