"""What a pump did not give while a magnet held it: by the program that ran, and what the catalogue says of going without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from intrathecal.care.given import amount
from intrathecal.catalogue import CHOSEN, Catalogue, Drug, Limit, load_catalogue
from intrathecal.catalogue.guidelines import ANY_DRUG
from intrathecal.quantities import rounded
from intrathecal.simulation.pumping import pump_at
from intrathecal.workstation.clinic.models import Scan
from intrathecal.workstation.clinic.running import Missing, Running, running

PERCENT = 100


@dataclass(frozen=True)
class Missed:
    """What of one drug was not given, ug, and which share that is of what was due in the 24 h from the stall on (None: of none).

    ``advice`` is what the catalogue says of going without, with its ``sources``; ``beyond`` is the limit on a cut of a daily dose
    that the share breaks, in words; empty where there is none.
    """

    drug: Drug
    ug: float
    share: float | None
    advice: str
    sources: tuple[str, ...]
    verified: bool
    beyond: str

    @property
    def amount(self) -> str:
        """In the drug's customary unit."""
        return amount(Fraction(self.ug), self.drug)

    @property
    def percent(self) -> str:
        """Of what was due in the 24 h from the stall on."""
        return "" if self.share is None else f"{rounded(PERCENT * self.share, 3)} %"


@dataclass(frozen=True)
class Stall:
    """A pump that stood ``since`` a scan began ``until`` it gave again, or until the moment that is asked about."""

    since: datetime
    until: datetime
    missed: tuple[Missed, ...]

    @property
    def minutes(self) -> int:
        """How long."""
        return round((self.until - self.since) / timedelta(minutes=1))


def stall(scan: Scan, now: datetime) -> Stall:
    """What a scan cost, until ``now`` where nobody knows that the pump gives again. Raises `Missing`, and `InputError`."""
    if scan.began_at is None:
        raise Missing(_("nobody wrote down since when the patient was in the field"))
    run = running(scan.implant)
    if run.ms(scan.began_at) < 0:
        raise Missing(_("the pump was filled since, so that what ran then is not reckoned any more"))
    until = scan.resumed_at or now
    missed = _due(run, scan.began_at, until)
    day = _due(run, scan.began_at, scan.began_at + timedelta(days=1))
    return Stall(scan.began_at, until, tuple(_missed(drug, ug, day[drug]) for drug, ug in missed.items() if ug > 0))


def _due(run: Running, since: datetime, until: datetime) -> dict[str, float]:
    """What the program asks for between two moments, ug of each drug by the label."""
    plan = run.therapy
    if plan.fill is not None:
        plan = replace(plan, fill=replace(plan.fill, now=None, reservoir_now=None))
    begin, end = run.ms(since), run.ms(until)
    cuts = sorted({begin, end, *(event.at_ms for event in plan.events if begin < event.at_ms < end)})
    due: dict[str, float] = dict.fromkeys((entry.drug.name for entry in plan.drugs), 0.0)
    for first, then in pairwise(cuts):
        standing = pump_at(plan, first, sum(event.at_ms <= first for event in plan.events))
        asked = standing.advance(then)[1].asked_ug
        for drug, ug in zip(standing.drugs, asked, strict=False):
            due[drug] += float(ug)
    return due


def _missed(name: str, ug: float, day_ug: float) -> Missed:
    known = load_catalogue()
    share, said = ug / day_ug if day_ug else None, known.precautions.get(name)
    broken = (
        None if share is None else min(_broken(known, name, min(share, 1.0)), key=lambda one: one.bound, default=None)
    )
    return Missed(
        drug=known.drugs[name],
        ug=ug,
        share=share,
        advice=(said and said.when_stopped) or "",
        sources=_authors(known, said.stopped_source) if said else (),
        verified=said.stopped_verified if said else False,
        beyond="" if broken is None else _said(known, broken),
    )


def _broken(known: Catalogue, drug: str, share: float) -> Iterator[Limit]:
    """Limits on a cut of the daily dose that this share breaks; a limit of any drug yields to one of its own."""
    cuts = [one for one in known.limits.values() if one.quantity == "step_down" and one.severity != "off"]
    own = [one for one in cuts if one.drug == drug] or [one for one in cuts if one.drug == ANY_DRUG]
    return (one for one in own if one.group == "any" and one.broken_by(share))


def _said(known: Catalogue, limit: Limit) -> str:
    checked = limit.value.verified or limit.value.source == (CHOSEN,)
    return f"{limit.value} ({known.guidelines[limit.guideline].title}{'' if checked else _(', unchecked')})"


def _authors(known: Catalogue, keys: Any) -> tuple[str, ...]:
    return tuple(
        f"{known.references[key].author} ({known.references[key].year})" for key in keys if key in known.references
    )
