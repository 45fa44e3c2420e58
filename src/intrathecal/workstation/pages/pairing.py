"""Making a pump that answers known to its record: where it is, and the code that it printed."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intrathecal.programmer.client import Address
from intrathecal.programmer.errors import PairingError, Refused, Unreachable
from intrathecal.programmer.keyfile import KnownPump
from intrathecal.programmer.session import pair as make_known
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic import handsets
from intrathecal.workstation.clinic.models import Implant
from intrathecal.workstation.live import line
from intrathecal.workstation.pages.pump import implant_of
from intrathecal.workstation.rules import CARERS, Rule

#: Where the keys of pumps lie, and how the pump's log calls this workstation.
KEYS, NAME = "keys", "workstation"


@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def pair(request: HttpRequest, patient: int) -> HttpResponse:
    """Ask for address and code; a pump that knows the code is the record's from then on."""
    implant = implant_of(patient)
    if implant is None:
        raise Http404
    address, code = request.POST.get("address", implant.address).strip(), request.POST.get("code", "").strip()
    context = {"patient": implant.patient, "implant": implant, "address": address, "code": code}
    if request.method == "GET":
        return render(request, "workstation/pump_pair.html", context)
    if "forget" in request.POST:
        forget(implant)
        messages.success(request, _("This pump is not reached from here any more."))
        return redirect("pump", patient)
    try:
        where = Address.parse(address)
    except InputError as problem:
        return render(request, "workstation/pump_pair.html", context | {"address_error": str(problem)}, status=400)
    try:
        take(implant, where, code)
    except (InputError, PairingError, Refused, Unreachable) as problem:
        said = str(problem).removeprefix("--code: ")
        return render(request, "workstation/pump_pair.html", context | {"code_error": said}, status=400)
    messages.success(request, _("Paired with pump %(serial)s.") % {"serial": implant.serial})
    return redirect("pump", patient)


def take(implant: Implant, where: Address, code: str) -> KnownPump:
    """Pair, and write down where the pump is. Raises what `pair` raises, and `PairingError` for a pump that is another one's."""
    folder = Path(settings.HOME) / KEYS
    folder.mkdir(mode=0o700, exist_ok=True)
    key = folder / f"{implant.pk}.key"
    known = make_known(where, "programmer", code, key, NAME)
    if known.model != implant.model:
        raise PairingError(
            _(
                "What answers is a %(other)s, and the record is about a %(own)s; correct the record, or name another address"
            )
            % {"other": known.model, "own": implant.model}
        )
    taken = Implant.objects.filter(model=known.model, serial__iexact=known.serial).exclude(pk=implant.pk).first()
    if taken is not None:
        raise PairingError(
            _("The pump %(serial)s that answers is in the record of patient %(number)s: look at the address again")
            % {"serial": known.serial, "number": taken.patient.number}
        )
    handsets.pair(where, code, key)
    implant.address, implant.serial, implant.key_file = str(where), known.serial, str(key)
    with transaction.atomic():
        implant.save(update_fields=("address", "serial", "key_file"))
    line.heard(implant, None)
    return known


@transaction.atomic
def forget(implant: Implant) -> None:
    """Nothing is sent to this pump from here any more. The pump goes on knowing the key, until somebody takes it from it."""
    line.heard(implant, None)
    implant.address = implant.key_file = ""
    implant.save(update_fields=("address", "key_file"))


urlpatterns = [path("patients/<int:patient>/pump/pair/", pair, name="pump_pair")]
RULES = {"pump_pair": Rule(CARERS, CARERS)}
