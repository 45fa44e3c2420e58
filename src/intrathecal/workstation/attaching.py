"""Files that a page hands out."""

from __future__ import annotations

from django.http import HttpResponse


def attached(content: str | bytes, name: str, kind: str) -> HttpResponse:
    """The ``content`` as a file of this ``name``; ``kind`` is its media type."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
