"""The program language: what is read, and how it is written back."""

from decimal import Decimal

import pytest

from intrathecal.quantities import Quantity
from intrathecal.therapy import (
    Base,
    Bolus,
    Demand,
    Limit,
    MinimumRate,
    Periodic,
    Program,
    ProgramError,
    Ramp,
    Rate,
    Stop,
    Window,
)

EXAMPLE = """2.4 mg/day
22:00-06:00  1.6 mg/day
bolus 0.2 mg over 10 min at 07:00
on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day
limit 4 mg per 24 h"""


def q(number: str, unit: str, kind: str) -> Quantity:
    """A quantity."""
    return Quantity(Decimal(number), unit, kind)


def test_every_clause_becomes_its_object() -> None:
    """A program with every clause of the language is read into the objects that it means."""
    program = Program.parse(
        """
        2.4 mg/day
        Mon Tue 22:00-06:00 minimum rate
        weekend 12:00-24:00 stop
        bolus 0.2 mg over 10 min at 07:00, 19:30 on weekdays
        bolus 50 mcg over 5 min every 6 h from 01:00
        on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day
        ramp to 4 mg/day by 10 % every 3 days
        limit 4 mg per 24 h
        """
    )

    assert program.base == Rate(q("2.4", "mg/day", "mass rate"))
    assert program.windows == (
        Window(frozenset({0, 1}), 1320, 360, MinimumRate()),
        Window(frozenset({5, 6}), 720, 1440, Stop()),
    )
    assert program.boluses == (
        Bolus(q("0.2", "mg", "mass"), q("10", "min", "duration"), (420, 1170), frozenset(range(5))),
    )
    assert program.periodic == (
        Periodic(q("50", "mcg", "mass"), q("5", "min", "duration"), q("6", "h", "duration"), 60),
    )
    assert program.demand == Demand(q("0.1", "mg", "mass"), q("4", "min", "duration"), q("3", "h", "duration"), 4)
    assert program.ramp == Ramp(q("4", "mg/day", "mass rate"), q("10", "%", "fraction"), q("3", "days", "duration"))
    assert program.limits == (Limit(q("4", "mg", "mass"), q("24", "h", "duration")),)


def test_the_example_is_its_own_canonical_text() -> None:
    """The program of the example file is printed as it was typed."""
    assert str(Program.parse(EXAMPLE)) == EXAMPLE


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("5.0 mg/day", "5 mg/day"),
        ("0.50 mg/day", "0.5 mg/day"),
        ("100 mg/day", "100 mg/day"),
        ("5 ug/day", "5 mcg/day"),
        ("5 \N{MICRO SIGN}g/day", "5 mcg/day"),
        ("5 \N{GREEK SMALL LETTER MU}g/day", "5 mcg/day"),
        ("5 \N{MICRO SIGN}L/day", "5 uL/day"),
        ("5 MG/DAY", "5 mg/day"),
        ("5mg/day", "5 mg/day"),
        ("  5  mg /  day  # a comment", "5 mg/day"),
        ("Minimum  Rate", "minimum rate"),
        ("STOP", "stop"),
        ("stop\r\nlimit 1 mg per 1 days\r\n", "stop\nlimit 1 mg per 1 day"),
        ("stop\nlimit 1 mg per 2 day", "stop\nlimit 1 mg per 2 days"),
        ("stop\nlimit 1 mg per 1.0 day", "stop\nlimit 1 mg per 1 day"),
        ("stop\n22:00 - 00:00 1 mg/day", "stop\n22:00-24:00  1 mg/day"),
        ("stop\nTUE mon 01:00-02:00 1 mg/day", "stop\nMon Tue 01:00-02:00  1 mg/day"),
        ("stop\nMon Tue Wed Thu Fri 01:00-02:00 1 mg/day", "stop\nweekdays 01:00-02:00  1 mg/day"),
        ("stop\nbolus 1 mg over 1 min at 07:00 on Sun Sat", "stop\nbolus 1 mg over 1 min at 07:00 on weekend"),
        ("stop\nBOLUS 1 mg OVER 1 min AT 07:00,08:00", "stop\nbolus 1 mg over 1 min at 07:00, 08:00"),
        ("# first\n\n \nstop # last", "stop"),
    ],
)
def test_canonical_text(typed: str, shown: str) -> None:
    """Case, spaces, comments and trailing zeros are lost, digits and order are kept; microgram is mcg."""
    assert str(Program.parse(typed)) == shown


def test_the_order_of_clauses_is_kept() -> None:
    """Clauses are printed in the order in which they were written, wherever the base stands."""
    text = "limit 4 mg per 24 h\nbolus 1 mg over 1 min at 07:00\n2 mg/day"

    assert str(Program.parse(text)) == text


def test_equal_numbers_are_equal_programs() -> None:
    """5.0 and 5 are one dose, and programs of it are equal and hash alike."""
    one, other = Program.parse("5.0 mg/day"), Program.parse("5 MG/day")

    assert one == other
    assert hash(one) == hash(other)


def test_windows_may_touch_and_cross_midnight() -> None:
    """Windows that end where others begin do not overlap, at midnight and at the end of the week too."""
    program = Program.parse(
        "1 mg/day\nSun 22:00-06:00 2 mg/day\nMon 06:00-24:00 3 mg/day\nTue 00:00-24:00 4 mg/day\nSat 23:00-00:00 stop"
    )

    assert [window.week_spans() for window in program.windows] == [
        ((6 * 1440 + 1320, 7 * 1440 + 360),),
        ((360, 1440),),
        ((1440, 2880),),
        ((5 * 1440 + 1380, 6 * 1440),),
    ]


def test_a_bolus_may_last_until_the_next() -> None:
    """A bolus as long as its period is allowed, be it hours, a day or a week."""
    text = (
        "stop\nbolus 1 mg over 6 h every 6 h from 00:00\nbolus 1 mg over 1 day at 07:00\n"
        "bolus 1 mg over 7 days at 07:00 on Mon"
    )

    assert str(Program.parse(text)) == text


def test_a_program_built_from_objects_is_checked_too() -> None:
    """Objects cannot make a program that the language could not."""
    rate = Base(Rate(q("1", "mg/day", "mass rate")))

    with pytest.raises(ProgramError, match=r'clause 2: two bases: "1 mg/day" \(clause 1\) and "stop"; keep one'):
        Program((rate, Base(Stop())))
    with pytest.raises(ProgramError, match=r"not a rate of a program; write for example 2\.4 mg/day"):
        Rate(q("1", "g/day", "mass rate"))
    with pytest.raises(ProgramError, match=r"1\.5 kg is not an amount"):
        Limit(q("1.5", "kg", "mass"), q("1", "h", "duration"))
    with pytest.raises(ProgramError, match="NaN"):
        Limit(q("NaN", "mg", "mass"), q("1", "h", "duration"))
    with pytest.raises(ProgramError, match="days are numbers from 0"):
        Window(frozenset({7}), 0, 60, Stop())
    with pytest.raises(ProgramError, match="days are numbers from 0"):
        Window(frozenset(), 0, 60, Stop())
    with pytest.raises(ProgramError, match="ends at minute 1 to 1440"):
        Window(None, 60, 0, Stop())
    with pytest.raises(ProgramError, match="needs a time"):
        Bolus(q("1", "mg", "mass"), q("1", "min", "duration"), ())
