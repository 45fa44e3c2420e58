"""What is drawn is what the run has; where it is thinned, no peak is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.report.support import needle, pumped

from intrathecal.report.samples import Samples, by_day, samples, thinned


@given(
    arrays.arrays(np.float64, st.integers(1, 400), elements=st.floats(0, 1e3)),
    st.integers(2, 50),
)
def test_thinning_keeps_every_extreme(values: np.ndarray, most: int) -> None:
    """The least and the greatest of each bucket stay, times rise, and there are no more than asked for."""
    whole = Samples(np.arange(len(values), dtype=np.int64) * 1000, {"x": values})
    fewer = thinned(whole, most)
    kept = fewer.values["x"]
    assert len(kept) <= max(most, 2) or fewer is whole
    assert (np.diff(fewer.times_ms) > 0).all()
    if fewer is not whole:
        for index, start in enumerate(range(0, len(values), fewer.neighbours)):
            bucket = values[start : start + fewer.neighbours]
            assert sorted(kept[2 * index : 2 * index + 2]) == [bucket.min(), bucket.max()]


def test_samples_are_those_of_the_dataset() -> None:
    """Flows, concentrations and pain by two ways out of the run."""
    run = pumped()
    drawn, data = samples(run), run.data
    assert drawn.times_ms / 1000 == pytest.approx(data["time"].values)
    for name in ("flow_asked", "flow_delivered", "pain", "breathing_fraction"):
        assert drawn.values[name] == pytest.approx(data[name].values), name
    for name, variable in (("tip", "tip_concentration"), ("plasma", "plasma_concentration")):
        assert drawn.values[f"bupivacaine/{name}"] == pytest.approx(data[variable].sel(drug="bupivacaine").values)


def test_days_are_those_of_the_figures() -> None:
    """Doses of each 24 hours and the pump's answers, with the last row repeated for the drawing."""
    run = pumped()
    days = by_day(run)
    asked = [day["doses"]["morphine"]["asked_ug"] for day in run.figures["daily"]]
    assert days.values["day/morphine/asked"].tolist() == pytest.approx([*asked, asked[-1]])
    answers = sum(of[:-1].sum() for name, of in days.values.items() if name.startswith("day/presses/"))
    assert answers == run.figures["pump"]["presses_given"] + len(run.figures["pump"]["presses_refused"])


def test_without_a_pump_there_is_no_flow_and_no_tip() -> None:
    """Nothing is drawn of what does not exist."""
    drawn = samples(needle())
    assert not any(name.startswith("flow") or name.endswith("/tip") for name in drawn.values)
    assert not by_day(needle()).values
