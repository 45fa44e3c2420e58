"""A span in which nobody but the patient touches the pump: pump, line, drug and patient from its start to its end.

The patient's pain decides when the handset is pressed, and what the pump then gives decides the pain. The loop is closed by
guessing the presses, running the span, and asking at the grid's times which presses follow from the pain, until these are the
ones that were made. A press acts only on what comes after it, and one that is refused on nothing: each pass is right at least
one given press further, so that the end is the run in which the patient is asked time by time, whatever the first guess was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from intrathecal.flow import Array, Infusion
from intrathecal.pump.controller import Press
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.relief import Indices, indices, scores
from intrathecal.simulation.delivery import Delivery, Passage
from intrathecal.simulation.feeling import (
    PAIN,
    STEP_MS,
    Asked,
    Felt,
    ask,
    factors_at,
    feelings,
    go_on,
    steps_between,
    worsen,
)
from intrathecal.simulation.presses import Answered, answers, given
from intrathecal.simulation.reached import Case, Reached
from intrathecal.simulation.tracing import reservoir_left, sample
from intrathecal.simulation.trajectory import Trajectory
from intrathecal.simulation.transport import advance, follow, stir
from intrathecal.therapy import PressWhenPain

#: After a bolus or dose, these minutes are sampled too.
AFTER_BOLUS_MS = tuple(minutes * 60_000 for minutes in (1, 2, 5, 10, 20))
#: So long after a bolus or dose, and after the end of one given over a time, its peaks are looked for.
WATCH_MS = tuple(minutes * 60_000 for minutes in (*range(21), 25, 30, 35, 40))
#: The same after the end of a stroke, until the next one, of a pump that gives single strokes.
AFTER_STROKE_S = np.array([60.0, 120.0, 180.0, 300.0, 420.0, 600.0, 840.0, 1200.0])


@dataclass(frozen=True, eq=False)
class Moved:
    """A span run with the presses that were ``given`` (ms); ``legs`` are delivery and passage after each of them.

    ``steps_s`` are the grid's times, ``marked_s`` those of changes, boluses and doses, ``samples_s`` these and the regular
    ones, ``watched_s`` those at which drug may act most; ``edges_s`` have them all. ``motions`` are the drugs' and
    ``swallowed`` that of the oral opioid; ``indices`` are those of all drugs at the edges. ``due`` are the times (ms)
    at which a bolus or dose is to be sampled.
    """

    given: tuple[int, ...]
    legs: tuple[tuple[Delivery, Passage], ...]
    delivery: Delivery | None
    passage: Passage
    steps_s: Array
    marked_s: Array
    samples_s: Array
    watched_s: Array
    edges_s: Array
    motions: tuple[Trajectory, ...]
    swallowed: Trajectory | None
    indices: tuple[Indices, ...]
    due: tuple[int, ...]

    def acting(self, times_s: Array) -> tuple[Indices, ...]:
        """The indices of all drugs at ``times_s``, which are among the edges."""
        at = np.searchsorted(self.edges_s, times_s)
        return tuple(each.at(at) for each in self.indices)


def acting(case: Case, states: Sequence[Array], swallowed: Array | None) -> tuple[Indices, ...]:
    """The indices of all drugs, the oral opioid with them, from the ``states`` (t, 2, n) of each."""
    seen = [
        (entry.drug, channel.effects(state))
        for entry, channel, state in zip(case.therapy.drugs, case.channels, states, strict=True)
    ]
    if case.background is not None and swallowed is not None:
        seen.append((case.background.drug, case.background.channel.effects(swallowed)))
    return indices(case.senses.relief, seen)


def span(case: Case, reached: Reached, to: int, presses: tuple[int, ...]) -> tuple[Reached, Passage]:
    """From now to ``to`` (ms), with these presses of the handset, or with those that pain makes."""
    moved, asked, answered = _lived(case, reached, to, presses)
    tip = reached.delivery.site if reached.delivery is not None else None
    entries = [*moved.passage.entries, *reached.doses]
    followed = [
        follow(channel, stir(channel, held, moved.edges_s, entries, drug), motion, tip)
        for drug, (channel, held, motion) in enumerate(zip(case.channels, reached.held, moved.motions, strict=True))
    ]
    felt, feeling = _felt(case, reached.felt, moved, asked)
    trace = sample(
        case.channels,
        [course for _, course in followed],
        moved.edges_s,
        times_s=moved.samples_s,
        passage=moved.passage,
        profiles=case.profiles,
        felt=feeling,
        reservoir=reservoir(reached.delivery, moved.passage, moved.samples_s),
    )
    swallowed = reached.swallowed
    if swallowed is not None and moved.swallowed is not None:
        swallowed = replace(swallowed, state=moved.swallowed.states[-1])
    reached = replace(
        reached,
        now=to,
        delivery=moved.delivery,
        given_ug=reached.given_ug + _entered(reached.doses, reached.now, to),
        held=tuple(held for held, _ in followed),
        swallowed=swallowed,
        felt=felt,
        asked=(*reached.asked, asked) if len(asked.complaint) else reached.asked,
        doses=tuple(dose for dose in reached.doses if dose.end_s > (to - WATCH_MS[-1]) / MS_PER_S),
        samples_due=tuple(at for at in moved.due if at >= to),
        traces=(*reached.traces, trace),
        delivered_mL=reached.delivered_mL + moved.passage.delivered_mL,
        alarms=reached.alarms + moved.passage.alarms,
        answers=reached.answers + tuple(each.answer for each in answered),
    )
    return reached, moved.passage


def reservoir(delivery: Delivery | None, passage: Passage, times_s: Array) -> dict[str, Array]:
    """What a pump's reservoir holds at ``times_s``, when ``passage`` followed the ``delivery``; nothing without a pump."""
    if delivery is None:
        return {}
    return reservoir_left(delivery.pump.reservoir_pL / PL_PER_ML, delivery.device.volume_mL, passage, times_s)


def _lived(
    case: Case, reached: Reached, to: int, presses: tuple[int, ...]
) -> tuple[Moved, Asked, tuple[Answered, ...]]:
    """The span with the presses that are to be made, the patient's answers at the grid's times, and the pump's."""
    felt, pump = reached.felt, reached.delivery.pump if reached.delivery else None
    steps = steps_between(reached.now, to)
    scatter = felt.scatter(case.senses, len(steps))
    pained = pump is not None and isinstance(case.therapy.simulation.presses, PressWhenPain)
    if pained:
        presses = _pressed(case, steps, scores(np.full(len(steps), felt.complaint), scatter))
    answered = () if pump is None else answers(pump, presses, len(presses))
    made, foreseen, more = given(answered), given(answered), 1
    legs: tuple[tuple[Delivery, Passage], ...] = ()
    while True:
        moved = _move(case, reached, to, made, legs)
        asked = ask(case.senses, felt, moved.acting(moved.steps_s), scatter)
        if pump is None or not pained:
            return moved, asked, answered
        answered = answers(pump, _pressed(case, steps, asked.score), len(made) + 2 * more, answered)
        wanted = given(answered)
        if wanted == made:
            return moved, asked, answered
        # A press that was wrong or missing changes the pain after it: one is tried, and more as long as they come as foreseen.
        more = 2 * more if _alike(wanted, foreseen) > len(made) else 1
        right = _alike(wanted, made)
        made, foreseen, legs = wanted[: right + more], wanted, moved.legs[:right]


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    """How many the two have in common before they differ."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _pressed(case: Case, steps: range, score: Array) -> tuple[int, ...]:
    """The grid's times (ms) at which a patient with these scores presses the handset."""
    plan = case.therapy.simulation.presses
    above = float(plan.above) if isinstance(plan, PressWhenPain) and case.senses.followed == PAIN else np.inf
    return tuple(step * STEP_MS for step, told in zip(steps, score, strict=True) if told > above)


def _move(
    case: Case, reached: Reached, to: int, pressed: tuple[int, ...], known: tuple[tuple[Delivery, Passage], ...]
) -> Moved:
    """Pump, line and drug through the span, with presses that are given; the legs of the first ones are ``known``."""
    first, legs = reached.now, [*known]
    delivery, passage = reached.delivery, Passage()
    if delivery is not None:
        for at in pressed[len(known) :]:
            before, passed = legs[-1] if legs else (delivery, passage)
            later, told = before.tell(Press(), at)
            legs.append((later, passed.then(told)))
        delivery, passage = legs[-1] if legs else (delivery, passage)
        delivery, rest = delivery.advance(to)
        passage = passage.then(rest)
    due = sorted({*reached.samples_due, *(at + after for at in passage.boluses for after in AFTER_BOLUS_MS)})
    first_s, last_s = first / MS_PER_S, to / MS_PER_S
    steps = np.array(steps_between(first, to)) * STEP_MS / MS_PER_S
    regular = np.arange(-(-first // case.every_ms) * case.every_ms, to, case.every_ms) / MS_PER_S
    marked = np.unique([*(at for at, _ in passage.asked), *(at / MS_PER_S for at in due if first <= at < to)])
    marked = marked[(marked >= first_s) & (marked < last_s)]
    samples = np.unique(np.concatenate([marked, regular]))
    entries = [*passage.entries, *reached.doses]
    times = [at for entry in entries for at in (entry.start_s, entry.end_s)]
    watched = _watched(reached, passage, to)
    edges = np.unique(np.clip(np.concatenate([[first_s, last_s], times, samples, watched, steps]), first_s, last_s))
    motions = tuple(
        advance(channel, held.state, edges, entries, drug)
        for drug, (channel, held) in enumerate(zip(case.channels, reached.held, strict=True))
    )
    oral = case.background.advance(reached.swallowed, edges) if case.background and reached.swallowed else None
    return Moved(
        given=pressed,
        legs=tuple(legs),
        delivery=delivery,
        passage=passage,
        steps_s=steps,
        marked_s=marked,
        samples_s=samples,
        watched_s=watched,
        edges_s=edges,
        motions=motions,
        swallowed=oral,
        indices=acting(case, [motion.states for motion in motions], oral.states if oral else None),
        due=tuple(due),
    )


def _watched(reached: Reached, passage: Passage, to: int) -> Array:
    """The times (s) in the span to ``to`` at which drug given at once, or no longer given, may act most."""
    ends = [round(dose.end_s * MS_PER_S) for dose in reached.doses]
    starts = [*(at - AFTER_BOLUS_MS[-1] for at in reached.samples_due[-1:]), *passage.boluses, *ends]
    times = {at + after for at in starts for after in WATCH_MS if reached.now <= at + after < to}
    return np.union1d(np.array(sorted(times)) / MS_PER_S, _between_strokes(passage.entries, to / MS_PER_S))


def _between_strokes(entries: Sequence[Infusion], to_s: float) -> Array:
    """The times (s) until ``to_s`` after entries that are followed by a pause: there the drug spreads from the tip."""
    if not entries:
        return np.zeros(0)
    ends = np.array([entry.end_s for entry in entries])
    nexts = np.append([entry.start_s for entry in entries[1:]], to_s)
    times = ends[:, None] + AFTER_STROKE_S
    return np.asarray(times[times < nexts[:, None]])


def _felt(case: Case, felt: Felt, moved: Moved, asked: Asked) -> tuple[Felt, dict[str, Array]]:
    """The patient after a span, and what was felt at its samples.

    The extremes are those at the grid's times, the marked and the watched ones, so that they do not depend on how often is
    sampled.
    """
    always = np.unique(np.concatenate([moved.marked_s, moved.watched_s, moved.steps_s]))
    times = np.union1d(moved.samples_s, always)
    now = moved.acting(times)
    feeling = feelings(case.senses, now, factors_at(felt, asked, times), times)
    counted, sampled = np.isin(times, always), np.isin(times, moved.samples_s)
    after = worsen(go_on(felt, asked), case.senses, now, feeling, counted)
    return after, {name: values[sampled] for name, values in feeling.items()}


def _entered(doses: tuple[Infusion, ...], first: int, to: int) -> Array | float:
    """What doses given over a time brought in between two times."""
    total: Array | float = 0.0
    for dose in doses:
        seconds = min(dose.end_s, to / MS_PER_S) - max(dose.start_s, first / MS_PER_S)
        total = total + max(0.0, seconds) * dose.rates
    return total
