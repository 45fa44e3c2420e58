"""What stands between the reservoir and the patient: a line that is not primed, a catheter that nobody measured."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from intrathecal.programmer.bridging import flow_of
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.moment import Implanted
from intrathecal.programmer.review.rule import rule
from intrathecal.programmer.review.rules.words import HOUR_MS, lasting, source
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.quantities import rounded
from intrathecal.simulation.beginning import held_mL
from intrathecal.therapy import Prime

UNTRIMMED = "catheter: removed not given"


def _primes(case: Case) -> list[Prime]:
    """The priming boluses of the day that follows."""
    last = case.at_ms + DAY_MS
    return [
        one.action for one in case.therapy.events if isinstance(one.action, Prime) and case.at_ms <= one.at_ms < last
    ]


def _to_fill(case: Case) -> Fraction:
    """What must flow (pL) before the first drug of a first fill arrives, without a prime."""
    settings, primed = case.after.settings, Implanted.of(case.therapy).fill.primed
    return {"tip": Fraction(0), "tubing": settings.catheter, "no": settings.dead_volume}[primed]


@rule(
    codes=("not-primed",),
    about="After a first fill the drug reaches the patient soon, or somebody knows that it does not.",
)
def primed(case: Case) -> Iterator[Finding]:
    """The time until the first drug leaves the tip."""
    if not case.is_first_fill:
        return
    limit = case.therapy.catalogue.device_review.first_drug
    missing = _to_fill(case) - sum((one.volume.exact * PL_PER_ML for one in _primes(case)), Fraction(0))
    flow = flow_of(case.after.state)
    if missing <= 0 or (flow > 0 and missing / flow <= limit.exact * MS_PER_S):
        return
    late = f"after {lasting(float(missing / flow))} at this flow" if flow > 0 else "never, since nothing flows"
    yield Finding(
        "not-primed",
        "soft",
        f"{rounded(float(missing / PL_PER_ML))} mL of tubing and catheter hold no drug: the first reaches the patient {late}. "
        "Prime them, or plan for the time without.",
        value=float(missing / flow / HOUR_MS) if flow > 0 else None,
        limit=float(limit.exact * MS_PER_S / HOUR_MS),
        unit="h",
        source=f"dead volume over flow; {source(case, limit)}",
        verified=limit.verified,
    )


@rule(
    codes=("prime-gives-dose", "prime-mixes"),
    about="A prime fills the line and gives the patient nothing.",
)
def prime_fits(case: Case) -> Iterator[Finding]:
    """What a prime brings out at the tip, and that at its flow drug and fluid mix."""
    primes, limits = _primes(case), case.therapy.catalogue.device_review
    if not primes:
        return
    volume = sum((one.volume.exact * PL_PER_ML for one in primes), Fraction(0))
    # With something running, or a line that is full, everything that a prime moves is drug.
    empty = _to_fill(case) if case.is_first_fill else Fraction(0)
    holds = case.after if case.before is None else case.before
    extra = volume - empty
    if extra > limits.bridge_volume.exact * case.after.settings.dead_volume:
        drug = holds.primary
        dose = float(extra * holds.settings.concentration / PL_PER_ML / 1000)
        yield Finding(
            "prime-gives-dose",
            "soft",
            f"The prime moves {rounded(float(volume / PL_PER_ML))} mL and {rounded(float(empty / PL_PER_ML))} mL of the line are "
            f"empty: the patient gets {case.shown(dose, drug)} of {drug} within minutes.",
            drug=drug,
            value=float(volume / PL_PER_ML),
            limit=float(empty / PL_PER_ML),
            unit="mL",
            source="dead volume of tubing and catheter, arithmetic",
            verified=True,
            second_person=True,
        )
    else:
        yield Finding(
            "prime-mixes",
            "note",
            "At a prime's flow drug and fluid mix in the catheter: some drug arrives before the prime ends, and thinner drug "
            "than the label says for a while after it.",
            source="label warning on priming",
            verified=True,
        )


@rule(
    codes=("catheter-untrimmed",),
    about="Somebody said how much of the catheter was trimmed off.",
)
def catheter_measured(case: Case) -> Iterator[Finding]:
    """The whole catheter's volume counts where the file says nothing."""
    said = not any(note.startswith(UNTRIMMED) for note in case.therapy.notes)
    if said or case.pump.entry.kind == "external" or sum(case.catheter.removed_cm) > 0:
        return
    volume = float(held_mL(case.catheter))
    yield Finding(
        "catheter-untrimmed",
        "soft",
        f"The file does not say what was trimmed off the catheter: its whole {rounded(case.catheter.entry.length_cm)} cm, "
        f"{rounded(volume)} mL, count for bridge and prime. Write removed, 0 cm if nothing was.",
        value=volume,
        unit="mL",
        source="the therapy file",
        verified=True,
    )


@rule(
    codes=("running-file-differs",),
    about="Both files speak of the same pump and the same catheter.",
)
def same_devices(case: Case) -> Iterator[Finding]:
    """What runs is taken from the other file; pump and catheter are this one's."""
    if case.running is None:
        return
    here, there = Implanted.of(case.therapy), Implanted.of(case.running)
    differ = []
    if here.pump.entry.name != there.pump.entry.name:
        differ.append(("pump", here.pump.entry.title, there.pump.entry.title))
    if held_mL(here.catheter) != held_mL(there.catheter):
        new, old = (f"{rounded(float(held_mL(one.catheter)))} mL" for one in (here, there))
        differ.append(("catheter", new, old))
    if here.catheter.space != there.catheter.space:
        differ.append(("catheter's space", here.catheter.space, there.catheter.space))
    if differ:
        said = "; ".join(f"{what}: {new} here, {old} there" for what, new, old in differ)
        yield Finding(
            "running-file-differs",
            "soft",
            f"The two files differ ({said}): are both about the same patient? What stands here is taken, and doses are "
            "compared as if given in the same way.",
            source="the therapy files",
            verified=True,
        )


PRIMING = (primed, prime_fits, catheter_measured, same_devices)
