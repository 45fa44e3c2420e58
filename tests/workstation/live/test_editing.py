"""Form and text are the same thing, mistakes stand beside their field, and no other file is opened for a text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory
from django.utils import timezone

from intrathecal.therapy import TherapyError
from intrathecal.workstation.clinic.models import Implant, Program
from intrathecal.workstation.live import form, writing
from intrathecal.workstation.live.stages import version_of
from intrathecal.workstation.pages.program import changed, opened

TEXT = """title = "T"
[program]
text = \"\"\"
2.4 mg/day
22:00-06:00  1.6 mg/day
bolus 0.2 mg over 10 min at 07:00
\"\"\"
# a comment that stays
[patient]
height = "170 cm"
[pump]
model = "synchromed-ii-20"
[catheter]
model = "ascenda-8781"
removed = "30 cm"
tip = "T9"
[[drug]]
name = "morphine"
concentration = "10 mg/mL"
[fill]
volume = "20 mL"
at = 2026-03-02T10:30:00
"""


def _posted(rows: list[form.Row]) -> dict[str, str]:
    posted = {}
    for row in rows:
        posted[f"row-{row.number}-kind"] = row.kind
        posted |= {f"row-{row.number}-{cell.name}": cell.value for cell in row.cells}
    return posted


def _edit(**posted: str) -> tuple[str, list[form.Row], str]:
    request = RequestFactory().post(
        "/", {**_posted(opened(TEXT).rows), "text": TEXT, "version": version_of(TEXT), **posted}
    )
    editor = changed(request, Program(text=TEXT))
    return editor.text, editor.rows, editor.error


def test_the_form_changes_the_text_and_nothing_else_in_it() -> None:
    """The comment and every other line stay."""
    text, _, error = _edit(**{"source": "form", "row-0-rate": "2.6 mg/day"})
    assert (text, error) == (TEXT.replace("2.4 mg/day", "2.6 mg/day"), "")


def test_the_text_changes_the_form() -> None:
    """As if it had been typed there."""
    _, rows, _ = _edit(source="text", text=TEXT.replace("0.2 mg over", "0.3 mg over"))
    assert next(cell.value for cell in rows[2].cells if cell.name == "amount") == "0.3 mg"


def test_a_mistake_of_the_form_stands_beside_its_field() -> None:
    """The text stays as it was, and the field keeps what was typed."""
    text, rows, _ = _edit(**{"source": "form", "row-1-rate": "1.6 mgg/day"})
    wrong = [(row.number, cell.name, cell.value) for row in rows for cell in row.cells if cell.error]
    assert (wrong, text) == ([(1, "rate", "1.6 mgg/day")], TEXT)


def test_an_empty_field_is_named() -> None:
    """What is missing stands beside what is empty."""
    _, rows, _ = _edit(**{"source": "form", "row-2-amount": ""})
    assert [cell.name for cell in rows[2].cells if cell.error] == ["amount"]


def test_a_mistake_between_rows_is_said_at_a_row() -> None:
    """Two bases are none of one field's."""
    _, rows, _ = _edit(**{"adding": "1", "add-kind": "base"})
    assert "keep one" in rows[-1].error


def test_a_mistake_of_the_text_names_its_line() -> None:
    """The form stays as it was."""
    _, rows, error = _edit(source="text", text=TEXT.replace("22:00-06:00", "25:00-06:00"))
    assert "line 5" in error
    assert len(rows) == 3


def test_rows_come_and_go() -> None:
    """A new one begins with something that is right."""
    text, rows, error = _edit(**{"adding": "1", "add-kind": "limit"})
    assert (error, rows[-1].kind) == ("", "limit")
    assert "limit 4 mg per 24 h" in text
    text, rows, _ = _edit(remove="1")
    assert "22:00" not in text
    assert [row.number for row in rows] == [0, 1]


def test_what_would_take_minutes_to_foresee_is_refused() -> None:
    """A rate that changes all the time: as text and as rows."""
    often = "0.6 mg/day\nbolus 0.001 mg over 1 min every 2 min from 00:00"
    _, _, error = _edit(source="text", text=writing.with_program(TEXT, often))
    assert "the rate would change 1440 times a day" in error
    slow = "0.6 mg/day\nramp to 2 mg/day by 0.0001 % every 1 min"
    assert "times a day" in opened(writing.with_program(TEXT, slow)).error


def test_a_program_that_stands_twice_in_a_text_is_not_edited_in_the_wrong_place() -> None:
    """What looks like one inside of another text is none."""
    text = TEXT.replace('title = "T"', "title = '''\n[program]\ntext = \"1 mg/day\"\n'''")
    _, _, error = _edit(**{"source": "form", "text": text, "row-0-rate": "2.6 mg/day"})
    assert "stands twice" in error


@pytest.mark.parametrize("number", ["²", "9" * 5000, "٣"])
def test_a_row_that_there_is_not_is_not_removed(number: str) -> None:
    """Whatever digits somebody sends."""
    assert len(_edit(remove=number)[1]) == 3


@pytest.mark.parametrize("path", ["/etc/passwd", "../settings.py"])
def test_a_text_opens_no_file_of_the_server(path: str) -> None:
    """A catalogue of one's own is for who sits at the machine."""
    with pytest.raises(TherapyError, match="cannot be named here"):
        writing.therapy_of(f'{TEXT}\n[catalogue]\nfiles = ["{path}"]\n')


def test_a_text_without_a_program_says_so() -> None:
    """Nothing is guessed."""
    with pytest.raises(TherapyError, match="has no"):
        writing.with_program("title = 'x'\n", "1 mg/day")


def test_times_of_the_pump_are_not_turned_into_the_clinics() -> None:
    """A pump's clock is shown as it stands."""
    from intrathecal.workstation.pages.pump import clock

    assert clock("2026-03-02T10:30:00.000+01:00") == datetime(2026, 3, 2, 10, 30, tzinfo=UTC).replace(tzinfo=None)


def test_the_kind_of_pain_is_the_one_that_was_registered(implant: Implant) -> None:
    """The words that the form of a patient offers, and the indications that have a kind of their own."""
    for indication, kind in (("neuropathic", "neuropathic"), ("crps", "neuropathic"), ("fractures", "nociceptive")):
        implant.patient.indication = indication
        drugs, now = {"morphine": "10 mg/mL"}, timezone.now()
        text = writing.composed(implant.patient, implant, drugs, "2 mg/day", filled_uL=18_000, filled_at=now)
        assert f'indication = "{kind}"' in text
