"""Good therapy files, and the objects that they become."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.therapy.support import DAY, EXAMPLE, FILE, HOUR, mg_per_ml, parse, q

from intrathecal.therapy import (
    CatheterLeak,
    Mri,
    NewProgram,
    NoPresses,
    PressRate,
    PressTimes,
    PressWhenPain,
    Program,
    Refill,
    load_therapy,
)


def test_the_example_becomes_the_therapy_that_it_describes() -> None:
    """Every value of the example file is found in the object."""
    therapy = load_therapy(FILE)
    patient, pump, catheter, fill = therapy.patient, therapy.pump, therapy.catheter, therapy.fill
    assert pump
    assert catheter
    assert fill

    assert therapy.title == "Failed back surgery, morphine with bupivacaine"
    assert (patient.height_cm, patient.weight_kg, patient.age, patient.sex) == (172, 78, 58, "female")
    assert (patient.indication, patient.pain, patient.oral_opioid) == (
        "neuropathic",
        7.6,
        q("240", "mg/day", "mass rate"),
    )
    assert patient.assumed == ()
    assert (pump.entry.name, pump.implanted, pump.utc_offset_minutes, pump.drive_error) == (
        "synchromed-ii-20",
        date(2026, 3, 2),
        60,
        Fraction(0),
    )
    assert (catheter.entry.name, catheter.tip, catheter.space) == ("ascenda-8781", "T10", "intrathecal")
    assert catheter.removed_cm == (Fraction(0), Fraction(31))
    assert sum(catheter.removed_cm) == 31
    assert [entry.drug.name for entry in therapy.drugs] == ["morphine", "bupivacaine"]
    assert therapy.primary.name == "morphine"
    assert therapy.label == {"morphine": mg_per_ml("10"), "bupivacaine": mg_per_ml("15")}
    assert (fill.volume, fill.at, fill.primed) == (q("20", "mL", "volume"), datetime(2026, 3, 2, 10, 30), "tip")  # noqa: DTZ001
    assert (fill.low_reservoir_alarm, fill.lead) == (q("2", "mL", "volume"), q("7", "days", "duration"))
    assert (fill.reservoir_now, fill.now, fill.next_visit) == (None, None, None)
    assert therapy.program == Program.parse(
        "2.4 mg/day\n22:00-06:00 1.6 mg/day\nbolus 0.2 mg over 10 min at 07:00\n"
        "on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day\nlimit 4 mg per 24 h"
    )
    assert therapy.program_line == 36
    assert therapy.simulation.days == 90
    assert therapy.simulation.presses == PressWhenPain(Decimal(5))
    assert therapy.simulation.seed == 7
    assert therapy.start == fill.at
    assert therapy.notes == ("fill: lead not given, 7 days assumed",)


def test_the_events_of_the_example() -> None:
    """Each event knows its line, its number, its time on the pump's clock, and what it does."""
    events = load_therapy(FILE).events
    new = {"morphine": mg_per_ml("20"), "bupivacaine": mg_per_ml("30")}

    assert [(event.index, event.line, event.written) for event in events] == [
        (1, 45, "2026-04-20T09:00:00"),
        (2, 49, "day 60 14:00"),
        (3, 53, "day 70"),
        (4, 57, "day 75"),
    ]
    assert [event.at_ms for event in events] == [
        49 * DAY - HOUR * 3 // 2,
        60 * DAY + HOUR * 7 // 2,
        70 * DAY - HOUR * 21 // 2,
        75 * DAY - HOUR * 21 // 2,
    ]
    assert [event.action for event in events] == [
        Refill(q("20", "mL", "volume"), new, None, None, "morphine", "auto"),
        Mri(q("45", "min", "duration")),
        NewProgram(Program.parse("3 mg/day")),
        CatheterLeak(Fraction(2, 5), None),
    ]


def test_equal_files_are_equal_therapies() -> None:
    """Reading is a function of the text: Windows line ends and a byte order mark change nothing."""
    therapy = parse(EXAMPLE)

    assert parse(EXAMPLE) == therapy
    assert parse("\ufeff" + EXAMPLE.replace("\n", "\r\n")) == therapy


def test_what_is_not_said_is_assumed_and_named() -> None:
    """The smallest file with a pump has the documented defaults, and says each of them."""
    therapy = parse(
        """
        [pump]
        model = "prometra-ii-20"
        [catheter]
        model = "prometra-110"
        tip = "T8"
        [[drug]]
        name = "morphine"
        concentration = "10 mg/mL"
        [fill]
        volume = "18 mL"
        at = 2026-03-02
        [program]
        text = "2.4 mg/day"
        """
    )
    patient, pump, fill = therapy.patient, therapy.pump, therapy.fill
    assert pump
    assert fill

    assert therapy.title == "therapy.toml"
    assert patient.assumed == ("height", "weight", "age", "indication", "pain", "oral_opioid")
    assert (patient.indication, patient.pain) == ("nociceptive", 7)
    assert patient.height_cm == therapy.catalogue.physiology.adult_height.canonical
    assert patient.weight_kg == therapy.catalogue.physiology.adult_weight.canonical
    assert (patient.sex, patient.sedatives, patient.sleep_apnoea, patient.egfr_ml_per_min) == (None,) * 4
    assert (pump.implanted, pump.utc_offset_minutes, pump.drive_error) == (date(2026, 3, 2), 0, Fraction(0))
    assert (fill.primed, fill.low_reservoir_alarm, fill.lead) == (
        "tip",
        q("2", "mL", "volume"),
        q("7", "days", "duration"),
    )
    assert (therapy.simulation.days, therapy.simulation.presses, therapy.simulation.seed) == (
        Fraction(90),
        NoPresses(),
        0,
    )
    assert therapy.notes == (
        "pump: utc_offset not given, +00:00 assumed",
        "catheter: removed not given, 0 cm assumed (nothing was trimmed off)",
        "fill: at has no clock time, 2026-03-02T00:00:00 assumed",
        "fill: primed not given, tip assumed",
        "fill: low_reservoir_alarm not given, 2 mL assumed",
        "fill: lead not given, 7 days assumed",
        "simulation: days not given, 90 assumed",
    )


def test_everything_that_can_be_said_of_patient_and_fill() -> None:
    """The keys that the example leaves out."""
    text = EXAMPLE.replace("age = 58", 'age = 58.5\nsedatives = true\nsleep_apnoea = false\negfr = "55 mL/min"')
    text = text.replace("[pump]", 'allergies = ["latex"]\n[pump]').replace('"+01:00"', '"-03:30"\ndrive_error = "-2 %"')
    text = text.replace(
        '"2 mL"', '"0 mL"\nlead = "0 days"\nreservoir_now = "0 mL"\nnow = "day 40 08:00"\nnext_visit = 2026-04-20'
    )
    therapy = parse(text)
    patient, pump, fill = therapy.patient, therapy.pump, therapy.fill
    assert pump
    assert fill

    assert (patient.age, patient.sedatives, patient.sleep_apnoea, patient.allergies) == (58.5, True, False, ("latex",))
    assert patient.egfr_ml_per_min == 55
    assert parse(EXAMPLE.replace("age = 58", "egfr = 55")).patient.egfr_ml_per_min == 55
    assert (pump.utc_offset_minutes, pump.drive_error) == (-210, Fraction(-1, 50))
    assert (fill.reservoir_now, fill.now) == (q("0", "mL", "volume"), datetime(2026, 4, 11, 8))  # noqa: DTZ001
    assert (fill.next_visit, fill.lead.number, fill.low_reservoir_alarm.number) == (
        date(2026, 4, 20),
        Decimal(0),
        Decimal(0),
    )


def test_a_trim_by_segment_and_in_all() -> None:
    """A trim in all is taken from the spinal end, on into the next segment when it is longer than the last one."""

    def trims(removed: str) -> list[float]:
        catheter = parse(EXAMPLE.replace('"31 cm"', removed)).catheter
        assert catheter
        return [float(trim) for trim in catheter.removed_cm]

    assert trims('["5 cm", "310 mm"]') == [5, 31]
    assert trims('"70 cm"') == [6, 64]
    assert trims('"0 cm"') == [0, 0]


def test_times_are_the_pump_s_clock() -> None:
    """Dates, texts and days are the same moments; an offset of the clock moves none of them."""

    def at_ms(at: str, offset: str = "+01:00") -> int:
        text = EXAMPLE.replace("2026-04-20T09:00:00", at).replace("+01:00", offset)
        return parse(text).events[0].at_ms

    assert (
        at_ms("2026-04-20 09:00:00")
        == at_ms('"2026-04-20T09:00"')
        == at_ms('"2026-04-20 09:00:00"')
        == at_ms('"day 49 09:00"')
        == at_ms('"DAY  49  09:00"')
        == at_ms("2026-04-20T09:00:00", "-11:00")
        == 49 * DAY - HOUR * 3 // 2
    )
    assert at_ms("2026-04-20") == at_ms('"2026-04-20"') == at_ms('"day 49"') == 49 * DAY - HOUR * 21 // 2
    assert at_ms('"day 0 10:30"') == 0
    assert at_ms("2026-04-20T09:00:00.250") == 49 * DAY - HOUR * 3 // 2 + 250


def test_leap_days_and_daylight_saving() -> None:
    """29 February exists in 2028 alone, and the night in which clocks change has 24 hours."""
    text = EXAMPLE.replace("2026", "2028")

    assert parse(text.replace("03-02", "02-28").replace("04-20T09", "02-29T09")).events[0].at_ms == (
        DAY - HOUR * 3 // 2
    )
    assert parse(EXAMPLE.replace("04-20T09", "03-29T10")).events[0].at_ms == 27 * DAY - HOUR // 2


def test_events_may_share_a_time_and_lie_after_the_end() -> None:
    """Several events at one time stand in the order of the file; those after the end are there all the same."""
    events = parse(EXAMPLE.replace('"day 70"', '"day 75"').replace("days = 90", "days = 10")).events

    assert [event.at_ms for event in events][2:] == [75 * DAY - HOUR * 21 // 2] * 2
    assert [type(event.action) for event in events][2:] == [NewProgram, CatheterLeak]


@pytest.mark.parametrize(
    ("written", "presses"),
    [
        ('"never"', NoPresses()),
        ('"3 per day"', PressRate(Decimal(3))),
        ('"0.5 Per Day"', PressRate(Decimal("0.5"))),
        ('"when pain>4.5"', PressWhenPain(Decimal("4.5"))),
        ('["day 0 10:30", 2026-03-02T12:30:00, "2026-03-03 10:30"]', PressTimes((0, 2 * HOUR, DAY))),
        ("[]", PressTimes(())),
    ],
)
def test_presses(written: str, presses: object) -> None:
    """Never, at times, at random or when it hurts."""
    assert parse(EXAMPLE.replace('"when pain > 5"', written)).simulation.presses == presses


def test_presses_that_nothing_answers_are_noted() -> None:
    """A handset without an "on demand" clause in any program does nothing, and that is said."""
    start, end = EXAMPLE.index("on demand"), EXAMPLE.index("limit")

    assert parse(EXAMPLE[:start] + EXAMPLE[end:]).notes[-1] == (
        'simulation: presses do nothing, since no program has "on demand"'
    )
