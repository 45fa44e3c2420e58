"""Who may look at a page and change something there; every page says so for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

#: The values of `clinic.models.people.Role`.
PHYSICIAN, NURSE, PHARMACIST, ADMINISTRATOR, PATIENT = "physician", "nurse", "pharmacist", "administrator", "patient"
STAFF = frozenset({PHYSICIAN, NURSE, PHARMACIST})
#: Who lays hands on patients and pumps, and who answers for it.
CARERS, PHYSICIANS = frozenset({PHYSICIAN, NURSE}), frozenset({PHYSICIAN})
ADMINISTRATORS, PATIENTS = frozenset({ADMINISTRATOR}), frozenset({PATIENT})
EVERYBODY = STAFF | {ADMINISTRATOR, PATIENT}
NOBODY: frozenset[str] = frozenset()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Rule:
    """Which roles may look at a page, and which may change something there; ``public`` needs no login.

    ``notes``: looking at it writes something down beside that it was looked at, so on SQLite it waits for its turn to write.
    """

    look: frozenset[str]
    change: frozenset[str] = NOBODY
    public: bool = False
    notes: bool = False


OPEN = Rule(EVERYBODY, EVERYBODY, public=True)
#: The address has a secret in it; a wrong one is counted.
SECRET = replace(OPEN, notes=True)
#: By the name of a page.
Rules = Mapping[str, Rule]
