"""Pages that a secret in their address opens: wrong secrets all look alike, and few can be tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from intrathecal.workstation import failing
from intrathecal.workstation.clinic import limits

#: What a database is asked about; anything else is no secret of ours.
_SECRET = re.compile(r"[\w-]{1,64}", re.ASCII)
Page = Callable[..., HttpResponse]


def opens(records: Callable[[], QuerySet[Any]], column: str) -> Callable[[Page], Page]:
    """A page of the record whose ``column`` is the secret: it is given the record in the place of the secret."""

    def keyed(page: Page) -> Page:
        @wraps(page)
        def answer(request: HttpRequest, secret: str, **rest: Any) -> HttpResponse:
            whence = limits.whence(request)
            if limits.LINKS.reached(whence):
                return failing.too_many(request)
            record = records().filter(**{column: secret}).first() if _SECRET.fullmatch(secret) else None
            if record is None:
                limits.LINKS.count(whence)
                return failing.missing(request)
            response = page(request, record, **rest)
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return answer

    return keyed
