"""Experiments, trials, pumps of one flow, and drugs that change: the therapies beside the usual one."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest
from tests.therapy.support import DAY, EXAMPLE, HOUR, action, mg_per_ml, parse, q, with_event

from intrathecal.therapy import (
    Bridge,
    Dose,
    OralOpioid,
    Refill,
    TherapyError,
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


def test_leaving_out_the_primary_drug_with_a_program_makes_the_first_drug_of_the_fill_primary() -> None:
    """With a program at the same time, doses are doses of the first drug that the refill names, and a note says so."""
    text = EXAMPLE.replace('{ morphine = "20 mg/mL", bupivacaine = "30 mg/mL" }', '{ bupivacaine = "30 mg/mL" }')
    program = '[[event]]\nat = 2026-04-20T09:00:00\nprogram = "5 mg/day"\n\n'
    therapy = parse(text.replace('[[event]]\nat = "day 60', program + '[[event]]\nat = "day 60'))
    refill = therapy.events[0].action

    assert isinstance(refill, Refill)
    assert refill.primary == "bupivacaine"
    assert any("program doses are doses of bupivacaine" in note for note in therapy.notes)
