"""Fluxes, layers and the network that is made of them."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intrathecal.catalogue import load_catalogue
from intrathecal.spine import CORD, EPIDURAL, Cranium, Layer, assemble, build_canal, drug_layers, loss_per_s
from intrathecal.spine.flux import bernoulli, exchange

CATALOGUE = load_catalogue()
CANAL = build_canal(CATALOGUE.anatomy, 175, 30)
FACES = np.linspace(0.2, 0.02, 31)
DOWN = 1.7e-3 * (1 - CANAL.edges_cm / CANAL.length_cm)
LAYERS = {CORD: Layer(1e-4, 0.5, 7200.0), EPIDURAL: Layer(5e-5, 0.036, 1900.0)}
HEAD = Cranium(7.5, 142.5, 4e-3, 3e-3, 1e-4)


def test_bernoulli_function() -> None:
    """It is 1 at zero, x/(exp(x)-1) elsewhere, and neither overflows nor falls below zero."""
    x = np.array([-800.0, -2.0, -1e-6, 0.0, 1e-6, 2.0, 800.0])
    right = [800.0, -2.0 / np.expm1(-2.0), 1 + 5e-7, 1.0, 1 - 5e-7, 2.0 / np.expm1(2.0), 0.0]
    assert bernoulli(x) == pytest.approx(right, rel=1e-12, abs=1e-250)
    assert np.all(bernoulli(x) >= 0)


@given(st.floats(0, 0.1), st.floats(1e-6, 0.5), st.floats(0.01, 3))
def test_exchange_is_exact_for_a_constant_flux(flow: float, dispersion: float, distance: float) -> None:
    """Both rates are never below zero, differ by the flow, and hold the profile a + b exp(u x / D) at one flux."""
    one = np.ones(1)
    down, up = exchange(1.3 * one, dispersion * one, distance * one, flow * one)
    assert down[0] >= 0
    assert up[0] >= 0
    assert down[0] - up[0] == pytest.approx(flow, rel=1e-9, abs=1e-12)
    peclet = flow / 1.3 * distance / dispersion
    if 1e-3 < peclet < 30:  # the profile exp(u x / D) carries no flux
        assert down[0] * 1.0 == pytest.approx(up[0] * np.exp(peclet), rel=1e-9)


def test_columns_add_up_to_what_is_lost() -> None:
    """All that leaves a state enters another one or the blood; no transfer is negative."""
    spine = assemble(CANAL, FACES, DOWN, LAYERS, HEAD)
    dense = spine.generator.toarray()
    assert dense.sum(axis=0) == pytest.approx(-spine.to_blood, rel=1e-9, abs=1e-15)
    assert np.all(dense - np.diag(np.diag(dense)) >= 0)
    assert np.all(spine.to_blood >= 0)
    assert len(spine.states) == 3 * 30 + 2
    assert spine.mask(CORD).sum() == 30


def test_blood_in_balance_holds_one_concentration_everywhere() -> None:
    """What the blood brings keeps the capacities at rest: one concentration along the whole canal, whatever the flow."""
    spine = assemble(CANAL, FACES, DOWN, LAYERS, HEAD)
    assert spine.generator @ spine.capacity_mL + spine.from_blood == pytest.approx(np.zeros(92), abs=1e-15)
    assert np.all(spine.from_blood >= 0)


def test_tree_without_flow_is_in_detailed_balance() -> None:
    """Without flow every exchange inside the neuraxis is balanced at one concentration: the scaled generator is symmetric."""
    still = Cranium(7.5, 142.5, 0.0, 3e-3, 1e-4)
    spine = assemble(CANAL, FACES, 0 * DOWN, LAYERS, still)
    flows = spine.generator.toarray() * spine.capacity_mL
    assert flows == pytest.approx(flows.T, rel=1e-12, abs=1e-18)
    edges = np.count_nonzero(np.triu(flows, 1))
    assert edges == len(spine.states) - 1  # connected, so this many edges make a tree


def test_layer_returns_and_drains_as_asked() -> None:
    """Of what enters a layer the asked share returns, the mean stay is the asked one, the fluid drains at the asked rate."""
    layer = Layer(1e-4, 0.3, 1800.0)
    assert layer.back_per_s / (layer.back_per_s + layer.blood_per_s) == pytest.approx(0.3)
    assert 1 / (layer.back_per_s + layer.blood_per_s) == pytest.approx(1800.0)
    inward = layer.permeation_mL_per_s(CANAL.dural_perimeter_cm(), CANAL.csf_volume_mL)
    assert inward.sum() * (1 - 0.3) / CANAL.csf_volume_mL.sum() == pytest.approx(1e-4)
    assert inward / CANAL.dural_perimeter_cm() == pytest.approx(np.full(30, inward[0] / CANAL.dural_perimeter_cm()[0]))


def test_drug_layers_share_its_loss() -> None:
    """Cord and epidural space together drain the fluid at the drug's own half-life."""
    csf = CATALOGUE.drugs["morphine"].csf
    csf = replace(csf, cord_share=replace(csf.cord_share, number=Decimal("0.2")))
    cord, epidural = drug_layers(csf)
    assert cord.loss_per_s + epidural.loss_per_s == pytest.approx(np.log(2) / csf.loss_half_life.canonical)
    assert loss_per_s(csf) == pytest.approx(np.log(2) / csf.loss_half_life.canonical)
    assert cord.loss_per_s == pytest.approx(0.2 * loss_per_s(csf))


@pytest.mark.parametrize("returned", [0.0, 1.0, -0.1, float("nan")])
def test_layer_without_a_way_both_ways_is_refused(returned: float) -> None:
    """A layer that returns nothing, or all, cannot be in balance with fluid and blood."""
    with pytest.raises(ValueError, match="give a fraction above 0 and below 1"):
        Layer(1e-4, returned, 1800.0)


def test_flow_towards_the_head_is_refused() -> None:
    """Fluid enters at the head and is absorbed on the way; anything else is an error."""
    with pytest.raises(ValueError, match="negative or grows"):
        assemble(CANAL, FACES, DOWN[::-1], LAYERS)
