"""What the refills of a pump say together, kept beside the pump so that the board need not look at every refill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from django.db.models.signals import post_delete, post_save

from intrathecal.care.trend import Trend, trend
from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.refilling import Residual
from intrathecal.workstation.clinic.models import Implant, Refill, ResidualTrend

UL_PER_ML = 1000


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
    found = of(implant.model, Refill.objects.filter(implant=implant).order_by("at", "pk"))
    if found is None or not found.points_to:
        ResidualTrend.objects.filter(implant=implant).delete()
    else:
        ResidualTrend.objects.update_or_create(implant=implant, defaults={"reasons": list(found.reasons)})


def of(model: str, refills: Iterable[Refill]) -> Trend | None:
    """The trend of refills in order of time; None where none was measured, or the catalogue does not know the pump."""
    catalogue = load_catalogue()
    pump, measured = catalogue.pumps.get(model), residuals(list(refills))
    return trend(measured, pump.accuracy, catalogue.refill) if pump is not None and measured else None


def residuals(refills: Sequence[Refill]) -> list[Residual]:
    """Every refill that was measured, against the fill before it."""
    return [
        Residual(None, before.filled_uL / UL_PER_ML, refill.expected_uL / UL_PER_ML, refill.measured_uL / UL_PER_ML)
        for before, refill in pairwise(refills)
        if refill.expected_uL is not None and refill.measured_uL is not None
    ]
