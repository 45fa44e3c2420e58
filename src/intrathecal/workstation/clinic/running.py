"""What a pump has been giving since it was last filled, as a therapy: from the clinic's records and its programs' files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from intrathecal.catalogue import Catalogue, Pump, load_catalogue
from intrathecal.pump.hardware import MS_PER_S
from intrathecal.quantities import InputError, Quantity, parse_quantity
from intrathecal.therapy import (
    Bridge,
    DrugEntry,
    Event,
    Fill,
    NewProgram,
    NoPresses,
    Program,
    PumpPlan,
    Refill,
    Therapy,
)
from intrathecal.workstation.clinic import models
from intrathecal.workstation.clinic.catheters import plan_of
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.units import NL_PER_ML, UL_PER_ML
from intrathecal.workstation.live.writing import therapy_of

NOTHING = Quantity(Decimal(0), "mg/mL", "concentration")


class Missing(InputError):
    """Records from which nothing can be reckoned: the message says what is missing."""


@dataclass(frozen=True)
class Running:
    """The ``therapy`` of a pump from its last fill on, or from the one before where the last began with a bridge."""

    therapy: Therapy
    pump: PumpPlan
    fill: Fill

    def ms(self, at: datetime) -> int:
        """A moment as the therapy counts it."""
        return round((clock(at, self.pump) - self.fill.at).total_seconds() * MS_PER_S)


def pump_of(implant: models.Implant) -> Pump:
    """The catalogue's entry of a pump. Raises `Missing`."""
    pump = load_catalogue().pumps.get(implant.model)
    if pump is None:
        raise Missing(_("the catalogue has no pump %s: nothing is known of its reservoir") % implant.model)
    return pump


def label_of(drugs: Mapping[str, str]) -> dict[str, Quantity]:
    """Concentrations as they are kept, by drug."""
    return {drug: parse_quantity(text, "concentration") for drug, text in drugs.items()}


def millilitres(microlitres: int) -> Quantity:
    """A volume as it is kept."""
    return Quantity(Decimal(microlitres) / UL_PER_ML, "mL", "volume")


def running(implant: models.Implant, told_until: datetime | None = None) -> Running:
    """What the pump gives; what it told after ``told_until`` does not count.

    Raises `Missing`, and `InputError` for a program's file that cannot be read.
    """
    programs = _programs(implant)
    fills, reading = list(implant.refills.all()[:2]), _reading(implant, told_until)
    if len(fills) == 2 and (reading is not None or not fills[0].bridge.get("volume_uL")):
        fills = fills[:1]
    fills.reverse()
    plans = [_plan(program) for program in programs]
    plan = plans[-1]
    told, own, laid = plan.pump, plan.fill, implant.catheters.first()
    if told is None or own is None:
        raise Missing(_("the program in force has no [pump] and [fill] in its therapy file"))
    pump = replace(told, entry=pump_of(implant), implanted=implant.implanted_on)
    fill = replace(own, now=None, reservoir_now=None, next_visit=None)
    drugs = plan.drugs
    if fills:
        fill = replace(fill, at=clock(fills[0].at, pump), volume=millilitres(fills[0].filled_uL))
        drugs = _entries(plan, fills, plan.catalogue)
    therapy = replace(
        plan,
        pump=pump,
        catheter=(plan_of(laid) if laid else None) or plan.catheter,
        drugs=drugs,
        fill=fill if reading is None else _as_read(reading, fill, pump),
        start=fill.at,
        simulation=replace(plan.simulation, presses=NoPresses()),
        events=(),
    )
    begun = [(clock(program.begins_at, pump), one.program) for program, one in zip(programs, plans, strict=True)]
    return Running(_followed(therapy, fill, begun, fills[1:], pump), pump, fill)


def _programs(implant: models.Implant) -> list[models.Program]:
    """Programs that this pump ran, oldest first."""
    sent = implant.patient.programs.exclude(begins_at=None).order_by("begins_at", "pk")
    if implant.patient.programs.filter(state=State.UNCERTAIN).exists():
        raise Missing(_("a program was sent and it is not certain that it arrived: read the pump first"))
    ran = _between(implant, sent.filter(state__in=(State.IN_FORCE, State.REPLACED)))
    if not ran:
        raise Missing(_("no program of this pump is in force"))
    last = implant.refills.first()
    since = None if last is None else ran.filter(begins_at__lte=last.at).order_by("-begins_at", "-pk").first()
    found = ran if since is None else ran.filter(begins_at__gte=since.begins_at)
    for program in found:
        if not program.text.strip():
            raise Missing(
                _("the program %(summary)s has no therapy file, so that its flow is not known")
                % {"summary": program.summary}
            )
    return list(found)


def _between(implant: models.Implant, programs: QuerySet[models.Program]) -> QuerySet[models.Program]:
    """Those that began while the pump was in; on a day with two pumps those of the new one begin after its first fill."""
    others = implant.patient.implants.exclude(pk=implant.pk)
    found = programs.filter(begins_at__date__gte=implant.implanted_on)
    first = implant.refills.last()
    if first is not None and others.filter(explanted_on=implant.implanted_on).exists():
        found = found.filter(begins_at__gte=first.at)
    if implant.explanted_on is None:
        return found
    next_ = others.filter(implanted_on=implant.explanted_on).first()
    begun = None if next_ is None else next_.refills.last()
    found = found.filter(begins_at__date__lte=implant.explanted_on)
    return found if begun is None else found.filter(begins_at__lt=begun.at)


def _plan(program: models.Program) -> Therapy:
    return therapy_of(program.text, _("therapy file of %s") % program.summary)


def _entries(plan: Therapy, fills: Sequence[models.Refill], catalogue: Catalogue) -> tuple[DrugEntry, ...]:
    """The drugs of the plan and of the fills, the plan's primary drug first, with what the first fill holds of each."""
    held = label_of(fills[0].drugs)
    if plan.primary.name not in held:
        raise Missing(
            _("the program gives doses of %(program)s, and the reservoir was filled with %(label)s")
            % {"program": plan.primary.name, "label": ", ".join(held)}
        )
    names = list(
        dict.fromkeys([entry.drug.name for entry in plan.drugs] + [name for one in fills for name in one.drugs])
    )
    for name in names:
        if name not in catalogue.drugs:
            raise Missing(_("the catalogue has no drug %s") % name)
    return tuple(DrugEntry(catalogue.drugs[name], held.get(name, NOTHING)) for name in names)


def _reading(implant: models.Implant, until: datetime | None) -> models.Reading | None:
    """What the pump told last, if that was after its last fill and it spoke of its reservoir."""
    since = implant.refills.first()
    if since is not None and since.untold:
        return None
    read = implant.readings.filter(at__gt=since.at) if since else implant.readings.all()
    last = read.first() if until is None else read.filter(at__lte=until).first()
    said = last is not None and isinstance(last.told, dict) and isinstance(last.told.get("reservoir_mL"), int | float)
    return last if said else None


def _as_read(reading: models.Reading, fill: Fill, pump: PumpPlan) -> Fill:
    """The fill, with what the pump said of its reservoir."""
    volume = millilitres(round(reading.told["reservoir_mL"] * UL_PER_ML))
    return replace(fill, now=clock(reading.at, pump), reservoir_now=volume)


def _followed(
    therapy: Therapy,
    fill: Fill,
    begun: Sequence[tuple[datetime, Program | None]],
    fills: Sequence[models.Refill],
    pump: PumpPlan,
) -> Therapy:
    """The therapy with the program that ran at its fill, and everything since."""
    program: Program | None = Program.parse("stop") if pump.programmable else None
    found: list[tuple[int, Refill | NewProgram]] = []
    for at, one in begun:
        ms = round((at - fill.at).total_seconds() * MS_PER_S)
        if ms <= 0:
            program = one
        elif one is not None:
            found.append((ms, NewProgram(one)))
    for refill in fills:
        ms = round((clock(refill.at, pump) - fill.at).total_seconds() * MS_PER_S)
        found.append((ms, _event(refill, therapy)))
    events = [Event(number, 0, "", ms, action) for number, (ms, action) in enumerate(sorted(found, key=_at), start=1)]
    return replace(therapy, program=program, events=tuple(events))


def _at(one: tuple[int, Refill | NewProgram]) -> int:
    return one[0]


def _event(refill: models.Refill, therapy: Therapy) -> Refill:
    label, primary = label_of(refill.drugs), therapy.primary.name
    first = primary if primary in label else next(iter(label))
    return Refill(millilitres(refill.filled_uL), label, None, None, first, bridge_event(refill) or "none")


def bridge_event(refill: models.Refill) -> Bridge | None:
    """The bridge of a refill as it is kept; None where none was reckoned."""
    if not refill.bridge.get("volume_uL"):
        return None
    rate = Quantity(Decimal(refill.bridge["rate_nL_per_day"]) / NL_PER_ML, "mL/day", "flow")
    return Bridge(millilitres(refill.bridge["volume_uL"]), rate)


def clock(at: datetime, pump: PumpPlan) -> datetime:
    """A moment on the pump's clock, which has an offset and no zone."""
    return at.astimezone(timezone(timedelta(minutes=pump.utc_offset_minutes))).replace(tzinfo=None, microsecond=0)
