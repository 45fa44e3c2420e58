"""Text that somebody typed into a form."""

from __future__ import annotations

from intrathecal.care.cells import plain


def line(text: str) -> str:
    """On one line, with single spaces, without characters that are no writing."""
    return " ".join(plain(text).split())
