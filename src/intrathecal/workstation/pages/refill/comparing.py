"""What a live pump told while it is being refilled, beside what the record says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from intrathecal.quantities import rounded
from intrathecal.therapy import Program, TherapyError
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.running import label_of
from intrathecal.workstation.clinic.units import UL_PER_ML
from intrathecal.workstation.live.writing import therapy_of

if TYPE_CHECKING:
    from intrathecal.workstation.pages.refill.draft import Draft

#: Concentrations are the same where they differ by less: the record's are decimals, the pump's are whole ng/mL.
SAME = 1e-6


@dataclass(frozen=True)
class Row:
    """One thing: as the ``pump`` says it, as the ``record`` does, and whether that is not the same."""

    what: str
    pump: str
    record: str
    differs: bool


def rows(draft: Draft) -> list[Row]:
    """Nothing where the pump was not read in this refill."""
    reading = draft.filling.reading
    if reading is None:
        return []
    told = reading.told
    return [_reservoir(draft, told), _label(draft, told), _program(draft, told), _alarms(draft, told)]


def _reservoir(draft: Draft, told: dict[str, Any]) -> Row:
    volume, reckoned = told.get("reservoir_mL"), draft.reckoned_uL
    return Row(
        _("In the reservoir"),
        _("not filled yet") if volume is None else f"{rounded(volume)} mL",
        _("not known") if reckoned is None else f"{reckoned / UL_PER_ML:g} mL",
        draft.counts_otherwise,
    )


def _label(draft: Draft, told: dict[str, Any]) -> Row:
    pump: dict[str, float] = told.get("concentrations_ug_per_mL") or {}
    known = label_of(draft.old_label)
    record = {name: one.canonical for name, one in known.items()}
    same = set(pump) == set(record) and all(abs(pump[name] - record[name]) <= SAME * record[name] for name in pump)
    return Row(
        _("Drugs"),
        ", ".join(f"{name} {_strength(draft, name, much)}" for name, much in sorted(pump.items())) or "–",
        ", ".join(f"{name} {one}" for name, one in sorted(draft.old_label.items())) or _("not known"),
        bool(record) and not same,
    )


def _strength(draft: Draft, name: str, ug_per_mL: float) -> str:
    """In the unit of the record, so that the two can be compared at a glance."""
    known = label_of(draft.old_label).get(name)
    if known is None or not known.canonical:
        return f"{rounded(ug_per_mL)} mcg/mL"
    return f"{rounded(ug_per_mL * float(known.number) / known.canonical)} {known.unit}"


def _program(draft: Draft, told: dict[str, Any]) -> Row:
    force = draft.implant.patient.programs.filter(state=State.IN_FORCE).first()
    pump = str(told.get("program_text") or "")
    record = str(force.summary) if force else ""
    differs = False
    if force is not None and force.text.strip():
        try:
            program = therapy_of(force.text).program
            record = record if program is None else str(program)
            differs = program is not None and Program.parse(pump or "stop") != program
        except TherapyError:
            differs = False
    if told.get("stopped"):
        return Row(_("Program"), _("STOPPED: %s") % pump, record or _("not known"), True)
    return Row(_("Program"), pump or "–", record or _("not known"), differs)


def _alarms(draft: Draft, told: dict[str, Any]) -> Row:
    pump = sorted(alarm["alarm"] for alarm in told.get("alarms", ()))
    record = sorted(draft.implant.alarms.filter(ended_at=None).values_list("name", flat=True))
    return Row(_("Alarms"), ", ".join(pump) or _("none"), ", ".join(record) or _("none"), pump != record)
