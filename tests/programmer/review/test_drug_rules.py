"""The rules about drug and patient: for each code a program that triggers it, and one beside it that does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from tests.programmer.review.files import event, label, therapy

from intrathecal.programmer.review import Finding, case_of, judge
from intrathecal.programmer.review.rules.drugs import DRUG_RULES
from intrathecal.programmer.review.rules.predicted import PREDICTED

SUMS = [rule for rule in DRUG_RULES if rule not in PREDICTED]
NAIVE = 'indication = "nociceptive"\nage = 60'
TOLERANT = f'{NAIVE}\noral_opioid = "200 mg/day"'
SPASTIC = 'indication = "spasticity"\nage = 40'
OLD_PUMP = 'model = "synchromed-ii-20"\nimplanted = 2024-01-05\nutc_offset = "+01:00"'
EPIDURAL = 'model = "temporary-epidural"\nspace = "epidural"\ntip = "T11"'
EXTERNAL = 'model = "external"'
MORPHINE = label(morphine="10 mg/mL")
BACLOFEN = label(baclofen="2000 mcg/mL")
ZICONOTIDE = label(ziconotide="25 mcg/mL")
HYDROMORPHONE = label(hydromorphone="5 mg/mL")
PRESS = "on demand {} over 10 min, lockout 2 h, max 6 per day"


@dataclass(frozen=True)
class Asked:
    """A program, its drugs and its patient; what runs, if anybody says; and the parts of the file that differ."""

    program: str
    drugs: str = MORPHINE
    patient: str = TOLERANT
    running: str | None = None
    old: str | None = None
    number: int | None = None
    parts: dict[str, str] = field(default_factory=dict)


def found(asked: Asked) -> list[Finding]:
    """What the rules find, the simulation aside."""
    parts = {"patient": asked.patient, "pump": OLD_PUMP, **asked.parts}
    new = therapy(asked.program, drugs=asked.drugs, **parts)
    old = None if asked.running is None else therapy(asked.running, drugs=asked.old or asked.drugs, **parts)
    return list(judge(case_of(new, old, asked.number), SUMS).findings)


def only(asked: Asked, code: str) -> Finding:
    """The one finding of a code."""
    [one] = [each for each in found(asked) if each.code == code]
    return one


def morphine(program: str, running: str | None = None, patient: str = TOLERANT) -> Asked:
    """A program of morphine, 10 mg/mL."""
    return Asked(program, patient=patient, running=running)


def baclofen(program: str, running: str | None = None) -> Asked:
    """A program of baclofen, 2000 mcg/mL."""
    return Asked(program, BACLOFEN, SPASTIC, running)


def ziconotide(program: str, running: str | None = None) -> Asked:
    """A program of ziconotide, 25 mcg/mL."""
    return Asked(program, ZICONOTIDE, NAIVE, running)


def swap(new: dict[str, str], old: dict[str, str], program: str = "2 mg/day", running: str = "2 mg/day") -> Asked:
    """Another fill against the one that runs."""
    return Asked(program, label(**new), TOLERANT, running, label(**old))


def first(program: str, drugs: str, patient: str) -> Asked:
    """The first program of a new pump."""
    return Asked(program, drugs, patient, parts={"pump": OLD_PUMP.replace("2024", "2026")})


def history(*events: str, number: int) -> Asked:
    """Morphine whose file tells what happened."""
    return Asked("1 mg/day", number=number, parts={"more": "".join(events)})


def raised(at: str, program: str) -> str:
    """An event with a new program."""
    return event(at, f'program = "{program}"')


ALLERGIC = f'{TOLERANT}\nallergies = ["{{}}"]'
MB = {"morphine": "10 mg/mL", "bupivacaine": "20 mg/mL"}

#: code, severity, what triggers it, what stands beside it and does not.
RULES: list[tuple[str, str, Asked, Asked]] = [
    ("daily-dose-high", "soft", morphine("16 mg/day"), morphine("14 mg/day")),
    ("daily-dose-high", "hard", morphine("51 mg/day"), morphine("14 mg/day")),
    (
        "daily-dose-high",
        "soft",
        Asked("5 mg/day", label(**MB | {"bupivacaine": "40 mg/mL", "morphine": "5 mg/mL"})),
        Asked("2 mg/day", label(**MB | {"bupivacaine": "40 mg/mL", "morphine": "5 mg/mL"})),
    ),
    ("daily-dose-high", "soft", baclofen("1100 mcg/day"), baclofen("900 mcg/day")),
    (
        "daily-dose-high",
        "soft",
        morphine("10 mg/day\nramp to 20 mg/day by 10 % every 1 day"),
        morphine("10 mg/day\nramp to 14 mg/day by 10 % every 1 day"),
    ),
    (
        "daily-dose-high",
        "soft",
        Asked("31 mg/day", label(morphine="2 mg/mL"), TOLERANT, parts={"catheter": EPIDURAL, "pump": EXTERNAL}),
        Asked("29 mg/day", label(morphine="2 mg/mL"), TOLERANT, parts={"catheter": EPIDURAL, "pump": EXTERNAL}),
    ),
    (
        "daily-dose-with-presses-high",
        "soft",
        morphine("12 mg/day\n" + PRESS.format("1 mg")),
        morphine("12 mg/day\n" + PRESS.format("0.2 mg")),
    ),
    ("opioid-naive-dose", "soft", morphine("1.2 mg/day", patient=NAIVE), morphine("1.2 mg/day")),
    ("opioid-naive-dose", "hard", first("6 mg/day", MORPHINE, NAIVE), morphine("6 mg/day", "5 mg/day", NAIVE)),
    (
        "opioid-naive-hour",
        "soft",
        morphine("0.5 mg/day\nbolus 1.1 mg over 30 min at 08:00", patient=NAIVE),
        morphine("0.5 mg/day\nbolus 0.1 mg over 30 min at 08:00", patient=NAIVE),
    ),
    (
        "opioid-naive-bolus",
        "soft",
        morphine("0.5 mg/day\n" + PRESS.format("0.2 mg"), patient=NAIVE),
        morphine("0.5 mg/day\n" + PRESS.format("0.1 mg"), patient=NAIVE),
    ),
    (
        "opioid-naive-bolus",
        "hard",
        first("0.5 mg/day\n" + PRESS.format("2.6 mg"), MORPHINE, NAIVE),
        morphine("9 mg/day\n" + PRESS.format("2.6 mg")),
    ),
    (
        "no-limits",
        "soft",
        Asked("1 mg/day", label(bupivacaine="1 mg/mL"), NAIVE, parts={"catheter": EPIDURAL, "pump": EXTERNAL}),
        Asked("1 mg/day", label(bupivacaine="1 mg/mL"), NAIVE),
    ),
    ("start-dose-high", "soft", first("2.6 mcg/day", ZICONOTIDE, NAIVE), ziconotide("2.6 mcg/day", "2.4 mcg/day")),
    ("start-dose-high", "soft", first("0.6 mg/day", MORPHINE, NAIVE), first("0.5 mg/day", MORPHINE, NAIVE)),
    ("start-dose-high", "soft", first("3 mg/day", HYDROMORPHONE, TOLERANT), first("2 mg/day", HYDROMORPHONE, TOLERANT)),
    ("start-dose-high", "soft", first("220 mcg/day", BACLOFEN, SPASTIC), first("200 mcg/day", BACLOFEN, SPASTIC)),
    (
        "hourly-dose-high",
        "hard",
        Asked("2 mg/day\nbolus 26 mg over 50 min at 08:00", label(morphine="50 mg/mL")),
        Asked("2 mg/day\nbolus 2 mg over 50 min at 08:00", label(morphine="50 mg/mL")),
    ),
    (
        "bolus-high",
        "soft",
        Asked("10 mg/day\n" + PRESS.format("2.6 mg"), label(bupivacaine="20 mg/mL"), NAIVE),
        Asked("10 mg/day\n" + PRESS.format("1 mg"), label(bupivacaine="20 mg/mL"), NAIVE),
    ),
    (
        "patient-bolus-share",
        "soft",
        morphine("2 mg/day\n" + PRESS.format("0.8 mg")),
        morphine("2 mg/day\n" + PRESS.format("0.2 mg")),
    ),
    (
        "pressed-above-base",
        "note",
        morphine("2 mg/day\n" + PRESS.format("0.4 mg")),
        morphine("2 mg/day\n" + PRESS.format("0.3 mg")),
    ),
    ("dose-below-practice", "soft", morphine("20 mcg/day"), morphine("30 mcg/day")),
    ("dose-below-practice", "soft", morphine("20 mcg/day"), morphine("20 mcg/day", "25 mcg/day")),
    (
        "concentration-high",
        "soft",
        Asked("2 mg/day", label(morphine="30 mg/mL")),
        Asked("2 mg/day", label(morphine="20 mg/mL")),
    ),
    (
        "concentration-high",
        "hard",
        Asked("2 mcg/day", label(ziconotide="250 mcg/mL")),
        Asked("2 mcg/day", label(ziconotide="100 mcg/mL")),
    ),
    (
        "concentration-high",
        "soft",
        Asked("1 mg/day", label(morphine="5 mg/mL", bupivacaine="35 mg/mL")),
        Asked("1 mg/day", label(morphine="5 mg/mL", bupivacaine="30 mg/mL")),
    ),
    (
        "allergy",
        "hard",
        morphine("2 mg/day", patient=ALLERGIC.format("Morphine sulfate")),
        morphine("2 mg/day", patient=ALLERGIC.format("penicillin")),
    ),
    (
        "allergy",
        "hard",
        Asked("300 mcg/day", BACLOFEN, f'{SPASTIC}\nallergies = ["Lioresal (rash)"]'),
        Asked("300 mcg/day", BACLOFEN, f'{SPASTIC}\nallergies = ["apomorphine"]'),
    ),
    ("allergy-class", "soft", morphine("2 mg/day", patient=ALLERGIC.format("opiates")), ziconotide("2 mcg/day")),
    (
        "allergy-class",
        "soft",
        morphine("2 mg/day", patient=ALLERGIC.format("codeine: rash")),
        morphine("2 mg/day", patient=ALLERGIC.format("fentanyl: rash")),
    ),
    (
        "sedatives",
        "soft",
        morphine("2 mg/day", patient=f"{TOLERANT}\nsedatives = true"),
        morphine("2 mg/day", patient=f"{TOLERANT}\nsedatives = false"),
    ),
    (
        "sedatives",
        "note",
        morphine("2 mg/day", "2 mg/day", f"{TOLERANT}\nsedatives = true"),
        morphine("2 mg/day", "2 mg/day"),
    ),
    (
        "sleep-apnoea",
        "soft",
        morphine("2.4 mg/day", "2 mg/day", f"{TOLERANT}\nsleep_apnoea = true"),
        Asked("300 mcg/day", BACLOFEN, f"{SPASTIC}\nsleep_apnoea = true"),
    ),
    (
        "kidneys",
        "note",
        morphine("2 mg/day", patient=f"{TOLERANT}\negfr = 25"),
        morphine("2 mg/day", patient=f"{TOLERANT}\negfr = 60"),
    ),
    (
        "too-young",
        "soft",
        Asked("2 mg/day", patient=TOLERANT.replace("60", "15")),
        Asked("2 mg/day", patient=TOLERANT.replace("60", "18")),
    ),
    ("dose-raised", "soft", morphine("3.4 mg/day", "2 mg/day"), morphine("2.4 mg/day", "2 mg/day")),
    ("dose-raised", "note", morphine("2.8 mg/day", "2 mg/day"), morphine("2.6 mg/day", "2 mg/day")),
    ("dose-raised", "hard", morphine("11 mg/day", "2 mg/day"), morphine("2.6 mg/day", "2 mg/day")),
    ("dose-raised", "soft", baclofen("142 mcg/day", "100 mcg/day"), baclofen("115 mcg/day", "100 mcg/day")),
    ("dose-lowered", "soft", ziconotide("2 mcg/day", "6 mcg/day"), ziconotide("4 mcg/day", "6 mcg/day")),
    ("step-too-large", "soft", ziconotide("7 mcg/day", "4 mcg/day"), ziconotide("6.4 mcg/day", "4 mcg/day")),
    ("step-too-large", "hard", ziconotide("12 mcg/day", "4 mcg/day"), ziconotide("6.4 mcg/day", "4 mcg/day")),
    (
        "patient-bolus-raised",
        "soft",
        morphine("2 mg/day\n" + PRESS.format("0.25 mg"), "2 mg/day\n" + PRESS.format("0.1 mg")),
        morphine("2 mg/day\n" + PRESS.format("0.15 mg"), "2 mg/day\n" + PRESS.format("0.1 mg")),
    ),
    (
        "patient-bolus-raised",
        "hard",
        morphine("4 mg/day\n" + PRESS.format("0.6 mg"), "4 mg/day\n" + PRESS.format("0.1 mg")),
        morphine("2 mg/day\n" + PRESS.format("0.15 mg"), "2 mg/day\n" + PRESS.format("0.1 mg")),
    ),
    (
        "step-too-soon",
        "soft",
        Asked("2 mcg/day", ZICONOTIDE, NAIVE, number=1, parts={"more": raised('"day 0 20:00"', "3 mcg/day")}),
        Asked("2 mcg/day", ZICONOTIDE, NAIVE, number=1, parts={"more": raised('"day 3"', "3 mcg/day")}),
    ),
    ("unit-changed", "note", morphine("2400 mcg/day", "2 mg/day"), morphine("2.4 mg/day", "2 mg/day")),
    ("slip-tenfold", "hard", morphine("20 mg/day", "2 mg/day"), morphine("3 mg/day", "2 mg/day")),
    ("slip-tenfold", "hard", morphine("24 mg/day", "2 mg/day"), morphine("28 mg/day", "2 mg/day")),
    ("slip-tenfold", "hard", morphine("16 mg/day", "2 mg/day"), morphine("15 mg/day", "2 mg/day")),
    ("slip-tenfold", "soft", morphine("0.2 mg/day", "2 mg/day"), morphine("1.6 mg/day", "2 mg/day")),
    (
        "slip-tenfold",
        "hard",
        morphine("4 mg/day\n" + PRESS.format("1 mg"), "4 mg/day\n" + PRESS.format("0.1 mg")),
        morphine("4 mg/day\n" + PRESS.format("0.2 mg"), "4 mg/day\n" + PRESS.format("0.1 mg")),
    ),
    ("slip-tenfold", "soft", Asked("60 mg/day", HYDROMORPHONE), Asked("6 mg/day", HYDROMORPHONE)),
    (
        "slip-thousand",
        "hard",
        Asked("200 mg/day", BACLOFEN, SPASTIC, "200 mcg/day"),
        baclofen("230 mcg/day", "200 mcg/day"),
    ),
    ("slip-thousand", "soft", morphine("2.4 mcg/day", "2.4 mg/day"), morphine("2.4 mg/day", "2.4 mg/day")),
    ("slip-thousand", "soft", morphine("2.4 mcg/day"), morphine("2.4 mg/day")),
    ("slip-per-hour", "hard", morphine("2 mg/h", "2 mg/day"), morphine("2 mg/day", "2 mg/day")),
    ("slip-per-hour", "soft", morphine("2 mg/h"), morphine("0.1 mg/h")),
    (
        "slip-per-hour",
        "soft",
        baclofen(
            "300 mcg/day\nbolus 60 mcg over 5 min every 1 h from 00:00", "300 mcg/day\nbolus 60 mcg over 5 min at 08:00"
        ),
        baclofen("300 mcg/day\nbolus 60 mcg over 5 min at 08:00", "300 mcg/day\nbolus 60 mcg over 5 min at 08:00"),
    ),
    (
        "slip-concentration",
        "soft",
        swap({"morphine": "1 mg/mL"}, {"morphine": "10 mg/mL"}),
        swap({"morphine": "20 mg/mL"}, {"morphine": "10 mg/mL"}),
    ),
    ("concentrations-swapped", "soft", swap({"morphine": "20 mg/mL", "bupivacaine": "10 mg/mL"}, MB), swap(MB, MB)),
    (
        "concentrations-swapped",
        "soft",
        Asked("3 mg/day", label(fentanyl="10 mg/mL", bupivacaine="0.5 mg/mL")),
        Asked("0.15 mg/day", label(fentanyl="0.5 mg/mL", bupivacaine="10 mg/mL")),
    ),
    (
        "drug-swapped",
        "soft",
        swap({"hydromorphone": "10 mg/mL"}, {"morphine": "10 mg/mL"}),
        swap({"hydromorphone": "10 mg/mL"}, {"morphine": "10 mg/mL"}, "0.4 mg/day"),
    ),
    (
        "drug-swapped",
        "soft",
        swap({"sufentanil": "25 mcg/mL"}, {"ziconotide": "25 mcg/mL"}, "8 mcg/day", "8 mcg/day"),
        swap({"sufentanil": "25 mcg/mL"}, {"ziconotide": "25 mcg/mL"}, "15 mcg/day", "8 mcg/day"),
    ),
    (
        "drug-swapped",
        "soft",
        swap({"bupivacaine": "20 mg/mL", "morphine": "10 mg/mL"}, MB),
        swap({"bupivacaine": "20 mg/mL", "morphine": "10 mg/mL"}, MB, "4 mg/day"),
    ),
    (
        "two-opioids",
        "soft",
        Asked("2 mg/day", label(morphine="10 mg/mL", fentanyl="0.5 mg/mL")),
        Asked("2 mg/day", label(**MB)),
    ),
    (
        "not-to-be-mixed",
        "soft",
        Asked("2 mg/day", label(morphine="10 mg/mL", ziconotide="25 mcg/mL")),
        Asked("2 mg/day", label(bupivacaine="10 mg/mL", ziconotide="25 mcg/mL")),
    ),
    (
        "not-to-be-mixed",
        "soft",
        Asked("200 mcg/day", label(baclofen="2000 mcg/mL", bupivacaine="10 mg/mL"), SPASTIC),
        baclofen("200 mcg/day"),
    ),
    ("dissolves-less", "note", Asked("2 mg/day", label(**MB)), Asked("2 mg/day", label(**MB), running="2 mg/day")),
    (
        "mixture-does-not-keep",
        "soft",
        Asked("1 mcg/day", label(ziconotide="5 mcg/mL", clonidine="0.2 mg/mL"), NAIVE, "1 mcg/day"),
        Asked("5 mcg/day", label(ziconotide="5 mcg/mL", clonidine="0.02 mg/mL"), NAIVE, "5 mcg/day"),
    ),
    (
        "mixture-untested",
        "note",
        Asked("0.5 mg/day", label(hydromorphone="5 mg/mL", bupivacaine="20 mg/mL")),
        Asked("2 mg/day", label(**MB)),
    ),
    ("not-on-pump-label", "note", Asked("2 mg/day", label(**MB)), morphine("2 mg/day")),
    (
        "handset-not-for-drug",
        "soft",
        Asked("200 mcg/day\n" + PRESS.format("10 mcg"), BACLOFEN, SPASTIC, parts={"pump": 'model = "prometra-ii-20"'}),
        baclofen("200 mcg/day\n" + PRESS.format("10 mcg")),
    ),
    ("withdrawal-stopped", "soft", baclofen("stop", "300 mcg/day"), ziconotide("stop", "3 mcg/day")),
    (
        "withdrawal-stopped",
        "soft",
        swap({"morphine": "10 mg/mL"}, {"morphine": "10 mg/mL", "clonidine": "1 mg/mL"}),
        swap(MB, MB),
    ),
    (
        "withdrawal-stopped",
        "note",
        swap({"hydromorphone": "5 mg/mL"}, {"morphine": "10 mg/mL"}, "0.4 mg/day"),
        morphine("2 mg/day", "2 mg/day"),
    ),
    ("withdrawal-cut", "soft", baclofen("150 mcg/day", "300 mcg/day"), baclofen("270 mcg/day", "300 mcg/day")),
    ("withdrawal-cut", "note", morphine("1.5 mg/day", "2 mg/day"), morphine("1.8 mg/day", "2 mg/day")),
    ("restart-after-stop", "soft", morphine("5 mg/day", "minimum rate"), morphine("5 mg/day", "5 mg/day")),
    ("granuloma-dose", "note", morphine("11 mg/day"), morphine("9 mg/day")),
    (
        "granuloma-concentration",
        "note",
        Asked("2 mg/day", label(morphine="25 mg/mL")),
        Asked("2 mg/day", label(morphine="20 mg/mL")),
    ),
    (
        "granuloma-rising",
        "soft",
        history(raised('"day 200"', "1.6 mg/day"), raised('"day 366"', "2.2 mg/day"), number=2),
        history(raised('"day 200"', "1.6 mg/day"), raised('"day 366"', "1.9 mg/day"), number=2),
    ),
]


@pytest.mark.parametrize(
    ("code", "severity", "asked", "beside"),
    RULES,
    ids=[f"{number}-{code}-{severity}" for number, (code, severity, _, _) in enumerate(RULES)],
)
def test_a_rule_finds_what_it_is_for_and_nothing_beside_it(
    code: str, severity: str, asked: Asked, beside: Asked
) -> None:
    """The program triggers the code with this severity; the one beside it does not."""
    assert severity in [one.severity for one in found(asked) if one.code == code], [one.code for one in found(asked)]
    assert severity not in [one.severity for one in found(beside) if one.code == code]


def test_a_pump_that_cannot_run_so_slowly_gives_more_than_is_asked() -> None:
    """0.1 mg/day of 5 mg/mL is slower than the slowest flow: the heaviest day holds what the pump then gives, without presses."""
    one = only(Asked("0.1 mg/day", HYDROMORPHONE, NAIVE), "daily-dose-with-presses-high")
    assert one.message.startswith("The heaviest day gives 0.24 mg of hydromorphone")


def test_what_a_known_handset_could_give_is_a_question_for_two_and_no_refusal() -> None:
    """Hard limits come from doses that were given; a handset that nobody has had yet is held to them."""
    new, old = (f"{rate} mg/day\non demand 12 mg over 2 h, lockout 3 h, max 6 per day" for rate in (13, 12))
    assert only(morphine(new), "daily-dose-with-presses-high").severity == "hard"
    asked = only(morphine(new, old), "daily-dose-with-presses-high")
    assert (asked.severity, asked.second_person) == ("soft", True)


@pytest.mark.requirement("GIP-6.1.1")
def test_a_naive_patient_with_an_old_pump_may_run_an_opioid_that_nobody_named() -> None:
    """What is refused for a new pump is a question where the pump may have run for years."""
    assert only(first("6 mg/day", MORPHINE, NAIVE), "opioid-naive-dose").severity == "hard"
    asked = only(morphine("6 mg/day", patient=NAIVE), "opioid-naive-dose")
    assert asked.severity == "soft"
    assert "nobody said what runs" in asked.message


def test_every_code_is_tried() -> None:
    """No rule without a program that triggers it."""
    declared = {code for rule in SUMS for code in rule.codes}
    assert declared == {code for code, _, _, _ in RULES}


def test_a_misspelt_allergy_is_asked_about() -> None:
    """What is close to a drug's name is a question; another drug whose name ends alike is none."""
    for written, severities in (
        ("bupivicaine", ["soft"]),
        ("Bupivacain 0.5%", ["soft"]),
        ("latex", []),
        ("tetracaine", []),
    ):
        asked = Asked("2 mg/day", label(**MB), ALLERGIC.format(written))
        assert [one.severity for one in found(asked) if one.code == "allergy"] == severities, written


def test_a_daily_bolus_that_comes_every_hour_is_called_by_its_name_beside_a_base() -> None:
    """Base and boluses together are 9.6 times what ran; the boluses alone are 24 times, which says what happened."""
    one = only(
        baclofen(
            "100 mcg/day\nbolus 60 mcg over 5 min every 1 h from 00:00", "100 mcg/day\nbolus 60 mcg over 5 min at 06:00"
        ),
        "slip-per-hour",
    )
    assert (one.severity, one.value, one.limit, one.unit) == ("hard", 1440, 60, "mcg/day")


def test_a_pump_that_is_stopped_on_purpose_has_no_slip() -> None:
    """The minimum rate happens to be a twenty-fifth of what ran: it is a stop, and is called one."""
    codes = [one.code for one in found(baclofen("minimum rate", "300 mcg/day"))]
    assert "withdrawal-stopped" in codes
    assert not [code for code in codes if code.startswith("slip")]


def test_half_of_an_opioid_at_once_is_a_question() -> None:
    """Half exactly, as much as a little more than half."""
    assert only(morphine("1 mg/day", "2 mg/day"), "withdrawal-cut").severity == "soft"
    assert only(morphine("1.2 mg/day", "2 mg/day"), "withdrawal-cut").severity == "note"
