"""The audit trail: who looked at which record and changed what, and whether the trail is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from auditlog.models import LogEntry
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import record, trail
from intrathecal.workstation.clinic.models import Head
from intrathecal.workstation.clinic.typed import day_of
from intrathecal.workstation.pages import patients
from intrathecal.workstation.rules import ADMINISTRATORS, Rule

PER_PAGE = 100
#: Of so many patients with a name, the lines about everything in their records are found by it.
MOST_MEANT = 5


@dataclass(frozen=True)
class Wanted:
    """Which lines: by whom, about what, on which day; ``wrong`` is what cannot be read in the day."""

    person: str
    about: str
    day: date | None
    wrong: str

    @classmethod
    def of(cls, request: HttpRequest) -> Wanted:
        """From the address."""
        return cls.told(request.GET.get("person", ""), request.GET.get("about", ""), request.GET.get("day", ""))

    @classmethod
    def told(cls, person: str, about: str, said: str) -> Wanted:
        """From words."""
        said, day, wrong = said.strip(), day_of(said), ""
        if said and day is None:
            wrong = _('"%(day)s" is no day: write it like 2026-11-22.') % {"day": said}
        return cls(person.strip(), about.strip(), day, wrong)

    def lines(self) -> QuerySet[LogEntry]:
        """The lines that match, newest first."""
        found = LogEntry.objects.select_related("actor", "content_type", "link").order_by("-pk")
        if self.person:
            named = Q(actor__username__icontains=self.person) | Q(actor__last_name__icontains=self.person)
            found = found.filter(named | Q(actor__first_name__icontains=self.person))
        if self.about:
            called = Q(content_type__model__in=trail.NAMED) | Q(object_pk="")
            about = Q(object_repr__icontains=self.about) & called
            meant = list(patients.found(self.about, "")[: MOST_MEANT + 1])
            # A score or a refill is not called by its patient's name: of a few patients the lines are looked for.
            for patient in meant if len(meant) <= MOST_MEANT else ():
                about |= record.about(patient)
            found = found.filter(about)
        if self.day:
            found = found.filter(timestamp__date=self.day)
        return found


def audit(request: HttpRequest) -> HttpResponse:
    """The lines; what a change was from and to stays with the record, here only its name is said."""
    wanted = Wanted.of(request)
    page = Paginator(wanted.lines(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "wanted": wanted,
        "page": page,
        "lines": [(line, trail.did(line), trail.about(line)) for line in page],
        "head": Head.objects.filter(pk=1).first(),
    }
    return render(request, "workstation/audit.html", context)


def verify(request: HttpRequest) -> HttpResponse:
    """Whether every line is what was written."""
    head = Head.objects.filter(pk=1).first()
    context = {"problems": list(trail.verify()), "head": head}
    return render(request, "workstation/audit_verified.html", context)


urlpatterns = [path("audit/", audit, name="audit"), path("audit/verify/", verify, name="audit_verify")]
RULES = {"audit": Rule(ADMINISTRATORS), "audit_verify": Rule(ADMINISTRATORS)}
NAVIGATION = (("audit", gettext_lazy("Audit trail")),)
