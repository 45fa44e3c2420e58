"""What the refills of a pump say together, kept beside the pump so that the board need not look at every refill."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.db.models.signals import post_delete, post_save

from intrathecal.care.trend import Trend, trend
from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.refilling import Residual
from intrathecal.workstation.clinic.models import Implant, Refill, ResidualTrend
from intrathecal.workstation.clinic.units import UL_PER_ML

#: As many earlier refills as a trend is made of.
EARLIER = 12


def watch() -> None:
    """Reckon anew whenever a refill is written, changed or taken out."""
    for signal in (post_save, post_delete):
        signal.connect(_written, sender=Refill, dispatch_uid=f"trend {id(signal)}")


def _written(sender: type[Refill], instance: Refill, raw: bool = False, **_: Any) -> None:
    if raw:  # a backup brings what was reckoned with it
        return
    implant = Implant.objects.filter(pk=instance.implant_id).first()
    if implant is not None:
        refresh(implant)


def refresh(implant: Implant) -> None:
    """Keep what the refills of a pump point at now."""
    found = of(implant)
    if found is None or not found.points_to:
        ResidualTrend.objects.filter(implant=implant).delete()
    else:
        ResidualTrend.objects.update_or_create(implant=implant, defaults={"reasons": list(found.reasons)})


def of(implant: Implant) -> Trend | None:
    """The trend of a pump's refills; None where none was measured, or the catalogue does not know the pump."""
    catalogue = load_catalogue()
    pump, found = catalogue.pumps.get(implant.model), measured(implant)
    return trend(found, pump.accuracy, catalogue.refill) if pump is not None and found else None


def measured(implant: Implant) -> list[Residual]:
    """The last refills of a pump that were measured, each against the fill before it, oldest first."""
    rows = list(Refill.objects.filter(implant=implant).order_by("-at", "-pk")[: EARLIER + 1])[::-1]
    return [
        residual(before.filled_uL, refill.expected_uL, refill.measured_uL)
        for before, refill in pairwise(rows)
        if refill.expected_uL is not None and refill.measured_uL is not None
    ]


def residual(filled_uL: int, expected_uL: int, measured_uL: int) -> Residual:
    """What was found in a reservoir that held ``filled_uL`` after the fill before."""
    return Residual(None, filled_uL / UL_PER_ML, expected_uL / UL_PER_ML, measured_uL / UL_PER_ML)
