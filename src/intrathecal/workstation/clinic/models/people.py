"""Who works with the records."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody is to the clinic."""

    PHYSICIAN = "physician", _("Physician")
    NURSE = "nurse", _("Nurse")
    PHARMACIST = "pharmacist", _("Pharmacist")
    ADMINISTRATOR = "administrator", _("Administrator")
    PATIENT = "patient", _("Patient")


class User(AbstractUser):
    """Somebody with a login. One who is a patient has the ``patient`` whose record is theirs, and sees no other."""

    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    patient = models.OneToOneField(
        "clinic.Patient",
        verbose_name=_("patient"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="login",
    )

    must_change_password = models.BooleanField(_("has to choose a new password"), default=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(role="patient", patient__isnull=False)
                | (~models.Q(role="patient") & models.Q(patient__isnull=True)),
                name="only_patients_have_a_patient",
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name() or self.username
