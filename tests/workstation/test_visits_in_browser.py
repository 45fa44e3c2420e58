"""Visits as people make them: in a real Chromium, on a telephone and at a desk, with nothing that axe objects to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect
from tests.programmer.processes import Pump, demo
from tests.workstation.browsing import DEMO, DESK, PHONE, fine, log_in
from tests.workstation.served import Served

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import tell_fill
from intrathecal.therapy import Program

Opener = Callable[[ViewportSize], Page]


@pytest.fixture
def served(demonstration: Served) -> Served:
    """A workstation with the demonstration."""
    return demonstration


@pytest.fixture
def opened(browser: Browser, served: Served) -> Iterator[Opener]:
    """Opens pages; nothing may be said in the console, which is where a broken policy shows."""
    said: list[str] = []
    contexts = []

    def new(size: ViewportSize) -> Page:
        context = browser.new_context(viewport=size, base_url=served.address)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert not [text for text in said if "400 (Bad Request)" not in text]


def test_somebody_asks_and_the_clinic_answers(served: Served, opened: Opener) -> None:
    """On a telephone: asked, corrected, received; at the desk: moved; on the telephone again: at another time."""
    phone, desk = opened(PHONE), opened(DESK)
    phone.goto(f"{served.address}/request-appointment")
    fine(phone)
    phone.get_by_label("Your name").fill("Signe Holt")
    phone.get_by_role("button", name="Ask for this appointment").click()
    expect(phone.get_by_text("write a telephone number or an e-mail address")).to_be_visible()
    fine(phone)
    phone.get_by_label("Telephone or e-mail").fill("signe@example.org")
    phone.get_by_label("What for").select_option("first")
    phone.get_by_label("When").select_option(index=4)
    phone.get_by_role("button", name="Ask for this appointment").click()
    expect(phone.get_by_text("Received, not answered yet")).to_be_visible()
    fine(phone)
    with phone.expect_download() as loaded:
        phone.get_by_role("link", name="Calendar file").click()
    assert loaded.value.suggested_filename == "appointment.ics"
    log_in(desk, "nurse", DEMO)
    desk.goto(f"{served.address}/appointments/")
    fine(desk)
    desk.get_by_role("link", name="Signe Holt").click()
    fine(desk)
    desk.get_by_label("A word to whoever asked").fill("bring your letters")
    desk.get_by_label("Or another time").select_option(index=9)
    desk.get_by_role("button", name="Confirm at the other time").click()
    expect(desk.get_by_text("no e-mail. Somebody has to tell")).to_be_visible()
    fine(desk)
    phone.reload()
    expect(phone.get_by_text("Confirmed at another time")).to_be_visible()
    expect(phone.get_by_text("bring your letters")).to_be_visible()
    fine(phone)


def test_a_patient_writes_a_score_on_a_telephone(served: Served, opened: Opener) -> None:
    """By the link alone, by touch and by keyboard; the answer says what was written down."""
    phone = opened(PHONE)
    phone.goto(f"{served.address}/p/{served.link}/")
    fine(phone)
    phone.get_by_label("7", exact=True).check()
    phone.get_by_text("More, if you like").click()
    phone.get_by_label("A note for your clinic").fill("after the stairs")
    fine(phone)
    phone.get_by_role("button", name="Write it down").click()
    expect(phone.get_by_text("Your pain, 7 of 10, is in the diary.")).to_be_visible()
    expect(phone.get_by_text("after the stairs")).to_be_visible()
    phone.get_by_text("The same as a table").click()
    fine(phone)
    phone.get_by_label("3", exact=True).focus()
    phone.keyboard.press("Space")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("Your pain, 3 of 10, is in the diary.")).to_be_visible()


def test_a_patient_logs_in_and_asks_for_an_appointment(served: Served, opened: Opener) -> None:
    """The same page, under a login."""
    page = opened(DESK)
    log_in(page, "patient", DEMO)
    page.wait_for_url("**/my/")
    fine(page)
    page.get_by_text("Ask for an appointment").click()
    page.get_by_label("What for").select_option("trouble")
    page.get_by_label("When", exact=True).select_option(index=2)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Your clinic has your request")).to_be_visible()
    fine(page)


def test_a_press_on_a_telephone_is_answered_by_the_pump(
    served: Served, opened: Opener, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Given, then refused with the reason in plain words, on the page where it was pressed."""
    with Pump(tmp_path_factory.mktemp("pump")) as pump:
        key = pump.pair("programmer", "clinic")
        pump.pair("handset", "clinic.handset")
        with Session(pump.address, key) as session:
            tell_fill(session, demo(), None, None)
            text = "3 mg/day\non demand 0.1 mg over 5 min, lockout 2 h, max 4 per day"
            send(session, propose(replace(demo(), program=Program.parse(text)), session.read()))
        script = (
            "import sys; from intrathecal.workstation import server; server.prepare();"
            "from intrathecal.workstation.clinic.models import Implant;"
            "Implant.objects.filter(patient__link=sys.argv[1]).update(address=sys.argv[2], key_file=sys.argv[3])"
        )
        command = [sys.executable, "-c", script, served.link, str(pump.address), str(key)]
        subprocess.run(command, check=True, env={**os.environ, "INTRATHECAL_HOME": str(served.folder)})
        phone = opened(PHONE)
        phone.goto(f"{served.address}/p/{served.link}/")
        phone.get_by_role("link", name="Ask whether a bolus can be given now").click()
        expect(phone.get_by_text("A bolus can be given now")).to_be_visible()
        phone.get_by_role("button", name="Give me a bolus").click()
        expect(phone.get_by_text("Your bolus is being given")).to_be_visible(timeout=20_000)
        fine(phone)
        phone.get_by_role("button", name="Give me a bolus").click()
        expect(phone.get_by_text("Your last bolus is too recent")).to_be_visible(timeout=20_000)
        assert phone.url.endswith(f"/p/{served.link}/")
        fine(phone)


def test_from_candidate_to_decision(served: Served, opened: Opener) -> None:
    """A gap is answered; a running trial shows its verdict; a physician decides otherwise and says why."""
    desk = opened(DESK)
    log_in(desk, "physician", DEMO)
    desk.goto(f"{served.address}/?q=1001")
    desk.goto(f"{served.address}/patients/1/candidacy/")
    fine(desk)
    desk.get_by_text("Answer: other treatments").click()
    first = desk.locator("li", has_text="Other treatments")
    first.get_by_label("Yes").check()
    first.get_by_label("Note, or why").fill("physiotherapy, gabapentin")
    first.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("The answer is saved.")).to_be_visible()
    expect(desk.get_by_text("physiotherapy, gabapentin")).to_be_visible()
    fine(desk)
    desk.goto(f"{served.address}/patients/7/trial/")
    expect(desk.get_by_role("heading", name="So far the trial passes.")).to_be_visible()
    desk.get_by_label("What the diary said at the end of").fill("2020-01-02")
    expect(desk.get_by_text("Thu 2 Jan 2020")).to_be_visible()
    desk.get_by_text("The same as a table").click()
    expect(desk.get_by_role("columnheader", name="Lowest")).to_be_visible()
    fine(desk)
    lines = b"time,phase,nrs\n2020-01-02 08:00,baseline,eleven\n"
    kept: FilePayload = {"name": "kept.csv", "mimeType": "text/csv", "buffer": lines}
    desk.get_by_label("CSV file, as the command intrathecal trial reads it").set_input_files(kept)
    desk.get_by_role("button", name="Add it to the diary").click()
    expect(desk.get_by_text("kept.csv, line 2: nrs")).to_be_visible()
    fine(desk)
    desk.get_by_label("Pain, 0 to 10").fill("2")
    desk.get_by_label("Drug").fill("morphine")
    desk.get_by_label("Dose").fill("1.5 mg/day")
    desk.get_by_label("in the trial").check()
    desk.get_by_role("button", name="Write it down").click()
    expect(desk.get_by_text("morphine 1.5 mg/day")).to_be_visible()
    desk.get_by_label("No pump").check()
    desk.get_by_role("button", name="Decide").click()
    expect(desk.get_by_text("write why you decide otherwise")).to_be_visible()
    fine(desk)
    desk.get_by_label("Why, where it is not what the diary says").fill("the patient does not want one")
    desk.get_by_label("No pump").check()
    desk.get_by_role("button", name="Decide").click()
    expect(desk.get_by_text("Decided: No pump.")).to_be_visible()
    fine(desk)
    desk.get_by_label("Why it is taken back").fill("it was the wrong patient")
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_text("Taken back: No pump. it was the wrong patient")).to_be_visible()
    fine(desk)
    desk.set_viewport_size(PHONE)
    fine(desk)
