"""The order of every act: whatever is cut off or fails, the count is what the rotor did."""

from __future__ import annotations

import pytest
from tests.pump.bench import HOUR, MINUTE, SECOND, Bench, therapy

from intrathecal.pump.motor import MotorLost
from intrathecal.pump.unit import Unit
from intrathecal.world.storages import Failure, PowerCut


def durable_changes() -> tuple[int, int]:
    """How often the memory is changed, and how often the motor is used, in the whole therapy."""
    bench = Bench()
    unit = bench.start()
    changes, uses = bench.storage.changes, bench.wires.uses
    therapy(bench, unit)
    bench.check(unit)
    assert bench.steps_made > 12
    return bench.storage.changes - changes, bench.wires.uses - uses


CHANGES, USES = durable_changes()


def cut() -> None:
    """The power fails."""
    raise PowerCut("the power failed")


def after_the_cut(bench: Bench, off_ms: int) -> Unit:
    """The pump starts again; count, rotor and journal agree, and it goes on."""
    made = bench.steps_made
    bench.off(off_ms)
    unit = bench.start()
    assert not unit.failed
    assert not unit.uncertain
    assert bench.steps_made == made
    bench.check(unit)
    return unit


@pytest.mark.requirement("ACC-6", "ACC-9", "GIP-1.7.1", "GIP-4.1.4", "PCA-R6.6-4", "PCA-R7.3-2")
@pytest.mark.parametrize("part", range(4))
def test_a_power_cut_at_any_change_of_the_memory_loses_and_repeats_no_step(part: int) -> None:
    """Before, during and after every write and sync of a therapy; what was read back is what was known."""
    for number in range(1 + part, CHANGES + 1, 4):
        bench = Bench(seed=number)
        unit = bench.start()
        bench.storage.cut_at(number)
        with pytest.raises(PowerCut):
            therapy(bench, unit)
        unit = after_the_cut(bench, number * 7919 % HOUR)
        therapy(bench, unit)
        bench.check(unit)


@pytest.mark.requirement("ACC-6", "GIP-1.6.2")
@pytest.mark.parametrize("after", [False, True])
def test_a_power_cut_before_and_after_every_use_of_the_motor(after: bool) -> None:
    """Whether the rotor had turned or not, it tells."""
    for number in range(1, USES + 1):
        bench = Bench(seed=number)
        unit = bench.start()
        bench.wires.trouble(number, cut, after=after)
        with pytest.raises(PowerCut):
            therapy(bench, unit)
        unit = after_the_cut(bench, MINUTE)
        therapy(bench, unit)
        bench.check(unit)


@pytest.mark.requirement("GIP-3.4.1")
def test_power_that_fails_again_while_the_pump_starts_does_no_harm() -> None:
    """Recovery itself is cut off at each of its changes, from an act of which only the motor was done."""
    number = 1
    while True:
        bench = Bench(seed=number)
        unit = bench.start()
        bench.wires.trouble(6, cut, after=True)
        with pytest.raises(PowerCut):
            therapy(bench, unit)
        made = bench.steps_made
        bench.off(SECOND)
        bench.storage.cut_at(number)
        try:
            unit = bench.start()
        except PowerCut:
            bench.off(SECOND)
            unit = bench.start()
            number += 1
        else:
            break
        assert bench.steps_made == made
        bench.check(unit)
    assert number > 8


@pytest.mark.requirement("PCA-R7.3-2", "GIP-3.3.4")
@pytest.mark.parametrize("lasting", [False, True])
def test_a_memory_that_fails_at_its_nth_operation_stops_the_pump_before_another_step(lasting: bool) -> None:
    """For every n until a whole therapy passes: no step without its intent, and after a restart the count is the rotor's."""
    number = 1
    while True:
        bench = Bench(seed=number)
        unit = bench.start()
        bench.storage.fail(Failure(number, lasting=lasting))
        therapy(bench, unit)
        if not unit.failed:
            break
        assert unit.failed.startswith("memory failure")
        made = bench.steps_made
        bench.go(unit, 10 * SECOND)
        assert bench.steps_made == made
        assert bench.steps_made - unit.life.position in ((0, 1) if unit.uncertain else (0,))
        assert unit.alarms()[0].name == "memory-failure"
        after_the_cut(bench, SECOND)
        number += 1
    assert number == CHANGES + 1


@pytest.mark.requirement("PCA-R7.3-2", "ACC-6")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("lasting", [False, True])
def test_a_motor_that_is_lost_at_its_nth_use_settles_by_the_rotor(after: bool, lasting: bool) -> None:
    """For every n: alarm, no step, then the rotor tells, whether the answer was lost or the command."""
    number = 1
    while True:
        bench = Bench(seed=number)
        unit = bench.start()

        def lose(bench: Bench = bench) -> None:
            bench.wires.lost = lasting
            raise MotorLost("the wire is cut")

        bench.wires.trouble(number, lose, after=after)
        therapy(bench, unit)
        if bench.wires.spared:
            break
        if lasting:
            assert unit.failed.startswith("motor failure")
            made = bench.steps_made
            bench.go(unit, 10 * SECOND)
            assert bench.steps_made == made
            bench.wires.lost = False
        bench.go(unit, 2 * SECOND)
        assert not unit.failed
        assert not unit.uncertain
        bench.check(unit)
        assert "motor-failure" in {entry.text.split(":")[0] for entry in unit.book.faults}
        after_the_cut(bench, SECOND)
        number += 1
    assert number > 12
