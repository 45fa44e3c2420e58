"""A clinic of its own for every test, and a workstation as a process of its own for those that need one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("INTRATHECAL_HOME", tempfile.mkdtemp(prefix="clinic-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "intrathecal.workstation.settings")

import django

django.setup()

from django.test import Client  # noqa: E402

from intrathecal.workstation.clinic.models import Patient, User  # noqa: E402

PASSWORD = "a long enough password"  # noqa: S105
HERE = Path(__file__).parent


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
