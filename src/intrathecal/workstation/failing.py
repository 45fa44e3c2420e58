"""Answers to what cannot be done: what happened, and what would be right."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _say(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text}, status=status)
    return render(request, "workstation/failed.html", {"title": title, "text": text}, status=status)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of this session."""
    return _say(request, 403, _("Please send it again"), _("The page was open for too long. Load it again and repeat."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Somebody's role does not allow it."""
    return _say(request, 403, _("Not allowed"), _("Your role does not allow this. Ask a colleague whose role does."))


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page or record."""
    return _say(request, 404, _("Not found"), _("There is no such page or record, or it is not yours to see."))


def too_many(request: HttpRequest) -> HttpResponse:
    """A stranger, or a program, asks too often."""
    text = _("This was asked for too often within an hour. Wait an hour, or telephone the clinic.")
    return _say(request, 429, _("Please wait"), text)


def broken(request: HttpRequest) -> HttpResponse:
    """A mistake of the program."""
    return _say(request, 500, _("That failed"), _("The program made a mistake. Nothing was changed; please report it."))
