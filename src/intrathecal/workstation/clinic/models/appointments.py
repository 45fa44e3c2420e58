"""When patients come."""

from __future__ import annotations

import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _

from intrathecal.workstation.clinic.models.patients import personal_link

#: Letters of the name of whoever asks, and of how the clinic reaches them.
LONGEST_CONTACT = 120


class Appointment(models.Model):
    """A confirmed appointment. ``uid`` is that of its calendar file, ``sequence`` how often that has changed."""

    patient = models.ForeignKey(
        "clinic.Patient", null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    begins_at = models.DateTimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=30)
    kind = models.CharField(_("what for"), max_length=40)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    uid = models.CharField(max_length=60, unique=True, default=personal_link)
    sequence = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("begins_at", "pk")

    def __str__(self) -> str:
        return f"{self.kind} {self.begins_at:%Y-%m-%d %H:%M}"


class Request(models.Model):
    """An appointment that somebody asked for. ``token`` shows the asker, and nobody else, what became of it."""

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("Open")
        CONFIRMED = "confirmed", _("Confirmed")
        DECLINED = "declined", _("Declined")

    class Mail(models.TextChoices):
        """Whether the answer was sent to the address that was given; empty: there was nothing to send, or no way."""

        NONE = "", _("not sent")
        WAITING = "waiting", _("to be sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")

    patient = models.ForeignKey(
        "clinic.Patient", null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    name = models.CharField(_("name"), max_length=LONGEST_CONTACT)
    contact = models.CharField(_("telephone or e-mail"), max_length=LONGEST_CONTACT)
    reason = models.CharField(_("what for"), max_length=40)
    wanted_at = models.DateTimeField(_("wanted"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=30)
    made_at = models.DateTimeField(_("asked"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    mail = models.CharField(_("e-mail"), max_length=10, choices=Mail.choices, default=Mail.NONE, blank=True)
    mailed_at = models.DateTimeField(_("e-mail tried"), null=True, blank=True)
    mail_problem = models.CharField(_("why the e-mail was not sent"), max_length=200, blank=True)
    appointment = models.OneToOneField(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="request"
    )
    token = models.CharField(max_length=40, unique=True, default=personal_link)

    class Meta:
        ordering = ("made_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("wanted_at",), condition=models.Q(state="open"), name="one_open_request_a_slot"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"

    @property
    def uid(self) -> str:
        """The calendar file's, the same before and after the clinic has answered; the token cannot be got from it."""
        return hashlib.sha256(f"calendar {self.token}".encode()).hexdigest()[:40]


class Attempt(models.Model):
    """Something that strangers may do so often and no more: ``kind``, and ``whence`` as a digest of the address."""

    kind = models.CharField(max_length=20)
    whence = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("kind", "at"), name="attempts_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
