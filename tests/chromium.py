"""Chromium of the system, for every test that needs a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Playwright keeps an event loop running in its thread, from which Django reads records all the same.
UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"


def lacking(what: str) -> None:
    """Say why a test does not run here; in continuous integration that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, closed at the end, and with it Playwright's event loop."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        lacking("there is no Chromium on this machine (apt-get install chromium)")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv(UNSAFE, "true")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
