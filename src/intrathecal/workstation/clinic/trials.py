"""What is done in a screening trial: a line is written or struck out, a physician decides, and a decision is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.care.reasons import share
from intrathecal.care.times import read_time
from intrathecal.care.trial import Verdict
from intrathecal.workstation.clinic import diaries
from intrathecal.workstation.clinic.models import Note, Patient, Score, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.clinic.scores import Told, moment_for
from intrathecal.workstation.clinic.typed import line

PLAN, GO_ON, NO_PUMP = "plan", "go-on", "no-pump"
DECISIONS = {
    PLAN: gettext_lazy("Plan a pump"),
    GO_ON: gettext_lazy("Go on with the trial"),
    NO_PUMP: gettext_lazy("No pump"),
}
FOLLOWS = {"pass": PLAN, "fail": NO_PUMP, "extend": GO_ON, "incomplete": GO_ON}
PHASES = {PLAN: Phase.PLANNED, GO_ON: Phase.TRIAL, NO_PUMP: Phase.ENDED}
MOST_REASON = 1000
#: Kinds of notes: both stay in the record.
DECIDED, TAKEN_BACK = "trial decision", "trial decision taken back"


@dataclass(frozen=True)
class Said:
    """What a diary says, or the ``problem`` for which it cannot be read."""

    scores: list[Score]
    verdict: Verdict | None
    problem: str = ""

    @property
    def advice(self) -> str:
        """In one of the words of `care.trial.Decision`."""
        return self.verdict.decision if self.verdict else "incomplete"


def said(patient: Patient, day: date | None = None) -> Said:
    """What the diary says until now, or said at the end of a ``day``."""
    scores = diaries.until(diaries.of_trial(patient), day)
    try:
        return Said(scores, diaries.verdict(patient, scores))
    except diaries.DiaryError as problem:
        return Said(scores, None, str(problem))


def writable(patient: Patient) -> bool:
    """Whether the diary of the trial may be changed."""
    return patient.phase in (Phase.CANDIDATE, Phase.TRIAL)


def over() -> str:
    """What is said where it may not."""
    return _("the trial is over: its diary stays as it is; take the decision back first if it was a mistake")


def write(patient: Patient, given: Mapping[str, str], by_patient: bool = False) -> tuple[Told, Score | None]:
    """Save a line for a time until now; None where something is wrong, which ``wrong`` of what was told then says."""
    told, phase, typed = Told.by_staff(given), given.get("phase", ""), given.get("at", "").strip()
    if not writable(patient):
        told.wrong["phase"] = over()
    elif phase not in (diaries.BASELINE, diaries.TRIAL):
        told.wrong["phase"] = _("choose whether it was before the trial or in it")
    at = moment_for(patient)
    try:
        at = diaries.on_the_clock(read_time(typed)) if typed else at
    except diaries.CellError as problem:
        told.wrong["at"] = str(problem)
    if told.wrong:
        return told, None
    score = told.score(patient, at, phase, by_patient)
    try:
        diaries.read(patient, sorted([*diaries.of_trial(patient), score], key=lambda one: one.at))
    except diaries.DiaryError as problem:
        told.wrong["at"] = str(problem).split(": ", 1)[-1]
        return told, None
    score.save()
    return told, score


def decide(patient: Patient, decision: str, reason: str, by: User) -> str:
    """Decide, as a physician: the diary is advice. Nothing, or why it cannot be decided so; hold the patient's row before."""
    reason, found = line(reason), said(patient)
    if patient.phase != Phase.TRIAL:
        return _("there is no trial to decide; it is over, or has not begun")
    if decision not in DECISIONS:
        return _("choose a decision")
    if len(reason) > MOST_REASON:
        return _("the reason is too long; write at most %(n)d letters") % {"n": MOST_REASON}
    if decision != FOLLOWS[found.advice] and not reason:
        return _("the diary says %(advice)s; write why you decide otherwise") % {"advice": found.advice}
    text = f"{DECISIONS[decision]}. The diary says: {found.advice}{_relief(found.verdict)}."
    note(patient, by, DECIDED, f"{text} {reason}" if reason else text)
    patient.phase = PHASES[decision]
    patient.save()
    return ""


def last_decision(patient: Patient) -> Note | None:
    """The decision that holds; None where none was made, or the last one was taken back."""
    last = patient.notes.filter(kind__in=(DECIDED, TAKEN_BACK)).order_by("-at", "-pk").first()
    return last if last is not None and last.kind == DECIDED else None


def why_it_stays(patient: Patient) -> str:
    """Why the last decision cannot be taken back; nothing if it can."""
    if last_decision(patient) is None:
        return _("there is no decision to take back")
    if patient.phase == Phase.IMPLANTED or patient.implants.exists():
        return _("a pump was implanted since: the decision stays")
    return ""


def take_back(patient: Patient, reason: str, by: User) -> str:
    """Take the last decision back: the trial goes on, and both stay in the record. Nothing, or why not."""
    reason, last, problem = line(reason), last_decision(patient), why_it_stays(patient)
    if problem or last is None:
        return problem
    if not reason or len(reason) > MOST_REASON:
        return _("write why it is taken back, in at most %(n)d letters") % {"n": MOST_REASON}
    note(patient, by, TAKEN_BACK, f"Taken back: {last.text.split('.')[0]}. {reason}")
    patient.phase = Phase.TRIAL
    patient.save()
    return ""


def _relief(verdict: Verdict | None) -> str:
    if verdict is None or verdict.findings is None:
        return ""
    found = verdict.findings
    relief = f"{found.relief.percent:.0f} % (standard error {found.relief.standard_error:.0f} points)"
    return f", relief {relief}, at least half with a probability of {share(found.probability)}"
