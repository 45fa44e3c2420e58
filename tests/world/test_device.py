"""The true reservoir and drive."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intrathecal.flow import Flow
from intrathecal.pump.state import Stretch
from intrathecal.world import faults
from intrathecal.world.device import Device, VolumeError
from intrathecal.world.faults import Active

STEP_PL = 2_500_000


def stretch(steps: int, length_ms: int = 86_400_000) -> Stretch:
    """So many steps of 2.5 uL, evenly over a time."""
    rate = Fraction(steps * STEP_PL, length_ms)
    return Stretch(0, length_ms, steps, STEP_PL, rate, Fraction(0), rate, (), 0)


def device(volume_mL: float = 10, drive_error: float = 0.0) -> Device:
    """A reservoir of 20 mL with two drugs."""
    return Device(20.0, volume_mL, np.array([1000.0, 50.0]), drive_error)


def volume(draws: list[Flow]) -> float:
    """What flowed."""
    return sum(draw.rate_mL_per_s * draw.duration_s for draw in draws)


@given(steps=st.integers(0, 3000), held=st.floats(0, 20), error=st.floats(-0.15, 0.15), fraction=st.floats(0, 1))
def test_smooth_and_single_steps_draw_the_same_volume(steps: int, held: float, error: float, fraction: float) -> None:
    """Both cover the whole time, draw what the faults let through and never more than there is."""
    source = device(held, error).suffer(Active(faults.OCCLUSION, None, amount=fraction))
    expected = min(held, steps * 0.0025 * (1 + error) * (1 - fraction))

    for after, draws in (source.draw_smooth(stretch(steps)), source.draw_steps(stretch(steps), 0.5)):
        assert volume(draws) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert held - after.volume_mL == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert after.volume_mL >= 0
        assert sum(draw.duration_s for draw in draws) == pytest.approx(86_400)


def test_single_steps_leave_just_before_they_are_completed() -> None:
    """Ten a day: one per 144 min, each in the half second before."""
    _, draws = device().draw_steps(stretch(10), 0.5)
    flowing = [draw for draw in draws if draw.rate_mL_per_s > 0]

    assert [draw.start_s + draw.duration_s for draw in flowing] == [8640.0 * k for k in range(1, 11)]
    assert {round(draw.duration_s, 9) for draw in flowing} == {0.5}


def test_a_reservoir_that_runs_dry_flows_at_its_rate_until_then() -> None:
    """1 mL at 2.5 mL a day lasts 9.6 hours."""
    after, draws = device(1).draw_smooth(stretch(1000))

    assert after.volume_mL == 0
    assert draws[0].duration_s == pytest.approx(9.6 * 3600)
    assert draws[1].rate_mL_per_s == 0


def test_what_is_left_mixes_with_what_is_filled_in() -> None:
    """5 mL at 1000 and 5 mL at 3000 are 10 mL at 2000."""
    mixed = device(5).fill(5, np.array([3000.0, 0.0]))

    assert mixed.volume_mL == 10
    assert mixed.concentrations == pytest.approx([2000, 25])


def test_more_than_there_is_cannot_be_taken_and_more_than_fits_cannot_be_filled() -> None:
    """Both say how much would be possible."""
    with pytest.raises(VolumeError, match="holds 10 mL at that moment; take at most that"):
        device().take(10.5)
    with pytest.raises(VolumeError, match="fill at most 10 mL"):
        device().fill(10.5, np.array([1.0, 1.0]))


def test_faults_end_and_are_mended() -> None:
    """A fault with an end is gone at its end; a mended kind at once."""
    suffering = device().suffer(Active(faults.MOTOR_STALL, 100)).suffer(Active(faults.CATHETER_LEAK, None, amount=0.5))

    assert [fault.kind for fault in suffering.relieved(99).faults] == [faults.MOTOR_STALL, faults.CATHETER_LEAK]
    assert [fault.kind for fault in suffering.relieved(100).faults] == [faults.CATHETER_LEAK]
    assert suffering.mended([faults.CATHETER_LEAK]).faults == suffering.faults[:1]
