"""Telling a live pump of its refill."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from intrathecal.programmer.errors import Uncertain
from intrathecal.programmer.programming import STANDING
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.quantities import rounded
from intrathecal.workstation.clinic import told
from intrathecal.workstation.clinic.models import Refill


@transaction.non_atomic_requests
@require_POST
def tell(request: HttpRequest, patient: int) -> HttpResponse:
    """Tell the pump of the last refill, and say what it then holds."""
    standing = Refill.objects.filter(implant__patient=patient, implant__explanted_on=None, untold=True)
    refill = get_object_or_404(standing.select_related("implant__patient").order_by("-at", "-pk")[:1])
    try:
        reading = told.tell(refill, request.user)
    except told.NotTold as problem:
        messages.error(request, _("The pump was not told: %s.") % str(problem).rstrip("."))
        return redirect("refill", patient)
    except Uncertain as doubt:
        messages.error(
            request,
            _("It is not certain that the pump was told. Tell it again: it says first what became of it. (%s)") % doubt,
        )
        return redirect("refill", patient)
    held = rounded(reading.fill.reservoir_pL / PL_PER_ML) if reading.fill else "–"
    words = {"held": held}
    if reading.program == STANDING:
        messages.warning(
            request, _("The pump holds %(held)s mL, was read back, and STANDS STILL until it is programmed.") % words
        )
    else:
        messages.success(request, _("The pump holds %(held)s mL; it was read back.") % words)
    return redirect("refill", patient)
