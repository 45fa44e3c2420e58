"""What a patient's own page tells: the pump in plain words, the next refill, appointments, the diary. Nothing of the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from intrathecal.catalogue import Pump, load_catalogue
from intrathecal.workstation.clinic import handsets, landmarks
from intrathecal.workstation.clinic.models import Appointment, Implant, Patient, Request, Score
from intrathecal.workstation.clinic.plot import Plot, plot, said

#: So many scores are shown as text.
SHOWN = 10


@dataclass(frozen=True)
class Own:
    """All of it. ``pump`` is the model as the catalogue has it, where it is known."""

    name: str
    phase: str
    implant: Implant | None
    pump: Pump | None
    refill_on: date | None
    appointments: Sequence[Appointment]
    requests: Sequence[Request]
    scores: Sequence[Score]
    plot: Plot | None
    live: bool

    @property
    def reservoir_mL(self) -> float | None:
        """The most that the pump holds."""
        return float(self.pump.reservoir_volume.canonical) if self.pump else None

    @property
    def fixed(self) -> bool:
        """Whether the pump gives one flow for life: then it has no motor and takes no press."""
        return self.pump is not None and self.pump.kind == "fixed-rate"

    @property
    def overdue(self) -> bool:
        """Whether the day of the refill is over."""
        return self.refill_on is not None and self.refill_on < timezone.localdate()


def of(patient: Patient) -> Own:
    """The page of a patient."""
    implant = patient.standing
    last = implant.refills.first() if implant else None
    now, told = timezone.now(), patient.scores.filter(by_patient=True)
    return Own(
        name=patient.given_name,
        phase=patient.phase,
        implant=implant,
        pump=load_catalogue().pumps.get(implant.model) if implant else None,
        refill_on=last.due_on if last else None,
        appointments=list(patient.appointments.filter(cancelled=False, begins_at__gte=now)),
        requests=list(patient.requests.filter(wanted_at__gte=now).exclude(state=Request.State.CONFIRMED)),
        scores=list(told[:SHOWN]),
        plot=plot(said(told), landmarks.felt(patient)),
        live=handsets.key_of(implant) is not None,
    )
