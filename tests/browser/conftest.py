"""Reports in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, ViewportSize
from tests.report.support import HOSTILE, demo, pumped

from intrathecal.report import write_report
from intrathecal.simulation.api import Run

WIDE: ViewportSize = {"width": 1400, "height": 900}
NARROW: ViewportSize = {"width": 400, "height": 800}


@dataclass
class Opened:
    """A page, and what it said and asked for beside what it shows."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def hear(self, dialog: Dialog) -> None:
        """A dialog says something too."""
        self.said.append(dialog.message)
        dialog.dismiss()


@dataclass(frozen=True)
class Reported:
    """A run and the file of its report."""

    run: Run
    file: Path


class Opener:
    """Opens reports as a reader does: from disk."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def __call__(self, file: Path, size: ViewportSize | None = None, scripts: bool = True) -> Opened:
        """A new page with the report, its pictures drawn."""
        page = self.browser.new_page(viewport=size or WIDE, java_script_enabled=scripts)
        opened = Opened(page)
        page.on("console", lambda message: opened.said.append(message.text))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("dialog", opened.hear)
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(file.as_uri())
        if scripts:
            page.wait_for_selector("html[data-ready=yes]", state="attached")
        return opened


@pytest.fixture
def show(browser: Browser) -> Iterator[Opener]:
    """Opens reports; every page is closed afterwards."""
    before = set(browser.contexts)
    yield Opener(browser)
    for context in set(browser.contexts) - before:
        context.close()


@pytest.fixture(scope="session")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Six days with a refill, a scan and a leak, under a title that would like to be a script."""
    run = pumped(title=HOSTILE)
    file = tmp_path_factory.mktemp("report") / "six.html"
    write_report(run, file)
    return Reported(run, file)


@pytest.fixture(scope="session")
def ninety_days(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The demonstration."""
    run = demo()
    file = tmp_path_factory.mktemp("report") / "ninety.html"
    write_report(run, file)
    return Reported(run, file)


@pytest.fixture(scope="session")
def two_therapies(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Six days of one program and of another."""
    run = pumped()
    file = tmp_path_factory.mktemp("report") / "two.html"
    write_report(run, file, pumped(title="More", program="3.6 mg/day"))
    return Reported(run, file)
