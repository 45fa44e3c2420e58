"""What the pump keeps beside its state: logs, keys, and what became of each request."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from intrathecal.quantities import shorten

#: Entries that the logs hold at least; the oldest are overwritten first.
EVENTS = 2048
FAULTS = 1024
#: Requests whose outcome is remembered, so that none is done twice.
ANSWERS = 512
#: Keys and texts that others keep here.
MOST_PAIRED = 32
MOST_KEPT = 16
LONGEST_KEPT = 4096
#: Characters of a log entry's text.
LONGEST_ENTRY = 300


@dataclass(frozen=True)
class Identity:
    """Which pump this is, and the version of what runs in it."""

    serial: str
    model: str
    version: str


@dataclass(frozen=True)
class Entry:
    """A line of a log. Equal neighbours are one entry with a ``count``, from ``at`` to ``last`` (ms on the counter).

    ``date`` is the local time of the first (ms since 1970); ``number`` rises by one and never begins again.
    """

    number: int
    at: int
    last: int
    date: int
    count: int
    kind: str
    text: str
    by: str


@dataclass(frozen=True)
class Answered:
    """What became of a request: ``reason`` is empty when it was done."""

    at: int
    reason: str


@dataclass(frozen=True)
class Paired:
    """A key that the pump knows: the role of who holds it, a name, and the certificate as text."""

    role: str
    name: str
    certificate: str


@dataclass(frozen=True)
class BookImage:
    """A book as it is kept in memory."""

    identity: Identity
    zero: int = field(metadata={"signed": True})
    events: tuple[Entry, ...]
    events_number: int
    faults: tuple[Entry, ...]
    faults_number: int
    text: str
    offset_minutes: int = field(metadata={"signed": True})
    kept: tuple[tuple[str, str], ...]
    paired: tuple[tuple[str, Paired], ...]
    answers: tuple[tuple[str, Answered], ...]


class Log:
    """The newest entries of a log."""

    def __init__(self, size: int, entries: Iterable[Entry] = (), number: int = 0) -> None:
        self._entries = deque(entries, maxlen=size)
        self.number = number

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries, oldest first."""
        return tuple(self._entries)

    def add(self, at: int, date: int, kind: str, text: str, by: str) -> None:
        """One more entry, or one more of the last."""
        text = shorten(text, LONGEST_ENTRY)
        last = self._entries[-1] if self._entries else None
        if last is not None and (last.kind, last.text, last.by) == (kind, text, by):
            self._entries[-1] = replace(last, last=at, count=last.count + 1)
            return
        self.number += 1
        self._entries.append(Entry(self.number, at, at, date, 1, kind, text, by))


class Book:
    """Logs, keys and answers of one pump; only `Life` writes in it.

    ``zero`` is the local time (ms since 1970) at counter 0, ``offset_minutes`` what it is ahead of UTC; ``text`` is the
    program in force as it was sent.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.zero = 0
        self.text = ""
        self.offset_minutes = 0
        self._events, self._faults = Log(EVENTS), Log(FAULTS)
        self._kept: dict[str, str] = {}
        self._paired: dict[str, Paired] = {}
        self._answers: dict[str, Answered] = {}

    @property
    def events(self) -> tuple[Entry, ...]:
        """Every act and everything felt, oldest first."""
        return self._events.entries

    @property
    def faults(self) -> tuple[Entry, ...]:
        """Every alarm, and every fault that was mended without one, oldest first."""
        return self._faults.entries

    @property
    def kept(self) -> Mapping[str, str]:
        """Texts that others keep here."""
        return self._kept

    @property
    def paired(self) -> Mapping[str, Paired]:
        """The keys that the pump knows, by fingerprint."""
        return self._paired

    def answered(self, request: str) -> Answered | None:
        """What became of a request; None if it is not known (any more)."""
        return self._answers.get(request)

    def wall(self, at: int) -> int:
        """The local time (ms since 1970) of a time on the counter, as the clock stands now."""
        return self.zero + at

    def event(self, at: int, kind: str, text: str, by: str = "") -> None:
        """Log an act."""
        self._events.add(at, self.wall(at), kind, text, by)

    def fault(self, at: int, kind: str, text: str, by: str = "") -> None:
        """Log a fault, which is an event too."""
        self._faults.add(at, self.wall(at), kind, text, by)
        self.event(at, kind, text, by)

    def answer(self, request: str, answered: Answered) -> None:
        """Remember what became of a request."""
        self._answers[request] = answered
        while len(self._answers) > ANSWERS:
            del self._answers[next(iter(self._answers))]

    def keep(self, name: str, value: str) -> None:
        """Keep a text."""
        self._kept[name] = value

    def pair(self, fingerprint: str, paired: Paired) -> None:
        """Know a key."""
        self._paired[fingerprint] = paired

    def unpair(self, fingerprint: str) -> None:
        """Forget a key."""
        self._paired.pop(fingerprint, None)

    @property
    def image(self) -> BookImage:
        """The book as it is kept in memory."""
        return BookImage(
            self.identity,
            self.zero,
            self.events,
            self._events.number,
            self.faults,
            self._faults.number,
            self.text,
            self.offset_minutes,
            tuple(self._kept.items()),
            tuple(self._paired.items()),
            tuple(self._answers.items()),
        )

    @classmethod
    def of(cls, image: BookImage) -> Book:
        """The book that the image was made of."""
        book = cls(image.identity)
        book.zero, book.text, book.offset_minutes = image.zero, image.text, image.offset_minutes
        book._events = Log(EVENTS, image.events, image.events_number)
        book._faults = Log(FAULTS, image.faults, image.faults_number)
        book._kept, book._paired, book._answers = dict(image.kept), dict(image.paired), dict(image.answers)
        return book
