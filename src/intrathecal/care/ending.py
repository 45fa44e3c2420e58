"""How people write that a trial was given up, and what only sounds like it: "oral morphine discontinued", "CSF withdrawn"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from intrathecal.care.diary import Entry

_WHO = r"(?:the |this )?(?:patient|subject|trial|infusion|study|screening|drug|he|she|i|we|they)\s+"
_WHAT = r"(?:the |this )?(?:trial|infusion|study|screening|drug|consent)\b"
_WAS = r"(?:(?:was|is|has|have|had|been|to|be)\s+)*"
_WHY = rf"\s*(?:$|[.,;:()\n-]|(?:because|due|owing|for|after|early|at|by|with|without)\b|on\s+\d|(?:from\s+)?{_WHAT})"
#: The words stand at the beginning of what is said, after nobody or those whom the trial concerns, and of nothing else.
_GIVEN_UP = re.compile(
    rf"(?:^|[.,;:()\n-]|\b(?:and|so|then))\s*"
    rf"(?:(?:{_WHO}{_WAS})?(?:withdrew|withdrawn|discontinued|given up|gave up|aborted|(?:stopped|ended) early)(?={_WHY})"
    rf"|(?:{_WHO}{_WAS})?stopped\s+{_WHAT}"
    rf"|(?:the |this )?(?:trial|study|screening)\s+{_WAS}stopped\b"
    rf"|(?:the |this )?(?:infusion|drug)\s+{_WAS}stopped(?!\s+for\b)(?={_WHY}))",
    re.I,
)
_SOUNDS_LIKE_IT = re.compile(r"\b(withdrew|withdrawn|discontinued|given up|gave up|aborted|stopped)\b", re.I)


def says_given_up(text: str) -> bool:
    """Whether ``text`` says that the trial was given up; the withdrawal of a drug or of fluid is another thing."""
    return _GIVEN_UP.search(text) is not None


def given_up(entries: Iterable[Entry]) -> Entry | None:
    """The first entry that says that the trial was given up."""
    return next((entry for entry in entries if says_given_up(_said(entry))), None)


def sounds_given_up(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries with such a word that speak of something else, or may do: whoever reads the verdict should know."""
    return tuple(entry for entry in entries if _SOUNDS_LIKE_IT.search(_said(entry)) and not says_given_up(_said(entry)))


def _said(entry: Entry) -> str:
    return f"{entry.note}\n{entry.side_effect}"
