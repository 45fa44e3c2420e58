"""Everything that happened to a patient since the first visit, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic.models import Alarm, Appointment, Catheter, Patient, Program, Refill, Score
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.templatetags.clinical import drugs, mL, moment


@dataclass(frozen=True)
class Event:
    """Something that happened: its ``kind`` and a sentence; ``by`` whom.

    ``group`` is the key under which it can be chosen. Of one with a ``whole_day`` the hour says nothing.
    """

    at: datetime
    kind: str
    text: str
    by: str = ""
    group: str = "note"
    whole_day: bool = False


def groups() -> dict[str, str]:
    """What there is to be seen, by its short name."""
    return {
        "note": _("Visits and notes"),
        "trial": _("Trial"),
        "implant": _("Implant"),
        "program": _("Programs"),
        "refill": _("Refills"),
        "pain": _("Pain"),
        "alarm": _("Alarms"),
        "appointment": _("Appointments"),
    }


def events(patient: Patient) -> list[Event]:
    """All of it."""
    found = chain(
        [Event(noon(patient.since), _("first visit"), patient.indication, whole_day=True)],
        _notes(patient),
        _programs(patient),
        _implants(patient),
        _refills(patient),
        _scores(patient),
        _alarms(patient),
        _appointments(patient),
    )
    return sorted(found, key=lambda event: event.at, reverse=True)


def upcoming(patient: Patient) -> Appointment | None:
    """The next appointment."""
    return patient.appointments.filter(cancelled=False, begins_at__gte=timezone.now()).order_by("begins_at").first()


def _notes(patient: Patient) -> Iterable[Event]:
    for note in patient.notes.select_related("by"):
        group = note.kind if note.kind in ("trial", "implant") else "note"
        yield Event(note.at, note.kind, note.text, str(note.by or ""), group)


def _programs(patient: Patient) -> Iterable[Event]:
    """Programs that ran, at the moment since which they were in force."""
    ran = patient.programs.filter(begins_at__isnull=False, state__in=(State.IN_FORCE, State.REPLACED, State.UNCERTAIN))
    for program in ran.select_related("written_by"):
        yield Event(program.begins_at, _("program"), _force(program), str(program.written_by), "program")


def _force(program: Program) -> str:
    if program.state == State.UNCERTAIN:
        return _("%(what)s: sent, delivery uncertain") % {"what": program.summary}
    if program.ends_at is not None:
        return _("%(what)s, in force until %(end)s") % {"what": program.summary, "end": moment(program.ends_at)}
    return _("%(what)s, in force until now") % {"what": program.summary}


def _implants(patient: Patient) -> Iterable[Event]:
    for implant in patient.implants.all():
        text = _purged(str(implant), implant.purge_uL)
        yield Event(morning(implant.implanted_on), _("implant"), text, "", "implant", whole_day=True)
        if implant.explanted_on:
            why = implant.why_explanted or str(implant)
            yield Event(noon(implant.explanted_on), _("explant"), why, "", "implant", whole_day=True)
    for catheter in Catheter.objects.filter(implant__patient=patient).select_related("implant"):
        text = _purged(f"{catheter}, {catheter.why}" if catheter.why else str(catheter), catheter.purge_uL)
        first = catheter.placed_on <= catheter.implant.implanted_on
        at = morning(catheter.placed_on) if first else noon(catheter.placed_on)
        yield Event(at, _("catheter"), text, "", "implant", whole_day=True)


def _purged(text: str, purge_uL: int | None) -> str:
    return text if purge_uL is None else _("%(what)s; purged %(purge)s") % {"what": text, "purge": mL(purge_uL)}


def _refills(patient: Patient) -> Iterable[Event]:
    for refill in Refill.objects.filter(implant__patient=patient).select_related("by"):
        yield Event(refill.at, _("refill"), _told(refill), str(refill.by), "refill")


def _told(refill: Refill) -> str:
    said = [_("filled with %(volume)s") % {"volume": mL(refill.filled_uL)}]
    if refill.measured_uL is not None and refill.expected_uL is not None:
        volumes = {"expected": mL(refill.expected_uL), "found": mL(refill.measured_uL)}
        said.insert(0, _("expected %(expected)s, found %(found)s") % volumes)
    return "; ".join(filter(None, [*said, drugs(refill.drugs), *refill.flagged]))


def _scores(patient: Patient) -> Iterable[Event]:
    """Pain as it was told, a line for each day."""
    told = patient.scores.order_by("at", "pk")
    for _of, same in groupby(told, key=lambda score: timezone.localdate(score.at)):
        day = list(same)
        by = _("told by the patient") if all(score.by_patient for score in day) else ""
        yield Event(day[-1].at, _("pain"), "; ".join(map(_score, day)), by, "pain")


def _score(score: Score) -> str:
    said = [str(score)] if score.nrs is not None else []
    if score.rescue:
        said.append(_("rescue %(mme)s mg") % {"mme": score.rescue})
    return ", ".join([*said, *filter(None, (score.given, score.side_effect, score.note))])


def _alarms(patient: Patient) -> Iterable[Event]:
    for alarm in Alarm.objects.filter(implant__patient=patient):
        ended = moment(alarm.ended_at) if alarm.ended_at else ""
        text = (
            _("%(what)s, until %(end)s") % {"what": alarm.name, "end": ended}
            if ended
            else _("%s, goes on") % alarm.name
        )
        yield Event(alarm.began_at, _("critical alarm") if alarm.critical else _("alarm"), text, "", "alarm")


def _appointments(patient: Patient) -> Iterable[Event]:
    now = timezone.now()
    for one in patient.appointments.all():
        kind = _("appointment to come") if one.begins_at > now else _("appointment")
        text = _("%s, cancelled") % one.kind if one.cancelled else one.kind
        yield Event(one.begins_at, kind, text, "", "appointment")


def noon(day: date) -> datetime:
    """Noon of a day on the clinic's clock."""
    return timezone.make_aware(datetime.combine(day, time(12)))


def morning(day: date) -> datetime:
    """The beginning of a day on the clinic's clock: what is implanted was there before it was filled on that day."""
    return timezone.make_aware(datetime.combine(day, time()))
