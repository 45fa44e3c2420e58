"""One drug in one patient: what goes in, what is seen, and what must hold for any of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from intrathecal.catalogue import Catalogue, Drug, load_catalogue
from intrathecal.simulation.modal import modal
from intrathecal.simulation.system import ELIMINATED, LinearSystem, build_system, tracer_system

Array = NDArray[np.float64]
CATALOGUE = load_catalogue()
MORPHINE = CATALOGUE.drugs["morphine"]
SYSTEM = build_system(MORPHINE, CATALOGUE, 175, 70)
DRUGS = pytest.mark.parametrize("name", sorted(CATALOGUE.drugs))


def at_rest(built: LinearSystem, push: Array) -> Array:
    """The states at rest under a constant push (ug/s)."""
    return np.asarray(np.linalg.solve(-built.generator.toarray(), push))


def still(catalogue: Catalogue, drug: Drug) -> tuple[Drug, Catalogue]:
    """The same without flow of fluid and without return from plasma: a tree in detailed balance."""
    physiology = catalogue.physiology
    none = replace(physiology.spinal_absorption, number=Decimal(0))
    little = replace(physiology.csf_production, number=Decimal("1e-30"))
    quiet = replace(catalogue, physiology=replace(physiology, spinal_absorption=none, csf_production=little))
    return replace(drug, csf_plasma_ratio=replace(drug.csf_plasma_ratio, number=Decimal(0))), quiet


@DRUGS
def test_drug_is_neither_made_nor_lost(name: str) -> None:
    """Column by column, the rows of the drug and its sinks sum to zero; no transfer is negative."""
    built = build_system(CATALOGUE.drugs[name], CATALOGUE, 165, 82)
    dense = built.generator.toarray()
    balance = built.parent @ dense + built.sinks[ELIMINATED]
    assert np.abs(balance).max() <= 1e-14 * np.abs(dense).max()
    assert np.all(dense - np.diag(np.diag(dense)) >= 0)
    assert np.all(built.sinks[ELIMINATED] >= 0)
    assert {"cisterna_magna", "cranial"} <= set(np.array(built.states)[built.parts["csf"]])
    assert set(np.array(built.states)[built.parts["body"]]) >= {"plasma"}
    assert built.parts["body"].sum() <= 4
    covered = np.sum(list(built.parts.values()), axis=0)
    copies = {"metabolite", *(f"effect {site}" for site in built.effects)}
    assert covered.tolist() == [0 if state in copies else 1 for state in built.states]


@pytest.mark.parametrize(
    ("name", "route"),
    [(name, "intravenous") for name in CATALOGUE.drugs]
    + [(name, "oral") for name in CATALOGUE.drugs if CATALOGUE.drugs[name].oral],
)
def test_fluid_follows_plasma_at_rest(name: str, route: str) -> None:
    """Under a constant systemic dose the fluid holds the catalogue's ratio to plasma, the same at every place."""
    drug = CATALOGUE.drugs[name]
    built = build_system(drug, CATALOGUE, 175, 70)
    x = at_rest(built, built.source(route))
    plasma = built.sites["plasma"] @ x
    share = 1.0 if drug.oral is None or route == "intravenous" else drug.oral.bioavailability.canonical
    assert plasma == pytest.approx(share / drug.plasma.clearance.canonical)
    fluid = np.append(built.csf_profile @ x, built.sites["cisterna_magna"] @ x)
    assert fluid == pytest.approx(np.full(fluid.size, drug.csf_plasma_ratio.canonical * plasma), rel=1e-9)


def test_fluid_peaks_after_an_intravenous_infusion() -> None:
    """After 0.5 mg/kg of morphine over 30 min the lumbar fluid peaks between 60 and 150 min (measured: 102 min)."""
    propagator = modal(SYSTEM)
    inputs = np.zeros((360, 1))
    inputs[:30] = 35_000 / 1800
    start = propagator.internal(np.zeros(len(SYSTEM.states)))
    run = propagator.run(start, np.full(360, 60.0), inputs, SYSTEM.source("intravenous")[:, None])
    seen = propagator.observe(run.states, np.array([SYSTEM.sites["L4"], SYSTEM.sites["plasma"]]))
    assert 60 <= seen[:, 0].argmax() <= 150
    ratio = seen[:121, 0].sum() / seen[:121, 1].sum()
    assert 0.18 / 1.7 <= ratio <= 0.18 * 1.7  # AUC of fluid over serum in the first two hours


@DRUGS
def test_area_under_the_curve_without_a_clock(name: str) -> None:
    """A dose into the canal is eliminated in the end, all of it, and its plasma AUC is that of an intravenous dose."""
    drug = CATALOGUE.drugs[name]
    built = build_system(drug, CATALOGUE, 175, 70)
    areas = at_rest(built, built.source("intrathecal", 50.0))
    assert built.sinks[ELIMINATED] @ areas == pytest.approx(1.0)
    assert built.sites["plasma"] @ areas == pytest.approx(1 / drug.plasma.clearance.canonical)


def test_reciprocity() -> None:
    """Without flow, fluid at one place after a dose at another holds what the other would after a dose at the first."""
    built = build_system(*still(CATALOGUE, MORPHINE), 175, 70)
    places = [built.z_cm[cell] for cell in (3, 60, 141)]
    push = np.array([built.source("intrathecal", z) for z in places])
    rows = np.array([built.tip_row(z) for z in places])
    steady = rows @ at_rest(built, push.T)
    assert steady == pytest.approx(steady.T, rel=1e-9)
    propagator = modal(built)
    later = np.array(
        [
            propagator.observe(propagator.run(propagator.internal(b), np.array([4000.0]), *_nothing(b)).states, rows)[
                -1
            ]
            for b in push
        ]
    )
    assert later == pytest.approx(later.T, rel=1e-9, abs=1e-15)
    moving = at_rest(SYSTEM, np.array([SYSTEM.source("intrathecal", z) for z in places]).T)
    assert (rows @ moving)[0, 2] != pytest.approx((rows @ moving)[2, 0], rel=1e-2)


def _nothing(like: Array) -> tuple[Array, Array]:
    return np.zeros((1, 0)), np.zeros((like.size, 0))


def test_dose_enters_where_it_is_given() -> None:
    """An intrathecal dose keeps its place to the last digit, whatever the mesh; an epidural one keeps place and spread."""
    for z in (0.0, 0.1, 12.345, 52.5, SYSTEM.z_cm[7], SYSTEM.canal.length_cm):
        entry = SYSTEM.source("intrathecal", z)
        fluid = entry[: SYSTEM.z_cm.size]
        assert entry.sum() == pytest.approx(1, rel=1e-15)
        assert fluid.sum() == entry.sum()
        assert np.all(entry >= 0)
        assert np.count_nonzero(entry) <= 2
        held = np.clip(z, SYSTEM.z_cm[0], SYSTEM.z_cm[-1])
        assert fluid @ SYSTEM.z_cm == pytest.approx(held, rel=1e-12)
    epidural = SYSTEM.source("epidural", 33.0)
    assert epidural[SYSTEM.parts["epidural"]].sum() == pytest.approx(1)
    along = epidural[SYSTEM.parts["epidural"]]
    middle = along @ SYSTEM.z_cm
    assert middle == pytest.approx(33.0, abs=1e-6)
    spread = np.sqrt(along @ (SYSTEM.z_cm - middle) ** 2)
    assert spread == pytest.approx(CATALOGUE.physiology.epidural_spread.canonical, rel=0.01)
    assert SYSTEM.source("epidural", 65.0).sum() == pytest.approx(1)  # cut at the end, nothing lost


def test_epidural_dose_reaches_the_fluid_in_its_share() -> None:
    """Of an epidural dose of morphine 3.6 % reaches the fluid: its exposure is that of so much given into the fluid."""
    built = build_system(*still(CATALOGUE, MORPHINE), 175, 70)
    areas = [
        built.csf_profile @ at_rest(built, built.source(route, 40.0)) @ built.canal.csf_volume_mL
        for route in ("epidural", "intrathecal")
    ]
    assert areas[0] / areas[1] == pytest.approx(MORPHINE.csf.epidural_csf_fraction.canonical, rel=0.02)


@pytest.mark.parametrize(
    ("route", "place", "message"),
    [
        ("intrathecal", None, "needs a place"),
        ("intrathecal", 70.0, "the canal runs from 0 to 65.95 cm"),
        ("epidural", -0.1, "the canal runs from 0"),
        ("nasal", 10.0, "give one of intrathecal, epidural, intravenous, oral"),
    ],
)
def test_wrong_route_or_place_is_refused(route: str, place: float | None, message: str) -> None:
    """An unknown route and a place outside the canal are errors that say what would be right."""
    with pytest.raises(ValueError, match=message):
        SYSTEM.source(route, place)


def test_route_that_a_drug_does_not_have() -> None:
    """Ziconotide is never swallowed; a tracer has no plasma and no epidural space."""
    tracer = tracer_system(CATALOGUE.tracers["indtpa"], CATALOGUE, 175)
    with pytest.raises(ValueError, match="ziconotide has no gut"):
        build_system(CATALOGUE.drugs["ziconotide"], CATALOGUE, 175, 70).source("oral")
    with pytest.raises(ValueError, match="indtpa has no epidural 0"):
        tracer.source("epidural", 30.0)
    assert not tracer.cord_profile.any()
    assert tracer.metabolite_row is None


def test_concentration_at_a_point_is_second_order() -> None:
    """Between the middles of cells, and up to the cisterna, the row of a point errs with the square of the spacing."""
    errors = []
    for cells in (50, 100, 200):
        built = build_system(MORPHINE, CATALOGUE, 175, 70, cells)
        profile = np.zeros(len(built.states))
        wave = 0.5 * np.pi / built.canal.length_cm  # flat at the end of the sac, where nothing flows

        def smooth(z: Array | float, wave: float = wave) -> Array:
            return np.asarray(2.0 + np.sin(wave * np.asarray(z)))

        profile[:cells] = built.canal.csf_volume_mL * smooth(built.z_cm)
        profile[built.states.index("cisterna_magna")] = smooth(0.0) / built.sites["cisterna_magna"].max()
        points = [0.0, 0.05, 5.123, 31.0, 52.525, built.canal.length_cm]
        errors.append(max(abs(built.tip_row(z) @ profile - smooth(z)) for z in points))
    assert errors[0] < 1e-3
    assert errors[0] / errors[1] > 3
    assert errors[1] / errors[2] > 3
    assert np.all(SYSTEM.tip_row(33.3) >= 0)
    with pytest.raises(ValueError, match=r"z_cm is 66\.1"):
        SYSTEM.tip_row(66.1)


def test_sites_are_the_levels_and_two_boxes() -> None:
    """C1 to S2 at their middles, then the cisterna magna and plasma, all in ug/mL."""
    assert list(SYSTEM.sites)[:3] == ["C1", "C2", "C3"]
    assert list(SYSTEM.sites)[-3:] == [
        "S2",
        "cisterna_magna",
        "plasma",
    ]
    assert len(SYSTEM.sites) == 28
    one = np.zeros(len(SYSTEM.states))
    one[: SYSTEM.z_cm.size] = SYSTEM.canal.csf_volume_mL * 3.0
    assert [SYSTEM.sites[level] @ one for level in ("C2", "T10", "S2")] == pytest.approx([3.0] * 3)
    plasma = np.where(np.array(SYSTEM.states) == "plasma", 5250.0, 0.0)
    assert SYSTEM.sites["plasma"] @ plasma == pytest.approx(1.0)
    cord = np.zeros(len(SYSTEM.states))
    cord[SYSTEM.parts["cord"]] = SYSTEM.canal.tissue_volume_mL * 2.0
    assert SYSTEM.cord_profile @ cord == pytest.approx(np.full(150, 2.0))


def test_slug_is_the_fluid_around_a_place() -> None:
    """A slug holds the volume asked, half of it on either side where there is room, and never more than there is."""
    fluid = SYSTEM.canal.csf_volume_mL
    below = np.concatenate([[0.0], np.cumsum(fluid)])
    for z, volume in ((40.0, 1.5), (0.2, 2.0), (65.9, 3.0), (30.0, 60.0), (30.0, 0.0)):
        share = SYSTEM.slug(z, volume)
        assert share[: fluid.size] @ fluid == pytest.approx(volume, abs=1e-12)
        assert np.all((share >= 0) & (share <= 1))
        assert share[fluid.size :].sum() == 0
    share = SYSTEM.slug(40.0, 1.5)[: fluid.size]
    middle = np.interp(40.0, SYSTEM.canal.edges_cm, below)
    taken = np.minimum(np.cumsum(share * fluid), 1.5)
    assert np.interp(middle, below, np.concatenate([[0.0], taken])) == pytest.approx(0.75, abs=0.02)
    assert SYSTEM.slug(65.9, 3.0)[fluid.size - 1] == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"the canal holds 91\.0 mL"):
        SYSTEM.slug(30.0, 95.0)


@pytest.mark.parametrize("name", ["heart_rate", "stroke_volume", "respiratory_displacement"])
def test_more_motion_carries_drug_further(name: str) -> None:
    """With more motion of the fluid a lumbar dose stands higher in the neck and lower where it was given."""
    value = getattr(CATALOGUE.physiology, name)
    more = replace(CATALOGUE.physiology, **{name: replace(value, number=2 * value.number)})
    busy = build_system(MORPHINE, replace(CATALOGUE, physiology=more), 175, 70)
    rest, moved = (at_rest(built, built.source("intrathecal", 52.5)) for built in (SYSTEM, busy))
    assert busy.sites["C4"] @ moved > 1.05 * (SYSTEM.sites["C4"] @ rest)
    assert busy.sites["L3"] @ moved < SYSTEM.sites["L3"] @ rest
