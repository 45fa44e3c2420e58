"""The controller: ``step(state, event, now) -> state, actions``, a pure function.

It has no clock, motor, memory or radio of its own; `next_call` says when it must next be called. Between two calls it books
what happened by itself in as few quiet stretches as there were changes of rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from intrathecal.pump import alarms
from intrathecal.pump.booking import ZERO, advance, age, next_change, settle, sound, start_boluses
from intrathecal.pump.counting import stray
from intrathecal.pump.forecast import mean_dose
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, NS_PER_MS
from intrathecal.pump.limits import LimitBreach, Outset, check_course, check_program
from intrathecal.pump.pieces import bridge_pieces, doses_given, running_boluses
from intrathecal.pump.pressing import refusal, standing
from intrathecal.pump.settings import Bridge, Orders, Settings
from intrathecal.pump.state import (
    Action,
    ClockKept,
    ClockSet,
    PressAnswer,
    ProgramRefused,
    Refused,
    Running,
    State,
)

FOREVER = 400 * DAY_MS
#: Two clocks that differ by less agree.
CLOCK_TOLERANCE_MS = MS_PER_S
#: A wall clock that is further ahead is not believed: a pump that stood so long without power is looked at by a person.
LONGEST_WITHOUT_POWER_MS = 31 * DAY_MS


@dataclass(frozen=True)
class Tick:
    """Nothing but time has passed."""


@dataclass(frozen=True)
class Press:
    """The patient asks for a bolus."""


@dataclass(frozen=True)
class Program:
    """New orders replace every clause; lockout and the memory of doses stay."""

    orders: Orders


@dataclass(frozen=True)
class Refilled:
    """The pump is told the volume in the reservoir, the label and a bridge for the old drug in the line.

    ``orders`` come at the same time when the primary drug changes with its program.
    """

    volume_pL: int
    primary: str
    labels: tuple[tuple[str, Fraction], ...]
    bridge: Bridge | None = None
    orders: Orders | None = None


@dataclass(frozen=True)
class Prime:
    """A priming bolus of ``volume`` pL over ``over`` ms."""

    volume: Fraction
    over: int


@dataclass(frozen=True)
class Rotor:
    """The motor is seen to stand still, or to turn again."""

    stalled: bool


@dataclass(frozen=True)
class BatteryReset:
    """The electronics restarted and lost the program: the pump runs at its minimum rate until it is set again."""


@dataclass(frozen=True)
class Reset:
    """A programmer resets the pump after a stall or a battery reset; the program runs again."""


@dataclass(frozen=True)
class Stop:
    """Emergency stop: nothing flows until `Resume` or an accepted program."""


@dataclass(frozen=True)
class Resume:
    """An emergency stop ends; the program runs again from this moment."""


@dataclass(frozen=True)
class Mute:
    """Alarms that sound are silent for a while; a second mute does not lengthen a running one."""


@dataclass(frozen=True)
class ClockSeen:
    """The wall clock after a time without power: local ms since a Monday 00:00, on the same scale as `Settings.clock`."""

    wall: int


@dataclass(frozen=True)
class BatterySensed:
    """The battery's measured charge, as a fraction of a full one."""

    left: Fraction


@dataclass(frozen=True)
class Strayed:
    """The rotor was found ``steps`` further on than it was asked to go."""

    steps: int


Event = (
    Tick
    | Press
    | Program
    | Refilled
    | Prime
    | Rotor
    | BatteryReset
    | Reset
    | Stop
    | Resume
    | Mute
    | ClockSeen
    | BatterySensed
    | Strayed
)


def fresh(settings: Settings, volume_pL: int, now: int, age_ms: int = 0) -> State:
    """A pump just filled and programmed; ``age_ms`` have passed since it was implanted."""
    state = State(
        settings=settings,
        now=now,
        began=now,
        ramp_origin=now,
        reservoir_pL=volume_pL,
        filled_pL=volume_pL,
        booked=tuple((drug, ZERO) for drug, _ in settings.labels),
        battery_ns=max(0, age_ms) * NS_PER_MS,
        low_at=now if volume_pL <= settings.low_reservoir_pL else None,
    )
    return start_boluses(age(state))


def step(state: State, event: Event, now: int) -> tuple[State, list[Action]]:
    """Book what happened up to ``now``, then act on the event. ``now`` may not lie before the state's own time."""
    if now < state.now:
        raise ValueError(f"the counter cannot go back from {state.now} to {now} ms")
    state, actions = advance(state, now)
    state, answers = _act(state, event)
    state, sounded = sound(state)
    return state, actions + answers + sounded


def next_call(state: State) -> int:
    """When the controller must next be called, at the latest."""
    return next_change(state, state.now + FOREVER)


def _act(state: State, event: Event) -> tuple[State, list[Action]]:
    """What a person asks for; what the pump feels by itself is another matter."""
    match event:
        case Press():
            return _press(state)
        case Program(orders):
            return _program(state, orders)
        case Refilled():
            return _refill(state, event)
        case Prime():
            return _prime(state, event)
        case Reset():
            return _reset(state)
        case Stop():
            stopped_at = state.now if state.stopped_at is None else state.stopped_at
            return replace(state, stopped_at=stopped_at, running=()), []
        case Resume():
            return _resume(state)
        case Mute():
            return _mute(state), []
        case _:
            return _feel(state, event)


def _feel(
    state: State, event: Tick | Rotor | BatteryReset | ClockSeen | BatterySensed | Strayed
) -> tuple[State, list[Action]]:
    match event:
        case Rotor(stalled=True):
            return replace(state, stalled=state.settings.hardware.senses_stall), []
        case Rotor():
            return _turn_again(state)
        case BatteryReset():
            return replace(state, safe=True, running=(), bridge=None, bridge_labels=()), []
        case ClockSeen(wall):
            return _see_clock(state, wall)
        case BatterySensed(left):
            used = int((1 - left) * (state.settings.hardware.life_ns or 0))
            return replace(state, battery_ns=max(state.battery_ns, used)), []
        case Strayed(steps):
            return stray(state, steps), []
        case Tick():  # pragma: no branch - the last there is
            return state, []


def _turn_again(state: State) -> tuple[State, list[Action]]:
    """A bridge that stood still held up the program, which now meets another time: one that would break a limit is stopped."""
    turning = replace(state, stalled=False)
    if not state.stalled or state.bridge is None or state.stopped:
        return turning, []
    breach = _breach_ahead(turning)
    if breach is None:
        return turning, []
    return replace(turning, stopped_at=state.now, running=()), [ProgramRefused(state.now, breach)]


def _prime(state: State, event: Prime) -> tuple[State, list[Action]]:
    """What could not flow now would be lost, or come when nobody expects it: it is refused."""
    reason = standing(state)
    if reason:
        return state, [Refused(state.now, reason)]
    prime = Running("prime", state.now, state.now + event.over, event.volume / event.over, event.volume)
    return replace(state, running=(*state.running, prime)), []


def _resume(state: State) -> tuple[State, list[Action]]:
    """The ramp paused meanwhile, so that it now meets other days of the week than when the program was accepted."""
    return _go_on(state, replace(state, stopped_at=None)) if state.stopped else (state, [])


def _go_on(state: State, running: State) -> tuple[State, list[Action]]:
    """Let the pump run again as ``running``, with the boluses that are due at this very moment, if its limits hold."""
    breach = _breach_ahead(running)
    if breach is not None:
        return state, [ProgramRefused(state.now, breach)]
    return settle(running)


def _breach_ahead(state: State) -> LimitBreach | None:
    """The limit that would be broken if the pump runs on from here: the bridge first, and then the program."""
    bridge = bridge_pieces(state)
    begins = bridge[-1][1] if bridge else state.now
    before = [*doses_given(state.given, state.settings), *bridge]
    outset = Outset(state.began, state.ramp_origin + begins - state.now, begins)
    return check_course(state.settings, before, outset, after=state.now, under_way=running_boluses(state))


def _mute(state: State) -> State:
    if state.muted(state.now) or not state.sounding:
        return state
    return replace(state, muted_until=state.now + alarms.MUTE_MS)


def _see_clock(state: State, wall: int) -> tuple[State, list[Action]]:
    """Put the schedule's clock forward by a plausible time without power, if its limits hold then too.

    What had begun keeps its local time: a rhythm of 14 days stays on its day.
    """
    settings = state.settings
    by = wall - settings.clock - state.now
    if abs(by) < CLOCK_TOLERANCE_MS:
        return state, []
    if by < 0:
        return state, [ClockKept(state.now, by, "it lies behind the pump's own")]
    if by > LONGEST_WITHOUT_POWER_MS:
        return state, [ClockKept(state.now, by, "it is further ahead than a pump stands without power")]
    moved = replace(state, settings=replace(settings, clock=settings.clock + by), began=state.began - by)
    if _breach_ahead(moved) is not None:
        return state, [ClockKept(state.now, by, "a limit would be broken")]
    return moved, [ClockSet(state.now, by)]


def _reset(state: State) -> tuple[State, list[Action]]:
    """What flowed at the minimum rate counts for the limits too: the program may have to wait."""
    return _go_on(state, replace(state, safe=False)) if state.safe else (state, [])


def _press(state: State) -> tuple[State, list[Action]]:
    reason = refusal(state)
    demand = state.settings.orders.demand
    if reason or demand is None:
        return state, [PressAnswer(state.now, reason)]
    volume = state.settings.flow(demand.dose)
    bolus = Running("patient", state.now, state.now + demand.over, volume / demand.over, volume)
    recent = tuple(at for at in state.presses if at > state.now - max(DAY_MS, demand.lockout))
    state = replace(state, running=(*state.running, bolus), presses=(*recent, state.now))
    return state, [PressAnswer(state.now, "")]


def _program(state: State, orders: Orders) -> tuple[State, list[Action]]:
    settings, cleared = replace(state.settings, orders=orders), state
    if mean_dose(settings, state.now, state.now) == 0 and orders.demand is None:
        # A program that gives nothing means that nothing is to flow: it does not wait for a bridge to end.
        cleared = replace(state, bridge=None, bridge_labels=())
    bridge = bridge_pieces(cleared)
    begins = bridge[-1][1] if bridge else state.now
    breach = check_program(settings, [*doses_given(state.given, settings), *bridge], state.now, begins)
    if breach is not None:
        return state, [ProgramRefused(state.now, breach)]
    started = replace(cleared, settings=settings, began=state.now, ramp_origin=state.now, running=())
    return settle(replace(started, safe=False, stopped_at=None))


def _refill(state: State, event: Refilled) -> tuple[State, list[Action]]:
    settings = replace(state.settings, primary=event.primary, labels=event.labels)
    filled = replace(
        state,
        settings=settings,
        reservoir_pL=event.volume_pL,
        filled_pL=event.volume_pL,
        low_at=None,
        running=(),
        bridge=event.bridge,
        bridge_labels=state.settings.labels if event.bridge else (),
    )
    if event.orders is not None:
        after, answers = _program(filled, event.orders)
        refused = any(isinstance(answer, ProgramRefused) for answer in answers)
        return (state if refused else after), answers
    if event.bridge is None and state.bridge is None and settings.labels == state.settings.labels:
        return settle(filled)
    # Windows and boluses wait and the ramp pauses while a bridge runs, and they wait no longer than that when it is cut
    # short. At another label a dose may need a flow that is slower than the slowest, and then more is given than is asked.
    return _go_on(state, filled)
