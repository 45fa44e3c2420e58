"""What the tests of sessions share: programs for the demonstration's pump, and what its log holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.programmer.processes import demo

from intrathecal.programmer.client import Address
from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.pump.telemetry.messages import (
    Reading,
)
from intrathecal.therapy import Program, Therapy

BASE = "3 mg/day"


def with_program(text: str) -> Therapy:
    """The demo with another program."""
    return replace(demo(), program=Program.parse(text))


def program(address: Address, key: Path, text: str) -> Reading:
    """Send a program."""
    with Session(address, key) as session:
        return send(session, propose(with_program(text), session.read()))


def kinds(reading: Reading) -> set[str]:
    """The kinds of faults in the log."""
    return {entry.kind for entry in reading.faults}
