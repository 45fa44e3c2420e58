"""Operations as forms that belong together, for pages and for programs: implantation, replacement, revision, explantation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from django.db import transaction
from django.forms import Form
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intrathecal.workstation.clinic import surgery
from intrathecal.workstation.clinic.catheters import purged, tubing_nL
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, User
from intrathecal.workstation.clinic.templatetags.clinical import day, moment
from intrathecal.workstation.pages.implant.forms import (
    CatheterForm,
    OnForm,
    PumpForm,
    RevisionForm,
    WhyForm,
    check_purge,
)

Typed = dict[str, str] | None
F = TypeVar("F", bound=Form)


class Operation:
    """Forms, by what they ask about; stored together or not at all. ``done`` is said afterwards."""

    title: ClassVar[object]
    done: ClassVar[object]
    #: Whether a catheter is asked about, so that its volume is shown meanwhile.
    volumes: ClassVar[bool] = False

    def __init__(self) -> None:
        self.groups: list[tuple[str, Form]] = []

    def _ask(self, name: str, form: F) -> F:
        self.groups.append((name, form))
        return form

    @property
    def forms(self) -> Sequence[Form]:
        """All forms."""
        return [form for _name, form in self.groups]

    def is_right(self) -> bool:
        """Whether every answer is right by itself, and beside the others."""
        if not all([form.is_valid() for form in self.forms]):
            return False
        self._check()
        return all(form.is_valid() for form in self.forms)

    def store(self, by: User) -> bool:
        """Store it; False where somebody else was quicker, which is then said beside the field. After `is_right`."""
        try:
            with transaction.atomic():
                self._store(by)
        except surgery.TakenError as problem:
            self._taken(str(problem))
            return False
        return True

    def remarks(self) -> list[str]:
        """What somebody should know of what was stored, and that forbids nothing."""
        return []

    def _check(self) -> None:
        """What answers say together."""

    def _store(self, by: User) -> None:
        raise NotImplementedError

    def _taken(self, said: str) -> None:
        raise NotImplementedError


class Implantation(Operation):
    """A pump and a catheter, where there is no pump."""

    title, done = gettext_lazy("Implant a pump"), gettext_lazy("The pump and its catheter are in the record.")
    volumes = True

    def __init__(self, patient: Patient, typed: Typed = None) -> None:
        super().__init__()
        last = patient.implants.first()
        self.pump = self._ask(_("Pump"), PumpForm(patient, (last and last.explanted_on) or patient.born, typed))
        self.catheter = self._ask(_("Catheter"), CatheterForm(typed))

    def remarks(self) -> list[str]:
        """Shelf life, and the purge against what there was to purge."""
        return _remarks(self.pump, self._held())

    def _held(self) -> int:
        return int(self.catheter.cleaned_data["dead_nL"]) + _tubing(self.pump.cleaned_data["model"])

    def _check(self) -> None:
        check_purge(self.pump, self._held())

    def _store(self, by: User) -> None:
        implant, told = self.pump.record(), self.catheter.cleaned_data
        surgery.implant(implant)
        surgery.lay(implant, told["pieces"], tip_level=told["tip_level"], placed_on=implant.implanted_on)

    def _taken(self, said: str) -> None:
        self.pump.add_error("serial", said)


class Replacement(Operation):
    """Another pump on the same catheter."""

    title = gettext_lazy("Replace the pump")
    done = gettext_lazy("The pump is replaced. The new one has no fill and no program yet.")

    def __init__(self, old: Implant, typed: Typed = None) -> None:
        super().__init__()
        self.old = old
        self.pump = self._ask(_("New pump"), PumpForm(old.patient, surgery.earliest(old), typed))
        self.why = self._ask(_("The old one"), WhyForm(typed))

    def remarks(self) -> list[str]:
        """Shelf life, and the purge against what there was to purge."""
        return _remarks(self.pump, self._held())

    def _held(self) -> int:
        laid = self.old.catheters.first()
        return (laid.dead_nL if laid else 0) + _tubing(self.pump.cleaned_data["model"])

    def _check(self) -> None:
        check_purge(self.pump, self._held())

    def _store(self, by: User) -> None:
        surgery.replace(self.old, self.pump.record(), self.why.cleaned_data["why"], by)

    def _taken(self, said: str) -> None:
        self.pump.add_error("serial", said)


class Revision(Operation):
    """The catheter after an operation."""

    title = gettext_lazy("Revise the catheter")
    done = gettext_lazy("The catheter is in the record. Tell the pump its new volume, and think of a prime.")
    volumes = True

    def __init__(self, standing: Implant, typed: Typed = None) -> None:
        super().__init__()
        self.standing, self.before = standing, standing.catheters.first()
        since = max(standing.implanted_on, self.before.placed_on) if self.before else standing.implanted_on
        self.when = self._ask(_("Operation"), RevisionForm(since, typed))
        begun = CatheterForm.as_it_is(self.before)
        self.catheter = self._ask(_("Catheter as it was left"), CatheterForm(typed, initial=begun))

    def remarks(self) -> list[str]:
        """The purge against what there was to purge."""
        purge = self.when.cleaned_data["purge"]
        said = "" if purge is None else purged(purge, self._held())
        return [said] if said else []

    def _held(self) -> int:
        """The tubing and the catheter as it was before, which is what is purged."""
        before = self.before.dead_nL if self.before else self.catheter.cleaned_data["dead_nL"]
        return int(before) + _tubing(self.standing.model)

    def _check(self) -> None:
        check_purge(self.when, self._held())

    def _store(self, by: User) -> None:
        told, when = self.catheter.cleaned_data, self.when.cleaned_data
        laid = surgery.lay(
            self.standing,
            told["pieces"],
            tip_level=told["tip_level"],
            placed_on=when["on"],
            purge_uL=when["purge"],
            why=when["why"],
        )
        surgery.revise(laid, by)


class Explantation(Operation):
    """The pump is taken out."""

    title, done = gettext_lazy("Explant the pump"), gettext_lazy("The pump is out, and its program ended.")

    def __init__(self, old: Implant, typed: Typed = None) -> None:
        super().__init__()
        self.old = old
        self.when = self._ask(_("Explantation"), OnForm(surgery.earliest(old), typed))

    def remarks(self) -> list[str]:
        """Refills for which somebody would still come."""
        made = self.old.patient.appointments.filter(cancelled=False, kind="refill", begins_at__gt=timezone.now())
        days = ", ".join(moment(one.begins_at) for one in made.order_by("begins_at"))
        return [_("Still to come for a refill: %s. Cancel what is not needed any more.") % days] if days else []

    def _store(self, by: User) -> None:
        surgery.explant(self.old, self.when.cleaned_data["on"], self.when.cleaned_data["why"])


def seen(standing: Implant | None) -> str:
    """What a form says it is about: the pump and the catheter that stood when it was opened; empty without a pump."""
    if standing is None:
        return ""
    laid: Catheter | None = standing.catheters.first()
    return f"{standing.pk}-{laid.pk if laid else ''}"


def _remarks(pump: PumpForm, held_nL: int) -> list[str]:
    told, found = pump.cleaned_data, []
    code, purge = told["udi"], told["purge"]
    if code is not None and code.expires is not None and code.expires < told["implanted_on"]:
        found.append(_("The label says to use it by %s, before it was implanted.") % day(code.expires))
    said = "" if purge is None else purged(purge, held_nL)
    return [*found, said] if said else found


def _tubing(model: str) -> int:
    return tubing_nL(model) or 0
