"""Every mistake in a program: the line, what is wrong, what would be right."""

import re

import pytest

from intrathecal.therapy import Program, ProgramError

ONE = "1 mg/day\n"
BASE = [
    ("", 'no base; write a line with the rate, such as "2.4 mg/day", "minimum rate" or "stop"'),
    ("# nothing but a comment", "no base; write"),
    ("limit 4 mg per 24 h", "no base; write"),
    ("2.4 mgs/day", 'line 1: "mgs" is not a unit of amount (ng, mcg, mg, uL, mL); did you mean mg?'),
    ("2.4 mg/hr", 'line 1: "hr" is not a time of a rate (min, h, day); did you mean h?'),
    ("2.4 mg/s", 'line 1: after "2.4 mg/", "s" stands where a time of a rate (min, h, day) is needed'),
    ("2.4 mg/week", 'line 1: after "2.4 mg/", "week" stands where a time of a rate'),
    ("2.4 g/day", 'line 1: after "2.4", "g" stands where a unit of amount (ng, mcg, mg, uL, mL) is needed'),
    ("2.4 mg", 'line 1: "2.4 mg" is an amount where a rate is needed (the line ends); write a time after a slash'),
    ("2.4 mg per hour", 'line 1: "2.4 mg" is an amount where a rate is needed ("per" follows); write a time'),
    ("2.4", 'line 1: after "2.4", the line ends where a unit of amount'),
    ("2.4 /day", 'line 1: after "2.4", "/" stands where a unit of amount'),
    ("mg/day", 'line 1: no clause begins with "mg"; write it like one of "2.4 mg/day"'),
    ("2.4 mg/day 3", 'line 1: "3" follows a clause that is complete ("2.4 mg/day"); write one clause on each line'),
    ("2.4 mg/day; stop", 'line 1: ";" follows a clause that is complete'),
    ("stop pump", 'line 1: "pump" follows a clause that is complete ("stop")'),
    ("minimum", 'line 1: after "minimum", the line ends where "rate" is needed'),
    ("min rate", 'line 1: no clause begins with "min"; did you mean for example "minimum rate"?'),
    (".5 mg/day", 'line 1: ".5" has no leading zero; write 0.5'),
    ("5. mg/day", 'line 1: "5." ends in a point; write 5'),
    ("5,0 mg/day", 'line 1: "5,0" has a comma; write 5.0'),
    ("1e3 mg/day", 'line 1: "1e3" has an exponent; write all its digits (1000)'),
    ("1e999999999 mg/day", 'line 1: "1e999999999" has an exponent; write all its digits'),
    ("05 mg/day", 'line 1: "05" begins with a zero that means nothing; write 5'),
    ("+3 mg/day", 'line 1: "+3" has a plus sign; write 3'),
    ("1.2.3 mg/day", 'line 1: "1.2.3" is not a number; write digits with at most one point'),
    ("-3 mg/day", "line 1: a rate of -3 mg/day is not possible"),
    ("0 mg/day", 'line 1: a rate of 0 mg/day is not possible; write "stop" to give nothing'),
    ("9999999999 mg/day", "line 1: a rate of 9999999999 mg/day has too many digits"),
    ("0.0000000001 mg/day", "line 1: a rate of 0.0000000001 mg/day has too many digits"),
    (f"{'9' * 50} mg/day", "is too long for a number"),
    ("1\N{ARABIC-INDIC DIGIT THREE} mg/day", "(arabic-indic digit three) is not used in a program"),
    ("2.4 \N{GREEK CAPITAL LETTER MU}g/day", "(greek capital letter mu) is not used in a program"),
    ("2.4\N{NO-BREAK SPACE}mg/day", "line 1: a character that cannot be seen (no-break space) is not used"),
    ("2.4 mg/day\0", "line 1: a character that cannot be seen"),
    ("2.4 mg/day\n3 mg/day", 'line 2: two bases: "2.4 mg/day" (line 1) and "3 mg/day"; keep one'),
    ("2.4 mg/day\n\n# x\nstop", 'line 4: two bases: "2.4 mg/day" (line 1) and "stop"; keep one'),
]
WINDOWS = [
    ("22:00\N{EN DASH}06:00 1 mg/day", '(en dash) is not used in a program; write "-"'),
    ("22:00-06:00", "the line ends where"),
    ("22:00 to 06:00 1 mg/day", '"to" stands where "-" is needed; write for example 22:00-06:00 1.6 mg/day'),
    ("07.00-09.00 1 mg/day", "has a point in a clock time; write a colon"),
    ("7:00-09:00 1 mg/day", "a clock time has two digits on each side, not 7:00; write 07:00"),
    ("25:00-06:00 1 mg/day", "the time 25:00 does not exist; write a time from 00:00 to 23:59"),
    ("22:00-06:60 1 mg/day", "the time 06:60 does not exist"),
    ("22:00-24:01 1 mg/day", "the time 24:01 does not exist"),
    ("24:00-06:00 1 mg/day", "24:00 is only the end of a window; write 00:00 for midnight"),
    ("22:00-22:00 1 mg/day", "the window 22:00-22:00 has no length"),
    ("00:00-00:00 1 mg/day", "the window 00:00-00:00 has no length; write 00:00-24:00 for a whole day"),
    ("22:00-06:00 0 mg/day", "a rate of 0 mg/day is not possible"),
    ("Monday 22:00-06:00 1 mg/day", 'no clause begins with "Monday"; did you mean Mon?'),
    ("weekday 22:00-06:00 1 mg/day", "did you mean weekdays?"),
    ("Mon-Fri 22:00-06:00 1 mg/day", 'days stand side by side, without "-"; write Mon Tue Wed, or weekdays'),
    ("Mon, Tue 22:00-06:00 1 mg/day", 'days stand side by side, without ","'),
    ("Mon Mon 22:00-06:00 1 mg/day", '"Mon" names a day twice; name each day once'),
    ("weekdays Sat 22:00-06:00 1 mg/day", 'after "weekdays", "Sat" stands where a clock time'),
    (
        "22:00-06:00 2 mg/day\n05:00-07:00 3 mg/day",
        "line 3: the window 05:00-07:00 overlaps the window 22:00-06:00 (line 2) on Tue; let one end where",
    ),
    (
        "Mon 00:00-02:00 2 mg/day\nSun 23:00-01:00 3 mg/day",
        "line 3: the window 23:00-01:00 overlaps the window 00:00-02:00 (line 2) on Mon",
    ),
    ("Mon 01:00-02:00 2 mg/day\nMon 01:30-01:31 stop", "line 3: the window 01:30-01:31 overlaps"),
]
BOLUSES = [
    ("bolsu 1 mg", 'no clause begins with "bolsu"; did you mean for example "bolus 0.2 mg over 10 min at 07:00"?'),
    ("bolus 0.2 mg at 07:00", 'after "bolus 0.2 mg", "at" stands where "over" is needed; write for example bolus'),
    ("bolus 0.2 over 10 min at 07:00", 'after "bolus 0.2", "over" stands where a unit of amount'),
    ("bolus 0.2 mg/day over 10 min at 07:00", 'after "bolus 0.2 mg", "/" stands where "over" is needed'),
    ("bolus 0.2 mg over 10 at 07:00", 'after "bolus 0.2 mg over 10", "at" stands where a unit of time'),
    (
        "bolus 0.2 mg over 10 minutes at 07:00",
        '"minutes" is not a unit of time (s, min, h, day, days); did you mean min',
    ),
    ("bolus 0.2 mg over 10 min", 'the line ends where "at" or "every" is needed'),
    ("bolus 0.2 mg over 10 min at 7 am", '"7" stands where a clock time such as 07:00 is needed'),
    ("bolus 0.2 mg over 10 min at 24:00", "24:00 is only the end of a window; write 00:00 for midnight"),
    ("bolus 0.2 mg over 10 min at 07:00, 07:00", "the time 07:00 stands twice; name each time once"),
    ("bolus 0.2 mg over 10 min at 07:00 and 08:00", '"and" follows a clause that is complete'),
    ("bolus 0.2 mg over 10 min at 07:00 Mon", 'days come after "on"; write on Mon'),
    ("bolus 0.2 mg over 10 min at 07:00 on weekday", '"weekday" is not a day'),
    ("bolus 0 mg over 10 min at 07:00", "a bolus of 0 mg is not possible; leave the clause out"),
    ("bolus 1 mg over 0 min at 07:00", '"over" of 0 min is not possible; write a time above zero'),
    ("bolus 1 mg over 0.0001 s at 07:00", "0.0001 s is not a whole number of milliseconds"),
    (
        "bolus 1 mg over 30 h at 07:00",
        "a bolus over 30 h every 1 day would run into itself; make it at most 1 day long",
    ),
    ("bolus 1 mg over 3 days at 07:00 on Mon Wed", "over 3 days every 2 days would run into itself"),
    (
        "bolus 1 mg over 8 days at 07:00 on Mon",
        "over 8 days every 7 days would run into itself; make it at most 7 days",
    ),
    ("bolus 1 mg over 3 h every 2 h from 07:00", "over 3 h every 2 h would run into itself; make it at most 2 h"),
    (
        "bolus 1 mg over 3 min every 6 h",
        'after "bolus 1 mg over 3 min every 6 h", the line ends where "from" is needed',
    ),
    ("bolus 1 mg over 3 min every 6 h from 25:00", "the time 25:00 does not exist"),
    ("bolus 1 mg over 3 min every 0 h from 07:00", '"every" of 0 h is not possible'),
    ("bolus 1 mg over 3 min every 9999 days from 07:00", "9999 days is longer than any program"),
    (
        "bolus 0.01 mg over 3 s every 59 s from 07:00",
        "every 59 s is more often than a program's clock counts; write at least 1 min, or a faster base",
    ),
    ("ramp to 4 mg/day by 10 % every 30 s", "every 30 s is more often than a program's clock counts"),
    (
        "limit 4 mg per 401 days",
        "a limit per 401 days looks further back than a pump remembers; write at most 400 days",
    ),
]
DEMANDS = [
    (
        "demand 0.1 mg over 4 min, lockout 3 h, max 4 per day",
        'begins with "demand"; did you mean for example "on demand',
    ),
    ("on demand 0.1 mg over 4 min lockout 3 h, max 4 per day", '"lockout" stands where "," is needed'),
    ("on demand 0.1 mg over 4 min, max 4 per day", '"max" stands where "lockout" is needed'),
    ("on demand 0.1 mg over 4 min, lockout 3 h", 'lockout 3 h", the line ends where "," is needed'),
    ("on demand 0.1 mg over 4 min, lockout 3, max 4 per day", '"max" stands where a unit of time'),
    ("on demand 0.1 mg over 4 min, lockout 3 h, max 4", 'the line ends where "per" is needed'),
    ("on demand 0.1 mg over 4 min, lockout 3 h, max 4 per h", '"h" stands where "day" is needed'),
    ("on demand 0.1 mg over 4 min, lockout 3 h, max four per day", '"four" stands where a number is needed'),
    (
        "on demand 0.1 mg over 4 min, lockout 3 h, max 4.5 per day",
        '"4.5" presses per day is not possible; write a whole',
    ),
    ("on demand 0.1 mg over 4 min, lockout 3 h, max 0 per day", "max 0 per day is not possible; write 1 to 1440"),
    ("on demand 0.1 mg over 4 min, lockout 0 h, max 4 per day", '"lockout" of 0 h is not possible'),
    (
        "on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day\n" * 2,
        'line 3: two clauses "on demand": "on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day" (line 2) and',
    ),
]
RAMPS_AND_LIMITS = [
    ("ramp 4 mg/day by 10 % every 1 day", 'after "ramp", "4" stands where "to" is needed'),
    ("ramp to stop by 10 % every 1 day", '"stop" stands where a number is needed'),
    ("ramp to 4 mg/day by 10 every 1 day", '"every" stands where "%" is needed'),
    ("ramp to 4 mg/day by .5 % every 1 day", '".5" has no leading zero; write 0.5'),
    ("ramp to 4 mg/day by 10 %", 'the line ends where "every" is needed'),
    ("ramp to 4 mg/day by 0 % every 1 day", "a step of 0 % is not possible; the target would never be reached"),
    ("ramp to 4 mg/day by 5000 % every 1 day", "a step of 5000 % is not a ramp; write at most 1000 %"),
    ("ramp to 0 mg/day by 10 % every 1 day", "the target of a ramp of 0 mg/day is not possible"),
    ("ramp to 1.0 mg/day by 10 % every 1 day", "the ramp's target 1 mg/day is the base; leave the ramp out"),
    ("ramp to 1000 mcg/day by 10 % every 1 day", "the ramp's target 1000 mcg/day is the base"),
    ("ramp to 4 mg/day by 10 % every 1 day\n" * 2, "line 3: two ramps"),
    ("limit 4 mg/day", 'after "limit 4 mg", "/" stands where "per" is needed; write for example limit 4 mg per 24 h'),
    ("limit 4 mg per day", 'after "limit 4 mg per", "day" stands where a number is needed'),
    ("limit 0 mg per 24 h", "a limit of 0 mg is not possible"),
    ("limit 4 mg per 24 h\nlimit 5 mg per 1 day", "line 3: two limits per 1 day: 4 mg (line 2) and 5 mg; keep one"),
]


@pytest.mark.parametrize(("text", "message"), BASE)
def test_what_is_wrong_with_a_base(text: str, message: str) -> None:
    """A missing, doubled or mistyped base is refused with its line, the cause and the remedy."""
    with pytest.raises(ProgramError, match=re.escape(message)):
        Program.parse(text)


@pytest.mark.parametrize(("text", "message"), [*WINDOWS, *BOLUSES, *DEMANDS, *RAMPS_AND_LIMITS])
def test_what_is_wrong_with_a_clause(text: str, message: str) -> None:
    """A clause that is mistyped or means nothing is refused with its line, the cause and the remedy."""
    with pytest.raises(ProgramError, match=re.escape(message)) as caught:
        Program.parse(ONE + text)

    assert caught.value.line == (3 if text.strip().count("\n") else 2)
    assert str(caught.value) == f"line {caught.value.line}: {caught.value.bare}"


@pytest.mark.parametrize("rate", ["stop", "minimum rate"])
def test_a_ramp_needs_a_rate_to_start_from(rate: str) -> None:
    """Percent of nothing is nothing: a ramp from stop or the minimum rate is refused."""
    with pytest.raises(ProgramError, match=f'line 2: a ramp goes in percent of the base, and the base is "{rate}"'):
        Program.parse(f"{rate}\nramp to 3 mg/day by 10 % every 1 day")


def test_two_limits_of_one_length_may_hold_mass_and_volume() -> None:
    """A limit in mg and one in mL over the same time are two limits."""
    assert len(Program.parse(f"{ONE}limit 4 mg per 24 h\nlimit 1 mL per 24 h\nlimit 2 mg per 4 h").limits) == 3


def test_a_text_that_is_no_program_at_all_is_refused_at_once() -> None:
    """Megabytes of text, and thousands of clauses, are refused before anything else is done with them."""
    with pytest.raises(ProgramError, match="a program has at most 100000"):
        Program.parse("1 mg/day\n" * 100_000)
    with pytest.raises(ProgramError, match="more than any pump holds; write at most 1000"):
        Program.parse(ONE + "".join(f"limit 1 mg per {n} h\n" for n in range(1, 1001)))
