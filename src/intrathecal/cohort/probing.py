"""What the controller gives, in a state of its course without presses, once the patient's bolus is under way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from intrathecal.pump.booking import bolus_rates, flow_given
from intrathecal.pump.pressing import PRIMING, STALLED, standing
from intrathecal.pump.state import Running, State

#: What stands against a press and leaves a bolus that runs already as it is, or lets it pass in vain.
WAITS = ("", STALLED, PRIMING)


@dataclass(frozen=True)
class Probed:
    """The flow that the motor is driven at with a bolus, and the flow that the bolus asks for (pL/ms).

    ``is_clamped`` says that it gets another one while the motor turns, or that boluses under way do than without it.
    """

    flow: Fraction
    bolus: Fraction
    is_clamped: bool


def probed(state: State) -> Probed | None:
    """The pump of ``state`` with one patient's bolus; None where none can be under way."""
    demand = state.settings.orders.demand
    if demand is None or standing(state) not in WAITS:
        return None
    volume = state.settings.flow(demand.dose)
    bolus = Running("patient", state.now, state.now + demand.over, volume / demand.over, volume)
    with_bolus = replace(state, running=(*state.running, bolus))
    flow, rates = flow_given(with_bolus), bolus_rates(with_bolus)
    return Probed(flow, bolus.rate, flow > 0 and rates != [*bolus_rates(state), bolus.rate])
