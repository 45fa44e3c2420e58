"""A cohort's outcomes as pictures and tables: relief, breathing, dose against exposure, what they hang on, side effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intrathecal.catalogue import LEVELS, Drug
from intrathecal.cohort.outcomes import RESPONDS_PERCENT
from intrathecal.cohort.summing import FIFTH, rank_correlation, tornado
from intrathecal.flow import Array
from intrathecal.report.bars import Bars, Part
from intrathecal.report.charts import MOST_ROWS, Axis, Chart, Group, Moved, Scatter, Tornado, histogram
from intrathecal.report.headline import HALF
from intrathecal.report.plots import NG_PER_MCG, PLASMA, Mark, Scale, site_title
from intrathecal.report.tables import Table
from intrathecal.report.wording import MCG_PER_MG, number, percent
from intrathecal.spine import CISTERNA

Columns = Mapping[str, Any]
#: As many patients are drawn as points; of more, every second, third and so on.
MOST_POINTS = 2000
#: Width of a bin (percent), and the least relief that has a bin of its own.
BIN, WORST = 5.0, -50.0
#: An exposure that spreads over more than this factor has an axis of logarithms.
WIDE = 20.0
#: Digits of a point.
DIGITS = 4
#: Two-sided 95 % of a normal number.
SDS_95 = 1.96
PROBABILITY = "probability "
WORDS = {
    "height_cm": "height",
    "weight_kg": "weight",
    "pain": "pain before therapy",
    "press_above": "pain that is pressed above",
    "drive_error": "error of the pump's drive",
}
SHORT = {"ec50": "EC50", "c50": "C50", "csf": "fluid"} | {level.lower(): level for level in LEVELS}


def column(table: Columns, name: str) -> Array:
    """A column as numbers, NaN where there is none."""
    return np.asarray(table[name], dtype=float)


def spread_charts(table: Columns, complaint: str) -> list[Chart]:
    """How relief and lowest breathing are spread over the patients."""
    relief, breathing = column(table, "relief_percent"), 100.0 * column(table, "breathing_fraction_min")
    relief = relief[np.isfinite(relief)]
    charts: list[Chart] = []
    if relief.size:
        responds = relief >= RESPONDS_PERCENT
        low = max(BIN * floor(relief.min() / BIN), WORST)
        parts = [("less than half", ~responds, 7), ("responders: at least half", responds, 0)]
        title, mark = f"Relief of {complaint}, by patients", Mark(RESPONDS_PERCENT, "half")
        edges = np.arange(min(low, 0.0), 100.0 + BIN, BIN).tolist()
        charts.append(histogram("relief", title, "relief, %", relief, edges, parts, mark))
    low_breathing = breathing < 100.0 * HALF
    parts = [("less than half of normal", low_breathing, 1), ("half of normal or more", ~low_breathing, 6)]
    edges = np.arange(0.0, 100.0 + BIN, BIN).tolist()
    mark = Mark(100.0 * HALF, "half")
    title, axis = "Lowest breathing of each patient", "lowest breathing, % of normal"
    return [*charts, histogram("lowest-breathing", title, axis, breathing, edges, parts, mark)]


def shown(patients: int) -> NDArray[np.int64]:
    """The places of the patients that are drawn as points: all, or every second, third and so on of them."""
    step = ceil(patients / MOST_POINTS)
    return np.arange(0, patients, step, dtype=np.int64)


def shown_note(patients: int) -> str:
    """Which patients are drawn as points."""
    drawn = len(shown(patients))
    each = (
        "Each point is a patient"
        if drawn == patients
        else (
            f"Each point is a patient; {drawn} of {patients} are drawn, every {ceil(patients / MOST_POINTS)}th by number"
        )
    )
    return f"{each}. Doses are what reached the tip, over the whole run; concentrations are its mean. Axes need not begin at 0."


def scatters(table: Columns, drugs: Sequence[Drug], sites: Sequence[str], scales: Mapping[str, Scale]) -> list[Chart]:
    """Every drug's dose against its mean concentration at each of ``sites``, in the unit of ``scales``; ng/mL in plasma."""
    patients = column(table, "patient").astype(int)
    relief = column(table, "relief_percent")
    drawn = shown(patients.size)
    responds = relief >= RESPONDS_PERCENT
    groups = [
        ("responder", responds, 0),
        ("no responder", ~responds & np.isfinite(relief), 1),
        ("no relief to tell", ~np.isfinite(relief), 7),
    ]
    charts: list[Chart] = []
    for drug in drugs:
        mg = drug.customary_mass_unit == "mg"
        dose = column(table, f"dose_ug_per_day {drug.name}") / (MCG_PER_MG if mg else 1.0)
        for site in sites:
            scale = Scale(NG_PER_MCG, "ng/mL") if site == PLASMA else scales[drug.name]
            seen = column(table, f"mean_ug_per_mL {drug.name} {site}") * scale.factor
            points = tuple(
                Group(name, look, tuple(patients[of].tolist()), _points(dose[of], seen[of]))
                for name, who, look in groups
                if (of := drawn[who[drawn]]).size
            )
            where = _where(site)
            charts.append(
                Scatter(
                    f"exposure-{drug.name}-{site}",
                    f"Mean of {drug.title} {where} against dose",
                    Axis(f"dose, {drug.customary_mass_unit}/day"),
                    Axis(f"mean {where}, {scale.unit}", log=bool(seen.max() > WIDE * seen.min() > 0)),
                    points,
                    _scattered(drug, where, dose, seen, scale.unit),
                )
            )
    return charts


def _where(site: str) -> str:
    return f"in {site_title(site)}" if site in (CISTERNA, PLASMA) else f"at {site}"


def _points(dose: Array, seen: Array) -> tuple[tuple[float, float], ...]:
    return tuple((_rounded(x), _rounded(y)) for x, y in zip(dose.tolist(), seen.tolist(), strict=True))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _scattered(drug: Drug, where: str, dose: Array, seen: Array, unit: str) -> str:
    (low, high), (least, most) = np.percentile(dose, [5, 95]), np.percentile(seen, [5, 95])
    return (
        f"Doses of {drug.title} of nine of ten patients are from {number(low)} to {number(high)} {drug.customary_mass_unit} "
        f"a day, mean concentrations {where} from {number(least)} to {number(most)} {unit}. "
        f"Their rank correlation is {rank_correlation(dose, seen):.2f}."
    )


def tornados(table: Columns, values: Sequence[str], complaint: str) -> list[Chart]:
    """What relief and lowest breathing hang on."""
    asked = (("relief_percent", f"relief of {complaint}", 1.0), ("breathing_fraction_min", "lowest breathing", 100.0))
    found = (_tornado(table, values, outcome, title, factor) for outcome, title, factor in asked)
    return [one for one in found if one is not None]


def _tornado(table: Columns, values: Sequence[str], outcome: str, title: str, factor: float) -> Tornado | None:
    rows, known = tornado(table, values, outcome), factor * column(table, outcome)
    known = known[np.isfinite(known)]
    if not rows or np.ptp(known) == 0:
        return None
    mean = float(known.mean())
    chance = SDS_95 * float(known.std(ddof=1)) / sqrt(FIFTH * known.size)
    drawn = tuple(
        Moved(words(row["name"]), factor * row["low"] - mean, factor * row["high"] - mean) for row in rows[:MOST_ROWS]
    )
    cells = tuple(
        (
            words(row["name"]),
            row["name"],
            *(number(factor * row[end]) for end in ("low", "high")),
            number(factor * (row["high"] - row["low"])),
            f"{row['rank_correlation']:.2f}",
        )
        for row in rows
    )
    head = (
        "value",
        "its name in the catalogue",
        "lowest fifth, %",
        "highest fifth, %",
        "difference",
        "rank correlation",
    )
    more = (
        f" The {MOST_ROWS} that move it most of {len(rows)} values that were drawn; the table has all."
        if len(rows) > MOST_ROWS
        else ""
    )
    note = (
        f"The mean of all is {number(mean)} %; a bar is how far from it the mean of a fifth of the patients is, who were drawn "
        f"lowest or highest in that value. In the grey band ({number(chance, 2)} to either side) that may be chance, and of so "
        f"many values some leave it by chance too.{more}"
    )
    name = f"tornado-{outcome.replace('_', '-')}"
    return Tornado(
        name,
        f"What {title} hangs on",
        "points from the mean of all",
        drawn,
        chance,
        Table(name, f"What {title} hangs on", head, cells),
        note,
    )


def words(name: str) -> str:
    """A drawn value's column in words: ``drug.morphine.response.spinal_ec50 (ng/mL)`` is "morphine: spinal EC50"."""
    bare = name.split(" (", maxsplit=1)[0]
    if bare in WORDS:
        return WORDS[bare]
    kind, _, rest = bare.partition(".")
    whose, _, rest = rest.partition(".") if kind == "drug" else ("", "", rest)
    parts = [part for part in rest.split(".") if part not in ("response", "csf")]
    text = ", ".join(" ".join(SHORT.get(word, word) for word in part.split("_")) for part in parts)
    return f"{whose}: {text}" if whose else text


def side_effects(table: Columns) -> list[tuple[Bars, list[Table]]]:
    """The mean probability of each side effect over the patients, and its spread."""
    names = [name for name in table if name.startswith(PROBABILITY)]
    if not names:
        return []
    of = {name.removeprefix(PROBABILITY).replace("-", " "): column(table, name) for name in names}
    means = tuple(100.0 * float(np.nanmean(values)) for values in of.values())
    title = "Probability of each side effect at its highest in the run, mean of all patients"
    rows = tuple(
        (
            name,
            percent(float(np.nanmean(values))),
            *(percent(float(point)) for point in np.nanpercentile(values, [5, 50, 95])),
        )
        for name, values in of.items()
    )
    table_of = Table("side-effects", title, ("", "mean", "5 %", "median", "95 %"), rows)
    return [
        (Bars("side-effects", title, tuple(of), (Part("mean of all patients", means, 0),), stacked=False), [table_of])
    ]


def spreads(
    table: Columns, complaint: str, last: str, drugs: Sequence[Drug], sites: Sequence[str], scales: Mapping[str, Scale]
) -> Table:
    """How every outcome is spread over the patients: percentiles, mean, and how sure the median is."""
    asked = [
        (f"{complaint} before", "complaint_before", 1.0),
        (f"{complaint}, mean {last}", "complaint_mean", 1.0),
        ("relief, %", "relief_percent", 1.0),
        ("hours to half of the relief", "hours_to_half_relief", 1.0),
        ("lowest breathing, % of normal", "breathing_fraction_min", 100.0),
        ("presses given", "presses_given", 1.0),
        ("presses refused", "presses_refused", 1.0),
    ]
    for drug in drugs:
        unit = drug.customary_mass_unit
        dose = f"{drug.title}, {unit} a day at the tip"
        asked.append((dose, f"dose_ug_per_day {drug.name}", 1 / MCG_PER_MG if unit == "mg" else 1.0))
        for site in sites:
            scale = Scale(NG_PER_MCG, "ng/mL") if site == PLASMA else scales[drug.name]
            asked.append(
                (f"{drug.title}, mean {_where(site)}, {scale.unit}", f"mean_ug_per_mL {drug.name} {site}", scale.factor)
            )
    rows = tuple((title, *_spread(factor * column(table, name))) for title, name, factor in asked)
    head = ("", "5 %", "25 %", "median", "75 %", "95 %", "mean", "median, 95 % interval")
    return Table("spreads", "All patients", head, rows)


def _spread(values: Array) -> tuple[str, ...]:
    known = np.sort(values[np.isfinite(values)])
    if not known.size:
        return ("-",) * 7
    points = [*np.percentile(known, [5, 25, 50, 75, 95]).tolist(), float(known.mean())]
    return (*map(number, points), " to ".join(map(number, median_interval(known))))


def median_interval(rising: Array) -> tuple[float, float]:
    """Between which of the ``rising`` values the median of all such patients is, 95 times of 100: the binomial's ranks."""
    half = SDS_95 * sqrt(rising.size) / 2
    low, high = floor(rising.size / 2 - half), ceil(rising.size / 2 + half)
    return float(rising[max(low, 0)]), float(rising[min(high, rising.size - 1)])


def share_interval(part: int, whole: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share."""
    share, extra = part / whole, SDS_95**2 / whole
    middle, half = share + extra / 2, SDS_95 * sqrt(share * (1 - share) / whole + extra / (4 * whole))
    return (middle - half) / (1 + extra), (middle + half) / (1 + extra)
