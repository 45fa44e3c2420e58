"""The text of a therapy brought up to what the record says now of pump, catheter and fill.

A program is written into the text of the one before it. Since then the pump may have been filled with another fluid, or the
catheter revised: doses and concentrations of then would mean other volumes now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.catheter import catheter_volume_mL
from intrathecal.quantities import parse_quantity
from intrathecal.therapy import Therapy, TherapyError
from intrathecal.workstation.clinic.models import Implant, Patient, Refill
from intrathecal.workstation.live import writing

_HEAD = re.compile(r"(?m)^[ \t]*\[\[?[ \t]*([\w.\"-]+)[ \t]*\]\]?[^\n]*$")
#: What a text says of a fill that is not the next one's.
OF_A_FILL = ("volume", "at", "now", "reservoir_now", "next_visit")
#: Of one pump, and not of the one that takes its place.
OF_A_PUMP = ("model", "implanted", "drive_error")
UL_PER_ML, NL_PER_ML = 1000, 10**6
#: Dead volumes are the same, nL, where they differ by less.
SAME_NL = 100


class Part(NamedTuple):
    """A table of the text with its heading; what stands before the first one has no name."""

    name: str
    text: str


def text_for(patient: Patient) -> str:
    """What a new program begins with: the text of the last one, about pump and fill as they are. Raises `TherapyError`."""
    last = writing.last_text(patient)
    if not last:
        return writing.first_text(patient)
    implant = patient.implants.filter(explanted_on=None).first()
    refill = None if implant is None else Refill.objects.filter(implant=implant).first()
    if implant is None:
        return last
    plan = writing.therapy_of(last)
    if refill is None and not _is_pump(plan, implant):
        return writing.first_text(patient)  # which says what is missing
    try:
        text = _renewed(last, plan, implant, refill)
        writing.therapy_of(text)
    except TherapyError:
        return writing.first_text(patient)
    return text


def check_fill(plan: Therapy, refill: Refill | None) -> None:
    """Raise `TherapyError` where a text is not about what is in the pump: its doses would mean other volumes."""
    if refill is None or same_label(plan, refill):
        return
    held = ", ".join(f"{drug} {much}" for drug, much in refill.drugs.items())
    raise TherapyError(
        _(
            "[[drug]]: the pump was filled with %(held)s on %(day)s, and the text says something else; correct it there, or "
            "begin a new program"
        )
        % {"held": held, "day": timezone.localtime(refill.at).date().isoformat()}
    )


def _renewed(text: str, plan: Therapy, implant: Implant, refill: Refill | None) -> str:
    found = parts(text)
    if not _is_pump(plan, implant):
        own = f'model = "{implant.model}"\nimplanted = {implant.implanted_on:%Y-%m-%d}\n'
        found = _changed(found, "pump", lambda said: _without(said, OF_A_PUMP) + own)
    if not _is_catheter(plan, implant):
        found = _put(found, "catheter", writing.catheter_table(implant))
    if refill is None:
        return _joined(found)
    if not same_label(plan, refill):
        drugs = dict(sorted(refill.drugs.items(), key=lambda one: one[0] != plan.primary.name))
        found = _put(found, "drug", writing.drug_tables(drugs))
        if plan.primary.name not in drugs:  # the doses meant another drug
            return writing.with_program(_joined(_filled(found, plan, refill)), "stop")
    return _joined(_filled(found, plan, refill))


def _filled(found: list[Part], plan: Therapy, refill: Refill) -> list[Part]:
    """The parts with this fill, and without what was foreseen after another one."""
    offset = 0 if plan.pump is None else plan.pump.utc_offset_minutes
    local = refill.at.astimezone(timezone.get_fixed_timezone(offset))
    known = plan.fill
    if known is not None and (known.at, known.volume.exact) == (
        local.replace(tzinfo=None, microsecond=0),
        Fraction(refill.filled_uL, UL_PER_ML),
    ):
        return found
    own = f'volume = "{refill.filled_uL / UL_PER_ML:g} mL"\nat = {local:%Y-%m-%dT%H:%M:%S}\n'
    found = _changed(found, "fill", lambda said: _without(said, OF_A_FILL) + own)
    return [part for part in found if part.name != "event" and not part.name.startswith("event.")]


def parts(text: str) -> list[Part]:
    """The tables of a text, in their order."""
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    first = Part("", text[: heads[0].start()] if heads else text)
    return [first, *(Part(head[1], text[head.start() : end]) for head, end in zip(heads, ends, strict=True))]


def _joined(found: Iterable[Part]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "".join(part.text for part in found))


def _put(found: list[Part], name: str, text: str) -> list[Part]:
    """The parts with another table, or others, of this name, where the first of them stood; and no table in them."""
    kept = [part for part in found if part.name != name and not part.name.startswith(f"{name}.")]
    place = next((number for number, part in enumerate(found) if part.name == name), len(kept))
    return [*kept[:place], Part(name, f"{text.strip()}\n\n"), *kept[place:]]


def _changed(found: list[Part], name: str, change: Callable[[str], str]) -> list[Part]:
    """The parts with something changed in the one of this name."""
    return [
        Part(name, f"{change(part.text).rstrip()}\n\n") if part.name == name else part
        for part in found
        if not part.name.startswith(f"{name}.")
    ]


def _without(said: str, keys: Iterable[str]) -> str:
    """A table without the lines of these keys."""
    return re.sub(rf"(?m)^[ \t]*(?:{'|'.join(keys)})[ \t]*=[^\n]*\n?", "", said).rstrip() + "\n"


def _is_pump(plan: Therapy, implant: Implant) -> bool:
    return plan.pump is not None and (plan.pump.entry.name, plan.pump.implanted) == (
        implant.model,
        implant.implanted_on,
    )


def _is_catheter(plan: Therapy, implant: Implant) -> bool:
    """Whether the text has the tip and the volume of the catheter, as far as the record knows them."""
    laid = implant.catheters.first()
    if laid is None or not laid.tip_level or not all("length_mm" in one for one in laid.segments):
        return True
    own = plan.catheter
    if own is None or own.tip != laid.tip_level:
        return False
    return abs(catheter_volume_mL(own.entry, own.removed_cm) * NL_PER_ML - laid.dead_nL) < SAME_NL


def same_label(plan: Therapy, refill: Refill) -> bool:
    """Whether a text is about this fill's drugs and concentrations."""
    held = {drug: parse_quantity(much, "concentration").exact for drug, much in refill.drugs.items()}
    return {drug: one.exact for drug, one in plan.label.items()} == held
