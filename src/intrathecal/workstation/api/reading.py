"""What programs can read about a patient, and all appointments."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from intrathecal.workstation.api.shapes import (
    PROBLEMS,
    EventOut,
    Listed,
    Page,
    RefillOut,
    listed,
)
from intrathecal.workstation.clinic import timeline
from intrathecal.workstation.clinic.models import Patient, Refill
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


def refill_out(refill: Refill) -> dict[str, Any]:
    """A refill, volumes in mL."""
    return {
        "id": refill.pk,
        "at": refill.at,
        "by": str(refill.by),
        "second_by": str(refill.second_by) if refill.second_by else None,
        "drugs": refill.drugs,
        "filled_mL": refill.filled_uL / 1000,
        "expected_mL": None if refill.expected_uL is None else refill.expected_uL / 1000,
        "measured_mL": None if refill.measured_uL is None else refill.measured_uL / 1000,
        "error_percent": None if refill.error_permille is None else refill.error_permille / 10,
        "flagged": refill.flagged,
        "due_on": refill.due_on,
        "untold": refill.untold,
        "doubt": refill.doubt,
    }


RULES = {name: Rule(STAFF) for name in ("timeline", "refills")}
