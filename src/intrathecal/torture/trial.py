"""One pump's life, from its first fill to its last fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from intrathecal.torture.air import Air
from intrathecal.torture.harm import Harm
from intrathecal.torture.people import People
from intrathecal.torture.plan import Happening, Kind, Plan
from intrathecal.torture.pump import Rig
from intrathecal.torture.violation import Violation

#: Kinds around which every step is made singly.
CAREFUL: frozenset[Kind] = frozenset(
    {
        "power-cut", "bit-flip", "memory-failure", "stuck-motor", "slipping-motor", "runaway-motor", "motor-link-lost",
        "valve-leak", "mri", "battery-low", "battery-reset", "clock-jump", "controller-stuck",
    }
)  # fmt: skip
#: What people do that is no fault, and is not counted as one.
ORDINARY: frozenset[Kind] = frozenset({"press", "program", "refill", "prime", "resume", "reset", "interrogate"})
#: Kinds that are messages, or made of them.
SENT: frozenset[Kind] = ORDINARY | {
    "presses-all-day", "two-programmers", "overfill", "underfill", "wrong-fill", "stop", "mute", "forged-message",
}  # fmt: skip


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
        trial.faults + rig.storage.faults,
        violation,
        trial.step,
    )


class Trial:
    """A plan on its way; ``step`` is the number of the happening that is being worked on."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rig = Rig(plan)
        self.air = Air(self.rig)
        self.faults: Counter[str] = Counter()
        self.step = 0
        self.harm = Harm(self.rig, self._go)
        self.people = People(self.rig, self.air, self._go)

    def run(self) -> None:
        """Everything in order. Raises `Violation`."""
        self.people.be_filled()
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
        self._count(happening)
        harm, people, air = self.harm, self.people, self.air
        doing: dict[Kind, Callable[[Happening], None]] = {
            "power-cut": harm.power_cut,
            "bit-flip": harm.bit_flip,
            "memory-failure": harm.memory_failure,
            "stuck-motor": harm.stuck,
            "slipping-motor": harm.slipping,
            "runaway-motor": harm.runaway,
            "motor-link-lost": harm.link_lost,
            "valve-leak": harm.valve_leak,
            "mri": harm.mri,
            "battery-low": harm.battery_low,
            "battery-reset": harm.battery_reset,
            "clock-jump": harm.clock_jump,
            "controller-stuck": harm.controller_stuck,
            "press": people.press,
            "presses-all-day": people.presses,
            "program": people.program,
            "two-programmers": people.two_programmers,
            "refill": people.refill,
            "overfill": people.refill,
            "underfill": people.refill,
            "wrong-fill": people.refill,
            "prime": people.prime,
            "stop": people.stop,
            "resume": people.resume,
            "mute": people.mute,
            "reset": people.reset,
            "interrogate": people.interrogate,
            "forged-message": people.forged,
            "garbage": air.garbage,
            "stranger": air.stranger,
            "torn-session": air.torn,
            "replayed-session": air.replayed,
        }
        doing[happening.kind](happening)

    def _count(self, happening: Happening) -> None:
        """Count the fault, and what the air does to its message."""
        copies = happening.copies
        air = {
            "duplicated-message": len(copies) > 1,
            "reordered-message": list(copies) != sorted(copies),
            "late-message": len(copies) == 1 and copies[0] > 0,
            "lost-message": not copies,
            "lost-answer": not happening.answered,
        }
        if happening.kind not in ORDINARY:
            self.faults[happening.kind] += 1
        if happening.kind in SENT:
            self.faults.update(kind for kind, holds in air.items() if holds)
