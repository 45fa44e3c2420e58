"""What drugs do: relief and its tolerance, breathing, side effects, and how a patient's answers scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intrathecal.catalogue.body import LEVELS
from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import Concentration, Duration, MassRate, Positive, Ratio, Share

Mechanism = Literal["opioid", "local anaesthetic", "alpha-2 agonist", "calcium-channel blocker", "GABA-B agonist"]

# the modified Ashworth scale, with its 1+ counted as 1.5
HIGHEST_ASHWORTH = 4


@dataclass(frozen=True)
class Response:
    """Effect on pain, or on spasticity, by concentration at the effect sites.

    A site follows its fluid with ``fluid_half_life``, or plasma with ``plasma_half_life``. ``spinal_ec50`` is the mean
    concentration of the lumbosacral fluid, ``supraspinal_ec50`` that of the cisterna magna, and ``plasma_ec50`` that of
    plasma, each at rest, at which the effect is half of ``ceiling``; ``hill`` is its steepness.
    """

    mechanism: Mechanism
    spinal_ec50: Concentration
    fluid_half_life: Duration
    hill: Positive
    ceiling: Share
    supraspinal_ec50: Concentration | None = None
    plasma_ec50: Concentration | None = None
    plasma_half_life: Duration | None = None

    def __post_init__(self) -> None:
        if (self.plasma_ec50 is None) != (self.plasma_half_life is None):
            missing = "plasma_ec50" if self.plasma_ec50 is None else "plasma_half_life"
            raise EntryError(missing, "it is missing, and its partner is given", "give both or neither")


@dataclass(frozen=True)
class Breathing:
    """Depression of breathing at constant carbon dioxide: half at these concentrations of cisterna magna and plasma."""

    fluid_c50: Concentration
    plasma_c50: Concentration
    hill: Positive


@dataclass(frozen=True)
class Tolerance:
    """How the concentration that an opioid needs grows with its occupancy x (0 to 1): by 1 + fast + slow.

    At rest the fast part is ``fast_max * x`` everywhere, the slow one ``spinal_slow_max * x`` in the cord and
    ``supraspinal_slow_max * x`` in the brain; each approaches that with its half-life and leaves it with its recovery
    half-life.
    """

    fast_max: Ratio
    fast_half_life: Duration
    fast_recovery_half_life: Duration
    spinal_slow_max: Ratio
    supraspinal_slow_max: Ratio
    slow_half_life: Duration
    slow_recovery_half_life: Duration


@dataclass(frozen=True)
class Relief:
    """What relief depends on besides the drug.

    The spinal effect site sees the mean fluid from ``spinal_top`` to ``spinal_bottom``. Of an opioid's effect from plasma
    ``systemic_spinal_share`` is spinal; ``site_synergy`` is the interaction of spinal and supraspinal effect and
    ``opioid_local_anaesthetic_synergy`` that of the two classes (0: additive). ``opioid_hill`` is the steepness of opioids
    together. ``tolerant_oral_opioid`` is the daily oral morphine of the patient called tolerant. Placebo takes up to
    ``placebo_max`` of the pain, half of that after ``placebo_half_time``. Scores scatter with ``score_sd`` points, with a
    correlation of ``score_day_correlation`` from a day to the next. ``ashworth_before`` is spasticity without drug.
    """

    spinal_top: str
    spinal_bottom: str
    systemic_spinal_share: Share
    site_synergy: Ratio
    opioid_hill: Positive
    opioid_local_anaesthetic_synergy: Ratio
    tolerance: Tolerance
    tolerant_oral_opioid: MassRate
    placebo_max: Share
    placebo_half_time: Duration
    score_sd: Ratio
    score_day_correlation: Share
    ashworth_before: Positive

    def __post_init__(self) -> None:
        for name in ("spinal_top", "spinal_bottom"):
            if getattr(self, name) not in LEVELS:
                raise EntryError(name, f'"{getattr(self, name)}" is not a level', "write C1 to S2")
        if LEVELS.index(self.spinal_top) > LEVELS.index(self.spinal_bottom):
            raise EntryError("spinal_top", f"it lies below spinal_bottom ({self.spinal_bottom})", "exchange the two")
        if not 0 < self.score_day_correlation.exact < 1:
            raise EntryError(
                "score_day_correlation",
                f"{self.score_day_correlation} leaves no memory or no change",
                "write 0.1 to 0.9",
            )
        if self.ashworth_before.exact > HIGHEST_ASHWORTH:
            raise EntryError("ashworth_before", f"{self.ashworth_before} is above the scale", "write 1 to 4")


@dataclass(frozen=True)
class SideEffect:
    """How often an unwanted effect is seen, by the effect index of the drugs of one mechanism at one site.

    ``background`` is its rate without drug; of those who would not have had it, half have it where the index, a
    concentration over the EC50 of that site, is ``half_index`` at its highest; ``slope`` is the steepness. Where
    ``wears_off``, the rates are those of people who were not used to the drug, and tolerance divides the index.
    """

    name: str
    title: str
    mechanism: Mechanism
    site: Literal["spinal", "supraspinal"]
    background: Share
    half_index: Positive
    slope: Positive
    wears_off: bool

    def __post_init__(self) -> None:
        if self.wears_off and self.mechanism != "opioid":
            raise EntryError("wears_off", "tolerance is followed for opioids alone", "give false")
