"""The controller: ``step(state, event, now) -> state, actions``, a pure function.

It has no clock, motor, memory or radio of its own; `next_call` says when it must next be called. Between two calls it books
what happened by itself in as few quiet stretches as there were changes of rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from intrathecal.pump.booking import ZERO, advance, age, bolus_rates, next_change, settle, sound, start_boluses
from intrathecal.pump.course import Piece
from intrathecal.pump.forecast import mean_dose
from intrathecal.pump.hardware import DAY_MS, NS_PER_MS, PL_PER_ML
from intrathecal.pump.limits import base_doses, bolus_doses, bolus_piece, check_course, check_program, find_breach
from intrathecal.pump.schedule import base_pieces, starts
from intrathecal.pump.settings import Bridge, Demand, Orders, Settings
from intrathecal.pump.state import Action, Given, PressAnswer, ProgramRefused, Running, State, ceil_div

FOREVER = 400 * DAY_MS


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


Event = Tick | Press | Program | Refilled | Prime | Rotor | BatteryReset | Reset


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
    match event:
        case Press():
            return _press(state)
        case Program(orders):
            return _program(state, orders)
        case Refilled():
            return _refill(state, event)
        case Prime(volume, over):
            prime = Running("prime", state.now, state.now + over, volume / over, volume)
            return replace(state, running=(*state.running, prime)), []
        case Rotor(stalled):
            return replace(state, stalled=stalled and state.settings.hardware.senses_stall), []
        case BatteryReset():
            return replace(state, safe=True, running=(), bridge=None, bridge_labels=()), []
        case Reset():
            return _reset(state)
        case Tick():
            return state, []


def _reset(state: State) -> tuple[State, list[Action]]:
    """The program runs again, with the boluses that are due at this very moment."""
    return settle(replace(state, safe=False)) if state.safe else (state, [])


def _press(state: State) -> tuple[State, list[Action]]:
    reason = _refusal(state)
    demand = state.settings.orders.demand
    if reason or demand is None:
        return state, [PressAnswer(state.now, reason)]
    volume = state.settings.flow(demand.dose)
    bolus = Running("patient", state.now, state.now + demand.over, volume / demand.over, volume)
    recent = tuple(at for at in state.presses if at > state.now - max(DAY_MS, demand.lockout))
    state = replace(state, running=(*state.running, bolus), presses=(*recent, state.now))
    return state, [PressAnswer(state.now, "")]


def _refusal(state: State) -> str:
    """Why a press is refused; empty if it is not."""
    demand = state.settings.orders.demand
    standing = {
        "end of service": state.ended,
        "reservoir empty": state.empty,
        "motor stall": state.stalled,
        "battery reset": state.safe,
        "bridge running": state.bridge is not None,
        "priming": any(bolus.kind == "prime" for bolus in state.running),
        "no patient bolus is programmed": demand is None,
    }
    for reason, holds in standing.items():
        if holds:
            return reason
    if demand is None:
        return "no patient bolus is programmed"
    if state.presses and state.now < state.presses[-1] + demand.lockout:
        return "lockout"
    if sum(at > state.now - DAY_MS for at in state.presses) >= demand.max_per_day:
        return "daily count"
    if (
        _fastest_planned(state, demand.over) + state.settings.flow(demand.dose) / demand.over
        > state.settings.hardware.fastest
    ):
        return "fastest flow"
    return _limit_refusal(state, demand)


def _limit_refusal(state: State, demand: Demand) -> str:
    limits = state.settings.orders.limits
    if not limits:
        return ""
    bolus = bolus_piece(state.settings, state.ramp_origin, state.now, demand.dose, demand.over)
    last = state.now + demand.over + max(limit.per for limit in limits)
    # A bolus that began by itself this very moment is under way already: those to come begin later.
    coming = base_doses(state.settings, state.ramp_origin, state.now, last)
    coming += bolus_doses(state.settings, state.ramp_origin, state.began, state.now + 1, last)
    breach = find_breach(
        limits, [*_doses_given(state.given, state.settings), *coming, *_running_pieces(state), bolus], state.now
    )
    return "" if breach is None else "limit"


def _running_pieces(state: State) -> list[Piece]:
    """What boluses under way will still give, no later than asked or than their remaining amount needs."""
    pieces = []
    for bolus, rate in zip(state.running, bolus_rates(state), strict=True):
        if bolus.left > 0:
            end = max(bolus.until, state.now + 1)
            if rate > bolus.rate:
                end = state.now + ceil_div(bolus.left, rate)
            pieces.append((state.now, end, state.settings.dose(bolus.left) / (end - state.now)))
    return pieces


def _fastest_planned(state: State, over: int) -> Fraction:
    """The fastest flow that the program gives by itself during the next ``over`` ms, with the boluses under way."""
    settings, now = state.settings, state.now
    flows = [(start, end, flow) for start, end, flow in base_pieces(settings, state.ramp_origin, now, now + over)]
    flows += [
        (s.at, s.at + s.over, settings.flow(s.dose) / s.over)
        for s in starts(settings, state.began, now + 1, now + over)
    ]
    flows += [(now, max(bolus.until, now + 1), bolus.rate) for bolus in state.running if bolus.left > 0]
    return max((sum((flow for s, e, flow in flows if s <= at < e), ZERO) for at, _, _ in flows), default=ZERO)


def _program(state: State, orders: Orders) -> tuple[State, list[Action]]:
    settings = replace(state.settings, orders=orders)
    if mean_dose(settings, state.now, state.now) == 0:
        # A program that gives nothing means that nothing is to flow: it does not wait for a bridge to end.
        state = replace(state, bridge=None, bridge_labels=())
    bridge = _bridge_pieces(state)
    begins = bridge[-1][1] if bridge else state.now
    breach = check_program(settings, [*_doses_given(state.given, settings), *bridge], state.now, begins)
    if breach is not None:
        return state, [ProgramRefused(state.now, breach)]
    state = replace(state, settings=settings, began=state.now, ramp_origin=state.now, running=(), safe=False)
    return settle(state)


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
    bridge = _bridge_pieces(filled)
    answers: list[Action]
    if event.orders is not None:
        filled, answers = _program(filled, event.orders)
    elif bridge:
        # Windows and boluses wait and the ramp pauses while the bridge runs: its origin moves with the time.
        begins = bridge[-1][1]
        origin = state.ramp_origin + begins - state.now
        breach = check_course(settings, [*_doses_given(state.given, settings), *bridge], state.began, origin, begins)
        if breach is not None:
            return state, [ProgramRefused(state.now, breach)]
        filled, answers = settle(filled)
    else:
        filled, answers = settle(filled)
    refused = any(isinstance(answer, ProgramRefused) for answer in answers)
    return (state if refused else filled), answers


def _doses_given(given: Sequence[Given], settings: Settings) -> list[Piece]:
    """The memory as doses of the primary drug, whichever that was when they were given, as far back as a limit looks."""
    longest = max((limit.per for limit in settings.orders.limits), default=0)
    oldest = given[-1].end - longest if given else 0
    recent = [piece for piece in given if piece.end > oldest]
    doses = [(piece, dict(piece.labels).get(settings.primary, ZERO)) for piece in recent]
    return [(piece.start, piece.end, piece.flow * label / PL_PER_ML) for piece, label in doses if label > 0]


def _bridge_pieces(state: State) -> list[Piece]:
    """The bridge that is running, as a dose of the primary drug."""
    if state.bridge is None:
        return []
    rate = state.settings.hardware.possible(state.bridge.rate)
    length = ceil_div(state.bridge.volume, rate)
    dose = rate * dict(state.bridge_labels).get(state.settings.primary, ZERO) / PL_PER_ML
    return [(state.now, state.now + length, dose)]
