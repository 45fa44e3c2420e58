"""The whole record of one patient, to be handed out: as JSON, or to be read and kept as a packed folder."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext_lazy

from intrathecal.workstation.attaching import attached
from intrathecal.workstation.clinic import record
from intrathecal.workstation.clinic.models import Patient, Program
from intrathecal.workstation.rules import PHYSICIANS, Rule


def record_page(request: HttpRequest, patient: int) -> HttpResponse:
    """What is in it, and the two ways to take it along."""
    one = get_object_or_404(Patient, pk=patient)
    return render(request, "workstation/record.html", {"patient": one, "counts": _counts(record.whole(one))})


def record_json(request: HttpRequest, patient: int) -> HttpResponse:
    """All of it for programs."""
    one = get_object_or_404(Patient, pk=patient)
    return attached(_json(record.whole(one)), f"record-{one.pk}.json", "application/json")


def record_zip(request: HttpRequest, patient: int) -> HttpResponse:
    """A page to read, the same as JSON, and the therapy file of every program."""
    one = get_object_or_404(Patient, pk=patient)
    whole, packed = record.whole(one), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        tables = [
            (name, _columns(rows), _rows(rows)) for name, rows in whole.items() if isinstance(rows, list) and rows
        ]
        context = {"patient": one, "whole": whole, "facts": whole["patient"].items(), "tables": tables}
        folder.writestr("record.html", render_to_string("workstation/record_file.html", context))
        folder.writestr("record.json", _json(whole))
        for program in Program.objects.filter(patient=one).exclude(text=""):
            folder.writestr(f"programs/{program.pk}.toml", program.text)
    return attached(packed.getvalue(), f"record-{one.pk}.zip", "application/zip")


def _counts(whole: dict[str, Any]) -> list[tuple[str, int]]:
    return [(name.replace("_", " "), len(rows)) for name, rows in whole.items() if isinstance(rows, list)]


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    return list(rows[0])


def _rows(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [[_cell(value) for value in row.values()] for row in rows]


def _cell(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:%d %b %Y %H:%M}" if hasattr(value, "hour") else str(value)


def _json(whole: dict[str, Any]) -> bytes:
    return json.dumps(whole, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode()


urlpatterns = [
    path("patients/<int:patient>/record/", record_page, name="record"),
    path("patients/<int:patient>/record.json", record_json, name="record_json"),
    path("patients/<int:patient>/record.zip", record_zip, name="record_zip"),
]
RULES = {name: Rule(PHYSICIANS) for name in ("record", "record_json", "record_zip")}
TABS = (("record", gettext_lazy("Record")),)
