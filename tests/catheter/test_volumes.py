"""Catheter volumes of worked examples."""

from fractions import Fraction

import pytest

from intrathecal.catalogue import load_catalogue
from intrathecal.catheter import catheter_volume_mL, lumen_cm2

TUBING = Fraction("0.199")


def test_e1_a_trimmed_prometra_catheter_holds_0_208_ml() -> None:
    """110 cm less 30 cm at 0.0026 mL/cm is 0.208 mL exactly."""
    catheter = load_catalogue().catheters["prometra-110"]
    assert catheter_volume_mL(catheter, [Fraction(30)]) == Fraction("0.208")


def test_e5_tubing_and_80_cm_of_catheter_hold_0_375_ml() -> None:
    """The old drug still to come out is 0.199 mL of tubing and 80 cm at 0.0022 mL/cm."""
    catheter = load_catalogue().catheters["indura-8709sc"]
    assert TUBING + catheter_volume_mL(catheter, [Fraction(9)]) == Fraction("0.375")


def test_e8_prime_volumes_and_durations() -> None:
    """An uncut 89 cm catheter takes 0.196 mL (11.7 min at 1 mL/h), with tubing 0.395 mL (23.7 min)."""
    catheter = catheter_volume_mL(load_catalogue().catheters["indura-8709sc"], [Fraction(0)])
    assert round(float(catheter), 3) == 0.196
    assert round(float(catheter + TUBING), 3) == 0.395
    assert round(float(catheter) * 60, 1) == 11.7
    assert round(float(catheter + TUBING) * 60, 1) == 23.7


def test_both_trims_of_a_two_piece_catheter_count() -> None:
    """8731SC: 104.1 cm less 10 cm of the first and 5.5 cm of the second segment, at 0.0022 mL/cm."""
    catheter = load_catalogue().catheters["indura-8731sc"]
    assert catheter_volume_mL(catheter, [Fraction(10), Fraction("5.5")]) == Fraction("88.6") * Fraction("0.0022")


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ([Fraction(1)], "2 segments .* 1 removed lengths .* give one for each"),
        ([Fraction(67), Fraction(0)], "67 cm cannot be removed .* 66 cm long"),
        ([Fraction(0), Fraction(-1)], "-1 cm cannot be removed"),
    ],
)
def test_lengths_that_cannot_have_been_removed_are_refused(removed: list[Fraction], message: str) -> None:
    """A missing, too long or negative trim is an error that names the segment."""
    with pytest.raises(ValueError, match=message):
        catheter_volume_mL(load_catalogue().catheters["indura-8731sc"], removed)


def test_the_lumen_fits_the_volume_per_length() -> None:
    """A bore of 0.53 mm holds 0.0022 mL in each centimetre."""
    assert lumen_cm2(load_catalogue().catheters["indura-8709sc"]) == pytest.approx(0.0022, rel=0.01)
