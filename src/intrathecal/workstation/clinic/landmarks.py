"""What stands beside a patient's pain scores in a picture: the trial, the implant, programs and refills."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from intrathecal.workstation.clinic.models import Patient, Refill
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.plot import Mark
from intrathecal.workstation.clinic.templatetags.clinical import mL
from intrathecal.workstation.clinic.timeline import noon

RAN = (State.IN_FORCE, State.REPLACED, State.UNCERTAIN)


def of(patient: Patient) -> list[Mark]:
    """All of them, in order of time."""
    return sorted([*_programs(patient), *felt(patient)], key=lambda mark: mark.at)


def felt(patient: Patient) -> list[Mark]:
    """What a patient knows of without the record: pumps and refills, in order of time."""
    return sorted([*_implants(patient), *_refills(patient)], key=lambda mark: mark.at)


def _programs(patient: Patient) -> Iterator[Mark]:
    for program in patient.programs.filter(begins_at__isnull=False, state__in=RAN).only("begins_at", "summary"):
        yield Mark(program.begins_at, "program", _("program: %s") % program.summary)


def _implants(patient: Patient) -> Iterator[Mark]:
    for implant in patient.implants.all():
        yield Mark(noon(implant.implanted_on), "implant", _("implant"))
        if implant.explanted_on:
            yield Mark(noon(implant.explanted_on), "implant", _("explant"))


def _refills(patient: Patient) -> Iterator[Mark]:
    for refill in Refill.objects.filter(implant__patient=patient).only("at", "filled_uL"):
        yield Mark(refill.at, "refill", _("refill with %s") % mL(refill.filled_uL))
