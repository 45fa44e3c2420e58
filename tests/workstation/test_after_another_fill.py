"""What a program, the emergency view and the board say after the pump was filled with something else, or is another pump."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.workstation.pumped import FILE, pump
from tests.workstation.refilling import Wizard, to_review

from intrathecal.catheter import catheter_volume_mL
from intrathecal.therapy import NewProgram, Therapy
from intrathecal.workstation.clinic import surgery
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Program, Refill
from intrathecal.workstation.clinic.models.filling import Stage
from intrathecal.workstation.clinic.models.therapy import State
from intrathecal.workstation.clinic.running import running
from intrathecal.workstation.clinic.timeline import events
from intrathecal.workstation.live import recording, renewing, writing
from intrathecal.workstation.live.writing import therapy_of

HOUR = timedelta(hours=1)


@pytest.fixture
def implant(patient: Patient) -> Implant:
    """A pump that gives morphine 2 mg a day out of 10 mg/mL."""
    return pump(patient)


def fill(implant: Implant, **drugs: str) -> Refill:
    """Fill it with 15 mL of this, an hour ago."""
    last = implant.refills.latest("at")
    return Refill.objects.create(
        implant=implant,
        at=timezone.now() - HOUR,
        by=last.by,
        drugs=drugs,
        filled_uL=15_000,
        due_on=timezone.localdate() + timedelta(days=60),
    )


def begun(client: Client, patient: Patient) -> tuple[str, Therapy]:
    """A new draft: its address, and what it says."""
    client.post(f"/patients/{patient.pk}/programs/new/")
    draft = patient.programs.latest("pk")
    assert draft.state == State.DRAFT
    return f"/patients/{patient.pk}/programs/{draft.pk}/", therapy_of(draft.text)


def test_no_catheter_is_guessed(patient: Patient, implant: Implant, client_of: Callable[..., Client]) -> None:
    """Without one in the record no draft is begun, and what is missing is said."""
    implant.catheters.all().delete()
    patient.programs.update(text="")
    said = client_of("physician").post(f"/patients/{patient.pk}/programs/new/", follow=True).content.decode()
    assert "No catheter is in the record" in said
    assert not patient.programs.filter(state=State.DRAFT).exists()


def test_a_draft_is_about_the_fill_in_the_pump(
    patient: Patient, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """Its concentrations and volume are those of the last refill; the rest stays as it was written."""
    fill(implant, morphine="20 mg/mL")
    client = client_of("physician")
    url, plan = begun(client, patient)
    assert {name: str(much) for name, much in plan.label.items()} == {"morphine": "20 mg/mL"}
    assert plan.fill is not None
    assert (str(plan.fill.volume), str(plan.fill.lead), str(plan.program)) == ("15 mL", "7 days", "2 mg/day")
    assert str(plan.patient.oral_opioid) == "120 mg/day"
    seen = client.get(f"{url}review/").context["seen"]
    assert seen.review.figures["rate_mL_per_day"] == pytest.approx(0.1)


def test_a_draft_about_the_same_fill_keeps_its_text(patient: Patient, implant: Implant) -> None:
    """Events that somebody wrote into it too."""
    text = renewing.text_for(patient) + '\n[[event]]\nat = "day 90 10:00"\nprogram = "1 mg/day"\n'
    Program.objects.filter(patient=patient).update(text=text)
    assert renewing.text_for(patient) == text
    fill(implant, morphine="10 mg/mL")
    assert not therapy_of(renewing.text_for(patient)).events


def test_doses_of_a_drug_that_is_not_in_the_pump_are_left_out(
    patient: Patient, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """2 mg of morphine are no 2 mg of hydromorphone."""
    fill(implant, hydromorphone="5 mg/mL")
    _url, plan = begun(client_of("physician"), patient)
    assert (plan.primary.name, str(plan.program)) == ("hydromorphone", "stop")


def test_a_text_about_another_fill_is_not_judged(
    patient: Patient, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """A draft that was begun before the refill would name volumes of then."""
    client = client_of("physician")
    url, _plan = begun(client, patient)
    fill(implant, morphine="20 mg/mL")
    page = client.get(f"{url}review/")
    assert "the pump was filled with morphine 20 mg/mL" in page.context["error"]
    assert client.post(f"{url}confirm/", {"mark": "", "why": "pain at night"}).status_code == 409


def test_a_draft_for_another_pump_is_about_that_pump(
    patient: Patient, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """Model, day and catheter are those of the record; before it is filled there is nothing to write."""
    laid = implant.catheters.get()
    new = Implant(
        patient=patient, model="synchromed-ii-40", serial="NEW1", pocket="left", implanted_on=timezone.localdate()
    )
    surgery.replace(implant, new, "end of service", implant.refills.latest("at").by)
    client = client_of("physician")
    said = client.post(f"/patients/{patient.pk}/programs/new/", follow=True).content.decode()
    assert "no fill of it" in said
    page = client.get(f"/patients/{patient.pk}/emergency/")
    assert "Nothing in a pump" in page.content.decode()
    assert not any(sheet.holds for sheet in page.context["sheets"])
    fill_of = Refill(
        implant=new, at=timezone.now(), by_id=implant.refills.latest("at").by_id, drugs={"morphine": "10 mg/mL"}
    )
    fill_of.filled_uL, fill_of.due_on = 38_000, timezone.localdate() + timedelta(days=50)
    fill_of.save()
    plan = therapy_of(renewing.text_for(patient))
    assert plan.pump is not None
    assert (plan.pump.entry.name, plan.pump.implanted) == ("synchromed-ii-40", new.implanted_on)
    assert plan.catheter is not None
    assert catheter_volume_mL(plan.catheter.entry, plan.catheter.removed_cm) * 10**6 == laid.dead_nL


def test_a_catheter_of_two_kinds_holds_what_the_record_says(patient: Patient, implant: Implant) -> None:
    """A longer piece in the spine than the one before."""
    segments = [
        {"model": "ascenda-8780", "segment": "pump", "length_mm": 760, "trimmed_mm": 0, "dead_nL": 167_200},
        {"model": "ascenda-8781", "segment": "spinal", "length_mm": 640, "trimmed_mm": 40, "dead_nL": 132_000},
    ]
    Catheter.objects.create(
        implant=implant, placed_on=timezone.localdate(), tip_level="T8", segments=segments, dead_nL=299_200
    )
    plan = therapy_of(renewing.text_for(patient))
    assert plan.catheter is not None
    assert plan.catheter.tip == "T8"
    assert catheter_volume_mL(plan.catheter.entry, plan.catheter.removed_cm) * 10**6 == 299_200


def test_the_emergency_view_is_about_what_is_in_the_pump(
    patient: Patient, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """Another drug has sheets of its own; the one before may still be in tubing and catheter."""
    fill(implant, baclofen="2 mg/mL")
    page = client_of("nurse").get(f"/patients/{patient.pk}/emergency/")
    assert [name.lower() for name in page.context["drugs"]] == ["baclofen"]
    titles = " ".join(sheet.title.lower() for sheet in page.context["sheets"])
    assert "baclofen" in titles
    assert "morphine" in titles
    assert "10 mg/mL" not in " ".join(text for sheet in page.context["sheets"] for text in sheet.holds)


@pytest.mark.parametrize(("dose", "days"), [("6 mg/day", 20), ("1 mg/day", 60)])
def test_a_program_that_gives_more_brings_the_refill_forward(
    patient: Patient, implant: Implant, dose: str, days: int, django_capture_on_commit_callbacks: Any
) -> None:
    """15 mL less 2 mL at 0.6 mL a day last 21 days, less a week of lead; nothing is put off by one that gives less."""
    last = fill(implant, morphine="10 mg/mL")
    patient.appointments.create(begins_at=timezone.now() + timedelta(days=55), kind="refill")
    program = Program.objects.create(
        patient=patient, text=FILE.replace("2 mg/day", dose), summary=dose, written_by=last.by, confirmed_by=last.by
    )
    with django_capture_on_commit_callbacks(execute=True):
        recording.begin(program, timezone.now())
        implant.readings.create(at=timezone.now() + timedelta(seconds=2), by=last.by, told={"reservoir_mL": 14.98})
    last.refresh_from_db()
    left = (last.due_on - timezone.localdate()).days
    assert left <= days - 6 if days < 60 else left == days
    notes: list[Any] = list(patient.notes.filter(kind="refill"))
    assert len(notes) == (days < 60)
    assert all("is too late" in note.text for note in notes)


def test_a_pump_is_not_taken_out_before_its_last_program(patient: Patient, implant: Implant) -> None:
    """Nor does what ran end before it began, on the same day."""
    program = patient.programs.get()
    program.begins_at = timezone.now()
    program.save()
    assert surgery.earliest(implant) == timezone.localdate()
    surgery.explant(implant, timezone.localdate(), "infection")
    program.refresh_from_db()
    assert program.ends_at is not None
    assert program.ends_at >= program.begins_at


def test_a_drug_that_needs_another_program_can_be_filled_in(
    patient: Patient, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """2 mg a day of it would be slower than the pump runs; but it will be another dose; a second person looks."""
    wizard = to_review(Wizard(client_of("nurse"), patient).begin(), "hydromorphone", "50 mg/mL")
    page = wizard.page("review")
    assert "write another program" in page
    assert "Refused" not in page
    wizard.go("review", "second", right="on", reason="as ordered")
    assert implant.fillings.get().stage == Stage.WAITING


def ran(plan: Therapy) -> list[str]:
    """The programs of a therapy, in their order."""
    later = [str(one.action.program) for one in plan.events if isinstance(one.action, NewProgram)]
    return [str(plan.program), *later]


def test_programs_of_two_pumps_are_kept_apart(patient: Patient, implant: Implant) -> None:
    """On the day of a replacement the old pump ran something in the morning, the new one something else."""
    now, by = timezone.now(), implant.refills.latest("at").by
    day = timezone.localdate()
    quiet = Program.objects.create(
        patient=patient, text=FILE.replace("2 mg/day", "1 mg/day"), summary="1", written_by=by, state=State.CONFIRMED
    )
    recording.begin(quiet, now - timedelta(seconds=3))
    new = Implant(patient=patient, model="synchromed-ii-20", serial="NEW1", pocket="left", implanted_on=day)
    surgery.replace(implant, new, "end of service", by)
    Refill.objects.create(
        implant=new,
        at=now - timedelta(seconds=2),
        by=by,
        drugs={"hydromorphone": "5 mg/mL"},
        filled_uL=18_000,
        due_on=day + timedelta(days=60),
    )
    text = writing.with_program(renewing.text_for(patient), "0.5 mg/day")
    last = Program.objects.create(patient=patient, text=text, summary="0.5", written_by=by, state=State.CONFIRMED)
    recording.begin(last, now)
    old_run, new_run = running(implant).therapy, running(new).therapy
    assert ran(old_run) == ["2 mg/day", "1 mg/day"]
    assert ran(new_run) == ["stop", "0.5 mg/day"]


def test_on_one_day_the_pump_is_implanted_before_it_is_filled(patient: Patient, implant: Implant) -> None:
    """Newest first."""
    last = fill(implant, morphine="10 mg/mL")
    Implant.objects.filter(pk=implant.pk).update(implanted_on=timezone.localdate(last.at))
    said = [event.group for event in events(patient) if event.at.date() >= timezone.localdate(last.at)]
    assert said.index("refill") < said.index("implant")


def test_a_pump_of_another_patient_is_not_paired(
    patient: Patient, implant: Implant, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers says who it is; it is in one record alone."""
    from intrathecal.programmer.keyfile import KnownPump
    from intrathecal.workstation.clinic import handsets
    from intrathecal.workstation.pages import pairing

    known = KnownPump("IT-1", implant.model, "", "programmer")
    monkeypatch.setattr(pairing, "make_known", lambda *_asked: known)
    monkeypatch.setattr(handsets, "pair", lambda *_asked: None)
    born = date(1970, 1, 1)
    facts = {"born": born, "since": born, "height_cm": 170, "weight_g": 70_000, "indication": "cancer"}
    other = Patient.objects.create(number="1002", family_name="Berg", given_name="Ada", **facts)
    Implant.objects.create(patient=other, model=implant.model, serial="IT-1", implanted_on=born)
    told = {"address": "127.0.0.1:7002", "code": "x"}
    page = client_of("nurse").post(f"/patients/{patient.pk}/pump/pair/", told)
    assert page.status_code == 400
    assert "is in the record of patient 1002" in page.context["code_error"]
