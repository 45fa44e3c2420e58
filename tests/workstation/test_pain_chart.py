"""Pain over the years as a picture: everything stands where it belongs, and the same stands in a table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from statistics import fmean

import pytest
from django.test import Client
from django.utils import timezone

from intrathecal.workstation.clinic import landmarks
from intrathecal.workstation.clinic.models import Implant, Patient, Program, Refill, Score
from intrathecal.workstation.clinic.plot import Mark, Said, plot, said

NOW = timezone.now().replace(minute=0, second=0, microsecond=0)


def scores(number: int, every: timedelta) -> list[Said]:
    """Made up, until now."""
    made = random.Random(7)  # noqa: S311
    return [Said(NOW - every * (number - 1 - one), made.randint(20, 80), "therapy") for one in range(number)]


@pytest.fixture
def implanted(patient: Patient, user_of: Callable[..., object]) -> Patient:
    """Somebody with a pump, two programs and a refill."""
    nurse = user_of("nurse")
    implant = Implant.objects.create(
        patient=patient, model="synchromed-ii-40", serial="NGV777H", implanted_on=date(2025, 3, 3)
    )
    for state, days in (("replaced", 300), ("in_force", 100), ("discarded", 50)):
        Program.objects.create(
            patient=patient,
            text="",
            summary=f"{days} mcg/day",
            state=state,
            written_by=nurse,
            begins_at=None if state == "discarded" else NOW - timedelta(days=days),
        )
    Refill.objects.create(
        implant=implant, at=NOW - timedelta(days=90), by=nurse, filled_uL=38_000, due_on=date(2027, 1, 20)
    )
    return patient


def test_few_scores_are_points_where_they_belong() -> None:
    """Evenly in time from left to right, from 0 at the floor to 10 at the top."""
    told = [Said(NOW - timedelta(days=10 - number), 10 * number, "trial") for number in range(11)]
    found = plot(told)
    assert found is not None
    assert not found.spread
    wide, high = (found.end - found.left) / 10, (found.floor - found.top) / 10
    for number, point in enumerate(found.points):
        assert point.x == pytest.approx(found.left + number * wide, abs=0.06)
        assert point.y == pytest.approx(found.floor - number * high, abs=0.06)
    assert plot(told[:1]) is None


def test_many_scores_are_their_mean_and_what_they_span() -> None:
    """The line stays inside of what is spanned; rows of the table hold every score once, and their mean is that of all."""
    told = scores(10_000, timedelta(hours=8))
    found = plot(told)
    assert found is not None
    assert not found.points
    ((_phase, line),) = found.lines
    drawn = [tuple(map(float, pair.split(","))) for pair in line.split()]
    assert len(drawn) == 170
    spans = {}
    for part in found.spread.split("M")[1:]:
        x, low_high = part.split()
        spans[float(x)] = tuple(map(float, low_high.split("V")))
    assert all(spans[x][1] <= y <= spans[x][0] for x, y in drawn if x in spans)
    assert sum(row.scores for row in found.rows) == len(told)
    whole = sum((row.mean or 0) * row.scores for row in found.rows) / len(told)
    assert whole == pytest.approx(fmean(one.tenths for one in told) / 10)


def test_what_was_done_stands_at_its_time(implanted: Patient) -> None:
    """Programs that ran, pump and refill, each at its share of the whole time, and in the row of its month."""
    found = plot(scores(1000, timedelta(days=1)), landmarks.of(implanted))
    assert found is not None
    begin, whole = NOW - timedelta(days=999), timedelta(days=999)
    at = {mark.title.split(": ", 1)[1]: mark.x for mark in found.marks}
    assert list(at) == ["implant", "program: 300 mcg/day", "program: 100 mcg/day", "refill with 38 mL"]
    for mark in landmarks.of(implanted):
        share = (mark.at - begin) / whole
        assert at[mark.text] == pytest.approx(found.left + share * (found.end - found.left), abs=0.06)
    month = f"{timezone.localtime(NOW - timedelta(days=90)):%b %Y}"
    assert any("refill with 38 mL" in said for row in found.rows if row.when == month for said in row.marks)
    assert [mark.text for mark in landmarks.felt(implanted)] == ["implant", "refill with 38 mL"]


def test_labels_do_not_lie_over_each_other_and_days_have_room() -> None:
    """Ten programs in ten days: those without room have a title alone; no more ticks than fit, whatever the time."""
    marks = [Mark(NOW - timedelta(days=10 - number), "program", f"program: {number}") for number in range(10)]
    found = plot(scores(400, timedelta(days=1)), marks)
    assert found is not None
    assert [mark.label for mark in found.marks].count("program") == 1
    assert len({mark.title for mark in found.marks}) == 10
    for days in (2, 9, 40, 90, 400, 4000, 20_000):
        drawn = plot(scores(50, timedelta(days=days) / 50))
        assert drawn is not None
        assert 1 <= len(drawn.ticks) <= 9, days


def test_ten_thousand_scores_are_drawn_quickly_and_not_all_listed(
    implanted: Patient, client_of: Callable[..., Client]
) -> None:
    """The page shows the picture, its sentence and its table; the list begins with the newest, and the rest is a link away."""
    Score.objects.bulk_create(
        Score(patient=implanted, at=one.at, tenths=one.tenths) for one in scores(10_000, timedelta(hours=8))
    )
    began = time.process_time()
    assert plot(said(implanted.scores.all()), landmarks.of(implanted)) is not None
    assert time.process_time() - began < 1.5
    nurse = client_of("nurse")
    page = nurse.get(f"/patients/{implanted.pk}/").content.decode()
    assert "10000 scores, from 2 to 8. A table follows." in page
    assert page.count('<li class="of-') == 300
    assert page.count('<path class="refill"') == 1
    whole = nurse.get(f"/patients/{implanted.pk}/", {"only": "refill", "all": "1"}).content.decode()
    assert whole.count('<li class="of-') == 1
    own = Client().get(f"/p/{implanted.link}/").content.decode()
    assert "10000 scores" in own
    assert "mcg/day" not in own, "a patient's page tells nothing of the record"
