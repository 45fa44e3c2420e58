"""The report of a cohort says what its table and its bands say, and how sure that is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xarray as xr
from pyarrow import parquet
from scipy import stats
from tests.cli.commands import call
from tests.report.cohorts import needle_cohort, pumped_cohort, stiff_cohort
from tests.report.support import HOSTILE, PUMPED
from tests.report.test_page import Reader

from intrathecal.cohort.conducting import Cohort
from intrathecal.cohort.keeping import BANDS, OUTCOMES, read_rows
from intrathecal.cohort.outcomes import columns
from intrathecal.cohort.summing import rank_correlation
from intrathecal.report.bands import traces
from intrathecal.report.charts import Histogram, Scatter, Tornado
from intrathecal.report.cohort import cohort_report, write_cohort_report
from intrathecal.report.outcomes import median_interval, scatters, share_interval, shown, spread_charts, tornados, words
from intrathecal.report.plots import Scale
from intrathecal.report.wording import number


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    """Sixty people, three days."""
    return pumped_cohort()


@pytest.fixture(scope="module")
def html(cohort: Cohort) -> str:
    """Their report."""
    return cohort_report(cohort)


@pytest.fixture(scope="module")
def table(cohort: Cohort) -> dict[str, np.ndarray]:
    """The table of outcomes, as a reader of Parquet has it."""
    read = parquet.read_table(cohort.folder / OUTCOMES)
    return {name: np.array(read[name].to_pylist(), dtype=object) for name in read.column_names}


def data_of(html: str) -> dict[str, list[dict[str, object]]]:
    """What the page's scripts draw from."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert found is not None
    data: dict[str, list[dict[str, object]]] = json.loads(found.group(1))
    return data


def test_headline_figures_are_those_of_the_table(html: str, table: dict[str, np.ndarray]) -> None:
    """Median, 5 and 95 percent of relief; how many responded; how many fell below half of normal breathing; the seed."""
    text = Reader(html).text
    relief, breathing = table["relief_percent"].astype(float), table["breathing_fraction_min"].astype(float)
    low, middle, high = np.percentile(relief, [5, 50, 95])
    assert f"{number(middle, 2)} % ({number(low, 2)} to {number(high, 2)})" in text
    assert f"{sum(one >= 50 for one in relief)} of 60 patients had relief of at least half" in text
    assert f"{sum(one < 0.5 for one in breathing)} patients of 60 fell below half of normal" in text
    assert "60 virtual patients, simulated over 3 days" in text
    assert "--patients 60 --seed 11" in text
    assert "This run was stopped" not in text
    assert "over the whole run, medians" in text


def test_every_outcome_stands_in_the_table(html: str, table: dict[str, np.ndarray]) -> None:
    """Its 5, 50 and 95 percent points and its mean, in the units that are customary."""
    text = Reader(html).text
    for name, factor in (
        ("complaint_mean", 1),
        ("hours_to_half_relief", 1),
        ("dose_ug_per_day morphine", 1e-3),
        ("mean_ug_per_mL bupivacaine T10", 1),
        ("mean_ug_per_mL morphine plasma", 1000),
    ):
        values = factor * np.array([one for one in table[name] if one is not None], dtype=float)
        points = [*np.percentile(values, [5, 25, 50, 75, 95]), values.mean()]
        assert " ".join(number(float(point)) for point in points) in text, name


def test_a_stopped_run_says_how_far_it_came(cohort: Cohort) -> None:
    """Its report has the patients that are finished, and says how many were asked for."""
    text = Reader(cohort_report(replace(cohort, asked=1000, done=replace(cohort.done, stopped=True)))).text
    assert "This run was stopped: 60 of the 1000 patients that were asked for are in it." in text
    assert "--patients 1000" in text


def test_patients_who_were_run_one_by_one_are_counted_with_the_reason(cohort: Cohort) -> None:
    """As the figures have them."""
    figures = {**cohort.figures, "left_to_the_controller": {"the reservoir held less than the pump believed": 7}}
    text = Reader(cohort_report(replace(cohort, figures=figures))).text
    assert "7 of 60 patients were run one by one by the controller of the pump, because the reservoir held less" in text


def test_it_is_said_once_that_it_is_no_medical_device(html: str) -> None:
    """Before any figure."""
    text = Reader(html).text
    assert text.count("medical device") == 1
    assert text.index("medical device") < text.index("In short")


def test_the_page_needs_nothing_else_and_a_hostile_title_stays_text(html: str) -> None:
    """No address is loaded, no handler stands in an attribute, a policy forbids both; the title does nothing."""
    for tag, attributes in Reader(html).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert not {"src", "srcset", "action", "background"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert "default-src 'none'" in html
    assert HOSTILE not in html
    assert HOSTILE in "".join(Reader(html).texts)


def test_what_it_rests_on_is_named(html: str, cohort: Cohort) -> None:
    """Every value that was drawn with its spread, the spreads' own sources, and what was assumed."""
    text = Reader(html).text
    for varying in cohort.study.population.varying:
        assert varying.name in text
    assert "population.height_cv" in text
    assert "Breathing is what opioids leave of it" in text
    assert "doi.org" in text


def test_the_same_cohort_has_the_same_report(cohort: Cohort, html: str, tmp_path: Path) -> None:
    """To the last byte."""
    write_cohort_report(cohort, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html


def test_every_patient_is_in_one_bin(cohort: Cohort, table: dict[str, np.ndarray]) -> None:
    """Counted one by one; responders stand to the right of the mark."""
    relief = table["relief_percent"].astype(float)
    chart = spread_charts(read_rows(cohort.folder / OUTCOMES), "pain")[0]
    assert isinstance(chart, Histogram)
    below, responders = chart.series
    for place, (low, high) in enumerate(zip(chart.edges, chart.edges[1:], strict=False)):
        inside = sum(low <= one < high or (high == 100 and one == 100) or (place == 0 and one < low) for one in relief)
        assert below.values[place] + responders.values[place] == pytest.approx(100 * inside / 60)
        assert (responders.values[place] if high <= 50 else below.values[place]) == 0
        assert chart.table.rows[place][1] == str(inside)
    assert sum(responders.values) == pytest.approx(100 * np.mean(relief >= 50))


def test_what_lies_outside_is_in_the_last_bins() -> None:
    """Somebody to whom therapy does more harm than the first bin is counted in it, and the table says so."""
    made = {"relief_percent": np.array([-180.0, 10.0, 100.0]), "breathing_fraction_min": np.array([0.0, 0.7, 1.0])}
    relief, breathing = spread_charts(made, "pain")
    assert isinstance(relief, Histogram)
    assert isinstance(breathing, Histogram)
    assert relief.table.rows[0] == ("below -45", "1", "33 %")
    assert relief.table.rows[-1] == ("95 to 100", "1", "33 %")
    assert breathing.table.rows[-1][1] == "1"
    assert breathing.table.rows[0][1] == "1"


def test_the_tornado_has_the_means_of_fifths(cohort: Cohort, table: dict[str, np.ndarray]) -> None:
    """Of the twelve patients lowest and the twelve highest in a value, picked by sorting; equal values stay together."""
    rows = read_rows(cohort.folder / OUTCOMES)
    chart = tornados(rows, columns(cohort.study), "pain")[0]
    assert isinstance(chart, Tornado)
    relief = table["relief_percent"].astype(float)
    for row in chart.table.rows:
        drawn = table[row[1]].astype(float)
        rising = sorted(drawn)
        assert row[2] == number(float(relief[drawn <= rising[11]].mean())), row[1]
        assert row[3] == number(float(relief[drawn >= rising[-12]].mean())), row[1]
    moved = [abs(bar.high - bar.low) for bar in chart.rows]
    assert moved == sorted(moved, reverse=True)
    assert chart.rows[0].low + relief.mean() == pytest.approx(float(chart.table.rows[0][2]), rel=0.01)


def test_a_value_without_influence_stays_in_the_grey_band_19_times_of_20() -> None:
    """Numbers that have nothing to do with relief: the mean of a fifth leaves the band about as often as it should."""
    random = np.random.default_rng(5)
    names = [f"drug.x.response.v{index}" for index in range(400)]
    made: dict[str, object] = {name: random.standard_normal(500) for name in names}
    made["relief_percent"] = random.uniform(0, 100, 500)
    made["breathing_fraction_min"] = np.full(500, 1.0)
    (chart,) = tornados(made, names, "pain")
    assert isinstance(chart, Tornado)
    mean = float(np.mean(np.asarray(made["relief_percent"])))
    ends = np.array([[float(cell) for cell in row[2:4]] for row in chart.table.rows]) - mean
    assert 0.01 < np.mean(np.abs(ends) > chart.chance) < 0.08


def test_points_are_thinned_by_number_and_that_is_said(cohort: Cohort) -> None:
    """At most two thousand, the same ones each time; few are drawn all."""
    assert shown(60).tolist() == list(range(60))
    assert len(shown(2000)) == 2000
    assert len(shown(2001)) == 1001
    assert shown(10_000).tolist() == list(range(0, 10_000, 5))
    drugs = [entry.drug for entry in cohort.study.population.therapy.drugs][:1]
    (chart,) = scatters(read_rows(cohort.folder / OUTCOMES), drugs, ["T10"], {"morphine": Scale(1.0, "mcg/mL")})
    assert isinstance(chart, Scatter)
    drawn = sorted(number for group in chart.groups for number in group.patients)
    assert drawn == list(range(60))


def test_a_point_is_a_patients_dose_and_concentration(html: str, table: dict[str, np.ndarray]) -> None:
    """To four digits, responders apart."""
    charts = {chart["name"]: chart for chart in data_of(html)["charts"]}
    groups = charts["exposure-bupivacaine-plasma"]["groups"]
    assert isinstance(groups, list)
    seen = 0
    for group in groups:
        for patient, (dose, level) in zip(group["patients"], group["points"], strict=True):
            assert dose == pytest.approx(table["dose_ug_per_day bupivacaine"][patient] / 1000, rel=1e-3)
            assert level == pytest.approx(table["mean_ug_per_mL bupivacaine plasma"][patient] * 1000, rel=1e-3)
            assert (group["name"] == "responder") == (table["relief_percent"][patient] >= 50)
            seen += 1
    assert seen == 60


def test_bands_are_those_that_were_counted(cohort: Cohort) -> None:
    """As they are in bands.nc; what is below the lowest concentration that is told apart is nothing."""
    with xr.open_dataset(cohort.folder / BANDS, engine="h5netcdf", decode_timedelta=False) as bands:
        seen = traces(bands)
        assert seen.times_ms.tolist() == [1000 * round(at) for at in bands["time"].to_numpy().tolist()]
        for place, percent in enumerate((5, 25, 50, 75, 95)):
            assert seen.values[f"pain/{percent}"].tolist() == bands["pain"].to_numpy()[place].tolist()
            known = [0 if value < 1e-7 else value for value in bands["plasma_morphine"].to_numpy()[place].tolist()]
            assert seen.values[f"plasma_morphine/{percent}"].tolist() == known
    assert seen.values["cisterna_magna_morphine/95"][0] == 0
    assert seen.neighbours == 1


def test_bands_of_years_keep_their_peaks_and_do_not_cross() -> None:
    """Three years of hours are thinned: the least and the greatest of every line are kept, and no line passes its neighbour."""
    hours = 3 * 365 * 24
    values = np.sort(np.random.default_rng(2).uniform(0, 10, (5, hours)), axis=0)
    bands = xr.Dataset(
        {"pain": (("percent", "time"), values, {"units": "1"})},
        coords={"percent": [5.0, 25.0, 50.0, 75.0, 95.0], "time": 3600.0 * np.arange(hours)},
    )
    seen = traces(bands)
    lines = np.array([seen.values[f"pain/{percent}"] for percent in (5, 25, 50, 75, 95)])
    assert lines.shape[1] <= 10_000
    assert seen.neighbours > 1
    assert (np.diff(lines, axis=0) >= 0).all()
    assert lines[0].min() == values[0].min()
    assert lines[-1].max() == values[-1].max()


def test_ten_thousand_patients_are_less_than_two_megabytes(cohort: Cohort, tmp_path: Path) -> None:
    """The rows of sixty, again and again."""
    rows = parquet.read_table(cohort.folder / OUTCOMES)
    many = pa.concat_tables([rows] * 167)
    parquet.write_table(many, tmp_path / OUTCOMES)
    (tmp_path / BANDS).write_bytes((cohort.folder / BANDS).read_bytes())
    figures = {**cohort.figures, "patients": many.num_rows}
    html = cohort_report(replace(cohort, folder=tmp_path, figures=figures, asked=many.num_rows))
    assert len(html) < 2e6
    assert "1670 of 10020 are drawn, every 6th by number" in Reader(html).text


def test_people_without_a_pump_have_a_report() -> None:
    """No dose is drawn, no tip, and two are too few for a tornado; hours stand in place of dates."""
    html = cohort_report(needle_cohort())
    text = Reader(html).text
    assert "There is no pump: every patient was run as a single one is." in text
    assert "too few patients to tell" in text
    assert "at the catheter tip" not in text
    assert "2 virtual patients, simulated over 24 hours" in text
    assert {plot["name"] for plot in data_of(html)["plots"]} == {
        "pain",
        "breathing",
        "cisterna_magna-morphine",
        "plasma-morphine",
    }


def test_spasticity_is_named_where_it_is_followed() -> None:
    """In the bands, the cards and the tornado."""
    text = Reader(cohort_report(stiff_cohort())).text
    assert "Spasticity of all patients, modified Ashworth scale 0 to 4" in text
    assert "Relief of spasticity" in text
    assert "What relief of spasticity hangs on" in text
    assert "Pain of all patients" not in text


def test_the_command_writes_it_beside_the_table_and_names_it(tmp_path: Path) -> None:
    """In what it prints and among the files of its JSON."""
    plan = tmp_path / "plan.toml"
    plan.write_text(
        PUMPED.format(title="'Two'", program="2.4 mg/day").replace("days = 6", "days = 1"), encoding="utf-8"
    )
    done = call("cohort", plan, "--patients", 2, "--out", tmp_path / "out", "--json", tmp_path / "f.json")
    assert done.returncode == 0, done.stderr
    report = tmp_path / "out" / "report.html"
    files = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["files"]
    assert files == [str(tmp_path / "out" / name) for name in ("outcomes.parquet", "bands.nc", "report.html")]
    assert str(report) in done.stdout
    assert "2 virtual patients" in Reader(report.read_text(encoding="utf-8")).text


@pytest.mark.parametrize("size", [20, 60, 1000, 10_000])
def test_the_interval_of_a_median_holds_it_95_times_of_100(size: int) -> None:
    """Its ends are ranks: how often they enclose the true median is the binomial's, for any spread of values."""
    low, high = (round(end) for end in median_interval(np.arange(size, dtype=float)))
    below = stats.binom(size, 0.5)
    # The true median is between the sorted values of ranks low and high when low + 1 to high values lie below it.
    assert 0.94 <= below.cdf(high) - below.cdf(low) <= 0.985


@pytest.mark.parametrize(("part", "whole"), [(0, 9), (1, 60), (27, 60), (4500, 10_000), (7, 7)])
def test_the_interval_of_a_share_is_wilsons(part: int, whole: int) -> None:
    """As SciPy has it."""
    known = stats.binomtest(part, whole).proportion_ci(method="wilson")
    assert share_interval(part, whole) == pytest.approx((known.low, known.high), abs=1e-4)


def test_rank_correlation_is_spearmans_with_ties_too() -> None:
    """As SciPy has it; nothing varies with a constant."""
    random = np.random.default_rng(3)
    some, others = random.integers(0, 6, 200).astype(float), random.standard_normal(200)
    assert rank_correlation(some, some + others) == pytest.approx(stats.spearmanr(some, some + others).statistic)
    assert rank_correlation(some, np.ones(200)) == 0


def test_drawn_values_are_named_in_words() -> None:
    """By the drug and what it is, without unit."""
    assert words("drug.morphine.response.spinal_ec50 (ng/mL)") == "morphine: spinal EC50"
    assert words("drug.morphine.csf.loss_half_life (h)") == "morphine: loss half life"
    assert words("physiology.dispersion_t6 (cm**2/s)") == "dispersion T6"
    assert words("anatomy.csf_volume (mL)") == "fluid volume"
    assert words("height_cm") == "height"
