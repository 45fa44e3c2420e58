"""A catalogue with one value changed by its name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from intrathecal.catalogue import CatalogueError, load_catalogue
from intrathecal.catalogue.overriding import known_values, override, with_values

CATALOGUE = load_catalogue()
VALUES = known_values(CATALOGUE)
LOSS = "drug.morphine.csf.loss_half_life"


def test_every_value_can_be_named_and_only_that_one_changes() -> None:
    """Pumps whose names hold a point, segments of catheters, drugs, anatomy: each alone, kept exactly."""
    for name, value in VALUES.items():
        changed = known_values(override(CATALOGUE, name, str(value), "--set"))
        assert changed[name].exact == value.exact
        assert [other for other in VALUES if changed[other] != VALUES[other]] == [name]


def test_a_value_set_by_hand_has_no_source_and_no_spread() -> None:
    """It is marked as chosen; the catalogue it came from is untouched."""
    changed = known_values(override(CATALOGUE, LOSS, "2.5 h", "--set"))[LOSS]

    assert (changed.number, changed.unit, changed.kind) == (Decimal("2.5"), "h", "duration")
    assert (changed.source, changed.verified, changed.spread) == (("chosen",), False, None)
    assert known_values(CATALOGUE) == VALUES


@pytest.mark.parametrize(
    ("name", "text", "canonical"),
    [
        (LOSS, "90 min", 5400.0),
        (LOSS, "0.5 day", 43200.0),
        ("drug.morphine.oral.bioavailability", "0.25", 0.25),
        ("drug.morphine.oral.bioavailability", "25 %", 0.25),
        ("drug.morphine.oral.bioavailability", "25%", 0.25),
        ("drug.morphine.plasma.clearance", "1200 mL/min", 20.0),
        ("physiology.dispersion_l3", "0.05 cm**2/s", 0.05),
        ("physiology.spinal_absorption", "0 mL/min", 0.0),
    ],
)
def test_any_unit_of_its_kind_is_understood(name: str, text: str, canonical: float) -> None:
    """As elsewhere; a number without a unit where there is none."""
    assert known_values(override(CATALOGUE, name, text, "--set"))[name].canonical == pytest.approx(canonical, rel=1e-12)


def test_a_larger_volume_of_fluid_widens_every_level() -> None:
    """What the levels hold is what was set, and their lengths and tissue stay."""
    changed = override(CATALOGUE, "anatomy.csf_volume", "120 mL", "--set").anatomy

    held = sum(level.length_cm * level.csf_mm2 / 100 for level in changed.levels)
    assert held == pytest.approx(120, rel=0.01)
    for now, before in zip(changed.levels, CATALOGUE.anatomy.levels, strict=True):
        assert now.csf_mm2 / before.csf_mm2 == pytest.approx(120 / 91.4, rel=1e-12)
        assert (now.length_cm, now.tissue_mm2) == (before.length_cm, before.tissue_mm2)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("drug.morphine.csf.los_half_life", "2 h", "did you mean drug.morphine.csf.loss_half_life"),
        ("morphine", "2", "no value of the catalogue has this name"),
        ("drug.morphine", "2", "no value of the catalogue has this name"),
        ("drug.morphine.csf", "2", "no value of the catalogue has this name"),
        ("drug.morphine.opioid", "2", "no value of the catalogue has this name"),
        ("drug.ziconotide.oral.bioavailability", "0.1", "no value of the catalogue has this name"),
        ("anatomy.levels.C1.csf_mm2", "100", "no value of the catalogue has this name"),
        ("", "2", "no value of the catalogue has this name"),
        (LOSS, "2", "has no unit"),
        (LOSS, "", "does not begin with a number"),
        (LOSS, "2 mL", '"2 mL" is not a duration'),
        (LOSS, "2 hours", '"hours" is not a unit'),
        (LOSS, "1,5 h", "has a comma"),
        (LOSS, "0 h", "0 h is zero"),
        (LOSS, "-2 h", "-2 h is negative"),
        (LOSS, "1" + 40 * "0" + " h", "is too long for a number"),
        ("drug.morphine.oral.bioavailability", "1.2", "is more than 1"),
        ("drug.morphine.oral.bioavailability", "101 %", "101 % is more than 1"),
        ("drug.morphine.oral.bioavailability", "nan", '"nan" is not a number'),
        ("drug.morphine.oral.bioavailability", "0.3 mg", '"0.3 mg" is not a fraction'),
        ("physiology.spinal_absorption", "1 mL/min", "1 mL/min is more than is produced (0.35 mL/min)"),
        ("physiology.cisterna_magna_volume", "200 mL", "is not less than all cranial fluid"),
        ("pump.synchromed-ii-20.step_volume", "0.5 mm", "is not a volume"),
    ],
)
def test_what_cannot_be_set_is_said_once(name: str, text: str, said: str) -> None:
    """The message begins with where it was asked and the name, and is one line."""
    with pytest.raises(CatalogueError) as caught:
        override(CATALOGUE, name, text, "--set")

    message = str(caught.value)
    assert message.startswith(f"--set, {name}: ")
    assert said in message
    assert "\n" not in message


def test_many_values_are_changed_at_once_and_nothing_else() -> None:
    """In body and drugs, at any depth; the areas of the levels go with the volume of fluid."""
    names = [
        LOSS,
        "drug.fentanyl.plasma.clearance",
        "physiology.heart_rate",
        "relief.tolerance.fast_max",
        "anatomy.csf_volume",
    ]
    more = {name: replace(VALUES[name], number=VALUES[name].number * Decimal("1.1")) for name in names}
    changed = with_values(CATALOGUE, more)
    found = known_values(changed)
    assert {name for name in VALUES if found[name] != VALUES[name]} == set(names)
    assert {name: found[name] for name in names} == more
    areas = [
        (one.csf_mm2, other.csf_mm2)
        for one, other in zip(changed.anatomy.levels, CATALOGUE.anatomy.levels, strict=True)
    ]
    assert all(wide == pytest.approx(1.1 * narrow) for wide, narrow in areas)


@pytest.mark.parametrize(
    "name", ["drug.morphine.csf.nothing", "drug.water.csf.loss_half_life", "relief.nothing", "pump.x.y", "nothing"]
)
def test_many_values_are_refused_where_one_is_unknown(name: str) -> None:
    """The message names it."""
    with pytest.raises(CatalogueError, match=f"{name}: no value of body or drugs has this name"):
        with_values(CATALOGUE, {LOSS: VALUES[LOSS], name: VALUES[LOSS]})
