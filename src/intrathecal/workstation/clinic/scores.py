"""A score as somebody types or touches it: read, or refused with what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.care import cells
from intrathecal.care.errors import CellError
from intrathecal.workstation.clinic import diaries
from intrathecal.workstation.clinic.models import Patient, Score
from intrathecal.workstation.clinic.models.care import Function
from intrathecal.workstation.clinic.typed import line

MOST_EFFECT, MOST_NOTE = 120, 400


@dataclass(frozen=True)
class Told:
    """What was told about now, and what is wrong with it, by the name of the field."""

    tenths: int = 0
    rescue_mme: int | None = None
    side_effect: str = ""
    note: str = ""
    function: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Told:
        """From a form."""
        wrong: dict[str, str] = {}
        effect, note = (line(given.get(key, "")) for key in ("side_effect", "note"))
        for name, text, most in (("side_effect", effect, MOST_EFFECT), ("note", note, MOST_NOTE)):
            if len(text) > most:
                wrong[name] = _("write at most %(n)d letters") % {"n": most}
        function = given.get("function", "")
        if function and function not in Function.values:
            wrong["function"] = _("choose one of the answers")
        return cls(_tenths(given, wrong), _rescue(given, wrong), effect, note, function, wrong)

    def now(self, patient: Patient) -> Score:
        """The score that the patient tells now; not saved yet."""
        at = timezone.now().replace(microsecond=0)
        while patient.scores.filter(at=at).exists():
            # A diary has one entry at a time.
            at += timedelta(seconds=1)
        return self.score(patient, at, diaries.phase_now(patient), by_patient=True)

    def score(self, patient: Patient, at: datetime, phase: str, by_patient: bool) -> Score:
        """The score; not saved yet."""
        return Score(
            patient=patient,
            at=at,
            phase=phase,
            tenths=self.tenths,
            rescue_mme=self.rescue_mme,
            side_effect=self.side_effect,
            note=self.note,
            function=self.function,
            by_patient=by_patient,
        )


def _tenths(given: Mapping[str, str], wrong: dict[str, str]) -> int:
    try:
        score = cells.score(given.get("nrs", "").strip())
    except CellError as problem:
        wrong["nrs"] = str(problem)
        return 0
    if score is None:
        wrong["nrs"] = _("choose a number from 0, no pain, to 10, the worst pain")
        return 0
    if round(10 * score) != 10 * score:
        wrong["nrs"] = _("write at most one digit after the point")
    return round(10 * score)


def _rescue(given: Mapping[str, str], wrong: dict[str, str]) -> int | None:
    try:
        taken = cells.rescue(given.get("rescue_mme", "").strip())
    except CellError as problem:
        wrong["rescue_mme"] = str(problem)
        return None
    if taken is not None and taken != round(taken):
        wrong["rescue_mme"] = _("write whole milligrams")
        return None
    return None if taken is None else round(taken)
