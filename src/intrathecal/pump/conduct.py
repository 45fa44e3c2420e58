"""The pump's conduct as a table: in every condition, for every happening, exactly one answer.

A pump is in any set of the `CONDITIONS` at once. `flow_in` says what it then gives, `alarms_in` what sounds, and `answer`
what a happening makes of them. The controller is not written from this table; it is held against it, cell by cell.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from intrathecal.pump import alarms

NOTHING, BRIDGE, MINIMUM, PROGRAM = "nothing", "the bridge", "the minimum rate", "the program and its boluses"


@dataclass(frozen=True)
class Condition:
    """Something that may be so. ``flow`` is what it makes of the flow, None: it leaves it; ``alarm`` sounds meanwhile."""

    name: str
    title: str
    flow: str | None = None
    alarm: str | None = None


#: In this order: the first that says something about the flow decides it.
CONDITIONS = (
    Condition("unfilled", "not yet filled", NOTHING),
    Condition("memory", "memory failed", NOTHING, alarms.MEMORY_FAILURE),
    Condition("motor-lost", "motor does not answer", NOTHING, alarms.MOTOR_FAILURE),
    Condition("motor-astray", "motor went further than asked", NOTHING, alarms.MOTOR_FAILURE),
    Condition("ended", "end of service", NOTHING, alarms.END_OF_SERVICE),
    Condition("empty", "reservoir empty", NOTHING, alarms.EMPTY_RESERVOIR),
    Condition("stalled", "motor stall", NOTHING, alarms.MOTOR_STALL),
    Condition("stopped", "stopped by command", NOTHING, alarms.EMERGENCY_STOP),
    Condition("bridge", "bridge running", BRIDGE),
    Condition("safe", "safe after a battery reset", MINIMUM, alarms.BATTERY_RESET),
    Condition("prime", "priming", PROGRAM),
    Condition("bolus", "patient's bolus running", PROGRAM),
    Condition("idle", "program gives nothing", NOTHING),
    Condition("lockout", "lockout running"),
    Condition("low", "reservoir low", alarm=alarms.LOW_RESERVOIR),
    Condition("replace", "elective replacement due", alarm=alarms.REPLACE_SOON),
    Condition("muted", "muted"),
)
BY_NAME = {condition.name: condition for condition in CONDITIONS}

UNFILLED = ("unfilled", "the pump has not been filled")
MEMORY = ("memory", "memory failure")
LOST, ASTRAY = ("motor-lost", "motor failure"), ("motor-astray", "motor failure")
FAILURES = (MEMORY, LOST, ASTRAY)
DEAD = (MEMORY, UNFILLED)
FAILED = (*FAILURES, UNFILLED)
#: Why no bolus that a person asks for can be given.
STANDING = (
    *FAILED,
    ("ended", "end of service"),
    ("empty", "reservoir empty"),
    ("stalled", "motor stall"),
    ("stopped", "stopped"),
    ("safe", "battery reset"),
    ("bridge", "bridge running"),
    ("prime", "priming"),
)


@dataclass(frozen=True)
class Happening:
    """Something that happens to a pump.

    It is refused with a reason in the first of the ``refused`` conditions that holds, outside of the condition that it is
    ``only_in``, or always (``never``); otherwise it ``begins`` and ``ends`` conditions. What cannot be felt in the
    conditions ``unreached``, or ``needs`` a flow or an alarm that there is not, changes nothing and is not answered.
    """

    name: str
    title: str
    refused: tuple[tuple[str, str], ...] = ()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    only_in: tuple[str, str] | None = None
    never: str = ""
    unreached: tuple[str, ...] = ()
    needs: Literal["flow", "alarm", ""] = ""


BOLUSES = ("prime", "bolus")
UNFELT = ("unfilled", "memory")
HAPPENINGS = (
    Happening("time", "time passes"),
    Happening(
        "press",
        "the patient presses",
        (*STANDING, ("idle", "no patient bolus is programmed"), ("lockout", "lockout")),
        ("bolus", "lockout"),
    ),
    Happening("program", "a new program", DEAD, (), ("stopped", "safe", "idle", *BOLUSES)),
    Happening("program-stop", "a program that gives nothing", DEAD, ("idle",), ("stopped", "safe", "bridge", *BOLUSES)),
    Happening("program-limit", "a program that breaks its own limit", DEAD, never="limit"),
    Happening("refill", "a refill", DEAD, (), ("empty", "low", "bridge", *BOLUSES)),
    Happening("refill-bridge", "a refill with a bridge", DEAD, ("bridge",), ("empty", "low", *BOLUSES)),
    Happening("refill-too-much", "a refill of more than fits", DEAD, never="the reservoir holds"),
    Happening(
        "first-fill", "a first fill", FAILURES, (), ("unfilled",), ("unfilled", "the pump has been filled before")
    ),
    Happening("prime", "a prime", STANDING, ("prime",)),
    Happening("stop", "an emergency stop", DEAD, ("stopped",), BOLUSES),
    Happening("resume", "a resume", DEAD, (), ("stopped",)),
    Happening("mute", "a mute", FAILED, ("muted",), needs="alarm"),
    Happening("reset", "a programmer's reset", (MEMORY, LOST, UNFILLED), (), ("motor-astray", "safe")),
    Happening("stall", "the rotor is felt to stand", begins=("stalled",), unreached=UNFELT),
    Happening("turn", "the rotor is felt to turn again", ends=("stalled",), unreached=UNFELT),
    Happening("dip", "the battery dips", begins=("safe",), ends=("bridge", *BOLUSES), unreached=UNFELT),
    Happening("worn", "the battery is measured nearly flat", begins=("replace",), unreached=UNFELT),
    Happening("clock", "the wall clock is found wrong", unreached=UNFELT),
    Happening("lost", "the motor does not answer", begins=("motor-lost",), needs="flow"),
    Happening("back", "the motor answers again", ends=("motor-lost",), unreached=("memory",)),
    Happening("astray", "the motor goes further than asked", begins=("motor-astray",), needs="flow"),
    Happening("memory-fails", "the memory can not be written", begins=("memory",)),
    Happening("power-cut", "the power fails and returns", ends=("memory", "muted")),
    Happening("unfelt", "a leaking valve, an occlusion, a catheter that leaks or moved: nothing feels them"),
)


@dataclass(frozen=True)
class Answer:
    """What a happening makes of a pump: its conditions afterwards, and why it refused; empty: it did not."""

    conditions: frozenset[str]
    refused: str = ""


def flow_in(conditions: Set[str]) -> str:
    """What the pump gives."""
    return next((c.flow for c in CONDITIONS if c.name in conditions and c.flow is not None), PROGRAM)


def alarms_in(conditions: Set[str]) -> frozenset[str]:
    """What the pump sounds; of several failures the first."""
    failure = [name for name, _ in FAILURES if name in conditions][:1]
    felt = conditions - {name for name, _ in FAILURES}
    return frozenset(c.alarm for c in CONDITIONS if c.alarm is not None and (c.name in felt or c.name in failure))


def is_silent(conditions: Set[str]) -> bool:
    """Whether nothing is heard: a mute silences every alarm but a failure's."""
    return not alarms_in(conditions) or ("muted" in conditions and not any(name in conditions for name, _ in FAILURES))


def answer(conditions: frozenset[str], happening: Happening) -> Answer:
    """What the pump answers, whatever it is in and whatever happens."""
    for name, reason in happening.refused:
        if name in conditions:
            return Answer(conditions, reason)
    if happening.only_in is not None and happening.only_in[0] not in conditions:
        return Answer(conditions, happening.only_in[1])
    if happening.never:
        return Answer(conditions, happening.never)
    missing = {"flow": flow_in(conditions) == NOTHING, "alarm": not alarms_in(conditions), "": False}
    if missing[happening.needs] or not conditions.isdisjoint(happening.unreached):
        return Answer(conditions)
    after = conditions.difference(happening.ends).union(happening.begins)
    # An alarm that begins ends a mute; a failure is not silenced by one that goes on.
    failures = {name for name, _ in FAILURES}
    fresh = alarms_in(after - failures) - alarms_in(conditions - failures)
    return Answer(after - {"muted"} if fresh else after)
