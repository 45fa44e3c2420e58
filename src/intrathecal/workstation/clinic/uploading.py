"""A diary that was kept elsewhere, as the CSV file that the command `intrathecal trial` reads, into a patient's record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from intrathecal.care.diary import Entry, parse_diary, told
from intrathecal.care.errors import CellError, DiaryError
from intrathecal.workstation.clinic import diaries
from intrathecal.workstation.clinic.models import Patient, Score
from intrathecal.workstation.clinic.scores import LONGEST, rescue_of, tenths_of

#: No trial has more lines, and no such file is larger (bytes).
MOST_LINES, MOST_BYTES = 1000, 500_000
#: As long as the fields of a score.
MOST_FUNCTION = 10


@dataclass(frozen=True)
class Uploaded:
    """How many lines are new in the record, how many it had already, and what had to be put right to read them."""

    new: int
    known: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        said = ngettext("%(n)d line is new in the diary.", "%(n)d lines are new in the diary.", self.new)
        known = ngettext("%(n)d was there already.", "%(n)d were there already.", self.known)
        return " ".join([said % {"n": self.new}, *([known % {"n": self.known}] if self.known else []), *self.notes])


def decoded(raw: bytes, name: str) -> str:
    """The text of a file. Raises `DiaryError`."""
    if len(raw) > MOST_BYTES:
        raise DiaryError(
            _("%(file)s: has more than %(n)d kB; a diary of a trial is smaller, leave out what is not of it")
            % {"file": name, "n": MOST_BYTES // 1000}
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise DiaryError(
            _("%(file)s, line %(line)d: is no UTF-8 text; save the table as CSV in UTF-8")
            % {"file": name, "line": line}
        ) from None


@transaction.atomic
def upload(patient: Patient, text: str, name: str) -> Uploaded:
    """Every line of a diary into the record, or none. Raises `DiaryError`, with the first wrong line and where the others are.

    Lines that the record has already are left; one at the time of an entry that differs from it is refused.
    """
    lines = text.count("\n")
    if lines > MOST_LINES:
        raise DiaryError(
            _("%(file)s: has %(n)d lines; a diary of a trial has at most %(most)d, leave out what is not of it")
            % {"file": name, "n": lines, "most": MOST_LINES}
        )
    diary = parse_diary(text, name)
    there = {score.at: score for score in diaries.of_trial(patient)}
    new: dict[datetime, tuple[Score, int]] = {}
    wrong: list[tuple[int, str]] = []
    for entry in sorted(diary.entries, key=lambda one: one.line):
        try:
            score = _score(patient, entry)
            if score.at in there or score.at in new:
                _same(score, there.get(score.at) or new[score.at][0])
            else:
                new[score.at] = score, entry.line
        except CellError as problem:
            wrong.append((entry.line, str(problem)))
    wrong += _out_of_order(list(there.values()), [*new.values()])
    if wrong:
        raise DiaryError(told(name, sorted(wrong)))
    for score, _line in new.values():
        score.save()
    return Uploaded(len(new), len(diary.entries) - len(new), diary.notes)


def _score(patient: Patient, entry: Entry) -> Score:
    """A line as it is kept; raises `CellError` where it says more than can be."""
    for field, most in LONGEST.items():
        if len(getattr(entry, field) or "") > most:
            raise CellError(f"{field} has more than {most} letters", "write less")
    function = entry.change or ("" if entry.function is None else f"{entry.function:.12g}")
    if len(function) > MOST_FUNCTION:
        raise CellError(f"function {function} is finer than is kept", "write fewer digits")
    return Score(
        patient=patient,
        at=diaries.on_the_clock(entry.at),
        phase=entry.phase,
        tenths=tenths_of(entry.nrs),
        rescue_mme=rescue_of(entry.rescue_mme),
        side_effect=entry.side_effect,
        note=entry.note,
        function=function,
        dose="" if entry.dose is None else str(entry.dose),
        drug=entry.drug or "",
        route=entry.route or "",
        sleep=entry.sleep,
        by_patient=False,
    )


def _same(score: Score, known: Score) -> None:
    """Raises `CellError` where the record says something else at that time."""
    (one,), (other,) = (diaries.read(each.patient, [each]).entries for each in (score, known))
    if replace(one, line=0) != replace(other, line=0):
        raise CellError(
            f"the record has another entry at {timezone.localtime(known.at):%Y-%m-%d %H:%M}, and the two differ",
            "correct the line, or strike out the entry of the record",
        )


def _out_of_order(there: list[Score], new: list[tuple[Score, int]]) -> list[tuple[int, str]]:
    """The baseline ends when the trial begins: where the new lines and the record do not agree on that."""
    trial = min((score.at for score in there if score.phase == diaries.TRIAL), default=None)
    baseline = max((score.at for score in there if score.phase == diaries.BASELINE), default=None)
    wrong = []
    for score, line in new:
        if score.phase == diaries.BASELINE and trial is not None and score.at > trial:
            began = f"{timezone.localtime(trial):%Y-%m-%d %H:%M}"
            wrong.append(
                (line, f"a baseline entry is later than the record's first trial entry ({began}); correct one")
            )
        if score.phase == diaries.TRIAL and baseline is not None and score.at < baseline:
            last = f"{timezone.localtime(baseline):%Y-%m-%d %H:%M}"
            wrong.append(
                (line, f"a trial entry is earlier than the record's last baseline entry ({last}); correct one")
            )
    return wrong
