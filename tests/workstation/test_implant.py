"""What is implanted: codes and lengths are checked, dead volumes follow, and operations leave a record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from tests.workstation.pumped import pump
from tests.workstation.test_udi import CODE

from intrathecal.therapy import TherapyError
from intrathecal.workstation.clinic import surgery, timeline, worklist
from intrathecal.workstation.clinic.catheters import tubing_nL
from intrathecal.workstation.clinic.models import Alarm, Catheter, Implant, Note, Patient, Refill, User
from intrathecal.workstation.live.renewing import text_for
from intrathecal.workstation.pages.implant.operations import Implantation, Replacement

NEW = {
    "model": "synchromed-ii-20",
    "udi": CODE,
    "serial": "",
    "pocket": "left abdomen",
    "implanted_on": (timezone.localdate() - timedelta(days=9)).isoformat(),
    "purge": "0.4",
    "at_pump": "ascenda-8780/pump",
    "at_pump_trimmed": "0",
    "at_tip": "ascenda-8780/spinal",
    "at_tip_trimmed": "30",
    "tip_level": "T10",
}


def send(client: Client, at: str, typed: dict[str, str]) -> Any:
    """The form of a page as a browser sends it: with what it says that it is about."""
    opened: Any = client.get(at)
    return client.post(at, {"seen": opened.context["seen"], **typed})


def refused(client: Client, at: str, typed: dict[str, str]) -> dict[str, str]:
    """What is said beside the fields of all forms of a page."""
    response = send(client, at, typed)
    assert response.status_code == 422
    forms = [form for _name, form in response.context["groups"]]
    return {name: " ".join(said) for form in forms for name, said in form.errors.items()}


def test_a_pump_and_its_catheter_are_stored(patient: Patient, client_of: Callable[..., Client]) -> None:
    """76 and 38 cm less 30, at 0.0022 mL/cm: 0.1848 mL; 7 years of service; the serial number comes from the UDI."""
    client = client_of("physician")
    assert send(client, f"/patients/{patient.pk}/implant/new/", NEW).status_code == 302
    implant = Implant.objects.get()
    assert (implant.serial, implant.udi, implant.purge_uL) == ("NGV424242H", CODE, 400)
    assert implant.service_ends_on == implant.implanted_on + timedelta(days=7 * 365.25)
    laid = Catheter.objects.get()
    assert laid.dead_nL == 184_800
    assert [one["dead_nL"] for one in laid.segments] == [167_200, 17_600]
    patient.refresh_from_db()
    assert patient.phase == "implanted"
    page = client.get(f"/patients/{patient.pk}/implant/").content.decode()
    for shown in ("38 cm", "30 cm", "8 cm left in", "0.185 mL", "0.199 mL", "0.384 mL", "AB12", "30 Apr 2028", "T10"):
        assert shown in page


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"serial": "NGV424243H"}, "serial", "is not the serial number NGV424242H of the UDI"),
        ({"udi": "", "serial": ""}, "serial", "write the serial number"),
        ({"at_tip_trimmed": "300"}, "at_tip_trimmed", "300 cm is not possible; write 0 to 150, 30 if that is meant"),
        ({"at_tip_trimmed": "38"}, "at_tip_trimmed", "38 cm of 38 cm leave nothing"),
        ({"at_tip_trimmed": "39"}, "at_tip_trimmed", "39 cm of 38 cm leave nothing"),
        ({"at_pump_trimmed": "760"}, "at_pump_trimmed", "760 cm is not possible; write 0 to 150, 76 if that is meant"),
        ({"tip_level": ""}, "tip_level", "nothing is chosen"),
        ({"udi": CODE.replace("(10)", "(11)301231(10)")}, "udi", "made on 2030-12-31, after it was implanted"),
        ({"udi": "=/A9999XYZ"}, "udi", "a code of ICCBBA"),
        ({"at_pump": ""}, "at_pump", "needs one at the pump"),
        ({"at_tip": "indura-8709sc/whole"}, "at_pump", "choose none here"),
        ({"purge": "0,04"}, "purge", "0.04 mL does not fit: tubing and catheter hold 0.384 mL"),
        ({"implanted_on": "2099-01-01"}, "implanted_on", "is still to come"),
        ({"implanted_on": "1960-01-01"}, "implanted_on", "the year 1960 is not plausible"),
        ({"tip_level": "T13"}, "tip_level", "is not one of the available choices"),
        ({"model": "external"}, "model", "is not one of the available choices"),
    ],
)
def test_what_cannot_be_is_refused(
    patient: Patient, client_of: Callable[..., Client], wrong: dict[str, str], field: str, said: str
) -> None:
    """One message, beside its field, and nothing is stored."""
    found = refused(client_of("physician"), f"/patients/{patient.pk}/implant/new/", {**NEW, **wrong})
    assert list(found) == [field]
    assert said in found[field]
    assert not Implant.objects.exists()


def test_a_pump_is_in_one_patient(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A serial number that is in another record was misread."""
    pump(patient)
    other = Patient.objects.get(pk=patient.pk)
    other.pk, other.number, other.link = None, "1002", "another"
    other.save()
    typed = {**NEW, "udi": "", "serial": "ngv300137h"}
    found = refused(client_of("physician"), f"/patients/{other.pk}/implant/new/", typed)
    assert "in the record of patient 1001" in found["serial"]


def test_a_revision_leaves_the_old_catheter_in_the_record(patient: Patient, client_of: Callable[..., Client]) -> None:
    """10 cm more are trimmed off: 0.022 mL less; what was is shown under it."""
    implant, client = pump(patient), client_of("physician")
    typed = {key: NEW[key] for key in NEW if key.startswith(("at_", "tip"))}
    typed |= {"at_pump_trimmed": "10", "tip_level": "T8", "on": timezone.localdate().isoformat(), "why": "kinked"}
    assert send(client, f"/patients/{patient.pk}/implant/catheter/", typed).status_code == 302
    assert [laid.dead_nL for laid in implant.catheters.all()] == [162_800, 184_800]
    assert "kinked; tip at T8" in Note.objects.get(kind="revision").text
    assert "kinked" in client.get(f"/patients/{patient.pk}/implant/").content.decode()


def test_a_replaced_pump_keeps_the_catheter_and_loses_the_program(
    patient: Patient, client_of: Callable[..., Client]
) -> None:
    """The new one has the old catheter; the program ended with the old pump, and so did its alarms."""
    old = pump(patient)
    Alarm.objects.create(implant=old, name="elective-replacement", began_at=timezone.now() - timedelta(days=2))
    today = timezone.localdate().isoformat()
    typed = {key: NEW[key] for key in ("model", "udi", "serial", "pocket", "purge")}
    typed |= {"implanted_on": today, "why": "end of service"}
    assert send(client_of("physician"), f"/patients/{patient.pk}/implant/replace/", typed).status_code == 302
    new = Implant.objects.get(explanted_on=None)
    old.refresh_from_db()
    assert (old.why_explanted, new.serial) == ("end of service", "NGV424242H")
    assert new.catheters.get().dead_nL == old.catheters.get().dead_nL
    assert patient.programs.get().state == "replaced"
    assert Alarm.objects.get().ended_at is not None


def test_an_explanted_pump_ends_therapy(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Not before it was implanted."""
    implant, client = pump(patient), client_of("physician")
    at = f"/patients/{patient.pk}/implant/explant/"
    early = (implant.implanted_on - timedelta(days=1)).isoformat()
    assert "write a day from" in refused(client, at, {"on": early, "why": "infection"})["on"]
    assert send(client, at, {"on": timezone.localdate().isoformat(), "why": "infection"}).status_code == 302
    patient.refresh_from_db()
    implant.refresh_from_db()
    assert (patient.phase, implant.why_explanted) == ("ended", "infection")
    assert client.get(at).status_code == 404


@pytest.mark.parametrize(
    ("role", "look", "change"),
    [("physician", 200, 200), ("nurse", 200, 403), ("pharmacist", 200, 403), ("administrator", 403, 403)],
)
def test_who_may_operate(patient: Patient, client_of: Callable[..., Client], role: str, look: int, change: int) -> None:
    """Physicians; nurses and pharmacists look."""
    pump(patient)
    client, at = client_of(role), f"/patients/{patient.pk}/implant/"
    assert client.get(at).status_code == look
    for page in ("replace", "catheter", "explant"):
        assert client.get(f"{at}{page}/").status_code == change
        if change == 403:
            assert client.post(f"{at}{page}/").status_code == 403


def test_dead_volumes_are_shown_while_a_form_is_filled_in(client_of: Callable[..., Client]) -> None:
    """Nothing is stored; what cannot be is a dash."""
    client = client_of("physician")
    assert "0.384 mL" in client.get("/dead-volumes/", NEW).content.decode()
    assert "0.384 mL" not in client.get("/dead-volumes/", {**NEW, "at_tip": ""}).content.decode()


def test_a_level_that_nobody_knows_is_not_made_up(patient: Patient, client_of: Callable[..., Client]) -> None:
    """The pump is stored, the page says what is missing, and no program is begun with a level that was guessed."""
    client, at = client_of("physician"), f"/patients/{patient.pk}/implant/"
    assert send(client, f"{at}new/", {**NEW, "tip_level": "unknown"}).status_code == 302
    assert Catheter.objects.get().tip_level == ""
    page = client.get(at).content.decode()
    assert "Nobody knows where the tip lies" in page
    assert "0.384 mL" in page
    implant = Implant.objects.get()
    Refill.objects.create(
        implant=implant, at=timezone.now(), by=User.objects.get(), drugs={"morphine": "10 mg/mL"}, filled_uL=18_000,
        due_on=timezone.localdate() + timedelta(days=60),
    )  # fmt: skip
    with pytest.raises(TherapyError, match="Nobody knows where the catheter's tip lies"):
        text_for(patient)


def test_a_purge_is_held_against_what_there_was_to_purge(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Tubing and catheter hold 0.384 mL: 0.46 is within 20 %, 0.3 is not; a revision purges what lay there before."""
    client, at = client_of("physician"), f"/patients/{patient.pk}/implant/"
    send(client, f"{at}new/", {**NEW, "purge": "0.46"})
    assert "tubing and catheter hold, by more than" not in client.get(at).content.decode()
    typed = {**NEW, "on": timezone.localdate().isoformat(), "why": "kinked", "at_pump_trimmed": "70"}
    said = refused(client, f"{at}catheter/", {**typed, "purge": "3"})
    assert said == {"purge": "3 mL does not fit: tubing and catheter hold 0.384 mL; correct the point"}
    stored: Any = send(client, f"{at}catheter/", {**typed, "purge": "0.3"})
    page = client.get(stored["Location"]).content.decode()
    assert "Less than the 0.384 mL that tubing and catheter hold" in page
    assert [laid.purge_uL for laid in Catheter.objects.all()] == [300, None]
    told = [event.text for event in timeline.events(patient)]
    assert "synchromed-ii-20 NGV424242H; purged 0.46 mL" in told
    assert "intrathecal T10, kinked; purged 0.3 mL" in told
    assert "purged 0.3 mL" in Note.objects.get(kind="revision").text


def test_a_new_pump_has_to_be_filled_primed_and_programmed(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Page and board say so until it is done; and both say when service ends, until the pump is replaced."""
    old, client, at = pump(patient), client_of("physician"), f"/patients/{patient.pk}/implant/"
    assert "Still to be done" not in client.get(at).content.decode()
    old.service_ends_on = timezone.localdate() + timedelta(days=180)
    old.save()
    assert "plan the replacement" in client.get(at).content.decode()
    assert [line.kind for line in worklist.lines() if line.kind in ("service", "fill")] == ["service"]
    old.service_ends_on = timezone.localdate()
    old.save()
    assert "Service ended on" in client.get(at).content.decode()
    typed = {**NEW, "implanted_on": timezone.localdate().isoformat(), "why": "end of service"}
    assert send(client, f"{at}replace/", typed).status_code == 302
    page = client.get(at).content.decode()
    assert "It was not filled: fill it, and prime tubing and catheter" in page
    assert "No program is in force" in page
    assert "service" not in {line.kind for line in worklist.lines()}
    (line,) = [line for line in worklist.lines() if line.kind == "fill"]
    assert line.text == "synchromed-ii-20 NGV424242H: not filled yet"
    Refill.objects.create(
        implant=Implant.objects.get(explanted_on=None), at=timezone.now(), by=User.objects.first(), filled_uL=18_000,
        due_on=timezone.localdate() + timedelta(days=60),
    )  # fmt: skip
    assert "fill" not in {line.kind for line in worklist.lines()}


def test_a_pump_of_one_flow_needs_no_program(patient: Patient, client_of: Callable[..., Client]) -> None:
    """It runs as soon as it is filled."""
    client, at = client_of("physician"), f"/patients/{patient.pk}/implant/"
    assert send(client, f"{at}new/", {**NEW, "model": "isomed-20-0.5", "purge": ""}).status_code == 302
    assert surgery.left_to_do(Implant.objects.get())[0].startswith("It was not filled")
    assert len(surgery.left_to_do(Implant.objects.get())) == 1
    asked = {"fluid": "morphine 10 mg/mL", "empty": "no"}
    prime: Any = client.get(f"{at}prime/", asked)
    assert prime.context["plan"].volume_mL == pytest.approx(0.1848 + (tubing_nL("isomed-20-0.5") or 0) / 1e6)


def test_a_revision_on_the_day_of_a_refill_leaves_a_doubt(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Which of the two came first is not known; a day later it is."""
    implant, client, at = pump(patient), client_of("physician"), f"/patients/{patient.pk}/implant/"
    last = implant.refills.first()
    assert last is not None
    typed = {**NEW, "why": "kinked", "at_pump_trimmed": "10"}
    day = timezone.localdate(last.at)
    assert send(client, f"{at}catheter/", {**typed, "on": day.isoformat(), "purge": ""}).status_code == 302
    assert "It was filled or programmed on the day of the revision" in client.get(at).content.decode()
    later = (day + timedelta(days=1)).isoformat()
    assert send(client, f"{at}catheter/", {**typed, "on": later, "purge": ""}).status_code == 302
    assert "tell the pump its new volume" in client.get(at).content.decode()


def test_nothing_comes_out_before_the_last_thing_that_was_done_with_it(
    patient: Patient, client_of: Callable[..., Client]
) -> None:
    """A pump that was refilled was still in."""
    implant, client = pump(patient), client_of("physician")
    last = implant.refills.first()
    assert last is not None
    early = (timezone.localdate(last.at) - timedelta(days=1)).isoformat()
    at = f"/patients/{patient.pk}/implant/"
    assert "write a day from" in refused(client, f"{at}explant/", {"on": early, "why": "infection"})["on"]
    said = refused(client, f"{at}replace/", {**NEW, "implanted_on": early, "why": "old"})
    assert "write a day from" in said["implanted_on"]


@pytest.mark.parametrize("page", ["replace", "catheter", "explant"])
def test_of_two_who_operate_at_once_the_second_is_told(
    patient: Patient, client_of: Callable[..., Client], page: str
) -> None:
    """The page was opened on a pump that is not in any more; nothing of it is stored, and nobody loses a pump that is new."""
    pump(patient)
    first, second, at = client_of("physician"), client_of("physician"), f"/patients/{patient.pk}/implant/"
    today = timezone.localdate().isoformat()
    opened: Any = second.get(f"{at}{page}/")
    send(first, f"{at}replace/", {**NEW, "implanted_on": today, "why": "end of service"})
    typed = {**NEW, "udi": "", "serial": "NGV2H", "implanted_on": today, "on": today, "why": "mine"}
    answer: Any = second.post(f"{at}{page}/", {**typed, "seen": opened.context["seen"]}, follow=True)
    assert "Somebody else has stored an operation meanwhile" in answer.content.decode()
    assert Implant.objects.get(explanted_on=None).serial == "NGV424242H"
    assert Catheter.objects.count() == 2


def test_the_database_knows_one_pump_of_a_number_and_one_in_a_patient(patient: Patient) -> None:
    """Whoever writes there."""
    implant = pump(patient)
    for changed in ({"serial": "NGV9H"}, {"serial": "ngv300137h", "explanted_on": implant.implanted_on}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Implant.objects.create(
                **{"patient": patient, "model": implant.model, "implanted_on": implant.implanted_on, **changed}
            )


def test_who_was_slower_by_a_moment_is_told_beside_the_field(patient: Patient, user_of: Callable[..., User]) -> None:
    """Both were right when they were looked at; the database lets one of them in, and nothing of the other stays."""
    other = Patient.objects.get(pk=patient.pk)
    other.pk, other.number, other.link = None, "1002", "another"
    other.save()
    by, old = user_of("physician"), pump(other)
    first, second = Implantation(patient, NEW), Replacement(old, {**NEW, "why": "end of service"})
    second.pump.since = first.pump.since
    assert first.is_right()
    assert second.is_right()
    assert first.store(by)
    assert not second.store(by)
    assert "came into the records just now" in second.pump.errors["serial"][0]
    assert [one.explanted_on for one in other.implants.all()] == [None]
    assert other.programs.get().state == "in_force"


def at_once(clients: list[Client], patients: list[Patient]) -> list[Any]:
    """What each is answered who stores the same pump at the same instant."""
    together, got = threading.Barrier(len(clients)), []

    def store(client: Client, one: Patient) -> None:
        together.wait()
        got.append(client.post(f"/patients/{one.pk}/implant/new/", NEW))
        connection.close()

    threads = [threading.Thread(target=store, args=pair) for pair in zip(clients, patients, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.mark.django_db(transaction=True)
def test_two_surgeons_with_one_pump(patient: Patient, client_of: Callable[..., Client]) -> None:
    """In two patients, and in one: one of them stores it, and the other is told, beside the field or at the top."""
    other = Patient.objects.get(pk=patient.pk)
    other.pk, other.number, other.link = None, "1002", "another"
    other.save()
    clients = [client_of("physician"), client_of("physician")]
    answers = at_once(clients, [patient, other])
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    (refused,) = [answer for answer in answers if answer.status_code == 422]
    said = " ".join(" ".join(texts) for _n, form in refused.context["groups"] for texts in form.errors.values())
    assert "in the record of patient" in said or "came into the records just now" in said
    assert (Implant.objects.count(), Catheter.objects.count()) == (1, 1)
    Catheter.objects.all().delete()
    Implant.objects.all().delete()
    assert {answer.status_code for answer in at_once(clients, [patient, patient])} == {302}
    assert (Implant.objects.count(), Catheter.objects.count()) == (1, 1)
