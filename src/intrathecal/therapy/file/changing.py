"""A therapy file with some of its values, or of the catalogue's, changed by name: for a question such as "what if"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from intrathecal.catalogue import CatalogueError
from intrathecal.catalogue.overriding import known_values
from intrathecal.quantities import QuantityError, parse_number, shorten
from intrathecal.therapy.actions import NewProgram
from intrathecal.therapy.errors import ProgramError, TherapyError
from intrathecal.therapy.file.load import EXAMPLE, WHAT
from intrathecal.therapy.file.read_patient import KEYS
from intrathecal.therapy.file.read_therapy import read_therapy
from intrathecal.therapy.file.section import Section, nearest
from intrathecal.therapy.file.text import parse_document, read_text
from intrathecal.therapy.plan import Therapy
from intrathecal.therapy.program import Program
from intrathecal.therapy.program_values import SCALE, names_in, with_value

PROGRAM = "program"
#: Keys of one value in tables of which there is one.
SINGLE: dict[str, tuple[str, ...]] = {
    "patient": tuple(key for key in KEYS if key != "allergies"),
    "pump": ("model", "drive_error"),
    "catheter": ("model", "removed", "tip"),
    "fill": ("volume", "primed"),
    "simulation": ("days", "presses"),
}


@dataclass(frozen=True, eq=False)
class TherapyFile:
    """A therapy file that can be read, to be had with other values."""

    root: Section
    directory: Path
    catalogue_files: tuple[Path, ...]

    @classmethod
    def load(cls, path: Path, catalogue_files: Sequence[Path] = ()) -> TherapyFile:
        """Read a file as `load_therapy` does; raises `TherapyError`."""
        return cls.parse(read_text(path, WHAT), str(path), path.parent, catalogue_files)

    @classmethod
    def parse(cls, text: str, name: str, directory: Path, catalogue_files: Sequence[Path] = ()) -> TherapyFile:
        """Read a text as `parse_therapy` does; raises `TherapyError`."""
        file = cls(parse_document(text, name, WHAT, EXAMPLE), directory, tuple(catalogue_files))
        _ = file.therapy
        return file

    @cached_property
    def therapy(self) -> Therapy:
        """The therapy as it is written."""
        return read_therapy(self.root, self.directory, self.catalogue_files)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names that `changed` takes: those of the file, then those of the catalogue."""
        therapy = self.therapy
        tables = SINGLE if therapy.pump else {key: SINGLE[key] for key in ("patient", "simulation")}
        own = [f"{table}.{key}" for table, keys in tables.items() for key in keys]
        own += [f"drug.{entry.drug.name}.concentration" for entry in therapy.drugs] if therapy.pump else []
        own += [f"{PROGRAM}.{name}" for name in names_in(therapy.program)] if therapy.program else []
        return (*own, *known_values(therapy.catalogue))

    def changed(self, values: Mapping[str, str], asked_in: str) -> Therapy:
        """The therapy with ``values`` by name, each as typed; every check of a file is made again.

        ``program.scale`` multiplies the doses of all programs, those of events too; other values of a program are those of
        the first. A value of the catalogue becomes one without a spread: it is the same in all people. Raises `TherapyError`,
        which begins with ``asked_in``, for a name that is not known and for values that the file could not hold.
        """
        for name in values:
            if name not in self.names:
                remedy = f"see docs/studies.md; {nearest(name, self.names)}"
                raise TherapyError(
                    f"{asked_in} {shorten(name)}: no value of the file or catalogue has this name; {remedy}"
                )
        said = ", ".join(f"{name}={text}" for name, text in values.items())
        table: dict[str, Any] = deepcopy(dict(self.root.table))
        catalogue = {}
        try:
            for name, text in values.items():
                if not self._put(table, name, text):
                    catalogue[name] = text
            return read_therapy(replace(self.root, table=table), self.directory, self.catalogue_files, catalogue)
        except (CatalogueError, TherapyError) as problem:
            raise TherapyError(f"{asked_in} {said}: {problem}") from None

    def _put(self, table: dict[str, Any], name: str, text: str) -> bool:
        """Put a value into the tables of the file; False where it is one of the catalogue."""
        head, *rest = name.split(".")
        if head == PROGRAM:
            self._put_program(table, ".".join(rest), text)
        elif head == "drug" and rest[1:] == ["concentration"]:
            next(drug for drug in table["drug"] if drug["name"] == rest[0])["concentration"] = text
        elif rest[0] in SINGLE.get(head, ()) and len(rest) == 1:
            table.setdefault(head, {})[rest[0]] = _typed(text)
        else:
            return False
        return True

    def _put_program(self, table: dict[str, Any], name: str, text: str) -> None:
        self._rewrite(table[PROGRAM], "text", lambda program: with_value(program, name, text))
        if name == SCALE:
            for event, read in zip(table.get("event", []), self.therapy.events, strict=True):
                if isinstance(read.action, NewProgram):
                    self._rewrite(event, PROGRAM, lambda program: with_value(program, name, text))

    def _rewrite(self, table: dict[str, Any], key: str, change: Callable[[Program], Program]) -> None:
        try:
            table[key] = str(change(Program.parse(table[key])))
        except ProgramError as problem:
            raise TherapyError(f"{self.root.document.name}, {problem.bare}") from None


def _typed(text: str) -> Any:
    """A value as the file would have it: a number, true or false, or a text."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return parse_number(text)
    except QuantityError:
        return text
