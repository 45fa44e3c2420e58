"""From a draft to the pump: review with old and new side by side, confirm, a second person, send, read back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from intrathecal.programmer.confirming import ConfirmationError, second_looks
from intrathecal.programmer.errors import Refused
from intrathecal.quantities import InputError
from intrathecal.workstation.attaching import attached
from intrathecal.workstation.clinic.models import Program
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import line, recording, sending, stages
from intrathecal.workstation.live.looking import Look, look
from intrathecal.workstation.live.stages import Asked
from intrathecal.workstation.pages.program import HERE, one_of
from intrathecal.workstation.pages.pump import there
from intrathecal.workstation.rules import NOBODY, PHARMACIST, PHYSICIAN, PHYSICIANS, STAFF, Rule


@require_GET
@transaction.non_atomic_requests
def review(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """Old and new side by side, and everything that is said of the change."""
    one = one_of(patient, program)
    if one.state not in stages.BEFORE_SENDING:
        return redirect("program", patient, program)
    return _shown(request, one)


def _shown(request: HttpRequest, one: Program, asked: Asked | None = None, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"patient": one.patient, "program": one}
    try:
        seen = look(one)
    except (InputError, Refused) as problem:
        return render(request, "workstation/program_review.html", context | {"error": str(problem)}, status=status)
    context |= {
        "seen": seen,
        "mark": seen.mark(one.text),
        "asked": asked or _typed(request, seen),
        "second": second_looks(seen.review.findings),
        "can_second": one.state == State.WAITING and request.user.pk != one.confirmed_by_id,
        "live": bool(getattr(one.patient.standing, "address", "")),
    }
    return render(request, "workstation/program_review.html", context, status=status)


def _typed(request: HttpRequest, seen: Look) -> Asked:
    """What was typed into the form of the review."""
    given = {name.removeprefix("reason-"): text for name, text in request.POST.items() if name.startswith("reason-")}
    return Asked.of(seen, given, request.POST.get("why", ""))


@require_POST
@transaction.non_atomic_requests
def confirm(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """The first person's word on what was shown: the pump and the text must still be the same."""
    one = one_of(patient, program)
    try:
        seen = look(one)
    except (InputError, Refused):
        return _shown(request, one, status=409)
    asked = _typed(request, seen)
    try:
        stages.confirm(one, seen, request.POST.get("mark", ""), asked, request.user)
    except stages.OutOfTurn as problem:
        messages.error(request, str(problem))
        return _shown(request, one_of(patient, program), asked, 409)
    except ConfirmationError:
        return _shown(request, one, asked, 400)
    return redirect("program_review" if one.state == State.WAITING else "program", patient, program)


@require_POST
def second(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """A second person's word."""
    try:
        one = one_of(patient, program)
        stages.look_too(one, request.user)
    except stages.OutOfTurn as problem:
        messages.error(request, str(problem))
    else:
        sent = bool(getattr(one.patient.standing, "address", ""))
        then = _("It can be sent.") if sent else _("It can be entered with the maker's programmer.")
        messages.success(request, f"{_('Confirmed by a second person.')} {then}")
    return redirect("program", patient, program)


@require_POST
def take_back(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """A draft again: what people said of it is forgotten."""
    try:
        stages.take_back(one_of(patient, program))
    except stages.OutOfTurn as problem:
        messages.error(request, str(problem))
    return redirect("program", patient, program)


@require_POST
def discard(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """Thrown away: it stays in the record and is never sent."""
    try:
        stages.discard(one_of(patient, program))
    except stages.OutOfTurn as problem:
        messages.error(request, str(problem))
        return redirect("program", patient, program)
    return redirect("pump", patient)


@require_POST
@transaction.non_atomic_requests
def send(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """Send it, and read back what the pump then runs."""
    one = one_of(patient, program)
    try:
        sending.dispatch(one, request.user)
    except line.Doubtful:
        return redirect("program_uncertain", patient, program)
    except (line.Silent, sending.NotSent) as problem:
        messages.error(request, _("Not sent: %(why)s") % {"why": problem})
    else:
        messages.success(request, _("The pump runs this program. It was read back and is the same in every field."))
        if _bridges(one):
            messages.warning(
                request,
                _("A bridge runs first: until it ends the pump gives the drug of before, at the bridge's flow."),
            )
    return redirect("program", patient, program)


def _bridges(one: Program) -> bool:
    """Whether the pump said last that it brings an old drug out first."""
    implant = one.patient.standing
    last = None if implant is None else implant.readings.first()
    return last is not None and bool(last.told.get("bridge_running"))


@require_GET
def uncertain(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """What is known of a program of which nobody knows whether it arrived."""
    one = one_of(patient, program)
    if one.state != State.UNCERTAIN:
        return redirect("program", patient, program)
    force = one.patient.programs.filter(state=State.IN_FORCE).first()
    context = {"patient": one.patient, "program": one, "force": force, "implant": one.patient.standing}
    return render(request, "workstation/program_uncertain.html", context)


@require_POST
@transaction.non_atomic_requests
def settle(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """Ask the pump what became of it."""
    one = one_of(patient, program)
    try:
        _kept, outcomes = recording.interrogate(there(patient), request.user)
    except (line.Silent, line.Doubtful) as problem:
        messages.error(request, _("Still uncertain: %(why)s") % {"why": problem})
        return redirect("program_uncertain", patient, program)
    for outcome in outcomes:
        messages.info(request, str(outcome))
    one.refresh_from_db()
    if one.state == State.IN_FORCE:
        messages.success(request, _("Certain: the pump runs this program."))
    else:
        messages.success(request, _("Certain: the pump does not run this program, and will not by itself."))
    return redirect("program", patient, program)


@require_GET
def record(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """The record of what was sent, as a file to print and to keep."""
    one = one_of(patient, program)
    if not one.record:
        raise Http404
    return attached(one.record, f"program-{one.patient_id}-{one.pk}.html", "text/html; charset=utf-8")


urlpatterns = [
    path(f"{HERE}review/", review, name="program_review"),
    path(f"{HERE}confirm/", confirm, name="program_confirm"),
    path(f"{HERE}second/", second, name="program_second"),
    path(f"{HERE}take-back/", take_back, name="program_take_back"),
    path(f"{HERE}discard/", discard, name="program_discard"),
    path(f"{HERE}send/", send, name="program_send"),
    path(f"{HERE}uncertain/", uncertain, name="program_uncertain"),
    path(f"{HERE}settle/", settle, name="program_settle"),
    path(f"{HERE}record/", record, name="program_record"),
]
_WRITERS = Rule(NOBODY, PHYSICIANS)
RULES = {
    "program_review": Rule(STAFF),
    "program_confirm": _WRITERS,
    "program_second": Rule(NOBODY, frozenset({PHYSICIAN, PHARMACIST})),
    "program_take_back": _WRITERS,
    "program_discard": _WRITERS,
    "program_send": _WRITERS,
    "program_uncertain": Rule(STAFF),
    "program_settle": Rule(NOBODY, STAFF),
    "program_record": Rule(STAFF),
}
