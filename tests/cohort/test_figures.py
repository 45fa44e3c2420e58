"""The figures of a comparison: their keys, their reasons, and what may be set."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cohort.support import odd_catalogue

from intrathecal.catalogue import CatalogueError
from intrathecal.cohort.figures import NO_ADVICE, equivalence

ROUTES = ("oral", "intravenous", "epidural", "intrathecal")
CASE = {"basis", "patient", *ROUTES, "interval", "onset_min", "sensitivity"}
LOSS = "drug.clonidine.csf.loss_half_life"


@pytest.fixture(scope="module")
def fentanyl() -> dict[str, Any]:
    """An opioid by every route."""
    return equivalence(odd_catalogue(), "fentanyl")


@pytest.fixture(scope="module")
def bupivacaine() -> dict[str, Any]:
    """A drug without two of the routes."""
    return equivalence(odd_catalogue(), "bupivacaine")


def test_the_keys_are_those_of_the_interface(fentanyl: dict[str, Any]) -> None:
    """The tolerant patient by effect first; then every other basis and patient with the same keys."""
    cases = [fentanyl, *fentanyl["other"]]

    assert [(case["basis"], case["patient"]) for case in cases] == [
        ("effect", "tolerant"),
        ("effect", "naive"),
        ("csf", "tolerant"),
        ("csf", "naive"),
    ]
    for case in cases:
        assert set(case) >= CASE
        assert set(case["interval"]) == set(case["onset_min"]) == set(ROUTES)
        assert all({"name", "low", "high"} <= set(one) for one in case["sensitivity"])
        assert case["intrathecal"] == 1
    assert fentanyl["drug"] == "fentanyl"


def test_an_interval_holds_its_ratio(fentanyl: dict[str, Any]) -> None:
    """By every route and basis, and the intrathecal one is certain because all are measured by it."""
    for case in [fentanyl, *fentanyl["other"]]:
        for route in ROUTES[:-1]:
            low, high = case["interval"][route]
            assert low < case[route] < high
            ends = [end for one in case["sensitivity_of"][route] for end in (one["low"], one["high"])]
            assert low <= min(ends)
            assert high >= max(ends)
        assert case["interval"]["intrathecal"] == [1, 1]


def test_ratios_are_those_of_the_doses(fentanyl: dict[str, Any]) -> None:
    """Mass over mass."""
    doses = fentanyl["dose_ug_per_day"]

    assert {route: doses[route] / doses["intrathecal"] for route in ROUTES} == pytest.approx(
        {route: fentanyl[route] for route in ROUTES}, rel=1e-9
    )


def test_the_first_sensitivity_is_the_largest(fentanyl: dict[str, Any]) -> None:
    """Sorted by how far a value moves the ratio of the first route that there is."""
    spans = [max(one["low"], one["high"]) / min(one["low"], one["high"]) for one in fentanyl["sensitivity"]]

    assert {one["route"] for one in fentanyl["sensitivity"]} == {"oral"}
    assert spans == sorted(spans, reverse=True)
    assert spans[-1] > 1


def test_a_route_that_does_not_exist_is_null_with_a_reason(bupivacaine: dict[str, Any]) -> None:
    """Everywhere, and the sensitivity is then that of the next route."""
    reasons = {"oral": "no oral values in the catalogue", "intravenous": "no effect from plasma in the catalogue"}
    assert bupivacaine["reason"] == reasons
    for route in reasons:
        for key in ("interval", "onset_min", "onset_infusion_min", "dose_ug_per_day"):
            assert bupivacaine[key][route] is None
        assert bupivacaine[route] is None
    assert {one["route"] for one in bupivacaine["sensitivity"]} == {"epidural"}
    assert bupivacaine["other"][1]["intravenous"] > 1


def test_without_an_opioid_nothing_is_tolerated(bupivacaine: dict[str, Any]) -> None:
    """Naive and tolerant have the same figures, and it is said."""
    naive, tolerant = bupivacaine["other"][0], bupivacaine
    for key in CASE - {"patient"}:
        assert naive[key] == tolerant[key]
    assert "Naive and tolerant are the same: tolerance is to opioids." in bupivacaine["assumptions"]


def test_every_answer_says_that_it_is_no_advice(bupivacaine: dict[str, Any]) -> None:
    """In so many words."""
    assert NO_ADVICE in bupivacaine["assumptions"]
    assert "no dosing advice" in NO_ADVICE


def test_a_value_set_to_its_low_end_gives_the_ratio_of_the_sensitivity() -> None:
    """And is then known, so that the interval is no longer made wider by it."""
    before = equivalence(odd_catalogue(), "clonidine")
    ends = next(one for one in before["sensitivity"] if one["name"] == LOSS)
    after = equivalence(odd_catalogue(), "clonidine", {LOSS: ends["value_low"]})

    assert after["oral"] == pytest.approx(ends["low"], rel=1e-9)
    assert after["set"] == {LOSS: ends["value_low"]}
    assert LOSS not in {one["name"] for one in after["sensitivity"]}
    width = [found["interval"]["oral"][1] / found["interval"]["oral"][0] for found in (before, after)]
    assert width[1] < width[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("drug.clonidine.csf.loss_halflife", "no value of the catalogue has this name; did you mean " + LOSS),
        (
            "drug.morphine.plasma.clearance",
            "it has no part in the ratios of clonidine; did you mean drug.clonidine.plasma",
        ),
        ("pump.synchromed-ii-20.accuracy", "it has no part in the ratios of clonidine; "),
        ("catheter", "no value of the catalogue has this name; "),
    ],
)
def test_only_what_has_a_part_can_be_set(name: str, said: str) -> None:
    """Another name is refused, and those that may be meant are told."""
    with pytest.raises(CatalogueError) as caught:
        equivalence(odd_catalogue(), "clonidine", {name: "1"})

    assert str(caught.value).startswith(f"--set, {name}: {said}")


def test_what_is_set_in_vain_is_said() -> None:
    """Placebo has no part in a ratio; a half-life moves the minutes alone and clearance the doses: they are not named."""
    settings = {
        "relief.placebo_max": "0.1",
        "drug.clonidine.response.fluid_half_life": "3 h",
        "drug.clonidine.plasma.clearance": "0.3 L/min",
    }
    said = equivalence(odd_catalogue(), "clonidine", settings)["assumptions"]

    assert "Set, and all is as it is without: relief.placebo_max." in said
    assert not any("as it is without" in one for one in equivalence(odd_catalogue(), "clonidine")["assumptions"])


def test_values_that_only_fit_together_are_set_together() -> None:
    """As little production alone would be less than what is absorbed: neither of the two is in vain."""
    settings = {"physiology.spinal_absorption": "0.02 mL/min", "physiology.csf_production": "0.05 mL/min"}

    assert not any("as it is" in one for one in equivalence(odd_catalogue(), "bupivacaine", settings)["assumptions"])
