"""How a fill is made from what is at hand: the sum of the room `programmer` for a label and a volume of the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from intrathecal.programmer.compounding import Recipe, amount, compound, strength
from intrathecal.programmer.review import case_of
from intrathecal.quantities import InputError, Quantity, rounded
from intrathecal.workstation.clinic import next_fill
from intrathecal.workstation.clinic.running import Running, label_of, millilitres

#: Digits of the flow at which doses are reckoned; concentrations stay what the label says.
FLOW_DIGITS = 6
#: What the sum advises to type, and what these pages do by themselves.
TYPED = "intrathecal review"


@dataclass(frozen=True)
class Row:
    """One drug as a sheet has it, in words."""

    drug: str
    label: str
    stock: str
    drawn: str
    mass: str


def recipe(
    running: Running, at: datetime, volume_uL: int, label: Mapping[str, str], stocks: Mapping[str, str]
) -> Recipe:
    """How ``volume_uL`` of this ``label`` are made, for the flow that the pump then runs at; ``stocks`` are those at hand.

    Raises `InputError` where it cannot be made, or nothing flows.
    """
    volume, wanted = millilitres(volume_uL), label_of(label)
    plan = next_fill.filled(running, at, volume, wanted, "none")
    mL_per_day = case_of(plan, event=len(plan.events)).after.flow_mL_per_day
    if not mL_per_day:
        raise InputError(_("the pump gives nothing with this fill, so that no doses belong to it"))
    flow = Decimal(repr(mL_per_day)).quantize(Decimal(1).scaleb(-FLOW_DIGITS))
    daily = {name: _daily(one, flow) for name, one in wanted.items()}
    made = compound(plan, daily, volume, Quantity(flow, "mL/day", "flow"), label_of(stocks))
    return replace(made, notes=tuple(note for note in made.notes if TYPED not in note))


def _daily(concentration: Quantity, mL_per_day: Decimal) -> Quantity:
    """What is given in a day of a label such as 10 mg/mL, exactly."""
    return Quantity(concentration.number * mL_per_day, concentration.unit.partition("/")[0], "mass")


def rows(made: Recipe) -> list[Row]:
    """Its drugs, each in its customary unit."""
    return [
        Row(
            part.drug.name,
            strength(part.concentration, part.drug),
            _("powder") if part.stock is None else strength(part.stock, part.drug),
            "" if part.made_stock_mL is None else f"{rounded(float(part.made_stock_mL))} mL",
            amount(part.made_mass, part.drug),
        )
        for part in made.parts
    ]


def kept(made: Recipe) -> dict[str, Any]:
    """A recipe as a refill keeps it, ready for JSON: what a sheet says."""
    return {
        "volume": f"{rounded(float(made.volume))} mL",
        "make": f"{rounded(float(made.volume + made.extra))} mL",
        "diluent": f"{rounded(float(made.made_diluent))} mL",
        "drugs": [vars(row) for row in rows(made)],
        "order": list(made.order),
        "notes": list(made.notes),
    }
