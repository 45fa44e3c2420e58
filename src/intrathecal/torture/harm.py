"""What is done to the pump itself: to its power, memory, motor and clock."""

from __future__ import annotations

from collections.abc import Callable

from intrathecal.torture.plan import Happening
from intrathecal.torture.power import LinkFailure
from intrathecal.torture.pump import Rig
from intrathecal.torture.violation import Violation
from intrathecal.world.storages import Failure, Operation

#: Two to this many bits of each copy of the memory are used, more or less.
USED_BITS = 19
#: Acts that a lit fuse or a failing memory is waited for.
ACTS = 60


class Harm:
    """Faults of one pump; ``go`` lets time pass up to a moment, with the messages that arrive meanwhile."""

    def __init__(self, rig: Rig, go: Callable[[int], None]) -> None:
        self._rig = rig
        self._go = go

    # ---- power and memory

    def power_cut(self, happening: Happening) -> None:
        """The power fails after ``amount`` more operations of memory and motor, or at rest (0), for ``lasts``."""
        rig = self._rig
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
        rig = self._rig
        for _ in range(ACTS):
            if reached():
                return
            rig.careful_until = rig.real + 1
            rig.go(rig.real + max(1, rig.unit.wait_ms()))

    def bit_flip(self, happening: Happening) -> None:
        """At rest, or (``lasts``) while the pump has no power, and then it must be found at once."""
        rig = self._rig
        copy, bit = divmod(happening.amount, 2**USED_BITS)
        bit += copy % 2 * 4 * rig.storage.size
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

    def memory_failure(self, happening: Happening) -> None:
        """An operation of the memory fails, once or from then on; after ``lasts`` somebody restarts the pump."""
        rig = self._rig
        operations: tuple[Operation, ...] = ("write", "sync", "read")
        number, lasting = 1 + happening.amount // 6 % 20, happening.amount % 2 == 0
        rig.storage.fail(Failure(number, operations[happening.amount // 2 % 3], lasting))
        rig.checker.facts.memory_failed = True
        self._until(lambda: bool(rig.unit.failed))
        rig.go(rig.real + happening.lasts)
        rig.restart(1000)

    # ---- the motor

    def stuck(self, happening: Happening) -> None:
        """The rotor is held."""
        self._rig.mechanism.suffer("stuck", lasts_ms=happening.lasts)

    def slipping(self, happening: Happening) -> None:
        """``amount`` percent of the pulses move nothing."""
        self._rig.mechanism.suffer("slipping", happening.amount / 100, happening.lasts)

    def runaway(self, happening: Happening) -> None:
        """The motor goes ``amount`` steps too far, in a pump that can feel it."""
        if self._rig.hardware.senses_stall:
            self._rig.motor.run_away(happening.amount)

    def link_lost(self, happening: Happening) -> None:
        """Commands to the motor are lost, heard or not, once or all for ``lasts``."""
        rig = self._rig
        rig.motor.fail(
            LinkFailure(1 + happening.amount // 4 % 6, happening.amount % 2 == 0, happening.amount // 2 % 2 == 0)
        )
        rig.checker.facts.link_lost = True
        rig.careful_until = rig.real + happening.lasts
        self._go(rig.real + happening.lasts)
        rig.motor.fail(None)
        rig.checker.facts.link_lost = True
        rig.careful_until = rig.real + rig.around_ms

    def valve_leak(self, happening: Happening) -> None:
        """Drug leaks past the valve, ``amount`` nL/s."""
        self._rig.mechanism.suffer("valve-leak", happening.amount / 1e9, happening.lasts)

    def mri(self, happening: Happening) -> None:
        """A scan."""
        self._rig.mechanism.mri(happening.lasts)

    def battery_low(self, happening: Happening) -> None:
        """The battery is found with ``amount`` thousandths of its charge."""
        facts = self._rig.checker.facts
        facts.battery_left = min(facts.battery_left, happening.amount / 1000)
        self._rig.mechanism.drain(facts.battery_left)

    def battery_reset(self, happening: Happening) -> None:
        """The electronics restart without their program."""
        self._rig.checker.facts.notices_dip_by = self._rig.unit.now() + 60_000
        self._rig.mechanism.dip()

    def clock_jump(self, happening: Happening) -> None:
        """The wall clock is put wrong; with ``lasts`` the power fails too, so that the pump reads it."""
        self._rig.clock.jump(happening.amount)
        if happening.lasts:
            self._rig.restart(happening.lasts, idle=True)

    def controller_stuck(self, happening: Happening) -> None:
        """Nobody calls the controller for longer than its watchdog waits."""
        rig = self._rig
        if self._rig.plan.watched:
            rig.pass_time(happening.lasts)
            rig.checker.facts.late_ms = happening.lasts + 90_000
            rig.guarded(rig.unit.advance)
            rig.look()
