"""What a run refuses to do, and why."""

from __future__ import annotations

from fractions import Fraction

from intrathecal.pump.limits import LimitBreach
from intrathecal.quantities import UNIT_SPELLING, factor, rounded
from intrathecal.therapy import Event, Refill, Reset, Therapy, TherapyError


class SimulationError(TherapyError):
    """An event that cannot happen at its moment: names the file, the line, what is wrong and what would be right."""

    def __init__(self, therapy: Therapy, event: Event | None, problem: str) -> None:
        # An event on no line was made by a review, and puts the program in place.
        written = event if event is not None and event.line > 0 else None
        line = therapy.program_line if written is None else written.line
        where = "the program" if written is None else f"event {written.index} ({written.written})"
        super().__init__(f"{therapy.file}, line {line}: {where}: {problem}")


def refusal(therapy: Therapy, event: Event | None, breach: LimitBreach, drug: str) -> SimulationError:
    """A program, or a bridge, that would break its own limit."""
    unit = therapy.catalogue.drugs[drug].customary_mass_unit
    hours = Fraction(breach.limit.per, 3_600_000)
    problem = (
        f"refused: {_amount(breach.dose, unit)} would be given within {float(hours):g} h, above its limit of "
        f"{_amount(breach.limit.dose, unit)}, counting what was given before"
    )
    if event is not None and isinstance(event.action, Refill):
        return SimulationError(therapy, event, f"{problem}; give the bridge a slower rate, or raise the limit")
    if event is not None and isinstance(event.action, Reset):
        return SimulationError(
            therapy, event, f"{problem}; reset it later, when less of that counts, or raise the limit"
        )
    if breach.earliest is None:
        return SimulationError(therapy, event, f"{problem}; it can never start: lower its doses or raise the limit")
    when = therapy.time_at(-(-breach.earliest // 60_000) * 60_000)
    at = f"{breach.earliest / 3_600_000:.2f} h" if when is None else f"{when:%Y-%m-%dT%H:%M}"
    return SimulationError(
        therapy,
        event,
        f"{problem}; the earliest time at which it may start, if nothing more is given until then, is {at}",
    )


def _amount(dose_ng: Fraction, unit: str) -> str:
    return f"{rounded(dose_ng * factor('ng', unit), 6)} {UNIT_SPELLING.get(unit, unit)}"
