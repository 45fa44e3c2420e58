"""Who may look at a page and change something there; every page says so for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intrathecal.workstation.clinic.models.people import Role

PHYSICIAN, NURSE, PHARMACIST = Role.PHYSICIAN, Role.NURSE, Role.PHARMACIST
ADMINISTRATOR, PATIENT = Role.ADMINISTRATOR, Role.PATIENT
STAFF = frozenset({PHYSICIAN, NURSE, PHARMACIST})
EVERYBODY = frozenset(Role)
NOBODY: frozenset[Role] = frozenset()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Rule:
    """Which roles may look at a page, and which may change something there; ``public`` needs no login."""

    look: frozenset[Role]
    change: frozenset[Role] = NOBODY
    public: bool = False


OPEN = Rule(EVERYBODY, EVERYBODY, public=True)
#: By the name of a page.
Rules = Mapping[str, Rule]
