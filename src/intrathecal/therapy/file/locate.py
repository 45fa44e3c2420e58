"""Where each key of a TOML document stands: the standard library's reader does not say.

`locate` walks through text that ``tomllib`` has already accepted, so it needs no errors of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Keys and list indices from the top of the document to a value or table.
Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([btnfr"\\]))')


@dataclass(frozen=True)
class Lines:
    """The lines (from 1) of a document's keys, tables and list items, and the spans of its values in the text."""

    text: str
    starts: Mapping[Path, int]
    values: Mapping[Path, int]
    newlines: Sequence[int]

    def of(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it that stands in the document."""
        while path and path not in self.starts:
            path = path[:-1]
        return self.line_at(self.starts[path]) if path else 1

    def line_at(self, position: int) -> int:
        """The line of a position in the text."""
        return bisect_left(self.newlines, position) + 1

    def inside(self, path: Path, line: int) -> int:
        """The line of the document on which line ``line`` (from 1) of the string value at ``path`` stands."""
        start = self.values.get(path)
        if start is None:
            return self.of(path)
        quote = self.text[start : start + 3]
        first = self.line_at(start)
        if quote not in ('"""', "'''"):
            return first
        body = self.text[start + 3 : _string_end(self.text, start) - 3]
        first += 1 if body.startswith("\n") else 0
        lines = _value_lines(body.removeprefix("\n"), first, escapes=quote == '"""')
        return lines[min(line, len(lines)) - 1]


def locate(text: str) -> Lines:
    """The places of everything in ``text``: a TOML document that ``tomllib`` accepts, with Unix line ends."""
    walk = _Walk(text)
    walk.document()
    return Lines(text, walk.starts, walk.values, [match.start() for match in re.finditer("\n", text)])


def _value_lines(body: str, first: int, *, escapes: bool) -> list[int]:
    """For each line of a multi-line string's value, the document's line on which it begins."""
    lines, here = [first], first
    position = 0
    while position < len(body):
        character = body[position]
        if character == "\\" and escapes:
            if body[position + 1] == "n":
                lines.append(here)
            if body[position + 1] in " \t\n":  # the line goes on at the next character that is not a space
                rest = body[position + 1 :].lstrip(" \t\n")
                here += body.count("\n", position, len(body) - len(rest))
                position = len(body) - len(rest)
                continue
            position += 2
            continue
        if character == "\n":
            here += 1
            lines.append(here)
        position += 1
    return lines


def _string_end(text: str, start: int) -> int:
    """The position after the closing quotes of the string that begins at ``start``."""
    quote = text[start]
    if text.startswith(quote * 3, start):
        position = start + 3
        while not text.startswith(quote * 3, position):
            position += 2 if quote == '"' and text[position] == "\\" else 1
        while text[position + 3 : position + 4] == quote:  # up to two quotes may stand before the closing three
            position += 1
        return position + 3
    position = start + 1
    while text[position] != quote:
        position += 2 if quote == '"' and text[position] == "\\" else 1
    return position + 1


class _Walk:
    """One pass over the text; ``starts`` fills as it goes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts: dict[Path, int] = {}
        self.values: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}  # arrays of tables: how many so far

    def document(self) -> None:
        table: Path = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        start = self.at
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        parts = self._key()
        self._skip(_SPACE)
        self.at += 2 if many else 1
        path = self._resolve(parts[:-1])
        for depth in range(1, len(path) + 1):
            self.starts.setdefault(path[:depth], start)
        path = (*path, parts[-1])
        self.starts.setdefault(path, start)
        if many:
            index = self.counts.get(path, 0)
            self.counts[path] = index + 1
            path = (*path, index)
            self.starts.setdefault(path, start)
        return path

    def _resolve(self, parts: tuple[str, ...]) -> Path:
        """A dotted header's path: inside an array of tables it means the last one."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        parts = self._key()
        self._skip(_SPACE)
        self.at += 1  # the sign "="
        self._skip(_SPACE)
        for depth in range(1, len(parts) + 1):
            self.starts.setdefault((*table, *parts[:depth]), start)
        self._value((*table, *parts))

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] in "\"'":
                parts.append(self._quoted())
            else:
                match = _BARE.match(self.text, self.at)
                parts.append(match[0] if match else "")
                self.at += len(parts[-1])
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def _quoted(self) -> str:
        start, self.at = self.at, _string_end(self.text, self.at)
        raw = self.text[start + 1 : self.at - 1]
        return raw if self.text[start] == "'" else _ESCAPE.sub(_unescape, raw)

    def _value(self, path: Path) -> None:
        self.values.setdefault(path, self.at)
        first = self.text[self.at]
        if first in "\"'":
            self.at = _string_end(self.text, self.at)
        elif first == "[":
            self._list(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self._skip(_SCALAR)

    def _list(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "]":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.starts.setdefault((*path, index), self.at)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "}":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._pair(path)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPES[match[3]]
