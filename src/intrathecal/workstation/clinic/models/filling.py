"""A refill that is being done, and has not become a record yet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """How far a refill has come."""

    OPEN = "open", _("Being done")
    WAITING = "waiting", _("Waiting for a second person")
    STORED = "stored", _("Stored")
    DROPPED = "dropped", _("Left")


#: Of these a pump has one at most.
STANDING = (Stage.OPEN, Stage.WAITING)


class Filling(models.Model):
    """What was entered so far of a refill of ``implant``; ``after`` is the refill before it.

    ``steps`` are {step: {typed, by, number}}, ``number`` counting the answers up to that one. ``basis`` is what the first person
    saw when it was confirmed with ``said``, ``reading`` what a live pump told meanwhile, and ``silence`` why it did not.
    """

    implant = models.ForeignKey("clinic.Implant", on_delete=models.PROTECT, related_name="fillings")
    stage = models.CharField(_("stage"), max_length=8, choices=Stage.choices, default=Stage.OPEN)
    after = models.ForeignKey("clinic.Refill", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    begun_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(_("begun"), auto_now_add=True)
    steps = models.JSONField(_("what was entered"), default=dict)
    answers = models.PositiveIntegerField(_("answers"), default=0)
    reading = models.ForeignKey("clinic.Reading", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    silence = models.CharField(_("why the pump was not read"), max_length=300, blank=True)
    confirmed_by = models.ForeignKey("clinic.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    said = models.JSONField(_("what was said to the review"), default=dict)
    basis = models.JSONField(_("what was seen when it was confirmed"), default=dict)
    refill = models.OneToOneField(
        "clinic.Refill", null=True, blank=True, on_delete=models.PROTECT, related_name="filling"
    )

    class Meta:
        ordering = ("-begun_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("implant",), condition=models.Q(stage__in=("open", "waiting")), name="one_refill_being_done"
            ),
        )
        indexes = (
            models.Index(fields=("confirmed_at",), condition=models.Q(stage="waiting"), name="refills_that_wait"),
        )

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.begun_at:%Y-%m-%d %H:%M}"
