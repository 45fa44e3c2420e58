"""The answer to "which doses do the same", under the keys that scripts read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any

from intrathecal.catalogue import Catalogue
from intrathecal.catalogue.errors import CatalogueError, nearest
from intrathecal.catalogue.overriding import known_values, override
from intrathecal.cohort.equivalence import CASES, Case, equal_doses, missing_routes, ratios
from intrathecal.cohort.onset import Onset, onsets
from intrathecal.cohort.sensitivity import UNMOVED, Hanging, Moved, hanging, interval, move_all, used_values
from intrathecal.cohort.subject import LEVEL, ROUTES, EquivalenceError, Subject, subject
from intrathecal.simulation.system import INTRATHECAL

DAY_S = 86_400.0
NO_ADVICE = (
    "A model's figures for research and teaching: no dosing advice, and never a rule to convert a patient's dose."
)

Settings = Mapping[str, str]


def with_settings(catalogue: Catalogue, drug: str, settings: Settings) -> Catalogue:
    """``catalogue`` with values as they were typed; raises `CatalogueError` for one that has no part in the answer."""
    for name, text in settings.items():
        used = used_values(catalogue, drug)
        if name not in used:
            if name in known_values(catalogue):
                raise CatalogueError(f"--set, {name}: it has no part in the ratios of {drug}; {nearest(name, used)}")
            raise CatalogueError(f"--set, {name}: no value of the catalogue has this name; {nearest(name, used)}")
        catalogue = override(catalogue, name, text, "--set")
    return catalogue


def equivalence(catalogue: Catalogue, drug: str, settings: Settings | None = None) -> dict[str, Any]:
    """Doses of equal effect by route, their ratios, what these hang on, and how soon relief comes.

    ``settings`` are values by name as they are typed. Raises `InputError` for an unknown drug, and for values that are
    wrong or leave no answer.
    """
    chosen = dict(settings or {})
    subject(catalogue, drug)
    changed = with_settings(catalogue, drug, chosen)
    who = subject(changed, drug)
    moved, refused = move_all(changed, drug, chosen)
    soon = onsets(who)
    first, *others = (_case(who, case, moved, soon[case]) for case in CASES)
    return {
        "drug": drug,
        **first,
        "other": others,
        "set": chosen,
        "customary_mass_unit": who.drug.customary_mass_unit,
        "assumptions": [*_assumptions(who), *_idle(catalogue, who, soon, chosen), *refused, NO_ADVICE],
    }


def _idle(catalogue: Catalogue, who: Subject, soon: Mapping[Case, Onset], chosen: Settings) -> list[str]:
    """Which of the values that were set leave every dose and every time as it is without them."""
    idle = []
    for name in chosen:
        rest = {other: text for other, text in chosen.items() if other != name}
        try:
            without = subject(with_settings(catalogue, who.drug.name, rest), who.drug.name)
            if _alike(_doses(without), _doses(who)) and _alike(_times(onsets(without)), _times(soon)):
                idle.append(name)
        except (CatalogueError, EquivalenceError):
            continue
    return [f"Set, and all is as it is without: {', '.join(idle)}."] if idle else []


def _doses(who: Subject) -> list[float]:
    return [dose for case in CASES for dose in equal_doses(who, *case).values()]


def _times(soon: Mapping[Case, Onset]) -> list[float]:
    return [at for onset in soon.values() for times in (onset.dose, onset.infusion) for at in times.values()]


def _alike(first: Sequence[float], second: Sequence[float]) -> bool:
    pairs = zip(first, second, strict=False)
    return len(first) == len(second) and all(isclose(*pair, rel_tol=UNMOVED) for pair in pairs)


def _case(who: Subject, case: Case, moved: Sequence[Moved], onset: Onset) -> dict[str, Any]:
    basis, patient = case
    doses = equal_doses(who, basis, patient)
    found = ratios(doses)
    hangs = {route: hanging(moved, case, route, ratio) for route, ratio in found.items()}
    all_hang = {route: [_hanging(one, route) for one in hangs[route]] for route in found if route != INTRATHECAL}
    return {
        "basis": basis,
        "patient": patient,
        **{route: found.get(route) for route in ROUTES},
        "reason": missing_routes(who, basis),
        "interval": {route: list(interval(hangs[route], found[route])) if route in found else None for route in ROUTES},
        "dose_ug_per_day": {route: doses[route] * DAY_S if route in doses else None for route in ROUTES},
        "onset_min": {route: onset.dose.get(route) for route in ROUTES},
        "onset_infusion_min": {route: onset.infusion.get(route) for route in ROUTES},
        "sensitivity": next(iter(all_hang.values()), []),
        "sensitivity_of": all_hang,
    }


def _hanging(one: Hanging, route: str) -> dict[str, Any]:
    return {
        "name": one.moved.name,
        "low": one.low,
        "high": one.high,
        "route": route,
        "value": one.moved.value,
        "value_low": one.moved.low_value,
        "value_high": one.moved.high_value,
    }


def _assumptions(who: Subject) -> list[str]:
    """What the figures rest on, in sentences."""
    adult, relief = who.catalogue.physiology, who.catalogue.relief
    said = [
        f"The adult of {adult.adult_weight} and {adult.adult_height}; intrathecal and epidural doses enter at {LEVEL}.",
        "Ratios are those of constant doses at rest, mass for mass. By effect each gives half of the greatest effect; "
        f"by csf the same mean concentration of the fluid from {relief.spinal_top} to {relief.spinal_bottom}.",
        "Minutes are those to half of the greatest effect: of one dose that is half-maximal at its best, and from the "
        "start of the constant dose. By csf they are those to half of the greatest concentration.",
        "An interval holds 90 %: every value with a spread moves on its own. Values without a spread do not move.",
    ]
    if who.drug.response.mechanism == "opioid":
        said.append(
            f"Tolerant is who took {relief.tolerant_oral_opioid} of oral morphine for long; tolerance does not move while "
            "routes are compared."
        )
    else:
        said.append("Naive and tolerant are the same: tolerance is to opioids.")
    return said
