"""The device as others meet it: what it is told, what it answers, what it keeps for them.

Every event is made durable in one record with the id of the request that brought it, so that nothing is done twice and
nothing that was answered is forgotten. A pump that has failed gives nothing, sounds its alarm, and goes on answering.
"""

from __future__ import annotations

from intrathecal.pump.alarms import REPEAT_MS, REPEAT_SELDOM_MS, Alarm, Reminder
from intrathecal.pump.book import LONGEST_KEPT, MOST_KEPT, MOST_PAIRED, Answered, Book, Identity, Paired
from intrathecal.pump.controller import Event, Mute, Press, Prime, Refilled, Reset, Resume, Stop
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.engine import Engine
from intrathecal.pump.hardware import PL_PER_ML, Hardware
from intrathecal.pump.life import Life, unpack
from intrathecal.pump.memory.memory import Memory, Recovered
from intrathecal.pump.motor import Clock, Motor
from intrathecal.pump.records import (
    Born,
    Burnt,
    Filled,
    FirstFill,
    Kept,
    KeyForgotten,
    KeyPaired,
    Opened,
    Record,
    Told,
    from_payload,
)
from intrathecal.pump.sounding import Sounder
from intrathecal.pump.state import Action, PressAnswer, Refused, State
from intrathecal.quantities import InputError

#: A controller that was not called for so long was stuck: requirement 3.5.1 of the Generic Infusion Pump.
PATIENCE_MS = 90_000
NOT_FILLED = "the pump has not been filled"


class WrongPump(InputError):
    """A memory that belongs to another pump model: the message says which."""


class Unit:
    """One pump."""

    def __init__(self, engine: Engine, clock: Clock, hardware: Hardware) -> None:
        """Made by `open` and `without_memory`."""
        self.hardware = hardware
        self._engine = engine
        self._clock = clock
        self._sounders = {"critical": Sounder(REPEAT_MS), "non-critical": Sounder(REPEAT_SELDOM_MS)}
        self._sounded = ""

    @classmethod
    def open(
        cls,
        memory: Memory,
        recovered: Recovered,
        motor: Motor,
        clock: Clock,
        identity: Identity,
        hardware: Hardware,
        patience_ms: int | None = PATIENCE_MS,
    ) -> Unit:
        """The pump as its memory knows it, or a new one. Raises `WrongPump`; whatever else is amiss, it fails safe.

        ``patience_ms`` is how late (ms on the clock's counter) the pump may be called before its counter is held; None: as late
        as one likes.
        """
        try:
            life = _read(recovered, identity)
        except ValueError as problem:
            return cls.without_memory(f"its records cannot be read: {problem}", motor, clock, identity, hardware)
        if life.book.identity.model != identity.model:
            raise WrongPump(
                f"the memory is that of a {life.book.identity.model}, not of a {identity.model}; "
                "name its own model, or a new file"
            )
        engine = Engine(life, memory, motor, clock, patience_ms)
        if recovered.snapshot is None and not recovered.payloads:
            engine.write(Born(identity))
        engine.write(Opened(engine.now(), engine.utc(), identity.version))
        for repair in recovered.repairs:
            engine.note("memory", repair, fault=True)
        engine.recover()
        return cls(engine, clock, hardware)

    @classmethod
    def without_memory(cls, reason: str, motor: Motor, clock: Clock, identity: Identity, hardware: Hardware) -> Unit:
        """A pump whose memory is lost: it gives nothing and says why."""
        engine = Engine(Life(identity), None, motor, clock, None)
        engine.lose_memory(reason)
        return cls(engine, clock, hardware)

    # ---- what others may know

    @property
    def life(self) -> Life:
        """Everything remembered, to be read."""
        return self._engine.life

    @property
    def state(self) -> State | None:
        """What the controller knew when it last made something durable; None before the first fill."""
        return self.life.state

    @property
    def book(self) -> Book:
        """Logs, keys and answers, to be read."""
        return self.life.book

    @property
    def failed(self) -> str:
        """Why the pump failed safe; empty while it runs."""
        return self._engine.failed

    @property
    def remembers(self) -> bool:
        """Whether anything can still be made durable."""
        return self._engine.remembers

    @property
    def uncertain(self) -> bool:
        """Whether an act has begun of which nobody knows yet what the motor did."""
        return self.life.intent is not None

    def now(self) -> int:
        """The pump's counter (ms)."""
        return self._engine.now()

    def alarms(self) -> tuple[Alarm, ...]:
        """What sounds, and since when (ms on the counter)."""
        failure = self._engine.alarm
        lasting = tuple(Alarm(at, name) for name, at in self.life.since.items())
        return lasting if failure is None else (failure, *lasting)

    def answered(self, request: str) -> Answered | None:
        """What became of a request; None if it is not known (any more)."""
        return self.book.answered(request)

    # ---- time

    def wait_ms(self) -> int:
        """How long (ms on the counter) until `advance` must be called again."""
        state, times = self.state, [self._engine.wait_ms()]
        if self._muted():
            times.append((state.muted_until or 0) - self.now() if state is not None else 0)
        else:
            heard = self._clock.counter_ms()
            times += [self._sounders[alarm.priority].wait(heard) for alarm in self.alarms()]
        return max(0, min(times))

    def advance(self) -> list[Action]:
        """Do all that is due, one drive step per act."""
        _, actions = self._engine.advance()
        return self._sound(actions)

    def advance_quiet(self) -> list[Action]:
        """Do all that is due, one act per stretch of constant rate: the state is the same."""
        _, actions = self._engine.advance_quiet()
        return self._sound(actions)

    # ---- what it is told

    def tell(self, event: Event | FirstFill, *, by: str = "", request: str = "", text: str = "") -> list[Action]:
        """Bring the pump to now, hand it an event, and make both durable in one record.

        ``by`` says who, ``request`` is remembered with what became of it, ``text`` is the program as it was sent. A pump
        that has failed answers with the reason; while only its motor is lost it still takes what a programmer orders.
        """
        at, actions = self._engine.advance()
        if isinstance(event, FirstFill):
            actions += self._fill(event, by, request, text)
        else:
            if isinstance(event, Reset) and self._engine.reset() and self.state is not None:
                at = self.state.now
            actions += self._tell(event, at, by, request, text)
        return self._sound(actions)

    def note(self, kind: str, text: str, by: str = "", *, fault: bool = False) -> bool:
        """Write a line into the log; False if the memory is lost."""
        return self._engine.note(kind, text, by, fault=fault)

    def keep(self, name: str, value: str) -> bool:
        """Keep a text under a name; False if there is no room or no memory."""
        kept = self.book.kept
        if len(value) > LONGEST_KEPT or (name not in kept and len(kept) >= MOST_KEPT):
            return False
        return self._keep(Kept(self.now(), name, value))

    def pair(self, fingerprint: str, paired: Paired) -> bool:
        """Know a key from now on; False if there is no room or no memory."""
        if fingerprint not in self.book.paired and len(self.book.paired) >= MOST_PAIRED:
            return False
        return self._keep(KeyPaired(self.now(), fingerprint, paired))

    def unpair(self, fingerprint: str, by: str = "") -> bool:
        """Forget a key; False if the memory is lost."""
        return self._keep(KeyForgotten(self.now(), fingerprint, by))

    def burn(self, request: str) -> bool:
        """Make sure that a request that has not arrived is never done; False if the memory is lost."""
        return self.answered(request) is not None or self._keep(Burnt(self.now(), request))

    def _keep(self, record: Record) -> bool:
        try:
            return self._engine.write(record) is not None
        except EncodingError:
            return False

    def _tell(self, event: Event, at: int, by: str, request: str, text: str) -> list[Action]:
        refusal = self._refusal(event)
        if self.state is None:
            self.note("refused", f"{type(event).__name__}: {refusal}", by)
            return [_no(event, at, refusal)]
        try:
            told = self._engine.write(Told(at, event, by, request, text, refusal))
        except EncodingError as problem:
            return [_no(event, at, f"it cannot be kept: {problem}")]
        return [_no(event, at, self.failed)] if told is None else told

    def _refusal(self, event: Event) -> str:
        """Why the controller is not even told; empty if it is."""
        if self.state is None:
            return self.failed or NOT_FILLED
        if self.failed and isinstance(event, Press | Prime | Mute | Reset):
            return self.failed
        if self.hardware.fixed is not None and isinstance(event, Stop | Resume):
            return "this pump has one flow for life"
        return self._too_much(event.volume_pL) if isinstance(event, Refilled) else ""

    def _fill(self, fill: FirstFill, by: str, request: str, text: str) -> list[Action]:
        reason = self._fill_refusal(fill)
        rotor = None if reason else self._engine.rotor()
        if rotor is not None:
            record = Filled(self.now(), rotor, self._engine.utc(), fill, by, request, text)
            try:
                told = self._engine.write(record)
            except EncodingError as problem:
                told, reason = None, f"it cannot be kept: {problem}"
            if told is not None:
                return told
        reason = reason or self.failed
        self.note("fill", f"first fill: refused, {reason}", by)
        return [Refused(self.now(), reason)]

    def _fill_refusal(self, fill: FirstFill) -> str:
        if self.failed:
            return self.failed
        if self.state is not None:
            return "the pump has been filled before"
        if fill.settings.hardware != self.hardware:
            return f"the settings are for a {fill.settings.hardware.model}, this is a {self.hardware.model}"
        return self._too_much(fill.volume_pL)

    def _too_much(self, volume_pL: int) -> str:
        most = self.hardware.reservoir_pL
        return "" if volume_pL <= most else f"the reservoir holds {most / PL_PER_ML:g} mL"

    # ---- alarms

    def _muted(self) -> bool:
        """Whether alarms are silent; a failure never is."""
        return not self.failed and self.state is not None and self.state.muted(self.now())

    def _sound(self, actions: list[Action]) -> list[Action]:
        """A failure is an alarm too; alarms that go on are heard again."""
        failure = self._engine.alarm
        name = "" if failure is None else failure.name
        if failure is not None and name != self._sounded:
            actions = [*actions, failure]
        self._sounded = name
        fresh = {action.priority for action in actions if isinstance(action, Alarm)}
        return actions + [Reminder(self.now(), alarm.name) for alarm in self._heard_again(fresh)]

    def _heard_again(self, fresh: set[str]) -> list[Alarm]:
        """The alarms that must be heard now, besides those that have just begun, which have these priorities."""
        at, again = self._clock.counter_ms(), []
        for priority, sounder in self._sounders.items():
            sounding = [alarm for alarm in self.alarms() if alarm.priority == priority]
            if sounder.due(at, sounding=bool(sounding), fresh=priority in fresh, muted=self._muted()):
                again += sounding
        return again


def _no(event: Event, at: int, reason: str) -> Action:
    return PressAnswer(at, reason) if isinstance(event, Press) else Refused(at, reason)


def _read(recovered: Recovered, identity: Identity) -> Life:
    life = Life(identity) if recovered.snapshot is None else unpack(recovered.snapshot)
    for payload in recovered.payloads:
        life.apply(from_payload(payload))
    return life
