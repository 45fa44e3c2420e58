"""The demonstration as people use it: a real server with live pumps, in a real Chromium."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.workstation.browsing import DEMO, DESK, PHONE, fine, log_in
from tests.workstation.served import Served, serving

#: A server answers within so long of its first start, and ends within so long of SIGTERM, s.
STARTS_S, ENDS_S = 40.0, 10.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``intrathecal serve --demo`` in an empty folder, to be ended by the last test."""
    with serving(tmp_path_factory.mktemp("clinic")) as found:
        yield found


def _page(served: Served, browser: Browser, who: str) -> Page:
    """A page in which somebody is logged in; whatever the browser complains about fails the test."""
    page = browser.new_context(viewport=DESK, base_url=served.address).new_page()
    log_in(page, who, DEMO)
    page.wait_for_url(f"{served.address}/")
    return page


def _pumps(served: Served) -> list[int]:
    """The processes of its pumps."""
    running = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [number for number in running if _stat(number)[1:2] == [str(served.process.pid)]]


def _stat(number: int) -> list[str]:
    """What Linux says of a process, from its state on: its parent second, its processor time 12th and 13th."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _clean(page: Page) -> None:
    """Nothing that hinders people, and nothing that is wider than a telephone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        fine(page)


def _live_patient(served: Served, page: Page, place: int = 0) -> str:
    """The address of a patient whose pump answers."""
    found = []
    for number in range(15, 30):
        page.goto(f"{served.address}/patients/{number}/pump/")
        if page.query_selector("[data-stream]"):
            found.append(f"{served.address}/patients/{number}/")
        if len(found) > place:
            return found[place]
    raise AssertionError("no patient of the demonstration has a live pump")


def _patient_without_line(served: Served, page: Page) -> str:
    """The address of a patient whose pump nothing here reaches, and who has a program; their pump's page is open."""
    for number in range(15, 40):
        page.goto(f"{served.address}/patients/{number}/pump/")
        if page.query_selector("text=Write a new program") and not page.query_selector("[data-stream]"):
            return f"{served.address}/patients/{number}/"
    raise AssertionError("every patient of the demonstration has a live pump")


def test_a_first_start_asks_little_of_a_machine(served: Served) -> None:
    """Processor time of the server and its pumps, since how long it takes depends on what else the machine does."""
    ticks = sum(int(part) for number in (served.process.pid, *_pumps(served)) for part in _stat(number)[11:13])
    assert 0 < ticks / os.sysconf("SC_CLK_TCK") < STARTS_S / 2


def test_a_program_goes_from_the_form_to_the_pump(served: Served, browser: Browser) -> None:
    """Written in the form, followed by the text, foreseen, reviewed, confirmed, sent, read back, and told live."""
    page = _page(served, browser, "physician")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "htmx:" not in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    patient = _live_patient(served, page)
    page.wait_for_selector("dl.live")
    page.click("text=Interrogate and keep")
    page.wait_for_selector("text=The pump was read.")
    page.wait_for_selector("dl.live")
    _clean(page)
    page.click("text=Write a new program")
    page.wait_for_selector("table.figures", timeout=60_000)
    page.fill("#row-0-rate", "2.5 mgg/day")
    page.press("#row-0-rate", "Tab")
    page.wait_for_selector("#error-0-rate:has-text('write for example')")
    _clean(page)
    page.fill("#row-0-rate", "2.5 mg/day")
    page.press("#row-0-rate", "Tab")
    expect(page.locator("#text")).to_have_value(re.compile(re.escape("2.5 mg/day\n")))
    text = page.input_value("#text")
    page.fill("#text", text.replace("bolus 0.2 mg", "bolus 0.25 mg"))
    page.press("#text", "Tab")
    expect(page.locator("#row-2-amount")).to_have_value("0.25 mg")
    page.wait_for_selector("figure.picture polyline.old", state="attached", timeout=60_000)
    _clean(page)
    page.click("main button:has-text('Review')")
    page.wait_for_url(re.compile("/review/$"))
    page.wait_for_selector("tr.differs:has-text('2.5 mg/day')")
    page.wait_for_selector("table.figures", timeout=60_000)
    _clean(page)
    page.fill("#why", "pain at night")
    for field in page.query_selector_all("input[name^=reason-]"):
        field.fill("pain at night")
    page.click("text=I have read this and confirm it")
    page.click("text=Send to the pump and read back")
    page.wait_for_selector("text=the same in every field")
    _clean(page)
    page.goto(f"{patient}pump/")
    page.wait_for_selector("[data-now]:has-text('bolus 0.25 mg over 10 min at 07:00')")
    assert said == []


def test_a_program_is_entered_by_hand_where_nothing_here_reaches_the_pump(served: Served, browser: Browser) -> None:
    """Reviewed and confirmed as any other; then what the maker's programmer says is written down, and it is in force."""
    page = _page(served, browser, "physician")
    patient = _patient_without_line(served, page)
    page.click("text=Write a new program")
    page.fill("#row-0-rate", "0.93 mg/day")
    page.click("main button:has-text('Review')")
    page.wait_for_selector("tr.differs:has-text('0.93 mg/day')")
    for field in page.query_selector_all("input[name^=reason-], #why"):
        field.fill("pain at night")
    page.click("text=I have read this and confirm it")
    page.click("text=Say what came of it")
    _clean(page)
    page.check("input[value=runs]")
    page.fill("#id_daily", "0.93 mg/h")
    page.fill("#id_reservoir_mL", "12.5")
    page.click("text=Keep it")
    page.wait_for_selector("text=it is not what was confirmed")
    _clean(page)
    page.fill("#id_daily", "0.93 mg/day")
    page.click("text=Keep it")
    page.wait_for_selector("text=In force from")
    page.goto(f"{patient}pump/")
    page.wait_for_selector("text=Read by hand with the maker")
    _clean(page)


def test_one_key_leads_to_the_emergency_view_where_a_pump_is_stopped(served: Served, browser: Browser) -> None:
    """A nurse: the key, the drugs, two steps, and the page that is open tells that the pump stands still."""
    page = _page(served, browser, "nurse")
    patient = _live_patient(served, page, 1)
    page.goto(f"{patient}pump/")
    page.keyboard.press("e")
    page.wait_for_url(f"{patient}emergency/")
    page.wait_for_selector("dl.live")
    _clean(page)
    page.click("text=Stop the pump…")
    _clean(page)
    page.click("main button.danger")
    page.wait_for_selector("text=Stopped: the pump has said")
    page.wait_for_selector("[data-now]:has-text('STOPPED')")
    _clean(page)


def test_an_open_page_stops_telling_when_the_login_ends(served: Served, browser: Browser) -> None:
    """Logged out in one window, the other one says that what it shows is old."""
    page = _page(served, browser, "physician2")
    _live_patient(served, page)
    page.wait_for_selector("dl.live")
    other = page.context.new_page()
    other.goto(served.address)
    other.click("text=Log out")
    page.wait_for_selector("text=Your login has ended", timeout=20_000)


def test_the_server_ends_with_its_pumps(served: Served, browser: Browser) -> None:
    """Also while a page is open that is told all the time."""
    page = _page(served, browser, "physician")
    _live_patient(served, page)
    page.wait_for_selector("dl.live")
    pumps = _pumps(served)
    assert len(pumps) == 3
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    assert time.monotonic() - began < ENDS_S
    assert not any(Path(f"/proc/{number}").exists() for number in pumps)
