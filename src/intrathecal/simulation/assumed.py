"""What a run assumed, left out or noticed, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from intrathecal.simulation.feeling import PAIN, SPASTICITY
from intrathecal.simulation.reached import Case
from intrathecal.therapy import CatheterLeak, NoPresses, OralOpioid, PressWhenPain


def assumptions(case: Case, notes: Sequence[str], end_ms: int) -> list[str]:
    """The sentences on a run of ``case`` to ``end_ms``, those of the file first, then the run's own ``notes``."""
    therapy = case.therapy
    said = [*therapy.notes, *notes]
    if therapy.patient.assumed:
        said.append(f"Not in the file and assumed for a reference adult: {', '.join(therapy.patient.assumed)}.")
    said += _complaint(case) + _oral_opioid(case) + _drugs(case) + _breathing(case) + _handset(case)
    stable = [entry.drug.name for entry in therapy.drugs if entry.drug.degradation_rate is None]
    if therapy.pump and stable:
        stay = "stays" if len(stable) == 1 else "stay"
        said.append(f"No source gives a rate of degradation in the reservoir: {', '.join(stable)} {stay} whole.")
    if any(isinstance(event.action, CatheterLeak) for event in therapy.events):
        said.append("A leak lies at the canal: what leaks has passed the whole catheter.")
    late = [event for event in therapy.events if event.at_ms >= end_ms]
    if late:
        events = "event" if len(late) == 1 else "events"
        said.append(f"Skipped, because the run ends before: {events} {', '.join(str(event.index) for event in late)}.")
    return said


def _complaint(case: Case) -> list[str]:
    """Where pain or spasticity sits, and what it is without drugs."""
    senses, pain = case.senses, case.therapy.patient.pain
    relief, baseline = senses.relief, senses.baseline
    fluid = f"the mean fluid from {relief.spinal_top} to {relief.spinal_bottom}"
    if senses.followed == SPASTICITY:
        return [f"Spasticity is {relief.ashworth_before} (modified Ashworth) before therapy and follows {fluid}."]
    hoped = f"placebo takes up to {relief.placebo_max.canonical:.0%} of it"
    said = [f"Pain is that of the legs and the low back: the cord sees {fluid}; {hoped}."]
    oral = case.therapy.patient.oral_opioid
    if baseline.insensitivity > 1:
        said.append(
            f"Pain of {pain:g} on {oral} of oral opioid: taken as {baseline.untreated_pain:.2g} untreated, and this patient "
            f"needs {baseline.insensitivity:.2g} times the opioid."
        )
    elif oral.number > 0:
        said.append(f"Pain of {pain:g} on {oral} of oral opioid: taken as {baseline.untreated_pain:.2g} untreated.")
    return said


def _oral_opioid(case: Case) -> list[str]:
    therapy = case.therapy
    if case.background is None:
        return []
    told = "Oral morphine stands for every opioid by mouth"
    set_at_first = any(isinstance(event.action, OralOpioid) and event.at_ms == 0 for event in therapy.events)
    if therapy.pump and therapy.patient.oral_opioid.number > 0 and not set_at_first:
        return [f"{told}; it stops at the first fill, and withdrawal is not modelled."]
    return [f"{told}; withdrawal is not modelled."]


def _drugs(case: Case) -> list[str]:
    """What the drugs do together, and what one of them does not do."""
    opioids = {entry.drug.name for entry in case.therapy.drugs if entry.drug.opioid}
    opioids |= {case.background.drug.name} if case.background else set()
    said = []
    if len(opioids) > 1:
        said.append(f"Opioids ({', '.join(sorted(opioids))}) add up by their potency and share one tolerance.")
    idle = [entry.drug.name for entry in case.therapy.drugs if entry.drug.effect != case.senses.followed]
    if idle:
        verb = "acts" if len(idle) == 1 else "act"
        said.append(
            f"{', '.join(idle).capitalize()} {verb} on {_other(case.senses.followed)}, not on {case.senses.followed}."
        )
    return said


def _other(followed: str) -> str:
    return SPASTICITY if followed == PAIN else PAIN


def _breathing(case: Case) -> list[str]:
    """What breathing means here, where a drug depresses it, and what the file says of the patient in vain."""
    drugs = [entry.drug for entry in case.therapy.drugs] + ([case.background.drug] if case.background else [])
    patient = case.therapy.patient
    stated = {
        "sedatives": patient.sedatives,
        "sleep_apnoea": patient.sleep_apnoea,
        "egfr": patient.egfr_ml_per_min,
        "allergies": patient.allergies or None,
    }
    ignored = ", ".join(name for name, value in stated.items() if value is not None)
    if not any(drug.breathing for drug in drugs):
        return [f"In the file and not used: {ignored}."] if ignored else []
    return [
        f"Breathing is what opioids leave of it at constant carbon dioxide{f'; {ignored} not used' if ignored else ''}."
    ]


def _handset(case: Case) -> list[str]:
    presses = case.therapy.simulation.presses
    if isinstance(presses, NoPresses):
        return []
    if case.therapy.pump is None:
        return ["There is no pump: presses of the handset do nothing."]
    if isinstance(presses, PressWhenPain) and case.senses.followed != PAIN:
        return ["Spasticity is followed and pain is not: no press of the handset is made."]
    return []
