"""One pump's life, from its first fill to its last fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from random import Random

from intrathecal.pump.controller import Event, Mute, Press, Prime, Refilled, Reset, Resume, Stop
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Bridge, Orders, Settings, order
from intrathecal.pump.telemetry.checks import STANDING_STILL
from intrathecal.pump.telemetry.messages import Interrogate, SendProgram, TellRefill
from intrathecal.pump.telemetry.reading import basis_of
from intrathecal.therapy import Program
from intrathecal.torture.air import Air, Meant
from intrathecal.torture.checker import Told
from intrathecal.torture.plan import Happening, Kind, Plan
from intrathecal.torture.power import LinkFailure
from intrathecal.torture.programs import program_text
from intrathecal.torture.pump import Rig
from intrathecal.torture.reading import DAY_MS, Words
from intrathecal.torture.violation import Violation
from intrathecal.world.mechanism import WorldError
from intrathecal.world.storages import Failure, Operation

UL = 10**6
FIRST, SECOND, HANDSET = "first programmer", "second programmer", "handset"
#: Acts that a lit fuse or a failing memory is waited for.
ACTS = 60
#: Kinds around which every step is made singly.
CAREFUL: frozenset[Kind] = frozenset(
    {
        "power-cut", "bit-flip", "memory-failure", "stuck-motor", "slipping-motor", "runaway-motor", "motor-link-lost",
        "valve-leak", "mri", "battery-low", "battery-reset", "clock-jump", "controller-stuck",
    }
)  # fmt: skip
#: What people do that is no fault, and is not counted as one.
ORDINARY: frozenset[Kind] = frozenset({"press", "program", "refill", "prime", "resume", "reset", "interrogate"})


@dataclass
class Found:
    """What came of a life: how long it was, what happened in it, and the violation that ended it, if one did."""

    lasted_ms: int
    strokes: int
    single_steps: int
    single_acts: int
    looks: int
    faults: Counter[str]
    violation: Violation | None
    step: int


def live(plan: Plan) -> Found:
    """Run a plan until its end or its first violation."""
    trial: Trial | None = None
    violation = None
    try:
        trial = Trial(plan)
        trial.run()
    except Violation as found:
        violation = found
    if trial is None:
        return Found(0, 0, 0, 0, 0, Counter(), violation, 0)
    rig = trial.rig
    return Found(
        rig.real,
        rig.witness.steps_made,
        rig.single_steps,
        rig.single_acts,
        rig.checker.looks,
        trial.faults,
        violation,
        trial.step,
    )


@lru_cache(maxsize=4096)
def _orders(number: int, label: Fraction) -> tuple[str, Orders]:
    program = Program.parse(program_text(number))
    return str(program), order(program, label)


class Trial:
    """A plan on its way; ``step`` is the number of the happening that is being worked on."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rig = Rig(plan)
        self.air = Air(self.rig)
        self.faults: Counter[str] = Counter()
        self.step = 0
        self._label = Fraction(plan.label * UL)
        self._random = Random(plan.seed)  # noqa: S311 - repeatable, not secret
        self._version = (0, 0, False)

    def run(self) -> None:
        """Everything in order. Raises `Violation`."""
        self._be_filled()
        for number, happening in enumerate(self.plan.happenings, 1):
            self.step = number
            self._go(happening.at)
            if happening.kind in CAREFUL:
                self.rig.careful_until = self.rig.real + self.rig.around_ms
            self._happen(happening)
            if self.rig.checker.facts.memory_lost:
                break
        self.step += 1
        self._go(self.plan.lasts)
        self.rig.check_replay()

    def _go(self, to: int) -> None:
        """Up to ``to`` with all messages that arrive before; singly where a fault is near."""
        rig = self.rig
        while rig.real < to:
            arrives = self.air.next_at
            until = to if arrives is None else min(to, max(arrives, rig.real))
            if until == to and self.step and self._next_is_fault():
                rig.go(max(rig.real, to - rig.around_ms))
                rig.careful_until = to
            rig.go(until)
            while (arrives := self.air.next_at) is not None and arrives <= rig.real:
                self.air.arrive()

    def _next_is_fault(self) -> bool:
        happenings = self.plan.happenings
        return self.step <= len(happenings) and happenings[self.step - 1].kind in CAREFUL

    def _happen(self, happening: Happening) -> None:
        if happening.kind not in ORDINARY:
            self.faults[happening.kind] += 1
        if len(happening.copies) > 1:
            self.faults["duplicated-message"] += 1
            if list(happening.copies) != sorted(happening.copies):
                self.faults["reordered-message"] += 1
        elif not happening.copies:
            self.faults["lost-message"] += 1
        elif happening.copies[0] > 0:
            self.faults["late-message"] += 1
        if not happening.answered:
            self.faults["lost-answer"] += 1
        doing: dict[Kind, Callable[[Happening], None]] = {
            "power-cut": self._power_cut,
            "bit-flip": self._bit_flip,
            "memory-failure": self._memory_failure,
            "stuck-motor": self._stuck,
            "slipping-motor": self._slipping,
            "runaway-motor": self._runaway,
            "motor-link-lost": self._link_lost,
            "valve-leak": self._valve_leak,
            "mri": self._mri,
            "battery-low": self._battery_low,
            "battery-reset": self._battery_reset,
            "clock-jump": self._clock_jump,
            "controller-stuck": self._controller_stuck,
            "press": self._press,
            "presses-all-day": self._presses,
            "program": self._program,
            "two-programmers": self._two_programmers,
            "refill": self._refill,
            "overfill": self._refill,
            "underfill": self._refill,
            "wrong-fill": self._refill,
            "prime": self._prime,
            "stop": self._stop,
            "resume": self._resume,
            "mute": self._mute,
            "reset": self._reset,
            "interrogate": self._interrogate,
            "forged-message": self._forged,
            "garbage": lambda h: self.air.garbage(Random(h.amount).randbytes(1 + h.amount % 300)),  # noqa: S311
            "stranger": lambda h: self.air.stranger(),
            "torn-session": lambda h: self.air.torn(h.amount),
            "replayed-session": lambda h: self.air.replayed(),
        }
        doing[happening.kind](happening)

    # ---- power and memory

    def _power_cut(self, happening: Happening) -> None:
        rig = self.rig
        if happening.amount == 0:
            rig.restart(happening.lasts, idle=True)
            return
        rig.light_fuse(happening.amount, happening.lasts)
        self._until(lambda: not rig.fuse.lit)
        if rig.fuse.lit:
            rig.fuse.light(0)
            rig.restart(happening.lasts)

    def _until(self, reached: Callable[[], bool]) -> None:
        """Single acts until something has come true, but not for ever."""
        rig = self.rig
        for _ in range(ACTS):
            if reached():
                return
            rig.careful_until = rig.real + 1
            rig.go(rig.real + max(1, rig.unit.wait_ms()))

    def _bit_flip(self, happening: Happening) -> None:
        """At rest, or (``lasts``) while the pump has no power, and then it must be found at once."""
        rig = self.rig
        bit = happening.amount % (8 * rig.storage.size)
        if not happening.lasts:
            rig.storage.flip(bit)
            rig.flipped.append(bit)
            return
        rig.storage.cut()
        before = rig.storage.image
        rig.storage.flip(bit)
        rig.flipped.append(bit)
        known = len(rig.unit.book.faults)
        rig.restart(happening.lasts, idle=True)
        mended = rig.storage.image[bit // 8] == before[bit // 8]
        noted = any(entry.kind == "memory" for entry in rig.unit.book.faults[max(0, known - 1) :])
        if (
            mended
            and not noted
            and not rig.checker.facts.memory_lost
            and rig.storage.image[: 2 * 512] == before[: 2 * 512]
        ):
            raise Violation("memory", f"bit {bit} was put right and nothing was logged")

    def _memory_failure(self, happening: Happening) -> None:
        rig = self.rig
        operations: tuple[Operation, ...] = ("write", "sync", "read")
        number, lasting = 1 + happening.amount // 6 % 20, happening.amount % 2 == 0
        rig.storage.fail(Failure(number, operations[happening.amount // 2 % 3], lasting))
        rig.checker.facts.memory_failed = True
        self._until(lambda: bool(rig.unit.failed))
        rig.go(rig.real + happening.lasts)
        rig.restart(1000)

    # ---- the motor

    def _stuck(self, happening: Happening) -> None:
        self.rig.mechanism.suffer("stuck", lasts_ms=happening.lasts)

    def _slipping(self, happening: Happening) -> None:
        self.rig.mechanism.suffer("slipping", happening.amount / 100, happening.lasts)

    def _runaway(self, happening: Happening) -> None:
        if self.rig.hardware.senses_stall:
            self.rig.motor.run_away(happening.amount)

    def _link_lost(self, happening: Happening) -> None:
        rig = self.rig
        rig.motor.fail(
            LinkFailure(1 + happening.amount // 4 % 6, happening.amount % 2 == 0, happening.amount // 2 % 2 == 0)
        )
        rig.checker.facts.link_lost = True
        rig.careful_until = rig.real + happening.lasts
        self._go(rig.real + happening.lasts)
        rig.motor.fail(None)
        rig.checker.facts.link_lost = True
        rig.careful_until = rig.real + rig.around_ms

    def _valve_leak(self, happening: Happening) -> None:
        self.rig.mechanism.suffer("valve-leak", happening.amount / 1e9, happening.lasts)

    def _mri(self, happening: Happening) -> None:
        self.rig.mechanism.mri(happening.lasts)

    def _battery_low(self, happening: Happening) -> None:
        facts = self.rig.checker.facts
        facts.battery_left = min(facts.battery_left, happening.amount / 1000)
        self.rig.mechanism.drain(facts.battery_left)

    def _battery_reset(self, happening: Happening) -> None:
        facts = self.rig.checker.facts
        facts.dipped, facts.notices_dip_by = True, self.rig.unit.now() + 60_000
        self.rig.mechanism.dip()

    def _clock_jump(self, happening: Happening) -> None:
        """The wall clock is put wrong; with ``lasts`` the power fails too, so that the pump reads it."""
        self.rig.clock.jump(happening.amount)
        if happening.lasts:
            self.rig.restart(happening.lasts, idle=True)

    def _controller_stuck(self, happening: Happening) -> None:
        """Nobody calls the controller for longer than its watchdog waits."""
        rig = self.rig
        if self.plan.watched:
            rig.pass_time(happening.lasts)
            rig.checker.facts.late_ms = happening.lasts + 90_000
            rig.guarded(rig.unit.advance)
            rig.look()

    # ---- people

    def _be_filled(self) -> None:
        """First fill and first program; another program if the pump cannot run the first."""
        rig, plan = self.rig, self.plan
        rig.mechanism.inject(plan.volume_uL / 1000, {"morphine": plan.label * 1000.0})
        settings = Settings(
            hardware=rig.hardware,
            orders=STANDING_STILL,
            primary="morphine",
            labels=(("morphine", self._label),),
            low_reservoir_pL=2 * PL_PER_ML,
            clock=0,
            tubing=Fraction(100 * UL),
            catheter=Fraction(200 * UL),
        )
        fill = FirstFill(settings, plan.volume_uL * UL, 0, plan.wall_ms, 0)
        start = Happening(0, "refill")

        def filled(at: int) -> None:
            words = Words.of("stop", float(self._label))
            rig.checker.filled(
                rig.unit.life.filled, words, float(self._label), plan.volume_uL * UL, Told("stop", STANDING_STILL)
            )

        self.air.send(start, FIRST, fill, Meant("fill", filled))
        self.air.arrive()
        for number in range(plan.program, plan.program + 8):
            self._send_program(start, FIRST, number)
            self.air.arrive()
            if rig.checker.told.text != "stop":
                break

    def _send_program(self, happening: Happening, who: str, number: int) -> None:
        rig = self.rig
        text, orders = _orders(number, self._label)
        basis, version, label = basis_of(rig.unit), self._version, self._label

        def done(at: int) -> None:
            self._check_version(version)
            rig.checker.programmed(at, Words.of(text, float(label)), Told(text, orders), rig.real)
            self._version = (self._version[0] + 1, self._version[1], False)

        self.air.send(happening, who, SendProgram(text, orders, basis), Meant("program", done))

    def _check_version(self, version: tuple[int, int, bool]) -> None:
        if version != self._version:
            raise Violation("stale", "the pump had changed since the sender read it")

    def _program(self, happening: Happening) -> None:
        self._send_program(happening, FIRST, happening.amount)

    def _two_programmers(self, happening: Happening) -> None:
        self._send_program(happening, FIRST, happening.amount)
        self._send_program(
            Happening(happening.at, happening.kind, copies=(1 + happening.lasts,)), SECOND, happening.amount + 1
        )

    def _press(self, happening: Happening) -> None:
        rig = self.rig

        def done(at: int) -> None:
            rig.checker.pressed(at, "", rig.real)

        def refused(at: int, reason: str) -> None:
            if not rig.unit.failed:
                rig.checker.pressed(at, reason, rig.real)

        self.air.send(happening, HANDSET, Press(), Meant("press", done, refused))

    def _presses(self, happening: Happening) -> None:
        """A press every ``amount`` ms for ``lasts``."""
        end = self.rig.real + happening.lasts
        while self.rig.real < end:
            self._press(happening)
            self._go(min(end, self.rig.real + happening.amount))

    def _refill(self, happening: Happening) -> None:
        """``amount`` uL are told; more, less or something else is filled when the kind says so."""
        rig = self.rig
        random = Random(happening.amount)  # noqa: S311 - repeatable, not secret
        told = happening.amount % (rig.hardware.reservoir_pL // UL + 1)
        label = Fraction(random.choice((5, 10, 10, 20)) * UL)
        true_volume, true_label = told / 1000, float(label) / 1000
        match happening.kind:
            case "overfill":
                true_volume *= 1.05
            case "underfill":
                true_volume *= 0.8
            case "wrong-fill":
                true_label *= 2
            case _:
                pass
        rig.mechanism.aspirate()
        try:
            rig.mechanism.inject(true_volume, {"morphine": true_label})
        except WorldError:
            rig.mechanism.inject(told / 1000, {"morphine": true_label})
        bridge = None
        if label != self._label and random.random() < 0.7:
            bridge = Bridge(Fraction(300 * UL), Fraction(random.choice((100, 500, 3000)) * UL, DAY_MS))
        refilled = Refilled(told * UL, "morphine", (("morphine", label),), bridge)
        version = self._version

        def done(at: int) -> None:
            self._check_version(version)
            crossing = None if bridge is None else (float(bridge.volume), float(bridge.rate))
            rig.checker.refilled(at, told * UL, float(label), crossing)
            self._label = label
            self._version = (self._version[0], self._version[1] + 1, self._version[2])

        self.air.send(happening, FIRST, TellRefill(refilled, basis_of(rig.unit)), Meant("refill", done))

    def _prime(self, happening: Happening) -> None:
        volume, over = Fraction(100 * UL), 20 * 60_000

        def done(at: int) -> None:
            self.rig.checker.primed(at, float(volume), over)

        self.air.send(happening, FIRST, Prime(volume, over), Meant("prime", done))

    def _tell(self, happening: Happening, who: str, event: Event, kind: str, done: Callable[[int], None]) -> None:
        self.air.send(happening, who, event, Meant(kind, done))  # type: ignore[arg-type]

    def _stop(self, happening: Happening) -> None:
        def done(at: int) -> None:
            self.rig.checker.stopped(at)
            self._version = (*self._version[:2], True)

        self._tell(happening, SECOND, Stop(), "stop", done)

    def _resume(self, happening: Happening) -> None:
        def done(at: int) -> None:
            self.rig.checker.resumed(at)
            self._version = (*self._version[:2], False)

        self._tell(happening, FIRST, Resume(), "resume", done)

    def _mute(self, happening: Happening) -> None:
        self._tell(happening, FIRST, Mute(), "mute", lambda at: None)

    def _reset(self, happening: Happening) -> None:
        self._tell(happening, FIRST, Reset(), "reset", self.rig.checker.reset)

    def _interrogate(self, happening: Happening) -> None:
        self.air.send(happening, FIRST, Interrogate(), Meant("interrogate"))

    def _forged(self, happening: Happening) -> None:
        """One who may not: a handset that programs or stops, a stranger that presses."""
        rig = self.rig
        text, orders = _orders(happening.amount, self._label)
        asks = (SendProgram(text, orders, basis_of(rig.unit)), Stop(), Resume(), Press(), Interrogate())
        ask = asks[happening.amount % len(asks)]
        who = HANDSET if happening.amount % 2 and not isinstance(ask, Press) else "stranger"
        self.air.send(
            Happening(happening.at, happening.kind, copies=happening.copies), who, ask, Meant("forged", allowed=False)
        )
