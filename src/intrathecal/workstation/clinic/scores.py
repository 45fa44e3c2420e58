"""A score as somebody types or touches it: read, or refused with what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.care import cells
from intrathecal.care.errors import CellError
from intrathecal.workstation.clinic import diaries, trail
from intrathecal.workstation.clinic.models import Patient, Score
from intrathecal.workstation.clinic.models.care import Function
from intrathecal.workstation.clinic.typed import line

#: The longest texts, as the fields of a score.
LONGEST = {"side_effect": 120, "note": 400, "drug": 40, "sleep": 120}
#: What a patient tells of; what runs in the catheter is for the clinic to say.
OWN = ("nrs", "rescue_mme", "side_effect", "note", "function")


@dataclass(frozen=True)
class Told:
    """What was told, and what is wrong with it, by the name of the field. ``tenths`` None: no score was told."""

    tenths: int | None = None
    rescue_mme: Decimal | None = None
    side_effect: str = ""
    note: str = ""
    function: str = ""
    dose: str = ""
    drug: str = ""
    route: str = ""
    sleep: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def by_patient(cls, given: Mapping[str, str]) -> Told:
        """From the form of a patient: pain has to be told."""
        told = cls._of({name: given.get(name, "") for name in OWN})
        if told.tenths is None and "nrs" not in told.wrong:
            told.wrong["nrs"] = _("choose a number from 0, no pain, to 10, the worst pain")
        return told

    @classmethod
    def by_staff(cls, given: Mapping[str, str]) -> Told:
        """From the form of staff: a dose or a rescue may stand on a line of its own."""
        told = cls._of(given)
        if told.tenths is None and "nrs" not in told.wrong and not (told.dose or told.rescue_mme):
            told.wrong["nrs"] = _("choose a number from 0, no pain, to 10, the worst pain; or write a dose or a rescue")
        if bool(told.dose) != bool(told.drug) and not {"dose", "drug"} & set(told.wrong):
            told.wrong["drug"] = _("write the drug and its dose, or neither")
        return told

    @classmethod
    def _of(cls, given: Mapping[str, str]) -> Told:
        wrong: dict[str, str] = {}
        texts = {name: line(given.get(name, "")) for name in LONGEST}
        for name, text in texts.items():
            if len(text) > LONGEST[name]:
                wrong[name] = _("write at most %(n)d letters") % {"n": LONGEST[name]}
        function = given.get("function", "")
        if function and function not in Function.values:
            wrong["function"] = _("choose one of the answers")
        dose = _read(wrong, "dose", cells.dose, given)
        return cls(
            tenths=_read(wrong, "nrs", lambda text: tenths_of(cells.score(text)), given),
            rescue_mme=_read(wrong, "rescue_mme", lambda text: rescue_of(cells.rescue(text)), given),
            function=function,
            dose="" if dose is None else str(dose),
            route=_read(wrong, "route", cells.route, given) or "",
            wrong=wrong,
            **(texts | {"drug": texts["drug"].lower()}),
        )

    def now(self, patient: Patient) -> Score:
        """The score that the patient tells now; not saved yet."""
        return self.score(patient, moment_for(patient), diaries.phase_now(patient), by_patient=True)

    def score(self, patient: Patient, at: datetime, phase: str, by_patient: bool) -> Score:
        """The score; not saved yet."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "wrong"}
        return Score(patient=patient, at=at, phase=phase, by_patient=by_patient, **told)


def moment_for(patient: Patient) -> datetime:
    """Now, to the second; a diary has one entry at a time, so the next one comes after it. Call it inside a transaction.

    The patient's row is held until that ends, so that of two at once the later one sees the other.
    """
    trail.locked(Patient).filter(pk=patient.pk).first()
    at = timezone.now().replace(microsecond=0)
    while patient.scores.filter(at=at).exists():
        at += timedelta(seconds=1)
    return at


T = TypeVar("T")


def _read(wrong: dict[str, str], name: str, read: Callable[[str], T | None], given: Mapping[str, str]) -> T | None:
    """A cell as the diary's own reader reads it; what it says is wrong stands beside the field."""
    try:
        return read(given.get(name, "").strip())
    except CellError as problem:
        wrong[name] = str(problem)
        return None


def tenths_of(score: float | None) -> int | None:
    """A score as it is kept; raises `CellError`."""
    if score is not None and round(10 * score) != 10 * score:
        raise CellError(f"nrs {score:g} is finer than is kept", "write at most one digit after the point")
    return None if score is None else round(10 * score)


def rescue_of(taken: float | None) -> Decimal | None:
    """Rescue as it is kept; raises `CellError`."""
    if taken is not None and round(taken, 1) != taken:
        raise CellError(f"rescue_mme {taken:g} is finer than is kept", "write at most one digit after the point")
    return None if taken is None else Decimal(str(taken))
