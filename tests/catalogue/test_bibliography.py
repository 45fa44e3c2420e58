"""The references: all used, all present, all readable."""

import re
from importlib.resources import files

import pytest

from intrathecal.catalogue import CHOSEN, CatalogueError, citation_text, cite, load_catalogue, unverified, values_of
from intrathecal.catalogue.references import parse_bibliography

SMITH = (
    "@article{smith2020,\n  author = {Smith, A.},\n  title = {On {pumps}},\n  year = {2020},\n  doi = {10.1/x},\n}\n"
)


def test_every_reference_is_used_and_every_source_is_there() -> None:
    """No orphans on either side."""
    used = {key for entry in load_catalogue().entries for _, value in values_of(entry) for key in value.source}
    catalogue = load_catalogue()
    sources = [entry.source for entry in catalogue.checks.values()]
    sources += [entry.source for entry in catalogue.mixtures.values()]
    sources += [entry.source for entry in catalogue.pump_labels.values()]
    sources += [statement.source for aid in catalogue.first_aids.values() for statement in aid.statements]
    sources += [statement.source for aid in catalogue.pump_aids.values() for statement in aid.statements]
    used |= {key for source in sources for key in source}
    for precaution in catalogue.precautions.values():
        used |= {*precaution.stopped_source, *precaution.sedatives_source}
    assert used - {CHOSEN} == set(catalogue.references)


def test_references_are_complete() -> None:
    """Each has an author, a title, a year and no placeholder; a DOI looks like one."""
    for reference in load_catalogue().references.values():
        assert len(reference.author) > 3
        assert len(reference.title) > 8
        assert re.fullmatch(r"(19|20)\d\d|undated", reference.year), reference.key
        assert not reference.doi or re.fullmatch(r"10\.\d{4,}/\S+", reference.doi)
        assert not reference.url or reference.url.startswith("http")


def test_no_addresses_are_shared() -> None:
    """Two references with one DOI would be one reference."""
    dois = [reference.doi for reference in load_catalogue().references.values() if reference.doi]
    assert len(dois) == len(set(dois))


def test_data_files_are_in_the_package() -> None:
    """The data travels with the package."""
    data = files("intrathecal.catalogue") / "data"
    assert (data / "references.bib").is_file()
    assert {item.name for item in (data / "drugs").iterdir()} >= {"morphine.toml", "ziconotide.toml"}


def test_citation_follows_use() -> None:
    """Only what an entry rests on is cited, with the values that rest on it."""
    catalogue = load_catalogue()
    citations = {c.reference.key: c.values for c in cite([catalogue.catheters["prometra-110"]], catalogue.references)}
    assert set(citations) == {"prometra-manual"}
    assert "catheter.prometra-110.segments.whole.volume_per_length" in citations["prometra-manual"]


def test_unverified_lists_what_was_not_seen() -> None:
    """The catheter's derived bore is listed, its published length is not."""
    names = [name for name, _ in unverified([load_catalogue().catheters["prometra-110"]])]
    assert names == ["catheter.prometra-110.inner_diameter"]


def test_citation_text_is_one_reference_a_line() -> None:
    """Author, year, title, address and values on a line; unverified values apart, with their notes."""
    catalogue = load_catalogue()
    text = citation_text([catalogue.drugs["morphine"]], catalogue.references)
    sources, doubtful = text.split("Not verified")
    authors = [line.split(" (")[0] for line in sources.splitlines()[1:] if line]
    assert authors == sorted(authors)
    line = next(line for line in sources.splitlines() if "10.1097/00000542-198712000-00003" in line)
    assert "Sjostrom" in line
    assert "(1987)" in line
    assert "drug.morphine.csf.loss_half_life" in line
    assert "drug.morphine.diffusivity = 0.0000075 cm**2/s [avdeef2012] derived" in doubtful
    assert "epidural_half_life" not in doubtful


def test_bibliography_reads_fields() -> None:
    """Keys and fields come through; braces inside a field stay."""
    reference = parse_bibliography(SMITH, "a.bib")["smith2020"]
    assert (reference.author, reference.year, reference.doi) == ("Smith, A.", "2020", "10.1/x")
    assert str(reference) == "Smith, A. (2020). On {pumps}. https://doi.org/10.1/x."


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (SMITH + SMITH, "smith2020: the key is used twice"),
        (SMITH.replace("  year = {2020},\n", ""), "smith2020: year is missing"),
        (SMITH.replace("  year =", "  yaer ="), 'smith2020: "yaer" is not one of its fields; did you mean year'),
        (SMITH.replace("  year = {2020}", "  year = 2020"), "is not a field"),
        (SMITH.replace("\n}\n", "}\n"), "is not closed"),
    ],
)
def test_broken_bibliography_says_where(text: str, part: str) -> None:
    """A slip in the file names the file, the key and the slip."""
    with pytest.raises(CatalogueError) as caught:
        parse_bibliography(text, "a.bib")
    assert str(caught.value).startswith("a.bib")
    assert part in str(caught.value)
