"""What is implanted, and what it told."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Implant(models.Model):
    """A pump in a patient. ``model`` is the catalogue's name; ``address`` and ``key_file`` lead to one that answers."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="implants")
    model = models.CharField(_("pump"), max_length=60)
    serial = models.CharField(_("serial number"), max_length=40)
    udi = models.CharField(_("UDI as scanned"), max_length=200, blank=True)
    pocket = models.CharField(_("pocket"), max_length=60, blank=True)
    implanted_on = models.DateField(_("implanted on"))
    service_ends_on = models.DateField(_("service ends on"), null=True, blank=True)
    purge_uL = models.PositiveIntegerField(_("purge volume, uL"), null=True, blank=True)
    explanted_on = models.DateField(_("explanted on"), null=True, blank=True)
    why_explanted = models.CharField(_("why explanted"), max_length=200, blank=True)
    address = models.CharField(_("address of a live pump"), max_length=80, blank=True)
    key_file = models.CharField(_("key of a live pump"), max_length=200, blank=True)

    class Meta:
        ordering = ("-implanted_on", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("patient",), condition=models.Q(explanted_on__isnull=True), name="one_pump_at_a_time"
            ),
            models.UniqueConstraint("model", Lower("serial"), name="one_record_of_a_pump"),
        )
        indexes = (
            models.Index(
                fields=("service_ends_on",),
                condition=models.Q(explanted_on__isnull=True),
                name="pumps_near_their_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.model} {self.serial}"


class Catheter(models.Model):
    """A catheter as it was left: ``segments`` are [{model, length_mm, trimmed_mm, dead_nL}], from the pump to the tip.

    ``tip_level`` is empty where nobody knows it. ``purge_uL`` was drawn off or pushed through at a revision, before the catheter
    was connected.
    """

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="catheters")
    placed_on = models.DateField(_("placed on"))
    tip_level = models.CharField(_("level of the tip"), max_length=4, blank=True)
    space = models.CharField(_("space"), max_length=12, default="intrathecal")
    segments = models.JSONField(_("segments"), default=list)
    dead_nL = models.PositiveIntegerField(_("dead volume, nL"))
    purge_uL = models.PositiveIntegerField(_("purge volume, uL"), null=True, blank=True)
    why = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering = ("-placed_on", "-pk")

    def __str__(self) -> str:
        return f"{self.space} {self.tip_level or _('tip not known')}"


class Scan(models.Model):
    """An MRI scan of somebody with a pump, who was in the field from ``began_at`` to ``ended_at``.

    ``resumed_at`` is when the pump gave again, as its log or a reading says; None where that is not known. ``began_at`` is None
    in records that did not ask for it.
    """

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="scans")
    what = models.CharField(_("field strength, and what was scanned"), max_length=120)
    began_at = models.DateTimeField(_("in the field from"), null=True, blank=True)
    ended_at = models.DateTimeField(_("in the field until"))
    resumed_at = models.DateTimeField(_("the pump gave again"), null=True, blank=True)
    by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-ended_at", "-pk")

    def __str__(self) -> str:
        return f"MRI {self.what}"


class Reading(models.Model):
    """What a pump told when it was asked: the whole of it as ``told``."""

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="readings")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey("clinic.User", null=True, on_delete=models.PROTECT, related_name="+")
    told = models.JSONField(_("what it told"))

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.implant} {self.at:%Y-%m-%d %H:%M}"


class Alarm(models.Model):
    """An alarm of a pump, since it was sounded."""

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="alarms")
    name = models.CharField(_("alarm"), max_length=60)
    critical = models.BooleanField(_("critical"), default=False)
    began_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    seen_by = models.ForeignKey("clinic.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-began_at", "-pk")
        indexes = (
            models.Index(fields=("began_at",), condition=models.Q(ended_at__isnull=True), name="alarms_that_go_on"),
        )

    def __str__(self) -> str:
        return str(self.name)
