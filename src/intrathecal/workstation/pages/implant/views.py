"""Pump and catheter as they are, and scans with what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import scans, stalls, surgery, udi
from intrathecal.workstation.clinic.catheters import purged, tubing_nL
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient
from intrathecal.workstation.clinic.worklist import SERVICE_DAYS
from intrathecal.workstation.pages.implant.forms import CatheterForm


@dataclass(frozen=True)
class Shown:
    """A pump with what follows from its records; volumes in nL, None where they are not known."""

    implant: Implant
    pump: Pump | None
    code: udi.Udi | None
    catheter: Catheter | None
    earlier: list[Catheter]
    tubing_nL: int | None

    @classmethod
    def of(cls, implant: Implant) -> Shown:
        """From the records."""
        laid = list(implant.catheters.all())
        return cls(
            implant=implant,
            pump=load_catalogue().pumps.get(implant.model),
            code=_code(implant),
            catheter=laid[0] if laid else None,
            earlier=laid[1:],
            tubing_nL=tubing_nL(implant.model),
        )

    @property
    def together_nL(self) -> int | None:
        """Tubing and catheter: what a bridge moves, and what a prime fills."""
        return None if self.catheter is None or self.tubing_nL is None else self.catheter.dead_nL + self.tubing_nL

    @property
    def pieces(self) -> list[tuple[dict[str, Any], int | None]]:
        """The catheter's pieces, each with the length that is in the patient, mm."""
        laid = self.catheter.segments if self.catheter else []
        return [(one, one["length_mm"] - one.get("trimmed_mm", 0) if "length_mm" in one else None) for one in laid]

    @property
    def asks_from(self) -> date | None:
        """From when on the pump asks for its replacement."""
        return None if self.pump is None else surgery.asks_for_replacement(self.pump, self.implant.service_ends_on)

    @property
    def ends_soon(self) -> bool:
        """Whether it is time to plan the replacement, as on the board."""
        ends = self.implant.service_ends_on
        return ends is not None and ends <= timezone.localdate() + timedelta(days=SERVICE_DAYS)

    @property
    def ended(self) -> bool:
        """Whether its service is over, so that it stops or has stopped."""
        return self.implant.service_ends_on is not None and self.implant.service_ends_on <= timezone.localdate()

    @property
    def purge_says(self) -> str:
        """The purge against what the tubing and the first catheter held."""
        laid = [*self.earlier, *([self.catheter] if self.catheter else [])]
        if self.implant.purge_uL is None or not laid:
            return ""
        first = self.earlier[-1] if self.earlier else laid[0]
        return purged(self.implant.purge_uL, first.dead_nL + (self.tubing_nL or 0))

    @cached_property
    def left(self) -> list[str]:
        """What it still needs."""
        return surgery.left_to_do(self.implant)

    @property
    def expired(self) -> bool:
        """Whether it was implanted after its shelf life."""
        ends = self.code.expires if self.code else None
        return ends is not None and ends < self.implant.implanted_on


def _code(implant: Implant) -> udi.Udi | None:
    try:
        return udi.read(implant.udi) if implant.udi else None
    except udi.UdiError:
        return udi.Udi(implant.udi, "")


@dataclass(frozen=True)
class Scanned:
    """A scan, what was found after it, and what it cost; ``why_not`` says why that is not known."""

    looked: scans.Looked
    stall: stalls.Stall | None
    why_not: str

    @classmethod
    def of(cls, looked: scans.Looked) -> Scanned:
        """From the records; a pump that a scanner does not change lost nothing."""
        implant = looked.scan.implant
        pump = load_catalogue().pumps.get(implant.model)
        if pump is None or pump.mri not in scans.GIVES_AGAIN:
            return cls(looked, None, "")
        try:
            return cls(looked, stalls.stall(looked.scan, timezone.now()), "")
        except InputError as problem:
            return cls(looked, None, str(problem))

    @property
    def standing(self) -> bool:
        """Whether nobody knows that the pump gives again."""
        return self.stall is not None and self.looked.scan.resumed_at is None


@require_safe
def implant(request: HttpRequest, patient: int) -> HttpResponse:
    """The pump, the catheter, what was looked at after scans, and pumps that are out."""
    one = get_object_or_404(Patient, pk=patient)
    implants = list(one.implants.prefetch_related("catheters"))
    context = {
        "patient": one,
        "shown": next((Shown.of(standing) for standing in implants if standing.explanted_on is None), None),
        "out": [standing for standing in implants if standing.explanted_on is not None],
        "scanned": [Scanned.of(looked) for looked in scans.looked(one)],
        "checks": _texts(implants),
    }
    return render(request, "workstation/implant/implant.html", context)


def _texts(implants: list[Implant]) -> dict[str, str]:
    """What each check asks, for the pumps that there were."""
    known = load_catalogue().pumps
    return {
        check.name: check.text
        for standing in implants
        if standing.model in known
        for check in scans.checks(known[standing.model], {})
    }


@require_safe
def volumes(request: HttpRequest) -> HttpResponse:
    """What tubing and catheter hold, as a form is being filled in; nothing is stored."""
    form = CatheterForm(request.GET)
    found = dead_volumes(request.GET.get("model", ""), form.cleaned_data["dead_nL"] if form.is_valid() else None)
    context = {name.removesuffix("_nL"): volume for name, volume in found.items()}
    return render(request, "workstation/implant/_volumes.html", context)


def dead_volumes(model: str, catheter_nL: int | None) -> dict[str, int | None]:
    """Of a pump's tubing, of a catheter, and of both, nL; None where one is not known."""
    tubing = tubing_nL(model)
    together = None if catheter_nL is None or tubing is None else catheter_nL + tubing
    return {"tubing_nL": tubing, "catheter_nL": catheter_nL, "together_nL": together}
