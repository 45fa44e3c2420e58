"""Effect sites: they follow their fluids exactly, and the drug itself does not notice them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from numpy.typing import NDArray

from intrathecal.body import build_body
from intrathecal.catalogue import Drug, load_catalogue
from intrathecal.relief import effect_sites
from intrathecal.simulation.modal import modal
from intrathecal.simulation.propagation import Propagator, choose
from intrathecal.simulation.squaring import squaring
from intrathecal.simulation.system import ELIMINATED, LinearSystem, build_neuraxis, build_system, couple, tracer_system
from intrathecal.spine import CORD, EPIDURAL, drug_layers, loss_per_s

Array = NDArray[np.float64]
CATALOGUE = load_catalogue()
MORPHINE = CATALOGUE.drugs["morphine"]
CELLS = 40
SYSTEM = build_system(MORPHINE, CATALOGUE, 175, 70, CELLS)
DRUGS = pytest.mark.parametrize("name", sorted(CATALOGUE.drugs))


def without_sites(drug: Drug) -> LinearSystem:
    """The same drug in the same patient, and nobody who looks."""
    layers = dict(zip((CORD, EPIDURAL), drug_layers(drug.csf), strict=True))
    spine = build_neuraxis(CATALOGUE, 175, layers, loss_per_s(drug.csf), CELLS)
    body = build_body(drug, CATALOGUE.physiology, 70)
    return couple(drug.name, spine, body, drug.csf_plasma_ratio.canonical, 2.5)


def fluids(built: LinearSystem) -> dict[str, Array]:
    """The row of the fluid behind every effect site; the lumbosacral one is cut by levels, from the catalogue's lengths."""
    anatomy, canal = CATALOGUE.anatomy, built.canal
    scale = canal.length_cm / anatomy.length_cm
    names = [level.name for level in anatomy.levels]
    bottoms = scale * np.cumsum([level.length_cm for level in anatomy.levels])
    low, high = bottoms[names.index("T10") - 1], bottoms[names.index("L5")]
    overlap = np.minimum(canal.edges_cm[1:], high) - np.maximum(canal.edges_cm[:-1], low)
    volumes = canal.csf_volume_mL * np.maximum(overlap, 0.0) / canal.spacing_cm
    rows = {
        "spinal": volumes / volumes.sum() @ built.csf_profile,
        "supraspinal": built.sites["cisterna_magna"],
        "plasma": built.sites["plasma"],
    }
    return rows if built.metabolite_row is None else {**rows, "metabolite": built.metabolite_row}


def restless(built: LinearSystem) -> tuple[Array, Array, Array]:
    """Durations, inputs and sources of a day of pump, tablets and injections."""
    random = np.random.default_rng(8)
    sources = np.stack([built.source("intrathecal", 45.0), built.source("intravenous")], axis=1)
    return np.full(48, 1800.0), random.random((48, 2)) * [0.02, 0.5], sources


def advanced(propagator: Propagator, durations: Array, inputs: Array, sources: Array) -> Array:
    """The states (m + 1, 2, n) of a run from nothing."""
    return propagator.run(propagator.internal(np.zeros(len(sources))), durations, inputs, sources).states


def with_half_life(drug: Drug, half_life_s: float) -> Drug:
    """``drug`` with one half-life for fluid and plasma."""
    value = replace(drug.response.fluid_half_life, number=Decimal(repr(float(half_life_s))), unit="s")
    return replace(drug, response=replace(drug.response, fluid_half_life=value, plasma_half_life=value))


def test_sites_of_each_kind_of_drug() -> None:
    """An opioid acts in cord, brain and from plasma, morphine by its metabolite too; bupivacaine in the cord alone."""
    seen = {
        name: [site.name for site in effect_sites(drug, CATALOGUE.relief)] for name, drug in CATALOGUE.drugs.items()
    }
    assert seen["morphine"] == ["spinal", "supraspinal", "plasma", "metabolite"]
    assert seen["fentanyl"] == ["spinal", "supraspinal", "plasma"]
    assert seen["bupivacaine"] == seen["ziconotide"] == ["spinal"]
    for name, sites in seen.items():
        assert list(build_system(CATALOGUE.drugs[name], CATALOGUE, 175, 70, CELLS).effects) == sites


@DRUGS
def test_site_equals_its_fluid_at_rest(name: str) -> None:
    """Under a constant dose every site holds what its fluid holds: an EC50 at rest is one of the fluid."""
    built = build_system(CATALOGUE.drugs[name], CATALOGUE, 165, 82)
    x = np.linalg.solve(-built.generator.toarray(), built.source("intrathecal", 45.0))
    for site, row in built.effects.items():
        assert row @ x == pytest.approx(fluids(built)[site] @ x, rel=1e-9)


@DRUGS
def test_site_is_the_convolution_of_its_fluid(name: str) -> None:
    """Through a day of changes a site is its fluid, seen without sites, weighted by k exp(-k t) of the time that passed."""
    drug = CATALOGUE.drugs[name]
    bare = without_sites(drug)
    durations, inputs, sources = restless(bare)
    fine = 90
    states = advanced(squaring(bare), np.repeat(durations / fine, fine), np.repeat(inputs, fine, axis=0), sources)
    built = build_system(drug, CATALOGUE, 175, 70, CELLS)
    propagator = choose(built)
    found = propagator.observe(advanced(propagator, *restless(built)), np.array(list(built.effects.values())))
    for column, site in enumerate(effect_sites(drug, CATALOGUE.relief)):
        seen = squaring(bare).observe(states, fluids(bare)[site.name])[:, 0]
        k, step = log(2) / site.half_life_s, durations[0] / fine
        held, followed = 0.0, [0.0]
        for before, after in pairwise(seen):  # exact where the fluid runs straight over a step
            slope = (after - before) / step
            held = after - slope / k + (held - before + slope / k) * exp(-k * step)
            followed.append(held)
        right = np.array(followed[::fine])
        assert np.abs(found[:, column] - right).max() <= 2e-5 * right.max()


@DRUGS
def test_drug_does_not_notice_its_sites(name: str) -> None:
    """Amounts in every part, what is eliminated and every concentration are the same with sites and without."""
    drug, found = CATALOGUE.drugs[name], []
    for built in (build_system(drug, CATALOGUE, 175, 70, CELLS), without_sites(drug)):
        for propagator in (modal(built), squaring(built)):
            states = advanced(propagator, *restless(built))
            x = propagator.physical(states[-1])
            eliminated = built.sinks[ELIMINATED] @ propagator.integral(states[-1])
            seen = propagator.observe(states, np.array(list(built.sites.values())))
            found.append((np.array([*built.amounts(x).values(), eliminated]), seen))
    entered = float(restless(SYSTEM)[0] @ restless(SYSTEM)[1].sum(axis=1))
    for amounts, seen in found:
        assert amounts.sum() == pytest.approx(entered, rel=1e-11)
        assert np.abs(amounts - found[-1][0]).max() <= 1e-11 * entered
        assert np.abs(seen - found[-1][1]).max() <= 1e-11 * found[-1][1].max()


def test_dose_or_sample_never_touches_a_site() -> None:
    """No route puts drug into a site, no fluid drawn off takes any out, and nothing flows from one."""
    copies = np.array([state.startswith("effect") for state in SYSTEM.states])
    assert copies.sum() == 4
    entries = [SYSTEM.source(route, 40.0) for route in ("intrathecal", "epidural", "intravenous", "oral")]
    assert not np.any(entries, axis=0)[copies].any()
    assert not SYSTEM.slug(45.0, 60.0)[copies].any()
    assert not SYSTEM.parent[copies].any()
    assert not SYSTEM.sinks[ELIMINATED][copies].any()
    leaving = SYSTEM.generator.toarray()[:, copies]
    assert np.count_nonzero(leaving) == 4
    assert np.all(leaving.sum(axis=0) < 0)
    assert all(np.all(row >= 0) for row in SYSTEM.effects.values())


def test_mean_of_the_lumbosacral_fluid_hardly_depends_on_the_mesh() -> None:
    """The mean from T10 to L5 under an infusion at T10, where the slope is steep, is settled to a ten-thousandth."""
    found = []
    for cells in (75, 150, 300):
        built = build_system(MORPHINE, CATALOGUE, 171, 70, cells)
        x = np.linalg.solve(-built.generator.toarray(), built.source("intrathecal", built.canal.sites_cm["T10"]))
        found.append(built.effects["spinal"] @ x)
    assert found == pytest.approx([found[-1]] * 3, rel=1e-4)


@pytest.mark.parametrize("half_life_s", [5.0, 600.0, 14400.0, 4e6])
def test_equal_half_lives_are_no_trouble(half_life_s: float) -> None:
    """Sites with one half-life share a rate and not a mode: the modes stay as good as ever."""
    built = build_system(with_half_life(MORPHINE, half_life_s), CATALOGUE, 175, 70, CELLS)
    propagator = choose(built)
    assert propagator.method.startswith("modal")
    rows = np.array(list(built.effects.values()))
    found = propagator.observe(advanced(propagator, *restless(built)), rows)
    right = squaring(built).observe(advanced(squaring(built), *restless(built)), rows)
    assert np.abs(found - right).max(axis=0) == pytest.approx(np.zeros(4), abs=1e-10 * right.max())


@pytest.mark.parametrize("apart", [0.0, 1e-11, 1e-8, 1e-5])
def test_half_life_that_meets_a_mode(apart: float) -> None:
    """A site as slow as a mode of its fluid has no mode of its own: squaring takes over before digits are lost."""
    rates = np.sort(modal(SYSTEM).rates.real)
    built = build_system(with_half_life(MORPHINE, log(2) / (-rates[-8] * (1 + apart))), CATALOGUE, 175, 70, CELLS)
    propagator = choose(built)
    assert propagator.method.startswith("scaling" if apart < 1e-7 else "modal")
    rows = np.array(list(built.effects.values()))
    found = propagator.observe(advanced(propagator, *restless(built)), rows)
    right = squaring(built).observe(advanced(squaring(built), *restless(built)), rows)
    assert np.abs(found - right).max() <= 1e-8 * right.max()


@DRUGS
def test_demo_sized_system_stays_with_its_modes(name: str) -> None:
    """In an adult on the default mesh the modes' bound is far below where squaring would take over."""
    propagator = choose(build_system(CATALOGUE.drugs[name], CATALOGUE, 172, 78))
    assert propagator.method.startswith("modal")
    assert propagator.error_estimate < 2e-9


def test_tracer_acts_nowhere() -> None:
    """A tracer is followed for its transport alone."""
    tracer = tracer_system(CATALOGUE.tracers["indtpa"], CATALOGUE, 175, CELLS)
    assert tracer.effects == {}
    assert not any(state.startswith("effect") for state in tracer.states)
