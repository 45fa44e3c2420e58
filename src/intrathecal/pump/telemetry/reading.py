"""What the pump tells of itself."""

from __future__ import annotations

from hashlib import sha256

from intrathecal.pump.booking import asked_flow, flow_given
from intrathecal.pump.controller import Press, step
from intrathecal.pump.encoding import to_text
from intrathecal.pump.forecast import auto_bridge
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import PressAnswer, State
from intrathecal.pump.telemetry.messages import Fill, KnownKey, Readiness, Reading, Sounding
from intrathecal.pump.unit import Unit


def reading(unit: Unit) -> Reading:
    """All that a programmer may know, as of now."""
    book, now = unit.book, unit.now()
    return Reading(
        serial=book.identity.serial,
        model=book.identity.model,
        now=now,
        wall_ms=book.wall(now),
        offset_minutes=book.offset_minutes,
        program=book.text,
        basis=basis_of(unit),
        fill=None if unit.state is None else _fill(unit.state, now, unit.failed),
        failed=unit.failed,
        uncertain=unit.uncertain,
        alarms=sounding(unit),
        keys=tuple(KnownKey(name, paired.role, paired.name) for name, paired in book.paired.items()),
        events=tuple(book.events),
        faults=tuple(book.faults),
    )


def readiness(unit: Unit) -> Readiness:
    """What a handset may know."""
    if unit.state is None:
        return Readiness("the pump is not filled yet", sounding(unit))
    return Readiness(unit.failed or press_refusal(unit.state, unit.now()), sounding(unit))


def press_refusal(state: State, now: int) -> str:
    """Why a press at ``now`` would be refused; empty if it would not. Nothing is changed."""
    _, actions = step(state, Press(), now)
    return next(action.reason for action in reversed(actions) if isinstance(action, PressAnswer))


def basis_of(unit: Unit) -> str:
    """What changes with everything that a new program or refill is shown beside; empty before the first fill."""
    state = unit.state
    if state is None:
        return ""
    # What is left and what was given are constant in sum until the next refill, and tell two equal refills apart.
    filled = state.reservoir_pL + state.counted_pL
    shown = (to_text(Settings, state.settings), unit.book.text, state.began, state.filled_pL, filled, state.stopped)
    return sha256("\n".join(map(str, shown)).encode()).hexdigest()


def sounding(unit: Unit) -> tuple[Sounding, ...]:
    """The alarms that sound."""
    return tuple(Sounding(alarm.at, alarm.name, alarm.priority) for alarm in unit.alarms())


def _fill(state: State, now: int, failed: str) -> Fill:
    return Fill(
        settings=state.settings,
        began=state.began,
        steps=state.steps,
        reservoir_pL=state.reservoir_pL,
        booked=state.booked,
        battery_ns=state.battery_ns,
        asked=asked_flow(state),
        flow=flow_given(state),
        bridging=state.bridge is not None,
        bridge=auto_bridge(state),
        stopped=state.stopped,
        safe=state.safe,
        refusal=failed or press_refusal(state, now),
    )
