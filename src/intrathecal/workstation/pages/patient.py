"""One patient: everything since the first visit, what the pump does now, and what its program leads to."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from intrathecal.workstation.clinic import landmarks, timeline
from intrathecal.workstation.clinic.models import Patient
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.plot import plot, said
from intrathecal.workstation.picturing import FILES
from intrathecal.workstation.rules import STAFF, Rule

#: So many events are shown at first, the newest.
SHOWN = 300


@require_GET
def overview(request: HttpRequest, patient: int) -> HttpResponse:
    """The page of a patient, or with htmx its timeline alone."""
    one = get_object_or_404(Patient.objects.select_related("physician"), pk=patient)
    events, wanted = timeline.events(one), request.GET.getlist("only")
    counts: dict[str, int] = {}
    for event in events:
        counts[event.group] = counts.get(event.group, 0) + 1
    chosen = [event for event in events if not wanted or event.group in wanted]
    shown = chosen if "all" in request.GET else chosen[:SHOWN]
    context = {
        "patient": one,
        "events": shown,
        "left": len(chosen) - len(shown),
        "everything": urlencode([*(("only", name) for name in wanted), ("all", "1")]),
        "groups": [
            (name, label, counts[name], name in wanted) for name, label in timeline.groups().items() if name in counts
        ],
    }
    if request.htmx:
        return render(request, "workstation/_timeline.html", context)
    implant = one.standing
    context |= {
        "implant": implant,
        "catheter": implant.catheters.first() if implant else None,
        "last_refill": implant.refills.first() if implant else None,
        "program": one.programs.filter(state=State.IN_FORCE).first(),
        "next": timeline.upcoming(one),
        "plot": plot(said(one.scores.all()), landmarks.of(one)),
        "picture_files": FILES,
    }
    return render(request, "workstation/patient.html", context)


urlpatterns = [path("patients/<int:patient>/", overview, name="patient")]
RULES = {"patient": Rule(STAFF)}
TABS = (("patient", gettext_lazy("Overview")),)
