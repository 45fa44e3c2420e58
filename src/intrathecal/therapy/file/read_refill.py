"""Events that open the patient: refills, catheter revisions, pump replacements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Literal, cast

from intrathecal.quantities import Quantity
from intrathecal.therapy.actions import Bridge, Primed, Refill, ReplacePump, Revise
from intrathecal.therapy.devices import CatheterPlan, PumpPlan
from intrathecal.therapy.file import bounds
from intrathecal.therapy.file.read_devices import read_drive_error, read_level, read_model, read_removed, untrimmed
from intrathecal.therapy.file.read_fill import PRIMED, check_fits, read_label, read_volume
from intrathecal.therapy.file.section import Item, Section, nearest
from intrathecal.therapy.file.standing import Implant, Standing

BRIDGES = ("none", "auto")


def read_refill(item: Item, standing: Standing, implant: Implant, at_ms: int) -> tuple[Refill, Standing]:
    """``refill = { volume, drugs, removed, actual, primary, bridge }``."""
    section = item.section()
    section.only("volume", "drugs", "removed", "actual", "primary", "bridge")
    volume = read_volume(section.need("volume", 'volume = "20 mL"'), implant.pump.entry)
    label, primary = _read_new_label(section, standing, implant, at_ms)
    removed, actual, bridge = section.item("removed"), section.item("actual"), section.item("bridge")
    removed_volume = removed.zero_or_more("volume") if removed else None
    if removed and removed_volume:
        check_fits(removed, removed_volume, implant.pump.entry)
    refill = Refill(
        volume=volume,
        drugs=label,
        removed=removed_volume,
        actual={**label, **read_label(actual, standing.declared)} if actual else None,
        primary=primary,
        bridge=_read_bridge(bridge, implant.pump) if bridge else "none",
    )
    if primary != implant.primary:
        standing = standing.noted(f"from here on, program doses are doses of {primary}")
    return refill, replace(standing, implant=replace(implant, volume=volume, label=label, primary=primary))


def _read_new_label(
    section: Section, standing: Standing, implant: Implant, at_ms: int
) -> tuple[Mapping[str, Quantity], str]:
    """The label of what is filled in, and its primary drug."""
    drugs, primary_item = section.item("drugs"), section.item("primary")
    label = _read_drugs(drugs, standing) if drugs else implant.label
    primary = primary_item.text() if primary_item else implant.primary
    if primary_item and primary not in label:
        primary_item.fail(f"{primary} is not among the drugs of this fill", nearest(primary, label))
    left_out = implant.primary not in label
    if left_out and implant.pump.programmable and at_ms not in standing.programs_at_ms:
        (drugs or section).fail(
            f"it leaves out {implant.primary}, the primary drug, of which program doses are doses",
            "give a program event at the same time, and name the new primary drug with primary",
        )
    if left_out and primary_item is None:
        primary = next(iter(label))
    return label, primary


def _read_drugs(item: Item, standing: Standing) -> Mapping[str, Quantity]:
    label = read_label(item, standing.declared)
    if not label:
        item.fail("it names no drug", 'write for example drugs = { morphine = "20 mg/mL" }, or leave it out')
    for one in item.section():
        if not label[one.label].number:
            one.fail("a concentration of zero is no drug", "leave it out of drugs")
    return label


def _read_bridge(item: Item, pump: PumpPlan) -> Literal["none", "auto"] | Bridge:
    if isinstance(item.value, dict):
        section = item.section()
        section.only("volume", "rate")
        volume = read_volume(section.need("volume", 'volume = "0.44 mL"'), pump.entry)
        rate = section.need("rate", 'rate = "0.24 mL/day"')
        bridge: Literal["none", "auto"] | Bridge = Bridge(
            volume, rate.at_most(rate.positive("flow"), bounds.FASTEST_FLOW)
        )
    else:
        bridge = cast(Literal["none", "auto"], item.choice(BRIDGES, "a bridge ({ volume, rate } is one too)"))
    if bridge != "none" and not pump.programmable:
        item.fail(f"{pump.entry.name} cannot run a bridge", "leave it out")
    return bridge


def read_revise(item: Item, standing: Standing, implant: Implant, _at_ms: int) -> tuple[Revise, Standing]:
    """``revise = { tip, removed, model }``: a tip moved, a catheter shortened, or a new one."""
    section = item.section()
    section.only("tip", "removed", "model")
    tip, removed, model = section.item("tip"), section.item("removed"), section.item("model")
    if not section.table:
        item.fail("it changes nothing", 'write for example revise = { tip = "T8" }')
    old = implant.catheter
    entry = read_model(model, standing.catalogue.catheters, "catheter") if model else old.entry
    trims = untrimmed(entry) if model else old.removed_cm
    if removed:
        trims = read_removed(removed, entry)
        if not model and sum(trims) < sum(old.removed_cm):
            removed.fail(
                f"{float(sum(old.removed_cm)):g} cm were off before, and a catheter does not grow",
                "write all that is trimmed off by now, or the model of a new catheter",
            )
    elif model:
        standing = standing.noted("removed not given, 0 cm assumed")
    catheter = CatheterPlan(entry, trims, read_level(tip) if tip else old.tip)
    return Revise(catheter, replaced=model is not None), replace(standing, implant=replace(implant, catheter=catheter))


def read_replacement(item: Item, standing: Standing, implant: Implant, at_ms: int) -> tuple[ReplacePump, Standing]:
    """``replace-pump = { model, volume, drugs, primary, primed, drive_error }``."""
    section = item.section()
    section.only("model", "volume", "drugs", "primary", "primed", "drive_error")
    drive, primed, volume_item = section.item("drive_error"), section.item("primed"), section.item("volume")
    model = section.need("model", 'model = "synchromed-iii-20"')
    pump = replace(
        implant.pump,
        entry=read_model(model, standing.catalogue.pumps, "pump"),
        implanted=(implant.first_fill + timedelta(milliseconds=at_ms)).date(),
        drive_error=read_drive_error(drive) if drive else Fraction(0),
    )
    if pump.programmable and not implant.pump.programmable and at_ms not in standing.programs_at_ms:
        model.fail(f"{pump.entry.name} needs a program", "give a program event at the same time")
    label, primary = _read_new_label(section, standing, replace(implant, pump=pump), at_ms)
    if volume_item:
        volume = read_volume(volume_item, pump.entry)
    else:
        volume = implant.volume
        check_fits(model, volume, pump.entry)
        standing = standing.noted(f"volume not given, the new pump is filled with {volume} as the old one was")
    if primed is None:
        standing = standing.noted('primed not given, "tubing" assumed (the catheter keeps what it holds)')
    replacement = ReplacePump(
        pump=pump,
        volume=volume,
        drugs=label,
        primary=primary,
        primed=cast(Primed, primed.choice(PRIMED, "a way to prime")) if primed else "tubing",
    )
    after = replace(implant, pump=pump, volume=volume, label=label, primary=primary)
    return replacement, replace(standing, implant=after)
