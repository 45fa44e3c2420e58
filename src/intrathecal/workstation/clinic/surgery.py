"""Operations on a pump and its catheter, as records: implantation, revision, replacement, explantation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic.catheters import Piece, volume_nL
from intrathecal.workstation.clinic.models import Catheter, Implant, User
from intrathecal.workstation.clinic.models.patients import Phase
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.clinic.timeline import noon
from intrathecal.workstation.clinic.units import NL_PER_ML, UL_PER_ML

#: Programs on their way to a pump: once it is out they arrive nowhere.
UNDER_WAY = (State.WAITING, State.CONFIRMED, State.UNCERTAIN)


class TakenError(InputError):
    """A pump that is in a record already: the message says what would be right."""


def service_end(pump: Pump, implanted_on: date) -> date | None:
    """When a pump stops in any case; None for one without a battery."""
    life = pump.service_life
    return None if life is None else implanted_on + timedelta(seconds=round(life.exact))


def asks_for_replacement(pump: Pump, service_ends_on: date | None) -> date | None:
    """From when on a pump asks for its replacement; None for one that never does."""
    if pump.eri_lead is None or service_ends_on is None:
        return None
    return service_ends_on - timedelta(seconds=round(pump.eri_lead.exact))


def earliest(standing: Implant) -> date:
    """The first day on which a pump can be taken out or its catheter operated on: that of the last thing in its record."""
    days = [standing.implanted_on, *standing.catheters.values_list("placed_on", flat=True)[:1]]
    days += [timezone.localdate(at) for at in standing.refills.values_list("at", flat=True)[:1]]
    ran = standing.patient.programs.exclude(begins_at=None).order_by("-begins_at")
    days += [timezone.localdate(at) for at in ran.values_list("begins_at", flat=True)[:1]]
    days += [timezone.localdate(at) for at in standing.scans.values_list("ended_at", flat=True)[:1]]
    return max(days)


def implant(new: Implant) -> None:
    """A first pump, or one after an explantation. Raises `TakenError`."""
    new.service_ends_on = service_end(load_catalogue().pumps[new.model], new.implanted_on)
    try:
        with transaction.atomic():
            new.save()
    except IntegrityError:  # somebody else was quicker
        raise TakenError(
            _("the pump %(serial)s, or another pump of this patient, came into the records just now: look there first")
            % {"serial": new.serial}
        ) from None
    new.patient.phase = Phase.IMPLANTED
    new.patient.save()


def lay(implant: Implant, pieces: Sequence[Piece], **more: Any) -> Catheter:
    """A catheter as it was left; ``more`` are its other values. Raises `catheters.CatheterError` for pieces that make none."""
    return Catheter.objects.create(
        implant=implant,
        space=pieces[-1].catheter.space,
        segments=[one.record() for one in pieces],
        dead_nL=volume_nL(pieces),
        **more,
    )


def revise(laid: Catheter, by: User) -> None:
    """Note the operation after which the catheter was ``laid`` so."""
    words = {"why": laid.why, "tip": laid.tip_level or _("a level not known"), "volume": laid.dead_nL / NL_PER_ML}
    said = _("%(why)s; tip at %(tip)s, catheter of %(volume).3f mL") % words
    if laid.purge_uL is not None:
        said += _(", purged %(purge)g mL") % {"purge": laid.purge_uL / UL_PER_ML}
    note(laid.implant.patient, by, "revision", said, _moment(laid.placed_on))


@transaction.atomic
def replace(old: Implant, new: Implant, why: str, by: User) -> None:
    """Another pump on the same catheter; it has no fill and no program yet. Raises `TakenError`."""
    laid = old.catheters.first()
    _end(old, new.implanted_on, why)
    implant(new)
    if laid is not None:
        laid.pk, laid.implant, laid.purge_uL = None, new, None
        laid._state.adding = True
        laid.save()
    words = {"old": old, "new": new, "why": why}
    said = _("%(new)s in the place of %(old)s: %(why)s") % words
    note(old.patient, by, "replacement", said, _moment(new.implanted_on))


def explant(old: Implant, on: date, why: str) -> None:
    """The pump is taken out, and therapy with it ends."""
    _end(old, on, why)
    old.patient.phase = Phase.ENDED
    old.patient.save()


def left_to_do(standing: Implant) -> list[str]:
    """What a pump still needs, one sentence each: a fill, a prime, a program, and to be told of a catheter that was revised."""
    laid, filled = standing.catheters.first(), standing.refills.first()
    force = standing.patient.programs.filter(state=State.IN_FORCE).first()
    found = []
    if filled is None:
        found.append(
            _("It was not filled: fill it, and prime tubing and catheter; until then nothing reaches the patient.")
        )
    pump = load_catalogue().pumps.get(standing.model)
    if force is None and (pump is None or pump.kind == "programmable"):
        found.append(_("No program is in force: write one and send it."))
    if laid is None:
        return [*found, _("No catheter is in the record: without it no bridge and no prime can be reckoned.")]
    if not laid.tip_level:
        found.append(_("Nobody knows where the tip lies: look at an X-ray, and store it as a revision."))
    told = [timezone.localdate(at) for at in (filled and filled.at, force and force.begins_at) if at]
    if laid.placed_on == standing.implanted_on or not told or max(told) > laid.placed_on:
        return found
    if max(told) == laid.placed_on:
        found.append(
            _(
                "It was filled or programmed on the day of the revision: make sure that it was told the catheter as it is now."
            )
        )
    elif standing.address:
        found.append(
            _(
                "The catheter was revised since: this pump counts with the volume of its first fill. It is told bridges as they "
                "are reckoned here; prime what is empty."
            )
        )
    else:
        found.append(_("The catheter was revised since: tell the pump its new volume, and prime what is empty."))
    return found


def _end(old: Implant, on: date, why: str) -> None:
    """A pump that is out gives nothing, and no alarm of it goes on."""
    old.explanted_on, old.why_explanted = on, why
    old.save()
    moment = _moment(on)
    for program in old.patient.programs.filter(state=State.IN_FORCE):
        # It may have begun in the afternoon of that day: nothing ends before it begins.
        program.state, program.ends_at = State.REPLACED, max(moment, program.begins_at or moment)
        program.save()
    for program in old.patient.programs.filter(state__in=UNDER_WAY):
        program.state = State.DISCARDED
        program.save()
    for alarm in old.alarms.filter(ended_at=None):
        alarm.ended_at = max(moment, alarm.began_at)
        alarm.save()


def _moment(day: date) -> datetime:
    """A day as a moment; a day that is today has not passed noon for certain."""
    return min(noon(day), timezone.now())
