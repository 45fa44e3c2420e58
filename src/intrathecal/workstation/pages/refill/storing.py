"""A refill that was confirmed, as records."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.workstation.clinic import compounding
from intrathecal.workstation.clinic.models import Alarm, Appointment, Refill, User
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.clinic.templatetags.clinical import drugs
from intrathecal.workstation.clinic.units import NL_PER_ML, UL_PER_ML
from intrathecal.workstation.pages.refill.draft import Draft
from intrathecal.workstation.pages.refill.forms import PocketForm

#: Alarms that a full reservoir ends.
OF_RESERVOIR = ("low reservoir", "low-reservoir", "empty reservoir", "empty-reservoir")
MINUTES_PER_HOUR = 60


def store(draft: Draft, by: User, second: User | None) -> Refill:
    """The refill, the next appointment, and notes on what was decided. Everything of it or nothing is kept.

    ``by`` is who filled and confirmed, ``second`` who looked too.
    """
    found, dates, filled = draft.found, draft.said("dates"), draft.said("volume")
    refill = Refill.objects.create(
        implant=draft.implant,
        at=draft.at,
        by=by,
        drugs=draft.label,
        filled_uL=filled["filled"],
        expected_uL=draft.expected_uL,
        measured_uL=draft.said("measured").get("measured"),
        error_permille=None if found is None else found.too_little_permille,
        flagged=draft.flagged,
        pocket_check=PocketForm.sentence(draft.said("pocket")),
        bridge=bridge_record(draft),
        due_on=dates["due_on"],
        second_by=second,
        recipe={} if draft.recipe is None else compounding.kept(draft.recipe),
        untold=bool(draft.implant.address),
    )
    if dates["visit"] is not None:
        Appointment.objects.create(patient=draft.implant.patient, begins_at=dates["visit"], kind="refill")
    for text in _decided(draft):
        note(draft.implant.patient, by, "refill", text, draft.at)
    if not draft.implant.address:
        for alarm in Alarm.objects.filter(implant=draft.implant, ended_at=None, name__in=OF_RESERVOIR):
            alarm.ended_at = timezone.now()
            alarm.save()
    return refill


def summary(draft: Draft) -> dict[str, Any]:
    """What will be stored, to be read once more."""
    return {
        **draft.said("measured"),
        **draft.said("volume"),
        **draft.said("dates"),
        "bridge": bridge_record(draft),
        "pocket": PocketForm.sentence(draft.said("pocket")),
    }


def bridge_record(draft: Draft) -> dict[str, Any]:
    """The bridge as it is kept, in whole uL, nL a day and minutes; empty where none was needed."""
    told = draft.said("bridge")
    if not draft.changes_label or not told:
        return {}
    kept: dict[str, Any] = {"choice": told["choice"], "why_not": told["why_not"]}
    plan = draft.bridge
    if told["choice"] != "auto" or plan is None:
        return kept
    figures = plan.figures
    if figures.volume_mL is None or figures.rate_mL_per_day is None or figures.duration_h is None:
        return kept
    return kept | {
        "volume_uL": round(figures.volume_mL * UL_PER_ML),
        "rate_nL_per_day": round(figures.rate_mL_per_day * NL_PER_ML),
        "minutes": round(figures.duration_h * MINUTES_PER_HOUR),
    }


def _decided(draft: Draft) -> list[str]:
    notes, reason = [], draft.filling.said["reason"]
    if draft.found is not None and draft.found.reasons:
        notes.append(_("Difference at the refill: %s") % draft.said("difference")["note"])
    if draft.changes_label:
        words = {"old": drugs(draft.old_label), "new": drugs(draft.label)}
        notes.append(_("Reservoir changed from %(old)s to %(new)s.") % words)
        if draft.said("bridge").get("why_not"):
            notes.append(_("No bridge: %s") % draft.said("bridge")["why_not"])
    if draft.said("pocket")["swelling"] == "seen":
        notes.append(_("Over the pump while filling: %s") % draft.said("pocket")["how"])
    if reason and draft.review is not None:
        said = "; ".join(finding.message for finding in draft.review.findings if finding.severity == "soft")
        notes.append(_("Filled in spite of the review: %(reason)s (%(said)s)") % {"reason": reason, "said": said})
    return notes
