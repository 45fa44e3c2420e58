"""A line to the pump of a record: one at a time, and what goes wrong as one sentence."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from intrathecal.programmer.client import Address
from intrathecal.programmer.errors import Refused, Uncertain, Unreachable
from intrathecal.programmer.session import Session
from intrathecal.pump.telemetry.messages import Reading
from intrathecal.quantities import InputError
from intrathecal.workstation.clinic.models import Implant

#: Whoever waits for a line that another one holds gives up after so long, s.
PATIENCE_S = 20.0
#: What messages of the command line advise, and what is said on a page by its buttons.
ADVICE = ("; read it with intrathecal", "; read the pump with intrathecal", "; run intrathecal")


class Silent(Exception):
    """A pump that was not read or did not do what it was asked: the message says why. Nothing was changed."""


class Doubtful(Exception):
    """A command left, and what became of it is not known: the message says why."""


@dataclass(frozen=True)
class _Heard:
    """The last reading of a pump, or that it was silent, and when (s on the monotonic clock)."""

    what: Reading | Silent
    at: float


_locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
#: By serial number.
_heard: dict[str, _Heard] = {}


@contextmanager
def opened(implant: Implant) -> Iterator[Session]:
    """A session that nobody else of this server disturbs. Raises `Silent`, `Doubtful`."""
    lock = _locks[implant.pk]
    if not lock.acquire(timeout=PATIENCE_S):
        raise Silent(_("Somebody else is talking to this pump. Try again in a moment."))
    try:
        with at_once(implant) as session:
            yield session
    finally:
        lock.release()


@contextmanager
def at_once(implant: Implant) -> Iterator[Session]:
    """A session that waits for nobody, for an emergency. Raises `Silent`, `Doubtful`."""
    if not implant.address:
        raise Silent(_("This pump has no address in its record, so that nothing can be read from it."))
    try:
        with Session(Address.parse(implant.address), Path(implant.key_file)) as session:
            yield session
    except Uncertain as doubt:
        raise Doubtful(plain(doubt)) from None
    except Refused as refusal:
        raise Silent(_("The pump refused: %(why)s") % {"why": plain(refusal)}) from None
    except (Unreachable, InputError) as problem:
        silence = Silent(plain(problem))
        if isinstance(problem, Unreachable):
            _heard[implant.serial] = _Heard(silence, time.monotonic())
        raise silence from None


def read(session: Session, implant: Implant) -> Reading:
    """A fresh reading of the pump that the record means; raises `Silent` for another one."""
    reading = session.read()
    check(reading, implant)
    heard(implant, reading)
    return reading


def check(reading: Reading, implant: Implant) -> None:
    """Raise `Silent` where another pump answers than the record means."""
    if reading.serial != implant.serial:
        raise Silent(
            _("What answers is pump %(other)s, and the record is about %(own)s. Correct the record first.")
            % {"other": reading.serial, "own": implant.serial}
        )


def heard(implant: Implant, reading: Reading | None) -> None:
    """Pages show this reading as now; None: a command was given, and what was read before is old."""
    if reading is None:
        _heard.pop(implant.serial, None)
    else:
        _heard[implant.serial] = _Heard(reading, time.monotonic())


def recent(implant: Implant, age_s: float) -> Reading:
    """A reading that is at most ``age_s`` old. Raises `Silent`, also where the pump was silent as recently; `Doubtful`."""
    if (known := _known(implant, age_s)) is not None:
        return known
    with opened(implant) as session:
        return _known(implant, age_s) or read(session, implant)


def _known(implant: Implant, age_s: float) -> Reading | None:
    """What was heard as recently. Raises `Silent` where that was nothing: a pump that is away holds nobody up twice."""
    found = _heard.get(implant.serial)
    if found is None or time.monotonic() - found.at > age_s:
        return None
    if isinstance(found.what, Silent):
        raise Silent(str(found.what))
    return found.what


def plain(problem: Exception) -> str:
    """A message without what it advises to type."""
    text = str(problem)
    for advice in ADVICE:
        text = text.partition(advice)[0]
    return text
