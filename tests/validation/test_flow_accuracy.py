"""Start-up and trumpet curves: the formulas by hand and by a naive second method, and the simulated drive's own errors."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.cli.test_app import call

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.quantities import parse_quantity
from intrathecal.validation.drive import DriveError
from intrathecal.validation.flow_accuracy import (
    PERCENTILES,
    SCHEMES,
    UNCHECKED,
    FlowAccuracy,
    Result,
    figures,
    mean_error,
    measure,
    sample_flows,
    trumpet,
    window_errors,
    windows_of,
)
from intrathecal.validation.flow_plot import around, marks, spoken, svg

CATALOGUE = load_catalogue()
COARSE = CATALOGUE.pumps["prometra-ii-20"]


def measured(pump: Pump, rate: str, error: str = "0") -> FlowAccuracy:
    """A whole test of a pump."""
    return measure(pump, parse_quantity(rate, "flow"), Fraction(error), list(CATALOGUE.drugs.values()))


def by_hand(flows: list[Fraction], rate: Fraction, samples: int) -> list[Fraction]:
    """Every window's error as the formula is written: (S / P) times the sum of 100 (Q_i - r) / r from j to j + P / S - 1."""
    count = len(flows) - samples + 1
    errors = [100 * (flow - rate) / rate for flow in flows]
    return [sum(errors[j : j + samples], Fraction(0)) / samples for j in range(count)]


def test_a_series_worked_by_hand() -> None:
    """Volumes 0, 1, 3, 3, 6 mL each half minute at a set rate of 4320 mL/day (1.5 mL per sample)."""
    flows = sample_flows(np.array([0.0, 1, 3, 3, 6]), 30)

    assert flows == pytest.approx([2880, 5760, 0, 8640])
    assert mean_error(flows, 4320) == pytest.approx(0)
    assert window_errors(flows, 4320, 1) == pytest.approx([-100 / 3, 100 / 3, -100, 100])
    assert window_errors(flows, 4320, 2) == pytest.approx([0, -100 / 3, 0])
    assert window_errors(flows, 4320, 4) == pytest.approx([0])
    (window,) = trumpet(flows, 4320, 30, [(60, ())])
    assert window.count == 3
    assert (window.least, window.greatest) == pytest.approx((-100 / 3, 0))


@given(
    flows=st.lists(st.fractions(0, 100, max_denominator=50), min_size=1, max_size=40),
    rate=st.fractions(1, 50, max_denominator=20),
    samples=st.integers(1, 40),
)
@check(max_examples=200, deadline=None)
def test_windows_agree_with_the_formula_written_out(flows: list[Fraction], rate: Fraction, samples: int) -> None:
    """The fast way by running totals and the double sum in exact fractions give the same."""
    if samples > len(flows):
        return
    exact = by_hand(flows, rate, samples)
    fast = window_errors(np.array([float(each) for each in flows]), float(rate), samples)

    assert len(fast) == len(flows) - samples + 1
    assert fast == pytest.approx([float(each) for each in exact], abs=1e-6)
    (window,) = trumpet(np.array([float(each) for each in flows]), float(rate), 1, [(samples, ())])
    assert (window.least, window.greatest) == pytest.approx((float(min(exact)), float(max(exact))), abs=1e-6)
    assert window.percentiles == pytest.approx(np.percentile([float(each) for each in exact], PERCENTILES), abs=1e-6)


def test_every_scheme_s_windows_fit_its_samples_and_its_analysis() -> None:
    """No window is cut: all are whole samples and none is longer than what is analysed."""
    for scheme in SCHEMES:
        for seconds, _ in windows_of(scheme, CATALOGUE.drugs.values()):
            assert seconds % scheme.sample_s == 0
            assert 0 < seconds <= scheme.analysis_s


@pytest.mark.requirement("GIP-1.1.5")
def test_one_step_in_every_sample_has_no_error_at_all() -> None:
    """2.5 uL in every minute: each window of whole minutes is exact, and those of half a minute see all or nothing."""
    found = {result.scheme.name: result for result in measured(COARSE, "3.6 mL/day").results}

    for window in found["implanted pump"].windows:
        assert (window.least, window.greatest) == pytest.approx((0, 0), abs=1e-6)
    assert found["implanted pump"].mean_error == pytest.approx(0, abs=1e-6)
    assert sorted(set(np.round(found["infusion pump"].startup, 6))) == [0, 7.2]


@pytest.mark.requirement("GIP-1.2.1", "GIP-1.1.5", "PCA-R5.1-1")
@pytest.mark.parametrize(("model", "rate"), [("prometra-ii-20", "0.5 mL/day"), ("synchromed-ii-20", "0.048 mL/day")])
def test_no_window_is_further_off_than_one_step_on_an_exact_drive(model: str, rate: str) -> None:
    """A drive that is exact errs only by when its steps fall: by less than one step's volume in any window."""
    pump = CATALOGUE.pumps[model]
    found = measured(pump, rate)

    for result in found.results:
        for window in result.windows:
            one_step = 100 * pump.step_volume.canonical / (found.rate / 86_400 * window.seconds)
            assert window.greatest < one_step + 1e-6
            assert window.least > -one_step - 1e-6
            assert window.least <= window.percentiles[0] <= window.percentiles[-1] <= window.greatest


def test_a_drive_that_is_five_percent_fast_is_five_percent_off() -> None:
    """Over a day and over the end of the fill the mean is the drive's own error; short windows scatter around it."""
    exact = {result.scheme.name: result for result in measured(COARSE, "0.5 mL/day").results}
    fast = {result.scheme.name: result for result in measured(COARSE, "0.5 mL/day", "0.05").results}

    for name in ("ambulatory pump", "implanted pump"):
        assert fast[name].mean_error == pytest.approx(5, abs=1e-6)
        assert fast[name].end_mean_error == pytest.approx(5, abs=1e-6)
    for slow_window, fast_window in zip(exact["implanted pump"].windows, fast["implanted pump"].windows, strict=True):
        assert 100 + fast_window.greatest == pytest.approx(1.05 * (100 + slow_window.greatest), abs=1e-6)
        assert 100 + fast_window.least == pytest.approx(1.05 * (100 + slow_window.least), abs=1e-6)


def naive_minutes(model: Pump, rate_mL_per_day: Fraction, minutes: int) -> list[int]:
    """Steps completed in each minute, counted one by one from the flow alone: step k is complete when k steps have flowed."""
    step_mL = Fraction(model.step_volume.exact)
    per_minute = rate_mL_per_day / 1440
    return [int(per_minute * (i + 1) / step_mL) - int(per_minute * i / step_mL) for i in range(minutes)]


def test_the_start_up_curve_is_that_of_steps_counted_from_the_flow_alone() -> None:
    """The steps of the first day at 0.7 mL/day, against a count that knows nothing of the controller."""
    found = measured(COARSE, "0.7 mL/day").results[2]
    expected = naive_minutes(COARSE, Fraction(7, 10), 1440)
    counted = np.array(found.startup) / 1440 / COARSE.step_volume.canonical

    # One actuation takes a second: a step that is completed just after a minute has begun before it.
    assert np.cumsum(counted) == pytest.approx(np.cumsum(expected), abs=1.0001)
    assert np.abs(counted - expected).max() < 1.0001
    assert np.mean(np.abs(counted - expected) < 1e-6) > 0.95


def test_a_window_as_long_as_a_half_life_is_named_after_its_drugs() -> None:
    """Morphine's loss from the fluid halves in 90 min; that window is in the implanted pump's test and says so."""
    windows = {window.seconds: window.drugs for window in measured(COARSE, "0.5 mL/day").results[2].windows}
    half_life = round(CATALOGUE.drugs["morphine"].csf.loss_half_life.canonical / 60) * 60

    assert "morphine" in windows[half_life]
    assert {drug for drugs in windows.values() for drug in drugs} == set(CATALOGUE.drugs)


def test_a_test_longer_than_the_fill_is_not_done_and_says_why() -> None:
    """At 24 mL a day, 18 of 20 mL last 18 h: there is no day of stabilisation; the short test is done, and its end too."""
    short, ambulatory, implanted = measured(COARSE, "24 mL/day").results

    assert short.end_mean_error == pytest.approx(0, abs=100 * 0.0025)
    for result in (ambulatory, implanted):
        assert result.reason.startswith("a fill lasts 18 h")
        assert (result.mean_error, result.windows) == (None, ())


def test_the_end_of_the_fill_may_overlap_the_test() -> None:
    """18 mL at 4.4 mL/day last 98 h: the day before that is within the record of the three days' test."""
    short, ambulatory, implanted = measured(COARSE, "4.4 mL/day").results

    assert short.end_mean_error is not None
    assert ambulatory.end_mean_error == pytest.approx(0, abs=100 * 0.0025 / 4.4)
    assert implanted.end_mean_error is None
    assert implanted.mean_error == pytest.approx(0, abs=100 * 0.0025 / 13.2)


def test_a_pump_that_reaches_its_end_of_service_first_has_no_end_of_the_fill() -> None:
    """18 mL at 0.005 mL/day would last nearly ten years; at 0.003 longer than the plan is followed."""
    for result in measured(COARSE, "0.003 mL/day").results:
        assert result.end_mean_error is None


@pytest.mark.parametrize(
    ("pump", "rate", "says"),
    [
        ("synchromed-ii-20", "30 mL/day", "0.048 mL/day to 24 mL/day"),
        ("synchromed-ii-20", "0.01 mL/day", "0.048 mL/day to 24 mL/day"),
        ("prometra-ii-20", "0 mL/day", "is not possible"),
        ("isomed-20-0.3", "0.5 mL/day", "0.3 mL/day and nothing else"),
    ],
)
def test_a_rate_that_the_pump_cannot_run_at_is_refused(pump: str, rate: str, says: str) -> None:
    """The message says what is possible."""
    with pytest.raises(DriveError, match=says):
        measured(CATALOGUE.pumps[pump], rate)


def test_a_fixed_rate_pump_is_tested_at_its_rate() -> None:
    """IsoMed of 0.3 mL/day."""
    found = measured(CATALOGUE.pumps["isomed-20-0.3"], "0.3 mL/day")

    assert all(abs(result.mean_error or 0) < 0.1 for result in found.results)


def test_progress_rises_to_the_end() -> None:
    """From 0 to 1, never back."""
    seen: list[float] = []
    measure(COARSE, parse_quantity("0.5 mL/day", "flow"), progress=seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)


def test_the_figures_say_what_is_not_checked() -> None:
    """Every JSON carries the sentences; they name the unchecked formulas and sample times and the other standard."""
    found = figures(measured(COARSE, "0.5 mL/day"))

    assert found["unchecked"] == list(UNCHECKED)
    said = " ".join(UNCHECKED)
    assert "formulas" in said
    assert "samples of 15 min" in said
    assert "ISO 14708-4" in said
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_picture_holds_every_curve_and_is_well_formed() -> None:
    """For each test a start-up curve and two extremes; a test that is not done says so in the picture."""
    whole = ET.fromstring(svg(measured(COARSE, "0.5 mL/day", "0.05")))  # noqa: S314 (our own text)
    space = "{http://www.w3.org/2000/svg}"

    assert len(whole.findall(f"{space}polyline")) == 3 * (2 + 2 + 2)
    assert len(whole.findall(f"{space}polygon")) == 3 * 2
    texts = " ".join(text.text or "" for text in whole.iter(f"{space}text"))
    assert "No claim of conformance" in texts
    assert "+5 %" in texts
    short = ET.fromstring(svg(measured(COARSE, "24 mL/day")))  # noqa: S314 (our own text)
    assert "not done, a fill lasts 18 h" in " ".join(text.text or "" for text in short.iter(f"{space}text"))


def test_points_lie_where_their_values_are() -> None:
    """The trumpet's first point of Ep(max) in the picture, back through the axis, is the value."""
    result = Result(
        SCHEMES[0], np.full(240, 2.0), 0.0, None, trumpet(np.full(120, 2.0), 2.0, 30, [(120, ()), (300, ())])
    )
    drawn = ET.fromstring(svg(FlowAccuracy(COARSE, 2.0, 0.0, (result,))))  # noqa: S314 (our own text)
    lines = [line.get("points") for line in drawn.iter("{http://www.w3.org/2000/svg}polyline")]

    # All errors are 0, and the axis goes from -1.12 to 1.12: the middle of the panel's height.
    assert lines[2] == lines[3] == "570.0,178.0 974.0,178.0"


@given(low=st.floats(-1e4, 1e4), width=st.floats(1e-3, 1e5))
@check(max_examples=200, deadline=None)
def test_marks_are_few_round_and_inside(low: float, width: float) -> None:
    """Two to eight, evenly spaced."""
    found = marks(low, low + width)
    apart = np.diff(found)

    assert 2 <= len(found) <= 8
    assert all(low - 1e-6 * width <= value <= low + width * (1 + 1e-6) for value in found)
    assert apart == pytest.approx(apart[0], rel=1e-3)


def test_ranges_and_lengths_of_time() -> None:
    """A range has room around its values; times are said in the unit that suits."""
    assert around([0, 100]) == (-6, 106)
    assert around([2]) == (1, 3)
    assert [spoken(s) for s in (30, 60, 90, 120, 3600, 5400, 86_400, 172_800)] == [
        "30 s", "1 min", "90 s", "2 min", "1 h", "90 min", "1 d", "2 d",
    ]  # fmt: skip


def test_the_command_writes_table_json_and_picture(tmp_path: Path) -> None:
    """All three agree on the mean error; the table names what is not checked."""
    target, drawn = tmp_path / "flow.json", tmp_path / "flow.svg"
    asked = ("--model", "prometra-ii-20", "--rate", "0.5 mL/day", "--drive-error", "5 %")
    done = call("flow-accuracy", *asked, "--json", str(target), "--svg", str(drawn))

    assert done.returncode == 0, done.stderr
    found = json.loads(target.read_text())
    assert found["tests"][2]["mean_error_percent"] == pytest.approx(5, abs=1e-6)
    assert "mean error A +5.000 %" in done.stdout
    assert "ISO 14708-4" in done.stdout
    assert drawn.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--model", "synchromed", "--rate", "0.5 mL/day"), "did you mean synchromed-ii"),
        (("--model", "prometra-ii-20", "--rate", "0.5 mg/day"), '--rate: "0.5 mg/day" is not a flow'),
        (("--model", "prometra-ii-20", "--rate", "0.5 mL/day", "--drive-error", "5"), "--drive-error"),
        (("--model", "prometra-ii-20", "--rate", "0.5 mL/day", "--drive-error", "95 %"), "give -90 % to 90 %"),
    ],
)
def test_wrong_options_end_with_one_message(asked: tuple[str, ...], says: str) -> None:
    """Exit code 2, one line, nothing on standard output."""
    done = call("flow-accuracy", *asked)

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
