"""Many people ask for the same slot at the same instant: one gets it, all others are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.workstation.served import Served, postgres, serving

ASKING = 12


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workstation on each of the two databases."""
    folder = tmp_path_factory.mktemp("clinic")
    if request.param == "sqlite":
        with serving(folder) as found:
            yield found
    else:
        with postgres() as database, serving(folder, database) as found:
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
