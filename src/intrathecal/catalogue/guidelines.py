"""The drug library: what guidelines, labels and practice allow, each limit by itself, named, dated and sourced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.reading import Where
from intrathecal.catalogue.values import Concentration, Duration, Mass, MassRate, Positive, Ratio, Share, Value

#: Whom a limit is for. A patient may be in several groups at once.
Group = Literal["any", "naive", "tolerant", "cancer", "child", "spasticity", "spasticity-cerebral", "spasticity-spinal"]
Space = Literal["intrathecal", "epidural", "any"]
Strength = Literal["off", "note", "soft", "hard"]
#: From what does nothing to what cannot be sent.
STRENGTHS: tuple[Strength, ...] = ("off", "note", "soft", "hard")
#: A limit for every drug that has none of its own.
ANY_DRUG = "any"
#: A value below these is what a limit speaks of; above all others.
LOWER_BOUNDS = ("least_daily_dose", "step_interval")
#: What a change is against what runs is arithmetic, whoever chose the figure.
AGAINST_WHAT_RUNS = ("step_up", "step_down", "bolus_step_up")


@dataclass(frozen=True)
class Guideline:
    """Where limits come from: a label, a consensus, a published practice; ``date`` as far as it is known."""

    name: str
    title: str
    date: str

    def __str__(self) -> str:
        return f"{self.title} ({self.date})"


@dataclass(frozen=True)
class Signature:
    """Who took a limit into use or loosened it, when and why."""

    by: str
    on: date
    reason: str

    def __str__(self) -> str:
        return f"signed by {self.by} on {self.on.isoformat()}: {self.reason}"


@dataclass(frozen=True)
class Limit:
    """One limit of one drug (or of any) for one group of patients and a catheter in one ``space``, by one guideline.

    Exactly one quantity is given. ``daily_dose`` and ``least_daily_dose`` bound the dose of 24 hours, ``start_daily_dose``
    that of the first program with the drug, ``hourly_dose`` the fastest hour, ``bolus`` one bolus, ``bolus_share`` a patient's
    bolus over the daily dose without presses, ``concentration`` the label. ``step_up`` and ``step_down`` bound a change of
    the daily dose as a share of what runs, ``bolus_step_up`` the same of a patient's bolus, ``step_up_dose`` the change
    itself, and ``step_interval`` is the least time between two rises. The bound is ``times`` the value where that is given.
    """

    name: str
    guideline: str
    drug: str
    group: Group
    severity: Strength
    space: Space = "intrathecal"
    times: Positive | None = None
    signed: Signature | None = None
    daily_dose: MassRate | None = None
    least_daily_dose: MassRate | None = None
    start_daily_dose: MassRate | None = None
    hourly_dose: Mass | None = None
    bolus: Mass | None = None
    bolus_share: Ratio | None = None
    concentration: Concentration | None = None
    step_up: Ratio | None = None
    step_up_dose: MassRate | None = None
    step_down: Share | None = None
    bolus_step_up: Ratio | None = None
    step_interval: Duration | None = None

    def __post_init__(self) -> None:
        given = [name for name in QUANTITIES if getattr(self, name) is not None]
        if len(given) != 1:
            raise EntryError(
                given[1] if given else "daily_dose",
                f"{len(given)} quantities are limited",
                f"give exactly one of {', '.join(QUANTITIES)}",
            )
        if self.severity == "hard" and not self.well_founded:
            raise EntryError(
                "severity",
                f"{self.value} is not verified, and a hard limit rests on what was seen in its source",
                "check the source and say verified = true, write soft, or sign it: "
                'signed = { by = "...", on = 2026-01-31, reason = "..." }',
            )

    @property
    def quantity(self) -> str:
        """What is limited: the name of the field that is given."""
        return next(name for name in QUANTITIES if getattr(self, name) is not None)

    @property
    def value(self) -> Value:
        """The value as its source gives it."""
        found: Value = getattr(self, self.quantity)
        return found

    @property
    def bound(self) -> Fraction:
        """The limit itself, exactly, in the canonical unit of its kind."""
        return self.value.exact * (1 if self.times is None else self.times.exact)

    @property
    def well_founded(self) -> bool:
        """Whether it may be hard: seen in its source, a change against what runs, or signed by a clinic."""
        return self.value.verified or self.quantity in AGAINST_WHAT_RUNS or self.signed is not None

    @property
    def is_lower_bound(self) -> bool:
        """Whether values below it are the ones that it speaks of."""
        return self.quantity in LOWER_BOUNDS

    def broken_by(self, value: Fraction | float) -> bool:
        """Whether ``value`` (canonical unit) is beyond it; what only rounding separates is not."""
        slack = Fraction(1, 10**9)
        if self.is_lower_bound:
            return Fraction(value) < self.bound * (1 - slack)
        return Fraction(value) > self.bound * (1 + slack)


_OTHERS = ("name", "guideline", "drug", "group", "severity", "space", "times", "signed")
#: The quantities that a limit may speak of.
QUANTITIES = tuple(field.name for field in fields(Limit) if field.name not in _OTHERS)


def unsigned_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """A limit's table without its signature: who signed a limit did not sign what a later file makes of it."""
    return {key: given for key, given in table.items() if key != "signed"}


def without_other_quantities(table: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A known limit's table, less its quantity where the file ``given`` limits another one."""
    if not any(name in QUANTITIES for name in given):
        return dict(table)
    return {key: held for key, held in table.items() if key not in QUANTITIES or key in given}


def check_loosening(known: Limit | None, limit: Limit, where: Where) -> None:
    """A hard limit is loosened only with a signature; raises `CatalogueError`."""
    if known is None or known.severity != "hard" or limit.signed is not None:
        return
    if limit.quantity != known.quantity or limit.drug != known.drug or _narrower(limit, known):
        where.fail(
            f"it takes the hard limit of {known.drug} ({known.quantity}, {known.group}) away",
            "give the new limit another name, or sign it with a reason",
        )
    looser = limit.bound < known.bound if limit.is_lower_bound else limit.bound > known.bound
    if STRENGTHS.index(limit.severity) < STRENGTHS.index("hard") or looser:
        where.fail(
            f"it loosens a hard limit ({known.value} by {known.guideline}) without a signature",
            'sign it: signed = { by = "...", on = 2026-01-31, reason = "..." }',
        )


def _narrower(limit: Limit, known: Limit) -> bool:
    return limit.group not in (known.group, "any") or limit.space not in (known.space, "any")


def check_names(limit: Limit, guidelines: Collection[str], drugs: Collection[str], where: Where) -> None:
    """The guideline and the drug of a limit must be there; raises `CatalogueError`."""
    if limit.guideline not in guidelines:
        where.at("guideline").fail(
            f'"{limit.guideline}" is not a guideline', f"name one of {', '.join(sorted(guidelines))}, or add its table"
        )
    if limit.drug != ANY_DRUG and limit.drug not in drugs:
        where.at("drug").fail(
            f'"{limit.drug}" is not a drug', f'name one of {", ".join(sorted(drugs))}, or "{ANY_DRUG}"'
        )
