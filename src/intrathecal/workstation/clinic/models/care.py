"""What is told, answered and noted about a patient."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Function(models.TextChoices):
    """What somebody could do, beside the days before the trial; the words of `care.cells.CHANGES`."""

    BETTER = "better", _("More than before")
    SAME = "same", _("The same as before")
    WORSE = "worse", _("Less than before")


class Score(models.Model):
    """A pain score of a diary; ``tenths`` of a point from 0 to 100."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="scores")
    at = models.DateTimeField(_("at"))
    phase = models.CharField(_("phase"), max_length=10, default="therapy")
    tenths = models.PositiveSmallIntegerField(_("pain, tenths of a point"), validators=[MaxValueValidator(100)])
    rescue_mme = models.PositiveSmallIntegerField(_("rescue, mg of oral morphine"), null=True, blank=True)
    function = models.CharField(_("what could be done"), max_length=6, choices=Function.choices, blank=True)
    side_effect = models.CharField(_("side effect"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=400, blank=True)
    by_patient = models.BooleanField(_("told by the patient"), default=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.tenths / 10:g}"

    @property
    def nrs(self) -> float:
        """From 0 to 10."""
        return int(self.tenths) / 10


class Note(models.Model):
    """Something that happened or was decided: a visit, a trial's decision, a revision, an MRI."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey("clinic.User", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=30)
    text = models.TextField(_("text"))

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:60]}"


class Answer(models.Model):
    """One line of a checklist: candidacy, before a refill, after the MRI ``scan``. The last answer to a check counts."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="answers")
    checklist = models.CharField(_("checklist"), max_length=30)
    check_name = models.CharField(_("check"), max_length=60)
    state = models.CharField(_("state"), max_length=20)
    note = models.CharField(_("note"), max_length=400, blank=True)
    on = models.DateField(_("on"))
    by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    scan = models.ForeignKey(
        "clinic.Scan", null=True, blank=True, on_delete=models.PROTECT, related_name="answers", db_index=False
    )

    class Meta:
        ordering = ("checklist", "check_name", "-on", "-pk")
        indexes = (
            models.Index(
                fields=("scan", "check_name"), condition=models.Q(scan__isnull=False), name="answers_after_a_scan"
            ),
            models.Index(
                fields=("scan",),
                condition=models.Q(scan__isnull=False) & ~models.Q(state="clear"),
                name="open_points_after_a_scan",
            ),
        )

    def __str__(self) -> str:
        return f"{self.check_name}: {self.state}"
