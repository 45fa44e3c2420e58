"""The order of intent, step, rotor and commit, and a motor that does not do as it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.torture.defects.defect import HOUR, MINUTE, SECOND, Defect, Patch, cuts, situation
from tests.torture.defects.memory import CUTS_EVERYWHERE

from intrathecal.pump import booking, controller, life
from intrathecal.pump.controller import Event, Rotor
from intrathecal.pump.counting import made_ahead
from intrathecal.pump.engine import Engine
from intrathecal.pump.life import Life
from intrathecal.pump.records import Done, Intent, Record, Settled
from intrathecal.pump.state import Action, State
from intrathecal.torture.plan import Happening


def _commit_before_step(patch: Patch) -> None:
    right = Engine._act

    def wrong(self: Engine, to: int) -> list[Action]:
        steps = self.life.plan(to).steps - self.life.filled.steps
        if steps == 0:
            return right(self, to)
        target = self.life.position + steps
        self.write(Intent(to, target))
        actions = self.write(Done(to, target, 1)) or []
        self._motor.move_to(target)
        return actions

    patch.setattr(Engine, "_act", wrong)


def _step_before_intent(patch: Patch) -> None:
    right = Engine._act

    def wrong(self: Engine, to: int) -> list[Action]:
        steps = self.life.plan(to).steps - self.life.filled.steps
        if steps == 0:
            return right(self, to)
        target = self.life.position + steps
        rotor = self._motor.move_to(target)
        self.write(Intent(to, target))
        return self.write(Done(to, rotor, 1)) or []

    patch.setattr(Engine, "_act", wrong)


def _intent_not_settled(patch: Patch) -> None:
    right = Life.apply

    def wrong(self: Life, record: Record) -> list[Action]:
        return right(self, Settled(record.at, self.position) if isinstance(record, Settled) else record)

    patch.setattr(Life, "apply", wrong)


def _step_made_again(patch: Patch) -> None:
    right = Life._settled

    def wrong(self: Life, at: int, rotor: int) -> list[Action]:
        before = self.filled
        actions = right(self, at, rotor)
        self.state = replace(self.filled, owed=before.owed)
        return actions

    patch.setattr(Life, "_settled", wrong)


def _found_step_still_in_reservoir(patch: Patch) -> None:
    def wrong(state: State, steps: int) -> State:
        return replace(made_ahead(state, steps), reservoir_pL=state.reservoir_pL)

    patch.setattr(life, "made_ahead", wrong)


def _second_try_made_twice(patch: Patch) -> None:
    def wrong(state: State, steps: int) -> State:
        after = made_ahead(state, steps)
        return replace(after, owed=after.owed + state.settings.hardware.step_pL) if state.stalled else after

    patch.setattr(life, "made_ahead", wrong)


def _stall_not_felt(patch: Patch) -> None:
    right = controller._feel

    def wrong(state: State, event: Any) -> tuple[State, list[Action]]:
        return (state, []) if isinstance(event, Rotor) else right(state, event)

    patch.setattr(controller, "_feel", wrong)


def _stall_counted_as_delivered(patch: Patch) -> None:
    right = Life._done

    def wrong(self: Life, to: int, rotor: int, tries: int) -> list[Action]:
        target = rotor if self.intent is None else self.intent.target
        return right(self, to, max(rotor, target), tries)

    patch.setattr(Life, "_done", wrong)


def _stall_made_up_for(patch: Patch) -> None:
    right = booking._book

    def wrong(state: State, to: int) -> tuple[State, list[Action]]:
        after, actions = right(state, to)
        if state.stalled:
            missed = booking.flow_given(replace(state, stalled=False)) * (to - state.now)
            after = replace(after, owed=after.owed + missed)
        return after, actions

    patch.setattr(booking, "_book", wrong)


def _astray_not_noticed(patch: Patch) -> None:
    def wrong(self: Life, at: int, steps: int) -> list[Action]:
        return []

    patch.setattr(Life, "_strayed", wrong)


def _bolus_counted_before_it_is_given(patch: Patch) -> None:
    right = controller._act

    def wrong(state: State, event: Event) -> tuple[State, list[Action]]:
        after, actions = right(state, event)
        if len(after.running) > len(state.running):
            steps = int(after.running[-1].left // state.settings.hardware.step_pL)
            after = replace(after, running=state.running)
            after = replace(made_ahead(after, steps), owed=after.owed)
        return after, actions

    patch.setattr(controller, "_act", wrong)


#: An act whose intent is durable and whose commit is not: so many operations after it began.
CUTS_AFTER_STEPS = situation(["2.4 mg/day"], HOUR, *cuts(5 * MINUTE, 3 * MINUTE, [8, 9] * 8))
STUCK = situation(
    ["2.4 mg/day"], HOUR, *(Happening(n * 10 * MINUTE, "stuck-motor", 0, 5 * MINUTE) for n in (1, 2, 3, 4))
)
RUNAWAY = situation(["2.4 mg/day"], 20 * MINUTE, Happening(10 * MINUTE, "runaway-motor", 3))
PRESSED_ONCE = situation(
    ["2.4 mg/day\non demand 0.2 mg over 10 min, lockout 1 h, max 4 per day"],
    30 * MINUTE,
    Happening(10 * MINUTE, "press"),
    Happening(15 * MINUTE, "power-cut", 0, SECOND),
)

DEFECTS = (
    Defect(
        "commit before its step",
        "a step is booked as done, and then made",
        _commit_before_step,
        CUTS_EVERYWHERE,
        "count",
        "steps are counted, the rotor made",
    ),
    Defect(
        "step before its intent",
        "a step is made, and then written down as begun and done",
        _step_before_intent,
        CUTS_EVERYWHERE,
        "alarm",
        "the motor is reported as failed",
    ),
    Defect(
        "open intent not settled by the rotor",
        "after a power cut the step that had begun is taken as not made",
        _intent_not_settled,
        CUTS_AFTER_STEPS,
        "count",
        "steps are counted, the rotor made",
    ),
    Defect(
        "step made again after a restart",
        "a step that had begun is counted, and still owed",
        _step_made_again,
        CUTS_AFTER_STEPS,
        "dose",
        "the words ask for",
    ),
    Defect(
        "step found done and not taken from the reservoir",
        "a step that had begun when the power failed is counted, and its volume believed to be left",
        _found_step_still_in_reservoir,
        CUTS_AFTER_STEPS,
        "reservoir",
        "pL are believed to be left",
    ),
    Defect(
        "bolus counted before it is given",
        "a bolus is booked whole when the patient presses",
        _bolus_counted_before_it_is_given,
        PRESSED_ONCE,
        "count",
        "steps are counted, the rotor made",
    ),
    Defect(
        "second try made twice",
        "a step that was missed is still owed after it was tried again and made",
        _second_try_made_twice,
        STUCK,
        "dose",
        "the words ask for",
    ),
    Defect(
        "stall not felt",
        "a rotor that stands still is no stall",
        _stall_not_felt,
        STUCK,
        "dose",
        "the words ask for",
    ),
    Defect(
        "stall counted as delivered",
        "the count follows what the motor was told, not the rotor",
        _stall_counted_as_delivered,
        STUCK,
        "count",
        "steps are counted, the rotor made",
    ),
    Defect(
        "stall made up for in a burst",
        "what was missed while the motor stood comes at once when it turns again",
        _stall_made_up_for,
        STUCK,
        "dose",
        "the words ask for",
    ),
    Defect(
        "rotor astray not noticed",
        "steps that nobody asked for are not counted",
        _astray_not_noticed,
        RUNAWAY,
        "count",
        "steps are counted, the rotor made",
    ),
)
