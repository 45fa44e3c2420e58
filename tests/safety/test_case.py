"""The safety case has no gap, and a gap of any kind is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.safety.build import pages
from tests.safety.case import SAFETY, Case, CaseError, Requirement, load, marked


@pytest.mark.requirement("ACC-24")
def test_every_hazard_leads_to_a_control_a_requirement_and_a_test() -> None:
    """Hazards have controls, controls requirements, those that are met have tests, and tests name what there is."""
    assert load().problems() == []


@pytest.mark.parametrize("name", ["case.md", "alarms.md"])
def test_what_is_written_is_what_the_data_say(name: str) -> None:
    """After a change of data, markers or tables: python -m tests.safety.build."""
    written = (SAFETY / name).read_text(encoding="utf-8")
    assert written == pages()[name], f"docs/safety/{name} is out of date: run python -m tests.safety.build"


def test_all_121_requirements_of_the_generic_pump_are_listed() -> None:
    """By the numbers of its chapters, none left out."""
    chapters = {
        "1.1": 8, "1.2": 3, "1.3": 6, "1.4": 12, "1.5": 6, "1.6": 2, "1.7": 1, "1.8": 1, "1.9": 2, "1.10": 7, "2.1": 5,
        "2.2": 7, "2.3": 2, "3.1": 3, "3.2": 4, "3.3": 4, "3.4": 6, "3.5": 5, "4.1": 4, "5.1": 8, "5.2": 1, "5.3": 4,
        "6.1": 7, "6.2": 2, "6.3": 5, "7.1": 4, "7.2": 1, "7.3": 1,
    }  # fmt: skip
    expected = [f"GIP-{chapter}.{n}" for chapter, count in chapters.items() for n in range(1, count + 1)]
    listed = [requirement.id for requirement in load().requirements]

    assert [name for name in listed if name.startswith("GIP-")] == expected
    assert len(expected) == 121
    assert [name for name in listed if name.startswith("ACC-")] == [f"ACC-{n}" for n in range(1, 25)]
    assert {f"PCA-EC{n}" for n in range(1, 25)} <= set(listed)


def without_first_control(case: Case) -> Case:
    """A hazard whose controls are forgotten."""
    return replace(case, hazards=(replace(case.hazards[0], controls=()), *case.hazards[1:]))


def with_unknown_control(case: Case) -> Case:
    """A hazard with a control that is nowhere."""
    return replace(case, hazards=(replace(case.hazards[0], controls=("NOWHERE",)), *case.hazards[1:]))


def with_empty_control(case: Case) -> Case:
    """A control that asks for nothing that is met."""
    empty = replace(case.controls[0], requirements=())
    alone = replace(case.hazards[0], controls=(empty.id,))
    return replace(case, controls=(empty, *case.controls[1:]), hazards=(alone, *case.hazards[1:]))


def with_idle_control(case: Case) -> Case:
    """A control before no hazard."""
    return replace(case, controls=(*case.controls, replace(case.controls[0], id="IDLE")))


def with_unknown_requirement(case: Case) -> Case:
    """A control that asks for what is nowhere."""
    return replace(case, controls=(replace(case.controls[0], requirements=("ACC-99",)), *case.controls[1:]))


def with_loose_requirement(case: Case) -> Case:
    """A requirement that applies and belongs to no control."""
    return replace(case, requirements=(*case.requirements, Requirement("ACC-99", "?", "not met", "later")))


def without_tests(case: Case) -> Case:
    """A requirement that is said to be met and that no test names."""
    return replace(case, tests={name: tests for name, tests in case.tests.items() if name != "ACC-24"})


def with_a_test_of_nothing(case: Case) -> Case:
    """A test that names a requirement which is nowhere."""
    return replace(case, tests={**case.tests, "ACC-99": ("tests/x.py::test_x",)})


def with_a_test_of_what_is_not_met(case: Case) -> Case:
    """A test that shows what is said not to be met."""
    return replace(case, tests={**case.tests, "GIP-2.2.3": ("tests/x.py::test_x",)})


def without_a_reason(case: Case) -> Case:
    """A requirement that is not met, and nobody says why."""
    changed = [replace(each, why="") if each.id == "GIP-2.2.3" else each for each in case.requirements]
    return replace(case, requirements=tuple(changed))


@pytest.mark.requirement("ACC-24")
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_first_control, "name its controls"),
        (with_unknown_control, "there is no control NOWHERE"),
        (with_empty_control, "none of its controls is in place"),
        (with_idle_control, "control IDLE: stands before no hazard"),
        (with_unknown_requirement, "there is no requirement ACC-99"),
        (with_loose_requirement, "requirement ACC-99: belongs to no control"),
        (without_tests, "requirement ACC-24: is said to be met, and no test names it"),
        (with_a_test_of_nothing, "tests/x.py::test_x: there is no requirement ACC-99"),
        (with_a_test_of_what_is_not_met, "GIP-2.2.3: is said to be not met, and a test names it"),
        (without_a_reason, "requirement GIP-2.2.3: say why it is not met"),
    ],
)
def test_a_gap_of_any_kind_is_found(spoil: Callable[[Case], Case], says: str) -> None:
    """Each link taken out by itself."""
    assert any(says in problem for problem in spoil(load()).problems())


def test_markers_are_read_from_the_source_of_tests(tmp_path: Path) -> None:
    """Several on one test, one on several; only plain texts on tests count, anything else is a mistake."""
    tests = tmp_path / "tests"
    tests.mkdir()
    marked_twice = '@pytest.mark.requirement("A", "B")\n@pytest.mark.requirement("C")\ndef test_one():\n    pass\n'
    (tests / "test_a.py").write_text(f'{marked_twice}@pytest.mark.requirement("A")\ndef test_two():\n    pass\n')
    assert marked(tests) == {
        "A": ("tests/test_a.py::test_one", "tests/test_a.py::test_two"),
        "B": ("tests/test_a.py::test_one",),
        "C": ("tests/test_a.py::test_one",),
    }
    for wrong in ("@pytest.mark.requirement(A)\ndef test_x(): ...", '@pytest.mark.requirement("A")\ndef helper(): ...',
                  "@pytest.mark.requirement()\ndef test_x(): ..."):  # fmt: skip
        other = tmp_path / f"other{abs(hash(wrong))}" / "tests"
        other.mkdir(parents=True)
        (other / "test_b.py").write_text(wrong)
        with pytest.raises(CaseError, match="plain texts"):
            marked(other)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements.toml", '["X"]\nasks = "?"\n'),
        ("requirements.toml", '["X"]\nasks = "?"\nmet = ""\nnot_met = ""\n'),
        ("requirements.toml", '["X"]\nasks = "?"\nmet = ""\nmore = ""\n'),
        ("hazards.toml", '["X"]\nsource = ""\nhazard = ""\nwhat = ""\ncontrol = ["Y"]\n'),
    ],
)
def test_an_entry_that_is_mistyped_is_refused(tmp_path: Path, file: str, text: str) -> None:
    """One status, and known keys only."""
    for name in ("requirements.toml", "hazards.toml", "controls.toml"):
        (tmp_path / name).write_text(text if name == file else "")
    with pytest.raises(CaseError, match="X"):
        load(tmp_path, tmp_path)
