"""What patients, programmers and impostors do, and what it means to the checker when the pump takes it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from random import Random

from intrathecal.pump.controller import Mute, Press, Prime, Refilled, Reset, Resume, Stop
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Bridge, Orders, Settings, order
from intrathecal.pump.telemetry.checks import STANDING_STILL
from intrathecal.pump.telemetry.messages import Interrogate, SendProgram, TellRefill
from intrathecal.pump.telemetry.reading import basis_of
from intrathecal.therapy import Program
from intrathecal.torture.air import READING, Air, Meant
from intrathecal.torture.checker import FIRST_MONDAY_MS, Told
from intrathecal.torture.keys import STRANGER
from intrathecal.torture.plan import Happening
from intrathecal.torture.programs import program_text
from intrathecal.torture.pump import Rig
from intrathecal.torture.reading import DAY_MS, Words
from intrathecal.torture.violation import Violation
from intrathecal.world.mechanism import WorldError

UL = 10**6
FIRST, SECOND, HANDSET = "first programmer", "second programmer", "handset"


@lru_cache(maxsize=4096)
def _orders(number: int, label: Fraction) -> tuple[str, Orders]:
    program = Program.parse(program_text(number))
    return str(program), order(program, label)


class People:
    """Those around one pump; ``go`` lets time pass up to a moment, with the messages that arrive meanwhile."""

    def __init__(self, rig: Rig, air: Air, go: Callable[[int], None]) -> None:
        self._rig = rig
        self._air = air
        self._go = go
        self._label = Fraction(rig.plan.label * UL)
        self._version = (0, 0, False)

    # ---- people

    def be_filled(self) -> None:
        """First fill and first program; another program if the pump cannot run the first."""
        rig, plan = self._rig, self._rig.plan
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
        local = plan.wall_ms + plan.offset_minutes * 60_000
        fill = FirstFill(settings, plan.volume_uL * UL, 0, local, plan.offset_minutes)
        start = Happening(0, "refill")

        def filled(at: int) -> None:
            words = Words.of("stop", float(self._label))
            told = Told("stop", STANDING_STILL)
            clock = local - FIRST_MONDAY_MS
            rig.checker.filled(rig.unit.life.filled, words, clock, float(self._label), plan.volume_uL * UL, told)

        self._air.send(start, FIRST, fill, Meant("fill", filled))
        self._air.arrive()
        for number in range(plan.program, plan.program + 8):
            self._send_program(start, FIRST, number)
            self._air.arrive()
            if rig.checker.told.text != "stop":
                break

    def _send_program(self, happening: Happening, who: str, number: int) -> None:
        rig = self._rig
        text, orders = _orders(number, self._label)
        basis, version, label = basis_of(rig.unit), self._version, self._label

        def done(at: int) -> None:
            self._check_version(version)
            rig.checker.programmed(at, Words.of(text, float(label)), Told(text, orders), rig.real)
            self._version = (self._version[0] + 1, self._version[1], False)

        self._air.send(happening, who, SendProgram(text, orders, basis), Meant("program", done))

    def _check_version(self, version: tuple[int, int, bool]) -> None:
        if version != self._version:
            raise Violation("stale", "the pump had changed since the sender read it")

    def program(self, happening: Happening) -> None:
        """A programmer sends the program with the number ``amount``."""
        self._send_program(happening, FIRST, happening.amount)

    def two_programmers(self, happening: Happening) -> None:
        """Two read the pump, and both send a program."""
        self._send_program(happening, FIRST, happening.amount)
        self._send_program(
            Happening(happening.at, happening.kind, copies=(1 + happening.lasts,)), SECOND, happening.amount + 1
        )

    def press(self, happening: Happening) -> None:
        """The patient presses."""
        rig = self._rig

        def done(at: int) -> None:
            rig.checker.pressed(at, "", rig.real)

        def refused(at: int, reason: str) -> None:
            if not rig.unit.failed:
                rig.checker.pressed(at, reason, rig.real)

        self._air.send(happening, HANDSET, Press(), Meant("press", done, refused))

    def presses(self, happening: Happening) -> None:
        """A press every ``amount`` ms for ``lasts``."""
        end = self._rig.real + happening.lasts
        while self._rig.real < end:
            self.press(happening)
            self._go(min(end, self._rig.real + happening.amount))

    def refill(self, happening: Happening) -> None:
        """``amount`` uL are told; more, less or something else is filled when the kind says so."""
        rig = self._rig
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

        self._air.send(happening, FIRST, TellRefill(refilled, basis_of(rig.unit)), Meant("refill", done))

    def prime(self, happening: Happening) -> None:
        """The line is filled."""
        volume, over = Fraction(100 * UL), 20 * 60_000

        def done(at: int) -> None:
            self._rig.checker.primed(at, float(volume), over)

        self._air.send(happening, FIRST, Prime(volume, over), Meant("prime", done))

    def stop(self, happening: Happening) -> None:
        """Emergency stop."""

        def done(at: int) -> None:
            self._rig.checker.stopped(at)
            self._version = (*self._version[:2], True)

        self._air.send(happening, SECOND, Stop(), Meant("stop", done))

    def resume(self, happening: Happening) -> None:
        """It is ended."""

        def done(at: int) -> None:
            self._rig.checker.resumed(at)
            self._version = (*self._version[:2], False)

        self._air.send(happening, FIRST, Resume(), Meant("resume", done))

    def mute(self, happening: Happening) -> None:
        """Alarms are muted."""
        self._air.send(happening, FIRST, Mute(), Meant("mute"))

    def reset(self, happening: Happening) -> None:
        """After a stall or battery reset."""
        self._air.send(happening, FIRST, Reset(), Meant("reset", self._rig.checker.reset))

    def interrogate(self, happening: Happening) -> None:
        """All is read, and compared."""
        self._air.send(happening, FIRST, Interrogate(), Meant(READING))

    def forged(self, happening: Happening) -> None:
        """One who may not: a handset that programs or stops, a stranger that presses."""
        rig = self._rig
        text, orders = _orders(happening.amount, self._label)
        asks = (SendProgram(text, orders, basis_of(rig.unit)), Stop(), Resume(), Press(), Interrogate())
        ask = asks[happening.amount % len(asks)]
        who = HANDSET if happening.amount % 2 and not isinstance(ask, Press) else STRANGER
        self._air.send(
            Happening(happening.at, happening.kind, copies=happening.copies), who, ask, Meant("forged", allowed=False)
        )
