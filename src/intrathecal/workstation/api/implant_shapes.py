"""What the API says and takes about pumps, catheters, primes and scans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Field, Schema

from intrathecal.workstation.api.shapes import ImplantOut, Moment, Text
from intrathecal.workstation.pages.implant.forms import UNKNOWN

#: Volumes and lengths further off are slips in any case.
Microlitres = Annotated[int, Field(ge=0, le=10**6)]
Millimetres = Annotated[int, Field(ge=0, le=10**5)]


class UdiOut(Schema):
    """What the code on a pump's label says."""

    text: str
    issuer: str
    item: str
    serial: str
    lot: str
    made: date | None
    expires: date | None


class SegmentOut(Schema):
    """A piece of a catheter, from the pump to the tip."""

    model: str
    segment: str | None
    length_mm: int | None
    trimmed_mm: int | None
    dead_nL: int | None


class CatheterOut(Schema):
    """A catheter as it was left; ``tip_level`` is empty where nobody knows it."""

    id: int
    placed_on: date
    tip_level: str
    space: str
    segments: list[SegmentOut]
    dead_nL: int
    purge_uL: int | None
    why: str


class DeadVolumesOut(Schema):
    """What is between reservoir and tip, nL; null where something is not known."""

    tubing_nL: int | None
    catheter_nL: int | None
    together_nL: int | None


class WholeImplantOut(ImplantOut):
    """A pump with its catheters, the newest first, and what follows from them."""

    udi: UdiOut | None
    purge_uL: int | None
    why_explanted: str
    asks_for_replacement_on: date | None
    dead_volumes: DeadVolumesOut
    catheters: list[CatheterOut]
    left_to_do: list[str]
    remarks: list[str] = Field(description="Of what was stored just now: what somebody should know.")


class CatheterIn(Schema):
    """A catheter as it was left. Pieces are named as in ``ascenda-8780/spinal``; without one at the pump it is whole."""

    at_pump: Text = ""
    at_pump_trimmed_mm: Millimetres = 0
    at_tip: Text
    at_tip_trimmed_mm: Millimetres = 0
    tip_level: Text = Field(description=f"Like T10, or {UNKNOWN}")


class PumpIn(Schema):
    """A pump. Its serial number is taken from ``udi`` where that has it."""

    model: Text
    udi: Text = ""
    serial: Text = ""
    pocket: Text
    implanted_on: date
    purge_uL: Microlitres | None = None


class ImplantIn(PumpIn, CatheterIn):
    """A pump and a catheter."""


class ReplacementIn(PumpIn):
    """Another pump on the same catheter."""

    why: Text


class RevisionIn(CatheterIn):
    """The catheter after an operation; ``purge_uL`` went before it was connected again.

    ``instead_of`` is the catheter that was read before: where another one lies now, nothing is stored.
    """

    on: date
    why: Text
    purge_uL: Microlitres | None = None
    instead_of: int | None = None


class ExplantationIn(Schema):
    """The pump is taken out."""

    on: date
    why: Text


class TipOut(Schema):
    """The tip at a moment of a prime."""

    min: float
    fraction_new: float
    mL_per_day: float
    ug_per_h: dict[str, float]
    given_ug: dict[str, float]


class PrimeOut(Schema):
    """A prime; the keys are those of ``intrathecal prime``."""

    tubing_mL: float
    catheter_mL: float
    full_mL: float
    volume_mL: float
    rate_mL_per_h: float
    duration_min: float
    catheter_min: float
    full_min: float
    earliest_min: float
    first_min: float | None
    low_until_min: float | None
    fraction_at_end: float
    during_ug: dict[str, float]
    missing_ug: dict[str, float]
    notes: list[str]
    tip: list[TipOut]


class AnswerOut(Schema):
    """The last answer to a check: ``state`` is clear, wrong or not-yet."""

    check: str
    state: str
    note: str
    on: date
    by: str


class MissedOut(Schema):
    """What of a drug was not given, and what the catalogue says of going without."""

    drug: str
    ug: float
    share_of_a_day: float | None
    advice: str
    sources: list[str]
    verified: bool
    beyond: str = Field(description="The limit on a cut of a daily dose that this breaks, if any.")


class StallOut(Schema):
    """How long the pump stood; until now where nobody knows that it gives again."""

    since: datetime
    until: datetime
    missed: list[MissedOut]


class ScanOut(Schema):
    """A scan, what was found after it, and what it cost; ``why_not`` says why that is not known."""

    id: int
    implant: int
    what: str
    began_at: datetime | None
    ended_at: datetime
    resumed_at: datetime | None
    open: list[str]
    answers: list[AnswerOut]
    stall: StallOut | None
    why_not: str


class FoundIn(Schema):
    """What was found: clear, wrong or not-yet, and a note on what is not clear."""

    state: Text
    note: Text = ""


class FoundAfterIn(Schema):
    """Answers by the name of the check; ``resumed_at`` is when the pump gave again."""

    checks: dict[Text, FoundIn]
    resumed_at: Moment | None = None


class ScanIn(FoundAfterIn):
    """A scan, and what was found after it."""

    what: Text
    began_at: Moment
    ended_at: Moment


class CheckOut(Schema):
    """One thing to look at after a scan."""

    check: str
    asks: str
