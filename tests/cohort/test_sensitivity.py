"""What ratios hang on: the ends of spreads, the interval, and that each end can be typed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import exp, log, log1p, sqrt
from types import MappingProxyType

import numpy as np
import pytest
from tests.cohort.support import odd_catalogue

from intrathecal.catalogue import Catalogue, Spread, Value, load_catalogue
from intrathecal.catalogue.overriding import known_values, override
from intrathecal.cohort.equivalence import Case, equal_doses, ratios
from intrathecal.cohort.sensitivity import Moved, ends, hanging, interval, move_all, solve, used_values
from intrathecal.cohort.subject import subject

CSF: Case = ("csf", "naive")
NAIVE: Case = ("effect", "naive")
Z95 = 1.6448536269514722


def value(kind: str, *numbers: str, number: str = "2") -> Value:
    """A value of 2 h with a spread."""
    return Value(Decimal(number), "h", "duration", ("chosen",), spread=Spread(kind, tuple(map(Decimal, numbers))))


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (value("factor", "4"), ("0.5 h", "8 h")),
        (value("range", "0.3", "2.5"), ("0.3 h", "2.5 h")),
        (value("cv", "0"), ("2 h", "2 h")),
        (
            value("cv", "0.5"),
            (f"{2 * exp(-Z95 * sqrt(log1p(0.25))):.4g} h", f"{2 * exp(Z95 * sqrt(log1p(0.25))):.4g} h"),
        ),
        (value("sd", "1"), (f"{2 * exp(-Z95 * sqrt(log1p(0.25))):.4g} h", f"{2 * exp(Z95 * sqrt(log1p(0.25))):.4g} h")),
        (value("factor", "3", number="12345"), ("4115 h", "37040 h")),
        (Value(Decimal(2), "h", "duration", ("chosen",)), None),
        (value("cv", "0.5", number="0"), None),
        (value("sd", "0.5", number="0"), None),
        (value("range", "0", "1.5", number="0"), ("0 h", "1.5 h")),
    ],
)
def test_the_ends_of_a_spread(given: Value, right: tuple[str, str] | None) -> None:
    """A factor divides and multiplies, a range is its ends, CV and SD are those of a lognormal value; four digits."""
    assert ends(given) == right


def test_the_ends_of_a_lognormal_value_hold_nine_tenths() -> None:
    """Of a hundred thousand draws with median 2 and CV 0.5, five in a hundred lie beyond each end."""
    low, high = (float(end.removesuffix(" h")) for end in ends(value("cv", "0.5")) or ())
    draws = 2 * np.exp(sqrt(log1p(0.25)) * np.random.default_rng(1).standard_normal(100_000))

    assert np.std(draws) / np.mean(draws) == pytest.approx(0.5, rel=0.02)
    assert np.mean(draws < low) == pytest.approx(0.05, abs=0.003)
    assert np.mean(draws > high) == pytest.approx(0.05, abs=0.003)


def moved(low: float, high: float) -> Moved:
    """A value whose ends move the ratio of one route from 10 to these."""
    return Moved("any", "1", "0.5", "2", {NAIVE: {"oral": low}}, {NAIVE: {"oral": high}})


def test_the_interval_of_a_product_of_lognormal_values_is_exact() -> None:
    """R = 10 a / b^2 with lognormal a and b: the quantiles of R itself, in both directions."""
    sigma = {"a": 0.4, "b": 0.3}
    a = moved(10 * exp(-Z95 * sigma["a"]), 10 * exp(Z95 * sigma["a"]))
    b = moved(10 * exp(2 * Z95 * sigma["b"]), 10 * exp(-2 * Z95 * sigma["b"]))
    half = Z95 * sqrt(sigma["a"] ** 2 + (2 * sigma["b"]) ** 2)

    found = hanging([a, b], NAIVE, "oral", 10.0)
    assert interval(found, 10.0) == pytest.approx((10 * exp(-half), 10 * exp(half)), rel=1e-9)
    assert [one.moved for one in found] == [b, a]


def test_up_and_down_are_counted_apart() -> None:
    """A value that only raises the ratio, at whichever end, leaves the low end alone."""
    assert interval(hanging([moved(10, 20), moved(15, 12)], NAIVE, "oral", 10.0), 10.0) == pytest.approx(
        (10.0, 10 * exp(sqrt(log(2) ** 2 + log(1.5) ** 2)))
    )
    assert hanging([moved(10, 10)], NAIVE, "oral", 10.0) == ()


def test_the_interval_is_near_that_of_a_monte_carlo() -> None:
    """Two hundred hydromorphones, each value drawn on its own: the quantiles of the ratio by concentration."""
    catalogue = odd_catalogue()
    central = solve(catalogue, "hydromorphone")[CSF]["intravenous"]
    hanging_on = hanging(move_all(catalogue, "hydromorphone")[0], CSF, "intravenous", central)
    values, random, drawn = known_values(catalogue), np.random.default_rng(7), []
    for _ in range(200):
        one = catalogue
        for name in (each.moved.name for each in hanging_on):
            one = override(one, name, draw(values[name], random.standard_normal()), "test")
        drawn.append(ratios(equal_doses(subject(one, "hydromorphone"), *CSF))["intravenous"])

    assert np.log(np.quantile(drawn, [0.05, 0.95])) == pytest.approx(np.log(interval(hanging_on, central)), abs=0.3)


def draw(value: Value, z: float) -> str:
    """``value`` at the standard normal ``z``: between its ends and a little beyond, by ratio, or by difference from zero."""
    number, end = float(value.number), float((ends(value) or ())[int(z > 0)].split()[0])
    far = min(abs(z) / Z95, 1.5)
    drawn = number * (end / number) ** far if end else max(number * (1 - far), 0.0)
    drawn = min(drawn, 0.99) if value.kind == "fraction" else drawn
    return f"{drawn:.9f} {value.unit}".replace(" dimensionless", "")


def test_an_end_that_is_typed_gives_the_same_ratio() -> None:
    """Every ratio at every end of every value of clonidine, exactly."""
    catalogue = odd_catalogue()
    every, _ = move_all(catalogue, "clonidine")

    assert {"drug.clonidine.csf.loss_half_life", "drug.clonidine.response.plasma_ec50"} <= {one.name for one in every}
    for one in every:
        assert solve(override(catalogue, one.name, one.low_value, "--set"), "clonidine") == one.low
        assert solve(override(catalogue, one.name, one.high_value, "--set"), "clonidine") == one.high


def test_a_ratio_hangs_on_what_it_is_made_of_and_on_nothing_else() -> None:
    """By concentration no EC50; naive no tolerance; nothing that only concerns the pump; the opioid's tolerance on morphine."""
    every, _ = move_all(odd_catalogue(), "fentanyl")
    central = solve(odd_catalogue(), "fentanyl")

    def names(case: Case) -> set[str]:
        return {one.moved.name for one in hanging(every, case, "intravenous", central[case]["intravenous"])}

    assert "drug.fentanyl.response.spinal_ec50" in names(NAIVE) - names(CSF)
    assert {"drug.morphine.oral.bioavailability", "relief.tolerance.fast_max"} <= names(("effect", "tolerant"))
    assert not {"drug.morphine.oral.bioavailability", "relief.tolerance.fast_max"} & names(NAIVE)
    assert "drug.fentanyl.response.fluid_half_life" not in names(NAIVE)


@pytest.mark.parametrize("drug", ["morphine", "baclofen"])
def test_every_value_with_a_spread_is_moved(drug: str) -> None:
    """Those that a ratio can hang on have two ends, also where the value is zero."""
    used = used_values(load_catalogue(), drug)

    assert {name for name, one in used.items() if ends(one) is None} == {
        name for name, one in used.items() if one.spread is None
    }


def test_a_value_of_zero_with_a_range_is_moved() -> None:
    """Synergy of the sites is 0, up to 1: it adds where both sites act at once, and so alters an opioid's ratio."""
    synergy = next(one for one in move_all(load_catalogue(), "morphine")[0] if one.name == "relief.site_synergy")
    central = solve(load_catalogue(), "morphine")

    assert (synergy.value, synergy.low_value, synergy.high_value) == ("0", "0", "1")
    assert synergy.low[NAIVE] == pytest.approx(central[NAIVE], rel=1e-12)
    assert synergy.high[NAIVE]["oral"] != pytest.approx(central[NAIVE]["oral"], rel=0.01)


def test_what_is_kept_does_not_move() -> None:
    """A value that was set by hand is known."""
    kept = "drug.bupivacaine.csf.loss_half_life"

    assert kept in {one.name for one in move_all(odd_catalogue(), "bupivacaine")[0]}
    assert kept not in {one.name for one in move_all(odd_catalogue(), "bupivacaine", [kept])[0]}


def with_ratio(spread: Spread) -> Catalogue:
    """Clonidine with a share of the oral dose that spreads so."""
    catalogue = odd_catalogue()
    drug = catalogue.drugs["clonidine"]
    assert drug.oral is not None
    oral = replace(drug.oral, bioavailability=replace(drug.oral.bioavailability, spread=spread))
    return replace(catalogue, drugs=MappingProxyType({**catalogue.drugs, "clonidine": replace(drug, oral=oral)}))


@pytest.mark.parametrize(
    ("spread", "said"),
    [
        (
            Spread("factor", (Decimal(2),)),
            "The interval leaves out drug.clonidine.oral.bioavailability = 1.7 (moved, drug.clonidine.oral.bioavailability: "
            "1.7 dimensionless is more than 1; it is a part of a whole: write 0 to 1, or 0 % to 100 %).",
        ),
        (
            Spread("range", (Decimal(0), Decimal(1))),
            "The interval leaves out drug.clonidine.oral.bioavailability = 0: no oral route is left.",
        ),
    ],
)
def test_an_end_that_cannot_be_is_left_out_and_said(spread: Spread, said: str) -> None:
    """The other end still counts."""
    every, refused = move_all(with_ratio(spread), "clonidine")

    assert refused == (said,)
    assert "drug.clonidine.oral.bioavailability" in {one.name for one in every}


def test_an_end_that_cannot_be_of_a_value_without_a_part_is_not_said() -> None:
    """Spasticity has a scale with an end, which no dose of morphine knows of."""
    catalogue = odd_catalogue()
    wide = replace(catalogue.relief.ashworth_before, spread=Spread("factor", (Decimal(9),)))

    assert move_all(replace(catalogue, relief=replace(catalogue.relief, ashworth_before=wide)), "clonidine")[1] == ()
