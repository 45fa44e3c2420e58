"""What the board remembers: what a person likes to see there, and what the refills of a pump say together."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptFilter(models.Model):
    """A filter of the board that somebody keeps: the ``query`` of its address."""

    user = models.ForeignKey("clinic.User", on_delete=models.CASCADE, related_name="kept_filters")
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="one_kept_filter_of_a_name"),)

    def __str__(self) -> str:
        return str(self.name)


class ResidualTrend(models.Model):
    """What all refills of a pump point at, in words; reckoned anew whenever one of them is written."""

    implant = models.OneToOneField("clinic.Implant", on_delete=models.CASCADE, related_name="residual_trend")
    reasons = models.JSONField(_("what the refills say together"), default=list)

    def __str__(self) -> str:
        return "; ".join(self.reasons)
