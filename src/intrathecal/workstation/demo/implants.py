"""UDIs, pieces of catheters, a revision and checks after scans of the invented pumps."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from intrathecal.catalogue import load_catalogue
from intrathecal.workstation.clinic import scans, surgery
from intrathecal.workstation.clinic.catheters import piece, tubing_nL, volume_nL
from intrathecal.workstation.clinic.models import Implant, Note, Scan, User
from intrathecal.workstation.clinic.models.people import Role
from intrathecal.workstation.clinic.scans import Seen
from intrathecal.workstation.clinic.units import NL_PER_UL

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
            implant.purge_uL = round((laid.dead_nL + (tubing_nL(implant.model) or 0)) / NL_PER_UL)
            implant.save()
        if implant.explanted_on is None and index % 9 == 4:
            pieces = [piece("ascenda-8780/pump", 350), piece("ascenda-8780/spinal", 140)]
            on = implant.implanted_on + (timezone.localdate() - implant.implanted_on) / 2
            more = {"tip_level": "T9", "placed_on": on, "why": "kinked catheter", "purge_uL": 390}
            surgery.revise(surgery.lay(implant, pieces, **more), physician)
        if implant.explanted_on is None and index % 10 == 6:
            _scan(implant, physician)


def _scan(implant: Implant, by: User) -> None:
    """A scan this morning, after which the pump soon gave again; one point is open."""
    pump, ended = load_catalogue().pumps[implant.model], timezone.now() - timedelta(hours=5)
    scan = Scan.objects.create(
        implant=implant,
        what="1.5 T, lumbar spine",
        began_at=ended - timedelta(minutes=40),
        ended_at=ended,
        resumed_at=ended + timedelta(minutes=20),
        by=by,
    )
    told = {check.name: (str(Seen.CLEAR), "") for check in scans.checks(pump, {})}
    told["told"] = (str(Seen.NOT_YET), "asleep after the scan; Nurse Okafor at 18:00")
    scans.answer(scan, told, timezone.localdate(), by)
    Note.objects.create(
        patient=implant.patient, at=ended, by=by, kind="MRI", text="1.5 T, lumbar spine; one point is open"
    )
