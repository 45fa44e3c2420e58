"""A change of a pump from beginning to end: what ran, what was wanted, what was said of it, and what was read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intrathecal.programmer.confirming import Consent
from intrathecal.programmer.review.judge import Review
from intrathecal.programmer.sheet import Row, label_sheet, sheet
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.settings import Settings
from intrathecal.pump.telemetry.messages import Fill, Reading
from intrathecal.quantities import rounded
from intrathecal.therapy import Program, Therapy

Kind = Literal["program", "refill", "first fill"]


@dataclass(frozen=True)
class Change:
    """What was sent to a pump.

    ``plan`` is the file (``digest`` its SHA-256; ``edited`` is whether its program was replaced by one that was typed);
    ``wanted`` and ``text`` are what the pump was to be set to and to run, ``volume_pL`` what it was to hold (None: as before).
    ``before`` is the pump as it was read before, ``after`` as it was read back. Where it is not certain what became of it,
    ``after`` is None and ``doubt`` says why. A first fill has no review.
    """

    kind: Kind
    plan: Therapy
    digest: str
    edited: bool
    before: Reading
    wanted: Settings
    text: str
    volume_pL: int | None
    review: Review | None
    consent: Consent
    after: Reading | None = None
    doubt: str = ""

    @property
    def rows(self) -> list[Row]:
        """Every field, old beside new: the new ones as they were read back, or as they were sent where that is uncertain."""
        units = {name: drug.customary_mass_unit for name, drug in self.plan.catalogue.drugs.items()}
        old = None if self.before.fill is None else self.before.fill.settings
        new, text = self._now
        rows = [*label_sheet(old, new, units), self._reservoir()]
        if self.kind == "first fill" or not text:
            return rows
        ran = Program.parse(self.before.program) if self.before.program else None
        return rows + sheet(ran, Program.parse(text), new if old is None else old, new, units)

    @property
    def _now(self) -> tuple[Settings, str]:
        if self.after is not None and self.after.fill is not None:
            return self.after.fill.settings, self.after.program
        return self.wanted, self.text

    def _reservoir(self) -> Row:
        old = _held(self.before.fill)
        new = _held(self.after.fill) if self.after is not None else old
        if self.after is None and self.volume_pL is not None:
            new = _millilitres(self.volume_pL)
        return Row("reservoir", old, new, "" if self.volume_pL is None else "filled")


def _held(fill: Fill | None) -> str:
    return "" if fill is None else _millilitres(fill.reservoir_pL)


def _millilitres(volume_pL: int) -> str:
    return f"{rounded(volume_pL / PL_PER_ML)} mL (millilitres)"
