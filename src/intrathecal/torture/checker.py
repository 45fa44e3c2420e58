"""The invariants, checked after every event by sums of the torture's own.

What flowed comes from the world's journal, what should have flowed from a second reading of the words that were sent; the pump
is asked only for what it shows: its count, its clock, its alarms, its log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from intrathecal.pump import alarms
from intrathecal.pump.alarms import MUTE_MS, REPEAT_MS, REPEAT_SELDOM_MS, Alarm, Reminder
from intrathecal.pump.hardware import Hardware
from intrathecal.pump.settings import Orders
from intrathecal.pump.state import Action, State
from intrathecal.pump.telemetry import messages
from intrathecal.pump.unit import Unit
from intrathecal.torture.presses import Presses
from intrathecal.torture.reading import DAY_MS, PL_PER_ML, Figures, Reading, Words
from intrathecal.torture.violation import Violation
from intrathecal.torture.witness import EDGE_STEPS, Doses, Witness
from intrathecal.world.mechanism import Mechanism

#: What the words' floating-point sums may be off (steps): 10^5 additions to 10^10 pL lose less than 1 pL, the crumbs of 10^3
#: boluses 1 pL, and the finest step is 4 000 pL.
ROUND_OFF = 0.001
#: The end of service cannot come before a battery was found with less than this part of its charge.
OLD_BATTERY = 0.1
#: From 1 January 1970 to the first Monday, when the schedule's clock begins.
FIRST_MONDAY_MS = 4 * DAY_MS
#: The counter is made durable so often at least.
HEARTBEAT_MS = 60_000


@dataclass
class Facts:
    """What the world did to the pump, for the checker: what may be wrong only because of it.

    Counted are commands of the motor that ``missed`` their target, steps that nobody asked for, dips of the battery that were
    felt; ``restarted`` is reset by each look; ``late_ms`` is how long the controller was not
    called, ``off_ms`` how long it had no power; ``wall_ms`` is the local time, right or wrong (ms since 1970).
    """

    missed: int = 0
    dips_felt: int = 0
    stray_steps: int = 0
    link_lost: bool = False
    excused_strays: int = 0
    memory_failed: bool = False
    memory_lost: bool = False
    restarted: bool = True
    battery_left: float = 1.0
    late_ms: int = 0
    off_ms: int = 0
    wall_ms: int = 0
    notices_dip_by: int | None = None
    cut_in_act: int = 0

    @property
    def ran_away(self) -> bool:
        """Whether the rotor strayed, and nobody has reset the pump since."""
        return self.stray_steps > self.excused_strays


@dataclass
class Told:
    """A program that was taken: its text and doses."""

    text: str
    orders: Orders


@dataclass
class Checker:
    """The invariants of one pump's life. Every method may raise `Violation`."""

    hardware: Hardware
    figures: Figures
    witness: Witness
    mechanism: Mechanism
    facts: Facts = field(default_factory=Facts)
    doses: Doses = field(default_factory=Doses)

    def __post_init__(self) -> None:
        self.reading: Reading | None = None
        self.told = Told("", Orders(week=()))
        self.presses = Presses()
        self._primes: list[tuple[int, float]] = []
        self._priming = False
        self.looks = 0
        self._rotor_at_first = 0
        self._rotor_at_fill = 0
        self._told_pL = 0
        self._unknown = 0
        self._limits_since = 0
        self._seen_steps = 0
        self._seen_strays = self._seen_missed = self._seen_dips = 0
        self._ahead = self._asked = 0.0
        self._real = 0
        self._counter = self._latest = 1
        self._state_now = 0
        self._failed = ""
        self._may_set_clock = False
        self._names: frozenset[str] = frozenset()
        self._heard: set[str] = set()
        self._heard_at = 0
        self._replace_at: int | None = None

    # ---- what was asked and answered

    def filled(self, state: State, words: Words, clock: int, label: float, volume_pL: int, told: Told) -> None:
        """The first fill was taken when the local time was ``clock`` (ms since a Monday)."""
        self.reading = Reading(
            self.figures,
            words,
            clock - state.now,
            label,
            volume_pL,
            now=state.now,
            began=state.now,
            origin=state.now,
        )
        self._rotor_at_first = self._rotor_at_fill = self.mechanism.rotor()
        self._seen_strays = self.facts.stray_steps
        self._told_pL, self.told = volume_pL, told
        self._counter = self._state_now = state.now

    def programmed(self, at: int, words: Words, told: Told, real: int) -> None:
        """A program was taken at ``at`` on the counter."""
        self._read(at).program(words)
        self.told = told
        self._limits_since = real

    def refilled(self, at: int, volume_pL: int, label: float, bridge: tuple[float, float] | None) -> None:
        """A refill was taken. A step that the pump does not know of yet counts as one of the new filling, as it must assume."""
        reading = self._read(at)
        reading.refill(volume_pL, self._made - self._unknown, label, bridge)
        self._told_pL, self._rotor_at_fill = volume_pL, self.mechanism.rotor() - self._unknown

    def pressed(self, at: int, reason: str, real: int) -> None:
        """A press was answered."""
        if reason and self.reading is None:
            return
        reading = self._read(at)
        empty = self._left_pL < self.figures.step_pL
        if reason:
            self.presses.refused(reading, at, reason, empty=empty)
        else:
            self.presses.given(reading, at, real, empty=empty)
            reading.press()

    def read_back(self, told: messages.Reading) -> None:
        """What an interrogation shows is what is in force."""
        fill = told.fill
        if fill is None or self.reading is None:
            return
        if told.program != self.told.text or fill.settings.orders != self.told.orders:
            raise Violation("atomic", f'"{told.program}" is read back, and "{self.told.text}" was taken last')
        if not told.uncertain and fill.steps != self.mechanism.rotor() - self._rotor_at_first:
            raise Violation("count", f"{fill.steps} steps are shown to a programmer")
        if fill.stopped != self.reading.stopped or told.now != self._counter:
            raise Violation("answer", "an interrogation shows another pump than there is")

    def stopped(self, at: int) -> None:
        """An emergency stop was taken."""
        self._read(at).stop()

    def resumed(self, at: int) -> None:
        """The stop was ended."""
        self._read(at).resume()

    def primed(self, at: int, volume: float, over: int) -> None:
        """A priming bolus was taken; it fills the line, and no limit is meant for it."""
        reading = self._read(at)
        reading.prime(volume, over)
        self._primes.append((self._real + over, volume * reading.label / PL_PER_ML))

    def reset(self, at: int) -> None:
        """A programmer's reset was taken; a rotor that had strayed is taken as it stands."""
        self._read(at).reset()
        self.facts.excused_strays = self.facts.stray_steps

    def _read(self, at: int) -> Reading:
        """The words as they stand at a time of the counter."""
        reading = self.reading
        if reading is None:
            raise Violation("answer", "a pump that was not filled took what only a filled one can")
        reading.advance(at)
        return reading

    # ---- what is looked at after every event

    def hear(self, actions: Iterable[Action], real: int) -> None:
        """Alarms that sounded."""
        for action in actions:
            if isinstance(action, Alarm | Reminder):
                self._heard.add(action.name)
                self._heard_at = real

    def look(self, unit: Unit, real: int) -> None:
        """Check everything that can be checked now."""
        self.looks += 1
        self._check_counter(unit, real)
        state = unit.state
        if self.reading is not None and state is None and not self.facts.memory_lost:
            raise Violation("memory", "the pump has forgotten that it was filled")
        if self.reading is not None and state is not None and not self.facts.memory_lost:
            bridging = self.reading.bridge_left > 0
            label = self.reading.bridge_label if bridging else self.reading.label
            self._follow(self.reading, unit, state)
            self._check_flow(self.reading, real, label)
            self._check_count(unit, state)
            self._check_dose(self.reading, unit)
            self._check_alarms(self.reading, unit, state)
            self._check_program(unit, state)
        elif self.witness.steps_made != self._seen_steps:
            raise Violation("dose", "the motor turned in a pump that was not filled, or has lost its memory")
        self._check_heard(unit, real)
        self._check_world()
        self.facts.restarted = False
        self._real = real

    def _check_counter(self, unit: Unit, real: int) -> None:
        counter, passed = unit.now(), real - self._real
        running = not (unit.failed or self._failed or self.facts.restarted)
        self._may_set_clock = (
            self.facts.restarted or self.facts.link_lost or bool(self._failed) or self.facts.late_ms > 0
        )
        if not self._failed:
            self._latest += passed - self.facts.off_ms
        self.facts.off_ms = 0
        if counter > self._latest:
            raise Violation("clock", f"the counter went on {counter - self._latest} ms more than time did")
        if not unit.failed:
            self._latest = counter
        late = self.facts.late_ms
        if running and counter < self._counter + passed - late:
            raise Violation("clock", f"the counter went on only {counter - self._counter} ms in {passed} ms")
        if counter < self._state_now:
            raise Violation("clock", f"the counter went back to {counter} from {self._state_now}, which was durable")
        self._counter, self._failed = counter, unit.failed
        self.facts.late_ms = 0

    def _follow(self, reading: Reading, unit: Unit, state: State) -> None:
        """Bring the words to the time of the last record, and take over what only the pump can know: a stall, its clock."""
        if state.now < reading.now:
            raise Violation("clock", f"the pump's time {state.now} lies before what was done at {reading.now}")
        if self._counter - state.now > HEARTBEAT_MS and not self._failed:
            raise Violation("clock", f"the counter was not made durable for {self._counter - state.now} ms")
        if state.ended and not reading.ended:
            self._check_end(reading, unit)
        reading.advance(state.now)
        self._state_now = state.now
        if state.settings.clock != reading.clock:
            self._check_clock(reading, state)
        self._check_dip(reading, state)
        if state.stalled != reading.stalled:
            self._check_stall(reading, state)
        self._seen_missed = self.facts.missed

    def _check_clock(self, reading: Reading, state: State) -> None:
        moved = state.settings.clock - reading.clock
        off = self.facts.wall_ms - FIRST_MONDAY_MS - state.settings.clock - state.now
        if moved < 0 or not self._may_set_clock or abs(off) > HEARTBEAT_MS:
            raise Violation("clock", f"the schedule's clock was moved by {moved} ms, and is now {-off} ms off")
        reading.set_clock(moved)

    def _check_dip(self, reading: Reading, state: State) -> None:
        facts = self.facts
        felt, self._seen_dips = facts.dips_felt > self._seen_dips, facts.dips_felt
        if state.safe and felt:
            reading.battery_reset()
            facts.notices_dip_by = None
        elif state.safe and not reading.safe:
            raise Violation("alarm", "a battery reset is reported that did not happen")
        by = facts.notices_dip_by
        if by is not None and state.now > by and not self._failed:
            raise Violation("alarm", "a battery reset was not noticed")

    def _check_stall(self, reading: Reading, state: State) -> None:
        if state.stalled and self.facts.missed == self._seen_missed:
            raise Violation("alarm", "a motor stall is reported of a motor that nothing held")
        if not state.stalled and self.witness.steps_made == self._seen_steps:
            raise Violation("alarm", "a motor stall is over without a step")
        reading.stalled = state.stalled

    def _check_end(self, reading: Reading, unit: Unit) -> None:
        """The pump says when its service ended; the words end there."""
        if self.facts.battery_left > OLD_BATTERY:
            raise Violation("alarm", "the end of service was reached with a good battery")
        ended = [alarm.at for alarm in unit.alarms() if alarm.name == alarms.END_OF_SERVICE]
        reading.advance(max(reading.now, *ended))
        reading.ended = True

    def _check_flow(self, reading: Reading, real: int, label: float) -> None:
        made = self.witness.steps_made - self._seen_steps
        strays = self.facts.stray_steps - self._seen_strays
        self._seen_steps, self._seen_strays = self.witness.steps_made, self.facts.stray_steps
        reading.last -= strays * self.figures.step_pL
        self.witness.check_flow(strays)
        # What a runaway motor gave on top is no decision of the pump's: no window may be full without it.
        self.doses.add(real, (made - strays) * self.figures.step_pL * label / PL_PER_ML)
        priming = any(bolus.prime and bolus.left > 0 for bolus in reading.running)
        if priming or self._priming:
            self._primes[-1] = max(self._primes[-1][0], real), self._primes[-1][1]
        self._priming = priming
        most_label = max(label, reading.label)
        edge = EDGE_STEPS * self.figures.step_pL * most_label / PL_PER_ML
        for dose, per in reading.words.limits:
            held = self.doses.fullest(per, max(self._real, self._limits_since))
            primed = sum(amount for end, amount in self._primes if end > self._real - per)
            if held > dose + edge + primed:
                raise Violation("limit", f"a window of {per} ms holds {held:.0f} ng, the limit is {dose:.0f} ng")

    @property
    def _made(self) -> int:
        """The steps that were made because they were asked for."""
        return self.mechanism.rotor() - self._rotor_at_first - self.facts.stray_steps

    @property
    def _left_pL(self) -> int:
        """What the pump should believe to hold."""
        return max(0, self._told_pL - (self.mechanism.rotor() - self._rotor_at_fill) * self.figures.step_pL)

    def _check_count(self, unit: Unit, state: State) -> None:
        rotor = self.mechanism.rotor() - self._rotor_at_first
        self._unknown = rotor - state.steps
        if unit.uncertain:
            if state.steps > rotor:
                raise Violation("count", f"{state.steps} steps are counted, the rotor made {rotor}")
            return
        if state.steps != rotor:
            raise Violation("count", f"{state.steps} steps are counted, the rotor made {rotor}")
        if state.reservoir_pL != self._left_pL:
            raise Violation("reservoir", f"{state.reservoir_pL} pL are believed to be left, {self._left_pL} are")
        if (
            self.mechanism.rotor() - self._rotor_at_fill - self.facts.stray_steps
        ) * self.figures.step_pL > self._told_pL:
            raise Violation("empty", "more was counted than was filled")
        if not self.hardware.senses_stall and self.witness.rotor > self.mechanism.rotor():
            raise Violation("count", "more flowed than the drive was told")

    def _check_dose(self, reading: Reading, unit: Unit) -> None:
        made = self._made
        asked = reading.volume / self.figures.step_pL
        # The time of an act that was cut off is forgotten: what it made comes ahead of its time, a step for each cut, and
        # nothing more is made before the words have caught up.
        self._ahead = max(0.0, self._ahead - (asked - self._asked)) + self.facts.cut_in_act
        self._asked, self.facts.cut_in_act = asked, 0
        # A step is made when the whole of it is due, never before. It is due at a whole ms: one that the rotor missed is as much
        # later than it was due as flows in one ms.
        behind = 1 + self.figures.fastest / self.figures.step_pL
        ahead = self._ahead + (1 if unit.uncertain else 0)
        if not asked - behind - ROUND_OFF <= made <= asked + ahead + ROUND_OFF:
            raise Violation("dose", f"the motor made {made} steps, the words ask for {asked:.2f}")

    def _check_alarms(self, reading: Reading, unit: Unit, state: State) -> None:
        if not self.hardware.alarms:
            return
        names = frozenset(alarm.name for alarm in unit.alarms())
        left = self._left_pL
        expected = {
            alarms.EMERGENCY_STOP: reading.stopped,
            alarms.BATTERY_RESET: reading.safe,
            alarms.MOTOR_STALL: reading.stalled,
            alarms.EMPTY_RESERVOIR: left < self.figures.step_pL,
            alarms.LOW_RESERVOIR: left <= state.settings.low_reservoir_pL,
            alarms.END_OF_SERVICE: reading.ended,
        }
        for name, holds in expected.items():
            if holds != (name in names):
                raise Violation("alarm", f'the alarm "{name}" {"does not sound" if holds else "sounds for nothing"}')
        if alarms.MOTOR_FAILURE in names and not (self.facts.link_lost or self.facts.ran_away):
            raise Violation("alarm", f"the motor is reported as failed: {unit.failed}")
        if alarms.MEMORY_FAILURE in names and not self.facts.memory_failed:
            raise Violation("alarm", f"the memory is reported as failed: {unit.failed}")
        new = names - self._names
        if new and not self.facts.restarted and not new <= self._heard | {alarms.MOTOR_FAILURE, alarms.MEMORY_FAILURE}:
            raise Violation("heard", f"no sound when {', '.join(sorted(new - self._heard))} began")
        self._names = names

    def _check_heard(self, unit: Unit, real: int) -> None:
        priorities = {alarm.priority for alarm in unit.alarms()}
        often = REPEAT_MS if "critical" in priorities else REPEAT_SELDOM_MS
        if not priorities or self.facts.restarted:
            self._heard_at = real
        elif real - self._heard_at > often + MUTE_MS + HEARTBEAT_MS:
            raise Violation("heard", f"an alarm goes on and was not heard for {real - self._heard_at} ms")
        self._heard.clear()

    def _check_program(self, unit: Unit, state: State) -> None:
        if unit.book.text != self.told.text or state.settings.orders != self.told.orders:
            raise Violation("atomic", f'"{unit.book.text}" is in force, and "{self.told.text}" was taken last')

    def _check_world(self) -> None:
        truth, witness = self.mechanism.truth, self.witness
        if witness.filled_fL != truth.volume_fL + witness.delivered_fL + witness.lost_fL or truth.volume_fL < 0:
            raise Violation("conserved", f"{truth.volume_fL} fL are left of {witness.filled_fL}")
