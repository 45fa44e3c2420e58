"""Whom the records are about."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from intrathecal.workstation.clinic.units import G_PER_KG

if TYPE_CHECKING:
    from intrathecal.workstation.clinic.models.devices import Implant


class Phase(models.TextChoices):
    """How far a therapy has come."""

    CANDIDATE = "candidate", _("Candidate")
    TRIAL = "trial", _("Trial")
    PLANNED = "planned", _("Implant planned")
    IMPLANTED = "implanted", _("Pump implanted")
    ENDED = "ended", _("Ended")


def personal_link() -> str:
    """What nobody guesses: the end of a link that is a patient's own."""
    return secrets.token_urlsafe(24)


class Patient(models.Model):
    """One patient. ``number`` is the clinic's; ``link`` opens the patient's own page without a password."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    family_name = models.CharField(_("family name"), max_length=80)
    given_name = models.CharField(_("given name"), max_length=80)
    born = models.DateField(_("born"))
    height_cm = models.PositiveSmallIntegerField(_("height, cm"))
    weight_g = models.PositiveIntegerField(_("weight, g"))
    phase = models.CharField(_("phase"), max_length=12, choices=Phase.choices, default=Phase.CANDIDATE)
    indication = models.CharField(_("indication"), max_length=60)
    allergies = models.CharField(_("allergies"), max_length=200, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    physician = models.ForeignKey(
        "clinic.User",
        verbose_name=_("physician"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="patients",
    )
    link = models.CharField(_("personal link"), max_length=40, unique=True, default=personal_link)
    since = models.DateField(_("first seen"))

    class Meta:
        ordering = ("family_name", "given_name", "number")
        indexes = (
            models.Index(fields=("family_name", "given_name", "number"), name="patients_by_name"),
            models.Index(fields=("phase",), name="patients_by_phase"),
        )

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name} ({self.number})"

    @property
    def weight_kg(self) -> float:
        """The weight in kg."""
        return int(self.weight_g) / G_PER_KG

    @property
    def standing(self) -> Implant | None:
        """The pump that is in; None where none is."""
        found: Implant | None = self.implants.filter(explanted_on=None).first()
        return found
