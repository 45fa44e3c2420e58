"""The highest concentrations of a run are found, however few samples are kept."""

from __future__ import annotations

import pytest
from tests.simulation.support import run

from intrathecal.simulation.api import Run

BOLUSES = "2.4 mg/day\nbolus 0.2 mg over 10 min at 07:00, 09:53"


def peaks(done: Run) -> dict[str, float]:
    """By site, ug/mL."""
    return {site: seen["peak_ug_per_mL"] for site, seen in done.figures["exposure"]["morphine"].items()}


@pytest.mark.parametrize(
    ("pump", "program", "within"),
    [("synchromed-ii-20", BOLUSES, 0.01), ("prometra-ii-20", "1.5 mg/day", 0.03)],
)
def test_peaks_are_nearly_those_of_a_sample_every_20_seconds(pump: str, program: str, within: float) -> None:
    """Of boluses in the morning and shortly before the next 24 hours begin, and of single strokes of 2 microlitres."""
    rarely, often = (peaks(run(pump=pump, program=program, days="2", every_ms=ms)) for ms in (86_400_000, 20_000))

    assert {site: often[site] / peak - 1 for site, peak in rarely.items() if often[site] > peak * (1 + within)} == {}


def test_no_sample_is_above_the_peak() -> None:
    """At the tip, in the cisterna magna and in plasma, with a sample every three minutes."""
    done = run(program=BOLUSES, days="1", every_ms=180_000)

    for site in ("tip", "cisterna_magna", "plasma"):
        assert float(done.data[f"{site}_concentration"].max()) <= peaks(done)[site]
