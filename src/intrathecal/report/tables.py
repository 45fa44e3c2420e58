"""Tables of a report: plain text in rows, ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from intrathecal.report.plots import PLASMA, fluid_sites, site_title
from intrathecal.report.sides import Side, drugs_of
from intrathecal.report.wording import Clock, count, dose, number, percent
from intrathecal.simulation.outcome import Figures

#: Where every microgram may be: the rows of the ledger, with its keys.
LEDGER = (
    ("in the reservoir", "reservoir_ug"),
    ("in the pump's tubing", "pump_tubing_ug"),
    ("in the catheter", "catheter_ug"),
    ("in cerebrospinal fluid", "csf_ug"),
    ("in the cord", "cord_ug"),
    ("in the epidural space", "epidural_ug"),
    ("in the body", "body_ug"),
    ("eliminated", "eliminated_ug"),
    ("degraded in the reservoir", "degraded_ug"),
    ("removed at refills", "removed_ug"),
    ("leaked", "leaked_ug"),
    ("in the pump's pocket", "pocket_ug"),
)


@dataclass(frozen=True)
class Table:
    """A table: ``head`` names the columns, the first cell of each row names the row. ``numeric`` cells stand right."""

    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: bool = True


def beside(shown: Sequence[Side]) -> list[Table]:
    """The figures that are read first, of two therapies beside each other."""
    if len(shown) < 2:
        return []
    rows = [row for row in (*_felt(shown), *_given(shown), *_pumped(shown)) if any(cell != "-" for cell in row[1:])]
    head = ("", *(f"{side.key}: {side.therapy.title}" for side in shown))
    return [Table("beside", "The two therapies beside each other", head, tuple(rows))]


def _felt(shown: Sequence[Side]) -> list[tuple[str, ...]]:
    names = {
        "relief_percent": ("relief, %", 1.0),
        "pain_mean": ("pain, 0 to 10, mean of the last 7 days", 1.0),
        "spasticity_mean": ("spasticity, 0 to 4, mean of the last 7 days", 1.0),
        "hours_to_half_relief": ("hours to half of the relief", 1.0),
        "breathing_fraction_min": ("least breathing, % of normal", 100.0),
    }
    told = [side.figures["relief"] or {} for side in shown]
    return [
        (title, *("-" if relief.get(key) is None else number(factor * relief[key]) for relief in told))
        for key, (title, factor) in names.items()
    ]


def _given(shown: Sequence[Side]) -> list[tuple[str, ...]]:
    """The mean dose of 24 hours, asked for and at the tip."""
    rows = []
    for drug in drugs_of(shown):
        for what, key in (("asked for", "asked_ug"), ("at the tip", "delivered_ug")):
            cells = []
            for side in shown:
                doses = [day["doses"][drug.name][key] for day in side.figures["daily"] if drug.name in day["doses"]]
                cells.append(dose(drug, sum(doses) / side.figures["days"]) if doses else "-")
            rows.append((f"{drug.title} in 24 hours {what}, mean", *cells))
    return rows


def _pumped(shown: Sequence[Side]) -> list[tuple[str, ...]]:
    pumps, refills = ([side.figures[of] or {} for side in shown] for of in ("pump", "refill"))
    return [
        ("presses given", *(str(pump["presses_given"]) if pump else "-" for pump in pumps)),
        ("presses refused", *(str(len(pump["presses_refused"])) if pump else "-" for pump in pumps)),
        ("alarms", *(str(len(pump["alarms"])) if pump else "-" for pump in pumps)),
        ("next refill", *(Clock.written(refill["due_at"]) if refill else "-" for refill in refills)),
        ("reservoir low", *(Clock.written(refill["low_reservoir_at"]) if refill else "-" for refill in refills)),
    ]


def ledgers(shown: Sequence[Side]) -> list[Table]:
    """Where every microgram is at the end, a table for each side."""
    return [_ledger(side, _of(shown, side)) for side in shown if side.figures["ledger"]]


def _of(shown: Sequence[Side], side: Side) -> str:
    return f", therapy {side.key}" if len(shown) > 1 else ""


def _ledger(side: Side, which: str) -> Table:
    ledger = side.figures["ledger"]
    titles = {drug.name: drug.title for drug in side.drugs}
    head = ("", *(cell for name in ledger for cell in (f"{titles[name]}, mcg", "share")))
    rows = [("entered in all", *(cell for row in ledger.values() for cell in (number(row["entered_ug"], 7), "100 %")))]
    for title, key in LEDGER:
        if any(row[key] > 0 for row in ledger.values()):
            cells = ((number(row[key], 7), percent(row[key] / row["entered_ug"])) for row in ledger.values())
            rows.append((title, *(cell for pair in cells for cell in pair)))
    errors = ((f"{row['relative_error']:.0e}" if row["relative_error"] else "0", "") for row in ledger.values())
    rows.append(("error of the sum, relative", *(cell for pair in errors for cell in pair)))
    return Table(f"ledger-{side.key}", f"Where the drug is at the end of the run{which}", head, tuple(rows))


def exposures(shown: Sequence[Side]) -> list[Table]:
    """Mean, peak and area under the curve at every site, a table for each drug; of a metabolite the mean."""
    kinds = ("mean", "peak", "area under the curve, mcg h/mL")
    head = ("", *(f"{kind}{_of(shown, side)}" for side in shown for kind in kinds))
    tables = []
    for drug in drugs_of(shown):
        rows = [
            (site_title(site), *(cell for side in shown for cell in _exposed(side, drug.name, site)))
            for site in (*fluid_sites(shown), PLASMA)
        ]
        if drug.metabolite is not None:
            means = (side.figures["metabolites"].get(drug.metabolite.name) for side in shown)
            cells = (("-" if seen is None else number(seen[PLASMA]["mean_ug_per_mL"]), "", "") for seen in means)
            rows.append((f"{drug.metabolite.title} in plasma", *(cell for three in cells for cell in three)))
        caption = f"{drug.title}: concentration over the whole run, mcg/mL"
        tables.append(Table(f"exposure-{drug.name}", caption, head, tuple(rows)))
    return tables


def _exposed(side: Side, drug: str, site: str) -> tuple[str, ...]:
    seen = side.figures["exposure"].get(drug, {}).get(site)
    if seen is None:
        return ("-", "-", "-")
    return tuple(number(seen[key]) for key in ("mean_ug_per_mL", "peak_ug_per_mL", "auc_ug_h_per_mL"))


def beliefs(shown: Sequence[Side]) -> list[Table]:
    """What the pump believes beside what happened."""
    return [_belief(side, _of(shown, side)) for side in shown if side.figures["pump"]]


def _belief(side: Side, which: str) -> Table:
    figures, pump = side.figures, side.figures["pump"]
    rows = [
        ("volume given", f"{number(pump['counted_mL'], 5)} mL", f"{number(pump['delivered_mL'], 5)} mL"),
        ("reservoir at the end", f"{number(pump['reservoir_mL'], 5)} mL", f"{number(pump['reservoir_true_mL'], 5)} mL"),
    ]
    for refill in figures["refills"]:
        left = (f"{number(refill[key], 4)} mL" for key in ("believed_left_mL", "true_left_mL"))
        rows.append((f"left before the refill of {Clock.written(refill['at'])}", *left))  # type: ignore[arg-type]
    for drug in side.drugs:
        asked = sum(day["doses"][drug.name]["asked_ug"] for day in figures["daily"])
        given = sum(day["doses"][drug.name]["delivered_ug"] for day in figures["daily"])
        rows.append((f"{drug.title}: asked for, and given at the tip", dose(drug, asked), dose(drug, given)))
    head = ("", "believed or asked for", "happened")
    return Table(f"belief-{side.key}", f"What the pump believes beside what happened{which}", head, tuple(rows))


def refills(shown: Sequence[Side]) -> list[Table]:
    """The dates that the fill in the pump leads to."""
    names = {
        "due_at": "next refill is due",
        "low_reservoir_at": "reservoir low, without presses",
        "worst_case_low_reservoir_at": "reservoir low, with all presses",
        "fastest_low_reservoir_at": "reservoir low, with all presses and the fastest flow of the pump's accuracy",
    }
    told = [side for side in shown if side.figures["refill"]]
    if not told:
        return []
    rows = tuple(
        (title, *(Clock.written(side.figures["refill"][key]) for side in told)) for key, title in names.items()
    )
    head = ("", *(f"therapy {side.key}" if len(shown) > 1 else "date" for side in told))
    return [Table("refill-dates", "Refill dates with the program now in force", head, rows, numeric=False)]


def alarms(shown: Sequence[Side]) -> list[Table]:
    """Every alarm."""
    tables = []
    for side in shown:
        rows = tuple(
            (Clock.written(item["at"]), item["alarm"].replace("-", " "), item["priority"])
            for item in (side.figures["pump"] or {}).get("alarms", [])
        )
        if rows:
            head = ("when", "alarm", "priority")
            tables.append(Table(f"alarms-{side.key}", f"Alarms{_of(shown, side)}", head, rows, numeric=False))
    return tables


def inexact(shown: Sequence[Side]) -> list[Table]:
    """What the pump cannot do exactly."""
    tables = []
    for side in shown:
        rows = tuple(
            (
                item["clause"],
                Clock.written(item["from"]),
                f"{number(item['asked'], 5)} {item['unit']}",
                f"{number(item['delivered'], 5)} {item['unit']}",
                item["reason"],
            )
            for item in (side.figures["pump"] or {}).get("inexact", [])
        )
        if rows:
            head = ("clause", "from", "asked", "runs at", "because")
            caption = f"What the pump cannot do exactly{_of(shown, side)}"
            tables.append(Table(f"inexact-{side.key}", caption, head, rows, numeric=False))
    return tables


def side_effects(shown: Sequence[Side]) -> list[Table]:
    """The probability of each side effect."""
    told = [side.figures["relief"] or {} for side in shown]
    names = dict.fromkeys(name for relief in told for name in relief.get("side_effects") or {})
    if not names:
        return []
    rows = tuple((name.replace("-", " "), *(_probability(relief, name) for relief in told)) for name in names)
    head = ("", *(f"therapy {side.key}" if len(shown) > 1 else "probability" for side in shown))
    return [Table("side-effects", "Probability of each side effect at its highest in the run", head, rows)]


def _probability(relief: Figures, name: str) -> str:
    value = (relief.get("side_effects") or {}).get(name)
    return "-" if value is None else percent(value)


def refused(shown: Sequence[Side]) -> list[Table]:
    """How often the handset's answer was what."""
    answers = [_answers(side) for side in shown]
    reasons = dict.fromkeys(reason for counted in answers for reason in counted)
    if not reasons:
        return []
    rows = tuple((reason, *(str(counted.get(reason, 0)) for counted in answers)) for reason in reasons)
    head = ("", *(f"therapy {side.key}" if len(shown) > 1 else "presses" for side in shown))
    return [Table("answers", "Presses of the handset, by the pump's answer", head, rows)]


def _answers(side: Side) -> dict[str, int]:
    pump = side.figures["pump"] or {"presses_given": 0, "presses_refused": []}
    counted = {"given": pump["presses_given"]} if pump["presses_given"] else {}
    for answer in pump["presses_refused"]:
        reason = f"refused: {answer['reason']}"
        counted[reason] = counted.get(reason, 0) + 1
    return counted


def days_words(days: Fraction | float) -> str:
    """How long a run lasted, in words."""
    return (
        f"{number(float(days) * 24)} hours"
        if days < 2
        else count(int(days), "day")
        if days == int(days)
        else f"{number(float(days))} days"
    )
