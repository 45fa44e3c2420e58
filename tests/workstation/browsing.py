"""What every test in a browser does: log in, and try a page for faults, wide and on a telephone."""

from __future__ import annotations

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.workstation.conftest import PASSWORD

#: A folder for a picture of every page, to look at.
SHOTS = os.environ.get("INTRATHECAL_SHOTS")


def clean(page: Page, name: str) -> None:
    """No fault that axe finds, wide and on a telephone."""
    for width in (1200, 360):
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} {width}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{name} is too wide at {width}"
        )
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1200, "height": 800})


def log_in(page: Page, name: str) -> None:
    """By name and password."""
    page.goto("/login/login/")
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
