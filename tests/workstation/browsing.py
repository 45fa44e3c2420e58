"""What every test in a browser does: log in, and try a page for faults, wide and on a telephone."""

from __future__ import annotations

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize
from tests.workstation.conftest import PASSWORD

from intrathecal.workstation.demo.people import PASSWORD as DEMO

__all__ = ["DEMO", "DESK", "PHONE", "clean", "fine", "log_in"]
DESK: ViewportSize = {"width": 1200, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
#: A folder for a picture of every page, to look at.
SHOTS = os.environ.get("INTRATHECAL_SHOTS")


def fine(page: Page) -> None:
    """Axe finds nothing, and nothing sticks out sideways, at the size that the page has."""
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page.url} is too wide"


def clean(page: Page, name: str) -> None:
    """The page is `fine`, wide and on a telephone; with a folder for them, pictures under this ``name``."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        fine(page)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{size['width']}.png", full_page=True)


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """By name and password, at the base address of the page's context."""
    page.goto("/login/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
