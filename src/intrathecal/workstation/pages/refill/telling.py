"""A live pump at a refill: read while it is done, and told of it afterwards."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from intrathecal.programmer.programming import STANDING
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.quantities import InputError, rounded
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Filling, User
from intrathecal.workstation.live import line, recording, refilling
from intrathecal.workstation.pages.refill import comparing, doing
from intrathecal.workstation.pages.refill.doing import NotNow
from intrathecal.workstation.pages.refill.draft import Draft

#: Letters of why a pump is silent that are kept.
LONGEST_SILENCE = 300


@transaction.non_atomic_requests
@require_POST
def read(request: HttpRequest, patient: int) -> HttpResponse:
    """Read the pump, and show what it says beside the record; with htmx as a part of the step."""
    try:
        draft = heard(patient, request.user)
    except NotNow as problem:
        messages.error(request, str(problem))
        return redirect("refill", patient)
    if request.htmx:
        context = {"patient": draft.implant.patient, "draft": draft, "compared": comparing.rows(draft)}
        return render(request, "workstation/refill/_told.html", context)
    return redirect("refill_step", patient, "expected")


def heard(patient: int, by: User) -> Draft:
    """The refill that is being done, with what its pump says now, or why it says nothing. Raises `NotNow`."""
    implant = doing.implant_of(patient)
    draft = doing.draft_of(implant)
    if draft is None or draft.waiting:
        raise NotNow(_("No refill is begun here, or it waits for a second person."))
    reading, silence = None, ""
    try:
        reading, _outcomes = recording.interrogate(implant, by)
    except (line.Silent, line.Doubtful) as problem:
        silence = str(problem)
    with transaction.atomic():
        filling = trail.locked(Filling).get(pk=draft.filling.pk)
        filling.reading, filling.silence = reading or filling.reading, silence[:LONGEST_SILENCE]
        filling.save()
    found = doing.draft_of(implant)
    if found is None:
        raise NotNow(_("This refill was stored or left meanwhile."))
    return found


@transaction.non_atomic_requests
@require_POST
def tell(request: HttpRequest, patient: int) -> HttpResponse:
    """Tell the pump of the last refill, and say what it then holds."""
    try:
        reading = told(patient, request.user)
    except (NotNow, line.Silent, InputError) as problem:
        messages.error(request, _("The pump was not told: %s.") % str(problem).rstrip("."))
        return redirect("refill", patient)
    except line.Doubtful as doubt:
        messages.error(
            request,
            _("It is not certain that the pump was told. Tell it again: it says first what became of it. (%s)") % doubt,
        )
        return redirect("refill", patient)
    if reading.program == STANDING:
        messages.warning(
            request,
            _("The pump holds %s mL, was read back, and STANDS STILL until it is programmed.") % held_mL(reading),
        )
    else:
        messages.success(request, _("The pump holds %s mL; it was read back.") % held_mL(reading))
    return redirect("refill", patient)


def told(patient: int, by: User) -> Reading:
    """Tell the pump of its last refill. Raises `NotNow` where it was told, and what `refilling.tell` raises."""
    refill = refilling.untold(doing.implant_of(patient))
    if refill is None:
        raise NotNow(_("there is no refill of which this pump was not told"))
    return refilling.tell(refill, by)


def held_mL(reading: Reading) -> str:
    """What a pump says that it holds."""
    return rounded(reading.fill.reservoir_pL / PL_PER_ML) if reading.fill else "–"
