"""What several refills say together."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from intrathecal.care.trend import Trend, trend
from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.refilling import Residual

CATALOGUE = load_catalogue()
ACCURACY = CATALOGUE.pumps["synchromed-ii-20"].accuracy


def of(*errors: float, due: float = 14) -> Trend:
    """The trend of refills of 20 mL that gave so many percent more than ``due`` mL."""
    at = datetime(2026, 1, 5, 10)  # noqa: DTZ001  the pump's clock
    left = 20 - due
    refills = [
        Residual(at + timedelta(days=60 * index), 20, left, 20 - due * (1 + error / 100))
        for index, error in enumerate(errors)
    ]
    return trend(refills, ACCURACY, CATALOGUE.refill)


def test_a_single_point_points_to_nothing() -> None:
    """One refill outside after others inside does not repeat, as they often do not."""
    found = of(1, -2, 25)

    assert (found.repeated, found.points_to) == (1, ())
    assert "single points often do not repeat" in found.reasons[0]


def test_one_on_each_side_is_no_trend() -> None:
    """+20 % and then -20 % is one refill outside, not two in a row."""
    assert of(20, -20).points_to == ()


def test_too_fast_a_drive_takes_the_same_share_each_time() -> None:
    """+18, +20 and +19 %: over-delivery first, and what else may be behind it."""
    found = of(18, 20, 19)

    assert found.repeated == 3
    assert found.points_to[0] == "over-delivery"
    assert set(found.points_to[1:]) == {"leak", "pocket-fill", "diversion"}


def test_shortfalls_of_any_size_point_to_diversion() -> None:
    """Repeated low residuals that follow no share: four visits were seen before it was understood."""
    assert of(18, 40, 20, 35).points_to[0] == "diversion"


def test_too_little_given() -> None:
    """Under-delivery, and where next to nothing was given a blocked catheter first."""
    assert of(-20, -18).points_to[0] == "under-delivery"
    assert of(-20, -90).points_to[0] == "catheter-block"


def test_many_small_errors_on_one_side_add_up() -> None:
    """Three refills of -8, -9 and -10 % are each inside and together more than half of 14.5 %; +1 to +3 % are not."""
    found = of(-8, -9, -10)

    assert (found.repeated, found.points_to) == (0, ("under-delivery",))
    assert found.mean_error_percent == pytest.approx(-9)
    assert of(8, 9, 10).points_to == ("over-delivery",)
    assert of(1, 2, 3).points_to == ()
    assert of(-8, -9).points_to == ()
    assert of(-12, 10, -12).points_to == ()


def test_an_old_trouble_that_is_over_is_none() -> None:
    """Two refills outside, and then two inside."""
    assert of(-20, -20, 1, 2).points_to == ()


def test_no_refill_is_no_trend() -> None:
    """There is nothing to say of nothing; and refills at which nothing was due have no mean."""
    with pytest.raises(ValueError, match="at least one"):
        trend([], ACCURACY, CATALOGUE.refill)
    assert of(0, due=0).mean_error_percent is None
