"""Which sites a drug acts at, what each follows and how slowly."""

from __future__ import annotations

from dataclasses import replace

from tests.relief.support import BUPIVACAINE, CATALOGUE, FENTANYL, MORPHINE, RELIEF, acting_like, changed

from intrathecal.relief import EffectSite, effect_sites


def test_each_site_has_its_fluid_and_half_life() -> None:
    """Cord and cisterna magna share a half-life; plasma and the metabolite have their own."""
    drug = acting_like(MORPHINE, fluid_half_life=11.0, plasma_half_life=22.0)
    drug = replace(drug, metabolite=changed(drug.metabolite, effect_half_life=33.0))
    relief = replace(RELIEF, spinal_top="T8", spinal_bottom="L3")
    assert effect_sites(drug, relief) == (
        EffectSite("spinal", 11.0, ("T8", "L3")),
        EffectSite("supraspinal", 11.0, "cisterna_magna"),
        EffectSite("plasma", 22.0, "plasma"),
        EffectSite("metabolite", 33.0, "metabolite"),
    )


def test_a_drug_acts_only_where_the_catalogue_says() -> None:
    """No plasma effect, no plasma site; no metabolite, no site for one; the cord always."""
    assert [site.name for site in effect_sites(FENTANYL, RELIEF)] == ["spinal", "supraspinal", "plasma"]
    assert [site.name for site in effect_sites(BUPIVACAINE, RELIEF)] == ["spinal"]
    assert all(effect_sites(drug, RELIEF)[0].name == "spinal" for drug in CATALOGUE.drugs.values())
