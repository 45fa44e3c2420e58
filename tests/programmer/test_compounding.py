"""How the next fill is made, beside the sums of clinics and textbooks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from tests.programmer.review.files import FILL, MORPHINE, label, therapy

from intrathecal.catalogue import load_catalogue
from intrathecal.programmer.compounding import Recipe, compound, left_in_vial, to_json
from intrathecal.programmer.errors import SumError
from intrathecal.quantities import Quantity, parse_quantity
from intrathecal.therapy import Therapy

MIXTURE = label(morphine="10 mg/mL", bupivacaine="20 mg/mL", clonidine="250 mcg/mL")


def read(words: Sequence[str], *kinds: str) -> dict[str, Quantity]:
    """``name=quantity`` by name."""
    return {word.partition("=")[0]: parse_quantity(word.partition("=")[2], *kinds) for word in words}


def made(
    *daily: str, volume: str = "20 mL", flow: str = "0.4 mL/day", stock: Sequence[str] = (), plan: Therapy | None = None
) -> Recipe:
    """The recipe of a fill."""
    return compound(
        plan or therapy("4 mg/day", drugs=MIXTURE),
        read(daily, "mass rate", "mass"),
        parse_quantity(volume, "volume"),
        parse_quantity(flow, "flow"),
        read(stock, "concentration"),
    )


def test_e4_the_rinses_of_a_naive_pump() -> None:
    """E4: of a vial of 20 mL three rinses of 2 mL leave 14 mL, and not the 16 mL of a textbook."""
    rinse = load_catalogue().drugs["ziconotide"].rinse
    assert rinse is not None
    assert left_in_vial(rinse) == 14

    plan = therapy("2.4 mcg/day", drugs=label(ziconotide="25 mcg/mL"))
    found = made("ziconotide=2.4 mcg", volume="14 mL", flow="0.096 mL/day", plan=plan)
    assert to_json(found)["rinse"] == {"ziconotide": {"times": 3, "volume_mL": 2, "vial_mL": 20, "left_mL": 14}}
    assert any("of a vial of 20 mL 14 mL are left. That first fill keeps 14 days only." in note for note in found.notes)


def test_e12_a_fixed_rate_mix() -> None:
    """E12: 20 mL at 1 mL/day, 2 mg/day, stock of 10 mg/mL: 20 d, 40 mg, 4 mL + 16 mL; times 23/20 4.6 + 18.4."""
    plan = therapy(None, pump='model = "isomed-20-1.0"')
    found = made("morphine=2 mg/day", flow="1 mL/day", stock=["morphine=10 mg/mL"], plan=plan)
    part = found.parts[0]

    assert found.days == 20
    assert part.mass == 40_000
    assert part.stock_mL == 4
    assert found.diluent == 16
    assert found.volume + found.extra == 23
    assert (float(part.made_stock_mL or 0), float(found.made_diluent)) == (4.6, 18.4)


def test_e13_an_admixture() -> None:
    """E13: at 0.4 mL/day 4 mg, 8 mg and 100 mcg ask for 10 mg/mL, 20 mg/mL and 250 mcg/mL; 10 % more raises all three."""
    found = made("morphine=4 mg/day", "bupivacaine=8 mg/day", "clonidine=100 mcg/day")

    assert {part.drug.name: part.concentration for part in found.parts} == {
        "morphine": 10_000,
        "bupivacaine": 20_000,
        "clonidine": 250,
    }
    raised = next(note for note in found.notes if "10 % more flow raises all 3" in note)
    assert "morphine 4.4 mg, bupivacaine 8.8 mg, clonidine 110 mcg a day" in raised


def test_e14_per_day_and_not_per_hour() -> None:
    """E14: 20 mL at 0.5 mL/day last 40 days; at 0.5 mL/h they last 40 h, and the note asks whether a day was meant."""
    daily = made("morphine=2 mg", flow="0.5 mL/day")
    hourly = made("morphine=2 mg", flow="0.5 mL/h")

    assert daily.days == 40
    assert hourly.days * 24 == 40
    asks = "lasts only 40 h: is the flow meant per day? If 0.5 mL/day was meant, it lasts 40 days."
    assert asks in hourly.notes[0]
    assert not any("meant per day" in note for note in daily.notes)


def test_the_fill_holds_what_was_asked_for() -> None:
    """What is drawn from stocks and powders is, in the volume made, the concentration that gives the dose at the flow."""
    daily = {"morphine": Decimal(3), "bupivacaine": Decimal("1.5"), "clonidine": Decimal("0.05")}
    words = [f"{drug}={dose} mg" for drug, dose in daily.items()]
    stocks = ["morphine=25 mg/mL", "bupivacaine=7.5 mg/mL", "clonidine=500 mcg/mL"]
    found = made(*words, volume="18 mL", flow="0.6 mL/day", stock=stocks)
    drawn = {part.drug.name: float((part.made_stock_mL or 0) * (part.stock or 0)) for part in found.parts}
    total = sum(part.made_stock_mL or 0 for part in found.parts) + found.made_diluent

    assert total == 21
    assert {drug: mass / 21 * 0.6 / 1000 for drug, mass in drawn.items()} == pytest.approx(
        {drug: float(dose) for drug, dose in daily.items()}
    )


def test_the_strongest_sold_is_taken_where_it_fits() -> None:
    """Morphine of 25 mg/mL where it is strong enough, powder above it, and powder for what nobody sells for the spine."""
    sold, strong, other = (
        made("morphine=4 mg"),
        made("morphine=12 mg"),
        made("clonidine=100 mcg"),
    )

    assert sold.parts[0].stock == 25_000
    assert strong.parts[0].stock is None
    assert any("25 mg/mL, as sold, is too weak" in note for note in strong.notes)
    assert other.parts[0].stock is None
    assert "Weigh 5750 mcg of clonidine" in other.order[0]


def test_what_was_not_asked_for_makes_room() -> None:
    """Beside 15 mL of a stock that is at hand, 8 mL of the one sold do not fit: that drug is weighed."""
    found = made("morphine=4 mg", "clonidine=150 mcg", stock=["clonidine=500 mcg/mL"])

    assert {part.drug.name: part.stock for part in found.parts} == {"morphine": None, "clonidine": 500}
    assert any("25 mg/mL, as sold, leaves no room" in note for note in found.notes)
    assert found.diluent == 5


def test_the_one_that_takes_most_room_is_weighed() -> None:
    """16 mL of morphine and 10 mL of baclofen as sold do not fit into 20 mL: morphine is weighed."""
    plan = therapy("8 mg/day", drugs=label(morphine="20 mg/mL", baclofen="1 mg/mL"))
    found = made("morphine=8 mg", "baclofen=0.4 mg", plan=plan)

    assert [part.stock for part in found.parts] == [None, 2000]
    assert found.diluent == 10


def test_a_fill_that_outlasts_its_drug_is_said() -> None:
    """Morphine keeps 90 days; 20 mL at 0.1 mL/day last 200."""
    found = made("morphine=1 mg", flow="0.1 mL/day", plan=therapy("1 mg/day", drugs=MORPHINE))

    assert found.keeps is not None
    assert list(found.keeps) == ["morphine", 90]
    assert any("keeps 90 days in the pump, and the fill lasts 200" in note for note in found.notes)


def test_days_to_the_alarm_leave_out_what_the_alarm_keeps() -> None:
    """18 of 20 mL last 45 days at 0.4 mL/day; an alarm above the volume leaves none."""
    assert made("morphine=4 mg").to_alarm == 45
    early = therapy("4 mg/day", fill=FILL.replace('"2 mL"', '"6 mL"'))
    assert made("morphine=4 mg", volume="5 mL", plan=early).to_alarm == 0


def test_a_drug_that_is_left_out_is_said() -> None:
    """Bupivacaine and clonidine of the file are not in the fill that is asked for."""
    assert any("Not in this fill: bupivacaine, clonidine" in note for note in made("morphine=4 mg").notes)


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        (["fentanyl=1 mg"], {}, "--daily fentanyl: is not a drug of file.toml"),
        (["morphin=1 mg"], {}, "morphine"),
        (["morphine=1 mg"], {"stock": ["clonidine=1 mg/mL"]}, "--stock clonidine: nobody asks for it"),
        (["morphine=1 mg"], {"flow": "30 mL/day"}, "does not run at 30 mL/day; give 0.048 mL/day to 24 mL/day"),
        (["morphine=1 mg"], {"flow": "0.01 mL/day"}, "does not run at 0.01 mL/day"),
        (["morphine=1 mg"], {"volume": "21 mL"}, "more than the reservoir"),
        (["morphine=30 mg"], {}, r"75 mg/mL, above what can be sold or dissolved \(50 mg/mL\)"),
        (["morphine=4 mg"], {"stock": ["morphine=8 mg/mL"]}, "8 mg/mL is too weak for 10 mg/mL"),
        (
            ["morphine=4 mg", "clonidine=100 mcg"],
            {"stock": ["morphine=12 mg/mL", "clonidine=300 mcg/mL"]},
            "33.33 mL of stocks do not fit into 20 mL",
        ),
        (["morphine=4 mg/h"], {}, "is not a dose a day; write what is given in 24 hours, 96 mg/day"),
    ],
)
def test_what_cannot_be_made(words: list[str], more: dict[str, list[str]], message: str) -> None:
    """Each is refused with what is wrong and what would be right."""
    with pytest.raises(SumError, match=message):
        made(*words, **more)  # type: ignore[arg-type]
