"""What a pump was told to give, and what was put into it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from intrathecal.workstation.clinic.units import UL_PER_ML

#: Letters of what is uncertain about a program or a refill.
LONGEST_DOUBT = 400


class State(models.TextChoices):
    """Where a program is between being written and being replaced."""

    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waiting for a second person")
    CONFIRMED = "confirmed", _("Confirmed, not sent")
    UNCERTAIN = "uncertain", _("Sent, delivery uncertain")
    IN_FORCE = "in_force", _("In force")
    REPLACED = "replaced", _("Replaced")
    DISCARDED = "discarded", _("Discarded")


class Program(models.Model):
    """A program of a patient's pump. ``text`` is a whole therapy file; ``findings`` are those of its review, as JSON.

    ``basis`` is the pump's mark of what it ran when people confirmed; ``record`` the page that says what was sent, as HTML.
    """

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="programs")
    text = models.TextField(_("therapy file"))
    summary = models.CharField(_("in one line"), max_length=300)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    written_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("written"), auto_now_add=True)
    findings = models.JSONField(_("findings of the review"), default=list)
    reasons = models.JSONField(_("why findings were passed over"), default=dict)
    confirmed_by = models.ForeignKey("clinic.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    second_by = models.ForeignKey("clinic.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    second_at = models.DateTimeField(_("confirmed by a second person"), null=True, blank=True)
    begins_at = models.DateTimeField(_("in force from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("in force until"), null=True, blank=True)
    doubt = models.CharField(_("what is uncertain"), max_length=LONGEST_DOUBT, blank=True)
    why = models.CharField(_("why it is changed"), max_length=300, blank=True)
    basis = models.CharField(_("what the pump ran when it was confirmed"), max_length=64, blank=True)
    record = models.TextField(_("record"), blank=True)

    class Meta:
        ordering = ("-written_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("patient",), condition=models.Q(state="in_force"), name="one_program_in_force"
            ),
        )
        indexes = (
            models.Index(
                fields=("state",), condition=models.Q(state__in=("waiting", "uncertain")), name="programs_that_wait"
            ),
        )

    def __str__(self) -> str:
        return str(self.summary)


class Refill(models.Model):
    """A refill: what was expected in the reservoir, what was found, what was put in, and when it has to be done again.

    ``recipe`` says how the fill was made. ``untold`` and a ``doubt``: it was sent to the pump, and it is not certain that it
    arrived; ``line_before`` is the last line about a fill that the pump's log had then.
    """

    implant = models.ForeignKey("clinic.Implant", on_delete=models.PROTECT, related_name="refills")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    drugs = models.JSONField(_("drugs: name to concentration"), default=dict)
    filled_uL = models.PositiveIntegerField(_("filled, uL"))
    expected_uL = models.PositiveIntegerField(_("expected, uL"), null=True, blank=True)
    measured_uL = models.PositiveIntegerField(_("measured, uL"), null=True, blank=True)
    error_permille = models.IntegerField(_("too little given, in thousandths"), null=True, blank=True)
    flagged = models.JSONField(_("what points at trouble"), default=list)
    pocket_check = models.CharField(_("check of the pocket"), max_length=200, blank=True)
    bridge = models.JSONField(_("bridge bolus"), default=dict, blank=True)
    due_on = models.DateField(_("next refill, worst case"))
    second_by = models.ForeignKey("clinic.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recipe = models.JSONField(_("how it was made"), default=dict, blank=True)
    untold = models.BooleanField(_("the pump was not told yet"), default=False)
    doubt = models.CharField(_("what is uncertain"), max_length=LONGEST_DOUBT, blank=True)
    line_before = models.PositiveBigIntegerField(_("line of the pump's log"), null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("implant", "-at", "-id"), name="last_refill_of_a_pump"),
            models.Index(fields=("at",), condition=models.Q(untold=True), name="refills_untold"),
        )

    def __str__(self) -> str:
        return f"{self.filled_uL / UL_PER_ML:g} mL"
