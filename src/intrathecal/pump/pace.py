"""How the pump keeps up with its time: single steps at life's speed, quiet stretches when it is behind or runs faster."""

from __future__ import annotations

from intrathecal.pump.booking import flow_given
from intrathecal.pump.unit import Unit

#: When more drive steps than this are due at once, they are made in one act: the state is the same.
MOST_SINGLE = 4


def keep_up(unit: Unit) -> None:
    """Do all that is due by now, step by step as long as only a few are."""
    if _steps_due(unit) > MOST_SINGLE:
        unit.advance_quiet()
    else:
        unit.advance()


def _steps_due(unit: Unit) -> float:
    """How many steps the present flow makes due by now."""
    state = unit.state
    if state is None:
        return 0.0
    return float((unit.now() - state.now) * flow_given(state) / state.settings.hardware.step_pL)
