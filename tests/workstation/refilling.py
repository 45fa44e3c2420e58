"""Somebody at a refill, step by step, for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from intrathecal.workstation.clinic.models import Patient

WHO = {name: "on" for name in ("patient", "pump", "syringe", "allergies")}


class Wizard:
    """Somebody at a refill."""

    def __init__(self, client: Client, patient: Patient) -> None:
        self.client, self.patient, self.at = client, patient, f"/patients/{patient.pk}/refill/"

    def begin(self) -> Wizard:
        """Begin, and say who it is."""
        assert self.client.post(f"{self.at}begin/")["Location"] == f"{self.at}who/"
        self.go("who", "expected", **WHO, at=f"{timezone.localtime():%Y-%m-%dT%H:%M}")
        return self

    def go(self, step: str, then: str, **typed: str) -> Wizard:
        """Answer a step, and be led to the next."""
        response = self.client.post(f"{self.at}{step}/", typed)
        assert response.status_code == 302, errors(response)
        assert response["Location"] == (f"{self.at}{then}/" if then else self.at)
        return self

    def refused(self, step: str, **typed: str) -> dict[str, list[str]]:
        """Answer a step wrongly: what is said beside the fields."""
        response = self.client.post(f"{self.at}{step}/", typed)
        assert response.status_code == 422
        return errors(response)

    def page(self, step: str) -> str:
        """What a step shows."""
        response = self.client.get(f"{self.at}{step}/")
        assert response.status_code == 200, response["Location"]
        return response.content.decode()


def to_review(wizard: Wizard, drug: str = "morphine", strength: str = "10 mg/mL", visit: str = "") -> Wizard:
    """Fill 18 mL of another drug or strength; everything but the last word."""
    wizard.go("expected", "measured", read="on").go("measured", "drug", measured="6")
    if (drug, strength) == ("morphine", "10 mg/mL"):
        wizard.go("drug", "pocket", which="same")
    else:
        wizard.go("drug", "bridge", which="new", drug_1=drug, strength_1=strength).go("bridge", "pocket", choice="auto")
    wizard.go("pocket", "volume", needle="on", swelling="none").go("volume", "dates", filled="18")
    due = timezone.localdate() + timedelta(days=20)
    return wizard.go("dates", "review", due_on=due.isoformat(), **({"visit": visit} if visit else {}))


def errors(response: Any) -> dict[str, list[str]]:
    """What is said beside the fields of a page."""
    return {name: list(said) for name, said in response.context["form"].errors.items()}
