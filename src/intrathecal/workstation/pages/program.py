"""Writing a program: form and text are the same thing, and beside them stands what it would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from intrathecal.programmer.errors import Refused
from intrathecal.quantities import InputError
from intrathecal.therapy import TherapyError
from intrathecal.workstation.clinic.models import Patient, Program
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.typed import number_of
from intrathecal.workstation.live import form, stages, writing
from intrathecal.workstation.live.foreseeing import Foresight, foresee
from intrathecal.workstation.live.looking import Look, look
from intrathecal.workstation.live.reckoning import check_reckonable
from intrathecal.workstation.rules import NOBODY, PHYSICIANS, STAFF, Rule

#: Where the pages of one program are.
HERE = "patients/<int:patient>/programs/<int:program>/"
#: So many foresights are kept.
KEPT = 16
_known: dict[str, Foresight] = {}


@dataclass
class Editor:
    """A draft as it is edited: its text and rows, what is wrong with them, and the `version_of` the text that was kept last."""

    text: str
    rows: list[form.Row]
    error: str = ""
    version: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether there is a mistake in it."""
        return bool(self.problems)

    @property
    def problems(self) -> list[str]:
        """What is wrong, one sentence for each place."""
        said = [self.error] if self.error else []
        for row in self.rows:
            place = _("row %d") % (row.number + 1)
            said += [f"{place}: {row.error}"] if row.error else []
            said += [f"{place}: {cell.name}: {cell.error}" for cell in row.cells if cell.error]
        return said


def one_of(patient: int, program: int) -> Program:
    """A program of this patient, or Http404."""
    found = Program.objects.select_related("patient", "written_by", "confirmed_by", "second_by")
    return get_object_or_404(found, pk=program, patient=patient)


@require_POST
def new(request: HttpRequest, patient: int) -> HttpResponse:
    """A draft that begins with what was written last."""
    one = get_object_or_404(Patient, pk=patient)
    try:
        draft = stages.begin(one, request.user)
    except TherapyError as problem:
        messages.error(request, str(problem))
        return redirect("pump", patient)
    return redirect("program", patient, draft.pk)


@require_GET
def program(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """A draft to be edited, or what became of it."""
    one = one_of(patient, program)
    if one.state == State.UNCERTAIN:
        return redirect("program_uncertain", patient, program)
    if one.state == State.DRAFT:
        return render(request, "workstation/program_edit.html", _context(one, _kept(one)))
    context = {"patient": one.patient, "program": one, "live": bool(getattr(one.patient.standing, "address", ""))}
    return render(request, "workstation/program.html", context)


@require_POST
@transaction.non_atomic_requests
def edit(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """A change of the form or of the text: the other follows, and a right one is kept."""
    one = one_of(patient, program)
    if one.state != State.DRAFT:
        messages.error(request, _("It is no draft any more. Take it back to change it."))
        return _leave(request, reverse("program", args=(patient, program)))
    editor = changed(request, one)
    editor.version = request.POST.get("version", "")
    if not editor.is_wrong:
        try:
            stages.rewrite(one, editor.text, editor.version)
        except stages.OutOfTurn as problem:
            editor.error = str(problem)
        else:
            editor.version = stages.version_of(editor.text)
    if "review" in request.POST and not editor.is_wrong:
        return _leave(request, reverse("program_review", args=(patient, program)))
    parts = {"form": "_program_form_changed", "text": "_program_text_changed"}
    name = parts.get(request.POST.get("source", ""), "_program_editor") if request.htmx else "program_edit"
    response = render(request, f"workstation/{name}.html", _context(one, editor))
    if request.htmx and not editor.is_wrong:
        response["HX-Trigger"] = "foresee"
    return response


def _kept(one: Program) -> Editor:
    editor = opened(one.text)
    editor.version = stages.version_of(one.text)
    return editor


def opened(text: str) -> Editor:
    """A text with the form that it says."""
    try:
        plan = writing.therapy_of(text)
        if plan.program is None:
            return Editor(text, [], _("[program]: is missing; write what the pump is to give"))
        check_reckonable(plan.program)
    except TherapyError as problem:
        return Editor(text, [], str(problem))
    return Editor(text, form.rows_of(plan.program))


def changed(request: HttpRequest, one: Program) -> Editor:
    """The editor after what was sent."""
    posted, rows = request.POST, form.rows_posted(request.POST)
    typed = posted.get("text", one.text).replace("\r\n", "\n")
    if "adding" in posted and (kind := posted.get("add-kind", "")):
        rows = form.added(rows, kind)
    elif (number := number_of(posted.get("remove", ""))) is not None:
        rows = form.without(rows, number)
    elif posted.get("source") == "text" or (
        posted.get("source") != "form" and stages.version_of(typed) != posted.get("version")
    ):
        return from_text(typed, rows)
    return from_rows(typed, rows)


def from_rows(typed: str, rows: list[form.Row]) -> Editor:
    """A text with the program that the rows say."""
    found = form.program_of(rows)
    if found is None:
        return Editor(typed, rows)
    try:
        check_reckonable(found)
        text = writing.with_program(typed, str(found))
        if writing.therapy_of(text).program != found:
            raise TherapyError(_("[program]: stands twice in the text; write the program there yourself"))
    except TherapyError as problem:
        return Editor(typed, rows, str(problem))
    return Editor(text, rows)


def from_text(typed: str, rows: list[form.Row]) -> Editor:
    """A typed text; the form stays as it was while the text is wrong."""
    editor = opened(typed)
    return Editor(typed, rows, editor.error) if editor.error else editor


@require_GET
@transaction.non_atomic_requests
def foresight(request: HttpRequest, patient: int, program: int) -> HttpResponse:
    """Dose, CSF and relief with this program beside what runs, as a part of a page."""
    one = one_of(patient, program)
    context: dict[str, Any] = {"program": one}
    try:
        seen = look(one)
        context |= {"seen": seen, "foresight": foreseen(one.text, seen)}
    except (InputError, Refused) as problem:
        context["error"] = str(problem)
    return render(request, "workstation/_foresight.html", context)


def foreseen(text: str, seen: Look) -> Foresight:
    """The foresight of what was seen; who comes back to one need not wait again."""
    key = seen.mark(text)
    if key not in _known:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)), None)
        _known[key] = foresee(seen)
    return _known[key]


def _context(one: Program, editor: Editor) -> dict[str, Any]:
    return {"patient": one.patient, "program": one, "editor": editor, "kinds": form.kinds()}


def _leave(request: HttpRequest, to: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": to}) if request.htmx else redirect(to)


urlpatterns = [
    path("patients/<int:patient>/programs/new/", new, name="program_new"),
    path(HERE, program, name="program"),
    path(f"{HERE}edit/", edit, name="program_edit"),
    path(f"{HERE}foresight/", foresight, name="program_foresight"),
]
RULES = {
    "program_new": Rule(NOBODY, PHYSICIANS),
    "program": Rule(STAFF),
    "program_edit": Rule(NOBODY, PHYSICIANS),
    "program_foresight": Rule(STAFF),
}
