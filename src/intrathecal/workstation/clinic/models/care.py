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
    """A line of a diary: pain, what was taken and what ran in the catheter, as `care.diary` reads it.

    ``tenths`` of a point from 0 to 100, None where a line has no score. ``function`` is a word of `Function` or a number of
    which more is better; ``dose`` a mass (a needle dose) or a mass rate (the infusion), with its unit.
    """

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="scores")
    at = models.DateTimeField(_("at"))
    phase = models.CharField(_("phase"), max_length=10, default="therapy")
    tenths = models.PositiveSmallIntegerField(
        _("pain, tenths of a point"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    rescue_mme = models.DecimalField(
        _("rescue, mg of oral morphine"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    function = models.CharField(_("what could be done"), max_length=10, blank=True)
    side_effect = models.CharField(_("side effect"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=400, blank=True)
    dose = models.CharField(_("dose"), max_length=40, blank=True)
    drug = models.CharField(_("drug"), max_length=40, blank=True)
    route = models.CharField(_("route"), max_length=12, blank=True)
    sleep = models.CharField(_("sleep"), max_length=120, blank=True)
    by_patient = models.BooleanField(_("told by the patient"), default=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return "–" if self.tenths is None else f"{self.tenths / 10:g}"

    @property
    def nrs(self) -> float | None:
        """From 0 to 10."""
        return None if self.tenths is None else int(self.tenths) / 10

    @property
    def rescue(self) -> str:
        """Rescue in mg, without zeros at the end."""
        return "" if self.rescue_mme is None else f"{float(self.rescue_mme):g}"

    @property
    def able(self) -> str:
        """What could be done, in words, or the number."""
        words = {str(value): str(label) for value, label in Function.choices}
        return words.get(self.function, self.function)

    @property
    def given(self) -> str:
        """What ran or was given, in one line."""
        return " ".join(filter(None, (self.drug, self.dose, self.route)))


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
