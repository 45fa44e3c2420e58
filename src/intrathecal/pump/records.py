"""What the pump writes into its memory: everything that happened, in order, so that reading it again rebuilds the pump."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from intrathecal.pump.book import Identity, Paired
from intrathecal.pump.controller import Event
from intrathecal.pump.encoding import EncodingError, from_text, to_text
from intrathecal.pump.settings import Settings


@dataclass(frozen=True)
class FirstFill:
    """The first fill and everything that the pump must know; ``age_ms`` have passed since it was implanted.

    ``wall_ms`` is the local clock now (ms since 1970), ``offset_minutes`` what it is ahead of UTC. The settings' own clock
    is worked out from them.
    """

    settings: Settings
    volume_pL: int
    age_ms: int
    wall_ms: int
    offset_minutes: int = field(metadata={"signed": True})


@dataclass(frozen=True)
class Born:
    """A new pump."""

    identity: Identity


@dataclass(frozen=True)
class Opened:
    """The pump has power (again); ``utc`` is its wall clock (ms since 1970)."""

    at: int
    utc: int
    version: str


@dataclass(frozen=True)
class Filled:
    """The first fill, with the rotor at ``rotor`` and the wall clock at ``utc``."""

    at: int
    rotor: int
    utc: int
    fill: FirstFill
    by: str
    request: str
    text: str


@dataclass(frozen=True)
class Intent:
    """The motor is about to be driven to ``target``, which brings the pump to the time ``to``."""

    to: int
    target: int


@dataclass(frozen=True)
class Done:
    """The motor was driven for the intent before; the rotor stands at ``rotor``, after so many tries."""

    to: int
    rotor: int
    tries: int


@dataclass(frozen=True)
class Passed:
    """Time passed and no step was due."""

    to: int


@dataclass(frozen=True)
class Settled:
    """The rotor was read after a time without power or motor; no intent is open any more."""

    at: int
    rotor: int


@dataclass(frozen=True)
class Aligned:
    """A programmer's reset: from now on the rotor's position is the count's."""

    at: int
    rotor: int


@dataclass(frozen=True)
class Told:
    """An event, who caused it, and the request that brought it; ``refused`` says why the controller never saw it."""

    at: int
    event: Event
    by: str
    request: str
    text: str
    refused: str


@dataclass(frozen=True)
class Noted:
    """A line for the log."""

    at: int
    kind: str
    text: str
    by: str
    fault: bool


@dataclass(frozen=True)
class Kept:
    """A text that somebody keeps in the book."""

    at: int
    name: str
    value: str


@dataclass(frozen=True)
class KeyPaired:
    """A key is known from now on."""

    at: int
    fingerprint: str
    paired: Paired


@dataclass(frozen=True)
class KeyForgotten:
    """A key is not known any more."""

    at: int
    fingerprint: str
    by: str


@dataclass(frozen=True)
class Burnt:
    """A request that never arrived, and must not be done if it still does."""

    at: int
    request: str


Seldom = Born | Opened | Filled | Settled | Aligned | Told | Noted | Kept | KeyPaired | KeyForgotten | Burnt
Record = Seldom | Intent | Done | Passed

#: The records of every single step are short: a letter and its numbers.
_OFTEN = re.compile(rb"(?:I (\d{1,18}) (\d{1,18})|D (\d{1,18}) (\d{1,18}) (\d)|P (\d{1,18}))", re.ASCII)


def to_payload(record: Record) -> bytes:
    """The record as the memory keeps it. Raises `EncodingError` for a value that cannot be kept."""
    match record:
        case Intent(to, target):
            return b"I %d %d" % (to, target)
        case Done(to, rotor, tries):
            return b"D %d %d %d" % (to, rotor, tries)
        case Passed(to):
            return b"P %d" % to
        case _:
            return to_text(Seldom, record).encode("ascii")


def from_payload(payload: bytes) -> Record:
    """The record that `to_payload` wrote. Raises `EncodingError`."""
    if payload[:1] == b"{":
        record: Record = from_text(Seldom, payload)
        return record
    match = _OFTEN.fullmatch(payload)
    if match is None:
        raise EncodingError("is no record of a pump")
    numbers = [int(text) for text in match.groups() if text is not None]
    kinds: dict[bytes, type[Intent | Done | Passed]] = {b"I": Intent, b"D": Done, b"P": Passed}
    return kinds[payload[:1]](*numbers)
