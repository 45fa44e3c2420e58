"""The clinic's records, by what they are about. Volumes are integers in microlitres; drugs and programs are therapy-file text."""

from intrathecal.workstation.clinic.models.appointments import Appointment, Attempt, Request
from intrathecal.workstation.clinic.models.audit import Head, Link
from intrathecal.workstation.clinic.models.board import KeptFilter, ResidualTrend
from intrathecal.workstation.clinic.models.care import Answer, Note, Score
from intrathecal.workstation.clinic.models.devices import Alarm, Catheter, Implant, Reading, Scan
from intrathecal.workstation.clinic.models.filling import Filling
from intrathecal.workstation.clinic.models.patients import Patient
from intrathecal.workstation.clinic.models.people import User
from intrathecal.workstation.clinic.models.therapy import Program, Refill

#: What is kept about patients: every change and every view of them is in the audit trail.
RECORDS = (
    User,
    Patient,
    Implant,
    Catheter,
    Scan,
    Alarm,
    Reading,
    Program,
    Refill,
    Filling,
    Score,
    Note,
    Answer,
    Appointment,
    Request,
)

__all__ = [
    "RECORDS",
    "Alarm",
    "Answer",
    "Appointment",
    "Attempt",
    "Catheter",
    "Filling",
    "Head",
    "Implant",
    "KeptFilter",
    "Link",
    "Note",
    "Patient",
    "Program",
    "Reading",
    "Refill",
    "Request",
    "ResidualTrend",
    "Scan",
    "Score",
    "User",
]
