"""The faults of a therapy file: which kinds there are, and what each needs to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from intrathecal.quantities import Quantity
from intrathecal.therapy.actions import (
    BatteryReset,
    CatheterLeak,
    Disconnect,
    Fault,
    FlowStop,
    MotorStall,
    Occlusion,
    OverInfusion,
    PocketFill,
    TipMigration,
)
from intrathecal.therapy.devices import PumpPlan
from intrathecal.therapy.file import bounds
from intrathecal.therapy.file.read_devices import read_level
from intrathecal.therapy.file.read_fill import read_volume
from intrathecal.therapy.file.section import Item, Section

Lasts = Quantity | None


@dataclass(frozen=True)
class _Kind:
    """A kind of fault: its own parameters, and how it is made."""

    parameters: tuple[str, ...]
    make: Callable[[Section, PumpPlan, Lasts], Fault]
    needs_motor: bool = False


def _leak(section: Section, _: PumpPlan, lasts: Lasts) -> Fault:
    return CatheterLeak(_part(section.need("fraction", "fraction = 0.4")), lasts)


def _occlusion(section: Section, _: PumpPlan, lasts: Lasts) -> Fault:
    return Occlusion(_part(section.need("fraction", "fraction = 0.5")), lasts)


def _migration(section: Section, _: PumpPlan, lasts: Lasts) -> Fault:
    return TipMigration(read_level(section.need("to", 'to = "L2"')), lasts)


def _over_infusion(section: Section, _: PumpPlan, lasts: Lasts) -> Fault:
    item = section.need("factor", "factor = 1.5")
    factor = Fraction(item.number(0, bounds.OVER_INFUSION_FACTOR))
    if factor in (0, 1):
        item.fail(
            f"a factor of {factor} is another thing", 'write "flow-stop" for 0, nothing for 1, or for example 1.5'
        )
    return OverInfusion(factor, lasts)


def _pocket_fill(section: Section, pump: PumpPlan, lasts: Lasts) -> Fault:
    item = section.need("volume", 'volume = "10 mL"')
    if pump.entry.kind == "external":
        item.fail("an external pump lies in no pocket", "leave the fault out")
    return PocketFill(read_volume(item, pump.entry), lasts)


KINDS: dict[str, _Kind] = {
    "catheter-leak": _Kind(("fraction",), _leak),
    "occlusion": _Kind(("fraction",), _occlusion),
    "disconnect": _Kind((), lambda _section, _pump, lasts: Disconnect(lasts)),
    "tip-migration": _Kind(("to",), _migration),
    "motor-stall": _Kind((), lambda _section, _pump, lasts: MotorStall(lasts), needs_motor=True),
    "over-infusion": _Kind(("factor",), _over_infusion),
    "pocket-fill": _Kind(("volume",), _pocket_fill),
    "battery-reset": _Kind((), lambda _section, _pump, lasts: BatteryReset(lasts), needs_motor=True),
    "flow-stop": _Kind((), lambda _section, _pump, lasts: FlowStop(lasts)),
}


def read_fault(section: Section, pump: PumpPlan) -> Fault:
    """A fault of one of `KINDS`; ``for`` ends any of them."""
    item = section.need("kind", 'kind = "catheter-leak"')
    name = item.choice(KINDS, "a kind of fault")
    kind = KINDS[name]
    section.only("kind", "for", *kind.parameters)
    if kind.needs_motor and not pump.programmable:
        item.fail(f"{pump.entry.name} has no motor and no battery", "leave the fault out, or name another pump")
    lasts = section.item("for")
    return kind.make(section, pump, lasts.duration() if lasts else None)


def _part(item: Item) -> Fraction:
    share = item.share()
    if not 0 < share <= 1:
        item.fail(
            f"a fraction of {float(share):g} is not possible", "write a number above 0 and at most 1, such as 0.4"
        )
    return share
