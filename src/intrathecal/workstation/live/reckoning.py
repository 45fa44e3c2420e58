"""How much of a program can be reckoned while somebody waits."""

from __future__ import annotations

from django.utils.translation import gettext as _

from intrathecal.quantities import parse_quantity
from intrathecal.therapy import Program, ProgramError

#: Twice an hour, which is more than clinics write; a page takes half a minute for it, and ever longer for more.
MOST_CHANGES = 48


def check_reckonable(program: Program) -> None:
    """Raise `ProgramError` for a program whose rate changes too often for a page to foresee it."""
    day = parse_quantity("1 day", "duration").exact
    pulses = len(program.windows) + sum(len(bolus.at) for bolus in program.boluses)
    rhythms = sum(day / one.every.exact for one in program.periodic)
    steps = 0 if program.ramp is None else day / program.ramp.every.exact
    changes = round(2 * (pulses + rhythms) + steps)
    if changes > MOST_CHANGES:
        raise ProgramError(
            _(
                "the rate would change %(changes)d times a day, which takes too long to foresee; write clauses for at most "
                "%(most)d (a window or a bolus is two)"
            )
            % {"changes": changes, "most": MOST_CHANGES}
        )
