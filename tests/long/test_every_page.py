"""Every page that a link leads to, of everybody: axe finds nothing, nothing sticks out sideways, and nothing fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from tests.workstation.browsing import DEMO, DESK, PHONE, fine, log_in
from tests.workstation.served import Served, serving

#: Files to take along, what ends the login, and what an open page asks for by itself.
NO_PAGE = re.compile(r"\.(csv|json|zip|ics|toml|html|pdf)$|/logout/|/stream/|/order/$|/record/\d+")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workstation with the demonstration."""
    with serving(tmp_path_factory.mktemp("clinic")) as found:
        yield found


def kind(path: str) -> str:
    """Pages that differ in a number alone are of one kind."""
    return re.sub(r"\d+", "N", path)


def leads_to(page: Page, address: str) -> list[str]:
    """The paths of links to pages of the workstation."""
    found = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
    return [
        urlsplit(link).path for link in found if link.startswith(address) and not NO_PAGE.search(urlsplit(link).path)
    ]


@pytest.mark.parametrize(
    ("who", "least"), [("physician", 25), ("pharmacist", 15), ("administrator", 6), ("patient", 3), ("", 3)]
)
def test_every_page_that_is_led_to(served: Served, browser: Browser, who: str, least: int) -> None:
    """One of each kind, on a desk and on a telephone in the dark."""
    context = browser.new_context(viewport=DESK, base_url=served.address)
    page = context.new_page()
    ways = ["/explore", "/request-appointment", "/login/login/"]
    if who:
        log_in(page, who, DEMO)
        ways[-1] = urlsplit(page.url).path
    seen: set[str] = set()
    while ways:
        path = ways.pop(0)
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        for size, scheme in ((DESK, "light"), (PHONE, "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            fine(page)
        ways += leads_to(page, served.address)
    context.close()
    assert len(seen) >= least
