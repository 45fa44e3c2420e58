"""The text of a file that a person wrote, and its TOML with the line of everything in it."""

from __future__ import annotations

import codecs
import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from intrathecal.catalogue.bare_numbers import odd_number
from intrathecal.therapy.errors import TherapyError
from intrathecal.therapy.file.locate import locate
from intrathecal.therapy.file.section import Document, Section
from intrathecal.therapy.file.toml_mistakes import explain_toml

#: A file of a page or two; a diary of thousands of entries is smaller too.
LARGEST_BYTES = 1_000_000
#: Points on one line: a key of so many parts is no key, and takes the reader of TOML minutes.
MOST_POINTS = 200
_FOREIGN_MARKS = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}


def read_text(path: Path, what: str) -> str:
    """The text of a UTF-8 file; ``what`` names the kind of file in messages ("therapy file"). Raises `TherapyError`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except IsADirectoryError:
        raise TherapyError(f"{path}: this is a directory; name the {what} in it") from None
    except FileNotFoundError:
        raise TherapyError(f"{path}: there is no such file; check the name and the directory") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TherapyError(
            f"{path}: it cannot be read ({reason.lower()}); check the name and the permissions"
        ) from None
    if len(data) > LARGEST_BYTES:
        raise TherapyError(f"{path}: the file is larger than {LARGEST_BYTES} bytes; is it a {what}?")
    return _decode(data, path)


def parse_document(text: str, name: str, what: str, example: str) -> Section:
    """The TOML of ``text``, which messages call ``name``; ``example`` is a right one of its kind. Raises `TherapyError`."""
    if len(text) > LARGEST_BYTES:
        raise TherapyError(f"{name}: the file is larger than {LARGEST_BYTES} characters; is it a {what}?")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip():
        raise TherapyError(f"{name}: the file is empty; {example}")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_POINTS and not line.lstrip().startswith("#"):
            raise TherapyError(f"{name}, line {number}: more points than a line of a {what} has; correct the line")
    try:
        table = tomllib.loads(text, parse_float=_number)
        lines = locate(text)
    except RecursionError:
        raise TherapyError(
            f"{name}: lists or tables stand inside each other too often; write them side by side"
        ) from None
    except ValueError as error:  # what tomllib raises, and what int() raises on a number of thousands of digits
        place, cause, remedy = explain_toml(text, error)
        raise TherapyError(f"{name}, line {place}: {cause}; {remedy}") from None
    odd = odd_number(text)
    if odd:
        raise TherapyError(f"{name}, line {odd[0]}: {odd[1]}; {odd[2]}")
    return Section(Document(name, lines), (), "the file", table)


def _number(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that no number has
        return Decimal("NaN")


def _decode(data: bytes, path: Path) -> str:
    for encoding, marks in _FOREIGN_MARKS.items():
        if data.startswith(marks):
            raise TherapyError(f"{path}: the file is {encoding} text; save it as UTF-8")
    if b"\0" in data:
        raise TherapyError(f"{path}: the file is not UTF-8 text (it has zero bytes); save it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TherapyError(
            f"{path}, line {line}: byte {data[error.start]:#04x} is not UTF-8 text; save the file as UTF-8"
        ) from None
