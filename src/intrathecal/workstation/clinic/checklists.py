"""The candidacy checklist of a patient: answers of the records, judged by the room `care`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.care.candidacy import Candidacy, read_candidacy
from intrathecal.care.cells import plain
from intrathecal.catalogue import load_catalogue
from intrathecal.therapy.errors import TherapyError
from intrathecal.therapy.file.read_patient import INDICATIONS
from intrathecal.therapy.file.text import parse_document
from intrathecal.workstation.clinic.models import Answer, Patient, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.clinic.typed import day_of, line

NAME = "candidacy"
#: The kind of the note that says when a trial began.
BEGUN = "trial"
DONE, WAIVED, AGAINST = "done", "waived", "speaks against it"
#: Which kind of pain an indication of the records is, where its name does not say; any other is taken as nociceptive, for
#: which nothing is waived.
KINDS = {"failed-back": "neuropathic", "crps": "neuropathic", **{kind: kind for kind in INDICATIONS}}
USUAL = "nociceptive"
MOST_NOTE = 400


def kind_of(patient: Patient) -> str:
    """The kind of pain (or spasticity) that the checklist and a therapy file are about."""
    return KINDS.get(patient.indication, USUAL)


def trial_on(patient: Patient) -> date:
    """The day that the checklist is judged for: that of the trial, or today where none has begun."""
    begun = patient.notes.filter(kind=BEGUN).first() or patient.scores.filter(phase="trial").order_by("at").first()
    return timezone.localdate(begun.at) if begun else timezone.localdate()


def judge(patient: Patient, on: date, more: Iterable[Answer] = ()) -> Candidacy:
    """The checklist as it is known on that day, with answers that are not saved yet; raises `TherapyError`."""
    known = patient.answers.filter(checklist=NAME, on__lte=on).select_related("by").order_by("on", "pk")
    latest = {answer.check_name: answer for answer in (*known, *more)}
    lines = [
        f"title = {_text(str(patient))}",
        f"indication = {_text(kind_of(patient))}",
        f"trial_on = {on.isoformat()}",
    ]
    for name, answer in latest.items():
        lines += ["", f"[{_text(name)}]", f"on = {answer.on.isoformat()}", f"by = {_text(str(answer.by))}"]
        if answer.state == WAIVED:
            lines.append(f"waived = {_text(answer.note)}")
            continue
        lines.append(f"clear = {'true' if answer.state == DONE else 'false'}")
        if answer.note:
            lines.append(f"note = {_text(answer.note)}")
    document = parse_document("\n".join(lines), str(patient), "checklist", "answer an item")
    return read_candidacy(document, load_catalogue())


def write(patient: Patient, given: Mapping[str, str], by: User) -> tuple[Answer | None, str]:
    """Save an answer to one item; None, and what is wrong with it."""
    checks, name, state = load_catalogue().checks, given.get("check", ""), given.get("state", "")
    note, on = line(given.get("note", "")), day_of(given.get("on", ""))
    if patient.phase != Phase.CANDIDATE:
        return None, _("the trial has begun: the checklist stays as it was then")
    if name not in checks or state not in (DONE, WAIVED, AGAINST):
        return None, _("choose an answer: yes, no or waived")
    if on is None or on > timezone.localdate():
        return None, _("write the day on which it was done, today or before, such as %(day)s") % {
            "day": timezone.localdate().isoformat()
        }
    if len(note) > MOST_NOTE:
        return None, _("the note is too long; write at most %(n)d letters") % {"n": MOST_NOTE}
    if state in (WAIVED, AGAINST) and not note:
        return None, _("write why")
    answer = Answer(patient=patient, checklist=NAME, check_name=name, state=state, note=note, on=on, by=by)
    try:
        judge(patient, max(on, trial_on(patient)), [answer])
    except TherapyError as problem:
        return None, str(problem).split(": ", 1)[-1]
    answer.save()
    return answer, ""


def begin(patient: Patient, by: User) -> str:
    """The trial begins. Nothing, or why it does not; hold the patient's row before."""
    gaps = judge(patient, trial_on(patient)).gaps
    if patient.phase != Phase.CANDIDATE:
        return _("There was one already.")
    if gaps:
        return _("No trial before this is settled: %(gaps)s.") % {"gaps": ", ".join(gap.check.title for gap in gaps)}
    patient.phase = Phase.TRIAL
    patient.save()
    note(patient, by, BEGUN, "The trial begins.")
    return ""


def _text(text: str) -> str:
    """As a text of a TOML file."""
    return json.dumps(plain(text), ensure_ascii=False)
