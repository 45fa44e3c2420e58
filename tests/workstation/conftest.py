"""A clinic of its own for every test, and a workstation as a process of its own for those that need one."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.chromium import lacking
from tests.workstation.postgres import MISSING, Cluster, binaries
from tests.workstation.served import Served, serving

#: With the value postgresql, all these tests run on a PostgreSQL of their own instead of SQLite.
ON_POSTGRES = os.environ.get("INTRATHECAL_TEST_DATABASE") == "postgresql"
if ON_POSTGRES and binaries():
    _cluster = Cluster()
    atexit.register(_cluster.remove)
    os.environ["DATABASE_URL"] = _cluster.url()
os.environ.setdefault("INTRATHECAL_SECOND_FACTOR", "optional")
os.environ.setdefault("INTRATHECAL_HOME", tempfile.mkdtemp(prefix="clinic-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intrathecal.workstation.settings")

import django  # noqa: E402

django.setup()

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from tests.workstation.pumped import pump  # noqa: E402

from intrathecal.workstation.clinic.models import Implant, Patient, User  # noqa: E402

if not ON_POSTGRES:
    # In a file every thread of a live server has a connection of its own, as in a clinic; in memory all would share one, and a
    # request would end the transaction of another.
    connection.settings_dict["TEST"]["NAME"] = f"{tempfile.mkdtemp(prefix='tests-')}/clinic.sqlite3"
# What makes guessing slow makes every test slow that has a password.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 256
PASSWORD = "a long enough password"  # noqa: S105
HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _database_is_there() -> None:
    if ON_POSTGRES and binaries() is None:
        lacking(MISSING)


@pytest.fixture(autouse=True)
def _nobody_tried_before() -> None:
    """How often somebody tried to log in is remembered in the cache."""
    cache.clear()


@pytest.fixture(autouse=True)
def _whoever_writes_waits_for_a_turn() -> Iterator[None]:
    """On SQLite a transaction that only reads cannot begin to write beside another that does: no page may try.

    Which pages write when somebody looks is in their rule (`Rule.notes`).
    """

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        reading = getattr(connection, "transaction_mode", "") == "DEFERRED"
        assert not (reading and sql.startswith(("INSERT", "UPDATE", "DELETE"))), f"a page that only reads writes: {sql}"
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of the tests' own."""
    if binaries() is None:
        lacking(MISSING)
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workstation with the demonstration, for all tests that do not mind what others did there."""
    with serving(tmp_path_factory.mktemp("clinic")) as found:
        yield found


@pytest.fixture
def patient(db: None) -> Patient:
    """Somebody on a trial."""
    from datetime import date

    return Patient.objects.create(
        number="1001",
        family_name="Moreno",
        given_name="Lucia",
        born=date(1961, 3, 4),
        height_cm=170,
        weight_g=70_500,
        phase="trial",
        indication="failed-back",
        since=date(2026, 11, 20),
    )


@pytest.fixture
def implant(patient: Patient) -> Implant:
    """A pump of 20 mL with morphine 10 mg/mL: 18 mL went in 60 days ago, 0.2 mL a day goes out, 6 mL are left."""
    return pump(patient)


@pytest.fixture
def user_of(db: None) -> Callable[..., User]:
    """Somebody of a role; one who is a patient needs the record that is theirs."""

    def make(role: str, patient: Patient | None = None) -> User:
        return User.objects.create_user(f"{role}-{User.objects.count()}", password=PASSWORD, role=role, patient=patient)

    return make


@pytest.fixture
def client_of(user_of: Callable[..., User]) -> Callable[..., Client]:
    """A browser in which somebody of a role is logged in."""

    def log_in(role: str = "physician", patient: Patient | None = None) -> Client:
        client = Client()
        client.force_login(user_of(role, patient), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in
