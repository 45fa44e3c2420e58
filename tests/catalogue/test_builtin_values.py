"""The built-in catalogue against the figures of its sources."""

import copy
import pickle
from dataclasses import replace
from decimal import Decimal
from math import log, pi
from typing import Any

import pytest

from intrathecal.catalogue import LEVELS, Catalogue, Drug, Pump, Tracer, load_catalogue, values_of
from intrathecal.quantities import KINDS

DAY = 86400


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The built-in catalogue."""
    return load_catalogue()


def test_every_promised_entry_is_there(catalogue: Catalogue) -> None:
    """Names that therapy files use are entries, and nothing else is."""
    isomed = [f"isomed-20-{flow}" for flow in ("0.3", "0.5", "1.0", "1.5")]
    isomed += [f"isomed-35-{flow}" for flow in ("0.3", "0.5", "1.0", "1.5", "2.0", "2.5")]
    programmable = [
        f"{family}-{size}" for family in ("synchromed-ii", "synchromed-iii", "prometra-ii") for size in (20, 40)
    ]
    assert set(catalogue.pumps) == {*programmable, *isomed, "external"}
    assert set(catalogue.catheters) == {
        "ascenda-8780",
        "ascenda-8781",
        "indura-8709sc",
        "indura-8731sc",
        "prometra-110",
        "temporary-epidural",
        "temporary-intrathecal",
    }
    assert set(catalogue.drugs) == {
        "morphine",
        "hydromorphone",
        "fentanyl",
        "sufentanil",
        "bupivacaine",
        "clonidine",
        "baclofen",
        "ziconotide",
    }
    assert set(catalogue.tracers) == {"indtpa"}
    for entries in (catalogue.pumps, catalogue.catheters, catalogue.drugs, catalogue.tracers):
        assert all(entry.name == name for name, entry in entries.items())


@pytest.mark.parametrize(
    ("pump", "field", "shown", "verified"),
    [
        ("synchromed-ii-20", "reservoir_volume", "20 mL", True),
        ("synchromed-ii-40", "reservoir_volume", "40 mL", True),
        ("synchromed-ii-40", "tubing_volume", "0.199 mL", False),
        ("synchromed-ii-40", "slowest_flow", "0.048 mL/day", False),
        ("synchromed-ii-40", "fastest_flow", "24 mL/day", False),
        ("synchromed-ii-40", "minimum_rate", "0.006 mL/day", False),
        ("synchromed-ii-40", "accuracy", "14.5 %", False),
        ("synchromed-ii-20", "eri_lead", "90 day", True),
        ("synchromed-ii-20", "service_life", "7 year", True),
        ("synchromed-ii-20", "stopped_alarm_after", "48 h", True),
        ("synchromed-iii-20", "eri_lead", "90 day", False),
        ("prometra-ii-40", "reservoir_volume", "40 mL", True),
        ("prometra-ii-20", "step_volume", "2.5 uL", False),
        ("prometra-ii-20", "slowest_flow", "0 mL/day", False),
        ("prometra-ii-20", "fastest_flow", "28.8 mL/day", False),
        ("prometra-ii-20", "accuracy", "15 %", False),
        ("prometra-ii-20", "mri_escape_volume", "10 uL", True),
        ("prometra-ii-20", "battery_reference_flow", "0.25 mL/day", False),
        ("isomed-35-2.5", "fixed_flow", "2.5 mL/day", False),
        ("isomed-35-2.5", "reservoir_volume", "35 mL", True),
    ],
)
def test_pump_figures(catalogue: Catalogue, pump: str, field: str, shown: str, verified: bool) -> None:
    """Data-sheet figures stand as published, and only those that were seen are verified."""
    value = getattr(catalogue.pumps[pump], field)
    assert (str(value), value.verified) == (shown, verified)


def test_pumps_count_whole_picolitres(catalogue: Catalogue) -> None:
    """Steps are whole picolitres, and 1 mL/day is 400 actuations of a Prometra."""
    for pump in catalogue.pumps.values():
        assert (pump.step_volume.exact * 10**9).denominator == 1
    assert str(catalogue.pumps["synchromed-ii-20"].step_volume) == "4 nL"
    assert 1 / catalogue.pumps["prometra-ii-20"].step_volume.exact == 400


def test_fixed_rate_pumps_run_for_the_published_days(catalogue: Catalogue) -> None:
    """Reservoir over flow gives the run times of the ten IsoMed models."""
    days = {
        name.removeprefix("isomed-"): float(pump.reservoir_volume.exact / pump.fixed_flow.exact / DAY)
        for name, pump in catalogue.pumps.items()
        if pump.fixed_flow is not None
    }
    published = [66.7, 40, 20, 13.3, 116.7, 70, 35, 23.3, 17.5, 14]
    assert sorted(days.values()) == pytest.approx(sorted(published), abs=0.05)
    assert days["20-0.3"] == pytest.approx(66.7, abs=0.05)


def test_catheter_lengths(catalogue: Catalogue) -> None:
    """The lengths that are published; what they hold is the catheter room's."""
    catheters = catalogue.catheters
    assert catheters["prometra-110"].length_cm == 110
    assert catheters["indura-8709sc"].length_cm == 89
    assert catheters["indura-8731sc"].length_cm == pytest.approx(104.1)
    assert catheters["ascenda-8780"].length_cm == pytest.approx(114)
    assert catheters["ascenda-8781"].length_cm == pytest.approx(140)
    assert [segment.name for segment in catheters["ascenda-8781"].segments] == ["pump", "spinal"]


def test_prometra_bore_follows_from_its_volume(catalogue: Catalogue) -> None:
    """A bore of 0.575 mm holds 0.0026 mL/cm."""
    catheter = catalogue.catheters["prometra-110"]
    assert catheter.inner_diameter.canonical == pytest.approx(0.0575)
    assert pi / 4 * catheter.inner_diameter.canonical**2 == pytest.approx(0.0026, rel=2e-3)


def test_levels_and_their_volume(catalogue: Catalogue) -> None:
    """26 levels from C1 to S2 hold 91.4 mL, 44.5 mL of it from T12 down; cord and roots are near the published 25.7 mL."""
    levels = catalogue.anatomy.levels
    assert tuple(level.name for level in levels) == LEVELS
    assert len(LEVELS) == 26
    assert (LEVELS[0], LEVELS[6], LEVELS[7], LEVELS[18], LEVELS[19], LEVELS[-1]) == (
        "C1",
        "C7",
        "T1",
        "T12",
        "L1",
        "S2",
    )
    volumes = [level.length_cm * level.csf_mm2 / 100 for level in levels]
    assert sum(volumes) == pytest.approx(91.4, abs=0.05)
    assert sum(volumes[18:]) == pytest.approx(44.5, abs=0.05)
    assert catalogue.anatomy.csf_volume.canonical == pytest.approx(sum(volumes), rel=1e-3)
    assert sum(level.length_cm * level.tissue_mm2 / 100 for level in levels) == pytest.approx(25.7, rel=0.1)
    assert sum(level.length_cm for level in levels[:20]) + 3.5 / 2 == pytest.approx(49.0, abs=0.05)
    assert all(0.15 < level.csf_cv < 0.3 for level in levels)


@pytest.mark.parametrize(
    ("field", "canonical"),
    [
        ("lateral_mixing", 0.01),
        ("shear_coefficient", 0.043),
        ("stroke_volume", 1.5),
        ("heart_rate", 1.17),
        ("respiratory_rate", 0.25),
        ("csf_production", 0.35 / 60),
        ("spinal_absorption", 0.10 / 60),
        ("cranial_volume", 150),
        ("cisterna_magna_volume", 7.5),
        ("reference_weight", 70),
    ],
)
def test_physiology_in_canonical_units(catalogue: Catalogue, field: str, canonical: float) -> None:
    """Physiology arrives in cm, mL and s."""
    assert getattr(catalogue.physiology, field).canonical == pytest.approx(canonical)


@pytest.mark.parametrize(
    ("field", "inferred"), [("dispersion_l3", 0.025), ("dispersion_t6", 0.12), ("dispersion_c4", 0.17)]
)
def test_dispersion_stays_where_it_was_inferred(catalogue: Catalogue, field: str, inferred: float) -> None:
    """A fit may move dispersion within the factor of 3 to which human tracer data know it."""
    value = getattr(catalogue.physiology, field)
    assert inferred / 3 <= value.canonical <= inferred * 3
    assert not value.verified


def test_dispersion_rises_towards_the_skull(catalogue: Catalogue) -> None:
    """Fluid is stirred more in the neck than in the loins, and everywhere far more than by diffusion."""
    body = catalogue.physiology
    rising = [body.dispersion_l3.canonical, body.dispersion_t6.canonical, body.dispersion_c4.canonical]
    assert rising == sorted(rising)
    assert rising[0] > 1000 * catalogue.drugs["morphine"].diffusivity.canonical


@pytest.mark.parametrize(
    ("drug", "hours"),
    [("morphine", 3), ("baclofen", 5), ("ziconotide", 5), ("clonidine", 1), ("fentanyl", 0.75), ("sufentanil", 0.75)],
)
def test_loss_half_lives(catalogue: Catalogue, drug: str, hours: float) -> None:
    """Half-lives of intrinsic loss lie within the factor of 2 to which they were inferred; none is called verified."""
    value = catalogue.drugs[drug].csf.loss_half_life
    assert hours * 3600 / 2 <= value.canonical <= hours * 3600 * 2
    assert not value.verified


def test_morphine_epidural_and_oral_figures(catalogue: Catalogue) -> None:
    """Of epidural morphine 3.6 % reaches the fluid, with 22 min across the dura; of oral morphine 34 % the blood."""
    morphine = catalogue.drugs["morphine"]
    assert morphine.csf.epidural_csf_fraction.canonical == 0.036
    assert morphine.csf.epidural_half_life.canonical == 22 * 60
    assert morphine.oral is not None
    assert morphine.oral.bioavailability.canonical == 0.34
    assert morphine.csf.epidural_csf_fraction.verified
    assert morphine.oral.bioavailability.verified


def test_morphine_plasma_is_sarton(catalogue: Catalogue) -> None:
    """Three compartments, for 70 kg, in mL and mL/s."""
    plasma = catalogue.drugs["morphine"].plasma
    assert plasma.central_volume.canonical == pytest.approx(5250)
    assert plasma.clearance.canonical == pytest.approx(1575 / 60)
    assert plasma.third_volume is not None
    assert plasma.third_volume.canonical == pytest.approx(117_000)
    assert plasma.reference_weight.canonical == 70


def test_metabolite_reproduces_published_ratios(catalogue: Catalogue) -> None:
    """Under oral morphine the glucuronide stands at 257:66 in serum, and 71 % of it stems from the first pass."""
    drug = catalogue.drugs["morphine"]
    assert drug.metabolite is not None
    assert drug.oral is not None
    available = drug.oral.bioavailability.canonical
    systemic = available * drug.metabolite.formation_fraction.canonical
    first_pass = (1 - available) * drug.metabolite.first_pass_fraction.canonical
    ratio = (
        (systemic + first_pass) / drug.metabolite.clearance.canonical / (available / drug.plasma.clearance.canonical)
    )
    assert ratio == pytest.approx(257 / 66, rel=0.02)
    assert first_pass / (systemic + first_pass) == pytest.approx(0.71, abs=0.01)


def test_hydromorphone_half_life(catalogue: Catalogue) -> None:
    """Its one compartment halves in the published 1.87 h."""
    plasma = catalogue.drugs["hydromorphone"].plasma
    assert log(2) * plasma.central_volume.canonical / plasma.clearance.canonical == pytest.approx(1.87 * 3600, rel=0.01)


def test_diffusivity_follows_from_molar_mass(catalogue: Catalogue) -> None:
    """Every diffusivity is the cited power of the molar mass, to the digits given."""
    entries: list[Drug | Tracer] = [*catalogue.drugs.values(), *catalogue.tracers.values()]
    for entry in entries:
        expected = 1.32 * 7.4e-5 * entry.molar_mass.canonical**-0.453
        assert entry.diffusivity.canonical == pytest.approx(expected, rel=0.02), entry.name


@pytest.mark.parametrize(
    ("drug", "compounded_mg_per_ml"),
    [
        ("morphine", 25),
        ("hydromorphone", 100),
        ("fentanyl", 10),
        ("sufentanil", 5),
        ("bupivacaine", 30),
        ("clonidine", 2),
        ("baclofen", 4),
    ],
)
def test_what_is_compounded_can_be_made(catalogue: Catalogue, drug: str, compounded_mg_per_ml: int) -> None:
    """No makeable maximum refuses what is compounded."""
    most = catalogue.drugs[drug].makeable_max
    assert most is not None
    assert most.canonical > compounded_mg_per_ml * 1000


def test_lives_in_the_pump(catalogue: Catalogue) -> None:
    """Ziconotide keeps 14 days in a new pump and 40 later; morphine 90; where no source gives a life there is none."""
    ziconotide, morphine = catalogue.drugs["ziconotide"], catalogue.drugs["morphine"]
    assert ziconotide.pump_life_first_fill is not None
    assert ziconotide.pump_life is not None
    assert morphine.pump_life is not None
    assert ziconotide.pump_life_first_fill.exact == 14 * DAY
    assert ziconotide.pump_life.exact == 40 * DAY
    assert morphine.pump_life.exact == 90 * DAY
    assert catalogue.drugs["fentanyl"].pump_life is None
    assert all(drug.degradation_rate is None for drug in catalogue.drugs.values())


def test_routes_and_effects(catalogue: Catalogue) -> None:
    """Ziconotide, sufentanil and bupivacaine are not swallowed; baclofen alone is for spasticity."""
    drugs = catalogue.drugs
    assert {name for name, drug in drugs.items() if drug.oral is None} == {"ziconotide", "sufentanil", "bupivacaine"}
    assert {name for name, drug in drugs.items() if drug.effect == "spasticity"} == {"baclofen"}
    assert {name for name, drug in drugs.items() if drug.opioid} == {
        "morphine",
        "hydromorphone",
        "fentanyl",
        "sufentanil",
    }


def test_derived_and_chosen_values_are_not_verified(catalogue: Catalogue) -> None:
    """A note that says derived, chosen or not yet checked never stands beside verified."""
    for entry in catalogue.entries:
        for name, value in values_of(entry):
            doubtful = any(word in value.note for word in ("derived", "not yet checked", "is chosen", "quoted;"))
            assert not (value.verified and doubtful), name
            assert not (value.verified and value.source == ("chosen",)), name
            assert value.verified or value.note, f"{name} does not say why it is unverified"


def test_values_walk_all_fields(catalogue: Catalogue) -> None:
    """Values carry the dotted name that a user's file would use."""
    named = dict(values_of(catalogue.drugs["morphine"]))
    assert named["drug.morphine.csf.loss_half_life"].unit == "h"
    assert named["drug.morphine.metabolite.clearance"].number == Decimal("0.0421")
    assert "drug.morphine.degradation_rate" not in named
    assert "catheter.ascenda-8780.segments.spinal.length" in dict(values_of(catalogue.catheters["ascenda-8780"]))
    assert all(value.kind in KINDS for value in named.values())


def test_catalogue_can_be_copied_and_pickled(catalogue: Catalogue) -> None:
    """A copy made by another process equals the original, and stays read-only."""
    twins: list[Any] = [copy.deepcopy(catalogue), pickle.loads(pickle.dumps(catalogue))]  # noqa: S301
    for twin in twins:
        assert twin == catalogue
        with pytest.raises(TypeError):
            twin.drugs["morphine"] = twin.drugs["fentanyl"]


def test_with_pump_leaves_the_original_alone(catalogue: Catalogue) -> None:
    """Adding a pump gives another catalogue."""
    custom = replace(catalogue.pumps["external"], name="custom")
    assert "custom" in catalogue.with_pump(custom).pumps
    assert "custom" not in catalogue.pumps
    slim = replace(catalogue.catheters["prometra-110"], name="slim")
    assert "slim" in catalogue.with_catheter(slim).catheters
    assert "slim" not in load_catalogue().catheters


def test_loading_twice_gives_the_same_object() -> None:
    """The built-in catalogue is read once."""
    assert load_catalogue() is load_catalogue()


def test_entries_are_frozen(catalogue: Catalogue) -> None:
    """Neither an entry nor a value can be changed in place."""
    pump: Pump = catalogue.pumps["external"]
    drug: Drug = catalogue.drugs["morphine"]
    with pytest.raises(AttributeError):
        pump.name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        drug.molar_mass.number = Decimal(1)  # type: ignore[misc]
