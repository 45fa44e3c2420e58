"""The references that catalogue values rest on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intrathecal.catalogue.errors import CatalogueError, nearest
from intrathecal.catalogue.reading import Where, read_text
from intrathecal.catalogue.values import CHOSEN

_ENTRY = re.compile(r"@(?P<type>\w+)\{(?P<key>[a-z0-9-]+),\n(?P<body>.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"  (?P<name>\w+) = \{(?P<text>.*)\},?")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
_FIELDS = ("title", "author", "year", "doi", "url", "note", "journal", "publisher")
_REQUIRED = ("title", "author", "year")


@dataclass(frozen=True)
class Reference:
    """A paper, a label, a manual, a data set, or a user's own record."""

    key: str
    title: str
    author: str
    year: str
    journal: str = ""
    publisher: str = ""
    doi: str = ""
    url: str = ""
    note: str = ""

    def __str__(self) -> str:
        """One line, as it is printed by ``intrathecal cite``."""
        place = self.journal or self.publisher
        address = f"https://doi.org/{self.doi}" if self.doi else self.url
        parts = [f"{self.author} ({self.year})", self.title, place, address]
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


def parse_bibliography(text: str, file: str) -> dict[str, Reference]:
    """Read the subset of BibTeX that this project writes: one field a line, each in braces; raises `CatalogueError`."""
    found: dict[str, Reference] = {}
    for match in _ENTRY.finditer(text):
        table: dict[str, Any] = {}
        for line in match["body"].splitlines():
            field = _FIELD.fullmatch(line)
            if field is None:
                raise CatalogueError(f'{file}, {match["key"]}: "{line}" is not a field; write "  name = {{text}},"')
            table[field["name"]] = field["text"]
        if match["key"] in found:
            raise CatalogueError(f"{file}, {match['key']}: the key is used twice; give each reference its own")
        found[match["key"]] = read_reference(match["key"], table, Where(file, match["key"], ()))
    if len(found) != len(re.findall(r"^@", text, re.MULTILINE)):
        raise CatalogueError(f"{file}: an entry is not closed by a brace on its own line; one field a line")
    return found


def read_reference(key: str, table: Any, where: Where) -> Reference:
    """A reference from its table of fields; raises `CatalogueError`."""
    if key == CHOSEN or not _KEY.fullmatch(key):
        where.fail("it cannot be the key of a reference", "use small letters, digits and hyphens, such as smith2020")
    if not isinstance(table, Mapping):
        where.fail("it is not a table", "give title, author and year")
    for name in table:
        if name not in _FIELDS:
            where.fail(f'"{name}" is not one of its fields', nearest(name, _FIELDS))
    for name in _REQUIRED:
        if name not in table:
            where.fail(f"{name} is missing", "give title, author and year, and doi or url where there is one")
    texts = {name: str(text) if name == "year" and isinstance(text, int) else text for name, text in table.items()}
    return Reference(key, **{name: read_text(text, where.at(name)) for name, text in texts.items()})
