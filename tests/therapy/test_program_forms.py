"""Text, object and event table: three equal forms of a program."""

import csv
import io
import re
from decimal import Decimal
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intrathecal.quantities import Quantity
from intrathecal.therapy import (
    Base,
    Bolus,
    Clause,
    Demand,
    Limit,
    MinimumRate,
    Periodic,
    Program,
    ProgramError,
    Ramp,
    Rate,
    Stop,
    TherapyError,
    Window,
)

COLUMNS = [
    *("kind", "days", "time", "amount", "rate", "duration", "interval", "additional"),
    *("lockout", "max_per_day", "target", "step_percent"),
]
MASSES, VOLUMES, PER = ("ng", "mcg", "mg"), ("uL", "mL"), ("min", "h", "day")


@pytest.fixture(autouse=True, scope="module")
def _units_and_grammar_loaded() -> None:
    """Load what the first program loads, so that no example is timed with it."""
    Program.parse("1 mg/day\nlimit 1 mg per 1 h")


def numbers(most: int = 9_999) -> st.SearchStrategy[Decimal]:
    """Positive numbers as people type them, trailing zeros included."""
    return st.builds(
        lambda digits, places: Decimal(digits).scaleb(-places), st.integers(1, most * 1000), st.integers(0, 6)
    )


def amounts() -> st.SearchStrategy[Quantity]:
    """Masses and volumes."""
    mass = st.builds(Quantity, numbers(), st.sampled_from(MASSES), st.just("mass"))
    return mass | st.builds(Quantity, numbers(), st.sampled_from(VOLUMES), st.just("volume"))


def dose_rates() -> st.SearchStrategy[Quantity]:
    """Mass rates and flows."""
    return st.builds(
        lambda amount, per: Quantity(
            amount.number, f"{amount.unit}/{per}", "mass rate" if amount.kind == "mass" else "flow"
        ),
        amounts(),
        st.sampled_from(PER),
    )


def durations(most: int = 600) -> st.SearchStrategy[Quantity]:
    """Times in any unit, also with the wrong one of "day" and "days"."""
    return st.builds(
        Quantity,
        st.integers(1, most).map(Decimal),
        st.sampled_from(("s", "min", "h", "day", "days")),
        st.just("duration"),
    )


def short_times() -> st.SearchStrategy[Quantity]:
    """Times of at most an hour."""
    return st.builds(Quantity, st.integers(1, 60).map(Decimal), st.sampled_from(("s", "min")), st.just("duration"))


def any_rates() -> st.SearchStrategy[Rate | MinimumRate | Stop]:
    """What a base or window runs at."""
    return dose_rates().map(Rate) | st.just(MinimumRate()) | st.just(Stop())


def days() -> st.SearchStrategy[frozenset[int] | None]:
    """Some days of the week, or every day."""
    return st.none() | st.frozensets(st.integers(0, 6), min_size=1)


@st.composite
def windows(draw: st.DrawFn) -> list[Window]:
    """Windows on every day that do not overlap: one may run past midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 1439), max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    found = [Window(draw(days()), start, end, draw(any_rates())) for start, end in pairs]
    past_midnight = draw(st.booleans())
    if pairs and past_midnight and pairs[0][0] > 0 and pairs[-1][1] < 1439:
        found.append(Window(None, pairs[-1][1], draw(st.integers(1, pairs[0][0])), draw(any_rates())))
    return found


def boluses() -> st.SearchStrategy[Clause]:
    """Scheduled boluses of both sorts."""
    clocks = st.lists(st.integers(0, 1439), min_size=1, max_size=3, unique=True).map(tuple)
    hours = st.builds(Quantity, st.integers(1, 48).map(Decimal), st.just("h"), st.just("duration"))
    return st.builds(Bolus, amounts(), short_times(), clocks, days()) | st.builds(
        Periodic, amounts(), short_times(), hours, st.integers(0, 1439)
    )


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any program, its clauses in any order."""
    base = Base(draw(any_rates()))
    clauses: list[Clause] = [base, *draw(windows()), *draw(st.lists(boluses(), max_size=2))]
    clauses += draw(st.lists(st.builds(Demand, amounts(), short_times(), durations(), st.integers(1, 99)), max_size=1))
    if isinstance(base.rate, Rate) and draw(st.booleans()):
        target = Quantity(base.rate.quantity.number * 2, base.rate.quantity.unit, base.rate.quantity.kind)
        percent = Quantity(draw(st.integers(1, 100).map(Decimal)), "%", "fraction")
        clauses.append(Ramp(target, percent, draw(durations().filter(lambda time: time.to("min") >= 1))))
    limits = draw(st.lists(st.builds(Limit, amounts(), durations(400)), max_size=2))
    clauses += {(limit.amount.kind, limit.per.exact): limit for limit in limits}.values()
    return Program(tuple(draw(st.permutations(clauses))))


@settings(deadline=None)
@given(programs())
def test_text_and_back(program: Program) -> None:
    """A program is what its text says, and its text is canonical."""
    text = str(program)

    assert Program.parse(text) == program
    assert str(Program.parse(text)) == text


@settings(deadline=None)
@given(programs())
def test_table_and_back(program: Program) -> None:
    """A program is what its event table says, through a CSV file too, and the text does not change on the way."""
    rows = program.to_table()
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    again = Program.from_table(csv.DictReader(io.StringIO(file.getvalue())))

    assert again == program
    assert again.to_table() == rows
    assert str(again) == str(program)


@settings(deadline=None)
@given(programs(), st.randoms(use_true_random=False))
def test_case_and_spaces_do_not_matter(program: Program, random: Random) -> None:
    """The same program in another case, with more spaces and comments, is the same program."""
    lines = []
    for line in str(program).split("\n"):
        words = [random.choice((str.upper, str.lower, str.title))(word) for word in line.split()]
        lines.append(f"  {'   '.join(words)}\t# {line}" if random.random() < 0.5 else " ".join(words))

    assert Program.parse("\n\n".join(lines)) == program


def read(text: str) -> Program | ProgramError:
    """The program, or what is said instead; any other error is a failure."""
    try:
        return Program.parse(text)
    except ProgramError as error:
        return error


@given(st.text(max_size=200))
def test_any_text_is_a_program_or_a_mistake(text: str) -> None:
    """Whatever is typed, the answer is a program or one line of this room."""
    result = read(text)

    assert read(str(result)) == result if isinstance(result, Program) else "\n" not in str(result)


PIECES = (
    re.findall(
        r"\S+",
        "2.4 mg/day 22:00-06:00 minimum rate stop bolus 0.2 mg over 10 min at 07:00 , every 6 h from on demand lockout max 4 "
        "per day limit ramp to by 10 % Mon weekdays weekend \n # mg .5 1e3 -1 0 24:00 25:00 7:00 uL days \u00b5g \u2013 /",
    )
    + ["\n"] * 8
)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
def test_words_of_the_language_in_any_order(text: str) -> None:
    """Shuffled words of the language are a program or one message that names a line of the text."""
    result = read(f"1 mg/day\n{text}")

    if isinstance(result, ProgramError):
        assert result.line is None or 1 <= result.line <= text.count("\n") + 2
        assert ";" in str(result)


CELLS = (
    st.none() | st.text(max_size=12) | st.integers() | st.floats() | st.sampled_from([*PIECES, "bolus", "base", "1 mg"])
)


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS, max_size=8), max_size=3))
def test_any_table_is_a_program_or_a_mistake(rows: list[dict[str, object]]) -> None:
    """Whatever stands in the cells, the answer is a program or one message that names the row."""
    message = ""
    try:
        Program.from_table([{"kind": "base", "rate": "1 mg/day"}, *rows])
    except TherapyError as error:
        message = str(error)

    assert not message or re.match(r"row \d+: .*;", message)


def test_the_columns_of_the_table() -> None:
    """The table has the documented columns, one row for each clause, and empty cells where nothing is said."""
    table = Program.parse("2.4 mg/day\nMon 22:00-06:00 stop\nbolus 0.2 mg over 10 min at 07:00, 08:00").to_table()

    assert [list(row) for row in table] == [COLUMNS] * 3
    assert [{key: cell for key, cell in row.items() if cell} for row in table] == [
        {"kind": "base", "rate": "2.4 mg/day"},
        {"kind": "window", "days": "Mon", "time": "22:00", "duration": "8 h", "rate": "stop"},
        {"kind": "bolus", "time": "07:00, 08:00", "amount": "0.2 mg", "duration": "10 min"},
    ]


def test_windows_to_midnight_in_the_table() -> None:
    """Windows to 24:00 and of odd minutes keep their lengths."""
    program = Program.parse("stop\n00:00-06:00 1 mg/day\n06:00-06:45 minimum rate\n22:00-24:00 2 mg/day")

    assert [row["duration"] for row in program.to_table()] == ["", "6 h", "45 min", "2 h"]
    assert Program.from_table(program.to_table()) == program


def test_numbers_of_a_data_frame_are_read() -> None:
    """Cells may be numbers and NaN, as a data frame gives them."""
    nan = float("nan")
    rows: list[dict[str, object]] = [
        {"kind": "base", "rate": "1 mg/day", "max_per_day": nan, "step_percent": nan},
        {"kind": "demand", "amount": "1 mg", "duration": "1 min", "lockout": "1 h", "max_per_day": 4.0},
        {"kind": "ramp", "target": "2 mg/day", "step_percent": 12.5, "interval": "1 day", "max_per_day": None},
    ]

    assert str(Program.from_table(rows)) == (
        "1 mg/day\non demand 1 mg over 1 min, lockout 1 h, max 4 per day\nramp to 2 mg/day by 12.5 % every 1 day"
    )


BOLUS = {"kind": "bolus", "time": "07:00", "amount": "1 mg", "duration": "1 min"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"kind": "bolos"}, 'row 2: unknown kind "bolos"; did you mean bolus?'),
        ({"rate": "1 mg/day"}, 'row 2: unknown kind ""; known: base, window'),
        ({**BOLUS, "dose": "1 mg"}, 'row 2: unknown column "dose"; known: kind'),
        ({**BOLUS, "additional": 3}, 'row 2: "additional" is filled, and a program repeats for ever; leave it empty'),
        ({**BOLUS, "lockout": "1 h"}, 'row 2: a bolus has no "lockout"; leave it empty'),
        ({**BOLUS, "amount": ""}, 'row 2: a bolus needs "amount"; fill time, amount, duration'),
        ({**BOLUS, "amount": "1 mgs"}, 'row 2: amount: "mgs" is not a unit of amount'),
        ({**BOLUS, "amount": "1 mg over 2 min"}, 'row 2: amount: "over" follows a clause that is complete'),
        ({**BOLUS, "amount": "1 mg # 2"}, 'row 2: amount: "1 mg # 2" is more than one entry'),
        ({**BOLUS, "time": "7:00"}, "row 2: time: a clock time has two digits on each side, not 7:00; write 07:00"),
        ({**BOLUS, "time": "noon"}, 'row 2: time: "noon" is not a clock time; write hours and minutes, such as 07:00'),
        ({**BOLUS, "days": "Mon-Fri"}, "row 2: days: days stand side by side"),
        ({**BOLUS, "duration": "2 days"}, "row 2: a bolus over 2 days every 1 day would run into itself"),
        ({"kind": "base", "rate": "stop"}, 'row 2: two bases: "1 mg/day" (row 1) and "stop"; keep one'),
        (
            {"kind": "window", "time": "06:00", "duration": "25 h", "rate": "stop"},
            "row 2: duration: a window lasts whole minutes and at most a day, not 25 h",
        ),
        (
            {"kind": "window", "time": "06:00", "duration": "24 h", "rate": "stop"},
            "row 2: the window 06:00-06:00 has no",
        ),
        (
            {"kind": "ramp", "target": "stop", "step_percent": 1, "interval": "1 h"},
            "row 2: target: a ramp goes to a rate",
        ),
        ({"kind": "ramp", "target": "2 mg/h", "step_percent": ".5", "interval": "1 h"}, 'step_percent: ".5" has no'),
    ],
)
def test_what_is_wrong_with_a_row(row: dict[str, object], message: str) -> None:
    """A row that says too little, too much or something else is refused with its number and column."""
    with pytest.raises(ProgramError, match=re.escape(message)):
        Program.from_table([{"kind": "base", "rate": "1 mg/day"}, row])


def test_a_table_without_end_is_refused() -> None:
    """A table of more rows than any pump holds is refused without reading it to its end."""
    rows = ({"kind": "limit", "amount": "1 mg", "duration": f"{n} s"} for n in count(1))

    with pytest.raises(ProgramError, match="more than 1000 rows"):
        Program.from_table(rows)
