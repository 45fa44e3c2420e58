"""Everything that a pump remembers, and the one way in which it changes: a record that is applied.

A record is applied after it has been made durable, and again when the memory is read; both times it does the same, so that
reading the records again rebuilds the pump to the last remainder.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace

from intrathecal.pump.alarms import Alarm
from intrathecal.pump.book import Answered, Book, BookImage, Identity
from intrathecal.pump.controller import Event, Press, Rotor, Strayed, Tick, fresh, step
from intrathecal.pump.counting import made_ahead, not_made
from intrathecal.pump.encoding import from_text, to_text
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.limits import check_program
from intrathecal.pump.records import (
    Aligned,
    Born,
    Burnt,
    Done,
    Filled,
    Intent,
    Kept,
    KeyForgotten,
    KeyPaired,
    Noted,
    Opened,
    Passed,
    Record,
    Settled,
    Told,
)
from intrathecal.pump.sentences import answer_of, headline
from intrathecal.pump.state import Action, PressAnswer, ProgramRefused, Refused, State, Stretch

#: From 1 January 1970, a Thursday, to the first Monday: `Settings.clock` counts from a Monday.
FIRST_MONDAY_MS = 4 * DAY_MS
#: How much unpacked text a snapshot may hold.
LONGEST_IMAGE = 64 * 2**20
#: The faults that a log shows for a motor: a step that needed another try, and steps that nobody asked for.
SLIPPED = "slipping"
STRAYED = "rotor"
#: And a program that broke its limit because the bridge before it had stood.
HELD_UP = "limit"


@dataclass(frozen=True)
class LifeImage:
    """A life as a snapshot keeps it."""

    counter: int
    state: State | None
    origin: int = field(metadata={"signed": True})
    intent: Intent | None
    tried_at: int | None
    astray: bool
    utc_to_local: int = field(metadata={"signed": True})
    since: tuple[tuple[str, int], ...]
    book: BookImage


class Life:
    """A pump's memory of itself.

    ``counter`` is the last time that is known (ms); ``origin`` the rotor's position when nothing had been counted; ``intent``
    the act that has begun and of which it is not known whether the motor moved; ``tried_at`` when a standing motor was last
    tried; ``astray`` whether it went further than it was asked to since a person last looked; ``since`` when each sounding
    alarm began.
    """

    def __init__(self, identity: Identity) -> None:
        self.counter = 1
        self.state: State | None = None
        self.origin = 0
        self.intent: Intent | None = None
        self.tried_at: int | None = None
        self.astray = False
        self.utc_to_local = 0
        self.since: dict[str, int] = {}
        self.book = Book(identity)
        self._plan: tuple[State, int, State, list[Action]] | None = None

    @property
    def image(self) -> LifeImage:
        """What a snapshot keeps; two lives are the same when their images are equal."""
        since = tuple(self.since.items())
        return LifeImage(
            self.counter,
            self.state,
            self.origin,
            self.intent,
            self.tried_at,
            self.astray,
            self.utc_to_local,
            since,
            self.book.image,
        )

    @classmethod
    def of(cls, image: LifeImage) -> Life:
        """The life that an image was made of."""
        life = cls(image.book.identity)
        life.counter, life.state, life.origin, life.intent = image.counter, image.state, image.origin, image.intent
        life.tried_at, life.astray, life.utc_to_local = image.tried_at, image.astray, image.utc_to_local
        life.since = dict(image.since)
        life.book = Book.of(image.book)
        return life

    @property
    def filled(self) -> State:
        """The state of a pump that has been told its first fill."""
        if self.state is None:
            raise ValueError("the pump has not been filled")
        return self.state

    @property
    def position(self) -> int:
        """Where the rotor must stand if it made every step that is counted."""
        return self.origin + (0 if self.state is None else self.state.steps)

    def plan(self, to: int) -> State:
        """The state at ``to`` if the motor makes every step that is due until then."""
        return self._planned(to)[0]

    def apply(self, record: Record) -> list[Action]:
        """Let the record have happened; returns what the pump does or answers. Raises `ValueError` if it cannot have."""
        match record:
            case Intent():
                self.filled  # noqa: B018 - an act without a state is no act
                self.intent = record
                return []
            case Done(to, rotor, tries):
                actions = self._done(to, rotor, tries)
            case Passed(to):
                actions = self._step(Tick(), to)
            case Settled(at, rotor):
                actions = self._settled(at, rotor)
            case Told():
                actions = self._told(record)
            case Filled():
                actions = self._filled(record)
            case _:
                self._write(record)
                actions = []
        if self.state is not None:
            self.counter = max(self.counter, self.state.now)
            self._listen(self.state, actions)
        return actions

    def _planned(self, to: int) -> tuple[State, list[Action]]:
        state = self.filled
        if self._plan is None or self._plan[0] is not state or self._plan[1] != to:
            self._plan = (state, to, *step(state, Tick(), to))
        return self._plan[2], self._plan[3]

    def _step(self, event: Event, at: int) -> list[Action]:
        if isinstance(event, Tick):
            self.state, actions = self._planned(at)
            return list(actions)
        self.state, actions = step(self.filled, event, at)
        return actions

    def _done(self, to: int, rotor: int, tries: int) -> list[Action]:
        """The count follows the rotor: what it did not make is taken back, what it made too much is counted."""
        if self.intent is None or self.intent.to != to:
            raise ValueError("a motor was driven without an intent")
        target, before = self.intent.target, self.position
        if not self.filled.settings.hardware.senses_stall:
            rotor = max(rotor, target)  # nothing tells of a step that failed: what was intended may have flowed
        self.intent = None
        trying = self.filled.stalled
        actions = self._step(Tick(), to)
        state = self.filled
        missing = target - rotor
        if trying:
            self.tried_at = to
            return actions + self._tried(to, made=min(rotor, target) - before, strayed=rotor - target)
        if missing > 0:
            labels = [action.labels for action in actions if isinstance(action, Stretch)][-1]
            self.state = not_made(state, min(missing, target - before), labels)
            self.tried_at = to
            actions += self._step(Rotor(stalled=True), to)
        elif tries > 1:
            self.book.fault(to, SLIPPED, "a step was made at the second try")
        return actions + self._strayed(to, -missing)

    def _tried(self, at: int, made: int, strayed: int) -> list[Action]:
        """A motor that stood was tried again."""
        if made <= 0:
            return []
        self.state = made_ahead(self.filled, made)
        return self._turned(at) + self._strayed(at, strayed)

    def _turned(self, at: int) -> list[Action]:
        actions = self._step(Rotor(stalled=False), at)
        if reason := answer_of(actions):
            self.book.fault(at, HELD_UP, f"the pump was stopped after a stall: {reason}")
        return actions

    def _settled(self, at: int, rotor: int) -> list[Action]:
        """What an open intent drove is counted ahead of its time; what goes beyond it, on top."""
        asked = 0 if self.intent is None else self.intent.target - self.position
        self.intent = None
        self.counter = max(self.counter, at)
        found = rotor - self.position
        if found <= 0:
            return []
        made = min(found, asked)
        actions: list[Action] = []
        if made > 0:
            self.state = made_ahead(self.filled, made)
            self.book.event(at, "recovery", f"{made} steps that had begun were found done")
            if self.filled.stalled:
                actions = self._turned(self.filled.now)
        return actions + self._strayed(at, found - made)

    def _strayed(self, at: int, steps: int) -> list[Action]:
        if steps <= 0:
            return []
        self.astray = True
        self.book.fault(at, STRAYED, f"the rotor stood {steps} steps further on than it was asked to go")
        return self._step(Strayed(steps), self.filled.now)

    def _told(self, record: Told) -> list[Action]:
        at, event = record.at, record.event
        actions: list[Action]
        if not record.refused:
            actions = self._step(event, at)
            refused = any(isinstance(action, ProgramRefused) for action in actions)
            if record.text and not refused:
                self.book.text = record.text
        elif isinstance(event, Press):
            actions = [PressAnswer(at, record.refused)]
        else:
            actions = [Refused(at, record.refused)]
        self._enter(at, headline(event, actions), actions, record.by, record.request)
        return actions

    def _filled(self, record: Filled) -> list[Action]:
        at, fill = record.at, record.fill
        settings = replace(fill.settings, clock=fill.wall_ms - FIRST_MONDAY_MS - at)
        breach = check_program(settings, (), at)
        if breach is not None:
            actions: list[Action] = [ProgramRefused(at, breach)]
        else:
            self.origin = record.rotor
            self.utc_to_local = fill.wall_ms - record.utc
            self.book.offset_minutes, self.book.text = fill.offset_minutes, record.text
            self.state = fresh(settings, fill.volume_pL, at, fill.age_ms)
            actions = self._step(Tick(), at)
        self._enter(at, ("fill", "first fill"), actions, record.by, record.request)
        return actions

    def _enter(self, at: int, head: tuple[str, str], actions: list[Action], by: str, request: str) -> None:
        """Log what was asked and what became of it, and remember the answer."""
        self.counter = max(self.counter, at)
        kind, text = head
        reason = answer_of(actions)
        self.book.event(at, kind, f"{text}: refused, {reason}" if reason else text, by)
        if request:
            self.book.answer(request, Answered(at, reason))

    def _write(self, record: Record) -> None:
        """What changes the book alone."""
        book = self.book
        match record:
            case Noted(at, kind, text, by, fault):
                (book.fault if fault else book.event)(at, kind, text, by)
            case Kept(_, name, value):
                book.keep(name, value)
            case KeyPaired(at, fingerprint, paired):
                book.pair(fingerprint, paired)
                book.event(at, "pairing", f"{paired.role} {paired.name} {fingerprint[:8]} is paired")
            case KeyForgotten(at, fingerprint, by):
                book.unpair(fingerprint)
                book.event(at, "pairing", f"{fingerprint[:8]} is not known any more", by)
            case Burnt(at, request):
                book.answer(request, Answered(at, "it never arrived"))
            case Aligned(at, rotor):
                self.astray = False
                self.origin = rotor - (0 if self.state is None else self.state.steps)
                book.event(at, STRAYED, "the rotor's position was taken as it is")
            case Opened(at, utc, version):
                self._opened(at, utc, version)
            case Born(identity):  # pragma: no branch - the last there is
                book.identity = identity
        self.counter = max(self.counter, getattr(record, "at", 0))

    def _opened(self, at: int, utc: int, version: str) -> None:
        if self.state is None:
            self.book.zero = utc - at
        else:
            self.state = replace(self.state, muted_until=None)
        self.book.identity = replace(self.book.identity, version=version)
        self.book.event(at, "power", f"started, version {version}")

    def _listen(self, state: State, actions: list[Action]) -> None:
        """Keep the dates, and log the alarms that began and ended."""
        self.book.zero = FIRST_MONDAY_MS + state.settings.clock
        for action in actions:
            if isinstance(action, Alarm):
                self.since[action.name] = action.at
                self.book.fault(action.at, "alarm", f"{action.name} ({action.priority})")
        for name in [name for name in self.since if name not in state.sounding]:
            del self.since[name]
            self.book.event(state.now, "alarm", f"{name} ended")


def pack(life: Life) -> bytes:
    """A snapshot of everything."""
    return zlib.compress(to_text(LifeImage, life.image).encode("ascii"), 1)


def unpack(snapshot: bytes) -> Life:
    """The life that `pack` packed. Raises `ValueError` for anything else."""
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(snapshot, LONGEST_IMAGE)
    except zlib.error:
        raise ValueError("the snapshot cannot be unpacked") from None
    if not unpacking.eof:
        raise ValueError("the snapshot is longer than any")
    return Life.of(from_text(LifeImage, text))
