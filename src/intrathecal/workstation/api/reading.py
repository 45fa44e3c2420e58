"""What programs can read about a patient: everything that happened, and the refills."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from intrathecal.workstation.api.shapes import (
    PROBLEMS,
    EventOut,
    Listed,
    Page,
    RefillOut,
    TrendOut,
    listed,
)
from intrathecal.workstation.clinic import timeline, trends
from intrathecal.workstation.clinic.models import Patient, Refill
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.rules import STAFF, Rule

router = Router(tags=["reading"])


@router.get("/patients/{int:patient}/timeline", response={200: Listed[EventOut], **PROBLEMS}, url_name="timeline")
def get_timeline(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Everything that happened, newest first."""
    return listed(timeline.events(get_object_or_404(Patient, pk=patient)), page, lambda event: event)


@router.get("/patients/{int:patient}/refills", response={200: Listed[RefillOut], **PROBLEMS}, url_name="refills")
def get_refills(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Refills of all pumps, the newest first."""
    return listed(Refill.objects.filter(implant__patient=patient).select_related("by", "second_by"), page, refill_out)


@router.get("/patients/{int:patient}/refills/trend", response={200: TrendOut, **PROBLEMS}, url_name="refill_trend")
def get_trend(request: HttpRequest, patient: int) -> dict[str, Any]:
    """What the refills of the pump that is in say together; 404 where none is in, or nothing was measured yet."""
    implant = get_object_or_404(Patient, pk=patient).standing
    found = None if implant is None else trends.of(implant)
    if found is None:
        raise Http404
    names = ("refills", "mean_error_percent", "points_to", "reasons")
    return {name: getattr(found, name) for name in names}


def in_mL(microlitres: int | None) -> float | None:
    """A volume of the records."""
    return None if microlitres is None else microlitres / UL_PER_ML


def refill_out(refill: Refill) -> dict[str, Any]:
    """A refill, volumes in mL."""
    return {
        "id": refill.pk,
        "at": refill.at,
        "by": str(refill.by),
        "second_by": str(refill.second_by) if refill.second_by else None,
        "drugs": refill.drugs,
        "filled_mL": in_mL(refill.filled_uL),
        "expected_mL": in_mL(refill.expected_uL),
        "measured_mL": in_mL(refill.measured_uL),
        "error_percent": None if refill.error_permille is None else refill.error_permille / 10,
        "flagged": refill.flagged,
        "due_on": refill.due_on,
        "pocket_check": refill.pocket_check,
        "bridge": refill.bridge,
        "recipe": refill.recipe,
        "untold": refill.untold,
        "doubt": refill.doubt,
    }


RULES = {name: Rule(STAFF) for name in ("timeline", "refills", "refill_trend")}
