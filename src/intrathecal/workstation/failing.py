"""Answers to what cannot be done: what happened, and what would be right."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
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


def closed(request: HttpRequest, text: str) -> HttpResponse:
    """Something is there and cannot be opened; the ``text`` says why."""
    return _say(request, 409, _("Cannot be opened"), text)


def too_many(request: HttpRequest) -> HttpResponse:
    """A stranger, or a program, asks too often."""
    text = _("This was asked for too often within an hour. Wait an hour, or telephone the clinic.")
    return _say(request, 429, _("Please wait"), text)


def unreadable(request: HttpRequest) -> HttpResponse:
    """Text that is none."""
    return _say(
        request, 400, _("Not readable"), _("It has a character with the code 0, which is no text. Leave it out.")
    )


def unacceptable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that is too large, or none that a browser would send."""
    return _say(
        request,
        400,
        _("Not taken"),
        _("What was sent is too large, or cannot be read. Send less of it, or load the page anew."),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """A mistake of the program, or a database that does not answer: then the page must not ask it either."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _away(request)
    return _say(request, 500, _("That failed"), _("The program made a mistake. Nothing was changed; please report it."))


def _away(request: HttpRequest) -> HttpResponse:
    text = _("The database does not answer. Nothing was changed; try again in a moment.")
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse({"detail": text}, status=503)
    else:
        response = HttpResponse(render_to_string("workstation/away.html", {"text": text}), status=503)
    response["Retry-After"] = "5"
    return response
