"""Operations and refills as people do them: in a real Chromium, at a desk and on a telephone, by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer
from tests.workstation.browsing import DESK, PHONE, fine
from tests.workstation.pumped import pump
from tests.workstation.refilling import Wizard, to_review

from intrathecal.workstation.clinic.models import Catheter, Filling, Implant, Patient, Refill, User

Opener = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server: LiveServer, client_of: Callable[..., Client]) -> Iterator[Opener]:
    """Opens pages for somebody of a role; nothing may be said in the console, where a broken policy shows."""
    said: list[str] = []
    contexts = []

    def new(role: str, size: ViewportSize, scripts: bool = True) -> Page:
        context = browser.new_context(viewport=size, base_url=live_server.url, java_script_enabled=scripts)
        contexts.append(context)
        cookie = client_of(role).cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert not [text for text in said if "422 (Unprocessable" not in text]


def go_on(page: Page, then: str) -> None:
    """To the next step, which is fine."""
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(then)
    fine(page)


def store(page: Page) -> None:
    """Leave the last field, wait for the volumes that are asked for then, and store: here all share one connection."""
    button = page.get_by_role("button", name="Store")
    button.focus()
    expect(page.locator(".htmx-request")).to_have_count(0)
    button.click()


def read_aloud(page: Page) -> None:
    """All that is read aloud was heard."""
    for box in page.get_by_role("checkbox").all():
        box.check()


@pytest.mark.django_db(transaction=True)
def test_a_nurse_changes_the_concentration(patient: Patient, opened: Opener) -> None:
    """Every step, a slip on the way, a way back, and the record at the end."""
    implant, page = pump(patient), opened("nurse", DESK)
    page.goto(f"/patients/{patient.pk}/refill/")
    fine(page)
    page.get_by_role("button", name="Begin a refill").click()
    expect(page.get_by_text("NGV300137H")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("4 answers are not right yet")
    fine(page)
    read_aloud(page)
    go_on(page, "Expected volume")
    expect(page.get_by_text("6 mL", exact=True)).to_be_visible()
    read_aloud(page)
    go_on(page, "Measured volume")
    page.get_by_label("Drawn from the reservoir").fill("62")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("write 0 to 20, 6.2 if that is meant")).to_be_visible()
    fine(page)
    page.get_by_label("Drawn from the reservoir").fill("8,6")
    go_on(page, "The difference")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_label("Drawn from the reservoir")).to_have_value("8,6")
    page.get_by_label("Drawn from the reservoir").fill("6,2")
    go_on(page, "Drug")
    page.get_by_label("Another drug or concentration").check()
    page.get_by_label("Drug 1").select_option("morphine")
    page.get_by_label("Concentration 1").fill("20 mg/mL")
    go_on(page, "Bridge")
    page.get_by_label("This bridge").check()
    go_on(page, "Check of the pocket")
    page.get_by_label("The needle stands").check()
    page.get_by_label("No swelling").check()
    go_on(page, "Volume filled")
    page.get_by_text("How this fill is made").click()
    expect(page.get_by_role("cell", name="20 mg/mL")).to_be_visible()
    fine(page)
    page.get_by_label("Filled in").fill("18")
    go_on(page, "Dates")
    go_on(page, "Everything once more")
    expect(page.get_by_text("0.384 mL, 0.2 mL/day, 46.1 h")).to_be_visible()
    assert implant.refills.count() == 2
    read_aloud(page)
    page.get_by_role("button", name="Confirm and store").click()
    expect(page.get_by_role("status")).to_contain_text("The refill is stored")
    fine(page)
    last = Refill.objects.latest("at")
    assert last.bridge["volume_uL"] == 384
    page.goto(f"/patients/{patient.pk}/refill/sheets/{last.pk}/")
    fine(page)


@pytest.mark.django_db(transaction=True)
def test_a_pharmacist_makes_a_fill_and_looks_at_it(
    patient: Patient, opened: Opener, client_of: Callable[..., Client]
) -> None:
    """The sheet with a stock at hand, and a refill that waits for a second person, at a desk and on a telephone."""
    implant, page = pump(patient), opened("pharmacist", DESK)
    page.goto(f"/patients/{patient.pk}/refill/")
    page.get_by_role("link", name="Compounding sheet").click()
    page.get_by_label("Stock at hand 1").fill("25 mg/mL")
    page.get_by_role("button", name="Reckon").click()
    expect(page.get_by_role("cell", name="25 mg/mL")).to_be_visible()
    fine(page)
    nurse = to_review(Wizard(client_of("nurse"), patient).begin(), "hydromorphone")
    nurse.client.post(f"{nurse.at}review/", {"right": "on", "reason": "as ordered"})
    page.goto("/?kind=second")
    page.get_by_role("link", name="Moreno, Lucia").click()
    page.get_by_role("link", name="Refills").click()
    expect(page.get_by_text("A refill waits for a second person.")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Look at it").click()
    fine(page)
    first, bedside = Filling.objects.get().confirmed_by, opened("nurse", PHONE)
    Filling.objects.update(confirmed_by=User.objects.latest("pk"))
    bedside.goto(f"/patients/{patient.pk}/refill/second/")
    bedside.get_by_text("The second person is here").click()
    bedside.get_by_role("button", name="I am the second person").click()
    expect(bedside.get_by_role("alert")).to_contain_text("2 answers are not right yet")
    fine(bedside)
    Filling.objects.update(confirmed_by=first)
    page.set_viewport_size(PHONE)
    fine(page)
    page.get_by_role("button", name="I have looked at all of it too").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The refill is stored")
    fine(page)
    assert implant.refills.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_refill_on_a_telephone_by_keyboard_without_scripts(patient: Patient, opened: Opener) -> None:
    """The same drug: Tab, Space and Enter suffice."""
    implant, page = pump(patient), opened("nurse", PHONE, scripts=False)
    page.goto(f"/patients/{patient.pk}/refill/")
    page.get_by_role("button", name="Begin a refill").press("Enter")
    for box in page.get_by_role("checkbox").all():
        box.press("Space")
    page.get_by_label("When").press("Enter")
    page.get_by_role("checkbox").press("Space")
    page.get_by_label("as the pump's own").press("Enter")
    page.get_by_label("Drawn from the reservoir").fill("6.1")
    page.get_by_label("Drawn from the reservoir").press("Enter")
    page.get_by_label("The same: morphine 10 mg/mL").press("Space")
    page.get_by_label("The same: morphine 10 mg/mL").press("Enter")
    page.get_by_label("The needle stands").press("Space")
    page.get_by_label("No swelling").press("Space")
    page.get_by_label("No swelling").press("Enter")
    page.get_by_label("Filled in").fill("18")
    page.get_by_label("Filled in").press("Enter")
    page.get_by_label("Next refill at the latest").press("Enter")
    page.get_by_label("All of this is so").press("Space")
    page.get_by_label("All of this is so").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The refill is stored")
    last = implant.refills.first()
    assert last is not None
    assert (last.measured_uL, last.filled_uL) == (6100, 18_000)


@pytest.mark.django_db(transaction=True)
def test_a_pump_is_implanted_revised_scanned_and_explanted(patient: Patient, opened: Opener) -> None:
    """Dead volumes follow what is typed; every page is fine at a desk and on a telephone."""
    page, nurse = opened("physician", DESK), opened("nurse", PHONE)
    at = f"/patients/{patient.pk}/implant/"
    page.goto(at)
    fine(page)
    page.get_by_role("link", name="Implant a pump").click()
    page.get_by_label("Pump", exact=True).select_option("synchromed-ii-20")
    page.locator("[name=at_pump]").select_option("ascenda-8780/pump")
    page.locator("[name=at_tip]").select_option("ascenda-8780/spinal")
    page.locator("[name=at_tip_trimmed]").fill("30")
    page.get_by_label("Level of the tip").select_option("T10")
    expect(page.locator("#volumes")).to_contain_text("0.384 mL")
    page.get_by_label("UDI as scanned").fill("(01)00000000000017(17)280430(10)AB12(21)NGV1H")
    page.get_by_label("Serial number").fill("NGV7H")
    page.get_by_label("Pocket").fill("left abdomen")
    page.get_by_label("Implanted on").fill((timezone.localdate() - timedelta(days=3)).isoformat())
    page.get_by_label("Purge volume").fill("0.4")
    store(page)
    expect(page.get_by_text("NGV7H is not the serial number NGV1H of the UDI")).to_be_visible()
    fine(page)
    page.set_viewport_size(PHONE)
    fine(page)
    page.set_viewport_size(DESK)
    page.get_by_label("Serial number").fill("NGV1H")
    store(page)
    expect(page.get_by_text("The pump and its catheter are in the record.")).to_be_visible()
    expect(page.get_by_role("heading", name="Still to be done")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Prime").first.click()
    page.get_by_label("Fluid in the pump").fill("morphine 10 mg/mL")
    page.get_by_role("button", name="Reckon").click()
    expect(page.get_by_text("after 20.6 min")).to_be_visible()
    fine(page)
    page.set_viewport_size(PHONE)
    fine(page)
    page.set_viewport_size(DESK)
    page.goto(at)
    page.get_by_role("link", name="Revise the catheter").click()
    page.get_by_label("On", exact=True).fill(timezone.localdate().isoformat())
    page.get_by_label("Why").fill("kinked")
    page.locator("[name=at_pump_trimmed]").fill("10")
    fine(page)
    store(page)
    expect(page.get_by_text("The catheter is in the record.")).to_be_visible()
    assert Catheter.objects.count() == 2
    nurse.goto(at)
    fine(nurse)
    nurse.get_by_role("link", name="Checklist after an MRI").click()
    now = timezone.localtime()
    for name, hours in (("In the field from", 2), ("until", 1)):
        nurse.get_by_label(name).fill(f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M}")
    nurse.get_by_label("Field strength").fill("1.5 T, head")
    for clear in nurse.get_by_label("As it should be", exact=True).all():
        clear.check()
    nurse.get_by_label("Not done yet").last.check()
    nurse.get_by_label("The pump gave again").fill(f"{now - timedelta(minutes=50):%Y-%m-%dT%H:%M}")
    nurse.get_by_role("button", name="Store").click()
    expect(nurse.get_by_text("write what was found, or when it will be done")).to_be_visible()
    fine(nurse)
    nurse.get_by_label("Note").last.fill("at 18:00")
    nurse.get_by_role("button", name="Store").click()
    expect(nurse.get_by_text("1 point is open", exact=True)).to_be_visible()
    fine(nurse)
    nurse.get_by_role("link", name="Answer what is open").click()
    fine(nurse)
    nurse.get_by_label("As it should be", exact=True).check()
    nurse.get_by_role("button", name="Store").click()
    expect(nurse.get_by_text("all is as it should be")).to_be_visible()
    for name in ("Replace the pump", "Explant the pump"):
        page.goto(at)
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        fine(page)
    page.get_by_label("On", exact=True).fill(timezone.localdate().isoformat())
    page.get_by_label("Why").fill("infection")
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_text("The pump is out, and its program ended.")).to_be_visible()
    fine(page)
    assert Implant.objects.get().explanted_on == timezone.localdate()
