"""The verdict on a screening trial: its figures, the decision, and the reasons in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from intrathecal.care.diary import Diary, Entry
from intrathecal.care.effects import side_effects
from intrathecal.care.phases import Counted, Judged, count, function_mean, judged, missing, rescue_per_day
from intrathecal.care.reasons import Findings, Rescue, reasons, too_short
from intrathecal.care.scoring import PERCENT, relief
from intrathecal.catalogue import Catalogue, Trial

Decision = Literal["pass", "fail", "extend", "incomplete"]


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a diary says of a trial; ``findings`` are None where it cannot be scored."""

    diary: Diary
    decision: Decision
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    days: int
    spid: float | None = None
    window: Judged | None = None
    findings: Findings | None = None


def judge(diary: Diary, catalogue: Catalogue) -> Verdict:
    """Score a diary and decide.

    The trial passes when true relief is probably at least half (``trial.success`` at ``trial.pass_above``), over at least two
    calendar dates, without a side effect that limits the dose, without worse function, and without more rescue than before.
    """
    asked, baseline, trial = catalogue.trial, diary.phase("baseline"), diary.phase("trial")
    days = len({entry.day for entry in trial})
    for name, part in (("baseline", baseline), ("trial", trial)):
        if all(entry.nrs is None for entry in part):
            decision, said = _without_scores(name, days, f"The diary has no score of the {name}.", asked)
            return Verdict(diary, decision, said, diary.notes, days)
    window = judged(diary, catalogue)
    for name, entries, stopped in (("baseline", baseline, None), ("trial", window.chosen, window.stopped)):
        gaps, scores = missing(entries, stopped)
        if gaps > asked.most_missing.canonical * scores:
            lacking = f"{gaps} of {scores} scores of the {name} are missing: more than {asked.most_missing}."
            decision, said = _without_scores(name, days, lacking, asked)
            return Verdict(diary, decision, said, diary.notes, days, window=window)
    before, during, spid = count(diary, window, catalogue)
    if before.mean <= 0:
        lacking = "There was no pain before the trial, so there is no relief to speak of."
        return Verdict(diary, "incomplete", (lacking,), diary.notes, days, window=window)
    findings = Findings(
        relief=relief(before.mean, during.mean, before.variance, during.variance, asked),
        days=days,
        baseline=before,
        trial=during,
        rescue=Rescue(
            rescue_per_day(baseline, baseline), rescue_per_day(window.chosen, trial), asked.rescue_rise.canonical
        ),
        effects=side_effects(trial),
        stopped=window.stopped,
        of_boluses=window.of_boluses,
        worse=_worse(baseline, window.chosen, asked.function_fall.canonical),
        asked=asked,
    )
    decided = _decide(findings)
    notes = (*diary.notes, *window.notes)
    return Verdict(diary, decided, reasons(findings, decided), notes, days, spid, window, findings)


def _without_scores(phase: str, days: int, lacking: str, asked: Trial) -> tuple[Decision, tuple[str, ...]]:
    """What becomes of a trial without enough scores: one that has only begun goes on, which brings no baseline back."""
    if phase == "trial" and 0 < days < asked.fewest_days.exact:
        return "extend", (too_short(days, asked), lacking)
    return "incomplete", (lacking,)


def _worse(baseline: tuple[Entry, ...], trial: tuple[Entry, ...], fall: float) -> bool | None:
    """Whether function became worse; None where the diary does not say."""
    words = [entry.change for entry in trial if entry.change is not None]
    before, during = function_mean(baseline), function_mean(trial)
    if before is not None and during is not None:
        return during < (1 - fall) * before
    return words[-1] == "worse" if words else None


def _decide(found: Findings) -> Decision:
    """Pass, fail or extend. Fewer than two dates always extend; a dose-limiting effect ends everything else."""
    asked = found.asked
    if found.days < asked.fewest_days.exact:
        return "extend"
    if found.effects.limiting is not None or found.probability < asked.fail_below.canonical:
        return "fail"
    unsettled = found.too_few_days or found.too_short or found.worse or found.rescue.rose
    if found.probability > asked.pass_above.canonical and found.relief.percent >= PERCENT * asked.success.canonical:
        return "extend" if unsettled else "pass"
    return "extend"


def figures(verdict: Verdict) -> dict[str, Any]:
    """The verdict under the keys of the command line's JSON."""
    found, window = verdict.findings, verdict.window
    relief, before, during = (found.relief, found.baseline, found.trial) if found else (None, None, None)
    return {
        "baseline_mean": before.mean if before else None,
        "trial_mean": during.mean if during else None,
        "relief_percent": relief.percent if relief else None,
        "standard_error": relief.standard_error if relief else None,
        "probability_half": found.probability if found else None,
        "days": verdict.days,
        "spid": verdict.spid,
        "decision": verdict.decision,
        "reasons": list(verdict.reasons),
        "notes": list(verdict.notes),
        "believed_relief": {"mean_percent": relief.mean, "sd_percent": relief.sd} if relief else None,
        "reached": found.reached if found else None,
        "judged": {"from": _iso(window.chosen[0]), "to": _iso(window.chosen[-1])} if window else None,
        "scores": {name: _counts(part) for name, part in (("baseline", before), ("trial", during)) if part},
        "rescue_mme_per_day": {"baseline": found.rescue.before, "trial": found.rescue.during} if found else None,
        "side_effects": list(found.effects.seen) if found else [],
    }


def _counts(part: Counted) -> dict[str, int]:
    return {
        "written": len(part.entries) - part.missing - part.withdrawn,
        "missing": part.missing,
        "interpolated": part.interpolated,
        "imputed": part.imputed,
        "after_rescue": part.carried,
        "after_withdrawal": part.withdrawn,
    }


def _iso(entry: Entry) -> str:
    return entry.at.isoformat(timespec="seconds")
