"""A run: the pump's day and the patient's, one after the other, until the last day is done.

Days of 24 hours from the start are the blocks of a run: after each, everything that the next one needs is one value
(`Reached`), which can be saved and resumed bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from intrathecal.flow import Array, Infusion
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.controller import Press, Tick
from intrathecal.pump.exactness import Inexact, inexact
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, PL_PER_ML
from intrathecal.pump.limits import check_program
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import PressAnswer
from intrathecal.simulation.beginning import begin
from intrathecal.simulation.delivery import Delivery, Passage
from intrathecal.simulation.errors import SimulationError, refusal
from intrathecal.simulation.presses import press_times
from intrathecal.simulation.propagation import choose
from intrathecal.simulation.system import build_system
from intrathecal.simulation.touching import Impulse, Moment, given, touch
from intrathecal.simulation.tracing import Trace, sample
from intrathecal.simulation.transport import Channel, Held, carry
from intrathecal.therapy import Aspirate, Dose, Event, PocketFill, Refill, ReplacePump, Therapy
from intrathecal.world.device import VolumeError

#: After a bolus or dose, these minutes are sampled too.
AFTER_BOLUS_MS = tuple(minutes * 60_000 for minutes in (1, 2, 5, 10, 20))


@dataclass(frozen=True, eq=False)
class Case:
    """What does not change during a run: the therapy, one channel per drug, how often to sample and which profiles to keep."""

    therapy: Therapy
    channels: tuple[Channel, ...]
    every_ms: int
    profiles: tuple[str, ...]

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs, in the therapy's order."""
        return tuple(entry.drug.name for entry in self.therapy.drugs)


@dataclass(frozen=True)
class Day:
    """What was asked for and what reached the tip in 24 hours (ug, one per drug)."""

    asked_ug: Array
    tip_ug: Array


@dataclass(frozen=True)
class Refilled:
    """A refill at ``at`` (ms), and what was left in the reservoir before it: as the pump believed, and truly (mL)."""

    at: int
    believed_mL: float
    true_mL: float


@dataclass(frozen=True, eq=False)
class Reached:
    """A run at ``now`` (ms): all that is needed to go on, and what was recorded so far.

    ``given_ug`` (drugs,) came by other ways than the pump; the delivery has the pump's own ledger. ``doses`` are under way.
    ``fills`` counts those of the pump that is in the body, the last at ``filled_at`` (ms).
    """

    now: int
    delivery: Delivery | None
    given_ug: Array
    held: tuple[Held, ...]
    doses: tuple[Infusion, ...] = ()
    samples_due: tuple[int, ...] = ()
    events_done: int = 0
    filled_at: int = 0
    fills: int = 1
    delivered_mL: float = 0.0
    traces: tuple[Trace, ...] = ()
    days: tuple[Day, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    answers: tuple[PressAnswer, ...] = ()
    refills: tuple[Refilled, ...] = ()
    inexact: tuple[tuple[int, Inexact], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Finished:
    """A run that is done: the last value that can be gone on from, and the end itself."""

    case: Case
    days_done: Reached
    end: Reached
    wall_s: float


Progress = Callable[[float], None]


def prepare(therapy: Therapy, every_ms: int, profiles: tuple[str, ...] = ()) -> Case:
    """Build the linear system of every drug for the patient of a therapy."""
    patient = therapy.patient
    channels = []
    for entry in therapy.drugs:
        system = build_system(entry.drug, therapy.catalogue, patient.height_cm, patient.weight_kg)
        channels.append(Channel(system, choose(system), dict(system.canal.sites_cm)))
    return Case(therapy, tuple(channels), every_ms, profiles)


def start(case: Case) -> Reached:
    """The moment of the first fill, or of the first dose's day."""
    held = tuple(Held.nothing(channel) for channel in case.channels)
    none = np.zeros(len(case.drugs))
    if case.therapy.pump is None:
        return Reached(0, None, none, held)
    delivery, passage = begin(case.therapy).tell(Tick(), 0)
    settings = delivery.pump.settings
    breach = check_program(settings, (), 0)
    if breach is not None:
        raise refusal(case.therapy, None, breach, settings.primary)
    return Reached(0, delivery, none, held, alarms=passage.alarms, inexact=_inexact(0, settings))


def finish(case: Case, reached: Reached, end_ms: int, progress: Progress) -> Finished:
    """Go on day by day to ``end_ms``; a part of a day at the end is not part of what can be gone on from.

    Raises `SimulationError` for an event that cannot happen at its moment.
    """
    began = perf_counter()
    while reached.now + DAY_MS <= end_ms:
        reached = one_day(case, reached, reached.now + DAY_MS)
        progress(reached.now / end_ms)
    end = one_day(case, reached, end_ms) if reached.now < end_ms else reached
    return Finished(case, reached, last_sample(case, end), perf_counter() - began)


def one_day(case: Case, reached: Reached, end: int) -> Reached:
    """Advance to ``end``, at most a day away: from one event, fault's end or day's end to the next."""
    day = reached.now // DAY_MS
    presses = press_times(case.therapy.simulation, day) if reached.delivery else ()
    spans = Passage()
    while reached.now < end:
        reached = _touch_due(case, reached)
        to = min([end, *_touches(case, reached)])
        due = tuple(at for at in presses if reached.now <= at < to)
        reached, passage = _span(case, reached, to, due)
        spans = spans.then(passage)
    drugs = len(case.drugs)
    asked = spans.asked_ug if len(spans.asked_ug) else np.zeros(drugs)
    tip = spans.tip_ug if len(spans.tip_ug) else np.zeros(drugs)
    if reached.delivery is not None:
        reached = replace(reached, delivery=reached.delivery.decay(end / MS_PER_S))
    return replace(reached, days=(*reached.days, Day(asked, tip)))


def _touches(case: Case, reached: Reached) -> list[int]:
    """When something is done to pump or patient next, or a fault ends."""
    times = [event.at_ms for event in case.therapy.events[reached.events_done :][:1]]
    if reached.delivery is not None:
        times += [fault.until for fault in reached.delivery.device.faults if fault.until is not None]
    return times


def _touch_due(case: Case, reached: Reached) -> Reached:
    """Let faults that are over end, then apply every event of this moment, in the file's order."""
    if reached.delivery is not None:
        delivery, passage = reached.delivery.feel(reached.now)
        reached = _note(replace(reached, delivery=delivery), passage)
    due = [event for event in case.therapy.events[reached.events_done :] if event.at_ms <= reached.now]
    refilling = any(isinstance(event.action, Refill) for event in due)
    pocket_mL = _pocket(due) if refilling else 0.0
    for event in due:
        if not (refilling and isinstance(event.action, PocketFill)):
            reached = _apply(case, reached, event, pocket_mL)
        if isinstance(event.action, Refill):
            pocket_mL = 0.0
        reached = replace(reached, events_done=reached.events_done + 1)
    return reached


def _pocket(due: list[Event]) -> float:
    """The volume that the first refill of this very moment loses; a pocket fill without a refill stands alone."""
    return sum(event.action.volume.canonical for event in due if isinstance(event.action, PocketFill))


def _apply(case: Case, reached: Reached, event: Event, pocket_mL: float) -> Reached:
    action = event.action
    delivery = reached.delivery
    if isinstance(action, Dose):
        return _give(case, reached, *given(action, case.drugs, reached.now))
    if delivery is None:
        return reached
    try:
        if isinstance(action, Aspirate) and action.source == "side-port":
            return _aspirate(case, reached, delivery, action)
        moment = Moment(reached.now, case.therapy.time_at(reached.now), pocket_mL)
        touched = touch(action, delivery.decay(reached.now / MS_PER_S), moment)
    except VolumeError as problem:
        raise SimulationError(case.therapy, event, str(problem)) from None
    for refused in touched.passage.refusals:
        raise refusal(case.therapy, event, refused.breach, delivery.pump.settings.primary)
    if isinstance(action, Refill):
        left = Refilled(reached.now, delivery.pump.reservoir_pL / PL_PER_ML, delivery.device.volume_mL)
        reached = replace(reached, filled_at=reached.now, fills=reached.fills + 1, refills=(*reached.refills, left))
    if isinstance(action, ReplacePump):
        reached = replace(reached, filled_at=reached.now, fills=1)
    told = touched.delivery.pump.settings
    if told != delivery.pump.settings:
        before = tuple(item for item in reached.inexact if item[0] < reached.now)
        reached = replace(reached, inexact=before + _inexact(reached.now, told))
    reached = replace(
        reached,
        delivery=touched.delivery,
        held=_add(case, reached.held, touched.impulses),
        delivered_mL=reached.delivered_mL + touched.passage.delivered_mL,
        notes=reached.notes + touched.notes,
    )
    return _note(reached, touched.passage)


def _inexact(now: int, settings: Settings) -> tuple[tuple[int, Inexact], ...]:
    """What the pump cannot do exactly of what it was told now."""
    return tuple((now, item) for item in inexact(settings))


def _give(case: Case, reached: Reached, impulses: tuple[Impulse, ...], entries: tuple[Infusion, ...]) -> Reached:
    """A dose by another way than the pump."""
    amounts = np.zeros(len(case.drugs))
    for impulse in impulses:
        amounts[case.drugs.index(impulse.drug)] += impulse.amount_ug
    return replace(
        reached,
        held=_add(case, reached.held, impulses),
        given_ug=reached.given_ug + amounts,
        doses=reached.doses + entries,
        samples_due=reached.samples_due + tuple(reached.now + after for after in AFTER_BOLUS_MS),
    )


def _add(case: Case, held: tuple[Held, ...], impulses: tuple[Impulse, ...]) -> tuple[Held, ...]:
    later = list(held)
    for impulse in impulses:
        index = case.drugs.index(impulse.drug)
        later[index] = later[index].add(case.channels[index], impulse.site, impulse.amount_ug)
    return tuple(later)


def _aspirate(case: Case, reached: Reached, delivery: Delivery, action: Aspirate) -> Reached:
    """Through the side port: the catheter's own content first; fluid from around the tip follows into the catheter."""
    volume = float(action.volume.exact)
    site = delivery.site
    held, fluid = list(reached.held), np.zeros(len(reached.held))
    if site.route == "intrathecal":
        for index, channel in enumerate(case.channels):
            held[index], fluid[index] = held[index].draw(channel, site, volume)
    before = delivery.line.mass_ug()
    line, _, _ = delivery.line.aspirate(volume, fluid / volume)
    ledger = delivery.ledger.add(removed=before + fluid - line.mass_ug())
    return replace(reached, held=tuple(held), delivery=replace(delivery, line=line, ledger=ledger))


def _span(case: Case, reached: Reached, to: int, presses: tuple[int, ...]) -> tuple[Reached, Passage]:
    """From now to ``to`` with nobody but the patient touching the pump."""
    first = reached.now
    delivery, passage = reached.delivery, Passage()
    if delivery is not None:
        for at in presses:
            delivery, pressed = delivery.tell(Press(), at)
            passage = passage.then(pressed)
        delivery, rest = delivery.advance(to)
        passage = passage.then(rest)
    after = [at + later for at in passage.boluses for later in AFTER_BOLUS_MS]
    due = sorted({*reached.samples_due, *after})
    samples = _samples(case, passage, first, to, due)
    entries = [*passage.entries, *reached.doses]
    edges = _edges(first / MS_PER_S, to / MS_PER_S, entries, samples)
    held, courses = [], []
    tip = reached.delivery.site if reached.delivery is not None else None
    for index, channel in enumerate(case.channels):
        later, course = carry(channel, reached.held[index], edges, entries, drug=index, tip=tip)
        held.append(later)
        courses.append(course)
    trace = sample(case.channels, courses, edges, times_s=samples, passage=passage, profiles=case.profiles)
    reached = replace(
        reached,
        now=to,
        delivery=delivery,
        given_ug=reached.given_ug + _entered(reached.doses, first, to),
        held=tuple(held),
        doses=tuple(dose for dose in reached.doses if dose.end_s > to / MS_PER_S),
        samples_due=tuple(at for at in due if at >= to),
        traces=(*reached.traces, trace),
        delivered_mL=reached.delivered_mL + passage.delivered_mL,
    )
    return _note(reached, passage), passage


def _samples(case: Case, passage: Passage, first: int, to: int, due: list[int]) -> Array:
    """The seconds to record in [first, to): every so often, every change of what is asked, and after boluses and doses."""
    regular = range(-(-first // case.every_ms) * case.every_ms, to, case.every_ms)
    changes = [at for at, _ in passage.asked]
    wanted = {at / MS_PER_S for at in regular} | set(changes) | {at / MS_PER_S for at in due if first <= at < to}
    return np.array(sorted(at for at in wanted if first / MS_PER_S <= at < to / MS_PER_S))


def _edges(first_s: float, last_s: float, entries: list[Infusion], samples: Array) -> Array:
    starts = [entry.start_s for entry in entries]
    ends = [entry.end_s for entry in entries]
    return np.unique(np.clip(np.concatenate([[first_s, last_s], starts, ends, samples]), first_s, last_s))


def _entered(doses: tuple[Infusion, ...], first: int, to: int) -> Array | float:
    """What doses given over a time brought in between two times."""
    total: Array | float = 0.0
    for dose in doses:
        seconds = min(dose.end_s, to / MS_PER_S) - max(dose.start_s, first / MS_PER_S)
        total = total + max(0.0, seconds) * dose.rates
    return total


def _note(reached: Reached, passage: Passage) -> Reached:
    return replace(reached, alarms=reached.alarms + passage.alarms, answers=reached.answers + passage.answers)


def last_sample(case: Case, reached: Reached) -> Reached:
    """The run with its very end recorded."""
    at = np.array([reached.now / MS_PER_S])
    tip = reached.delivery.site if reached.delivery is not None else None
    courses = [channel.look(held.state[None], tip) for channel, held in zip(case.channels, reached.held, strict=True)]
    before = reached.traces[-1]
    passage = Passage(asked=((at[0], before.asked[-1]),), delivered=((at[0], before.delivered[-1]),))
    trace = sample(case.channels, courses, at, times_s=at, passage=passage, profiles=case.profiles)
    return replace(reached, traces=(*reached.traces, trace))
