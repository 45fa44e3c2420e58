"""The drug library as data: what may be hard, who may loosen it, and the page that shows it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from intrathecal.catalogue import Catalogue, CatalogueError, load_catalogue
from intrathecal.catalogue.guidelines import AGAINST_WHAT_RUNS, ANY_DRUG
from intrathecal.catalogue.mixtures import matching
from intrathecal.programmer.review import Review, review
from intrathecal.therapy import parse_therapy

DOCS = Path(__file__).parents[2] / "docs"
SIGNED = 'signed = { by = "Dr A. Example", on = 2026-01-31, reason = "our pain board" }\n'
HARD_MAX = '[limit.morphine-most]\ntimes = { value = 3, unit = "dimensionless", source = ["chosen"], note = "for our clinic" }\n'
CONSENSUS = '[limit.morphine-consensus]\nseverity = "hard"\n'


def laid(tmp_path: Path, *texts: str) -> Catalogue:
    """The catalogue with a clinic's files over it, later ones over earlier ones."""
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"clinic{number}.toml")
        files[-1].write_text(text, encoding="utf-8")
    return load_catalogue(files)


def reviewed(tmp_path: Path, text: str, dose: str) -> Review:
    """A dose of morphine reviewed with a clinic's file."""
    (tmp_path / "clinic.toml").write_text(text, encoding="utf-8")
    therapy = (
        f'[patient]\noral_opioid = "200 mg/day"\n[pump]\nmodel = "synchromed-ii-20"\nimplanted = 2024-01-05\n[catheter]\n'
        'model = "ascenda-8781"\nremoved = "31 cm"\ntip = "T10"\n[[drug]]\nname = "morphine"\nconcentration = "20 mg/mL"\n'
        f'[fill]\nvolume = "20 mL"\nat = 2026-01-05T10:00:00\n[program]\ntext = "{dose}"\n'
        '[catalogue]\nfiles = ["clinic.toml"]\n'
    )
    return review(parse_therapy(therapy, "file.toml", tmp_path))


def test_hard_limits_rest_on_what_was_seen() -> None:
    """A hard limit of the built-in library is verified in its source, or a change against what runs; nobody signed it."""
    for limit in load_catalogue().limits.values():
        assert limit.signed is None
        if limit.severity == "hard":
            assert limit.value.verified or limit.quantity in AGAINST_WHAT_RUNS, limit.name


@pytest.mark.requirement("GIP-6.1.2")
def test_every_drug_has_soft_and_hard_limits() -> None:
    """Daily dose, hourly dose, concentration, a least dose, and a precaution, for every drug of the catalogue."""
    catalogue = load_catalogue()
    assert set(catalogue.precautions) == set(catalogue.drugs)
    for drug in catalogue.drugs:
        own = {(one.quantity, one.severity) for one in catalogue.limits.values() if one.drug == drug}
        wanted = {("daily_dose", "soft"), ("daily_dose", "hard"), ("hourly_dose", "hard"), ("least_daily_dose", "soft")}
        assert own >= wanted, drug
        assert any(quantity == "concentration" for quantity, _ in own), drug


@pytest.mark.parametrize(
    ("name", "bound", "verified"),
    [
        ("morphine-naive", "1 mg/day", True),
        ("morphine-caution", "20 mg/day", True),
        ("morphine-start", "10 mg/day", True),
        ("morphine-consensus", "15 mg/day", False),
        ("morphine-label-concentration", "25 mg/mL", True),
        ("ziconotide-start", "2.4 mcg/day", True),
        ("ziconotide-us", "19.2 mcg/day", True),
        ("ziconotide-most", "21.6 mcg/day", True),
        ("ziconotide-step", "2.4 mcg/day", True),
        ("baclofen-step", "40 %", True),
        ("baclofen-step-cerebral", "20 %", True),
        ("hydromorphone-consensus", "10 mg/day", False),
        ("fentanyl-consensus", "1000 mcg/day", False),
        ("sufentanil-consensus", "500 mcg/day", False),
        ("clonidine-consensus", "600 mcg/day", False),
        ("morphine-naive-bolus", "0.15 mg", False),
        ("hydromorphone-naive-bolus", "0.04 mg", False),
        ("fentanyl-naive-bolus", "25 mcg", False),
    ],
)
def test_published_figures_stand_as_published(name: str, bound: str, verified: bool) -> None:
    """Labels and consensus tables, and only what was seen is verified."""
    limit = load_catalogue().limits[name]
    assert (str(limit.value), limit.value.verified, limit.times) == (bound, verified, None)


def test_a_signed_limit_is_hard_though_nobody_checked_it(tmp_path: Path) -> None:
    """15 mg/day of the consensus cannot be exceeded once a clinic signs for it, and the finding says who did."""
    assert reviewed(tmp_path, "", "16 mg/day").decision == "confirm"
    found = reviewed(tmp_path, CONSENSUS + SIGNED, "16 mg/day")
    [hard] = [one for one in found.findings if one.severity == "hard"]
    assert (hard.code, hard.limit, hard.unit) == ("daily-dose-high", 15, "mg/day")
    assert hard.source is not None
    assert "signed by Dr A. Example on 2026-01-31: our pain board" in hard.source


def test_a_hard_limit_is_loosened_by_who_signs(tmp_path: Path) -> None:
    """Three times the highest dose in place of twice lets 60 mg/day pass, and says who wanted it."""
    assert reviewed(tmp_path, "", "60 mg/day").decision == "refuse"
    loosened = reviewed(tmp_path, HARD_MAX + SIGNED, "60 mg/day")
    assert "daily-dose-high" in {one.code for one in loosened.findings if one.severity == "soft"}
    assert not [one for one in loosened.findings if one.severity == "hard"]
    beyond = reviewed(tmp_path, HARD_MAX + SIGNED, "76 mg/day")
    assert [one.source for one in beyond.findings if one.severity == "hard"][0].endswith("our pain board")  # type: ignore[union-attr]  # noqa: RUF015


def test_a_hard_limit_is_tightened_by_anybody(tmp_path: Path) -> None:
    """Less is allowed without a signature."""
    tighter = laid(tmp_path, HARD_MAX.replace("value = 3", "value = 1.2"))
    assert float(tighter.limits["morphine-most"].bound * 86400) == pytest.approx(30_000)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (HARD_MAX, "it loosens a hard limit (25 mg/day by practice) without a signature; sign it"),
        ('[limit.morphine-most]\nseverity = "soft"\n', "it loosens a hard limit"),
        (
            '[device_review]\nbridge_factor = { value = 9, unit = "dimensionless", source = ["chosen"], note = "x" }\n',
            "device_review.bridge_factor: 9 loosens a hard limit (2); leave it, or write a smaller one",
        ),
        ('[limit.morphine-most]\nseverity = "off"\n', "it loosens a hard limit"),
        ('[limit.morphine-most]\ngroup = "naive"\n', "it takes the hard limit of morphine (daily_dose, any) away"),
        ('[limit.morphine-most]\ndrug = "fentanyl"\n', "it takes the hard limit of morphine"),
        ('[limit.morphine-most]\nspace = "epidural"\n', "it takes the hard limit of morphine"),
        (CONSENSUS, "15 mg/day is not verified, and a hard limit rests on what was seen in its source"),
        (CONSENSUS + 'signed = { by = "Dr A. Example", reason = "x" }\n', "on is missing"),
        (CONSENSUS + SIGNED.replace("2026-01-31", '"yesterday"'), '"yesterday", not a date; write it without quotes'),
        (CONSENSUS + SIGNED.replace("our pain board", " "), "write a text in quotes"),
        ('[limit.morphine-consensus]\ndrug = "morfine"\n', '"morfine" is not a drug'),
        ('[limit.morphine-consensus]\nguideline = "ours"\n', '"ours" is not a guideline'),
        (
            '[limit.new]\nguideline = "practice"\ndrug = "morphine"\ngroup = "any"\nseverity = "soft"\n',
            "0 quantities are limited; give exactly one of daily_dose",
        ),
        (
            '[mixture.two-opioids]\ndrugs = ["opioid", "cannabis"]\n',
            '"cannabis" is not known',
        ),
        ("[precaution.kryptonite]\nalso_called = []\n", "did you mean|known|missing"),
    ],
)
def test_what_a_clinic_may_not_write(tmp_path: Path, text: str, part: str) -> None:
    """One message that names the file, the limit, and what would be right."""
    with pytest.raises(CatalogueError) as caught:
        laid(tmp_path, text)
    assert re.search(re.escape(part) if "|" not in part else part, str(caught.value)), str(caught.value)
    assert "clinic0.toml" in str(caught.value)


def test_a_signature_covers_what_its_own_file_says(tmp_path: Path) -> None:
    """A later file that loosens a limit further, or keeps it hard with another figure, must be signed again."""
    assert laid(tmp_path, HARD_MAX + SIGNED).limits["morphine-most"].signed is not None
    with pytest.raises(CatalogueError, match="without a signature"):
        laid(tmp_path, HARD_MAX + SIGNED, HARD_MAX.replace("value = 3", "value = 4"))
    with pytest.raises(CatalogueError, match="is not verified"):
        laid(
            tmp_path,
            CONSENSUS + SIGNED,
            '[limit.morphine-consensus]\ndaily_dose = { value = 16, unit = "mg/day", source = ["chosen"], note = "more" }\n',
        )


def test_another_quantity_takes_the_place_of_the_known_one(tmp_path: Path) -> None:
    """A soft limit may speak of something else afterwards, without the old figure beside it."""
    text = '[limit.morphine-consensus]\nbolus = { value = 2, unit = "mg", source = ["chosen"], note = "ours" }\n'
    limit = laid(tmp_path, text).limits["morphine-consensus"]
    assert (limit.quantity, str(limit.value)) == ("bolus", "2 mg")


def test_limits_of_any_drug_yield_to_those_of_one() -> None:
    """The step of ziconotide is a label's; the limit of any drug does not stand beside it."""
    limits = load_catalogue().limits
    assert limits["any-rise"].drug == ANY_DRUG
    assert limits["ziconotide-rise"].bound > limits["any-rise"].bound


def test_mixtures_are_matched_by_drug_and_family() -> None:
    """Two opioids are two drugs; a mixture that was tested alone does not speak of a third drug."""
    catalogue = load_catalogue()
    families = {name: one.families for name, one in catalogue.precautions.items()}
    two, tested = catalogue.mixtures["two-opioids"], catalogue.mixtures["morphine-clonidine"]
    assert matching(two, ["morphine"], families) is None
    assert matching(two, ["morphine", "bupivacaine", "fentanyl"], families) == ("morphine", "fentanyl")
    assert matching(tested, ["clonidine", "morphine"], families) == ("morphine", "clonidine")
    assert matching(tested, ["clonidine", "morphine", "bupivacaine"], families) is None


def test_the_page_of_the_library_is_written_from_the_data() -> None:
    """docs/drug-library.md holds every limit as it is; `python docs/write.py` writes it anew."""
    page = (DOCS / "drug-library.md").read_text(encoding="utf-8")
    assert page == runpy.run_path(str(DOCS / "write.py"))["whole"]("drug-library.md", page)
    catalogue = load_catalogue()
    for name in (*catalogue.limits, *catalogue.mixtures):
        assert f"`{name}`" in page


def test_the_clinics_file_of_the_page_works(tmp_path: Path) -> None:
    """The example can be copied."""
    page = (DOCS / "drug-library.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    found = reviewed(tmp_path, example, "13 mg/day")
    [hard] = [one for one in found.findings if one.severity == "hard"]
    assert (
        hard.source
        == "Our clinic's limits (2026-01-31); signed by Dr A. Example on 2026-01-31: no patient of ours has ever needed more"
    )
