"""Fronts in a line: where they are, how broad, when they arrive."""

import pickle
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from intrathecal.catheter import Line, Outflow
from intrathecal.catheter.dispersion import shear

AREA = np.pi * 0.0265**2  # a bore of 0.53 mm
LENGTH = 89.0
CATHETER = AREA * LENGTH
TUBING = 0.199
KAPPA = 5e-6
DAY, HOUR = 86400.0, 3600.0
THIN = 1e-10  # a lumen so narrow that the same volume is a very long line: nothing blurs against its length


def line(
    *concentrations: float,
    primed: Literal["tip", "tubing", "no"] = "tip",
    tubing: float = 0.0,
    catheter: float = CATHETER,
    area: float = AREA,
) -> Line:
    """A line at rest."""
    return Line.filled(
        tubing_mL=tubing,
        catheter_mL=catheter,
        area_cm2=area,
        diffusivities=(KAPPA,) * len(concentrations),
        concentrations=concentrations,
        primed=primed,
    )


def arrival(outflow: Outflow, drug: int = 0) -> tuple[float, float]:
    """Mean and standard deviation, mL, of the volume at which a step from 0 to 1 ug/mL leaves the tip."""
    lacking = 1.0 - outflow.concentrations[:, drug]
    edges = np.concatenate(([0.0], np.cumsum(outflow.flow_mL_per_s * outflow.durations_s)))
    mean = float(lacking @ np.diff(edges))
    return mean, float(np.sqrt(lacking @ np.diff(edges**2) - mean**2))


def sampled(outflow: Outflow, volumes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Concentrations (n, drugs) that leave when ``volumes`` (n,) mL have left."""
    edges = np.cumsum(outflow.flow_mL_per_s * outflow.durations_s)
    return np.asarray(outflow.concentrations[np.searchsorted(edges[:-1], volumes)])


@pytest.mark.parametrize(
    ("flow", "percent", "tolerance"),
    [
        (0.3 / DAY, 1.3, 0.04),
        (1.0 / DAY, 1.9, 0.03),
        (1.0 / HOUR, 9.1, 0.02),
        (0.2 / 300.0, 14.0, 0.03),
    ],
)
def test_a_front_arrives_as_broad_as_taylor_and_aris_say(flow: float, percent: float, tolerance: float) -> None:
    """The spread of arrival, in percent of the length, at an infusion, a fast infusion and two primes."""
    mean, deviation = arrival(line(0.0).push(flow, 3.0 * CATHETER / flow, [1.0])[1])
    assert mean == pytest.approx(CATHETER, rel=1e-9)
    assert 100.0 * deviation / CATHETER == pytest.approx(percent, rel=tolerance)


@pytest.mark.parametrize("flow", [0.3 / DAY, 1.0 / HOUR, 0.2 / 300.0])
def test_a_front_inside_the_line_is_a_gaussian_of_the_exact_variance(flow: float) -> None:
    """Half-way, mean, variance and the 16 % and 84 % points are those of the closed form."""
    duration = 0.5 * CATHETER / flow
    parcels = line(0.0).push(flow, duration, [1.0])[0].parcels
    edges = np.concatenate(([0.0], np.cumsum(parcels.volumes))) / AREA
    share = parcels.concentrations[:, 0]
    mean = share @ np.diff(edges)
    deviation = np.sqrt(share @ np.diff(edges**2) - mean**2)
    tube = shear((KAPPA,), AREA)
    expected = tube.variance(tube.rested, flow / AREA, np.array([duration]))[0, 0] ** 0.5
    assert mean == pytest.approx(0.5 * LENGTH, rel=1e-6)
    assert deviation == pytest.approx(expected, rel=0.02)
    middles = 0.5 * (edges[1:] + edges[:-1])
    ahead, behind = np.interp([-0.8413447, -0.1586553], -share, middles)
    assert (behind - ahead) / 2.0 == pytest.approx(expected, rel=0.03)
    assert (behind + ahead) / 2.0 == pytest.approx(mean, abs=0.02 * LENGTH)


def test_at_a_prime_drug_arrives_long_before_the_dead_volume_is_replaced() -> None:
    """0.2 mL in 5 min: none by half of the volume, a hundredth of the concentration by three quarters of it."""
    flow = 0.2 / 300.0
    outflow = line(0.0).push(flow, 3.0 * CATHETER / flow, [1.0])[1]
    early, late, after = sampled(outflow, np.array([0.45, 0.75, 1.25]) * CATHETER)[:, 0]
    assert early < 1e-4
    assert 0.01 < late < 0.1
    assert 0.9 < after < 0.99


def test_many_small_pushes_blur_as_much_as_one() -> None:
    """A front carried by 2000 pushes leaves with the mean and spread of a single push."""
    flow, pieces = 0.3 / DAY, 2000
    duration = 1.5 * CATHETER / flow
    whole = arrival(line(0.0).push(flow, duration, [1.0])[1])
    now, durations, concentrations = line(0.0), [], []
    for _ in range(pieces):
        now, outflow = now.push(flow, duration / pieces, [1.0])
        durations.append(outflow.durations_s)
        concentrations.append(outflow.concentrations)
    pieced = arrival(Outflow(flow, np.concatenate(durations), np.concatenate(concentrations)))
    assert pieced[0] == pytest.approx(whole[0], rel=1e-9)
    assert pieced[1] == pytest.approx(whole[1], rel=0.02)


def variance(now: Line) -> float:
    """Variance, cm2, of the position of a front from 1 (pump end) to 0 ug/mL (tip)."""
    edges = np.concatenate(([0.0], np.cumsum(now.parcels.volumes))) / AREA
    share = now.parcels.concentrations[:, 0]
    return float(share @ np.diff(edges**2) - (share @ np.diff(edges)) ** 2)


def test_pauses_blur_by_molecular_diffusion_alone() -> None:
    """A front half-way that stands still for ten days broadens by 2 kappa t."""
    flow = 1.0 / HOUR
    moved = line(0.0).push(flow, 0.5 * CATHETER / flow, [1.0])[0].still(HOUR)
    assert variance(moved.still(10.0 * DAY)) - variance(moved) == pytest.approx(2.0 * KAPPA * 10.0 * DAY, rel=0.02)


def test_single_steps_of_a_valve_blur_far_less_than_steady_flow_of_their_speed() -> None:
    """20 steps of 2.5 uL in 1 s, 100 s apart: each begins at rest, so each adds what the laminar start gives."""
    flow = 0.0025
    now = line(0.0).push(1.0 / HOUR, 0.3 * CATHETER * HOUR, [1.0])[0].still(HOUR)
    start = variance(now)
    for _ in range(20):
        now = now.push(flow, 1.0, [1.0])[0].still(100.0)
    tube = shear((KAPPA,), AREA)
    step = tube.variance(tube.rested, flow / AREA, np.array([1.0]))[0, 0] + 2.0 * KAPPA * 100.0
    assert variance(now) - start == pytest.approx(20.0 * step, rel=0.04)


def test_every_drug_blurs_by_its_own_diffusivity() -> None:
    """Two drugs that enter together arrive at the same mean volume, the one that diffuses less more spread (fast flow)."""
    flow = 1.0 / HOUR
    both = Line.filled(
        tubing_mL=0.0,
        catheter_mL=CATHETER,
        area_cm2=AREA,
        diffusivities=(8e-6, 3e-6),
        concentrations=[0.0, 0.0],
        primed="no",
    )
    outflow = both.push(flow, 3.0 * CATHETER / flow, [1.0, 1.0])[1]
    (mean, fast), (other, slow) = arrival(outflow, 0), arrival(outflow, 1)
    assert mean == pytest.approx(other, rel=1e-9)
    assert slow / fast == pytest.approx((8.0 / 3.0) ** 0.5, rel=0.04)


def test_in_the_plug_flow_limit_fronts_leave_where_they_entered() -> None:
    """In a very long thin line twelve fronts come out sharp, each one dead volume after it went in."""
    now = line(0.0, catheter=0.3, tubing=0.1, area=THIN)
    entered = np.array([0.05, 0.01, 0.2, 0.03, 0.003, 0.07] * 2)
    levels = np.array([5.0, 0.0, 7.0, 1.0, 9.0, 0.5, 2.0, 8.0, 3.0, 0.0, 4.0, 6.0])
    volumes, left = [], []
    for volume, level in [*zip(entered, levels, strict=True), (0.4, 1.0)]:
        now, outflow = now.push(1e-3, volume * 1e3, [level])
        volumes.append(outflow.durations_s * 1e-3)
        left.append(outflow.concentrations[:, 0])
    edges, out = np.cumsum(np.concatenate(volumes)), np.concatenate(left)
    middles = 0.4 + np.cumsum(entered) - 0.5 * entered
    np.testing.assert_allclose(out[np.searchsorted(edges, middles)], levels, rtol=1e-12)
    changes = edges[:-1][np.abs(np.diff(out)) > 1e-9]
    np.testing.assert_allclose(changes, 0.4 + np.concatenate(([0.0], np.cumsum(entered[:-1]))), rtol=1e-12)


def test_several_fronts_in_the_line_at_once_superpose() -> None:
    """Blurred fronts are linear: what leaves for a train of slugs is the sum of what leaves for each alone."""
    flow = 1.0 / HOUR
    slugs = np.diag([3.0, 10.0, 1.0, 6.0])
    trains = [*slugs, slugs.sum(axis=0)]
    masses = []
    for train in trains:
        now, left = line(0.0, tubing=TUBING), []
        for level in [*train, 0.0, 0.0, 0.0]:
            now, outflow = now.push(flow, 0.07 / flow, [level])
            left.append(outflow.mass_ug[0])
        masses.append(left)
    single, together = np.array(masses[:-1]).sum(axis=0), np.array(masses[-1])
    np.testing.assert_allclose(together, single, atol=2e-3 * single.max())


def test_e5_the_bridge_ends_when_old_drug_has_left() -> None:
    """0.375 mL of old drug (500 mcg/mL) at 0.6 mL/day: the new one (2000 mcg/mL) arrives after 15.0 h on average."""
    flow = 0.6 / DAY
    old = line(500.0, tubing=TUBING, catheter=0.176)
    outflow = old.push(flow, 30.0 * HOUR, [2000.0])[1]
    delivered = outflow.mass_ug[0]
    mean = (2000.0 * flow * 30.0 * HOUR - delivered) / (1500.0 * flow)
    assert mean / HOUR == pytest.approx(15.0, abs=0.005)
    assert sampled(outflow, np.array([0.33, 0.42]))[:, 0] == pytest.approx([500.0, 2000.0], rel=1e-3)


def test_e8_a_prime_at_1_ml_per_hour_takes_11_7_or_23_7_minutes() -> None:
    """Drug arrives, on average, 11.7 min after it left a primed tubing and 23.7 min after it left the reservoir."""
    flow = 1.0 / HOUR
    for primed, tubing, minutes in (("tubing", 0.0, 11.7), ("no", TUBING, 23.7)):
        now = Line.filled(
            tubing_mL=tubing,
            catheter_mL=0.0022 * LENGTH,
            area_cm2=AREA,
            diffusivities=(KAPPA,),
            concentrations=[1.0],
            primed="no" if primed == "no" else "tubing",
        )
        mean, _ = arrival(now.push(flow, 2.0 * HOUR, [1.0])[1])
        assert mean / flow / 60.0 == pytest.approx(minutes, abs=0.06)


def test_what_a_line_holds_when_primed_to_the_tip_to_the_tubing_or_not() -> None:
    """Tip: both hold drug; tubing: the tubing alone; no: neither."""
    held = {
        primed: (line(10.0, primed=primed, tubing=TUBING).tubing_mass_ug()[0],
                 line(10.0, primed=primed, tubing=TUBING).catheter_mass_ug()[0])
        for primed in ("tip", "tubing", "no")
    }  # fmt: skip
    assert held["tip"] == pytest.approx((10.0 * TUBING, 10.0 * CATHETER))
    assert held["tubing"] == pytest.approx((10.0 * TUBING, 0.0))
    assert held["no"] == (0.0, 0.0)


def test_a_full_exchange_leaves_in_at_most_a_hundred_pieces_of_a_line_volume() -> None:
    """However fast, one line volume leaves in 100 pieces at most, and a line of uniform content in one."""
    flow = 0.2 / 300.0
    now, first = line(0.0).push(flow, CATHETER / flow, [1.0])
    settled, second = now.push(flow, 5.0 * CATHETER / flow, [1.0])
    assert len(first.durations_s) <= 100
    assert len(second.durations_s) <= 200
    assert len(settled.push(flow, 1e6, [1.0])[1].durations_s) == 1


def test_disconnected_fluid_leaves_at_the_end_of_the_tubing() -> None:
    """The catheter keeps its 5 ug/mL while the tubing's own and then new fluid leave from the tubing."""
    now = line(5.0, tubing=TUBING)
    after, outflow = now.push_disconnected(1.0 / HOUR, HOUR, [2.0])
    assert after.catheter_mass_ug()[0] == pytest.approx(5.0 * CATHETER)
    assert after.tubing_mass_ug()[0] == pytest.approx(2.0 * TUBING)
    assert outflow.mass_ug[0] == pytest.approx(5.0 * TUBING + 2.0 * (1.0 - TUBING))


def test_disconnected_without_tubing_everything_pushed_is_lost() -> None:
    """With no tubing the outflow is the inflow."""
    after, outflow = line(5.0).push_disconnected(1.0 / HOUR, HOUR, [2.0])
    assert after.mass_ug()[0] == pytest.approx(5.0 * CATHETER)
    assert outflow.mass_ug[0] == pytest.approx(2.0)


def test_aspiration_draws_the_pump_end_of_the_catheter_first() -> None:
    """A slug behind the port comes out first; fluid of the canal follows at the tip; the tubing is untouched."""
    now = line(0.0, tubing=0.1, catheter=0.3, area=THIN)
    for volume, level in ((0.2, 3.0), (0.1, 8.0), (0.1, 1.0)):
        now, _ = now.push(1e-3, volume * 1e3, [level])
    drawn, removed, missing = now.aspirate(0.15, [0.25])
    assert (removed[0], missing) == (pytest.approx(0.1 * 8.0 + 0.05 * 3.0), 0.0)
    assert drawn.tubing_mass_ug()[0] == pytest.approx(0.1)
    assert drawn.catheter_mass_ug()[0] == pytest.approx(0.15 * 3.0 + 0.15 * 0.25)
    assert drawn.parcels.concentrations[-1][0] == 0.25


def test_aspiration_beyond_the_catheter_reports_what_must_come_from_the_canal() -> None:
    """2 mL from a 0.196 mL catheter: all of its drug, and 1.804 mL that it does not hold."""
    drawn, removed, missing = line(5.0, tubing=TUBING).aspirate(2.0, [0.5])
    assert removed[0] == pytest.approx(5.0 * CATHETER)
    assert missing == pytest.approx(2.0 - CATHETER)
    assert drawn.catheter_mass_ug()[0] == pytest.approx(0.5 * CATHETER)


def test_a_new_catheter_is_empty_and_a_new_pump_keeps_the_catheter() -> None:
    """Revision takes the old catheter's drug away, replacement the old tubing's."""
    revised, gone = line(5.0, tubing=TUBING).revise(0.25, 0.0026)
    assert gone[0] == pytest.approx(5.0 * CATHETER)
    assert revised.mass_ug()[0] == pytest.approx(5.0 * TUBING)
    assert (revised.catheter_mL, revised.area_cm2) == (0.25, 0.0026)
    replaced, gone = line(5.0, tubing=TUBING).replace_pump(0.1, [9.0])
    assert gone[0] == pytest.approx(5.0 * TUBING)
    assert replaced.tubing_mass_ug()[0] == pytest.approx(0.9)
    assert replaced.catheter_mass_ug()[0] == pytest.approx(5.0 * CATHETER)


def test_no_flow_and_no_time_change_nothing_that_is_held() -> None:
    """Zero flow, zero duration and a push below the smallest number that counts keep content and lose nothing."""
    now = line(5.0, primed="tubing", tubing=TUBING)
    held = now.mass_ug()[0]
    for flow, duration in ((0.0, 1e9), (1.0, 0.0), (1e-30, 1.0), (5e-324, 1.0)):
        now, outflow = now.push(flow, duration, [7.0])
        assert outflow.durations_s.sum() == pytest.approx(duration)
        assert outflow.mass_ug[0] == pytest.approx(0.0, abs=1e-25)
        assert now.mass_ug()[0] == pytest.approx(held, rel=1e-12)


def test_a_push_of_many_line_volumes_at_any_speed_flushes_the_line() -> None:
    """A litre in a day, or in a millisecond, leaves nothing of the old drug behind."""
    for duration in (DAY, 1e-3):
        now, outflow = line(5.0, tubing=TUBING).push(1e3 / duration, duration, [0.0])
        assert now.mass_ug()[0] == 0.0
        assert outflow.mass_ug[0] == pytest.approx(5.0 * (TUBING + CATHETER), rel=1e-12)


def test_a_line_saved_and_resumed_goes_on_bit_for_bit() -> None:
    """Pickled in the middle of a front, a line gives the same numbers and stays read-only."""
    now, _ = line(0.0, tubing=TUBING).push(1.0 / HOUR, 600.0, [1.0])
    again = pickle.loads(pickle.dumps(now))  # noqa: S301 our own bytes
    (after, out), (after_again, out_again) = now.push(1e-4, 900.0, [2.0]), again.push(1e-4, 900.0, [2.0])
    for one, other in (
        (out.durations_s, out_again.durations_s),
        (out.concentrations, out_again.concentrations),
        (after.parcels.volumes, after_again.parcels.volumes),
        (after.parcels.concentrations, after_again.parcels.concentrations),
        (after.memory, after_again.memory),
    ):
        np.testing.assert_array_equal(one, other)
    assert not any(a.flags.writeable for a in (again.memory, again.pending_mL2, again.parcels.volumes))


def test_a_line_is_never_changed_by_what_is_done_to_it() -> None:
    """After every operation the line it was done to still gives what it gave."""
    now, _ = line(0.0, tubing=TUBING).push(1.0 / HOUR, 600.0, [1.0])
    before = pickle.dumps(now)
    now.push(1e-4, 900.0, [2.0])
    now.push_disconnected(1e-4, 900.0, [2.0])
    now.still(DAY)
    now.aspirate(0.1, [0.0])
    now.revise(0.2, AREA)
    now.replace_pump(0.1, [3.0])
    assert pickle.dumps(now) == before


@pytest.mark.parametrize("level", [-1.0, float("nan"), float("inf")])
def test_concentrations_that_cannot_be_are_refused(level: float) -> None:
    """A negative, missing or infinite concentration is an error."""
    with pytest.raises(ValueError, match="give one for each of the 1 drugs, finite and 0 or more"):
        line(1.0).push(1e-4, 1.0, [level])


@pytest.mark.parametrize(("flow", "duration"), [(-1e-4, 1.0), (1e-4, -1.0), (float("nan"), 1.0), (1e300, 1e300)])
def test_flows_that_cannot_be_are_refused(flow: float, duration: float) -> None:
    """A negative, missing or infinite flow or duration is an error, connected or not."""
    now = line(1.0)
    for push in (now.push, now.push_disconnected):
        with pytest.raises(ValueError, match="both must be finite and 0 or more"):
            push(flow, duration, [1.0])


def test_lines_that_cannot_be_are_refused() -> None:
    """No catheter, no lumen, no diffusion, or one concentration too many is an error."""
    with pytest.raises(ValueError, match="catheter and lumen more than 0"):
        line(1.0, catheter=0.0)
    with pytest.raises(ValueError, match="catheter and lumen more than 0"):
        line(1.0, area=0.0)
    with pytest.raises(ValueError, match="for each of the 1 drugs"):
        line(1.0).push(1e-4, 1.0, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"-1\.0 mL cannot be drawn"):
        line(1.0).aspirate(-1.0, [0.0])
    with pytest.raises(ValueError, match="diffusivities"):
        Line.filled(
            tubing_mL=0.0, catheter_mL=1.0, area_cm2=1.0, diffusivities=(0.0,), concentrations=[1.0], primed="tip"
        )


def test_slow_drift_of_the_reservoir_is_followed() -> None:
    """Drug that loses 1e-8 of its strength with every small push leaves one dead volume later at that strength."""
    now, strengths, left = line(1.0), [], []
    for push in range(4000):
        strength = 1.0 - 1e-8 * push
        now, outflow = now.push(1e-6, 100.0, [strength])
        strengths.append(strength)
        left.append(outflow.concentrations[-1, 0])
    late = round(CATHETER / 1e-4)
    lag = np.array(left[late + 100 :]) - np.array(strengths[100 : len(left) - late])
    assert np.abs(lag).max() < 3e-7
    assert all(later <= earlier * (1.0 + 1e-12) for earlier, later in pairwise(left))
