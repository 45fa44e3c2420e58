"""The bridge between two concentrations: whether there is one, and whether it is the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import inf

from intrathecal import therapy
from intrathecal.programmer.bridging import flow_of, is_needed
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import lasting, pump_range, source
from intrathecal.programmer.review.side import Side
from intrathecal.pump.forecast import auto_bridge
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.quantities import rounded


@dataclass(frozen=True)
class Wrong:
    """How far the dose of a drug is off for a while: ``ug_per_day`` where ``meant`` were to be given."""

    drug: str
    ug_per_day: float
    meant: float

    @property
    def factor(self) -> float:
        """How many times too much, or too little."""
        ratio = self.ug_per_day / self.meant
        return inf if ratio == 0 else max(ratio, 1 / ratio)


def off_by(flow: Fraction, label: dict[str, Fraction], before: Side, after: Side) -> Wrong | None:
    """The drug whose dose is furthest from both what runs and what follows when ``label`` flows at ``flow`` (pL/ms)."""
    found = []
    for drug in dict.fromkeys([*before.drugs, *after.drugs]):
        given = float(flow * DAY_MS * label.get(drug, Fraction(0)) / PL_PER_ML / 1000)
        least, most = sorted((before.daily_ug(drug), after.daily_ug(drug)))
        if given > most > 0:
            found.append(Wrong(drug, given, most))
        elif given < least:
            found.append(Wrong(drug, given, least))
    return max(found, key=lambda one: one.factor, default=None)


def _needed(case: Case) -> bool:
    return case.before is not None and is_needed(case.before.settings, case.after.settings)


def _told(case: Case, wrong: Wrong) -> str:
    return f"{case.shown(wrong.ug_per_day, wrong.drug)}/day of {wrong.drug} instead of {case.shown(wrong.meant, wrong.drug)}/day"


@rule(
    codes=("bridge-missing", "bridge-cannot-run"),
    about="Where another concentration comes, the old drug in tubing and catheter is first brought out at a dose that is meant.",
)
def bridge_there(case: Case) -> Iterator[Finding]:
    """What the new flow makes of the old drug, and for how long."""
    before, limits = case.before, case.therapy.catalogue.device_review
    if before is None or not _needed(case):
        return
    cannot = case.bridge == "auto" and auto_bridge(before.state) is None
    if case.bridge not in (None, "none") and not cannot:
        return
    flow = flow_of(case.after.state)
    wrong = off_by(flow, dict(before.settings.labels), before, case.after) if flow > 0 else None
    # Less than what anybody titrates is not worth a bridge.
    if wrong is None or wrong.factor <= 1 + limits.bridge_dose.exact:
        return
    grave = wrong.factor >= limits.bridge_factor.exact
    limit = limits.bridge_factor if grave else limits.bridge_dose
    volume = rounded(float(before.settings.dead_volume / PL_PER_ML))
    old = f"{volume} mL of the old drug come at the new flow, and for {lasting(float(before.settings.dead_volume / flow))}"
    if cannot:
        why = "Nothing runs at whose dose a bridge could run: "
    else:
        why = "The bridge is missing: " if case.bridge == "none" else "A bridge is needed first: without it, "
    yield Finding(
        "bridge-cannot-run" if cannot else "bridge-missing",
        "hard" if grave and case.bridge == "none" else "soft",
        f"{why}{old} it gives {_told(case, wrong)}.",
        drug=wrong.drug,
        value=wrong.ug_per_day,
        limit=wrong.meant,
        unit="mcg/day",
        source=f"arithmetic against what runs; {source(case, limit)}",
        verified=True,
        second_person=grave,
    )


@rule(
    codes=("bridge-not-needed",),
    about="A bridge runs only where the concentration changes.",
)
def bridge_for_a_reason(case: Case) -> Iterator[Finding]:
    """A bridge between equal labels keeps the program waiting."""
    bridge = case.bridge
    if isinstance(bridge, therapy.Bridge) and not _needed(case):
        length = float(bridge.volume.exact / bridge.rate.exact) * MS_PER_S
        yield Finding(
            "bridge-not-needed",
            "soft",
            f"The new fill is the same as the old one: a bridge of {bridge.volume} would only keep the program, its boluses and "
            f"the handset waiting for {lasting(length)}.",
            value=float(bridge.volume.exact),
            limit=0.0,
            unit="mL",
            source="arithmetic",
            verified=True,
        )


@rule(
    codes=("bridge-volume",),
    about="The bridge's volume is what tubing and catheter hold.",
)
def bridge_volume(case: Case) -> Iterator[Finding]:
    """Too short, and old drug comes at the new flow; too long, and new drug comes at the bridge's."""
    bridge, before, limits = case.bridge, case.before, case.therapy.catalogue.device_review
    if before is None or not isinstance(bridge, therapy.Bridge) or not _needed(case):
        return
    dead = before.settings.dead_volume / PL_PER_ML
    off = bridge.volume.exact / dead - 1
    if abs(off) <= limits.bridge_volume.exact:
        return
    rate = bridge.rate.exact * PL_PER_ML / MS_PER_S
    flow, label = (rate, case.after.settings.labels) if off > 0 else (flow_of(case.after.state), before.settings.labels)
    wrong = off_by(flow, dict(label), before, case.after) if flow > 0 else None
    long = lasting(float(abs(off) * dead * PL_PER_ML / flow)) if flow > 0 else ""
    consequence = "" if wrong is None else f": for {long} it gives {_told(case, wrong)}"
    grave = wrong is not None and wrong.factor >= limits.bridge_factor.exact and abs(off) > limits.bridge_dose.exact
    yield Finding(
        "bridge-volume",
        "hard" if grave else "soft",
        f"The bridge is {bridge.volume}, and tubing and catheter hold {rounded(float(dead))} mL{consequence}.",
        value=float(bridge.volume.exact),
        limit=float(dead),
        unit="mL",
        source="dead volume of tubing and catheter, arithmetic",
        verified=True,
        second_person=grave,
    )


@rule(
    codes=("bridge-rate-outside-range", "bridge-dose"),
    about="The bridge runs at a flow that the pump has, and at a dose between what runs and what follows.",
)
def bridge_rate(case: Case) -> Iterator[Finding]:
    """The flow of a bridge, and the old drug that it gives."""
    before, limits, entry = case.before, case.therapy.catalogue.device_review, case.pump.entry
    if before is None or not _needed(case):
        return
    if isinstance(case.bridge, therapy.Bridge):
        rate = case.bridge.rate.exact * PL_PER_ML / MS_PER_S
    elif case.bridge == "auto" and (auto := auto_bridge(before.state)) is not None:
        rate = auto.rate
    else:
        return
    hardware = before.settings.hardware
    if rate != hardware.possible(rate):
        limit = entry.slowest_flow if rate < hardware.slowest else entry.fastest_flow
        bound = float(limit.exact * DAY_MS / MS_PER_S)
        than = "slower" if rate < hardware.slowest else "faster"
        yield Finding(
            "bridge-rate-outside-range",
            "hard",
            f"The bridge asks for {rounded(float(rate * DAY_MS / PL_PER_ML))} mL/day; the {entry.title} cannot run {than} than "
            f"{rounded(bound)} mL/day.",
            value=float(rate * DAY_MS / PL_PER_ML),
            limit=bound,
            unit="mL/day",
            source=pump_range(case, limit),
            # That this pump cannot run it is certain: its controller does not.
            verified=True,
        )
    wrong = off_by(hardware.possible(rate), dict(before.settings.labels), before, case.after)
    if wrong is not None and wrong.factor > 1 + limits.bridge_dose.exact:
        grave = wrong.factor >= limits.bridge_factor.exact
        limit = limits.bridge_factor if grave else limits.bridge_dose
        yield Finding(
            "bridge-dose",
            "hard" if grave else "soft",
            f"The bridge gives {_told(case, wrong)}: its flow is the dose over the OLD concentration, "
            f"{rounded(before.flow_mL_per_day)} mL/day for what runs.",
            drug=wrong.drug,
            value=wrong.ug_per_day,
            limit=wrong.meant,
            unit="mcg/day",
            source=f"arithmetic against what runs; {source(case, limit)}",
            verified=True,
            second_person=grave,
        )


BRIDGE = (bridge_there, bridge_for_a_reason, bridge_volume, bridge_rate)
