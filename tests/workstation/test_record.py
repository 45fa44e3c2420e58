"""One patient's record can be taken along: all of it, and nothing of anybody else's."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser
from tests.workstation.browsing import clean, log_in

from intrathecal.workstation.clinic.models import RECORDS, Implant, Patient, Program, Refill, Score, User


def full(patient: Patient, by: User) -> Implant:
    """A pump with a program and a refill, and a score."""
    implant = Implant.objects.create(
        patient=patient, model="synchromed-ii-20", serial="NGV1", implanted_on=date(2026, 1, 2), key_file="/secret.key"
    )
    Refill.objects.create(implant=implant, at=timezone.now(), by=by, filled_uL=18_000, due_on=date(2026, 3, 1))
    Program.objects.create(patient=patient, text="[pump]\n", summary="morphine 1 mg/day", written_by=by)
    Score.objects.create(patient=patient, at=timezone.now(), tenths=65, note="<script>alert(1)</script>")
    return implant


def taken(client: Client, patient: Patient) -> dict[str, Any]:
    """The record as JSON."""
    answer = client.get(f"/patients/{patient.pk}/record.json")
    assert "attachment" in answer["Content-Disposition"]
    return dict(json.loads(answer.content))


def test_all_of_it_and_nothing_else(
    patient: Patient, user_of: Callable[..., User], client_of: Callable[..., Client]
) -> None:
    """Also what hangs on the pump; who looked; but no key that opens anything, and nobody else's lines."""
    by = user_of("nurse")
    full(patient, by)
    stranger = Patient.objects.create(
        number="2",
        family_name="Abel",
        given_name="A",
        born=date(1950, 1, 1),
        height_cm=1,
        weight_g=1,
        since=date(2026, 1, 1),
    )
    Score.objects.create(patient=stranger, at=timezone.now(), tenths=1)
    found = taken(client_of("physician"), patient)
    assert found["patient"]["family_name"] == "Moreno"
    assert [score["tenths"] for score in found["score"]] == [65]
    assert found["refill"][0]["filled_uL"] == 18_000
    assert found["refill"][0]["by"] == str(by)
    assert found["program"][0]["text"] == "[pump]\n"
    assert "GET record_json" in [line["page"] for line in found["seen_and_changed"]]
    assert "secret.key" not in json.dumps(found)
    assert patient.link not in json.dumps(found)
    assert "Abel" not in json.dumps(found)
    assert {model._meta.model_name for model in RECORDS} - set(found) == {"user"}


def test_what_was_struck_out_stays_in_what_was_done(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A line of the diary that is gone was written by somebody, and struck out by somebody."""
    score = Score.objects.create(patient=patient, at=timezone.now(), tenths=10, phase="trial")
    client = client_of("physician")
    assert client.post(f"/patients/{patient.pk}/trial/{score.pk}/strike").status_code == 302
    told = taken(client, patient)["seen_and_changed"]
    assert [line["did"] for line in told if line["what"] == f"score {score.pk}"] == ["created", "deleted"]


def test_the_folder_can_be_read(
    patient: Patient, user_of: Callable[..., User], client_of: Callable[..., Client]
) -> None:
    """A page, the same as JSON, and every therapy file; text that looks like a script is text."""
    full(patient, user_of("nurse"))
    client = client_of("physician")
    assert b"The whole record" in client.get(f"/patients/{patient.pk}/record/").content
    packed = client.get(f"/patients/{patient.pk}/record.zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as folder:
        program = Program.objects.get()
        assert folder.namelist() == ["record.html", "record.json", f"programs/{program.pk}.toml"]
        page = folder.read("record.html").decode()
        assert json.loads(folder.read("record.json"))["patient"]["number"] == "1001"
    assert "&lt;script&gt;" in page
    assert "<script" not in page


@pytest.mark.browser
def test_the_page_in_the_browser(
    browser: Browser, live_server: object, patient: Patient, user_of: Callable[..., User]
) -> None:
    """A physician finds the tab and gets the folder; the page is accessible, and so is the page in the folder."""
    user = user_of("physician")
    full(patient, user)
    with browser.new_context(base_url=str(live_server), viewport={"width": 1200, "height": 800}) as context:
        page = context.new_page()
        log_in(page, user.username)
        page.goto(f"/patients/{patient.pk}/")
        page.get_by_role("link", name="Record", exact=True).click()
        page.get_by_role("heading", name="The whole record").wait_for()
        clean(page, "record")
        with page.expect_download() as loading:
            page.get_by_role("link", name="To read and keep (ZIP)").click()
        with zipfile.ZipFile(loading.value.path()) as folder:
            alone = context.new_page()
            alone.set_content(folder.read("record.html").decode())
        found = Axe().run(alone)
        assert found.violations_count == 0, found.generate_report()
