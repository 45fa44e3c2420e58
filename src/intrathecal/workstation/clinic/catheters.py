"""Catheters as they were left in a patient: their pieces, what was trimmed off, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from intrathecal.care.residual import rests_on
from intrathecal.catalogue import Catheter, Segment, load_catalogue
from intrathecal.catalogue.errors import EntryError
from intrathecal.catheter import catheter_volume_mL
from intrathecal.quantities import InputError
from intrathecal.therapy import CatheterPlan
from intrathecal.workstation.clinic import models
from intrathecal.workstation.clinic.units import MM_PER_CM, NL_PER_ML, NL_PER_UL

#: Where the catalogue's segments lie: those at the pump, and those that end in the canal.
AT_PUMP, AT_TIP = ("pump",), ("spinal", "whole")


class CatheterError(InputError):
    """Pieces that make no catheter: the message says what would be right."""


@dataclass(frozen=True)
class Piece:
    """A segment of the catalogue's ``catheter``, and how much of it was trimmed off, mm."""

    catheter: Catheter
    segment: Segment
    trimmed_mm: int

    @property
    def length_mm(self) -> int:
        """Uncut."""
        return round(self.segment.length.exact * MM_PER_CM)

    def record(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "model": self.catheter.name,
            "segment": self.segment.name,
            "length_mm": self.length_mm,
            "trimmed_mm": self.trimmed_mm,
            "dead_nL": volume_nL([self]),
        }


def choices(places: Sequence[str]) -> list[tuple[str, str]]:
    """Segments of the catalogue at these ``places``, by a key that `piece` reads."""
    return [
        (f"{entry.name}/{segment.name}", f"{entry.title}: {segment.length}")
        for entry in load_catalogue().catheters.values()
        for segment in entry.segments
        if segment.name in places and not entry.name.startswith("temporary")
    ]


def piece(key: str, trimmed_mm: int) -> Piece:
    """The piece of a key of `choices`."""
    name, _slash, place = key.partition("/")
    entry = load_catalogue().catheters[name]
    return Piece(entry, next(segment for segment in entry.segments if segment.name == place), trimmed_mm)


def volume_nL(pieces: Sequence[Piece]) -> int:
    """What pieces, from the pump to the tip, hold together. Raises `CatheterError`."""
    first = pieces[0].catheter
    try:
        joined = Catheter(
            name=first.name,
            title=first.title,
            space=first.space,
            inner_diameter=first.inner_diameter,
            segments=tuple(one.segment for one in pieces),
        )
        volume = catheter_volume_mL(joined, [Fraction(one.trimmed_mm, MM_PER_CM) for one in pieces])
    except EntryError:
        raise CatheterError(_("these pieces have different bores and are not joined: choose pieces that fit")) from None
    except ValueError as problem:
        raise CatheterError(str(problem)) from None
    return round(volume * NL_PER_ML)


def plan_of(catheter: models.Catheter) -> CatheterPlan | None:
    """A record as a therapy has it; None where its tip or its pieces are not known or not in the catalogue."""
    if not catheter.tip_level:
        return None
    entries = [load_catalogue().catheters.get(one["model"]) for one in catheter.segments if "length_mm" in one]
    known = [entry for entry in entries if entry is not None]
    if not known or len(known) < len(catheter.segments):
        return None
    segments, removed = [], []
    for number, (entry, told) in enumerate(zip(known, catheter.segments, strict=True), start=1):
        named = told.get("segment", "")
        like = next((one for one in entry.segments if one.name == named), entry.segments[0])
        length = replace(like.length, number=Decimal(told["length_mm"]) / MM_PER_CM, unit="cm")
        segments.append(Segment(named or f"piece {number}", length, like.volume_per_length))
        removed.append(Fraction(told["trimmed_mm"], MM_PER_CM))
    first = known[0]
    joined = Catheter(first.name, first.title, first.space, first.inner_diameter, tuple(segments))
    return CatheterPlan(joined, tuple(removed), catheter.tip_level)


def purged(purge_uL: int, held_nL: int) -> str:
    """What a purge says against what tubing and catheter hold; empty where both fit."""
    limit = load_catalogue().refill.purge_share
    held, gone = Fraction(held_nL), Fraction(purge_uL * NL_PER_UL)
    if abs(gone - held) <= limit.exact * held:
        return ""
    words = {"limit": rests_on(limit), "held": f"{held_nL / NL_PER_ML:.3f}"}
    if gone < held:
        return (
            _(
                "Less than the %(held)s mL that tubing and catheter hold, by more than %(limit)s: a part was not purged, and "
                "what was in it reaches the tip first."
            )
            % words
        )
    return (
        _(
            "More than the %(held)s mL that tubing and catheter hold, by more than %(limit)s: look at the lengths once more, and "
            "for a leak."
        )
        % words
    )


def tubing_nL(model: str) -> int | None:
    """What the tubing inside a pump holds; None for a model that the catalogue does not know."""
    pump = load_catalogue().pumps.get(model)
    return None if pump is None else round(pump.tubing_volume.exact * NL_PER_ML)
