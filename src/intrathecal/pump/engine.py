"""Memory, motor and counter of a pump, kept in step.

The order of every act: the intent is made durable, the motor is driven to an absolute position, the rotor is read, and what
it did is made durable. After a loss of power the rotor tells what an open intent did; nothing is ever repeated.

The pump keeps a counter of its own (ms). It stands still without power, without a motor, and while nobody called for longer
than a watchdog waits: lockouts and limits only get longer by it, and nothing is made up for in a burst.
"""

from __future__ import annotations

from intrathecal.pump.alarms import MEMORY_FAILURE, MOTOR_FAILURE, Alarm
from intrathecal.pump.controller import BatteryReset, BatterySensed, ClockSeen
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.life import FIRST_MONDAY_MS, Life, pack
from intrathecal.pump.memory.memory import Memory, MemoryFull, MemoryLost
from intrathecal.pump.memory.storage import StorageError
from intrathecal.pump.motor import Clock, Motor, MotorLost, MotorTaken
from intrathecal.pump.records import Aligned, Done, Intent, Noted, Passed, Record, Settled, Told, to_payload
from intrathecal.pump.state import Action
from intrathecal.pump.timing import next_step, next_stretch, next_try

#: The counter is made durable at least this often, so that no more of it is lost with the power.
HEARTBEAT_MS = 60_000
#: A motor that cannot be reached is looked for again this often.
RETRY_MS = 1_000
#: Both copies of the memory are read again and compared this often, and before each snapshot.
SCRUB_MS = 7 * DAY_MS
LOOK = "look at the pump, then reset it"


class Engine:
    """What drives a pump, and how it fails: ``failed`` says why, ``failure`` is the alarm, both empty while it runs."""

    def __init__(self, life: Life, memory: Memory | None, motor: Motor, clock: Clock, patience_ms: int | None) -> None:
        """``patience_ms`` is how long nobody may call before the counter is held; None: for as long as they like."""
        self.life = life
        self.failed = ""
        self.failure = ""
        self._memory = memory
        self._motor = motor
        self._clock = clock
        self._patience = patience_ms
        self._failed_at = life.counter
        self._base = life.counter
        self._since = self._called = self._scrubbed = clock.counter_ms()
        self._retry_at: int | None = None
        self._next: tuple[object, int | None, int] | None = None

    @property
    def running(self) -> bool:
        """Whether the pump can be driven."""
        return not self.failed and self.life.state is not None

    @property
    def remembers(self) -> bool:
        """Whether the memory still takes records."""
        return self._memory is not None

    @property
    def alarm(self) -> Alarm | None:
        """The failure as an alarm."""
        return Alarm(self._failed_at, self.failure) if self.failed else None

    def now(self) -> int:
        """The counter (ms); it never goes back while there is power."""
        if self.failed:
            return self._failed_at
        return self._base + self._clock.counter_ms() - self._since

    def wait_ms(self) -> int:
        """How long until there is something to do."""
        times = [HEARTBEAT_MS]
        if self._retry_at is not None:
            times.append(self._retry_at - self._clock.counter_ms())
        if self.running:
            now = self.now()
            times += [self._next_step() - now, self.life.filled.now + HEARTBEAT_MS - now]
        return max(0, min(times))

    # ---- durable

    def write(self, record: Record) -> list[Action] | None:
        """Make a record durable, then let it have happened; None when the memory is lost.

        Raises `EncodingError` for a record that cannot be kept; nothing has happened then.
        """
        if self._memory is None:
            return None
        payload = to_payload(record)
        longest = self._memory.longest_payload
        if len(payload) > longest:
            raise EncodingError(f"it takes {len(payload)} bytes; this memory keeps {longest} at once")
        repairs: tuple[str, ...] = ()
        try:
            if self._memory.full:
                # Both copies are put right first: none is whole by itself while a snapshot is written.
                repairs = self._memory.scrub()
                self._memory.compact(pack(self.life))
            self._memory.append(payload)
        except (StorageError, MemoryLost, MemoryFull, EncodingError) as problem:
            self.lose_memory(str(problem))
            return None
        actions = self.life.apply(record)
        self._report(repairs)
        return actions

    def note(self, kind: str, text: str, by: str = "", *, fault: bool = False) -> bool:
        """Write a line into the log; False if it cannot be kept."""
        return self.write(Noted(self.now(), kind, text, by, fault)) is not None

    # ---- acts

    def advance(self) -> tuple[int, list[Action]]:
        """Do all that is due, one drive step per act; returns the time by which it was due, and what was done."""
        actions = self._wake()
        now = self.now()
        # Until the time at which it was called, and no further: where a step takes longer than the time between two
        # steps, what is due would never end.
        while self.running and (to := self._next_step()) <= now:
            actions += self._act(to)
        if self.running and now - self.life.filled.now >= HEARTBEAT_MS:
            actions += self._act(now)
        return self._feel(now, actions)

    def advance_quiet(self) -> tuple[int, list[Action]]:
        """The same with one act per stretch of constant rate: the state that is reached is the same."""
        actions = self._wake()
        now = self.now()
        while self.running and self.life.filled.now < now:
            actions += self._act(min(next_stretch(self.life.filled, self.life.tried_at), now))
        return self._feel(now, actions)

    def _next_step(self) -> int:
        state, tried_at = self.life.filled, self.life.tried_at
        if self._next is None or self._next[0] is not state or self._next[1] != tried_at:
            self._next = (state, tried_at, next_step(state, tried_at))
        return self._next[2]

    def _act(self, to: int) -> list[Action]:
        """Bring the pump to ``to``: intent, motor, rotor, commit. No change of rate lies in between."""
        life, state = self.life, self.life.filled
        trial = next_try(state, life.tried_at)
        steps = 1 if trial is not None and to >= trial else life.plan(to).steps - state.steps
        if steps == 0:
            return self.write(Passed(to)) or []
        target = life.position + steps
        if self.write(Intent(to, target)) is None:
            return []
        try:
            rotor, tries = self._motor.move_to(target), 1
            if rotor < target:
                rotor, tries = self._motor.move_to(target), 2
        except MotorLost as lost:
            self._lose_motor(lost)
            return []
        actions = self.write(Done(to, rotor, tries)) or []
        if rotor > target:
            self._fail(
                MOTOR_FAILURE, "motor failure: it went further than it was asked to; look at it, then reset the pump"
            )
        return actions

    def _feel(self, now: int, actions: list[Action]) -> tuple[int, list[Action]]:
        """Tell the controller what the electronics felt; nothing is due at ``now``."""
        at = now if self.running or self.life.state is None else self.life.filled.now
        for signal in self._motor.signals():
            if self.life.state is not None:
                event = BatteryReset() if signal.kind == "battery-reset" else BatterySensed(signal.left)
                actions += self.write(Told(at, event, "", "", "", "")) or []
        return at, actions

    # ---- waking, failing, recovering

    def _wake(self) -> list[Action]:
        """Look after motor, watchdog and memory before anything is done."""
        heard = self._clock.counter_ms()
        late, self._called = heard - self._called, heard
        if self._retry_at is not None and heard >= self._retry_at:
            return self.recover()
        if not self.failed and self._patience is not None and late > self._patience:
            self._base, self._since = max(self.life.counter, self.now() - late), heard
            self.note("watchdog", "nobody called the controller in time; its counter stood still meanwhile", fault=True)
            return self._see_clock()
        if self._memory is not None and heard - self._scrubbed >= SCRUB_MS:
            self._scrubbed = heard
            self._scrub(self._memory)
        return []

    def _scrub(self, memory: Memory) -> None:
        try:
            repairs = memory.scrub()
        except (MemoryLost, StorageError) as problem:
            self.lose_memory(str(problem))
            return
        self._report(repairs)

    def _report(self, repairs: tuple[str, ...]) -> None:
        """What was masked is logged, and not sounded."""
        for repair in repairs:
            self.note("memory", repair, fault=True)

    def _see_clock(self) -> list[Action]:
        """The wall clock ran on while the counter stood: the schedule may follow it."""
        state = self.life.state
        if state is None:
            return []
        wall = self._clock.wall_ms() + self.life.utc_to_local - FIRST_MONDAY_MS
        return self.write(Told(state.now, ClockSeen(max(0, wall)), "", "", "", "")) or []

    def recover(self) -> list[Action]:
        """Read the rotor, settle an open intent by it, and go on from the last time that is known."""
        life, before = self.life, self.failure
        try:
            rotor = self._motor.rotor()
        except MotorLost as lost:
            self._lose_motor(lost)
            return []
        actions: list[Action] = []
        if life.intent is not None or (life.state is not None and rotor > life.position):
            actions = self.write(Settled(life.counter, rotor)) or []
        if self._memory is None:
            return actions
        self.failed, self.failure, self._retry_at = "", "", None
        self._base, self._since = life.counter, self._clock.counter_ms()
        if life.state is not None and rotor < life.position:
            self._fail(MOTOR_FAILURE, f"motor failure: the rotor stands at {rotor}, short of {life.position}; {LOOK}")
        self._look_at_motor()
        if self.failed:
            return actions
        if before:
            self.note("motor", "the motor answers again")
        return actions + self._see_clock()

    def _look_at_motor(self) -> None:
        """One that went further than it was asked to is not driven again before a person has looked at it."""
        if self.life.astray and self._memory is not None:
            self._fail(MOTOR_FAILURE, f"motor failure: it went further than it was asked to; {LOOK}")

    def reset(self) -> bool:
        """A programmer frees the motor; one that had failed is taken at the position where it stands, and True returned."""
        try:
            self._motor.reset()
            rotor = self._motor.rotor()
        except MotorLost as lost:
            self._lose_motor(lost)
            return True
        if self.failure != MOTOR_FAILURE:
            return False
        if self.life.intent is not None:
            self.write(Settled(self.life.counter, rotor))
        if rotor != self.life.position or self.life.astray:
            self.write(Aligned(self.life.counter, rotor))
        self.recover()
        return True

    def rotor(self) -> int | None:
        """Where the rotor stands; None when the motor is lost."""
        try:
            return self._motor.rotor()
        except MotorLost as lost:
            self._lose_motor(lost)
            return None

    def utc(self) -> int:
        """The wall clock: ms since 1970."""
        return max(0, self._clock.wall_ms())

    def lose_memory(self, reason: str) -> None:
        """Nothing can be made durable any more: nothing is done any more."""
        self._memory, self._retry_at = None, None
        self._fail(MEMORY_FAILURE, f"memory failure: {reason}")

    def _lose_motor(self, lost: MotorLost) -> None:
        if self._memory is not None:
            self._fail(MOTOR_FAILURE, f"motor failure: {lost}")
            # Another pump's motor is never taken back without a person.
            self._retry_at = None if isinstance(lost, MotorTaken) else self._clock.counter_ms() + RETRY_MS

    def _fail(self, failure: str, reason: str) -> None:
        """Give nothing more, and stop the counter where it was last known."""
        known = self.failure == failure
        self._failed_at = self.life.counter
        self.failed, self.failure = reason, failure
        if not known:
            self.note("alarm", f"{failure}: {reason}", fault=True)
