"""When the handset is pressed as far as that does not depend on the patient's pain, and what the pump answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from intrathecal.pump.controller import Press, step
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.state import PressAnswer, State
from intrathecal.therapy import PressRate, PressTimes, SimulationPlan

#: Each use of the run's seed has its own stream.
PRESS_STREAM = 1


def press_times(plan: SimulationPlan, day: int) -> tuple[int, ...]:
    """The presses (ms) of the ``day``-th 24 hours (from 0); a random day is drawn by itself, whatever came before."""
    first = day * DAY_MS
    match plan.presses:
        case PressTimes(at_ms):
            return tuple(at for at in at_ms if first <= at < first + DAY_MS)
        case PressRate(per_day):
            random = np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(PRESS_STREAM, day)))
            count = random.poisson(float(per_day))
            return tuple(sorted(first + int(at) for at in random.integers(0, DAY_MS, count)))
        case _:
            return ()


@dataclass(frozen=True)
class Answered:
    """What the pump answered to a press, and the pump after it."""

    answer: PressAnswer
    pump: State


def answers(pump: State, presses: Sequence[int], most: int, before: Sequence[Answered] = ()) -> tuple[Answered, ...]:
    """What the pump answers to ``presses`` (ms) while nobody else touches it, until ``most`` of them were given.

    ``before`` is what the same pump answered to other presses: as far as these are the same, so are the answers.
    """
    same = takewhile(lambda pair: pair[0].answer.at == pair[1], zip(before, presses, strict=False))
    answered = [known for known, _ in same]
    for at in presses[len(answered) :]:
        if len(given(answered)) >= most:
            break
        after, actions = step(answered[-1].pump if answered else pump, Press(), at)
        answered += [Answered(action, after) for action in actions if isinstance(action, PressAnswer)]
    return tuple(answered)


def given(answered: Sequence[Answered]) -> tuple[int, ...]:
    """The presses (ms) that were not refused."""
    return tuple(each.answer.at for each in answered if not each.answer.reason)
