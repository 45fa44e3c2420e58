"""A process in which several change and look at the same records at once; `test_trail_at_once` runs it.

``python -m tests.workstation.crossing ROUNDS`` says what failed, and how many seals of the trail are wrong.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date

from intrathecal.workstation.server import prepare

FACTS = {"family_name": "Moreno", "given_name": "Lucia", "height_cm": 170, "weight_g": 0, "indication": "cancer"}


def change(keys: Sequence[int], locking: bool) -> None:
    """Add a gram to each of the patients, in this order."""
    from django.db import transaction

    from intrathecal.workstation.clinic import trail
    from intrathecal.workstation.clinic.models import Patient

    with transaction.atomic():
        for key in keys:
            patient = (trail.locked(Patient) if locking else Patient.objects).get(pk=key)
            patient.weight_g += 1
            patient.save(update_fields=["weight_g"])


def look(links: Sequence[str]) -> None:
    """Look at the patients' own pages, which write down that they were looked at, and at one that there is not."""
    from django.test import Client

    for link in links:
        answer = Client().get(f"/p/{link}/")
        assert answer.status_code == 200, answer.status_code
    assert Client().get("/p/nobody/").status_code in (404, 429)


def main(rounds: int) -> None:
    """Two threads change two patients crosswise, without and with a lock of their own; two look at them."""
    prepare()
    from django.db import connection

    from intrathecal.workstation.clinic import trail
    from intrathecal.workstation.clinic.models import Patient

    day = date(1961, 3, 4)
    made = [Patient.objects.create(number=str(number), born=day, since=day, **FACTS) for number in (1, 2)]
    one, two = (patient.pk for patient in made)
    links = [patient.link for patient in made]
    deeds: list[Callable[[], None]] = [
        lambda: change((one, two), locking=True),
        lambda: change((two, one), locking=True),
        lambda: look(links),
        lambda: look(links[::-1]),
    ]
    together, failed = threading.Barrier(len(deeds)), list[str]()

    def work(deed: Callable[[], None]) -> None:
        for _ in range(rounds):
            together.wait()
            try:
                deed()
            except Exception as problem:
                failed.append(repr(problem))
        connection.close()

    threads = [threading.Thread(target=work, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    grams = [Patient.objects.get(pk=key).weight_g for key in (one, two)]
    print(f"failed {len(failed)} {failed[:1]}; grams {grams}; wrong {list(trail.verify())}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
