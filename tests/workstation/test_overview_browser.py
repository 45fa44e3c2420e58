"""Board, patient and explore in a real Chromium, served by a process of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.workstation.browsing import DEMO, DESK, PHONE, fine, log_in
from tests.workstation.served import Served


@pytest.fixture
def address(demonstration: Served) -> str:
    """A workstation with the demonstration."""
    return demonstration.address


class Reader:
    """Somebody at a browser, and what the browser complained about."""

    def __init__(self, browser: Browser, address: str, size: ViewportSize) -> None:
        self.address, self.said = address, list[str]()
        self.page: Page = browser.new_context(viewport=size, base_url=address).new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def log_in(self, name: str) -> None:
        """With a password."""
        log_in(self.page, name, DEMO)
        self.page.wait_for_url(f"{self.address}/")

    def check(self) -> None:
        """Nothing that axe finds, nothing wider than the page, no complaint of the browser."""
        fine(self.page)
        assert self.said == []


@pytest.fixture(params=[DESK, PHONE], ids=["wide", "narrow"])
def reader(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """On a screen and on a telephone."""
    made = Reader(browser, address, request.param)
    yield made
    made.page.context.close()


def test_a_teacher_explores(reader: Reader) -> None:
    """The spine is drawn, another dose changes the figures at once, and a wrong one is said beside its field."""
    page = reader.page
    page.goto(f"{reader.address}/explore")
    expect(page.locator("svg.spine:not(.small)")).to_be_visible()
    assert page.locator("#spine .ramp").first.evaluate("bar => bar.offsetWidth") > 200, "the colours have no legend"
    reader.check()
    tip = page.locator('#spine td[data-value="A/morphine/tip"]').first
    low = float(tip.inner_text())
    page.fill("#id_dose", "1 mg/day")
    page.press("#id_dose", "Enter")
    expect(page.get_by_role("status").filter(has_text="1 mg/day, simulated in")).to_be_visible()
    expect(tip).not_to_be_empty()
    assert float(tip.inner_text()) == pytest.approx(2 * low, rel=0.02)
    page.select_option("#id_drug", "baclofen")
    expect(page.locator("#id_dose")).to_have_value("200 mcg/day")
    expect(page.locator('[data-plot="spasticity"] .chart svg')).to_be_visible()
    page.fill("#id_dose", "200")
    page.press("#id_dose", "Enter")
    expect(page.locator("#id_dose_error")).to_contain_text("has no unit")
    expect(page.locator("#spine")).to_have_count(0)
    reader.check()


def test_a_nurse_works_through_the_board(reader: Reader) -> None:
    """Search, filter, sort by a head with the keyboard, and keep what is shown under a name."""
    reader.log_in("nurse")
    page = reader.page
    reader.check()
    page.check("input[value=refill]")
    expect(page.get_by_role("status").filter(has_text="8 lines")).to_be_visible()
    page.locator("#kept-name").fill("Refills")
    page.keyboard.press("Enter")
    expect(page.locator(".kept").get_by_role("link", name="Refills")).to_have_attribute("aria-current", "true")
    if page.viewport_size == DESK:
        page.get_by_role("columnheader", name="Patient").get_by_role("link").focus()
        page.keyboard.press("Enter")
        expect(page.locator("th[aria-sort=ascending]")).to_have_text("Patient ▲")
    reader.check()
    third = page.locator("tbody tr").nth(2).get_by_role("link").first
    whom = third.inner_text().split(" (")[0]
    third.focus()
    page.keyboard.press("e")
    page.wait_for_url("**/patients/*/emergency/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(whom)
    for start in ("/appointments/", "/patients/new", "/login/2fa/", "/"):
        page.goto(start)
        page.locator("h1").click()
        page.keyboard.press("e")
        page.wait_for_url("**/emergency/")
    reader.check()
    page.keyboard.type("egge")
    expect(page.get_by_role("status").filter(has_text="patients")).to_be_visible()
    reader.check()
    page.keyboard.press("Enter")
    expect(page.locator(".found").get_by_role("link").first).to_be_focused()
    reader.check()
    page.get_by_label("A part of the name or number").fill("1020")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/20/emergency/")
    page.goto(reader.address)
    page.keyboard.press("/")
    page.keyboard.type("Holm, Hanna")
    expect(page.get_by_role("status").filter(has_text="1 line")).to_be_visible()
    page.get_by_role("link", name="Holm, Hanna (1020)").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Holm, Hanna")
    page.goto(reader.address)
    page.get_by_role("button", name="Keep Refills no longer").click()
    expect(page.locator(".kept").get_by_role("link", name="Refills")).to_have_count(0)


def test_a_physician_reads_a_patient(reader: Reader) -> None:
    """Timeline, pictures of the program in force, and two programs side by side and over each other."""
    reader.log_in("physician")
    page = reader.page
    page.goto(f"{reader.address}/patients/?q=1020")
    page.get_by_role("link", name="Holm, Hanna").click()
    expect(page.locator("svg.spine:not(.small)")).to_be_visible(timeout=20_000)
    reader.check()
    page.check("input[value=program]")
    expect(page.locator(".timeline li")).to_have_count(2)
    page.get_by_role("link", name="Settings history").click()
    expect(page.locator("svg.spine:not(.small)")).to_have_count(2, timeout=20_000)
    expect(page.locator(".compared .differs").first).to_be_visible()
    reader.check()


def test_the_way_back_leaves_no_record_behind(reader: Reader) -> None:
    """The page before comes from the server again, whole; nothing of a patient is kept in the browser."""
    reader.log_in("nurse")
    page = reader.page
    page.goto(f"{reader.address}/patients/")
    page.fill("#q", "Holm")
    expect(page.get_by_role("status").filter(has_text="patients")).to_contain_text("4 patients")
    page.select_option("#phase", "trial")
    expect(page.get_by_role("status").filter(has_text="1 patient")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("status").filter(has_text="4 patients")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Patients")
    # htmx remembers the address that is shown, for as long as the tab is open, and no page.
    assert page.evaluate("Object.keys(localStorage)") == []
    assert page.evaluate("Object.values(sessionStorage)") == ["/patients/?q=Holm&phase="]


def test_somebody_new_is_registered(reader: Reader) -> None:
    """A mistake is said beside the field; then the patient's page opens."""
    reader.log_in("pharmacist")
    page = reader.page
    page.get_by_role("link", name="Patients", exact=True).click()
    page.get_by_role("link", name="New patient").click()
    number = f"9{page.viewport_size['width'] if page.viewport_size else 0}"
    facts = {"number": number, "family_name": "Zorn", "given_name": "Ute", "born": "1961-05-06", "height_cm": "1680"}
    for name, value in {**facts, "weight_kg": "70.5", "indication": "neuropathic"}.items():
        page.fill(f"#id_{name}", value)
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#id_height_cm_error")).to_contain_text("less than or equal to 250")
    reader.said.clear()  # Chromium tells of the status 422
    reader.check()
    page.fill("#id_height_cm", "168")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Zorn, Ute")
    reader.check()
