"""The candidacy checklist of a patient: answers of the records, judged by the room `care`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from intrathecal.care.candidacy import Candidacy, read_candidacy
from intrathecal.care.cells import plain
from intrathecal.catalogue import load_catalogue
from intrathecal.therapy.file.text import parse_document
from intrathecal.workstation.clinic.models import Answer, Patient

NAME = "candidacy"
#: The kind of the note that says when a trial began.
BEGUN = "trial"
DONE, WAIVED, AGAINST = "done", "waived", "speaks against it"
#: Which kind of pain an indication of the records is, where its name does not say; any other is taken as nociceptive, for
#: which nothing is waived.
KINDS = {"failed-back": "neuropathic", "crps": "neuropathic", "cancer": "cancer", "spasticity": "spasticity"}
KINDS |= {"neuropathic": "neuropathic"}
USUAL = "nociceptive"


def kind_of(patient: Patient) -> str:
    """The kind of pain (or spasticity) that the checklist is about."""
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


def _text(text: str) -> str:
    """As a text of a TOML file."""
    return json.dumps(plain(text), ensure_ascii=False)
