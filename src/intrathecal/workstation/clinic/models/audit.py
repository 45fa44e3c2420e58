"""The chain that makes a changed or missing line of the audit trail show."""

from __future__ import annotations

from django.db import models


class Link(models.Model):
    """What seals one line of the trail: its ``digest`` over the line and the digest before it."""

    number = models.PositiveBigIntegerField(primary_key=True)
    entry = models.OneToOneField("auditlog.LogEntry", on_delete=models.PROTECT, related_name="link")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class Head(models.Model):
    """The end of the chain; whoever adds a link holds this row."""

    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.number}"
