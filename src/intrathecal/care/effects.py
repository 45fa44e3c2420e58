"""Side effects as people write them down, and which of them end a trial."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from intrathecal.care.cells import NOTHING
from intrathecal.care.diary import Entry
from intrathecal.care.ending import says_given_up

#: Words that make a side effect one that limits the dose.
_LIMITING = re.compile(
    r"\b(dose[- ]limiting|limiting|severe|serious|intolerable|unbearable|life[- ]threatening|"
    r"respiratory depression|apn(o)?ea|naloxone|unconscious|unresponsive)\b",
    re.I,
)
_NEGATED = re.compile(r"\b(no|none|not|never|without|non)[- ]+(?:\w+[- ]+){0,2}$", re.I)


@dataclass(frozen=True)
class SideEffects:
    """``seen`` are the side effects in the order in which they came, each once; ``limiting`` the entry that ended the trial."""

    seen: tuple[str, ...]
    limiting: Entry | None


def side_effects(entries: Iterable[Entry]) -> SideEffects:
    """What the column ``side_effect`` of ``entries`` says."""
    told = [entry for entry in entries if entry.side_effect.lower() not in NOTHING]
    seen = tuple(dict.fromkeys(entry.side_effect for entry in told))
    return SideEffects(seen, next((entry for entry in told if _limits(entry.side_effect)), None))


def _limits(text: str) -> bool:
    """Whether ``text`` says that the trial was given up, or a word that limits stands there without a "no" before it."""
    return says_given_up(text) or any(not _NEGATED.search(text[: match.start()]) for match in _LIMITING.finditer(text))
