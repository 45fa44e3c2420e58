"""Many people want the same at the same instant, a slot or to answer a request: one gets it, all others are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

import pytest
from tests.workstation.postgres import Cluster
from tests.workstation.served import Served, serving

from intrathecal.workstation.clinic.limits import REQUESTS

ASKING = 12


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workstation on each of the two databases; of its own, since it is asked until an address has to wait."""
    database = ""
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        database = cluster.create("last_slot")
    with serving(tmp_path_factory.mktemp("clinic"), database) as found:
        yield found


def test_of_many_who_ask_at_once_one_gets_the_slot(served: Served) -> None:
    """Real requests to a real process, let go together."""
    with urlopen(f"{served.address}/api/public/slots", timeout=30) as answer:  # noqa: S310
        at = json.load(answer)["free"][7]
    together, got = threading.Barrier(ASKING), []

    def ask(number: int) -> None:
        sent = {"name": f"Asker {number}", "contact": "+1 555 0191", "reason": "first", "at": at}
        request = Request(  # noqa: S310
            f"{served.address}/api/public/requests",
            json.dumps(sent).encode(),
            {"Content-Type": "application/json"},
        )
        together.wait()
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                got.append((answer.status, json.load(answer)))
        except HTTPError as refused:
            got.append((refused.code, json.load(refused)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(ASKING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _told in got) == [201] + [409] * (ASKING - 1)
    assert all("not free any more" in told["fields"]["at"] for status, told in got if status == 409)
    with urlopen(f"{served.address}/api/public/slots", timeout=30) as answer:  # noqa: S310
        assert at not in json.load(answer)["free"]


def log_in(address: str, name: str) -> tuple[OpenerDirector, CookieJar]:
    """A browser of somebody of the demonstration."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    browser.open(f"{address}/login/login/", timeout=30).close()
    sent = {"login": name, "password": "reservoir and catheter", "csrfmiddlewaretoken": token(jar)}
    browser.open(f"{address}/login/login/", urlencode(sent).encode(), timeout=60).close()
    return browser, jar


def token(jar: CookieJar) -> str:
    """What has to be sent with every change."""
    return next(cookie.value or "" for cookie in jar if cookie.name == "csrftoken")


def test_of_two_who_answer_a_request_at_once_one_does(served: Served) -> None:
    """One confirms or moves it, the other is told; there is one appointment, and the slot of the other answer is free."""
    people = [log_in(served.address, name) for name in ("nurse", "physician")]

    def call(number: int, path: str, told: dict[str, str] | None = None) -> tuple[int, Any]:
        browser, jar = people[number]
        headers = {"Content-Type": "application/json", "X-CSRFToken": token(jar)}
        body = None if told is None else json.dumps(told).encode()
        try:
            with browser.open(Request(f"{served.address}{path}", body, headers), timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except HTTPError as refused:
            return refused.code, json.load(refused)

    before = call(0, "/api/appointments")[1]["count"]
    free = call(0, "/api/appointments/free")[1]["free"]
    open_ones = call(0, "/api/requests?state=open")[1]["items"]
    together, got = threading.Barrier(2), []

    def answer(number: int, told: dict[str, str]) -> None:
        together.wait()
        got.append(call(number, f"/api/requests/{open_ones[0]['id']}/answer", told))

    answers: tuple[dict[str, str], ...] = ({"what": "confirm"}, {"what": "move", "at": free[11]})
    threads = [threading.Thread(target=answer, args=(number, told)) for number, told in enumerate(answers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _told in got) == [200, 409]
    (done,) = (told for status, told in got if status == 200)
    (late,) = (told for status, told in got if status == 409)
    assert "somebody has answered this request already" in late["detail"]
    assert call(0, "/api/appointments")[1]["count"] == before + 1
    made = call(0, f"/api/appointments/{done['appointment']}")[1]
    assert (free[11] in call(0, "/api/appointments/free")[1]["free"]) == (made["begins_at"] != free[11])


def test_a_score_that_is_sent_many_times_at_once_stands_at_a_time_of_its_own_each(served: Served) -> None:
    """A diary has one entry at a time; with two at the same it could not be read."""
    browser, jar = log_in(served.address, "patient")
    together = threading.Barrier(ASKING)

    def tell(number: int) -> None:
        headers = {"Content-Type": "application/json", "X-CSRFToken": token(jar)}
        sent = json.dumps({"nrs": str(number % 10)}).encode()
        together.wait()
        browser.open(Request(f"{served.address}/api/my/scores", sent, headers), timeout=60).close()  # noqa: S310

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(ASKING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with browser.open(f"{served.address}/api/my/scores", timeout=60) as answer:
        times = [one["at"] for one in json.load(answer)["items"][:ASKING]]
    assert len(set(times)) == ASKING


def test_no_more_requests_are_taken_at_once_than_one_after_the_other(served: Served) -> None:
    """Whoever sends them all together counts as often as whoever waits in between."""
    with urlopen(f"{served.address}/api/public/slots", timeout=30) as answer:  # noqa: S310
        free = json.load(answer)["free"]
    together, got = threading.Barrier(ASKING), []

    def ask(at: str) -> None:
        sent = {"name": "Asker", "contact": "+1 555 0191", "reason": "first", "at": at}
        request = Request(  # noqa: S310
            f"{served.address}/api/public/requests", json.dumps(sent).encode(), {"Content-Type": "application/json"}
        )
        together.wait()
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                got.append(answer.status)
        except HTTPError as refused:
            got.append(refused.code)

    threads = [threading.Thread(target=ask, args=(at,)) for at in free[-ASKING:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) <= {201, 429}
    assert got.count(201) <= REQUESTS.each
