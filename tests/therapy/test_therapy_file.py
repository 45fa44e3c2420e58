"""Good therapy files, and the objects that they become."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from intrathecal.quantities import Quantity
from intrathecal.therapy import (
    Action,
    Aspirate,
    BatteryReset,
    Bridge,
    CatheterLeak,
    Disconnect,
    Dose,
    FlowStop,
    MotorStall,
    Mri,
    NewProgram,
    NoPresses,
    Occlusion,
    OralOpioid,
    OverInfusion,
    PocketFill,
    PressRate,
    PressTimes,
    PressWhenPain,
    Prime,
    Program,
    Refill,
    ReplacePump,
    Reset,
    Revise,
    Therapy,
    TherapyError,
    TipMigration,
    load_therapy,
    parse_therapy,
)

FILE = Path(__file__).parents[2] / "examples/failed-back.toml"
EXAMPLE = FILE.read_text(encoding="utf-8")
HOUR = 3_600_000
DAY = 24 * HOUR


def parse(text: str) -> Therapy:
    """The therapy in a text."""
    return parse_therapy(text, "therapy.toml", Path())


def with_event(action: str) -> Therapy:
    """The example with one more event, its fifth, on day 80."""
    return parse(EXAMPLE.replace("[simulation]", f'[[event]]\nat = "day 80"\n{action}\n\n[simulation]'))


def action(text: str) -> Action:
    """The action of that event."""
    return with_event(text).events[4].action


def q(number: str, unit: str, kind: str) -> Quantity:
    """A quantity."""
    return Quantity(Decimal(number), unit, kind)


def mg_per_ml(number: str) -> Quantity:
    """A concentration."""
    return q(number, "mg/mL", "concentration")


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


def test_an_experiment_needs_no_pump() -> None:
    """Drugs and doses alone are a whole file; without a date its times are counted from the start."""
    therapy = parse(
        """
        [[drug]]
        name = "morphine"
        [[event]]
        at = "day 0 01:00"
        dose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal" }
        [[event]]
        at = "day 2"
        oral_opioid = "45 mg/day"
        [simulation]
        days = 0.5
        """
    )

    assert (therapy.pump, therapy.catheter, therapy.fill, therapy.program) == (None,) * 4
    assert (therapy.start, therapy.time_at(0), therapy.label) == (None, None, {})
    assert therapy.simulation.days == Fraction(1, 2)
    assert [event.at_ms for event in therapy.events] == [HOUR, 2 * DAY]
    assert therapy.events[0].action == Dose("morphine", q("0.3", "mg", "mass"), "intrathecal", "L3", None, None)
    assert therapy.events[1].action == OralOpioid(q("45", "mg/day", "mass rate"))
    assert therapy.notes == ("event 1: level not given, L3 assumed",)


def test_an_experiment_with_a_date_starts_on_its_day() -> None:
    """Without a fill, day 0 is the day of the first event with a date."""
    therapy = parse(
        '[[drug]]\nname = "morphine"\n[[event]]\nat = 2026-05-04T09:00:00\noral_opioid = "45 mg/day"\n'
        '[[event]]\nat = "day 1"\noral_opioid = "0 mg/day"\n'
    )

    assert therapy.start == datetime(2026, 5, 4)  # noqa: DTZ001
    assert [event.at_ms for event in therapy.events] == [9 * HOUR, DAY]
    assert therapy.time_at(DAY) == datetime(2026, 5, 5)  # noqa: DTZ001


def test_a_trial_with_a_temporary_catheter() -> None:
    """An external pump takes the temporary catheter of the space, and says so."""
    text = EXAMPLE.replace("synchromed-ii-20", "external").replace('model = "ascenda-8781"', 'space = "epidural"')
    therapy = parse(text.replace("31 cm", "0 cm"))
    assert therapy.catheter

    assert (therapy.catheter.entry.name, therapy.catheter.space) == ("temporary-epidural", "epidural")
    assert therapy.notes[0] == "catheter: model not given, temporary-epidural assumed"
    with pytest.raises(TherapyError, match='line 17: \\[catheter\\] has no "model"'):
        parse(text.replace("external", "synchromed-ii-20"))


def test_a_fixed_rate_pump_has_no_program() -> None:
    """Its dose changes with the concentration alone, and refills may change the primary drug without a program."""
    text = EXAMPLE.replace("synchromed-ii-20", "isomed-20-0.5")
    therapy = parse(
        text[: text.index("[program]")]
        + '[[event]]\nat = "day 30"\n'
        + 'refill = { volume = "20 mL", drugs = { bupivacaine = "20 mg/mL" }, primary = "bupivacaine" }\n'
    )
    assert therapy.pump

    assert (therapy.program, therapy.program_line, therapy.pump.programmable) == (None, None, False)
    refill = therapy.events[0].action
    assert isinstance(refill, Refill)
    assert refill.primary == "bupivacaine"


def test_a_drug_that_comes_with_a_later_refill() -> None:
    """A concentration of zero declares a drug that is not in the first fill."""
    text = EXAMPLE.replace('"15 mg/mL"', '"0 mg/mL"')

    assert parse(text).label == {"morphine": mg_per_ml("10")}
    assert parse(text).drugs[1].concentration == mg_per_ml("0")


def test_the_ends_of_ranges_are_inside() -> None:
    """What is just possible is possible: no pain at all, the strongest solution, a whole segment trimmed off."""
    therapy = parse(EXAMPLE.replace("pain = 7.6", "pain = 0").replace('"10 mg/mL"', '"50 mg/mL"'))

    assert (therapy.patient.pain, therapy.label["morphine"]) == (0, mg_per_ml("50"))
    assert parse(EXAMPLE.replace('"31 cm"', '["0 cm", "64 cm"]')).catheter
    assert action('revise = { removed = "31 cm", tip = "T9" }')


def test_refills_carry_the_label_on() -> None:
    """Without new drugs a refill has those of the one before; what the syringe held is the label with its changes."""
    both = {"morphine": mg_per_ml("20"), "bupivacaine": mg_per_ml("30")}
    refill = action('refill = { volume = "10 mL", removed = "2 mL", actual = { morphine = "10 mg/mL" } }')

    assert refill == Refill(
        volume=q("10", "mL", "volume"),
        drugs=both,
        removed=q("2", "mL", "volume"),
        actual={"morphine": mg_per_ml("10"), "bupivacaine": mg_per_ml("30")},
        primary="morphine",
        bridge="none",
    )
    assert action('refill = { volume = "9 mL", bridge = { volume = "0.4 mL", rate = "0.2 mL/day" } }') == replace(
        refill,
        volume=q("9", "mL", "volume"),
        removed=None,
        actual=None,
        bridge=Bridge(q("0.4", "mL", "volume"), q("0.2", "mL/day", "flow")),
    )


def test_a_new_primary_drug_comes_with_a_program() -> None:
    """The primary drug may be left out when another is named and a program says what doses of it are wanted."""
    therapy = with_event(
        'refill = { volume = "9 mL", drugs = { bupivacaine = "20 mg/mL" }, primary = "bupivacaine" }\n'
        '[[event]]\nat = "day 80"\nprogram = "5 mg/day"\n'
        '[[event]]\nat = "day 81"\nrefill = { volume = "9 mL" }'
    )
    refill = therapy.events[6].action
    assert isinstance(refill, Refill)

    assert (refill.drugs, refill.primary) == ({"bupivacaine": mg_per_ml("20")}, "bupivacaine")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('prime = { volume = "0.3 mL", over = "15 min" }', Prime(q("0.3", "mL", "volume"), q("15", "min", "duration"))),
        ("reset = true", Reset()),
        (
            'aspirate = { volume = "1 mL", from = "side-port" }',
            Aspirate(q("1", "mL", "volume"), "side-port"),
        ),
        (
            'dose = { drug = "morphine", amount = "3 mg", route = "intravenous", over = "5 min" }',
            Dose("morphine", q("3", "mg", "mass"), "intravenous", None, q("5", "min", "duration"), None),
        ),
        (
            'dose = { drug = "morphine", amount = "30 mg", route = "oral" }',
            Dose("morphine", q("30", "mg", "mass"), "oral", None, None, None),
        ),
        (
            'dose = { drug = "morphine", amount = "3 mg", route = "epidural", level = "L2", volume = "10 mL" }',
            Dose("morphine", q("3", "mg", "mass"), "epidural", "L2", None, q("10", "mL", "volume")),
        ),
        (
            'fault = { kind = "catheter-leak", fraction = "25 %", for = "2 h" }',
            CatheterLeak(Fraction(1, 4), q("2", "h", "duration")),
        ),
        ('fault = { kind = "occlusion", fraction = 1 }', Occlusion(Fraction(1), None)),
        ('fault = { kind = "disconnect" }', Disconnect(None)),
        ('fault = { kind = "tip-migration", to = "L2" }', TipMigration("L2", None)),
        ('fault = { kind = "motor-stall", for = "3 days" }', MotorStall(q("3", "days", "duration"))),
        ('fault = { kind = "over-infusion", factor = 1.5 }', OverInfusion(Fraction(3, 2), None)),
        ('fault = { kind = "pocket-fill", volume = "10 mL" }', PocketFill(q("10", "mL", "volume"), None)),
        ('fault = { kind = "battery-reset" }', BatteryReset(None)),
        ('fault = { kind = "flow-stop" }', FlowStop(None)),
    ],
)
def test_events(written: str, expected: Action) -> None:
    """Every kind of event and fault becomes its object."""
    assert action(written) == expected


def test_a_dose_goes_to_the_tip_unless_told() -> None:
    """A spinal dose without a level goes to the catheter's tip as it is by then, and says so."""
    therapy = with_event(
        'revise = { tip = "T8" }\n[[event]]\nat = "day 81"\n'
        'dose = { drug = "morphine", amount = "0.1 mg", route = "intrathecal" }'
    )
    dose = therapy.events[5].action
    assert isinstance(dose, Dose)

    assert dose.level == "T8"
    assert "event 6: level not given, the catheter's tip (T8) assumed" in therapy.notes


def test_catheter_revisions() -> None:
    """A tip moved, a catheter shortened, and a new one: each time the whole catheter as it is afterwards."""
    catheter = load_therapy(FILE).catheter
    assert catheter

    moved = action('revise = { tip = "T8" }')
    assert moved == Revise(replace(catheter, tip="T8"), replaced=False)
    shorter = action('revise = { removed = "40 cm" }')
    assert shorter == Revise(replace(catheter, removed_cm=(Fraction(0), Fraction(40))), replaced=False)
    new = with_event('revise = { model = "indura-8709sc", tip = "T7" }')
    revise = new.events[4].action
    assert isinstance(revise, Revise)
    assert (revise.catheter.entry.name, revise.catheter.tip, revise.replaced) == ("indura-8709sc", "T7", True)
    assert revise.catheter.removed_cm == (Fraction(0),)
    assert "event 5: removed not given, 0 cm assumed" in new.notes


def test_pump_replacements() -> None:
    """A new pump has the day of its operation, no drive error of the old one, and the fill that is said or assumed."""
    therapy = with_event('replace-pump = { model = "synchromed-iii-40" }')
    replacement = therapy.events[4].action
    assert isinstance(replacement, ReplacePump)

    assert (replacement.pump.entry.name, replacement.pump.implanted) == ("synchromed-iii-40", date(2026, 5, 21))
    assert (replacement.pump.utc_offset_minutes, replacement.pump.drive_error) == (60, Fraction(0))
    assert (replacement.volume, replacement.primed, replacement.primary) == (
        q("20", "mL", "volume"),
        "tubing",
        "morphine",
    )
    assert replacement.drugs == {"morphine": mg_per_ml("20"), "bupivacaine": mg_per_ml("30")}
    assert therapy.notes[1:] == (
        "event 5: volume not given, the new pump is filled with 20 mL as the old one was",
        'event 5: primed not given, "tubing" assumed (the catheter keeps what it holds)',
    )
    larger = with_event(
        'replace-pump = { model = "synchromed-iii-40", volume = "40 mL", primed = "no", drive_error = "1 %" }\n'
        '[[event]]\nat = "day 81"\nrefill = { volume = "40 mL" }'
    )
    assert isinstance(larger.events[4].action, ReplacePump)
    assert larger.events[4].action.pump.drive_error == Fraction(1, 100)


CUSTOM = """
title = "Mine"
maker = "Me"
kind = "programmable"
mri = "unaffected"
senses_stall = true
alarms = true
reservoir_volume = { value = 25, unit = "mL", source = ["chosen"], note = "mine" }
step_volume = { value = 1, unit = "nL", source = ["chosen"], note = "mine" }
actuation_duration = { value = 1, unit = "ms", source = ["chosen"], note = "mine" }
tubing_volume = { value = 0, unit = "mL", source = ["chosen"], note = "mine" }
slowest_flow = { value = 0.01, unit = "mL/day", source = ["chosen"], note = "mine" }
fastest_flow = { value = 24, unit = "mL/day", source = ["chosen"], note = "mine" }
accuracy = { value = 5, unit = "%", source = ["chosen"], note = "mine" }
"""


@pytest.mark.parametrize(("model", "table"), [("custom", ""), ("my-pump", 'name = "my-pump"')])
def test_a_pump_described_in_the_file(model: str, table: str) -> None:
    """An inline pump is called by its key or by its own name, and can hold what it says."""
    text = EXAMPLE.replace("synchromed-ii-20", model).replace('volume = "20 mL"\nat', 'volume = "25 mL"\nat')
    therapy = parse(text.replace("[catheter]", f"[pump.custom]\n{table}{CUSTOM}\n[catheter]"))
    assert therapy.pump

    assert therapy.pump.entry.title == "Mine"
    assert therapy.catalogue.pumps[model] == therapy.pump.entry


def test_a_catheter_described_in_the_file() -> None:
    """An inline catheter has the segments that it says."""
    table = """[catheter.custom]
title = "Mine"
space = "intrathecal"
inner_diameter = { value = 0.53, unit = "mm", source = ["chosen"], note = "mine" }
[[catheter.custom.segments]]
name = "whole"
length = { value = 80, unit = "cm", source = ["chosen"], note = "mine" }
volume_per_length = { value = 0.0022, unit = "mL/cm", source = ["chosen"], note = "mine" }
"""
    text = EXAMPLE.replace("ascenda-8781", "custom").replace("[[drug]]", f"{table}[[drug]]", 1)
    catheter = parse(text).catheter
    assert catheter

    assert catheter.entry.name == "custom"
    assert sum(catheter.removed_cm) == 31
    assert catheter.entry.length_cm == 80
    with pytest.raises(TherapyError, match=r"^therapy\.toml, line 26: custom\.segments\.whole\.length"):
        parse(text.replace("value = 80", "value = -80"))


def test_a_mistake_in_a_pump_described_in_the_file() -> None:
    """What is wrong with an inline pump is said with its own line."""
    text = EXAMPLE.replace("synchromed-ii-20", "custom").replace("[catheter]", f"[pump.custom]{CUSTOM}\n[catheter]")

    with pytest.raises(TherapyError, match=r"^therapy\.toml, line 24: custom\.reservoir_volume"):
        parse(text.replace('value = 25, unit = "mL"', 'value = 25, unit = "cm"'))
    with pytest.raises(TherapyError, match=r'^therapy\.toml, line 17: custom: the catalogue has "external" already'):
        parse(text.replace("[pump.custom]", '[pump.custom]\nname = "external"').replace('"custom"', '"external"'))


def test_catalogue_files_are_found_beside_the_therapy_file(tmp_path: Path) -> None:
    """Files named in [catalogue] are relative to the therapy file; those given apart come after them."""
    (tmp_path / "own.toml").write_text(f"[pump.mine]{CUSTOM}", encoding="utf-8")
    (tmp_path / "later.toml").write_text(f"[pump.mine]{CUSTOM.replace('Mine', 'Later')}", encoding="utf-8")
    file = tmp_path / "therapy.toml"
    file.write_text(
        EXAMPLE.replace("synchromed-ii-20", "mine") + '\n[catalogue]\nfiles = ["own.toml"]\n', encoding="utf-8"
    )
    own, later = load_therapy(file).pump, load_therapy(file, [tmp_path / "later.toml"]).pump
    assert own
    assert later

    assert (own.entry.title, later.entry.title) == ("Mine", "Later")


def test_leaving_out_the_primary_drug_with_a_program_makes_the_first_drug_of_the_fill_primary() -> None:
    """With a program at the same time, doses are doses of the first drug that the refill names, and a note says so."""
    text = EXAMPLE.replace('{ morphine = "20 mg/mL", bupivacaine = "30 mg/mL" }', '{ bupivacaine = "30 mg/mL" }')
    program = '[[event]]\nat = 2026-04-20T09:00:00\nprogram = "5 mg/day"\n\n'
    therapy = parse(text.replace('[[event]]\nat = "day 60', program + '[[event]]\nat = "day 60'))
    refill = therapy.events[0].action

    assert isinstance(refill, Refill)
    assert refill.primary == "bupivacaine"
    assert any("program doses are doses of bupivacaine" in note for note in therapy.notes)
