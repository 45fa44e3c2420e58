"""Whether somebody is a candidate: a checklist in which every item is done, waived with its source, or a gap with a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from intrathecal.catalogue import Catalogue, Check, load_catalogue
from intrathecal.quantities import factor
from intrathecal.therapy.file.read_patient import INDICATIONS
from intrathecal.therapy.file.section import Section
from intrathecal.therapy.file.text import parse_document, read_text
from intrathecal.therapy.file.times import read_date

WHAT = "checklist"
GENERAL = ("title", "indication", "trial_on")
#: What blocks a trial.
BLOCKING = ("gap", "speaks against it")
State = Literal["done", "waived", "gap", "speaks against it"]


@dataclass(frozen=True)
class Answer:
    """One item: done by somebody on a day, waived with a reason, a gap, or an answer that speaks against a trial."""

    check: Check
    state: State
    reason: str
    on: date | None = None
    by: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether nothing may begin before this is settled."""
        return self.state in BLOCKING


@dataclass(frozen=True)
class Candidacy:
    """A checklist: what for, when, and every item of the catalogue in its order."""

    title: str
    indication: str
    trial_on: date
    answers: tuple[Answer, ...]

    @property
    def gaps(self) -> tuple[Answer, ...]:
        """What has to be settled before a trial."""
        return tuple(answer for answer in self.answers if answer.blocks)


def load_candidacy(path: str | Path, catalogue_files: Sequence[Path] = ()) -> Candidacy:
    """Read a checklist (TOML); raises `TherapyError` with file and line for what cannot be read."""
    example = "write indication and trial_on, see examples/checklists/failed-back.toml"
    root = parse_document(read_text(Path(path), WHAT), str(path), WHAT, example)
    return read_candidacy(root, load_catalogue(catalogue_files))


def read_candidacy(root: Section, catalogue: Catalogue) -> Candidacy:
    """The checklist of a document. An item that the document does not name is a gap; a name that is no item is an error."""
    root.only(*GENERAL, *catalogue.checks)
    title = root.item("title")
    indication = root.need("indication", 'indication = "neuropathic"').choice(INDICATIONS, "an indication")
    trial_on = read_date(root.need("trial_on", "trial_on = 2026-02-09"))
    answers = []
    for name, check in catalogue.checks.items():
        item = root.item(name)
        answers.append(
            _read(item.section(), check, indication, trial_on, catalogue)
            if item
            else _absent(check, indication, catalogue)
        )
    return Candidacy(
        title=title.text() if title else Path(root.document.name).name,
        indication=indication,
        trial_on=trial_on,
        answers=tuple(answers),
    )


def _absent(check: Check, indication: str, catalogue: Catalogue) -> Answer:
    if indication in check.waived_for:
        return Answer(check, "waived", f"not needed in {indication} ({sources(check, catalogue)})")
    return Answer(check, "gap", "nobody has answered it")


def _read(section: Section, check: Check, indication: str, trial_on: date, catalogue: Catalogue) -> Answer:
    section.only("clear", "on", "by", "note", "waived")
    waived, clear, note = section.item("waived"), section.item("clear"), section.item("note")
    if waived and clear:
        waived.fail("it is both answered and waived", "keep clear, or waived with its reason")
    if waived and not check.may_be_waived and indication not in check.waived_for:
        waived.fail(f"{check.title} may not be waived in {indication} pain", "have it done: clear, on and by")
    told = note.text() if note else ""
    flag = None if waived else section.need("clear", "clear = true").flag()
    missing = [key for key in ("on", "by") if key not in section.table]
    if missing:
        return Answer(check, "gap", f'"{" and ".join(missing)}" is not written: nobody has signed it' + _note(told))
    on_item, by_item = section.need("on", "on = 2026-01-20"), section.need("by", 'by = "Dr A. Example"')
    on, by = read_date(on_item), by_item.text()
    if on > trial_on:
        on_item.fail(f"{on} is after the trial ({trial_on})", "write the day on which it was done")
    if waived:
        return Answer(check, "waived", waived.text() + _note(told), on, by)
    if not flag:
        return Answer(check, "speaks against it", told or "the answer is no", on, by)
    lasts = None if check.valid_for is None else check.valid_for.exact * factor("s", "day")
    if lasts is not None and (trial_on - on).days > lasts:
        return Answer(
            check, "gap", f"on the day of the trial it is older than {float(lasts):g} days" + _note(told), on, by
        )
    return Answer(check, "done", told, on, by)


def _note(text: str) -> str:
    return f"; {text}" if text else ""


def sources(check: Check, catalogue: Catalogue) -> str:
    """Who says that the item is asked for, or not needed."""
    known = [catalogue.references[key] for key in check.source if key in catalogue.references]
    return "; ".join(f"{one.author} {one.year}" for one in known) or "this project's own list"


def figures(found: Candidacy, catalogue: Catalogue) -> dict[str, Any]:
    """The checklist under the keys of the command line's JSON."""
    return {
        "title": found.title,
        "indication": found.indication,
        "trial_on": found.trial_on.isoformat(),
        "decision": "blocked" if found.gaps else "candidate",
        "gaps": [answer.check.name for answer in found.gaps],
        "items": [
            {
                "name": answer.check.name,
                "title": answer.check.title,
                "ask": answer.check.ask,
                "state": answer.state,
                "reason": answer.reason,
                "on": answer.on.isoformat() if answer.on else None,
                "by": answer.by,
                "source": sources(answer.check, catalogue),
            }
            for answer in found.answers
        ],
    }
