"""The JSON API: what the pages do, for programs. One `NinjaAPI`; each subject has a router of its own.

Calls under ``public`` are for everybody. For all others a caller logs in like a browser does, and sends the CSRF token with every
change. Who may do what is the same table of rules as for pages; addresses about one patient have ``{int:patient}``, so that the
same gate checks them and writes the view down. Every error is ``{"detail": "a sentence"}``.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as Invalid
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import django_auth

from intrathecal import __version__
from intrathecal.workstation.api import (
    administering,
    board,
    implanting,
    owning,
    patients,
    programming,
    public,
    pumping,
    reading,
    refilling,
    trialling,
    visiting,
    writing,
)

#: One for each subject: its ``router``, and ``RULES`` by the name of every address. All calls of one address are in the same
#: one. What is in ``LONG`` waits for a pump or reckons for a second, and holds no transaction meanwhile.
MODULES = (
    administering,
    board,
    implanting,
    owning,
    patients,
    programming,
    public,
    pumping,
    reading,
    refilling,
    trialling,
    visiting,
    writing,
)

api = NinjaAPI(
    title="intrathecal workstation",
    version=__version__,
    description="The records and the worklist of a clinic for intrathecal drug delivery.",
    urls_namespace="api",
    docs_url=None,
    auth=django_auth,
)
for module in MODULES:
    api.add_router("/public" if module is public else "", module.router)


def problem(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """One sentence; what was begun in the database is undone, but for calls that talk to a pump: what it did stays done."""
    match = request.resolver_match
    alone = match is not None and hasattr(match.func, "_non_atomic_requests")
    if connection.in_atomic_block and not alone:
        transaction.set_rollback(True)
    return api.create_response(request, {"detail": detail}, status=status)


@api.exception_handler(ValidationError)
def _unreadable(request: HttpRequest, found: ValidationError) -> HttpResponse:
    return problem(request, 422, "; ".join(_said(error) for error in found.errors))


@api.exception_handler(Invalid)
def _invalid(request: HttpRequest, found: Invalid) -> HttpResponse:
    """What a record does not take."""
    said = found.message_dict if hasattr(found, "error_dict") else {"": found.messages}
    return problem(request, 422, "; ".join(f"{name}: {' '.join(texts)}" for name, texts in said.items()))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, found: Http404) -> HttpResponse:
    return problem(request, 404, "There is no such record, or it is not yours to see.")


@api.exception_handler(RawPostDataException)
def _no_json(request: HttpRequest, found: RawPostDataException) -> HttpResponse:
    """A form with parts, which was read as one already."""
    return problem(request, 415, "A call takes JSON: send it with the header Content-Type: application/json.")


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, found: HttpError) -> HttpResponse:
    return problem(request, found.status_code, str(found))


def _said(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"][1:] if part not in ("body", "payload"))
    return f"{place or 'request'}: {error['msg']}"
