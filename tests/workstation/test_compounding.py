"""How the next fill is made, ahead of the refill and at it: from vials, for a label and a volume."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.workstation.refilling import Wizard, to_review

from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic.models import Implant


def numbers(text: str) -> float:
    """The number of an amount such as 12.4 mL."""
    return float(text.partition(" ")[0])


def test_a_pharmacist_makes_the_next_fill_ahead(implant: Implant, client_of: Callable[..., Client]) -> None:
    """What is in the pump now, as much as it holds: mass = concentration * volume, stock = mass / its strength."""
    client, at = client_of("pharmacist"), f"/patients/{implant.patient_id}/refill/compounding/"
    assert at in client.get(f"/patients/{implant.patient_id}/refill/").content.decode()
    begun = client.get(at).context["recipe"]
    assert (begun["volume"], begun["drugs"][0]["label"]) == ("20 mL", "10 mg/mL")
    asked = {"volume": "18", "drug_1": "morphine", "strength_1": "10 mg/mL", "stock_1": "25 mg/mL"}
    asked |= {"drug_2": "bupivacaine", "strength_2": "4 mg/mL", "stock_2": "40 mg/mL"}
    answer = client.get(at, asked)
    made, (morphine, bupivacaine) = answer.context["recipe"], answer.context["recipe"]["drugs"]
    extra = float(load_catalogue().refill.refill_set.canonical)
    assert numbers(made["make"]) == pytest.approx(18 + extra, rel=1e-3)
    assert numbers(morphine["mass"]) == pytest.approx(10 * (18 + extra), rel=1e-3)
    assert numbers(morphine["drawn"]) == pytest.approx(10 * (18 + extra) / 25, rel=1e-3)
    assert numbers(bupivacaine["drawn"]) == pytest.approx(4 * (18 + extra) / 40, rel=1e-3)
    assert numbers(made["diluent"]) == pytest.approx((18 + extra) * (1 - 10 / 25 - 4 / 40), rel=1e-3)
    assert answer.context["days"] == pytest.approx(18 / 0.2, rel=1e-6)
    assert "second person" in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"strength_1": "180 mg"}, "strength_1", "10 mg/mL"),
        ({"strength_1": "0 mg/mL"}, "strength_1", "above zero"),
        ({"strength_1": "-10 mg/mL"}, "strength_1", "above zero"),
        ({"strength_1": "1e9 mg/mL"}, "strength_1", "exponent"),
        ({"strength_1": "10,000 mg/mL"}, "strength_1", "separates thousands"),
        ({"strength_1": "180 mg/mL"}, "strength_1", "cannot be made"),
        ({"drug_1": "morfine"}, "drug_1", "the catalogue has no drug morfine"),
        ({"stock_1": "5 mg/mL"}, "__all__", "too weak"),
        ({"volume": "18000"}, "volume", "18 if microlitres were meant"),
        ({"volume": "0"}, "volume", "0 mL is no fill"),
    ],
)
def test_what_cannot_be_made_is_said(
    asked: dict[str, str], field: str, said: str, implant: Implant, client_of: Callable[..., Client]
) -> None:
    """Beside the field, or over all where it is about the whole."""
    right = {"volume": "18", "drug_1": "morphine", "strength_1": "10 mg/mL"}
    answer = client_of("nurse").get(f"/patients/{implant.patient_id}/refill/compounding/", right | asked)
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])


def test_it_is_printed_with_the_refill(implant: Implant, client_of: Callable[..., Client]) -> None:
    """The volume that was filled; and what was found and decided."""
    wizard = Wizard(client_of("nurse"), implant.patient).begin()
    to_review(wizard, strength="15 mg/mL")
    assert "How this fill is made" in wizard.page("volume")
    wizard.go("review", "", right="on", reason="agreed")
    last = implant.refills.all()[0]
    assert last.recipe["drugs"][0]["label"] == "15 mg/mL"
    assert last.recipe["volume"] == "18 mL"
    page = wizard.client.get(f"{wizard.at}sheets/{last.pk}/").content.decode()
    for text in ("How the fill is made", "Fill up with preservative-free saline", "Reservoir changed from", "6 mL"):
        assert text in page
    assert wizard.client.get(f"/patients/{implant.patient_id}/refill/sheets/{last.pk + 9}/").status_code == 404
