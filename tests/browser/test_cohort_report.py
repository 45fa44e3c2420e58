"""The report of a cohort as a reader has it: opened from disk, moved by keys, narrow, printed, saved."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect
from pypdf import PdfReader
from tests.browser.conftest import NARROW, WIDE, Opener
from tests.browser.test_report import DAY_MS, digits, is_drawing, letters, unfold
from tests.report.cohorts import pumped_cohort
from tests.report.support import HOSTILE

from intrathecal.report.cohort import write_cohort_report
from intrathecal.report.wording import Clock

#: A picture over time, one of bins, one of points and one of what an outcome hangs on.
KINDS = (
    '[data-plot="pain"]',
    '[data-chart="relief"]',
    '[data-chart="exposure-morphine-T10"]',
    '[data-chart="tornado-relief-percent"]',
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of sixty people, three days."""
    path = tmp_path_factory.mktemp("cohort") / "report.html"
    write_cohort_report(pumped_cohort(), path)
    return path


def test_it_opens_from_disk_without_a_word_and_without_a_request(show: Opener, file: Path) -> None:
    """Nothing is loaded beside the file, nothing is said; a title that would like to be a script is a title."""
    opened = show(file)
    assert opened.said == []
    assert opened.asked == [file.as_uri()]
    expect(opened.page.locator("h1")).to_have_text(HOSTILE)
    assert opened.page.locator("img").count() == 0


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_nothing(show: Opener, file: Path, size: ViewportSize) -> None:
    """No violation of the rules of axe-core, with a table of every kind unfolded."""
    page = show(file, size).page
    kinds = ", ".join([*(f"{kind} details" for kind in KINDS), "section > details"])
    page.evaluate("kinds => document.querySelectorAll(kinds).forEach(of => (of.open = true))", kinds)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_narrow_screen_scrolls_one_way_only(show: Opener, file: Path) -> None:
    """400 pixels wide, folded and open."""
    page = show(file, NARROW).page
    for unfolded in (False, True):
        page.evaluate("open => document.querySelectorAll('details').forEach(of => (of.open = open))", unfolded)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_headings_are_in_order(show: Opener, file: Path) -> None:
    """One first heading, and no level is left out on the way down."""
    page = show(file).page
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(of => Number(of.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_has_words_and_a_table(show: Opener, file: Path) -> None:
    """Bands, histograms, points, tornados and bars: each with a caption, heads and named rows."""
    page = show(file).page
    figures = page.locator("figure[data-plot], figure[data-chart], figure[data-bars]")
    assert figures.count() == 8 + 2 + 4 + 2 + 1
    for index in range(figures.count()):
        figure = figures.nth(index)
        assert len(figure.locator(".chart").get_attribute("aria-label") or "") > 60
        assert figure.locator(".chart svg").count() == 1
        table = unfold(figure) if figure.locator("details.table").count() else figure.locator("table")
        assert table.locator("caption").count() == 1
        assert table.locator("tbody tr").count() > 0
        assert table.locator("tbody tr").count() == table.locator("tbody th[scope=row]").count()


@pytest.mark.parametrize(
    ("name", "trace", "factor"),
    [("pain", "pain", 1), ("breathing", "breathing_fraction", 100), ("plasma-morphine", "plasma_morphine", 1000)],
)
def test_the_table_of_bands_has_the_bands_that_were_counted(
    show: Opener, file: Path, name: str, trace: str, factor: float
) -> None:
    """Every hour, five percentiles, as in bands.nc."""
    table = unfold(show(file).page.locator(f'figure[data-plot="{name}"]'))
    assert table.locator("thead th").all_inner_texts()[1].startswith("5 %")
    rows = table.evaluate(
        "of => [...of.tBodies[0].rows].map(row => [...row.cells].slice(1).map(cell => cell.textContent))"
    )
    with xr.open_dataset(pumped_cohort().folder / "bands.nc", engine="h5netcdf", decode_timedelta=False) as bands:
        known = factor * bands[trace].to_numpy().T[: len(rows)]
    known = np.where(known < 1e-4, 0, known) if name.startswith("plasma") else known
    assert len(rows) == 72
    for row, values in zip(rows, known, strict=True):
        assert [digits(cell) for cell in row] == pytest.approx(values.tolist(), rel=6e-3, abs=6e-3)


def test_the_slider_moves_what_all_bands_say(show: Opener, file: Path) -> None:
    """A day by page key from the start; the moment is said under every picture over time."""
    page = show(file).page
    slider = page.get_by_role("slider", name="Moment")
    slider.press("Home")
    slider.press("PageUp")
    when = Clock(pumped_cohort().study.population.therapy.start).text(DAY_MS)
    for readout in page.locator("figure[data-plot] .readout").all():
        expect(readout).to_contain_text(f"{when}: 5 % ")


def test_the_median_lies_over_its_bands(show: Opener, file: Path) -> None:
    """Painted from the outermost to the innermost: 95, 75, 25, 5 percent, and the median last."""
    page = show(file).page
    painted = page.locator('figure[data-plot="pain"] .chart svg path').evaluate_all(
        "paths => paths.map(path => path.getAttribute('fill'))"
    )
    fills = [fill for fill in painted if fill in ("#cfe2f0", "#8dbbdd", "#fff", "#ffffff")]
    assert [fill[:4] for fill in fills[-4:]] == ["#cfe", "#8db", "#cfe", "#fff"]


def test_tables_are_copied_and_pictures_saved(show: Opener, file: Path, tmp_path: Path) -> None:
    """CSV with every patient that is drawn, and SVG with title and legend in it."""
    page = show(file).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = page.locator('figure[data-chart="exposure-morphine-T10"]')
    figure.get_by_role("button", name="Copy table").click()
    expect(figure.locator(".said")).to_have_text("Copied.")
    rows = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert rows[0] == ["patient", "dose, mg/day", "mean at T10, mcg/mL", "group"]
    assert [row[0] for row in rows[1:]] == [str(patient) for patient in range(60)]
    said = {
        "pain": ("plot", ["Pain of all patients", "5 to 95 % of the patients", "median", "25 to 75 %"]),
        "tip-bupivacaine": ("plot", ["Concentration of bupivacaine at the catheter tip", "median"]),
        "relief": ("chart", ["responders", "relief, %"]),
        "exposure-morphine-T10": ("chart", ["responder", "dose, mg/day"]),
        "tornado-relief-percent": ("chart", ["lowest fifth of the value", "points from the mean of all"]),
        "side-effects": ("bars", ["nausea"]),
    }
    for name, (kind, texts) in said.items():
        with page.expect_download() as caught:
            page.locator(f'figure[data-{kind}="{name}"]').get_by_role("button", name="Save SVG").click()
        saved = tmp_path / f"{name}.svg"
        caught.value.save_as(saved)
        assert is_drawing(page, saved)
        for text in texts:
            assert text in saved.read_text(encoding="utf-8"), (name, text)


def test_it_prints_with_all_pictures_within_the_sheet(show: Opener, file: Path, tmp_path: Path) -> None:
    """A4, every heading, what is said, and no buttons."""
    page = show(file).page
    titles = page.locator("figure:visible h3").all_inner_texts()
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "report.pdf").pages
    assert 6 <= len(pages) <= 18
    text = letters("".join(sheet.extract_text() for sheet in pages))
    for title in titles:
        assert letters(title) in text, title
    assert letters("Copy table") not in text
    width = 687
    narrow = show(file, {"width": width, "height": 900}).page
    narrow.emulate_media(media="print")
    narrow.evaluate("dispatchEvent(new Event('beforeprint'))")
    boxes = narrow.evaluate(
        "[...document.querySelectorAll('main svg')].map(of => of.getBoundingClientRect()).filter(of => of.width)"
        ".map(of => [of.left, of.right])"
    )
    assert len(boxes) >= 17
    assert all(left >= -1 and right <= width + 1 for left, right in boxes)


def test_without_scripts_figures_and_tables_can_be_read(show: Opener, file: Path) -> None:
    """What is in short and the tables of histograms and tornados need none; the page says what is missing."""
    page = show(file, scripts=False).page
    assert "Relief of pain" in page.locator("#short").inner_text()
    assert page.locator('figure[data-table="spreads"] tbody tr').count() > 10
    assert page.locator('figure[data-chart="tornado-relief-percent"] tbody tr').count() > 10
    expect(page.get_by_text("The pictures are drawn by JavaScript")).to_be_visible()
