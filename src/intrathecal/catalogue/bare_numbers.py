"""Numbers without quotes in a TOML file, held against the rules for numbers that people type.

TOML knows ``+5``, ``1_000``, ``0x10`` and ``1e3``; a careful person writes none of them, and whoever looks over a file may
read them wrong.
"""

from __future__ import annotations

import re

from intrathecal.quantities import QuantityError, parse_number

#: Texts and comments, which are passed over, or a number as TOML writes it.
_PIECES = re.compile(
    r'"""[\s\S]*?"{3,5}|' + r"'''[\s\S]*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|#[^\n]*"
    r"|(?<![\w.+:-])(?P<number>[-+]?(?:0[xob][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][-+]?[0-9_]+)?))(?![\w.:-])"
)
_KEY_OR_HEADER = re.compile(r"[ \t]*(=|\][ \t]*(#[^\n]*)?$)", re.MULTILINE)
#: Physical constants so small that their zeros would be miscounted.
POWERS_OF_TEN = re.compile(r"[1-9](?:\.[0-9]+)?[eE]-[1-9][0-9]?")
_NONE = re.compile(r"(?!)")


def odd_number(text: str, allowed: re.Pattern[str] = _NONE) -> tuple[int, str, str] | None:
    """Line (from 1), cause and remedy of the first number in ``text`` that nobody should write; None if there is none.

    ``text`` is TOML that can be read; what matches ``allowed`` is passed over.
    """
    for piece in _PIECES.finditer(text):
        number = piece["number"]
        if number is None or allowed.fullmatch(number):
            continue
        try:
            parse_number(number)
        except QuantityError as problem:
            if not _is_name(text, piece):
                cause, _, remedy = str(problem).rpartition(": write")
                return text.count("\n", 0, piece.start()) + 1, cause, f"write{remedy}"
    return None


def _is_name(text: str, piece: re.Match[str]) -> bool:
    """Whether it is a key or part of a header, which may be made of digits."""
    after = _KEY_OR_HEADER.match(text, piece.end())
    line_start = text.rfind("\n", 0, piece.start()) + 1
    before = text[line_start : piece.start()].lstrip()
    return after is not None and (after[1] == "=" or (before.startswith("[") and "=" not in before))
