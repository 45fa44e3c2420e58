"""Whether the patient's handset gives a bolus now, and why not."""

from __future__ import annotations

from fractions import Fraction

from intrathecal.pump.booking import ZERO
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.limits import Outset, check_course
from intrathecal.pump.pieces import doses_given, running_boluses
from intrathecal.pump.schedule import base_pieces, starts
from intrathecal.pump.settings import Demand
from intrathecal.pump.state import State

#: Why nothing is given during an emergency stop.
STOPPED = "stopped"
EMPTY = "reservoir empty"
STALLED = "motor stall"
BRIDGING = "bridge running"
PRIMING = "priming"
#: What the program itself has against a press, in the order in which it is looked for.
NO_DEMAND = "no patient bolus is programmed"
LOCKOUT = "lockout"
DAILY_COUNT = "daily count"
FASTEST_FLOW = "fastest flow"
LIMIT = "limit"


def standing(state: State) -> str:
    """Why no bolus that a person asks for can be given now, whichever; empty if one can."""
    reasons = {
        "end of service": state.ended,
        EMPTY: state.empty,
        STALLED: state.stalled,
        STOPPED: state.stopped,
        "battery reset": state.safe,
        BRIDGING: state.bridge is not None,
        PRIMING: any(bolus.kind == "prime" for bolus in state.running),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def refusal(state: State) -> str:
    """Why a press is refused; empty if it is not."""
    demand = state.settings.orders.demand
    reason = standing(state)
    if reason:
        return reason
    if demand is None:
        return NO_DEMAND
    if state.presses and state.now < state.presses[-1] + demand.lockout:
        return LOCKOUT
    if sum(at > state.now - DAY_MS for at in state.presses) >= demand.max_per_day:
        return DAILY_COUNT
    if (
        fastest_planned(state, demand.over) + state.settings.flow(demand.dose) / demand.over
        > state.settings.hardware.fastest
    ):
        return FASTEST_FLOW
    return _limit(state, demand)


def refused_until(state: State, reason: str) -> int | None:
    """Up to when (ms) presses go on to be refused for the ``reason`` for which one is refused now; None: for ever.

    Meant is a pump that nobody else touches: then what is `standing` begins at any time and does not end before. Now, where
    the next press may be answered otherwise.
    """
    demand = state.settings.orders.demand
    if reason == NO_DEMAND:
        return None
    if demand is not None and reason == LOCKOUT:
        return state.presses[-1] + demand.lockout
    if demand is not None and reason == DAILY_COUNT:
        return state.presses[-demand.max_per_day] + DAY_MS
    return state.now


def _limit(state: State, demand: Demand) -> str:
    """The plan alone is known to keep its limits: windows count as long as they hold something of the boluses under way."""
    settings, limits = state.settings, state.settings.orders.limits
    if not limits or demand.dose == 0:
        return ""
    volume = settings.flow(demand.dose)
    under_way = [*running_boluses(state), (volume / demand.over, volume)]
    longest = sum(-(-left // min(rate, settings.hardware.fastest)) for rate, left in under_way)
    until = state.now + longest + max(limit.per for limit in limits)
    outset = Outset(state.began, state.ramp_origin, state.now)
    given = doses_given(state.given, settings)
    return LIMIT if check_course(settings, given, outset, under_way=under_way, until=until) else ""


def fastest_planned(state: State, over: int) -> Fraction:
    """The fastest flow that the program gives by itself during the next ``over`` ms, with the boluses under way."""
    settings, now = state.settings, state.now
    flows = [(start, end, flow) for start, end, flow in base_pieces(settings, state.ramp_origin, now, now + over)]
    flows += [
        (s.at, s.at + s.over, settings.flow(s.dose) / s.over)
        for s in starts(settings, state.began, now + 1, now + over)
    ]
    flows += [(now, max(bolus.until, now + 1), bolus.rate) for bolus in state.running if bolus.left > 0]
    return max((sum((flow for s, e, flow in flows if s <= at < e), ZERO) for at, _, _ in flows), default=ZERO)
