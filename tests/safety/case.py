"""The safety case as data: hazards, controls, requirements, and the tests that name them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
SAFETY = ROOT / "docs" / "safety"
MARK = "requirement"
Status = Literal["met", "not met", "not applicable"]
STATUSES: tuple[Status, ...] = ("met", "not met", "not applicable")


class CaseError(ValueError):
    """A file of the case that cannot be read as one: the message says which entry, and what is wrong."""


@dataclass(frozen=True)
class Hazard:
    """What can go wrong; ``outside`` says why no control of ours could stand before it."""

    id: str
    source: str
    hazard: str
    what: str
    controls: tuple[str, ...] = ()
    outside: str = ""


@dataclass(frozen=True)
class Control:
    """What stands between hazards and a patient."""

    id: str
    what: str
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class Requirement:
    """What is asked, whether it is met, and why or how."""

    id: str
    asks: str
    status: Status
    why: str


@dataclass(frozen=True)
class Case:
    """All of it; ``tests`` are those that name a requirement, as path::name."""

    hazards: tuple[Hazard, ...]
    controls: tuple[Control, ...]
    requirements: tuple[Requirement, ...]
    tests: dict[str, tuple[str, ...]]

    def in_place(self, control: Control) -> bool:
        """Whether any of its requirements is met."""
        met = {requirement.id for requirement in self.requirements if requirement.status == "met"}
        return not met.isdisjoint(control.requirements)

    def problems(self) -> list[str]:
        """Every link that is missing, in words."""
        return [*self._of_hazards(), *self._of_controls(), *self._of_requirements(), *self._of_tests()]

    def _of_hazards(self) -> Iterator[str]:
        known = {control.id: control for control in self.controls}
        for hazard in self.hazards:
            if bool(hazard.controls) == bool(hazard.outside):
                yield f"hazard {hazard.id}: name its controls, or why it lies outside"
            for name in hazard.controls:
                if name not in known:
                    yield f"hazard {hazard.id}: there is no control {name}"
            if hazard.controls and not any(name in known and self.in_place(known[name]) for name in hazard.controls):
                yield f"hazard {hazard.id}: none of its controls is in place"

    def _of_controls(self) -> Iterator[str]:
        used = {name for hazard in self.hazards for name in hazard.controls}
        known = {requirement.id: requirement for requirement in self.requirements}
        for control in self.controls:
            if control.id not in used:
                yield f"control {control.id}: stands before no hazard"
            for name in control.requirements:
                if name not in known:
                    yield f"control {control.id}: there is no requirement {name}"
                elif known[name].status == "not applicable":
                    yield f"control {control.id}: requirement {name} does not apply"

    def _of_requirements(self) -> Iterator[str]:
        asked = {name for control in self.controls for name in control.requirements}
        for requirement in self.requirements:
            shown = bool(self.tests.get(requirement.id))
            if requirement.status != "not applicable" and requirement.id not in asked:
                yield f"requirement {requirement.id}: belongs to no control"
            if requirement.status == "met" and not shown:
                yield f"requirement {requirement.id}: is said to be met, and no test names it"
            if requirement.status != "met" and shown:
                yield f"requirement {requirement.id}: is said to be {requirement.status}, and a test names it"
            if requirement.status != "met" and not requirement.why:
                yield f"requirement {requirement.id}: say why it is {requirement.status}"

    def _of_tests(self) -> Iterator[str]:
        known = {requirement.id for requirement in self.requirements}
        for name, tests in self.tests.items():
            if name not in known:
                yield f"{tests[0]}: there is no requirement {name}"


def load(folder: Path = SAFETY, tests: Path = ROOT / "tests") -> Case:
    """The case as it stands. Raises `CaseError`."""
    return Case(
        tuple(_hazard(name, entry) for name, entry in _entries(folder / "hazards.toml")),
        tuple(
            Control(name, entry["is"], tuple(entry["requirements"]))
            for name, entry in _entries(folder / "controls.toml")
        ),
        tuple(_requirement(name, entry) for name, entry in _entries(folder / "requirements.toml")),
        marked(tests),
    )


def _entries(file: Path) -> list[tuple[str, dict[str, Any]]]:
    return list(tomllib.loads(file.read_text(encoding="utf-8")).items())


def _hazard(name: str, entry: dict[str, Any]) -> Hazard:
    unknown = set(entry) - {"source", "hazard", "what", "controls", "outside"}
    if unknown:
        raise CaseError(f"hazard {name}: {', '.join(sorted(unknown))} is not known")
    controls = tuple(entry.get("controls", ()))
    return Hazard(name, entry["source"], entry["hazard"], entry["what"], controls, entry.get("outside", ""))


def _requirement(name: str, entry: dict[str, Any]) -> Requirement:
    keys = {status.replace(" ", "_"): status for status in STATUSES}
    said = [key for key in entry if key in keys]
    if len(said) != 1 or set(entry) != {"asks", said[0]}:
        raise CaseError(f"requirement {name}: write asks, and one of {', '.join(keys)}")
    return Requirement(name, entry["asks"], keys[said[0]], entry[said[0]])


@cache
def marked(tests: Path) -> dict[str, tuple[str, ...]]:
    """The tests that name each requirement, in order, read from their source. Raises `CaseError` for other than plain names."""
    found: dict[str, list[str]] = {}
    for file in sorted(tests.rglob("test_*.py")):
        source = file.read_text(encoding="utf-8")
        if f"mark.{MARK}" not in source:
            continue
        path = file.relative_to(tests.parent).as_posix()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                for name in _names(path, node):
                    found.setdefault(name, []).append(f"{path}::{node.name}")
    return {name: tuple(where) for name, where in found.items()}


def _names(path: str, function: ast.FunctionDef) -> Iterator[str]:
    for mark in function.decorator_list:
        if not (isinstance(mark, ast.Call) and ast.unparse(mark.func) == f"pytest.mark.{MARK}"):
            continue
        if not function.name.startswith("test") or not mark.args or mark.keywords:
            raise CaseError(f"{path}::{function.name}: name requirements on a test, as plain texts")
        for argument in mark.args:
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                raise CaseError(f"{path}::{function.name}: name requirements on a test, as plain texts")
            yield argument.value
