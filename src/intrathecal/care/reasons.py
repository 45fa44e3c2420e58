"""Why a trial was decided as it was, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intrathecal.care.diary import Entry
from intrathecal.care.effects import SideEffects
from intrathecal.care.phases import Counted, function_mean
from intrathecal.care.scoring import PERCENT, Relief
from intrathecal.catalogue import Trial
from intrathecal.quantities import rounded


@dataclass(frozen=True)
class Rescue:
    """Rescue (mg of oral morphine equivalents a day) before and during the trial, None where nobody wrote any down."""

    before: float | None
    during: float | None
    rise: float

    @property
    def rose(self) -> bool:
        """Whether there was more of it than before, beyond a rise that may be chance."""
        return self.before is not None and self.during is not None and self.during > (1 + self.rise) * self.before


@dataclass(frozen=True, eq=False)
class Findings:
    """All that a decision rests on; ``worse`` is None where nobody wrote function down."""

    relief: Relief
    days: int
    baseline: Counted
    trial: Counted
    rescue: Rescue
    effects: SideEffects
    stopped: Entry | None
    of_boluses: bool
    worse: bool | None
    asked: Trial

    @property
    def probability(self) -> float:
        """The probability that true relief is a success."""
        return self.relief.probability_above(PERCENT * self.asked.success.canonical)

    @property
    def too_few_days(self) -> bool:
        """Whether the scores that count are of too few dates; those of a needle dose are of one."""
        return not self.of_boluses and self.trial.days < self.asked.fewest_days.exact

    @property
    def too_short(self) -> bool:
        """Whether the scores that count are of less time than two dates should mean."""
        return not self.of_boluses and self.trial.lasted.total_seconds() < self.asked.shortest.canonical

    @property
    def reached(self) -> dict[str, bool]:
        """Whether relief as measured is a minimal, a moderate one, and a success."""
        names = ("minimal", "moderate", "success")
        return {name: self.relief.percent >= PERCENT * getattr(self.asked, name).canonical for name in names}


def reasons(found: Findings, decision: str) -> tuple[str, ...]:
    """The reasons, the decisive ones first."""
    return (*_decisive(found, decision), *_beside(found), *_missing(found))


def _decisive(found: Findings, decision: str) -> Iterator[str]:
    asked, relief = found.asked, found.relief
    limiting = found.effects.limiting
    if limiting is not None:
        yield (
            f'A side effect limited the dose: "{limiting.side_effect}" ({limiting.at:%d %b %Y %H:%M}). The trial cannot pass '
            "with this drug at this dose."
        )
    if found.days < asked.fewest_days.exact:
        yield too_short(found.days, asked)
    elif found.too_few_days:
        yield f"The scores that count are of {_dates(found.trial.days)}; at least {asked.fewest_days} are needed."
    elif found.too_short:
        yield f"The scores that count span less than {asked.shortest}: a night between two dates is no second day."
    moved = "fell" if relief.percent >= 0 else "rose"
    yield (
        f"Pain {moved} from {rounded(found.baseline.mean, 2)} to {rounded(found.trial.mean, 2)}: "
        f"relief {relief.percent:.0f} % with a standard error of {relief.standard_error:.0f} points."
    )
    yield f"True relief is at least {asked.success} with a probability of {share(found.probability)}; {_rule(found, decision)}"


def too_short(days: int, asked: Trial) -> str:
    """Why a trial with entries of so few dates goes on."""
    return f"The trial has entries of {_dates(days)}; it is judged over at least {asked.fewest_days}."


def _rule(found: Findings, decision: str) -> str:
    asked = found.asked
    above, below = share(asked.pass_above.canonical), share(asked.fail_below.canonical)
    if found.probability > asked.pass_above.canonical:
        return f"above {above} a trial passes" + ("." if decision == "pass" else ", if nothing speaks against it.")
    if found.probability < asked.fail_below.canonical:
        return f"below {below} a trial fails" + ("." if decision == "fail" else ", once it has lasted long enough.")
    if decision == "fail":
        return f"between {below} and {above} that alone decides nothing."
    return f"between {below} and {above} more days, or another dose, have to decide."


def _beside(found: Findings) -> Iterator[str]:
    asked, rescue = found.asked, found.rescue
    if found.stopped is not None:
        yield (
            f"The trial was given up ({found.stopped.at:%d %b %Y %H:%M}, line {found.stopped.line}); after that the "
            "baseline counts as the score."
        )
    yield from _of_rescue(rescue)
    yield _of_function(found)
    if found.baseline.days < asked.baseline_days.exact:
        yield f"The baseline has {_dates(found.baseline.days)}; at least {asked.baseline_days} are usual."
    wait = found.trial.entries[0].at - found.baseline.entries[-1].at
    if wait.total_seconds() > asked.longest_wait.canonical:
        yield f"The baseline ended {wait.days} days before the scores that count: it is an old one, or a date is wrong."
    if found.reached["minimal"] and not found.reached["success"]:
        kind = "moderate" if found.reached["moderate"] else "minimal"
        yield f"Relief of {found.relief.percent:.0f} % is {kind}, though not the {asked.success} that a trial asks for."
    if found.effects.seen and found.effects.limiting is None:
        yield f"Side effects: {'; '.join(found.effects.seen)}."


def _of_function(found: Findings) -> str:
    before, during = (function_mean(part.entries) for part in (found.baseline, found.trial))
    if found.worse is None:
        where = (
            "not recorded"
            if before is None and during is None
            else "recorded in one phase only, and cannot be compared"
        )
        return f"Function was {where}; the decision stands on the rest."
    if not found.worse:
        return "Function did not become worse."
    read = "" if before is None or during is None else f" ({before:.0f} to {during:.0f}; more is read as better)"
    return f"Function became worse{read}, which a successful trial must not bring."


def _of_rescue(rescue: Rescue) -> Iterator[str]:
    if rescue.rose:
        yield (
            f"More rescue medication was taken than before ({_mg(rescue.during)}, before {_mg(rescue.before)}): relief "
            "cannot be put down to the trial alone."
        )
    elif rescue.before is None or rescue.during is None:
        phase = "before the trial" if rescue.before is None else "during the trial"
        yield f"Rescue medication {phase} was not recorded; whether relief came from it is not known."
    elif rescue.before or rescue.during:
        yield f"Rescue medication: {_mg(rescue.during)}, before {_mg(rescue.before)}."


def _missing(found: Findings) -> Iterator[str]:
    for name, part in (("baseline", found.baseline), ("trial", found.trial)):
        if part.interpolated:
            yield f"{_scores(part.interpolated)} of the {name} lay between two others and was put on the line between them."
        if part.imputed:
            yield (
                f"{_scores(part.imputed)} of the {name} could not be interpolated and was imputed; the standard error allows "
                "for it."
            )
        if part.carried:
            yield f"{_scores(part.carried)} of the {name} followed a rescue and was replaced by the score before it."


def _dates(count: int) -> str:
    return "one calendar date" if count == 1 else f"{count} calendar dates"


def _scores(count: int) -> str:
    return "One score" if count == 1 else f"Each of {count} scores"


def _mg(amount: float | None) -> str:
    return "none" if not amount else f"{amount:.0f} mg of oral morphine equivalents a day"


def share(probability: float) -> str:
    """A probability as a percentage that never claims certainty."""
    if not 0.005 <= probability < 0.995:
        return "more than 99 %" if probability > 0.5 else "less than 1 %"
    return f"{probability * PERCENT:.0f} %"
