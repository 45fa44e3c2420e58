"""After an MRI: what is looked at, what the pump did not give meanwhile, and what stays open until it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from tests.workstation.pumped import FILE, pump

from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import record, scans, stalls, worklist
from intrathecal.workstation.clinic.models import Answer, Implant, Note, Patient, Scan, User
from intrathecal.workstation.clinic.running import Missing, label_of, pump_of
from intrathecal.workstation.clinic.scans import checks


def scanned(implant: Implant, **changed: str) -> dict[str, str]:
    """Everything as it should be after a scan that ended an hour ago; the pump stood for an hour."""
    ended = timezone.localtime() - timedelta(hours=1)
    times = {"began_at": ended - timedelta(minutes=45), "ended_at": ended, "resumed": ended + timedelta(minutes=15)}
    typed = {check.name: "clear" for check in checks(pump_of(implant), {})} | {"what": "1.5 T, lumbar spine"}
    return typed | {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in times.items()} | changed


def errors(response: Any) -> dict[str, str]:
    """What is said beside the fields."""
    assert response.status_code == 422
    return {name: " ".join(said) for name, said in response.context["form"].errors.items()}


def lines() -> list[tuple[str, str]]:
    """What the board says of scans."""
    return [(line.urgency.name, line.text) for line in worklist.lines() if line.kind == "mri"]


OPEN = {"recovered": "not-yet", "recovered_note": "again at 18:00", "resumed": ""}


def test_what_is_open_stays_on_the_board_until_it_is_done(patient: Patient, client_of: Callable[..., Client]) -> None:
    """A nurse answers; what was found before stays in the record, and the missed dose is known once the pump gives again."""
    implant, client = pump(patient), client_of("nurse")
    at = f"/patients/{patient.pk}/implant/"
    assert "twice if recovery is not in its log" in client.get(f"{at}mri/").content.decode()
    assert errors(client.post(f"{at}mri/", scanned(implant, recovered="not-yet"))) == {
        "recovered_note": "write what was found, or when it will be done, and by whom",
        "resumed": "below it is not done yet: leave this empty, or say there what was found",
    }
    assert not Scan.objects.exists()
    assert client.post(f"{at}mri/", scanned(implant, **OPEN, told="wrong", told_note="asleep")).status_code == 302
    scan = Scan.objects.get()
    assert lines() == [
        ("NOW", "1.5 T, lumbar spine; still open: the motor's recovery, the patient's instruction"),
    ]
    shown = client.get(at).content.decode()
    assert "2 points are open" in shown
    assert "Nobody knows that the pump gives again" in shown
    here = f"{at}mri/{scan.pk}/"
    asked: Any = client.get(here)
    assert [check.name for check in asked.context["form"].checks] == ["recovered", "told"]
    early = f"{timezone.localtime(scan.began_at) - timedelta(minutes=1):%Y-%m-%dT%H:%M}"
    said = errors(client.post(here, {"recovered": "clear", "told": "clear", "resumed": early}))
    assert "write a time after that" in said["resumed"]
    later = f"{timezone.localtime(scan.ended_at) + timedelta(minutes=15):%Y-%m-%dT%H:%M}"
    still = {"recovered": "clear", "told": "not-yet", "told_note": "tomorrow", "resumed": later}
    assert client.post(here, still).status_code == 302
    assert lines() == [("SOON", "1.5 T, lumbar spine; still open: the patient's instruction")]
    assert client.post(here, {"told": "clear"}).status_code == 302
    assert lines() == []
    assert [one.state for one in Answer.objects.filter(check_name="told").order_by("pk")] == [
        "wrong",
        "not-yet",
        "clear",
    ]
    notes = [note.text for note in Note.objects.filter(kind="MRI").order_by("pk")]
    assert "the pump stood for 60 min, not given: morphine 0.08333 mg" in notes[1]
    assert "all as it should be" in notes[2]
    page = client.get(at).content.decode()
    assert "morphine: 0.08333 mg" in page
    assert "4.17 % of a day" in page
    told = record.whole(patient)
    assert (len(told["scan"]), told["answer"][0]["scan"]) == (1, scan.pk)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"ended_at": "2099-01-01T10:00"}, "ended_at", "this is still to come"),
        ({"began_at": "2026-01-01T10:00"}, "began_at", "the pump was implanted on"),
        ({"resumed": ""}, "resumed", "write since when"),
        ({"what": ""}, "what", "this is empty"),
        ({"program": ""}, "program", "nothing is chosen"),
        ({"program": "perhaps"}, "program", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_refused(
    patient: Patient, client_of: Callable[..., Client], changed: dict[str, str], field: str, said: str
) -> None:
    """Beside its field, and nothing is stored."""
    implant = pump(patient)
    found = errors(client_of("nurse").post(f"/patients/{patient.pk}/implant/mri/", scanned(implant, **changed)))
    assert said in found[field]
    assert not Scan.objects.exists()


def test_a_scan_is_stored_once_and_is_no_day_long(patient: Patient, client_of: Callable[..., Client]) -> None:
    """Two who look after the same patient would both write it down."""
    implant, client, at = pump(patient), client_of("nurse"), f"/patients/{patient.pk}/implant/mri/"
    long_ago = f"{timezone.localtime() - timedelta(hours=30):%Y-%m-%dT%H:%M}"
    assert "look at both days" in errors(client.post(at, scanned(implant, began_at=long_ago)))["ended_at"]
    assert client.post(at, scanned(implant)).status_code == 302
    assert "is in the record already" in errors(client.post(at, scanned(implant)))["began_at"]
    assert Scan.objects.count() == 1


def stored(implant: Implant, began: datetime, **more: Any) -> Scan:
    """A scan of half an hour."""
    by, ended = User.objects.all()[0], began + timedelta(minutes=30)
    return Scan.objects.create(implant=implant, what="3 T", began_at=began, ended_at=ended, by=by, **more)


def test_what_was_missed_follows_the_program(patient: Patient) -> None:
    """2 mg a day, and 1 mg from 22:00 to 6:00: from 21:00 to 23:00 two hours at each, 1/12 and 1/24 mg."""
    implant, program = pump(patient), patient.programs.get()
    program.text = FILE.replace('text = "2 mg/day"', 'text = """2 mg/day\n22:00-06:00  1 mg/day"""')
    program.save()
    nine = timezone.make_aware(datetime.combine(timezone.localdate() - timedelta(days=3), time(21)))
    (missed,) = stalls.stall(stored(implant, nine, resumed_at=nine + timedelta(hours=2)), timezone.now()).missed
    assert missed.ug == pytest.approx(1000 / 12 + 1000 / 24, rel=1e-6)
    assert missed.share == pytest.approx((1 / 12 + 1 / 24) / (16 / 12 + 8 / 24), rel=1e-6)
    assert (missed.beyond, missed.verified) == ("", True)
    assert missed.advice.startswith("Watch for withdrawal")


def test_a_program_that_changed_meanwhile_counts(patient: Patient) -> None:
    """2 mg a day until 22:00 and 1 mg from then on: an hour of each."""
    implant, old = pump(patient), patient.programs.get()
    ten = timezone.make_aware(datetime.combine(timezone.localdate() - timedelta(days=3), time(22)))
    old.state, old.ends_at = "replaced", ten
    old.save()
    less = FILE.replace("2 mg/day", "1 mg/day")
    patient.programs.create(text=less, summary="less", state="in_force", written_by=old.written_by, begins_at=ten)
    hour = timedelta(hours=1)
    (missed,) = stalls.stall(stored(implant, ten - hour, resumed_at=ten + hour), timezone.now()).missed
    assert missed.ug == pytest.approx(1000 / 12 + 1000 / 24, rel=1e-6)


def test_a_pump_that_still_stands_misses_more_with_every_hour(patient: Patient) -> None:
    """Half a day's dose is beyond what a cut may be, and the source of that is named."""
    implant, began = pump(patient), timezone.now() - timedelta(hours=12)
    stall = stalls.stall(stored(implant, began), timezone.now())
    assert stall.missed[0].ug == pytest.approx(1000, rel=1e-3)
    assert stall.missed[0].beyond == "20 % (published trials and series of patients)"


@pytest.mark.parametrize(("days", "said"), [(61, "the pump was filled since"), (1, "is not certain that it arrived")])
def test_what_cannot_be_reckoned_is_not_guessed(
    patient: Patient, client_of: Callable[..., Client], days: int, said: str
) -> None:
    """Before the last fill, and with a program of which nobody knows whether it arrived."""
    implant = pump(patient)
    if days == 1:
        patient.programs.create(text="", summary="x", state="uncertain", written_by=User.objects.get())
    scan = stored(implant, timezone.now() - timedelta(days=days))
    with pytest.raises(Missing, match=said):
        stalls.stall(scan, timezone.now())
    assert said in client_of("nurse").get(f"/patients/{patient.pk}/implant/").content.decode()


def test_the_checklist_follows_the_model() -> None:
    """E2: 10 uL of 25 mg/mL are 0.25 mg; a pump without electronics has no program to read."""
    pumps, drugs = load_catalogue().pumps, {"morphine": "25 mg/mL"}
    assert label_of(drugs)["morphine"].canonical == 25_000
    valve = {check.name: check.text for check in checks(pumps["prometra-ii-20"], drugs)}
    assert "at most 10 uL, morphine 0.25 mg" in valve["escaped"]
    assert {"emptied", "reset"} <= set(valve)
    assert "program" not in {check.name for check in checks(pumps["isomed-20-0.5"], drugs)}
    named = {check.name for one in pumps.values() for check in checks(one, drugs)}
    assert named == set(scans.in_short())


def test_answers_from_before_get_their_scan(patient: Patient) -> None:
    """One scan for each day, as the page showed them."""
    implant, today = pump(patient), timezone.localdate()
    by, day = User.objects.get(), timedelta(days=1)
    Note.objects.create(patient=patient, at=timezone.now() - day, by=by, kind="MRI", text="1.5 T, head; open: much")
    for on, state in ((today - day, "clear"), (today - day, "not-yet"), (today, "clear")):
        Answer.objects.create(
            patient=patient, checklist="after-mri", check_name=state, state=state, on=on, by=by, note="-"
        )
    Answer.objects.create(patient=patient, checklist="candidacy", check_name="x", state="done", on=today, by=by)
    import_module("intrathecal.workstation.clinic.migrations.0012_implant").scans_of_answers(apps, None)
    assert [(scan.implant, scan.answers.count()) for scan in Scan.objects.order_by("pk")] == [
        (implant, 2),
        (implant, 1),
    ]
    assert Answer.objects.filter(scan=None).count() == 1
    assert lines() == [("SOON", "1.5 T, head; still open: not-yet")]
