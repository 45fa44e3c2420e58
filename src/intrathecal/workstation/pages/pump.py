"""A patient's pump: what it does now, told by itself as long as the page is open, and what it was told to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from intrathecal.programmer.figures import figures
from intrathecal.workstation.clinic.models import Implant, Patient, User
from intrathecal.workstation.clinic.models import Reading as Kept
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.live import commanding, line, recording
from intrathecal.workstation.live.ending import ending
from intrathecal.workstation.rules import CARERS, NOBODY, PHYSICIANS, STAFF, Rule

#: How old a reading may be that a page shows as now, and how often an open page is told, s.
AGE_S = 4.0
#: How often an open page is looked after: whether its login and the server go on, s.
LOOK_S = 0.5
#: Programs that somebody still has to do something about.
OPEN = (State.DRAFT, State.WAITING, State.CONFIRMED, State.UNCERTAIN)
SHOWN_ENTRIES = 12


def now_of(implant: Implant | None) -> dict[str, Any]:
    """What the pump does now, for `_pump_now_values.html`."""
    if implant is None or not implant.address:
        return {"implant": implant, "silent": _("This pump has no address: nothing can be read from it.")}
    try:
        told = figures(line.recent(implant, AGE_S))
    except (line.Silent, line.Doubtful) as silence:
        return {"implant": implant, "silent": str(silence)}
    return {"implant": implant, "told": told, "clock": clock(told["time"]), "offset": told["time"][-6:]}


def clock(text: str) -> datetime:
    """A time of the pump's clock as that shows it: a page is not to turn it into the clinic's."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def implant_of(patient: int) -> Implant | None:
    """The pump that is in a patient."""
    return Implant.objects.filter(patient=patient, explanted_on=None).select_related("patient").first()


def there(patient: int) -> Implant:
    """The same, to be talked to. Raises `Silent` where none is in."""
    found = implant_of(patient)
    if found is None:
        raise line.Silent(_("There is no pump in the record."))
    return found


@require_GET
@transaction.non_atomic_requests
def pump(request: HttpRequest, patient: int) -> HttpResponse:
    """The page."""
    one, implant = get_object_or_404(Patient, pk=patient), implant_of(patient)
    last = None if implant is None else Kept.objects.filter(implant=implant).select_related("by").first()
    entries = [] if last is None else last.told["log"][-SHOWN_ENTRIES:][::-1]
    context = {
        "patient": one,
        "implant": implant,
        "force": one.programs.filter(state=State.IN_FORCE).select_related("confirmed_by", "second_by").first(),
        "programs": one.programs.filter(state__in=OPEN).select_related("written_by"),
        "before": one.programs.filter(state=State.REPLACED).select_related("written_by")[:10],
        "alarms": [] if implant is None else implant.alarms.filter(ended_at=None).select_related("seen_by"),
        "last": last,
        "log": [{**entry, "at": clock(entry["at"])} for entry in entries],
    }
    return render(request, "workstation/pump.html", context)


@require_GET
@transaction.non_atomic_requests
def now(request: HttpRequest, patient: int) -> HttpResponse:
    """What the pump does now, as a part of a page."""
    return render(request, "workstation/_pump_now_values.html", now_of(implant_of(patient)))


@require_GET
@transaction.non_atomic_requests
async def stream(request: HttpRequest, patient: int) -> HttpResponseBase:
    """The same as server-sent events, until the login or the server ends."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    told = events(patient, request.session.session_key or "")
    return StreamingHttpResponse(told, content_type="text/event-stream", headers=headers)


async def events(patient: int, session: str) -> AsyncIterator[str]:
    """Events ``now`` with a part of a page, and ``ended`` when nobody is logged in any more."""
    implant = await sync_to_async(_with_free_connection)(lambda: implant_of(patient))
    yield "retry: 5000\n\n"
    while not ending.is_set():
        if not await sync_to_async(_with_free_connection)(lambda: logged_in(session)):
            yield event("ended", "")
            return
        context = await sync_to_async(now_of, thread_sensitive=False)(implant)
        yield event("now", render_to_string("workstation/_pump_now_values.html", context))
        for _turn in range(int(AGE_S / LOOK_S)):
            if ending.is_set():
                return
            await asyncio.sleep(LOOK_S)


def event(name: str, text: str) -> str:
    """A server-sent event; every line of its text is a line of data."""
    data = "".join(f"data: {part}\n" for part in text.splitlines() or [""])
    return f"event: {name}\n{data}\n"


def logged_in(session: str) -> bool:
    """Whether the login still holds in which a page was opened."""
    found = Session.objects.filter(session_key=session, expire_date__gt=timezone.now()).first()
    told = {} if found is None else found.get_decoded()
    user = User.objects.filter(pk=told.get(SESSION_KEY), is_active=True, role__in=STAFF).first()
    # A password that was set anew ends all sessions that began with the old one.
    return user is not None and constant_time_compare(told.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def _with_free_connection(ask: Any) -> Any:
    """Ask the database, and hold no connection for as long as a page stays open."""
    try:
        return ask()
    finally:
        if not connection.in_atomic_block:
            connection.close()


@require_POST
@transaction.non_atomic_requests
def interrogate(request: HttpRequest, patient: int) -> HttpResponse:
    """Read everything that the pump knows, and keep it."""
    try:
        _kept, outcomes = recording.interrogate(there(patient), request.user)
    except (line.Silent, line.Doubtful) as silence:
        messages.error(request, str(silence))
    else:
        messages.success(request, _("The pump was read."))
        for outcome in outcomes:
            messages.warning(request, str(outcome))
    return redirect("pump", patient)


@dataclass(frozen=True)
class Command:
    """Something that a pump is told at once: what does it, and what is said when it was done."""

    do: Callable[[Implant, User], None]
    done: str


def commands() -> dict[str, Command]:
    """What can be told from the pump's page."""
    return {
        "resume": Command(commanding.resume, _("The pump runs its program again.")),
        "mute": Command(commanding.mute, _("The pump is silent for a while. Its alarms go on, and it was read back.")),
        "reset": Command(commanding.reset, _("The pump was reset, and read back: below stands what it does.")),
    }


def command(name: str) -> Callable[[HttpRequest, int], HttpResponse]:
    """The view that tells a pump something."""

    @require_POST
    @transaction.non_atomic_requests
    def tell(request: HttpRequest, patient: int) -> HttpResponse:
        """Tell it, and say what came of it."""
        chosen = commands()[name]
        try:
            chosen.do(there(patient), request.user)
        except line.Doubtful as doubt:
            messages.error(
                request, _("Uncertain: %(why)s. Interrogate the pump: it says what became of it.") % {"why": doubt}
            )
        except line.Silent as problem:
            messages.error(request, _("Not done: %(why)s") % {"why": problem})
        else:
            messages.success(request, chosen.done)
        return redirect("pump", patient)

    return tell


@require_POST
def seen(request: HttpRequest, patient: int) -> HttpResponse:
    """Whoever asks has seen the alarms."""
    implant = implant_of(patient)
    if implant is None:
        raise Http404
    commanding.seen(implant, request.user)
    return redirect("pump", patient)


urlpatterns = [
    path("patients/<int:patient>/pump/", pump, name="pump"),
    path("patients/<int:patient>/pump/now/", now, name="pump_now"),
    path("patients/<int:patient>/pump/stream/", stream, name="pump_stream"),
    path("patients/<int:patient>/pump/read/", interrogate, name="pump_read"),
    path("patients/<int:patient>/pump/resume/", command("resume"), name="pump_resume"),
    path("patients/<int:patient>/pump/mute/", command("mute"), name="pump_mute"),
    path("patients/<int:patient>/pump/reset/", command("reset"), name="pump_reset"),
    path("patients/<int:patient>/pump/seen/", seen, name="pump_seen"),
]
RULES = {
    "pump": Rule(STAFF),
    "pump_now": Rule(STAFF),
    "pump_stream": Rule(STAFF),
    "pump_read": Rule(NOBODY, CARERS),
    "pump_resume": Rule(NOBODY, PHYSICIANS),
    "pump_mute": Rule(NOBODY, CARERS),
    "pump_reset": Rule(NOBODY, PHYSICIANS),
    "pump_seen": Rule(NOBODY, CARERS),
}
TABS = (("pump", gettext_lazy("Pump")),)
