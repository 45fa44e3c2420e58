"""Records and emergency sheets in a real Chromium: nothing for axe, no scrolling sideways, printed as they are meant."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize
from pypdf import PdfReader
from tests.browser.conftest import NARROW, WIDE
from tests.cli.commands import call
from tests.programmer.processes import EXAMPLES, Pump
from tests.report.support import HOSTILE

from intrathecal.report.emergency import sheets
from intrathecal.therapy import load_therapy

DEMO = EXAMPLES / "failed-back.toml"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A record, one with a finding that was confirmed under a title that would like to be a script, and a sheet."""
    folder = tmp_path_factory.mktemp("paper")
    plan, sheet = folder / "plan.toml", folder / "emergency.html"
    plain, record = folder / "plain.html", folder / "record.html"
    title = HOSTILE.replace('"', '\\"')
    text = DEMO.read_text().replace("lockout 3 h", "lockout 10 min")
    plan.write_text(text.replace('title = "Failed back surgery, morphine with bupivacaine"', f'title = "{title}"'))
    with Pump(folder, "--speed", "60") as pump:
        key = pump.pair("programmer", "anna")
        assert call("refilled", pump.address, DEMO, "--key", key).returncode == 0
        assert call("program", pump.address, DEMO, "--key", key, "--yes", "--record", plain).returncode == 0
        done = call("program", pump.address, plan, "--key", key, "--yes", "--reason", HOSTILE, "--record", record)
    assert done.returncode == 0, done.stderr
    assert call("emergency", DEMO, "--out", sheet).returncode == 0
    return {"plain": plain, "record": record, "emergency": sheet}


@pytest.fixture
def page(browser: Browser, pages: dict[str, Path], request: pytest.FixtureRequest) -> Page:
    """One of the pages; a word on its console fails the test."""
    which, size = request.param
    opened: Page = browser.new_page(viewport=size)
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.goto(pages[which].as_uri())
    assert said == []
    return opened


def both(*sizes: ViewportSize) -> list[tuple[str, ViewportSize]]:
    """Both pages at these sizes."""
    return [(which, size) for which in ("record", "emergency") for size in sizes]


@pytest.mark.parametrize("page", both(WIDE, NARROW), indirect=True)
def test_axe_finds_nothing_and_it_scrolls_one_way_only(page: Page) -> None:
    """On a screen and on a phone."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("page", [("plain", WIDE), ("emergency", WIDE)], indirect=True)
def test_a_browser_prints_as_many_pages_as_are_meant(page: Page) -> None:
    """A page for the record; one for each class of drugs and one for the pump."""
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    is_record = page.locator("body.record").count() == 1
    assert len(printed.pages) == (1 if is_record else len(sheets(load_therapy(DEMO))))
    page.close()


@pytest.mark.parametrize("page", [("record", WIDE)], indirect=True)
def test_what_was_typed_is_text(page: Page) -> None:
    """A title and a reason that would like to be scripts are read as they were typed."""
    text = page.locator("main").inner_text()
    assert HOSTILE in page.locator("h1").inner_text()
    assert " ".join(HOSTILE.split()) in text
    page.close()
