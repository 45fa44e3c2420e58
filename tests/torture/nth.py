"""Failing the n-th: a whole small therapy, and the ways in which one operation of it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from intrathecal.torture.air import Silence
from intrathecal.torture.plan import Happening, Plan
from intrathecal.torture.power import LinkFailure, Sticking
from intrathecal.torture.trial import Trial
from intrathecal.world.storages import Failure, Operation

#: A pump of coarse steps without a sensor, and one of fine steps that feels its rotor, with programs of some steps a minute.
PROGRAMS = {"prometra-ii-20": 118, "synchromed-ii-20": 267}
#: No therapy of minutes has more operations of one kind.
MOST = 2_000


def therapy(model: str) -> Plan:
    """Some minutes with everything that is told to a pump, every step made singly."""
    second = 1000
    happenings = (
        Happening(40 * second, "press", secure=True),
        Happening(70 * second, "interrogate"),
        Happening(90 * second, "refill", 17_900),
        Happening(110 * second, "two-programmers", PROGRAMS[model], 2000),
        Happening(140 * second, "stop"),
        Happening(150 * second, "mute"),
        Happening(155 * second, "forged-message", 2),
        Happening(160 * second, "resume"),
        Happening(170 * second, "program", PROGRAMS[model]),
        Happening(200 * second, "power-cut", 0, second),
        Happening(230 * second, "press"),
        Happening(235 * second, "press"),
        Happening(300 * second, "interrogate"),
    )
    return Plan(
        seed=5,
        model=model,
        memory_bytes=64 * 1024,
        wall_ms=1_767_225_600_000,
        offset_minutes=60,
        drive_error_ppm=0,
        label=5,
        volume_uL=20_000,
        program=PROGRAMS[model],
        watched=True,
        lasts=400 * second,
        happenings=happenings,
    )


def run(trial: Trial) -> None:
    """Live it all, start the pump once more with everything working, and look at what it knows."""
    rig = trial.rig
    trial.run()
    rig.storage.fail(None)
    rig.motor.fail(None)
    rig.motor.stick(None)
    rig.mechanism.mend("stuck")
    rig.checker.facts.memory_lost = False
    rig.restart(1000)
    rig.go(rig.real + 130_000)
    assert not rig.unit.failed, rig.unit.failed
    if rig.checker.reading is not None:
        rig.check_replay()


@dataclass(frozen=True)
class Way:
    """A way to fail: ``prepare`` has the n-th operation fail and returns whether it was reached; there are ``least``."""

    prepare: Callable[[Trial, int], Callable[[], bool]]
    least: int


def fail_each(way: Way, model: str, stride: int) -> int:
    """Fail the first, the ``stride``-th after it, ... until a therapy passes without reaching it; returns that number."""
    for number in count(1, stride):
        trial = Trial(therapy(model))
        reached = way.prepare(trial, number)
        run(trial)
        if not reached():
            return number
        assert number < MOST
    raise AssertionError


def _memory(operation: Operation, lasting: bool) -> Callable[[Trial, int], Callable[[], bool]]:
    def prepare(trial: Trial, number: int) -> Callable[[], bool]:
        storage = trial.rig.storage

        def done() -> int:
            return {"read": storage.reads, "write": storage.writes, "sync": storage.syncs}[operation]

        storage.fail(Failure(number, operation, lasting))
        trial.rig.checker.facts.memory_failed = True
        before = done()
        return lambda: done() - before >= number

    return prepare


def _link(lasting: bool, heard: bool) -> Callable[[Trial, int], Callable[[], bool]]:
    def prepare(trial: Trial, number: int) -> Callable[[], bool]:
        trial.rig.motor.fail(LinkFailure(number, lasting, heard))
        trial.rig.checker.facts.link_lost = True
        return lambda: trial.rig.motor.commands >= number

    return prepare


def _step(lasting: bool) -> Callable[[Trial, int], Callable[[], bool]]:
    def prepare(trial: Trial, number: int) -> Callable[[], bool]:
        trial.rig.motor.stick(Sticking(number, lasting))
        return lambda: trial.rig.motor.drives >= number

    return prepare


def _message(lasting: bool, heard: bool) -> Callable[[Trial, int], Callable[[], bool]]:
    def prepare(trial: Trial, number: int) -> Callable[[], bool]:
        trial.air.be_silent(Silence(number, lasting, heard))
        return lambda: trial.air.arrived >= number

    return prepare


def _power(trial: Trial, number: int) -> Callable[[], bool]:
    trial.rig.light_fuse(number, 2000)
    return lambda: not trial.rig.fuse.lit


WAYS: dict[str, Way] = {"power, at any operation": Way(_power, 150)}
for _lasting, _often in ((False, "once"), (True, "for good")):
    WAYS |= {
        f"read, {_often}": Way(_memory("read", _lasting), 2),
        f"write, {_often}": Way(_memory("write", _lasting), 50),
        f"sync, {_often}": Way(_memory("sync", _lasting), 50),
        f"command unheard, {_often}": Way(_link(_lasting, heard=False), 4),
        f"command unanswered, {_often}": Way(_link(_lasting, heard=True), 4),
        f"step, {_often}": Way(_step(_lasting), 3),
        f"message lost, {_often}": Way(_message(_lasting, heard=False), 14),
        f"message unanswered, {_often}": Way(_message(_lasting, heard=True), 14),
    }
