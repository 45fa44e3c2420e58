"""Pumps and catheters for programs: operations, dead volumes, the course of a prime, and scans with their checks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from ninja.errors import HttpError

from intrathecal.programmer.priming import to_json
from intrathecal.workstation.api.implant_shapes import (
    CatheterIn,
    CheckOut,
    DeadVolumesOut,
    ExplantationIn,
    FoundAfterIn,
    ImplantIn,
    PrimeOut,
    PumpIn,
    ReplacementIn,
    RevisionIn,
    ScanIn,
    ScanOut,
    WholeImplantOut,
)
from intrathecal.workstation.api.shapes import (
    CONFLICTS,
    PROBLEMS,
    ImplantOut,
    Listed,
    Page,
    Text,
    complaint,
    listed,
    valid,
)
from intrathecal.workstation.clinic import scans, trail
from intrathecal.workstation.clinic.models import Catheter, Implant, Patient, Scan
from intrathecal.workstation.clinic.running import Missing
from intrathecal.workstation.clinic.scans import Looked
from intrathecal.workstation.clinic.stalls import Stall
from intrathecal.workstation.clinic.units import MM_PER_CM, UL_PER_ML
from intrathecal.workstation.pages.implant.forms import CatheterForm
from intrathecal.workstation.pages.implant.operations import (
    Explantation,
    Implantation,
    Operation,
    Replacement,
    Revision,
)
from intrathecal.workstation.pages.implant.prime import LONGEST_MIN, PrimeForm
from intrathecal.workstation.pages.implant.scan import ChecksForm, OpenForm, ScanForm
from intrathecal.workstation.pages.implant.views import Scanned, Shown, dead_volumes
from intrathecal.workstation.rules import CARERS, NOBODY, PHYSICIANS, STAFF, Rule

router = Router(tags=["implanting"])
#: What fields of the pages are called here, where that differs.
NAMES = {
    "purge": "purge_uL",
    "at_pump_trimmed": "at_pump_trimmed_mm",
    "at_tip_trimmed": "at_tip_trimmed_mm",
    "resumed": "resumed_at",
    "over": "over_min",
}
C = TypeVar("C", bound=ChecksForm)


@router.get("/patients/{int:patient}/implants", response={200: Listed[ImplantOut], **PROBLEMS}, url_name="implants")
def get_implants(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """Pumps, the newest first."""
    return listed(get_object_or_404(Patient, pk=patient).implants.all(), page, lambda implant: implant)


@router.post("/patients/{int:patient}/implants", response={201: WholeImplantOut, **CONFLICTS}, url_name="implants")
def implant(request: HttpRequest, patient: int, told: ImplantIn) -> Status[dict[str, Any]]:
    """A pump and a catheter, where there is no pump."""
    one = _held(patient)
    if one.standing is not None:
        raise HttpError(409, "a pump is implanted: replace it, or explant it first")
    return _operate(request, one, Implantation(one, _pump(told) | _catheter(told)))


@router.get(
    "/patients/{int:patient}/implants/{int:implant}", response={200: WholeImplantOut, **PROBLEMS}, url_name="implant"
)
def get_implant(request: HttpRequest, patient: int, implant: int) -> dict[str, Any]:
    """A pump with its catheters, dead volumes and what is left to do."""
    return _whole(get_object_or_404(Implant, pk=implant, patient=patient), [])


@router.post(
    "/patients/{int:patient}/implants/{int:implant}/replacement",
    response={201: WholeImplantOut, **CONFLICTS},
    url_name="implant_replacement",
)
def replace(request: HttpRequest, patient: int, implant: int, told: ReplacementIn) -> Status[dict[str, Any]]:
    """Another pump in the place of this one; the answer is the new one."""
    old = _standing(patient, implant)
    return _operate(request, old.patient, Replacement(old, _pump(told) | {"why": told.why}))


@router.post(
    "/patients/{int:patient}/implants/{int:implant}/catheters",
    response={201: WholeImplantOut, **CONFLICTS},
    url_name="implant_catheters",
)
def revise(request: HttpRequest, patient: int, implant: int, told: RevisionIn) -> Status[dict[str, Any]]:
    """The catheter after an operation."""
    standing = _standing(patient, implant)
    laid = standing.catheters.first()
    if told.instead_of is not None and (laid is None or laid.pk != told.instead_of):
        raise HttpError(409, "another catheter lies there now: read the pump again")
    typed = _catheter(told) | {"on": told.on.isoformat(), "why": told.why, "purge": _mL(told.purge_uL)}
    return _operate(request, standing.patient, Revision(standing, typed))


@router.post(
    "/patients/{int:patient}/implants/{int:implant}/explantation",
    response={200: WholeImplantOut, **CONFLICTS},
    url_name="implant_explantation",
)
def explant(request: HttpRequest, patient: int, implant: int, told: ExplantationIn) -> dict[str, Any]:
    """The pump is taken out."""
    old = _standing(patient, implant)
    _store(request, Explantation(old, {"on": told.on.isoformat(), "why": told.why}))
    return _whole(old, [])


@router.get("/dead-volumes", response={200: DeadVolumesOut, **PROBLEMS}, url_name="dead_volumes")
def get_dead_volumes(request: HttpRequest, told: Query[CatheterIn], model: Text = "") -> dict[str, Any]:
    """What the tubing of a pump and a catheter would hold; nothing is stored."""
    return dead_volumes(model, valid(CatheterForm(_catheter(told)), NAMES).cleaned_data["dead_nL"])


@router.get(
    "/patients/{int:patient}/implants/{int:implant}/prime",
    response={200: PrimeOut, **PROBLEMS},
    url_name="implant_prime",
)
def get_prime(
    request: HttpRequest,
    patient: int,
    implant: int,
    fluid: Text,
    empty: Text = "no",
    over_min: Annotated[float | None, Query(None, ge=0, le=LONGEST_MIN)] = None,
    program: Text = "",
) -> dict[str, Any]:
    """What a prime fills, and the course at the tip.

    ``fluid`` is like "morphine 10 mg/mL; bupivacaine 15 mg/mL", ``empty`` is no (nothing is primed yet) or tubing (that is).
    """
    standing = get_object_or_404(Implant, pk=implant, patient=patient)
    over = "" if over_min is None else f"{over_min:.1f}"
    typed = {"fluid": fluid, "empty": empty, "over": over, "program": program}
    try:
        form = PrimeForm(standing, typed)
    except Missing as problem:
        raise HttpError(422, str(problem)) from None
    plan = valid(form, NAMES).plan
    if plan is None:
        raise HttpError(422, _("this cannot be reckoned"))
    return to_json(plan)


@router.get("/patients/{int:patient}/scans", response={200: Listed[ScanOut], **PROBLEMS}, url_name="scans")
def get_scans(request: HttpRequest, patient: int, page: Page) -> dict[str, Any]:
    """MRI scans, the latest first."""
    return listed(scans.looked(get_object_or_404(Patient, pk=patient)), page, _scan)


@router.get(
    "/patients/{int:patient}/implants/{int:implant}/checks",
    response={200: list[CheckOut], **PROBLEMS},
    url_name="implant_checks",
)
def get_checks(request: HttpRequest, patient: int, implant: int) -> list[dict[str, str]]:
    """What is looked at after a scan of this pump."""
    form = _asked(lambda: ScanForm(get_object_or_404(Implant, pk=implant, patient=patient)))
    return [{"check": check.name, "asks": check.text} for check in form.checks]


@router.post(
    "/patients/{int:patient}/implants/{int:implant}/scans",
    response={201: ScanOut, **CONFLICTS},
    url_name="implant_scans",
)
def add_scan(request: HttpRequest, patient: int, implant: int, told: ScanIn) -> Status[dict[str, Any]]:
    """A scan, and what was found after it; every check is answered."""
    standing = _standing(patient, implant)
    typed = _found(told) | {"what": told.what, "began_at": told.began_at, "ended_at": told.ended_at}
    form = _answered(_asked(lambda: ScanForm(standing, typed)), told)
    return Status(201, _scan(scans.looked_at(form.store(request.user))))


@router.post(
    "/patients/{int:patient}/scans/{int:scan}/answers",
    response={200: ScanOut, **CONFLICTS},
    url_name="scan_answers",
)
def answer(request: HttpRequest, patient: int, scan: int, told: FoundAfterIn) -> dict[str, Any]:
    """What was still open after a scan; all open checks are answered."""
    _held(patient)
    one = get_object_or_404(Scan.objects.select_related("implant__patient"), pk=scan, implant__patient=patient)
    if one.implant.explanted_on is not None:
        raise HttpError(409, "the pump is out, and nothing of it can be looked at any more")
    form = _asked(lambda: OpenForm(one, _found(told)))
    if not form.checks:
        raise HttpError(409, "nothing is open after this scan")
    return _scan(scans.looked_at(_answered(form, told).store(request.user)))


def _held(patient: int) -> Patient:
    """The patient, held until the call is answered."""
    return get_object_or_404(trail.locked(Patient), pk=patient)


def _standing(patient: int, implant: int) -> Implant:
    """A pump that is in; somebody else may have taken it out meanwhile."""
    _held(patient)
    one = get_object_or_404(Implant.objects.select_related("patient"), pk=implant, patient=patient)
    if one.explanted_on is not None:
        raise HttpError(409, f"the pump {one} is out since {one.explanted_on}: read the patient's pumps again")
    return one


def _operate(request: HttpRequest, patient: Patient, operation: Operation) -> Status[dict[str, Any]]:
    """Store an operation; the answer is the pump that is in then."""
    _store(request, operation)
    return Status(201, _whole(patient.implants.get(explanted_on=None), operation.remarks()))


def _store(request: HttpRequest, operation: Operation) -> None:
    if not operation.is_right() or not operation.store(request.user):
        raise complaint(operation.forms, NAMES)


def _asked(make: Callable[[], C]) -> C:
    """A form about a pump that the catalogue knows."""
    try:
        return make()
    except Missing as problem:
        raise HttpError(422, str(problem)) from None


def _answered(form: C, told: FoundAfterIn) -> C:
    """A form whose checks, and no others, are answered."""
    known = [check.name for check in form.checks]
    strange = next((name for name in told.checks if name not in known), None)
    if strange is not None:
        raise HttpError(422, f"checks: {strange!r} is not asked here; answer {', '.join(known)}")
    return valid(form, NAMES)


def _pump(told: PumpIn) -> dict[str, str]:
    """As the page's form has it."""
    plain = {name: getattr(told, name) for name in ("model", "udi", "serial", "pocket")}
    return plain | {"implanted_on": told.implanted_on.isoformat(), "purge": _mL(told.purge_uL)}


def _catheter(told: CatheterIn) -> dict[str, str]:
    """As the page's form has it; nothing is trimmed off a piece that is not there."""
    plain = {name: getattr(told, name) for name in ("at_pump", "at_tip", "tip_level")}
    trimmed = {"at_pump_trimmed": told.at_pump_trimmed_mm, "at_tip_trimmed": told.at_tip_trimmed_mm}
    return plain | {name: str(Decimal(mm) / MM_PER_CM) if mm else "" for name, mm in trimmed.items()}


def _mL(microlitres: int | None) -> str:
    return "" if microlitres is None else f"{Decimal(microlitres) / UL_PER_ML:f}"


def _found(told: FoundAfterIn) -> dict[str, Any]:
    """As the page's form has it."""
    typed: dict[str, Any] = {name: found.state for name, found in told.checks.items()}
    typed |= {f"{name}_note": found.note for name, found in told.checks.items()}
    return typed | {"resumed": told.resumed_at}


def _whole(implant: Implant, remarks: list[str]) -> dict[str, Any]:
    shown = Shown.of(implant)
    plain = (
        "model",
        "serial",
        "pocket",
        "implanted_on",
        "service_ends_on",
        "explanted_on",
        "purge_uL",
        "why_explanted",
    )
    return {name: getattr(implant, name) for name in plain} | {
        "id": implant.pk,
        "udi": shown.code,
        "asks_for_replacement_on": shown.asks_from,
        "dead_volumes": dead_volumes(implant.model, shown.catheter.dead_nL if shown.catheter else None),
        "catheters": [_laid(laid) for laid in implant.catheters.all()],
        "left_to_do": shown.left if implant.explanted_on is None else [],
        "remarks": remarks,
    }


def _laid(laid: Catheter) -> dict[str, Any]:
    plain = ("placed_on", "tip_level", "space", "dead_nL", "purge_uL", "why")
    names = ("model", "segment", "length_mm", "trimmed_mm", "dead_nL")
    pieces = [{name: one.get(name) for name in names} for one in laid.segments]
    return {name: getattr(laid, name) for name in plain} | {"id": laid.pk, "segments": pieces}


def _scan(looked: Looked) -> dict[str, Any]:
    shown, scan = Scanned.of(looked), looked.scan
    plain = {name: getattr(scan, name) for name in ("what", "began_at", "ended_at", "resumed_at")}
    return plain | {
        "id": scan.pk,
        "implant": scan.implant_id,
        "open": [answer.check_name for answer in looked.open],
        "answers": [
            {
                "check": one.check_name,
                "state": one.state,
                "note": one.note,
                "on": one.on,
                "by": str(one.by),
            }
            for one in looked.answers
        ],
        "stall": None if shown.stall is None else _stood(shown.stall),
        "why_not": shown.why_not,
    }


def _stood(stall: Stall) -> dict[str, Any]:
    missed = [
        {
            "drug": one.drug.name,
            "ug": one.ug,
            "share_of_a_day": one.share,
            "advice": one.advice,
            "sources": list(one.sources),
            "verified": one.verified,
            "beyond": one.beyond,
        }
        for one in stall.missed
    ]
    return {"since": stall.since, "until": stall.until, "missed": missed}


RULES = {
    "implant": Rule(STAFF),
    "implant_checks": Rule(STAFF),
    "implant_prime": Rule(STAFF),
    "scans": Rule(STAFF),
    "implants": Rule(STAFF, PHYSICIANS),
    "implant_replacement": Rule(NOBODY, PHYSICIANS),
    "implant_catheters": Rule(NOBODY, PHYSICIANS),
    "implant_explantation": Rule(NOBODY, PHYSICIANS),
    "implant_scans": Rule(NOBODY, CARERS),
    "scan_answers": Rule(NOBODY, CARERS),
    "dead_volumes": Rule(PHYSICIANS),
}
