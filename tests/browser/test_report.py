"""The report as a reader has it: opened from disk, moved by keys, narrow, printed, without scripts."""

from __future__ import annotations

import csv
import io
import unicodedata
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, ViewportSize, expect
from pypdf import PdfReader
from tests.browser.conftest import NARROW, WIDE, Opener, Reported
from tests.report.support import HOSTILE

from intrathecal.report.samples import samples
from intrathecal.report.wording import Clock, number

A4_WIDTH_MM, MARGIN_MM, PX_PER_MM = 210, 14, 96 / 25.4
#: Two moments apart, but for the first and the last sample.
DAY_MS = 86_400_000


def value(page: Page, name: str) -> str:
    """A figure of the moment, as it is read."""
    return page.locator(f'#spine-figures td[data-value="A/{name}"]').inner_text()


def unfold(figure: Locator) -> Locator:
    """Open the table behind a picture and wait until it is there."""
    figure.locator("details.table summary").first.click()
    table = figure.locator("details.table table").first
    expect(table.locator("tbody tr").first).to_be_visible()
    return table


def is_drawing(page: Page, file: Path) -> bool:
    """Whether a saved picture is SVG without a fault, with something drawn in it."""
    found: bool = page.evaluate(
        "text => { const read = new DOMParser().parseFromString(text, 'image/svg+xml');"
        " return !read.querySelector('parsererror') && read.documentElement.tagName === 'svg' && !!read.querySelector('path'); }",
        file.read_text(encoding="utf-8"),
    )
    return found


def letters(text: str) -> str:
    """A text without spaces and ligatures, which a printed page sets as it likes."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def digits(text: str) -> float:
    """A number as it is read."""
    return float(text.replace(",", ""))


def test_it_opens_from_disk_without_a_word_and_without_a_request(show: Opener, ninety_days: Reported) -> None:
    """Nothing is loaded beside the file, nothing is said on the console."""
    opened = show(ninety_days.file)
    assert opened.said == []
    assert opened.asked == [ninety_days.file.as_uri()]


def test_a_hostile_title_is_a_title(show: Opener, six_days: Reported) -> None:
    """It stands in the heading as it was typed and does nothing."""
    opened = show(six_days.file)
    expect(opened.page.locator("h1")).to_have_text(HOSTILE)
    assert opened.page.title() == HOSTILE
    assert opened.page.locator("img").count() == 0
    assert opened.said == []


def test_the_slider_moves_the_moment_by_keys(show: Opener, six_days: Reported) -> None:
    """Home, a day by page key, a sample by arrow, End: the figures are the run's at each of these times."""
    page = show(six_days.file).page
    run, drawn = six_days.run, samples(six_days.run)
    clock = Clock(run.finished.case.therapy.start)
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    for key, at_ms in (("Home", 0), ("PageUp", DAY_MS), ("End", run.finished.end.now), ("PageDown", 5 * DAY_MS)):
        slider.press(key)
        expect(page.locator("#time-text")).to_have_text(clock.text(at_ms))
        expect(slider).to_have_attribute("aria-valuetext", clock.text(at_ms))
        index = int(np.flatnonzero(drawn.times_ms == at_ms)[0])
        for name in ("morphine/tip", "bupivacaine/cisterna_magna", "pain"):
            assert digits(value(page, name)) == pytest.approx(drawn.values[name][index], rel=6e-3, abs=1e-6), name
    slider.press("ArrowRight")
    index = int(np.flatnonzero(drawn.times_ms > 5 * DAY_MS)[0])
    expect(page.locator("#time-text")).to_have_text(clock.text(float(drawn.times_ms[index])))


def test_the_drawing_follows_the_moment(show: Opener, six_days: Reported) -> None:
    """The fluid changes its colour, the sentence for a screen reader its figures, the other drug has its own."""
    page = show(six_days.file).page
    drawing = page.locator("#spine .side svg")
    colours = "svg => [...svg.querySelectorAll('.fluid')].map(piece => piece.style.fill).join()"
    late, said = drawing.evaluate(colours), drawing.get_attribute("aria-label")
    page.get_by_role("slider", name="Moment").press("Home")
    assert drawing.evaluate(colours) != late
    assert drawing.get_attribute("aria-label") != said
    page.get_by_role("radio", name="bupivacaine").check()
    assert "bupivacaine" in (drawing.get_attribute("aria-label") or "")


def test_the_keys_work_on_every_picture_too(show: Opener, six_days: Reported) -> None:
    """A picture that has the focus moves the moment and says its figures."""
    page = show(six_days.file).page
    chart = page.locator('figure[data-plot="flow"] .chart')
    readout = page.locator('figure[data-plot="flow"] .readout')
    chart.focus()
    expect(readout).to_have_attribute("aria-live", "polite")
    chart.press("Home")
    expect(readout).to_contain_text("2 Mar 2026 10:30: asked")


def test_events_are_jumped_to(show: Opener, six_days: Reported) -> None:
    """From the end back to the leak, then to the scan."""
    page = show(six_days.file).page
    back = page.get_by_role("button", name="To the event before")
    back.click()
    expect(page.locator("#time-text")).to_have_text("6 Mar 2026 09:00")
    back.click()
    expect(page.locator("#time-text")).to_have_text("5 Mar 2026 09:00")


def test_a_film_plays_and_stops(show: Opener, six_days: Reported) -> None:
    """From the start of the time shown; pressed again it stands still."""
    page = show(six_days.file).page
    play = page.locator("#time-play")
    play.click()
    expect(play).to_have_text("Pause")
    expect(page.locator("#time-text")).not_to_have_text("8 Mar 2026 10:30")
    play.click()
    expect(play).to_have_text("Play")


def test_a_shorter_time_is_shown(show: Opener, six_days: Reported) -> None:
    """A day around the moment: the table then has quarters of an hour."""
    page = show(six_days.file).page
    page.get_by_label("Time shown").select_option("1 day")
    table = unfold(page.locator('figure[data-plot="pain"]'))
    expect(table.locator("caption")).to_contain_text("every 15 minutes")
    assert table.locator("tbody tr").count() == 96


def test_every_picture_has_a_table(show: Opener, six_days: Reported) -> None:
    """With caption, heads and rows, and every row named."""
    page = show(six_days.file).page
    figures = page.locator("figure[data-plot], figure[data-map], figure[data-bars]")
    assert figures.count() >= 10
    for index in range(figures.count()):
        figure = figures.nth(index)
        table = unfold(figure) if figure.locator("details.table").count() else figure.locator("table")
        assert table.locator("caption").count() == 1
        assert table.locator("tbody tr").count() > 0
        assert table.locator("thead th[scope=col]").count() > 0
        assert table.locator("tbody tr").count() == table.locator("tbody th[scope=row]").count()


def test_the_table_of_doses_has_the_runs_doses(show: Opener, six_days: Reported) -> None:
    """Every day, every drug, asked and at the tip."""
    page = show(six_days.file).page
    table = unfold(page.locator('figure[data-plot="doses-mg"]'))
    rows = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    for row, day in zip(rows, six_days.run.figures["daily"], strict=True):
        expected = [dose[key] / 1000 for dose in day["doses"].values() for key in ("asked_ug", "delivered_ug")]
        assert [digits(cell) for cell in row] == pytest.approx(expected, rel=1e-3)


def test_the_table_of_a_curve_has_least_mean_and_greatest(show: Opener, six_days: Reported) -> None:
    """Over the six days together they are the run's own mean and peak at that site."""
    page = show(six_days.file).page
    table = unfold(page.locator('figure[data-plot="curves-morphine"]'))
    head = table.locator("thead th").all_inner_texts()
    rows = [[digits(cell) for cell in row.locator("td").all_inner_texts()] for row in table.locator("tbody tr").all()]
    means = [row[head.index("L3, mean, mcg/mL") - 1] for row in rows]
    peaks = [row[head.index("L3, greatest, mcg/mL") - 1] for row in rows]
    known = six_days.run.figures["exposure"]["morphine"]["L3"]
    assert max(peaks) == pytest.approx(known["peak_ug_per_mL"], rel=0.01)
    whole = means[:-1]  # the last row may be a part of an interval
    assert np.mean(whole) == pytest.approx(known["mean_ug_per_mL"], rel=0.03)


def test_sites_are_chosen(show: Opener, six_days: Reported) -> None:
    """A level that is checked is drawn, one that is unchecked is not."""
    page = show(six_days.file).page
    figure = page.locator('figure[data-plot="curves-morphine"]')
    figure.get_by_text("Choose where").click()
    figure.get_by_label("C2", exact=True).check()
    figure.get_by_label("T4", exact=True).uncheck()
    legend = figure.locator(".legend li").all_inner_texts()
    assert "C2" in legend
    assert "T4" not in legend


def test_a_table_is_copied_and_a_picture_saved(show: Opener, six_days: Reported, tmp_path: Path) -> None:
    """CSV that a reader of tables reads, and SVG with its title in it."""
    page = show(six_days.file).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure = page.locator('figure[data-plot="doses-mg"]')
    figure.get_by_role("button", name="Copy table").click()
    expect(figure.locator(".said")).to_have_text("Copied.")
    rows = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert rows[0][:2] == ["from", "morphine asked, mg/day"]
    assert float(rows[1][1]) == pytest.approx(
        six_days.run.figures["daily"][0]["doses"]["morphine"]["asked_ug"] / 1000, rel=1e-3
    )
    for name in ("doses-mg", "map-morphine", "spine", "ledger"):
        place = {
            "spine": "#spine",
            "map-morphine": 'figure[data-map="morphine"]',
            "ledger": 'figure[data-bars="ledger"]',
        }
        with page.expect_download() as caught:
            page.locator(place.get(name, f'figure[data-plot="{name}"]')).get_by_role("button", name="Save SVG").click()
        saved = tmp_path / f"{name}.svg"
        caught.value.save_as(saved)
        assert is_drawing(page, saved)


@pytest.mark.parametrize(("which", "size"), [("six_days", WIDE), ("six_days", NARROW), ("two_therapies", NARROW)])
def test_axe_finds_nothing(show: Opener, request: pytest.FixtureRequest, which: str, size: ViewportSize) -> None:
    """No violation of the rules of axe-core, with a table of every kind unfolded."""
    reported: Reported = request.getfixturevalue(which)
    page = show(reported.file, size).page
    kinds = '#spine details, [data-plot="curves-morphine"] details, [data-plot="presses"] details, section > details'
    page.evaluate("kinds => document.querySelectorAll(kinds).forEach(of => (of.open = true))", kinds)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_headings_are_in_order(show: Opener, six_days: Reported) -> None:
    """One first heading, and no level is left out on the way down."""
    page = show(six_days.file).page
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(of => Number(of.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("which", ["ninety_days", "two_therapies"])
def test_a_narrow_screen_scrolls_one_way_only(show: Opener, request: pytest.FixtureRequest, which: str) -> None:
    """400 pixels wide, folded and open."""
    page = show(request.getfixturevalue(which).file, NARROW).page
    for unfolded in (False, True):
        page.evaluate("open => document.querySelectorAll('details').forEach(of => (of.open = open))", unfolded)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_it_prints_on_a_few_pages_with_all_pictures(show: Opener, ninety_days: Reported, tmp_path: Path) -> None:
    """A4: every heading is there, the spine at six moments for each drug, every picture within the page."""
    page = show(ninety_days.file).page
    titles = page.locator("figure h3").all_inner_texts()
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "report.pdf").pages
    assert 6 <= len(pages) <= 16
    assert float(pages[0].mediabox.width) == pytest.approx(595, abs=2)
    text = letters("".join(sheet.extract_text() for sheet in pages))
    for title in titles:
        if not title.startswith("The spine"):
            assert letters(title) in text, title
    assert letters("The spine at chosen moments") in text
    assert letters("Sources of every value used") in text
    assert letters("Copy table") not in text


def test_every_picture_is_within_the_sheet(show: Opener, ninety_days: Reported) -> None:
    """As wide as a sheet between its margins, in the medium of print."""
    width = int((A4_WIDTH_MM - 2 * MARGIN_MM) * PX_PER_MM)
    page = show(ninety_days.file, {"width": width, "height": 900}).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    boxes = page.evaluate(
        "[...document.querySelectorAll('main svg')].map(of => of.getBoundingClientRect()).filter(of => of.width)"
        ".map(of => [of.left, of.right])"
    )
    drugs = len(ninety_days.run.figures["drugs"])
    assert page.locator(".paper-spines svg:visible").count() == 6 * drugs
    assert len(boxes) >= 6 * drugs + 8
    assert all(left >= -1 and right <= width + 1 for left, right in boxes)
    page.evaluate("dispatchEvent(new Event('afterprint'))")


def test_two_therapies_lie_over_each_other(show: Opener, two_therapies: Reported) -> None:
    """Two drawings of the spine; in every legend a solid line or bar of A and a dashed or hollow one of B."""
    page = show(two_therapies.file).page
    assert page.locator("#spine .side svg").count() == 2
    legend = page.locator('figure[data-plot="curves-morphine"] .legend li')
    assert legend.all_inner_texts()[:2] == ["A: catheter tip", "B: catheter tip"]
    dashes = legend.locator("line").evaluate_all("lines => lines.map(line => line.getAttribute('stroke-dasharray'))")
    assert all((dash is None) == (index % 2 == 0) for index, dash in enumerate(dashes))
    bars = page.locator('figure[data-plot="presses"] .legend li').evaluate_all(
        "bars => bars.map(bar => [bar.innerText[0], bar.querySelector('rect').getAttribute('fill')])"
    )
    assert {side for side, _ in bars} == {"A", "B"}
    assert all((fill == "#fff") == (side == "B") for side, fill in bars)
    table = page.locator('figure[data-table="beside"]')
    assert number(two_therapies.run.figures["relief"]["relief_percent"]) in table.inner_text()


def test_without_scripts_figures_and_tables_can_be_read(show: Opener, six_days: Reported) -> None:
    """What is in short, the ledger and the sources need none; the page says what is missing."""
    page = show(six_days.file, scripts=False).page
    assert "Relief of pain" in page.locator("#short").inner_text()
    assert page.locator('figure[data-bars="ledger"] tbody tr').count() > 5
    expect(page.get_by_text("The pictures are drawn by JavaScript")).to_be_visible()


def test_the_skip_link_is_the_first_stop(show: Opener, six_days: Reported) -> None:
    """It is seen when it has the focus, and leads past the head."""
    page = show(six_days.file).page
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the figures")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
