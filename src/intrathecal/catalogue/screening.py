"""Before the pump: what a candidate needs, how a screening trial is judged, and what its dose says of the first one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import CHOSEN, Concentration, Count, Duration, MassRate, Positive, Ratio, Share

Indication = Literal["nociceptive", "neuropathic", "cancer", "spasticity"]


@dataclass(frozen=True)
class Trial:
    """How a screening trial is judged.

    Relief of ``success`` is what the trial looks for; ``moderate`` and ``minimal`` are reported beside it. Before the
    diary is seen, true relief is taken as normal with ``prior_mean`` and ``prior_sd``; at a probability of success
    above ``pass_above`` the trial passes, below ``fail_below`` it fails. Scores of the last ``window`` count, of at
    least ``fewest_days`` calendar dates that span ``shortest``, against at least ``baseline_days`` before. For
    ``rescue_window`` after a rescue the score before it holds; ``rescue_rise`` is how much more rescue than before is
    too much. Where more than ``most_missing`` of the scores is missing, nothing is decided. A baseline that ended
    ``longest_wait`` before the trial is an old one.
    Function that falls by ``function_fall`` has become worse. ``epidural_ratio`` is the epidural dose that is said to
    do what one intrathecal unit does. A first fill is to last ``first_refill`` or, of a drug that does not keep so
    long, as long as it keeps.
    """

    success: Share
    moderate: Share
    minimal: Share
    prior_mean: Share
    prior_sd: Share
    pass_above: Share
    fail_below: Share
    window: Duration
    fewest_days: Count
    shortest: Duration
    baseline_days: Count
    longest_wait: Duration
    rescue_window: Duration
    rescue_rise: Ratio
    most_missing: Share
    function_fall: Share
    epidural_ratio: Positive
    first_refill: Duration

    def __post_init__(self) -> None:
        for name in ("fewest_days", "baseline_days"):
            if getattr(self, name).exact.denominator != 1:
                raise EntryError(name, f"{getattr(self, name)} is no number of days", "write a whole number from 1")
        if not self.fail_below.exact < self.pass_above.exact:
            raise EntryError("fail_below", f"{self.fail_below} is not below pass_above ({self.pass_above})", "lower it")
        if not self.prior_sd.exact:
            raise EntryError("prior_sd", "0 would leave the diary nothing to say", "write for example 25 %")


@dataclass(frozen=True)
class Screening:
    """What a trial with one drug says of its first program.

    A needle dose acts from ``onset`` to ``washout`` after it. The first daily dose is ``per_bolus`` times the needle dose that
    worked (``per_long_bolus`` where it worked for longer than ``long``), or ``start`` whatever was given; it is never above
    ``most_start``. A first fill is not weaker than ``weakest`` and not stronger than ``strongest``.
    """

    name: str
    onset: Duration
    washout: Duration
    strongest: Concentration
    weakest: Concentration | None = None
    per_bolus: Positive | None = None
    per_long_bolus: Positive | None = None
    long: Duration | None = None
    start: MassRate | None = None
    most_start: MassRate | None = None

    def __post_init__(self) -> None:
        if self.onset.exact >= self.washout.exact:
            raise EntryError("onset", f"{self.onset} is not before washout ({self.washout})", "exchange the two")
        if (self.per_long_bolus is None) != (self.long is None):
            missing = "long" if self.long is None else "per_long_bolus"
            raise EntryError(missing, "it is missing, and its partner is given", "give both or neither")
        if self.per_bolus is not None and self.start is not None:
            raise EntryError("start", "the first dose follows from per_bolus already", "give one of the two")
        if self.weakest is not None and self.weakest.exact > self.strongest.exact:
            raise EntryError("weakest", f"{self.weakest} is above strongest ({self.strongest})", "lower it")


@dataclass(frozen=True)
class Check:
    """One item of the candidacy checklist.

    ``title`` names it, ``ask`` is the question that somebody answers with yes. ``waived_for`` are the indications that do not
    need it, as the references ``source`` say; where it ``may_be_waived``, a person may waive it with a reason. What is
    ``valid_for`` some time must be no older on the day of the trial.
    """

    name: str
    title: str
    ask: str
    may_be_waived: bool
    source: tuple[str, ...]
    waived_for: tuple[Indication, ...] = ()
    valid_for: Duration | None = None

    def __post_init__(self) -> None:
        if self.waived_for and CHOSEN in self.source:
            raise EntryError("waived_for", "nobody is named who waives it", "name the reference in source")
