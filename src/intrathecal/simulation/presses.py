"""When the handset is pressed as far as that does not depend on the patient's pain, and what the pump answers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from intrathecal.pump.controller import Press, step
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.pressing import refused_until
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
    """What the pump answered to a press, and the pump after it; time may be booked as far as an earlier press alone."""

    answer: PressAnswer
    pump: State


def answers(pump: State, presses: Sequence[int], most: int, before: Sequence[Answered] = ()) -> tuple[Answered, ...]:
    """What the pump answers to ``presses`` (ms) while nobody else touches it, until ``most`` of them were given.

    ``before`` is what the same pump answered to other presses: as far as these are the same, so are the answers.
    """
    same = takewhile(lambda pair: pair[0].answer.at == pair[1], zip(before, presses, strict=False))
    answered = [known for known, _ in same]
    count = len(given(answered))
    while len(answered) < len(presses) and count < most:
        one = _press(answered[-1].pump if answered else pump, presses[len(answered)])
        answered.append(one)
        count += not one.answer.reason
        answered += _likewise(one, presses[len(answered) :])
    return tuple(answered)


def _likewise(refused: Answered, presses: Sequence[int]) -> list[Answered]:
    """The answers to those of the next ``presses`` that are refused for the same reason: if the last is, all of them are."""
    until = refused_until(refused.pump, refused.answer.reason)
    alike = presses if until is None else presses[: bisect_left(presses, until)]
    if not alike:
        return []
    last = _press(refused.pump, alike[-1])
    if last.answer.reason != refused.answer.reason:
        return []
    return [*(Answered(replace(refused.answer, at=at), refused.pump) for at in alike[:-1]), last]


def _press(pump: State, at: int) -> Answered:
    after, actions = step(pump, Press(), at)
    return next(Answered(action, after) for action in actions if isinstance(action, PressAnswer))


def given(answered: Sequence[Answered]) -> tuple[int, ...]:
    """The presses (ms) that were not refused."""
    return tuple(each.answer.at for each in answered if not each.answer.reason)
