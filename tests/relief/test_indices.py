"""From concentrations at effect sites to how strongly a drug acts."""

from __future__ import annotations

import numpy as np
import pytest
from tests.relief.support import BUPIVACAINE, CATALOGUE, CLONIDINE, FENTANYL, MORPHINE, RELIEF, at, with_relief

from intrathecal.catalogue import Drug
from intrathecal.relief import effect_sites, indices, site_index


def half_at(drug: Drug) -> dict[str, float]:
    """The EC50 of every effect site of ``drug``."""
    response, metabolite = drug.response, drug.metabolite
    found = {
        "spinal": response.spinal_ec50,
        "supraspinal": response.supraspinal_ec50,
        "plasma": response.plasma_ec50,
        "metabolite": metabolite.plasma_ec50 if metabolite else None,
    }
    return {site: value.canonical for site, value in found.items() if value is not None}


@pytest.mark.parametrize("name", sorted(CATALOGUE.drugs))
def test_one_ec50_at_one_site_is_an_index_of_one(name: str) -> None:
    """Each fluid at its EC50 gives 1 at the site it reaches; plasma divides its 1 between cord and brain, where there are two."""
    drug = CATALOGUE.drugs[name]
    assert [site.name for site in effect_sites(drug, RELIEF)] == list(half_at(drug))
    share = RELIEF.systemic_spinal_share.canonical if "supraspinal" in half_at(drug) else 1.0
    reached = {"spinal": (1, 0), "supraspinal": (0, 1), "plasma": (share, 1 - share), "metabolite": (share, 1 - share)}
    for site in half_at(drug):
        effects = {other: np.full(2, ec50 if other == site else 0.0) for other, ec50 in half_at(drug).items()}
        (found,) = indices(RELIEF, [(drug, effects)])
        assert found.spinal == pytest.approx([reached[site][0]] * 2)
        assert found.supraspinal == pytest.approx([reached[site][1]] * 2)


def test_one_drug_from_two_sources_is_one_drug() -> None:
    """Morphine from the pump and morphine by mouth add at every site, breathing too; another opioid stays apart."""
    pump, mouth = ({site: np.array([scale, 2 * scale]) for site in half_at(MORPHINE)} for scale in (0.2, 0.01))
    other = {site: np.array([1e-3, 1e-3]) for site in half_at(FENTANYL)}
    both = indices(RELIEF, [(MORPHINE, pump), (FENTANYL, other), (MORPHINE, mouth)])
    assert [each.drug.name for each in both] == ["morphine", "fentanyl"]
    (summed,) = indices(RELIEF, [(MORPHINE, {site: pump[site] + mouth[site] for site in pump})])
    for part in ("spinal", "supraspinal", "breathing"):
        assert getattr(both[0], part) == pytest.approx(getattr(summed, part), rel=1e-15)


def test_breathing_sees_brain_plasma_and_metabolite() -> None:
    """Each at its own concentration of half effect; the cord has no part in it."""
    assert MORPHINE.breathing is not None
    assert MORPHINE.metabolite is not None
    halves = {
        "spinal": 1.0,
        "supraspinal": MORPHINE.breathing.fluid_c50.canonical,
        "plasma": MORPHINE.breathing.plasma_c50.canonical,
        "metabolite": MORPHINE.metabolite.breathing_c50.canonical,
    }
    for site, right in (("spinal", 0.0), ("supraspinal", 1.0), ("plasma", 1.0), ("metabolite", 1.0)):
        effects = {other: np.array([half if other == site else 0.0]) for other, half in halves.items()}
        (found,) = indices(RELIEF, [(MORPHINE, effects)])
        assert found.breathing == pytest.approx([right])


def test_share_of_plasma_follows_the_catalogue() -> None:
    """All of it spinal, or none of it: what one site loses the other gains."""
    effects = {site: np.array([0.01]) for site in half_at(MORPHINE)}
    (cord,), (brain,) = (indices(with_relief(systemic_spinal_share=share), [(MORPHINE, effects)]) for share in (1, 0))
    systemic = sum(0.01 / half_at(MORPHINE)[site] for site in ("plasma", "metabolite"))
    assert cord.spinal - brain.spinal == pytest.approx([systemic])
    assert brain.supraspinal - cord.supraspinal == pytest.approx([systemic])


def test_index_of_a_mechanism_sums_its_drugs() -> None:
    """Opioids count together, clonidine by itself, and a mechanism that nobody has is zero at every time."""
    acting = [at(MORPHINE, [0.5, 1.0], 0.1), at(FENTANYL, [0.25, 0.0], 0.2), at(CLONIDINE, [3.0, 4.0])]
    assert site_index(acting, "opioid", "spinal").tolist() == [0.75, 1.0]
    assert site_index(acting, "opioid", "supraspinal") == pytest.approx([0.3, 0.3])
    assert site_index(acting, "alpha-2 agonist", "spinal").tolist() == [3.0, 4.0]
    assert site_index([at(BUPIVACAINE, [1.0, 2.0])], "opioid", "spinal").tolist() == [0.0, 0.0]
    assert site_index([], "opioid", "spinal").shape == ()
