"""UDIs, pieces of catheters, a revision and checks after scans of the invented pumps."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import scans, surgery
from intrathecal.workstation.clinic.catheters import piece, volume_nL
from intrathecal.workstation.clinic.models import Answer, Implant, Note, User
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.clinic.scans import CHECKLIST, Seen

#: An item number of nobody.
GTIN = "00000000000017"


def implants() -> None:
    """Make them."""
    physician = User.objects.filter(role=Role.PHYSICIAN).first()
    if physician is None:
        return
    for index, implant in enumerate(Implant.objects.select_related("patient").order_by("pk")):
        expires = implant.implanted_on + timedelta(days=400)
        implant.udi = f"(01){GTIN}(17){expires:%y%m%d}(10)L{index:04d}(21){implant.serial}"
        implant.save()
        if implant.key_file:  # a live pump was told its catheter
            continue
        for laid in implant.catheters.all():
            pieces = [piece("ascenda-8780/pump", 300 + 10 * (index % 7)), piece("ascenda-8780/spinal", 120)]
            laid.segments, laid.dead_nL = [one.record() for one in pieces], volume_nL(pieces)
            laid.save()
        if implant.explanted_on is None and index % 9 == 4:
            pieces = [piece("ascenda-8780/pump", 350), piece("ascenda-8780/spinal", 140)]
            on = implant.implanted_on + (timezone.localdate() - implant.implanted_on) / 2
            surgery.revise(implant, pieces, "T9", on, "kinked catheter", physician)
        if implant.explanted_on is None and index % 10 == 6:
            _scan(implant, physician)


def _scan(implant: Implant, by: User) -> None:
    """A scan yesterday; one point is open."""
    pump = load_catalogue().pumps[implant.model]
    for check in scans.checks(pump, {}):
        state = Seen.NOT_YET if check.name == "again" else Seen.CLEAR
        note = "recovery not in the log; read again tomorrow at 9:00" if state == Seen.NOT_YET else ""
        Answer.objects.create(
            patient=implant.patient,
            checklist=CHECKLIST,
            check_name=check.name,
            state=state,
            note=note,
            on=timezone.localdate(),
            by=by,
        )
    at = timezone.now() - timedelta(hours=5)
    Note.objects.create(
        patient=implant.patient, at=at, by=by, kind="MRI", text="1.5 T, lumbar spine; one point is open"
    )
