"""One patient's whole record: every line of every table that is about them, to be taken along or handed out."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from intrathecal import __version__
from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import RECORDS, Implant, Patient, User

#: What opens doors is not handed out.
UNTOLD = frozenset({"link", "token", "key_file", "address"})


def whole(patient: Patient) -> dict[str, Any]:
    """All of it, by the kind of record; units stand in the names of the values, and people are told by name."""
    people = {user.pk: str(user) for user in User.objects.all()}
    tables = {model._meta.model_name: [_told(row, people) for row in rows] for model, rows in _tables(patient)}
    return {
        "format": "intrathecal record",
        "written_by": f"intrathecal {__version__}",
        "made_at": timezone.now().isoformat(),
        "patient": _told(patient, people),
        **tables,
        "seen_and_changed": _trail(patient),
    }


def _tables(patient: Patient) -> list[tuple[type[Model], QuerySet[Model]]]:
    """Every table with a line to the patient or to one of their pumps, so that a new one is not forgotten."""
    found = []
    for model in RECORDS:
        if model in (User, Patient):
            continue
        leads = {field.name: field.related_model for field in model._meta.fields if field.related_model}
        if Patient in leads.values():
            found.append((model, model.objects.filter(patient=patient)))
        elif Implant in leads.values():
            found.append((model, model.objects.filter(implant__patient=patient)))
    return found


def _told(row: Model, people: dict[int, str]) -> dict[str, Any]:
    (plain,) = serializers.serialize("python", [row])
    said = {"id": row.pk} | plain["fields"]
    for field in row._meta.fields:
        if field.related_model is User:
            said[field.name] = people.get(said[field.name])
    return {name: value for name, value in said.items() if name not in UNTOLD and name != "patient"}


def about(patient: Patient) -> Q:
    """Of the trail, every line about a patient: about them, and about each line of their record."""
    found = Q()
    for model, rows in [(Patient, Patient.objects.filter(pk=patient.pk)), *_tables(patient)]:
        kind = ContentType.objects.get_for_model(model)
        # What was struck out is no row any more; its last line in the trail says whose it was.
        gone = LogEntry.objects.filter(
            content_type=kind, action=LogEntry.Action.DELETE, changes__patient__0=str(patient.pk)
        )
        keys = [*(str(key) for key in rows.values_list("pk", flat=True)), *gone.values_list("object_pk", flat=True)]
        found |= Q(content_type=kind, object_pk__in=keys)
    return found


def _trail(patient: Patient) -> list[dict[str, Any]]:
    """Who looked at the record and changed it."""
    lines = LogEntry.objects.filter(about(patient)).select_related("actor", "content_type").order_by("pk")
    return [
        {
            "at": line.timestamp,
            "by": str(line.actor) if line.actor else None,
            "did": trail.did(line),
            "what": f"{line.content_type.model} {line.object_pk}",
            "page": (line.additional_data or {}).get("page"),
            "changed": sorted(line.changes or {}),
        }
        for line in lines
    ]
