"""A refill, step by step: nothing half is stored, and what does not fit is asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.workstation.pumped import FILE, pump
from tests.workstation.refilling import WHO, Wizard

from intrathecal.workstation.clinic import trail
from intrathecal.workstation.clinic.models import Appointment, Implant, Note, Patient, Reading, Refill


@pytest.fixture
def wizard(implant: Implant, client_of: Callable[..., Client]) -> Wizard:
    """A nurse who has begun."""
    return Wizard(client_of("nurse"), implant.patient).begin()


def test_a_refill_with_the_same_drug_is_stored_whole(wizard: Wizard, implant: Implant) -> None:
    """18 mL less 60 days of 0.2 mL are 6 mL; 18 mL last (18 - 2) / 0.2 = 80 days, less 7 of lead."""
    assert "6 mL" in wizard.page("expected")
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6,2")
    wizard.go("drug", "pocket", which="same").go("pocket", "volume", needle="on", swelling="none")
    wizard.go("volume", "dates", filled="18")
    due = timezone.localdate() + timedelta(days=73)
    assert due.strftime("%Y-%m-%d") in wizard.page("dates")
    visit = f"{due - timedelta(days=2):%Y-%m-%d}T09:30"
    wizard.go("dates", "review", due_on=due.isoformat(), visit=visit)
    assert Refill.objects.count() == 2
    wizard.go("review", "", right="on")
    last = implant.refills.all()[0]
    assert (last.expected_uL, last.measured_uL, last.filled_uL) == (6000, 6200, 18_000)
    assert (last.drugs, last.due_on, last.flagged, last.bridge) == ({"morphine": "10 mg/mL"}, due, [], {})
    assert last.error_permille == 17  # 200 of 12000 uL too little
    assert last.by.role == "nurse"
    assert "drawn back" in last.pocket_check
    assert timezone.localdate(Appointment.objects.get().begins_at) == due - timedelta(days=2)
    assert list(trail.verify()) == []


def test_no_step_is_passed_over(wizard: Wizard) -> None:
    """Who types the address of a later step is led to the first that is open; and back is always possible."""
    response = wizard.client.get(f"{wizard.at}review/")
    assert response["Location"] == f"{wizard.at}expected/"
    assert "checked" in wizard.page("who")


def test_a_difference_has_to_be_looked_into(wizard: Wizard, implant: Implant) -> None:
    """8.5 mL where 6 are expected: beyond 2 mL and beyond the accuracy; it is said what to think of."""
    wizard.go("expected", "measured", read="on").go("measured", "difference", measured="8.5")
    page = wizard.page("difference")
    assert "2.5 mL more than expected are left" in page
    assert "blocked or kinked catheter" in page
    assert wizard.refused("difference", note="") == {"note": ["this is empty: fill it in"]}
    wizard.go("difference", "drug", note="Log read: no stall. X-ray ordered.").go("drug", "pocket", which="same")
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="18")
    due = timezone.localdate() + timedelta(days=70)
    wizard.go("dates", "review", due_on=due.isoformat()).go("review", "", right="on")
    assert len(implant.refills.all()[0].flagged) == 2
    assert "X-ray ordered" in Note.objects.get().text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "this is empty: fill it in"),
        ("6200 uL", "uL is not mL; write the number of mL alone"),
        ("60", "60 mL is not possible; write 0 to 20, 6 if that is meant"),
        ("0.6", "0.6 mL is ten times off what is expected, and 6 mL would not be"),
        ("six", '"six" is not a number; write digits with at most one point, such as 0.5'),
        ("6.1234", "6.1234 mL is finer than can be kept; write at most 3 digits after the point"),
        ("-1", "-1 mL is not possible; write 0 to 20"),
        ("6,200", "6200 if it separates thousands, 6.200 if it is a decimal"),
        ("6e0", "has an exponent"),
    ],
)
def test_a_slip_of_the_key_gets_one_message(wizard: Wizard, typed: str, said: str) -> None:
    """Beside the field: what is wrong and what would be right; nothing is kept."""
    wizard.go("expected", "measured", read="on")
    refused = wizard.refused("measured", measured=typed)
    assert list(refused) == ["measured"]
    assert len(refused["measured"]) == 1
    assert said in refused["measured"][0]
    assert wizard.client.get(f"{wizard.at}drug/")["Location"] == f"{wizard.at}measured/"


def test_another_concentration_asks_for_a_bridge(wizard: Wizard, implant: Implant) -> None:
    """0.199 + 0.1848 mL at 0.2 mL a day: 46.06 h; without it half of the dose for twice as long."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6")
    wizard.go("drug", "bridge", which="new", drug_1="morphine", strength_1="20 mg/mL")
    page = wizard.page("bridge")
    assert "0.384 mL" in page
    assert "46.1 h" in page
    assert "50 % of the dose of morphine for 92.1 h" in page
    assert "why no bridge is run" in wizard.refused("bridge", choice="none")["why_not"][0]
    wizard.go("bridge", "pocket", choice="auto").go("pocket", "volume", needle="on", swelling="none")
    wizard.go("volume", "dates", filled="18")
    due = timezone.localdate() + timedelta(days=90)
    wizard.go("dates", "review", due_on=due.isoformat()).go("review", "", right="on", reason="agreed")
    last = implant.refills.all()[0]
    assert last.drugs == {"morphine": "20 mg/mL"}
    assert (last.bridge["volume_uL"], last.bridge["rate_nL_per_day"], last.bridge["minutes"]) == (384, 200_000, 2763)


def test_a_bridge_counts_in_the_next_refill(patient: Patient, client_of: Callable[..., Client]) -> None:
    """20 mg/mL since ten days: 0.1 mL a day, and 46 h of bridge at 0.2 mL a day before it."""
    implant = pump(patient, days=10)
    last = implant.refills.all()[0]
    last.drugs = {"morphine": "20 mg/mL"}
    last.bridge = {"choice": "auto", "volume_uL": 384, "rate_nL_per_day": 200_000, "minutes": 2763}
    last.save()
    wizard = Wizard(client_of("nurse"), patient).begin()
    left = 18_000 - 384 - 100 * (10 - 0.384 / 0.2)
    response = wizard.client.get(f"{wizard.at}expected/")
    assert response.context["draft"].reckoned_uL == pytest.approx(left, abs=2)


def test_what_the_pump_told_counts(implant: Implant, client_of: Callable[..., Client]) -> None:
    """It said 9 mL ten days ago; 0.2 mL a day since leave 7."""
    at = timezone.now() - timedelta(days=10)
    Reading.objects.create(implant=implant, at=at, told={"reservoir_mL": 9.0})
    wizard = Wizard(client_of("nurse"), implant.patient).begin()
    response = wizard.client.get(f"{wizard.at}expected/")
    assert response.context["draft"].reckoned_uL == pytest.approx(7000, abs=2)


def test_without_a_therapy_file_the_programmer_says_what_is_left(
    implant: Implant, client_of: Callable[..., Client]
) -> None:
    """It is said what is missing, and the figure of the pump's own programmer is asked for."""
    implant.patient.programs.update(text="")
    wizard = Wizard(client_of("nurse"), implant.patient).begin()
    assert "has no therapy file" in wizard.page("expected")
    assert "shown" in wizard.refused("expected", read="on")
    wizard.go("expected", "measured", read="on", shown="6").go("measured", "drug", measured="6")
    wizard.go("drug", "pocket", which="same").go("pocket", "volume", needle="on", swelling="none")
    wizard.go("volume", "dates", filled="18")
    assert "due_on" in wizard.refused("dates", due_on="")
    due = timezone.localdate() + timedelta(days=60)
    wizard.go("dates", "review", due_on=due.isoformat())
    assert "was not judged" in wizard.page("review")
    wizard.go("review", "", right="on")
    assert implant.refills.count() == 3


def test_the_next_refill_is_no_later_than_the_worst_case(wizard: Wizard) -> None:
    """Neither the day nor the appointment."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6").go("drug", "pocket", which="same")
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="18")
    due = timezone.localdate() + timedelta(days=73)
    late = (due + timedelta(days=1)).isoformat()
    assert f"by {due.isoformat()}" in wizard.refused("dates", due_on=late)["due_on"][0]
    assert "until" in wizard.refused("dates", due_on=due.isoformat(), visit=f"{late}T09:00")["visit"][0]


def test_a_small_fill_lasts_as_long_as_it_lasts(wizard: Wizard) -> None:
    """3 mL last (3 - 2) / 0.2 = 5 days: sooner than the usual lead, so that the worst case itself is the last day."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6").go("drug", "pocket", which="same")
    wizard.go("pocket", "volume", needle="on", swelling="none")
    assert "far less than the last fill of 18 mL" in wizard.refused("volume", filled="3")["filled"][0]
    wizard.go("volume", "dates", filled="3", sure="on")
    last = timezone.localdate() + timedelta(days=5)
    late = (last + timedelta(days=1)).isoformat()
    assert f"by {last.isoformat()}" in wizard.refused("dates", due_on=late)["due_on"][0]
    wizard.go("dates", "review", due_on=last.isoformat())


def test_a_visit_of_an_old_file_is_no_date(implant: Implant, client_of: Callable[..., Client]) -> None:
    """The file of a program may have the visit that was booked then."""
    booked = FILE.replace('lead = "7 days"', 'lead = "7 days"\nnext_visit = 2026-03-20')
    implant.patient.programs.update(text=booked)
    wizard = Wizard(client_of("nurse"), implant.patient).begin()
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6").go("drug", "pocket", which="same")
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="18")
    due = timezone.localdate() + timedelta(days=73)
    assert due.isoformat() in wizard.page("dates")


def test_the_next_appointment_is_at_a_free_time(wizard: Wizard) -> None:
    """The one proposed is not taken, and one that is taken is refused."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6").go("drug", "pocket", which="same")
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="18")
    response = wizard.client.get(f"{wizard.at}dates/")
    due_on, visit = (response.context["form"][name].initial for name in ("due_on", "visit"))
    assert visit.weekday() < 5
    assert timezone.localdate(visit) <= due_on
    Appointment.objects.create(begins_at=visit - timedelta(minutes=15), kind="visit")
    again = wizard.client.get(f"{wizard.at}dates/").context["form"]["visit"].initial
    assert again != visit
    typed = {"due_on": due_on.isoformat(), "visit": f"{timezone.localtime(visit):%Y-%m-%dT%H:%M}"}
    assert "another appointment is at that time" in wizard.refused("dates", **typed)["visit"][0]


@pytest.mark.parametrize(
    ("at", "said"),
    [("0001-01-01T00:00", "is not plausible"), ("soon", "write it as"), ("2098-01-01T10:00", "still to come")],
)
def test_when_is_a_time_that_can_be(implant: Implant, client_of: Callable[..., Client], at: str, said: str) -> None:
    """After the last refill, not ahead, and in this century."""
    wizard = Wizard(client_of("nurse"), implant.patient)
    wizard.client.post(f"{wizard.at}begin/")
    assert said in wizard.refused("who", **WHO, at=at)["at"][0]
    before = f"{timezone.localtime() - timedelta(days=61):%Y-%m-%dT%H:%M}"
    assert "write a later time" in wizard.refused("who", **WHO, at=before)["at"][0]


def test_what_is_missing_inside_is_said(wizard: Wizard, implant: Implant) -> None:
    """18 mL in, 16.5 found: more than 5 % of 20 mL may be in the pocket."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6").go("drug", "pocket", which="same")
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="18", inside="16.5")
    assert "A part may be in the pocket" in wizard.page("dates")


def test_a_refill_stored_meanwhile_ends_the_draft(wizard: Wizard, implant: Implant) -> None:
    """Two at one bed: who comes second begins again."""
    Refill.objects.create(
        implant=implant,
        at=timezone.now(),
        by=implant.refills.all()[0].by,
        drugs={"morphine": "10 mg/mL"},
        filled_uL=18_000,
        due_on=timezone.localdate() + timedelta(days=70),
    )
    response = wizard.client.post(f"{wizard.at}expected/", {"read": "on"}, follow=True)
    assert "begin again" in response.content.decode()


@pytest.mark.parametrize(
    ("role", "look", "fill"), [("nurse", 200, 302), ("physician", 200, 302), ("pharmacist", 200, 403)]
)
def test_who_may_fill(implant: Implant, client_of: Callable[..., Client], role: str, look: int, fill: int) -> None:
    """Physicians and nurses; pharmacists look."""
    client, at = client_of(role), f"/patients/{implant.patient.pk}/refill/"
    response = client.get(at)
    assert response.status_code == look
    assert ("Begin a refill" in response.content.decode()) == (fill == 302)
    assert client.post(f"{at}begin/").status_code == fill


def test_the_file_of_these_tests_is_a_therapy(implant: Implant) -> None:
    """0.2 mL a day."""
    from pathlib import Path

    from intrathecal.therapy import parse_therapy

    assert parse_therapy(FILE, "test", Path()).primary.name == "morphine"


def test_review_speaks_before_anything_is_stored(wizard: Wizard, implant: Implant) -> None:
    """Hydromorphone with morphine's figures: a reason is needed."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6")
    wizard.go("drug", "bridge", which="new", drug_1="hydromorphone", strength_1="10 mg/mL")
    wizard.go("bridge", "pocket", choice="auto").go("pocket", "volume", needle="on", swelling="none")
    wizard.go("volume", "dates", filled="18")
    due = (timezone.localdate() + timedelta(days=20)).isoformat()
    wizard.go("dates", "review", due_on=due)
    assert "the two are not equally strong" in wizard.page("review")
    assert set(wizard.refused("review")) == {"reason", "right"}
    assert implant.refills.count() == 2


def test_what_review_refuses_is_not_stored(wizard: Wizard, implant: Implant) -> None:
    """Four times the concentration without a bridge: a quarter of the dose for days; no reason makes that right."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6")
    wizard.go("drug", "bridge", which="new", drug_1="morphine", strength_1="40 mg/mL")
    wizard.go("bridge", "pocket", choice="none", why_not="no time").go("pocket", "volume", needle="on", swelling="none")
    wizard.go("volume", "dates", filled="18")
    wizard.go("dates", "review", due_on=(timezone.localdate() + timedelta(days=20)).isoformat())
    review = wizard.client.get(f"{wizard.at}review/").context["draft"].review
    assert review.decision == "refuse", [(one.severity, one.message) for one in review.findings]
    assert "Review refuses this fill" in str(wizard.refused("review", right="on", reason="no time"))
    assert implant.refills.count() == 2


def test_a_small_change_without_a_bridge_needs_its_reasons(wizard: Wizard, implant: Implant) -> None:
    """10 to 15 mg/mL: two thirds of the dose for a while; why is kept."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6")
    wizard.go("drug", "bridge", which="new", drug_1="morphine", strength_1="15 mg/mL")
    wizard.go("bridge", "pocket", choice="none", why_not="on the ward").go(
        "pocket", "volume", needle="on", swelling="none"
    )
    wizard.go("volume", "dates", filled="18")
    wizard.go("dates", "review", due_on=(timezone.localdate() + timedelta(days=20)).isoformat())
    wizard.go("review", "", right="on", reason="watched for two days")
    assert implant.refills.all()[0].bridge == {"choice": "none", "why_not": "on the ward"}
    notes = " ".join(Note.objects.values_list("text", flat=True))
    assert "No bridge: on the ward" in notes
    assert "watched for two days" in notes


def test_the_first_fill_of_a_new_pump_expects_nothing(implant: Implant, client_of: Callable[..., Client]) -> None:
    """A pump without a fill in the record is asked about; its first fill has neither an expected nor a measured volume."""
    Refill.objects.all().delete()
    implant.patient.programs.all().delete()
    client, at = client_of("physician"), f"/patients/{implant.patient.pk}/refill/"
    wizard = Wizard(client, implant.patient)
    client.post(f"{at}begin/")
    now = f"{timezone.localtime():%Y-%m-%dT%H:%M}"
    assert "kind" in wizard.refused("who", **WHO, at=now)
    wizard.go("who", "drug", **WHO, at=now, kind="first")
    wizard.go(
        "drug",
        "pocket",
        which="new",
        drug_1="morphine",
        strength_1="10 mg/mL",
        drug_2="bupivacaine",
        strength_2="15 mg/mL",
    )
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="20")
    wizard.go("dates", "review", due_on=(timezone.localdate() + timedelta(days=60)).isoformat())
    wizard.go("review", "", right="on")
    first = implant.refills.get()
    assert (first.expected_uL, first.measured_uL, first.filled_uL) == (None, None, 20_000)
    assert first.drugs == {"morphine": "10 mg/mL", "bupivacaine": "15 mg/mL"}


def test_a_pump_whose_fills_are_not_in_the_record_is_measured(
    implant: Implant, client_of: Callable[..., Client]
) -> None:
    """What was filled in and what its programmer shows are asked for."""
    Refill.objects.all().delete()
    implant.patient.programs.update(text="")
    client, at = client_of("nurse"), f"/patients/{implant.patient.pk}/refill/"
    wizard = Wizard(client, implant.patient)
    client.post(f"{at}begin/")
    wizard.go("who", "expected", **WHO, at=f"{timezone.localtime():%Y-%m-%dT%H:%M}", kind="later")
    assert {"filled", "shown"} <= set(wizard.refused("expected", read="on"))
    wizard.go("expected", "measured", read="on", filled="20", shown="6.5").go("measured", "drug", measured="8.1")
