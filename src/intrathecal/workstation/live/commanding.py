"""What a pump is told at once, without a program: an emergency stop and its end, a mute, a reset. Each is read back.

None of this may stand in one transaction: what the pump has done stays done, whatever becomes of the request.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from intrathecal.pump.controller import Mute, Reset, Resume
from intrathecal.pump.telemetry.messages import Ask
from intrathecal.workstation.clinic.models import Alarm, Implant, User
from intrathecal.workstation.clinic.noting import note
from intrathecal.workstation.live import line, recording


def stop(implant: Implant, by: User) -> bool:
    """Stop a pump at once; whether it could be read afterwards, and was stopped. Raises `Silent`, `Doubtful`."""
    with line.at_once(implant) as session:
        session.stop()
    line.heard(implant, None)
    said = _("The pump was stopped: it gives nothing until it is resumed or programmed.")
    note(implant.patient, by, "emergency", said)
    try:
        kept, _outcomes = recording.interrogate(implant, by)
    except (line.Silent, line.Doubtful):
        return False
    return bool(kept.told["stopped"])


def resume(implant: Implant, by: User) -> None:
    """End an emergency stop. Raises `Silent`, `Doubtful`."""
    _tell(implant, by, Resume(), "the end of an emergency stop")
    note(implant.patient, by, "emergency", _("The pump was resumed: it runs its program again."))


def mute(implant: Implant, by: User) -> None:
    """Let alarms be silent for a while; they go on, and whoever mutes them has seen them. Raises `Silent`, `Doubtful`."""
    _tell(implant, by, Mute(), "a mute")
    seen(implant, by)


def reset(implant: Implant, by: User) -> None:
    """Reset a pump after a stall or a dip of its battery: its program runs again. Raises `Silent`, `Doubtful`."""
    _tell(implant, by, Reset(), "a reset")
    note(implant.patient, by, "alarm", _("The pump was reset."))


@transaction.atomic
def seen(implant: Implant, by: User) -> None:
    """Write down who has seen the alarms that nobody had seen. They go on."""
    for alarm in Alarm.objects.filter(implant=implant, ended_at=None, seen_by=None):
        alarm.seen_by = by
        alarm.save()


def _tell(implant: Implant, by: User, ask: Ask, what: str) -> None:
    with line.opened(implant) as session:
        outcomes = session.settle()
        line.check(session.read(), implant)
        session.act(ask, what)
        line.heard(implant, None)
        reading = session.read_back()
    recording.keep(implant, reading, outcomes, by)
