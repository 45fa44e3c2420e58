"""What is implanted: codes and lengths are checked, dead volumes follow, and operations leave a record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.workstation.pumped import pump

from intrathecal.workstation.clinic import udi
from intrathecal.workstation.clinic.models import Alarm, Answer, Catheter, Implant, Note, Patient
from intrathecal.workstation.clinic.running import label_of
from intrathecal.workstation.clinic.scans import checks

CODE = "(01)00000000000017(17)280430(10)AB12(21)NGV424242H"
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


@pytest.mark.parametrize("text", [CODE, "]d2" + "010000000000001717280430" + "10AB12\x1d21NGV424242H"])
def test_a_udi_of_gs1_is_taken_apart(text: str) -> None:
    """As it is scanned, with separators, or as it is typed, with brackets."""
    read = udi.read(text)
    assert (read.issuer, read.item, read.lot, read.serial) == ("GS1", "00000000000017", "AB12", "NGV424242H")
    assert (read.expires, read.text) == (date(2028, 4, 30), CODE)


def test_udis_of_other_issuers_are_kept_as_they_are() -> None:
    """HIBCC begins with a plus, ICCBBA with an equals sign."""
    assert udi.read("+A123BJC5D6E71/$$3280430AB12").issuer == "HIBCC"
    assert udi.read("=/A9999XYZ100T0944=,000025").issuer == "ICCBBA"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(01)00000000000018(21)A", "check digit"),
        ("(21)A", "begins with (01)"),
        ("hello", "is no UDI"),
        ("(01", "is no UDI"),
    ],
)
def test_what_is_no_udi_is_refused(text: str, said: str) -> None:
    """With what would be right."""
    with pytest.raises(udi.UdiError, match=said.replace("(", r"\(").replace(")", r"\)")):
        udi.read(text)


def test_a_pump_and_its_catheter_are_stored(patient: Patient, client_of: Callable[..., Client]) -> None:
    """76 and 38 cm less 30, at 0.0022 mL/cm: 0.1848 mL; 7 years of service; the serial number comes from the UDI."""
    client = client_of("physician")
    assert client.post(f"/patients/{patient.pk}/implant/new/", NEW).status_code == 302
    implant = Implant.objects.get()
    assert (implant.serial, implant.udi, implant.purge_uL) == ("NGV424242H", CODE, 400)
    assert implant.service_ends_on == implant.implanted_on + timedelta(days=7 * 365.25)
    laid = Catheter.objects.get()
    assert laid.dead_nL == 184_800
    assert [one["dead_nL"] for one in laid.segments] == [167_200, 17_600]
    patient.refresh_from_db()
    assert patient.phase == "implanted"
    page = client.get(f"/patients/{patient.pk}/implant/").content.decode()
    for shown in ("0.185 mL", "0.199 mL", "0.384 mL", "AB12", "30 Apr 2028", "T10"):
        assert shown in page


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"serial": "NGV424243H"}, "serial", "is not the serial number NGV424242H of the UDI"),
        ({"udi": "", "serial": ""}, "serial", "write the serial number"),
        ({"at_tip_trimmed": "300"}, "at_tip_trimmed", "300 cm is not possible; write 0 to 150, 30 if that is meant"),
        ({"at_tip_trimmed": "38"}, "at_tip_trimmed", "38 cm of 38 cm leave nothing"),
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


def scan(implant: Implant, **changed: str) -> dict[str, str]:
    """Everything as it should be after a scan an hour ago."""
    from intrathecal.workstation.clinic.running import pump_of

    typed = {check.name: "clear" for check in checks(pump_of(implant), {})}
    ended = timezone.localtime() - timedelta(hours=1)
    times = {"began_at": ended - timedelta(minutes=45), "ended_at": ended, "resumed": ended + timedelta(minutes=15)}
    typed |= {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in times.items()}
    return typed | {"what": "1.5 T, lumbar spine"} | changed


def test_the_checklist_after_an_mri_keeps_what_is_open(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A nurse answers; what is not as it should be needs a note, and stays in sight."""
    implant, client = pump(patient), client_of("nurse")
    at = f"/patients/{patient.pk}/implant/mri/"
    page: Any = client.get(at)
    assert "twice if recovery is not in its log" in page.content.decode()
    response: Any = client.post(at, scan(implant, recovered="not-yet"))
    assert list(response.context["form"].errors) == ["recovered_note"]
    assert not Answer.objects.exists()
    assert client.post(at, scan(implant, recovered="not-yet", recovered_note="again at 18:00")).status_code == 302
    assert Answer.objects.get(check_name="recovered").state == "not-yet"
    assert Note.objects.get(kind="MRI").text.startswith("1.5 T, lumbar spine; open: Its log has")
    shown = client.get(f"/patients/{patient.pk}/implant/").content.decode()
    assert "1 point is open" in shown
    assert "again at 18:00" in shown


def test_the_checklist_follows_the_model() -> None:
    """E2: 10 uL of 25 mg/mL are 0.25 mg; a pump without electronics has no program to read."""
    from intrathecal.catalogue import load_catalogue

    pumps, drugs = load_catalogue().pumps, {"morphine": "25 mg/mL"}
    assert label_of(drugs)["morphine"].canonical == 25_000
    valve = {check.name: check.text for check in checks(pumps["prometra-ii-20"], drugs)}
    assert "at most 10 uL, morphine 0.25 mg" in valve["escaped"]
    assert {"emptied", "reset"} <= set(valve)
    assert "program" not in {check.name for check in checks(pumps["isomed-20-0.5"], drugs)}


def test_dead_volumes_are_shown_while_a_form_is_filled_in(client_of: Callable[..., Client]) -> None:
    """Nothing is stored; what cannot be is a dash."""
    client = client_of("physician")
    assert "0.384 mL" in client.get("/dead-volumes/", NEW).content.decode()
    assert "0.384 mL" not in client.get("/dead-volumes/", {**NEW, "at_tip": ""}).content.decode()
