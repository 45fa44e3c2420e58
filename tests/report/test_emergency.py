"""Emergency sheets: a page for each class of drugs and one for the pump, with what is known and what nobody has checked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.cli.commands import call, refused
from tests.programmer.processes import EXAMPLES

from intrathecal.catalogue import load_catalogue
from intrathecal.report.emergency import emergency_page, sheets
from intrathecal.report.paper import pdf
from intrathecal.therapy import Therapy, load_therapy, parse_therapy

DEMO = EXAMPLES / "failed-back.toml"
PATIENT = '[patient]\nindication = "cancer"\npain = 7\n[pump]\nimplanted = 2026-01-05\nutc_offset = "+01:00"\n'


def therapy(drug: str, concentration: str, model: str = "synchromed-ii-20") -> Therapy:
    """A pump with one drug."""
    pump = PATIENT.replace("implanted", f'model = "{model}"\nimplanted')
    line = '[catheter]\nmodel = "indura-8709sc"\nremoved = "9 cm"\ntip = "T10"\n'
    fill = '[fill]\nvolume = "18 mL"\nat = 2026-01-05T10:00:00\nprimed = "tip"\nlow_reservoir_alarm = "2 mL"\n'
    daily = concentration.replace("/mL", "/day")
    program = "" if model.startswith("isomed") else f'[program]\ntext = "{daily}"\n'
    return parse_therapy(
        f'{pump}{line}[[drug]]\nname = "{drug}"\nconcentration = "{concentration}"\n{fill}{program}',
        "file.toml",
        Path(),
    )


def test_every_drug_and_every_pump_of_the_catalogue_has_its_sheet() -> None:
    """Nothing that the catalogue knows is left without first aid, observation or a way to stop it."""
    catalogue = load_catalogue()
    assert set(catalogue.observations) == set(catalogue.drugs)
    for name in catalogue.drugs:
        assert set(catalogue.precautions[name].families) & set(catalogue.first_aids), name
    for name in catalogue.pumps:
        assert [aid.name for aid in catalogue.pump_aids.values() if name.startswith(aid.pumps)] != [], name


def test_stopping_does_harm_exactly_where_the_drug_library_says_so() -> None:
    """Signs of withdrawal stand on the sheet of every drug with a precaution about stopping, and on no other."""
    catalogue = load_catalogue()
    for precaution in catalogue.precautions.values():
        (aid,) = [catalogue.first_aids[family] for family in precaution.families if family in catalogue.first_aids]
        assert bool(aid.withdrawal_signs) == (precaution.when_stopped is not None), precaution.name


@pytest.mark.parametrize(
    ("drug", "concentration", "first_aid"),
    [
        ("morphine", "10 mg/mL", "Naloxone 0.4 to 2 mg"),
        ("baclofen", "500 mcg/mL", "Physostigmine is not advised"),
        ("bupivacaine", "5 mg/mL", "Lipid emulsion"),
        ("clonidine", "500 mcg/mL", "atropine"),
        ("ziconotide", "25 mcg/mL", "naloxone does nothing"),
    ],
)
def test_each_class_fits_on_one_page_with_its_first_aid(drug: str, concentration: str, first_aid: str) -> None:
    """A page of paper for the drug and one for the pump."""
    plan = therapy(drug, concentration)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf(emergency_page(plan), "sheet"))).pages]
    assert len(pages) == len(sheets(plan)) == 2
    assert first_aid in " ".join(pages[0].split())
    assert "WRITE DOWN the amount drawn" in " ".join(pages[0].split())
    assert "Alarm tones" in pages[1]


def test_a_pump_without_a_motor_is_emptied() -> None:
    """Nobody is told to stop what cannot be stopped."""
    stop = next(
        part for part in sheets(therapy("morphine", "10 mg/mL", "isomed-20-0.5"))[0].parts if "Stop" in part.heading
    )
    assert "nothing can stop it but to empty the reservoir" in stop.lines[0].says


def test_a_drug_that_is_not_known_has_a_sheet_that_says_so(tmp_path: Path) -> None:
    """No advice is borrowed from another class."""
    own = tmp_path / "own.toml"
    known = (Path(load_catalogue.__code__.co_filename).parent / "data/drugs/bupivacaine.toml").read_text()
    own.write_text(known.replace("drug.bupivacaine", "drug.other").replace('"bupivacaine"', '"other"'))
    text = DEMO.read_text().replace('name = "bupivacaine"', 'name = "other"').replace("bupivacaine =", "other =")
    (tmp_path / "plan.toml").write_text(text)
    found = sheets(load_therapy(tmp_path / "plan.toml", (own,)))
    (sheet,) = [sheet for sheet in found if sheet.title == "Other"]
    assert "Nothing is known here" in sheet.parts[0].lines[0].says
    assert not sheet.parts[0].lines[0].verified


def test_the_command_says_whom_to_call_what_is_held_and_what_is_unchecked(tmp_path: Path) -> None:
    """On the terminal, and in the file; lines to write on where nobody is named."""
    done = call("emergency", DEMO, "--call", "Pain clinic, day and night: 555 0100", "--call", "Dr Ek: 555 0101")
    assert done.returncode == 0, done.stderr
    for said in (
        "OPIOID: MORPHINE",
        "LOCAL ANAESTHETIC",
        "THE PUMP",
        "555 0100",
        "555 0101",
        "READ THE PUMP",
        "(unchecked)",
    ):
        assert said in done.stdout
    assert "morphine 10 mg/mL, 2.33 mg a day" in done.stdout
    assert "____" not in done.stdout
    assert "____" in call("emergency", DEMO).stdout
    target = tmp_path / "sheet.html"
    assert call("emergency", DEMO, "--call", "<b>555</b>", "--out", target).returncode == 0
    page = target.read_text()
    assert "&lt;b&gt;555&lt;/b&gt;" in page
    assert "unchecked" in page


def test_wrong_input_is_one_message(tmp_path: Path) -> None:
    """Exit code 2, and nothing is written."""
    refused(call("emergency", DEMO, "--call", " "), 2, "--call")
    refused(call("emergency", DEMO, "--out", tmp_path / "sheet.doc"), 2, ".html", ".pdf")
    refused(call("emergency", DEMO, "--out", tmp_path / "no" / "sheet.pdf"), 2, "cannot be written")
    refused(call("emergency", tmp_path / "none.toml"), 2, "none.toml")
    assert list(tmp_path.iterdir()) == []
