"""The drug library as a page: every limit, mixture and precaution with its source, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from intrathecal.catalogue.guidelines import AGAINST_WHAT_RUNS, ANY_DRUG, Limit
from intrathecal.catalogue.loading import Catalogue
from intrathecal.catalogue.values import CHOSEN, Value
from intrathecal.quantities import KINDS, factor

QUANTITIES = {
    "daily_dose": "dose of a day, at most",
    "least_daily_dose": "dose of a day, at least",
    "start_daily_dose": "first dose of a day, at most",
    "hourly_dose": "dose of an hour, at most",
    "bolus": "one bolus, at most",
    "bolus_share": "one press, share of the day, at most",
    "concentration": "concentration, at most",
    "step_up": "rise of the day's dose, at most",
    "step_up_dose": "rise of the day's dose, at most",
    "step_down": "fall of the day's dose, at most",
    "bolus_step_up": "rise of one press, at most",
    "step_interval": "time between two rises, at least",
}


def library_page(catalogue: Catalogue) -> str:
    """The library in force as Markdown, without the words around it: drugs, then mixtures, then guidelines."""
    lines: list[str] = []
    for drug in [ANY_DRUG, *sorted(catalogue.drugs)]:
        limits = sorted((one for one in catalogue.limits.values() if one.drug == drug), key=_order)
        if limits:
            lines += [f"## {'Any drug without a limit of its own' if drug == ANY_DRUG else drug.capitalize()}", ""]
            lines += _table(
                ("what", "for whom", "limit", "weight", "guideline", "source, checked?", "name"),
                (_row(catalogue, one) for one in limits),
            )
        if drug in catalogue.precautions:
            lines += _precautions(catalogue, drug)
    lines += ["## Mixtures", ""]
    lines += _table(
        ("drugs", "what is known", "weight", "refill within", "source, checked?", "name"), _mixtures(catalogue)
    )
    lines += ["## Drugs on the labels of pumps", ""]
    lines += _table(
        ("pumps", "label", "source, checked?"),
        (
            (", ".join(one.pumps), one.title, _checked(catalogue, one.source, verified=one.verified))
            for one in catalogue.pump_labels.values()
        ),
    )
    lines += ["## Guidelines", ""]
    lines += _table(
        ("name", "guideline", "date"), ((one.name, one.title, one.date) for one in catalogue.guidelines.values())
    )
    return "\n".join(lines).rstrip() + "\n"


def _order(limit: Limit) -> tuple[int, str, str, object]:
    return list(QUANTITIES).index(limit.quantity), limit.space, limit.group, limit.bound


def _row(catalogue: Catalogue, limit: Limit) -> tuple[str, ...]:
    times = "" if limit.times is None else f" ({limit.times} × {limit.value})"
    whom = limit.group if limit.space in ("intrathecal", "any") else f"{limit.group}, {limit.space}"
    note = "; ".join(filter(None, [limit.value.note, limit.times.note if limit.times else "", str(limit.signed or "")]))
    against = limit.severity == "hard" and limit.quantity in AGAINST_WHAT_RUNS
    checked = _checked(catalogue, limit.value.source, verified=limit.value.verified)
    return (
        QUANTITIES[limit.quantity],
        whom,
        f"{_bound(limit)}{times}",
        limit.severity,
        catalogue.guidelines[limit.guideline].title,
        f"{'change against what runs, ' if against else ''}{checked}: {note}" if note else checked,
        f"`{limit.name}`",
    )


def _bound(limit: Limit) -> str:
    unit = limit.value.unit
    number = float(limit.bound / factor(unit, KINDS[limit.value.kind][0]))
    return f"{number:g} {unit}"


def _checked(catalogue: Catalogue, source: Iterable[str], *, verified: bool) -> str:
    keys = [key for key in source if key != CHOSEN]
    if not keys:
        return "chosen here"
    known = catalogue.references
    named = ", ".join(f"{known[key].author} ({known[key].year})" for key in keys)
    return f"{named}, {'seen' if verified else 'not yet checked'}"


def _precautions(catalogue: Catalogue, drug: str) -> list[str]:
    one = catalogue.precautions[drug]
    said = [f"When it rises: {one.when_given}"]
    if one.when_stopped:
        checked = _checked(catalogue, one.stopped_source, verified=one.stopped_verified)
        said.append(f"When it is stopped or cut: {one.when_stopped} ({checked})")
    if one.with_sedatives:
        checked = _checked(catalogue, one.sedatives_source, verified=one.sedatives_verified)
        said.append(f"Sedatives: {one.with_sedatives} ({checked})")
    figures: dict[str, Value | None] = {
        "From this age on": one.least_age,
        "With care below this filtration": one.low_filtration,
        "Looking for masses at the tip above this dose": one.granuloma_daily_dose,
        "and above this concentration": one.granuloma_concentration,
    }
    for name, value in figures.items():
        if value is not None:
            note = f": {value.note}" if value.note else ""
            said.append(f"{name}: {value} ({_checked(catalogue, value.source, verified=value.verified)}{note})")
    said.append(f"An allergy may be written as: {', '.join((*one.also_called, *one.allergy_words))}")
    return [*(f"- {line}" for line in said), ""]


def _mixtures(catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    for one in catalogue.mixtures.values():
        yield (
            " + ".join(one.drugs)
            + (" alone" if one.only else "")
            + (f" ({', '.join(one.pumps)})" if one.pumps else ""),
            one.says,
            one.severity,
            "" if one.refill_within is None else str(one.refill_within),
            _checked(catalogue, one.source, verified=one.verified),
            f"`{one.name}`",
        )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return [*lines, ""]
