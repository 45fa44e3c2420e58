"""From a therapy file to a `Therapy`: every sentence of it checked, every mistake named with its line."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from intrathecal.therapy.errors import TherapyError
from intrathecal.therapy.file.locate import locate
from intrathecal.therapy.file.read_therapy import read_therapy
from intrathecal.therapy.file.section import Document, Section
from intrathecal.therapy.file.toml_mistakes import explain_toml
from intrathecal.therapy.plan import Therapy

#: A therapy file is a page or two.
LARGEST_BYTES = 1_000_000
#: Points on one line: a key of so many parts is no key, and takes the reader of TOML minutes.
MOST_POINTS = 200
_FOREIGN_MARKS = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}


def load_therapy(path: str | Path, catalogue_files: Sequence[Path] = ()) -> Therapy:
    """Read a therapy file; ``catalogue_files`` are laid over the catalogue after those that the file names.

    Raises `TherapyError`: "FILE, line N: what is wrong; what would be right".
    """
    return parse_therapy(_read(Path(path)), str(path), Path(path).parent, catalogue_files)


def parse_therapy(text: str, name: str, directory: Path, catalogue_files: Sequence[Path] = ()) -> Therapy:
    """A therapy from the text of a file.

    ``name`` is what messages call it, and paths in it are relative to ``directory``. Raises as `load_therapy` does.
    """
    if len(text) > LARGEST_BYTES:
        raise TherapyError(f"{name}: the file is larger than {LARGEST_BYTES} characters; is it a therapy file?")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip():
        raise TherapyError(f"{name}: the file is empty; write at least one [[drug]], see examples/failed-back.toml")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_POINTS and not line.lstrip().startswith("#"):
            raise TherapyError(
                f"{name}, line {number}: more points than a line of a therapy file has; correct the line"
            )
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
    return read_therapy(Section(Document(name, lines), (), "the file", table), directory, catalogue_files)


def _number(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that no number has
        return Decimal("NaN")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except IsADirectoryError:
        raise TherapyError(f"{path}: this is a directory; name the therapy file in it") from None
    except FileNotFoundError:
        raise TherapyError(f"{path}: there is no such file; check the name and the directory") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TherapyError(
            f"{path}: it cannot be read ({reason.lower()}); check the name and the permissions"
        ) from None
    if len(data) > LARGEST_BYTES:
        raise TherapyError(f"{path}: the file is larger than {LARGEST_BYTES} bytes; is it a therapy file?")
    return _decode(data, path)


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
