"""What is wrong with a line that the grammar does not read, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from intrathecal.quantities import shorten
from intrathecal.therapy.clock import DAY_GROUPS, DAY_NAMES
from intrathecal.therapy.errors import ProgramError

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

#: How each clause is written, by the word that its line begins with.
EXAMPLES = {
    "bolus": "bolus 0.2 mg over 10 min at 07:00",
    "on": "on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day",
    "ramp": "ramp to 4 mg/day by 10 % every 3 days",
    "limit": "limit 4 mg per 24 h",
    "minimum": "minimum rate",
    "stop": "stop",
}
#: Words that belong into the middle of a clause, when a line begins with them.
INSIDE = {
    "demand": "on",
    "max": "on",
    "lockout": "on",
    "press": "on",
    "min": "minimum",
    "every": "bolus",
    "at": "bolus",
}
PERIODIC = "bolus 0.2 mg over 10 min every 6 h from 07:00"
WINDOW = "22:00-06:00 1.6 mg/day"
BASE = "2.4 mg/day"
#: Words that the language spells another way. A unit is never guessed from its letters: "g" is not nearly "ng".
MEANT = {
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "hourly"), "h"),
    **dict.fromkeys(("mins", "minute", "minutes", "mn"), "min"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("d", "daily", "dy", "dys"), "day"),
    **dict.fromkeys(("mgs", "milligram", "milligrams", "mgm"), "mg"),
    **dict.fromkeys(("mcgs", "ugs", "microgram", "micrograms", "gamma"), "mcg"),
    **dict.fromkeys(("ngs", "nanogram", "nanograms"), "ng"),
    **dict.fromkeys(("mls", "cc", "millilitre", "millilitres", "milliliter", "milliliters"), "mL"),
    **dict.fromkeys(("uls", "mcl", "microlitre", "microlitres", "microliter", "microliters"), "uL"),
}
#: Terminals of the grammar: what to call them, and the words that they are.
TERMINALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "NUMBER": ("a number", ()),
    "CLOCK": ("a clock time such as 07:00", ()),
    "AMOUNT_UNIT": ("a unit of amount", ("ng", "mcg", "mg", "uL", "mL")),
    "TIME_UNIT": ("a unit of time", ("s", "min", "h", "day", "days")),
    "RATE_TIME": ("a time of a rate", ("min", "h", "day")),
    "WEEKDAY": ("a day", DAY_NAMES),
    "DAY_GROUP": ("a day", tuple(DAY_GROUPS)),
    "MINIMUM": ('"minimum rate"', ()),
    "SLASH": ('"/"', ()),
    "MINUS": ('"-"', ()),
    "COMMA": ('","', ()),
    "PERCENT": ('"%"', ()),
    "_NEWLINE": ("the end of the line", ()),
    "$END": ("the end of the line", ()),
}
UNIT_TERMINALS = ("AMOUNT_UNIT", "TIME_UNIT", "RATE_TIME")
_PIECE = re.compile(r"[A-Za-z\u00b5\u03bc]+|[-+]?[\d.,:]*\d|\S")


def explain(text: str, error: UnexpectedInput) -> ProgramError:
    """The error for ``text`` where Lark stopped at ``error``."""
    ended = getattr(getattr(error, "token", None), "type", "") == "$END"  # its position is that of the last token
    at = len(text) if ended or error.pos_in_stream is None else error.pos_in_stream
    line_start = text.rfind("\n", 0, at) + 1
    number = text.count("\n", 0, at) + 1
    line = text[line_start:].partition("\n")[0].partition("#")[0]
    before, after = line[: at - line_start], line[at - line_start :]
    piece = _PIECE.search(after)
    found = piece[0] if piece else ""
    return ProgramError(_message(line, before, found, _expected(error)), number)


def _expected(error: UnexpectedInput) -> set[str]:
    parser = getattr(error, "interactive_parser", None)
    return set(parser.accepts() if parser is not None else getattr(error, "allowed", None) or ())


def _message(line: str, before: str, found: str, expected: set[str]) -> str:
    begun, shown = shorten(before.strip()), shorten(found)
    if not begun:
        return _unknown_start(found)
    if re.match(r"\s*\d{1,2}\.\d\d\s*-", line):
        return f'"{shorten(line)}" has a point in a clock time; write a colon, such as {WINDOW}'
    if "WEEKDAY" in expected and found in ("-", ","):
        return f'days stand side by side, without "{found}"; write Mon Tue Wed, or weekdays'
    if "ON" in expected and found.capitalize() in (*DAY_NAMES, "Weekdays", "Weekend"):
        return f'days come after "on"; write on {found}'
    if "SLASH" in expected:
        follows = f'"{shown}" follows' if found else "the line ends"
        amount = _last_amount(begun)
        return (
            f'"{amount}" is an amount where a rate is needed ({follows}); '
            f"write a time after a slash, such as {amount}/day or {amount}/h"
        )
    right = _meant(found, expected)
    if right:
        return f'"{shown}" is not {_names(expected)}; did you mean {right}?'
    if not expected or expected & {"_NEWLINE", "$END"}:
        return f'"{shown}" follows a clause that is complete ("{begun}"); write one clause on each line'
    stands = f'"{shown}" stands' if found else "the line ends"
    return f'after "{begun}", {stands} where {_names(expected)} is needed; write for example {_example(line)}'


def _unknown_start(found: str) -> str:
    days = [*DAY_NAMES, *DAY_GROUPS]
    word = INSIDE.get(found.lower(), found.lower())
    near = get_close_matches(word, [*EXAMPLES, *(day.lower() for day in days)], n=1)
    if near and near[0] in EXAMPLES:
        return f'no clause begins with "{shorten(found)}"; did you mean for example "{EXAMPLES[near[0]]}"?'
    if near:
        day = next(day for day in days if day.lower() == near[0])
        return f'no clause begins with "{shorten(found)}"; did you mean {day}?'
    clauses = ", ".join(f'"{example}"' for example in (BASE, WINDOW, *list(EXAMPLES.values())[:4]))
    return f'no clause begins with "{shorten(found)}"; write it like one of {clauses}'


def _meant(found: str, expected: Iterable[str]) -> str | None:
    """The expected word that ``found`` stands for, if one is near."""
    units = [word for name in expected if name in UNIT_TERMINALS for word in TERMINALS[name][1]]
    if MEANT.get(found.lower()) in units:
        return MEANT[found.lower()]
    others = [name for name in expected if name not in UNIT_TERMINALS]
    words = [word for name in others for word in TERMINALS.get(name, ("", (name.lower(),)))[1]]
    near = get_close_matches(found.lower(), [word.lower() for word in words], n=1)
    return next((word for word in words if near and word.lower() == near[0]), None)


def _names(expected: Iterable[str]) -> str:
    names: dict[str, list[str]] = {}
    for name in sorted(expected):
        call, words = TERMINALS.get(name, (f'"{name.lower()}"', ()))
        names.setdefault(call, []).extend(words)
    return " or ".join(f"{call} ({', '.join(words)})" if words else call for call, words in names.items())


def _last_amount(begun: str) -> str:
    match = re.search(r"[\d.,]+\s*[A-Za-z\u00b5\u03bc]+$", begun)
    return shorten(match[0]) if match else "2.4 mg"


def _example(line: str) -> str:
    words = line.lower().split()
    first = words[0] if words else ""
    if first == "bolus" and "every" in words:
        return PERIODIC
    near = get_close_matches(first, EXAMPLES, n=1)
    if near:
        return EXAMPLES[near[0]]
    return WINDOW if ":" in line or first.capitalize() in DAY_NAMES or first in DAY_GROUPS else BASE
