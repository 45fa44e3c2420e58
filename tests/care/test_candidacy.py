"""The checklist: everything done lets a trial begin, and anything else is a gap with a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from intrathecal.care.candidacy import figures, load_candidacy
from intrathecal.catalogue import load_catalogue
from intrathecal.quantities import InputError

EXAMPLE = Path(__file__).parents[2] / "examples" / "checklists" / "failed-back.toml"
CHECKS = load_catalogue().checks


def changed(tmp_path: Path, pattern: str, by: str) -> Path:
    """The example with what matches ``pattern`` replaced."""
    text, count = re.subn(pattern, by, EXAMPLE.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert count, "the example has changed"
    path = tmp_path / "checklist.toml"
    path.write_text(text, encoding="utf-8")
    return path


def without(tmp_path: Path, *names: str, indication: str = "neuropathic") -> Path:
    """The example with items left out, for another indication."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('"neuropathic"', f'"{indication}"')
    for name in names:
        text = re.sub(rf"\[{name}\]\n(?:[^\[]+\n)*\n?(?=\[|\Z)", "", text)
        assert f"[{name}]" not in text
    path = tmp_path / "checklist.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_complete() -> None:
    """Each item is done, by somebody, on a day."""
    found = load_candidacy(EXAMPLE)
    assert not found.gaps
    assert [answer.check.name for answer in found.answers] == list(CHECKS)
    assert all(answer.state == "done" and answer.on and answer.by for answer in found.answers)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_item_that_is_left_out_blocks_by_its_name(tmp_path: Path, name: str) -> None:
    """In non-cancer pain nothing goes without saying."""
    found = load_candidacy(without(tmp_path, name))
    assert [gap.check.name for gap in found.gaps] == [name]
    assert figures(found, load_catalogue())["decision"] == "blocked"


@pytest.mark.parametrize("indication", ["cancer", "spasticity"])
def test_cancer_and_spasticity_need_neither_psychology_nor_opioid_reduction(tmp_path: Path, indication: str) -> None:
    """The waiver names its source; everything else is still asked."""
    found = load_candidacy(without(tmp_path, "psychology", "opioid-reduction", "consent", indication=indication))
    assert [gap.check.name for gap in found.gaps] == ["consent"]
    waived = {answer.check.name: answer.reason for answer in found.answers if answer.state == "waived"}
    assert set(waived) == {"psychology", "opioid-reduction"}
    assert all(f"not needed in {indication} (" in reason for reason in waived.values())
    assert "Neupsy Key" in waived["psychology"]


def test_an_answer_that_speaks_against_a_trial_blocks_it(tmp_path: Path) -> None:
    """An active infection is no gap, and no candidate either."""
    path = changed(tmp_path, r"\[infection\]\nclear = true", '[infection]\nclear = false\nnote = "wound of the sacrum"')
    (gap,) = load_candidacy(path).gaps
    assert (gap.check.name, gap.state, gap.reason) == ("infection", "speaks against it", "wound of the sacrum")


def test_an_old_answer_is_a_gap(tmp_path: Path) -> None:
    """Coagulation of two weeks ago; an assessment of last year does not age."""
    (gap,) = load_candidacy(changed(tmp_path, 'on = 2026-02-06\nby = "Lab', 'on = 2026-01-26\nby = "Lab')).gaps
    assert (gap.check.name, gap.state) == ("coagulation", "gap")
    assert "older than 7 days" in gap.reason
    assert not load_candidacy(changed(tmp_path, r"2026-01-19\nby = \"B", '2025-01-19\nby = "B')).gaps


def test_what_nobody_signed_is_a_gap(tmp_path: Path) -> None:
    """A date and a name belong to every answer."""
    (gap,) = load_candidacy(changed(tmp_path, '\nby = "Nurse C. Example"\n\n.coag', "\n\n[coag")).gaps
    assert gap.check.name == "infection"
    assert '"by" is not written' in gap.reason


def test_a_person_may_waive_what_may_be_waived(tmp_path: Path) -> None:
    """Imaging with a reason; consent never."""
    found = load_candidacy(
        changed(tmp_path, r"\[imaging\]\nclear = true", '[imaging]\nwaived = "pacemaker; CT in 2024"')
    )
    assert not found.gaps
    assert {answer.state for answer in found.answers if answer.check.name == "imaging"} == {"waived"}
    with pytest.raises(InputError, match=r"consent may not be waived in neuropathic pain; have it done"):
        load_candidacy(changed(tmp_path, r"\[consent\]\nclear = true", '[consent]\nwaived = "by phone"'))


@pytest.mark.parametrize(
    ("pattern", "by", "told"),
    [
        (r"\[psychology\]", "[psycology]", r'unknown key "psycology" .*did you mean "psychology"'),
        ('"neuropathic"', '"neuropatic"', r'line 5: .*did you mean "neuropathic"'),
        ("trial_on = 2026-02-09", "", 'has no "trial_on"'),
        ("clear = true\non = 2026-01-12", 'clear = "yes"\non = 2026-01-12', r"line 9: clear: .*write true or false"),
        ("on = 2026-01-12", "on = 2026-03-12", r"2026-03-12 is after the trial \(2026-02-09\)"),
        ("on = 2026-01-12", 'on = "12.1.2026"', "write for example 2026-03-02"),
        (r"\[consent\]\n", '[consent]\nwaived = "x"\n', "it is both answered and waived"),
        ("clear = true\non = 2025-11-03", "on = 2025-11-03", 'has no "clear"'),
    ],
)
def test_a_mistake_is_one_message_with_its_line(tmp_path: Path, pattern: str, by: str, told: str) -> None:
    """As in a therapy file."""
    with pytest.raises(InputError, match=told):
        load_candidacy(changed(tmp_path, pattern, by))


def test_a_clinic_adds_items_of_its_own(tmp_path: Path) -> None:
    """In its catalogue file; the example then has a gap."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[check.dentist]\ntitle = "teeth"\nask = "Are the teeth free of infection?"\nmay_be_waived = true\nsource = ["chosen"]\n'
    )
    assert [gap.check.name for gap in load_candidacy(EXAMPLE, [own]).gaps] == ["dentist"]
