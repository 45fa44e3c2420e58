"""What is wrong with a file that is not TOML, in the words of somebody who does not know TOML."""

from __future__ import annotations

import re
import tomllib
from datetime import date

from intrathecal.quantities import QuantityError, parse_number, shorten

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_PAIR = re.compile(r"\s*(?P<key>[\w.\"'-]+)\s*=\s*(?P<value>.*?)\s*(?:#.*)?$")
_MOMENT = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})(?:[T ](?P<clock>[\d:.]+))?")
_DIGITS = re.compile(r"[0-9_]{1000}")
#: Beyond this nobody reads a line, and the patterns below would take long.
LONGEST_LINE = 500
_SAID_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline table key")
#: Values that are not TOML: how to know them, what is wrong, and what would be right.
_VALUES = tuple(
    (re.compile(pattern), cause, remedy)
    for pattern, cause, remedy in (
        (r"-?[\d.,]+\s*[a-zA-Z%\u00b5\u03bc]", "{value} is not in quotes", 'write {key} = "{value}"'),
        (
            r"(?i:[-+]?(nan|inf|infinity))$",
            "{value} is not a number",
            "write digits with at most one point, such as 0.5",
        ),
        (r"(?i:true|false)$", "{value} is not true or false", "write {key} = {lower}"),
        (r"[A-Za-z][\w -]*$", "{value} is not in quotes", 'write {key} = "{value}"'),
        (r"$", "{key} has no value", 'write {key} = "..." on one line'),
    )
)
_NUMBERLIKE = re.compile("[-+\N{MINUS SIGN}\N{EN DASH}]?[.,]?\\d[\\d.,_\\s]*")
_TYPOGRAPHIC = re.compile("[\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]")


def explain_toml(text: str, error: ValueError) -> tuple[int, str, str]:
    """Line, cause and remedy of what ``tomllib`` could not read."""
    place = _PLACE.search(str(error))
    said = _PLACE.sub("", str(error))
    lines = text.split("\n")
    if not isinstance(error, tomllib.TOMLDecodeError):  # Python's own limit on the digits of a whole number
        number = next((number for number, line in enumerate(lines, 1) if _DIGITS.search(line)), 1)
        return number, "a number has thousands of digits", "write a number that somebody could mean"
    if place is None or place[1] is None:
        opened = _unclosed(lines)
        if opened:
            return opened, "the text that begins here is never closed", 'close it with """ on a line of its own'
        return max(len(text.rstrip().split("\n")), 1), f"the file ends too early ({said.lower()})", "finish the line"
    number = int(place[1])
    line = lines[number - 1][:LONGEST_LINE]
    cause, remedy = _explain_line(line, said)
    return number, cause, remedy


def _unclosed(lines: list[str]) -> int | None:
    opened = None
    for number, line in enumerate(lines, 1):
        if line.count('"""') % 2:
            opened = None if opened else number
    return opened


def _explain_line(line: str, said: str) -> tuple[str, str]:
    if said.startswith(_SAID_TWICE):
        return (
            f'"{shorten(line)}" says again what was said before',
            "keep one of them; [[drug]] and [[event]] may repeat",
        )
    if _TYPOGRAPHIC.search(line):
        return "the line has typographic quotes", 'write plain ones: "..."'
    pair = _PAIR.match(line)
    if pair is None:
        return f'"{shorten(line)}" is not TOML ({said.lower()})', 'write [table] or key = "value"'
    key, value = pair["key"], shorten(pair["value"])
    moment = _MOMENT.match(value)
    if moment:
        return _explain_moment(moment, value)
    if value.startswith("{") and line.count("{") > line.count("}"):
        return "a table in braces goes over several lines", "write { ... } on one line"
    if _NUMBERLIKE.fullmatch(pair["value"]):
        return _explain_number(pair["value"])
    for pattern, cause, remedy in _VALUES:
        if pattern.match(pair["value"]):
            return cause.format(key=key, value=value), remedy.format(key=key, value=value, lower=value.lower())
    return f'"{shorten(line)}" is not TOML ({said.lower()})', "write key = value, with texts in quotes"


def _explain_number(value: str) -> tuple[str, str]:
    try:
        parse_number(value)
    except QuantityError as problem:
        cause, _, remedy = str(problem).rpartition(": write")
        return cause, f"write{remedy}"
    return f"{value} is not the whole of a line", "write key = value, each on a line of its own"


def _explain_moment(moment: re.Match[str], value: str) -> tuple[str, str]:
    try:
        date.fromisoformat(moment["date"])
    except ValueError:
        return f"{shorten(value)} does not exist", "write a date of the calendar, such as 2026-02-28T09:00:00"
    clock = moment["clock"] or ""
    if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", clock):
        return f"{shorten(value)} has no seconds", f"write {moment['date']}T{clock}:00"
    return f"{shorten(value)} is not a time that exists", f"write for example {moment['date']}T09:00:00"
