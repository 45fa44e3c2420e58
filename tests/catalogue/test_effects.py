"""What drugs do, in the catalogue: published figures, a user's own values, and entries that cannot be."""

from pathlib import Path

import pytest

from intrathecal.catalogue import CatalogueError, cite, load_catalogue, values_of

CATALOGUE = load_catalogue()
MOLAR_MASS = {"morphine": 285.34, "glucuronide": 461.46}
VALUE = '{{ value = {}, unit = "{}", source = ["chosen"], note = "for this test" }}'


def write(path: Path, text: str) -> Path:
    """Write ``text`` to ``path`` and return it."""
    path.write_text(text, encoding="utf-8")
    return path


def value(number: float, unit: str = "dimensionless") -> str:
    """A value as a file gives it."""
    return VALUE.format(number, unit)


def test_mechanisms() -> None:
    """Each drug has its mechanism; opioids alone act on the brain and on breathing."""
    mechanisms = {name: drug.response.mechanism for name, drug in CATALOGUE.drugs.items()}
    assert mechanisms == {
        "morphine": "opioid",
        "hydromorphone": "opioid",
        "fentanyl": "opioid",
        "sufentanil": "opioid",
        "bupivacaine": "local anaesthetic",
        "clonidine": "alpha-2 agonist",
        "ziconotide": "calcium-channel blocker",
        "baclofen": "GABA-B agonist",
    }
    for drug in CATALOGUE.drugs.values():
        assert (drug.breathing is not None) == drug.opioid
        assert (drug.response.supraspinal_ec50 is not None) == drug.opioid
    assert {n for n, d in CATALOGUE.drugs.items() if d.response.plasma_ec50 is None} == {"bupivacaine", "ziconotide"}


def test_morphine_and_its_glucuronide_in_moles() -> None:
    """32 nmol/L of morphine for relief and breathing, 740 nmol/L of its glucuronide for relief, 603 for breathing."""
    morphine = CATALOGUE.drugs["morphine"]
    assert morphine.response.plasma_ec50 is not None
    assert morphine.breathing is not None
    assert morphine.metabolite is not None

    def nanomolar(ug_per_mL: float, of: str) -> float:
        return ug_per_mL / MOLAR_MASS[of] * 1e6

    assert nanomolar(morphine.response.plasma_ec50.canonical, "morphine") == pytest.approx(32, rel=0.01)
    assert nanomolar(morphine.breathing.plasma_c50.canonical, "morphine") == pytest.approx(32, rel=0.01)
    assert nanomolar(morphine.metabolite.plasma_ec50.canonical, "glucuronide") == pytest.approx(740, rel=0.01)
    assert nanomolar(morphine.metabolite.breathing_c50.canonical, "glucuronide") == pytest.approx(
        32 * 528 / 28, rel=0.01
    )


def test_what_a_dose_ratio_hangs_on_has_a_spread() -> None:
    """Potencies, half-lives, steepness, tolerance, shares, clearances and ratios say how far they vary."""
    parts = [
        *(
            "ec50",
            "c50",
            "fluid_half_life",
            "plasma_half_life",
            "response.hill",
            "csf.loss",
            "cord_share",
            "cord_return",
        ),
        *("cord_residence", "epidural_csf", "csf_plasma_ratio", "plasma.clearance", "bioavailability"),
    ]
    missing = [
        name
        for drug in CATALOGUE.drugs.values()
        for name, held in values_of(drug)
        if any(part in name for part in parts) and held.spread is None
    ]
    relief = [name for name, held in values_of(CATALOGUE.relief) if "relief.tolerance" in name and held.spread is None]
    assert missing + relief == []
    for name in ("systemic_spinal_share", "site_synergy", "opioid_hill", "opioid_local_anaesthetic_synergy"):
        assert getattr(CATALOGUE.relief, name).spread is not None


def test_names_of_values() -> None:
    """The dotted names are those that a user's file would use."""
    assert "drug.morphine.response.spinal_ec50" in dict(values_of(CATALOGUE.drugs["morphine"]))
    assert "relief.tolerance.fast_max" in dict(values_of(CATALOGUE.relief))
    assert "side_effect.itching.half_index" in dict(values_of(CATALOGUE.side_effects["itching"]))
    cited = {c.reference.key for c in cite([CATALOGUE.relief, *CATALOGUE.side_effects.values()], CATALOGUE.references)}
    assert {"chu2012", "gehling2009", "prialt-label"} <= cited


def test_a_users_own_effects(tmp_path: Path) -> None:
    """One value of tolerance, one rate and a whole new unwanted effect; the rest stays."""
    text = f"[relief.tolerance]\nfast_max = {value(2)}\n[side_effect.itching]\nslope = {value(1)}\n"
    text += '[side_effect.sweating]\ntitle = "sweating"\nmechanism = "opioid"\nsite = "supraspinal"\n'
    text += f"background = {value(0.1)}\nhalf_index = {value(5)}\nslope = {value(1)}\nwears_off = true\n"
    text += f"[drug.morphine.breathing]\nhill = {value(1.5)}\n"
    mine = load_catalogue([write(tmp_path / "mine.toml", text)])

    assert mine.relief.tolerance.fast_max.canonical == 2
    assert mine.relief.tolerance.slow_half_life == CATALOGUE.relief.tolerance.slow_half_life
    assert mine.relief.placebo_max == CATALOGUE.relief.placebo_max
    assert mine.side_effects["itching"].half_index == CATALOGUE.side_effects["itching"].half_index
    assert mine.side_effects["sweating"].title == "sweating"
    assert mine.drugs["morphine"].breathing is not None
    assert mine.drugs["morphine"].breathing.hill.canonical == 1.5


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[relief]\nspinal_top = "T13"\n', 'relief.spinal_top: "T13" is not a level; write C1 to S2'),
        ('[relief]\nspinal_bottom = "T1"\n', "relief.spinal_top: it lies below spinal_bottom (T1)"),
        (
            "[side_effect.dizziness]\nwears_off = true\n",
            "wears_off: tolerance is followed for opioids alone; give false",
        ),
        (f"[relief]\nscore_day_correlation = {value(1)}\n", "score_day_correlation: 1 leaves no memory or no change"),
        (f"[relief]\nscore_day_correlation = {value(0)}\n", "score_day_correlation: 0 leaves no memory or no change"),
        (f"[relief]\nashworth_before = {value(5)}\n", "ashworth_before: 5 is above the scale"),
        (f"[relief]\nopioid_hill = {value(0)}\n", "opioid_hill.value: 0 dimensionless is zero"),
        (f"[relief]\ntolerant_oral_opioid = {value(90, 'mg')}\n", '"mg" is not a unit of mass rate'),
        (f"[drug.morphine.response]\nspinal_ec50 = {value(0, 'ng/mL')}\n", "spinal_ec50.value: 0 ng/mL is zero"),
        ('[drug.morphine.response]\nmechanism = "magic"\n', '"opioid" or "local anaesthetic" or'),
        (
            '[drug.morphine.response]\nmechanism = "GABA-B agonist"\n',
            'response.mechanism: "GABA-B agonist" does not fit opioid = true; correct one of the two',
        ),
        ("[drug.bupivacaine]\nopioid = true\n", 'mechanism: "local anaesthetic" does not fit opioid = true'),
        (
            f"[drug.bupivacaine.response]\nplasma_ec50 = {value(1, 'ug/mL')}\n",
            "response.plasma_half_life: it is missing, and its partner is given",
        ),
        (
            '[drug.bupivacaine]\nopioid = true\n[drug.bupivacaine.response]\nmechanism = "opioid"\n',
            "drug.bupivacaine.breathing: it is missing, and an opioid acts on the brain",
        ),
        (
            f"[drug.ziconotide.breathing]\nfluid_c50 = {value(1, 'ng/mL')}\nplasma_c50 = {value(1, 'ng/mL')}\n"
            f"hill = {value(1)}\n",
            "drug.ziconotide.response.supraspinal_ec50: it is missing, and breathing follows",
        ),
        ("[side_effect.hiccup]\n", "side_effect.hiccup: title is missing"),
        ('[side_effect.itching]\nsite = "skin"\n', 'write "spinal" or "supraspinal"'),
    ],
)
def test_effects_that_cannot_be(tmp_path: Path, text: str, part: str) -> None:
    """Figures that contradict each other are refused at the field that is wrong."""
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([write(tmp_path / "mine.toml", text)])
    assert part in str(caught.value)
