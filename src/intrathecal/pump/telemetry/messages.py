"""What a programmer or handset asks, and what the pump answers.

Every request has an id that is drawn at random and used once. A pump that has seen the id answers as before and does nothing.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from intrathecal.pump.book import Entry
from intrathecal.pump.controller import Mute, Press, Prime, Refilled, Reset, Resume, Stop
from intrathecal.pump.encoding import from_text, to_text
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Bridge, Orders, Settings
from intrathecal.pump.telemetry.channel import LONGEST_ANSWER, LONGEST_REQUEST
from intrathecal.pump.telemetry.pairing import Role

_ID = re.compile("[0-9a-f]{32}")
_HASH = re.compile("[0-9a-f]{64}|")
LONGEST_NAME = 60
LONGEST_PROGRAM = 100_000


def name_problem(name: str) -> str:
    """Why the log cannot call a key so; empty if it can."""
    seen = name.isprintable() and bool(name.strip()) and len(name) <= LONGEST_NAME
    return "" if seen else f"a name has 1 to {LONGEST_NAME} letters that can be seen"


@dataclass(frozen=True)
class Pair:
    """A key asks to be known: ``proof`` is that of `pairing` for its certificate and role."""

    role: Role
    name: str
    certificate: str
    proof: str

    def __post_init__(self) -> None:
        problem = name_problem(self.name)
        if problem:
            raise ValueError(problem)


@dataclass(frozen=True)
class Interrogate:
    """All that the pump knows and may tell."""


@dataclass(frozen=True)
class Ready:
    """What a press would do now, for the handset."""


@dataclass(frozen=True)
class SendProgram:
    """New orders, as text and as the doses that the programmer reads in it.

    ``basis`` is the `Reading.basis` that the new program was shown beside.
    """

    text: str
    orders: Orders
    basis: str

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_PROGRAM:
            raise ValueError(f"a program has at most {LONGEST_PROGRAM} letters")
        _check_hash(self.basis)


@dataclass(frozen=True)
class TellRefill:
    """What a pump is told at a refill."""

    refilled: Refilled
    basis: str

    def __post_init__(self) -> None:
        _check_hash(self.basis)


@dataclass(frozen=True)
class Settle:
    """What became of the request with this id; one that has not come by now is never carried out."""

    request: str

    def __post_init__(self) -> None:
        _check_id(self.request)


@dataclass(frozen=True)
class Unpair:
    """A key is to be known no more."""

    fingerprint: str

    def __post_init__(self) -> None:
        _check_hash(self.fingerprint)


Ask = (
    Pair
    | Interrogate
    | Ready
    | SendProgram
    | FirstFill
    | TellRefill
    | Settle
    | Unpair
    | Press
    | Prime
    | Reset
    | Stop
    | Resume
    | Mute
)


@dataclass(frozen=True)
class Request:
    """What is asked, under an id of its own."""

    ask: Ask
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        _check_id(self.id)


@dataclass(frozen=True)
class Welcome:
    """The pump's answer to a pairing: its own proof, serial number and model."""

    proof: str
    serial: str
    model: str


@dataclass(frozen=True)
class Sounding:
    """An alarm that sounds since ``at`` (ms on the counter)."""

    at: int
    name: str
    priority: str


@dataclass(frozen=True)
class KnownKey:
    """A key that the pump is paired with."""

    fingerprint: str
    role: str
    name: str


@dataclass(frozen=True)
class Fill:
    """What a pump that was filled has counted: volumes in pL, doses in ng by drug, times in ms on the counter.

    ``asked`` is the flow that the program asks for now and ``flow`` the one that the motor is driven at (pL/ms).
    ``bridge`` is what would bring the old drug out after a refill; nothing where the program gives nothing.
    ``refusal`` is why a press would be refused now; empty if it would not be.
    """

    settings: Settings
    began: int = field(metadata={"signed": True})
    steps: int
    reservoir_pL: int
    booked: tuple[tuple[str, Fraction], ...]
    battery_ns: int
    asked: Fraction
    flow: Fraction
    bridging: bool
    bridge: Bridge | None
    stopped: bool
    safe: bool
    refusal: str


@dataclass(frozen=True)
class Reading:
    """The pump's answer to an interrogation.

    ``now`` is its counter and ``wall_ms`` its local clock (ms since 1970-01-01 00:00); ``fill`` is nothing before the first
    fill. ``failed`` says why the pump has failed safe; ``uncertain`` that it does not know what its motor did last. ``basis``
    changes with everything that a program or refill is shown beside.
    """

    serial: str
    model: str
    now: int
    wall_ms: int
    offset_minutes: int = field(metadata={"signed": True})
    program: str
    basis: str
    fill: Fill | None
    failed: str
    uncertain: bool
    alarms: tuple[Sounding, ...]
    keys: tuple[KnownKey, ...]
    events: tuple[Entry, ...]
    faults: tuple[Entry, ...]


@dataclass(frozen=True)
class Readiness:
    """The pump's answer to a handset: why a press would be refused now, empty if it would not be; alarms that sound."""

    refusal: str
    alarms: tuple[Sounding, ...]


@dataclass(frozen=True)
class Became:
    """What became of another request: it was done, or refused with a reason; or it never came and never will be done."""

    outcome: Literal["done", "refused", "never"]
    reason: str


@dataclass(frozen=True)
class Answer:
    """Whether the request ``id`` was done, or refused with a reason, and what the pump tells with it."""

    id: str
    outcome: Literal["done", "refused"]
    reason: str = ""
    told: Reading | Readiness | Welcome | Became | None = None


def request_bytes(request: Request) -> bytes:
    """A request as it goes into a frame."""
    return to_text(Request, request).encode()


def read_request(data: bytes) -> Request:
    """Raises `EncodingError`."""
    return from_text(Request, data, LONGEST_REQUEST)


def answer_bytes(answer: Answer) -> bytes:
    """An answer as it goes into a frame."""
    return to_text(Answer, answer).encode()


def read_answer(data: bytes) -> Answer:
    """Raises `EncodingError`."""
    return from_text(Answer, data, LONGEST_ANSWER)


def _check_id(text: str) -> None:
    if not _ID.fullmatch(text):
        raise ValueError("an id has 32 signs, 0 to 9 and a to f")


def _check_hash(text: str) -> None:
    if not _HASH.fullmatch(text):
        raise ValueError("a fingerprint has 64 signs, 0 to 9 and a to f")
