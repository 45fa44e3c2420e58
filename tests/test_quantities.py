"""Numbers with units as people type them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor, log10

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intrathecal.quantities import (
    KINDS,
    UNIT_SPELLING,
    QuantityError,
    factor,
    parse_number,
    parse_quantity,
    plain,
    rounded,
)


@pytest.mark.parametrize(
    ("text", "kind", "shown", "exact"),
    [
        ("10 mg/mL", "concentration", "10 mg/mL", 10_000),
        ("2.40 mg/day", "mass rate", "2.4 mg/day", Fraction(2400, 86_400)),
        ("5 µg/h", "mass rate", "5 mcg/h", Fraction(5, 3600)),
        ("5 μg", "mass", "5 mcg", 5),
        ("5 ug", "mass", "5 mcg", 5),
        ("10 Mg", "mass", "10 mg", 10_000),
        ("20 ML", "volume", "20 mL", 20),
        ("250 uL", "volume", "250 uL", Fraction(1, 4)),
        ("14.5 %", "fraction", "14.5 %", Fraction(29, 200)),
        ("31cm", "length", "31 cm", 31),
        ("7 days", "duration", "7 days", 604_800),
        ("78 kg", "body mass", "78 kg", 78),
    ],
)
def test_a_quantity_is_read_exactly_and_shown_as_typed(text: str, kind: str, shown: str, exact: Fraction) -> None:
    """Units in any case; microgram is always mcg; trailing zeros go; the value is exact."""
    quantity = parse_quantity(text, kind)

    assert str(quantity) == shown
    assert quantity.exact == exact


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".5 mg", "has no leading zero: write 0.5"),
        ("5,0 mg", "has a comma: write 5.0 for a decimal"),
        ("1,000 mg", "write 1000 if it separates thousands, 1.000 if it is a decimal"),
        ("1e3 mg", "has an exponent: write all its digits (1000)"),
        ("1e999999999 mg", "has an exponent: write all its digits"),
        ("5. mg", "ends in a point: write 5"),
        ("+5 mg", "has a plus sign: write 5"),
        ("05 mg", "begins with a zero that means nothing: write 5"),
        ("1.2.3 mg", "is not a number: write digits with at most one point"),
        ("5٣ mg", "has a character that no number or unit has: write it again"),
        ("5 000 mg", "has a space between digits: write 5000, if that is meant"),
        ("nan mg", "does not begin with a number"),
        ("inf mg", "does not begin with a number"),
        ("5", "has no unit"),
        ("5 mgs", '"mgs" is not a unit'),
        ("5 mg mg", '"mg mg" is not a unit'),
        ("5 mL", "is not a mass"),
        ("5 mg/mL", "is not a mass"),
        ("5 1/0 mg", "has a space between digits: write 51, if that is meant"),
        ("5 x/0 mg", "is not a unit"),
        ("", "does not begin with a number"),
        ("9" * 400 + " mg", "is too long for a number: write at most nine digits"),
    ],
)
def test_a_slip_gets_its_cause_and_its_remedy(text: str, said: str) -> None:
    """Each message says what is wrong and gives an example of what would be right."""
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, "mass")

    assert said in str(caught.value)
    assert len(str(caught.value)) < 1000


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=9))
def test_a_number_survives_being_shown_and_read(number: Decimal) -> None:
    """What is shown is read as the same number."""
    assert parse_number(plain(number)) == number


@given(st.floats(min_value=1e-20, max_value=1e15), st.sampled_from((1, -1)), st.integers(2, 7))
def test_a_figure_is_shown_as_a_person_may_type_it(size: float, sign: int, digits: int) -> None:
    """It can be typed in again, is within half a unit of its last digit, and has no idle zero."""
    shown = rounded(sign * size, digits)

    half_a_unit = 0.5 * 10.0 ** (floor(log10(size)) + 1 - digits)
    assert abs(float(parse_number(shown)) - sign * size) <= max(1.001 * half_a_unit, 1e-15 * size)
    assert not ("." in shown and shown[-1] in "0.")


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.5, 4, "0.5"),
        (5.0, 4, "5"),
        (-0.0, 4, "0"),
        (864000.0, 4, "864000"),
        (12345.6, 4, "12346"),
        (9999.6, 4, "10000"),
        (1.2e-13, 4, "0.00000000000012"),
        (Fraction(1, 3), 3, "0.333"),
    ],
)
def test_a_figure_keeps_every_digit_before_its_point(value: float | Fraction, digits: int, shown: str) -> None:
    """Digits are dropped after the point alone; a small figure is written out."""
    assert rounded(value, digits) == shown


@given(st.text(max_size=30))
def test_garbage_is_a_quantity_error_or_a_quantity(text: str) -> None:
    """No text raises anything else."""
    try:
        parse_quantity(text, "mass")
    except QuantityError:
        return
    assert text.strip()[0] in "-0123456789"


def test_every_kind_reads_its_own_example() -> None:
    """The examples that messages give are right."""
    for kind, (unit, example) in KINDS.items():
        assert parse_quantity(example, kind).kind == kind
        assert factor(unit, unit) == 1


def test_other_dimensions_do_not_convert() -> None:
    """A volume is not a mass."""
    with pytest.raises(QuantityError, match="cannot be converted"):
        factor("mL", "mg")


def test_every_unit_has_the_size_and_dimension_that_pint_gives_it() -> None:
    """Exactly, for the units that people type, those of the catalogue, and what they make over one another."""
    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(non_int_type=Fraction)
    units = sorted({*UNIT_SPELLING.values(), "ms", "nL", "ug", "dimensionless", "cm**2", "mm**2"} - {"1", "%"})
    units += [f"{over}/{under}" for over in ("mcg", "mL", "cm**2", "1", "%") for under in units]

    for unit in units:
        its = registry.Quantity(Fraction(1), unit)
        for canonical, _ in KINDS.values():
            if its.is_compatible_with(canonical):
                assert factor(unit, canonical) == its.to(canonical).magnitude, (unit, canonical)
            else:
                with pytest.raises(QuantityError, match="cannot be converted"):
                    factor(unit, canonical)


def test_a_unit_of_a_catalogue_may_be_a_rarer_one() -> None:
    """Its exact size is known too."""
    assert factor("lb", "kg") == Fraction("0.45359237")
    assert factor("mL/lb", "mL/kg") == 1 / Fraction("0.45359237")
