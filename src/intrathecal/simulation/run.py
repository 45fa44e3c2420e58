"""A run: the pump's day and the patient's, one after the other, until the last day is done.

Days of 24 hours from the start are the blocks of a run: after each, everything that the next one needs is one value
(`Reached`), which can be saved and resumed bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np

from intrathecal.catalogue import Drug
from intrathecal.pump.controller import Tick
from intrathecal.pump.hardware import DAY_MS, MS_PER_S
from intrathecal.pump.limits import check_program
from intrathecal.relief import Indices, indices
from intrathecal.simulation.background import BY_MOUTH, MORPHINE, background, is_swallowed
from intrathecal.simulation.beginning import begin
from intrathecal.simulation.certainty import MINUTE_S
from intrathecal.simulation.delivery import Passage
from intrathecal.simulation.entries import Entering, entering
from intrathecal.simulation.errors import refusal
from intrathecal.simulation.feeling import at_first, feelings, senses_of, worsen
from intrathecal.simulation.happening import inexact_from, touch_due, touches
from intrathecal.simulation.presses import press_times
from intrathecal.simulation.propagation import choose, choose_for
from intrathecal.simulation.reached import Case, Day, Finished, Reached
from intrathecal.simulation.span import acting, reservoir, span
from intrathecal.simulation.system import build_system
from intrathecal.simulation.tracing import sample
from intrathecal.simulation.transport import Channel, Held
from intrathecal.simulation.unrest import doubt
from intrathecal.therapy import Therapy

Progress = Callable[[float], None]


def prepare(therapy: Therapy, every_ms: int, profiles: tuple[str, ...] = ()) -> Case:
    """Build the linear system of every drug for the patient of a therapy, and find how the patient feels before it."""
    drugs = [entry.drug for entry in therapy.drugs]
    channels = {drug.name: _channel(therapy, drug, entering(therapy, drug.name)) for drug in drugs}
    oral, before = None, tuple[Indices, ...]()
    if is_swallowed(therapy):
        morphine = therapy.catalogue.drugs[MORPHINE]
        oral = background(therapy, _channel(therapy, morphine, Entering((BY_MOUTH,), MINUTE_S)))
        before = indices(therapy.catalogue.relief, [(morphine, oral.channel.effects(oral.before().state[None]))])
    return Case(therapy, tuple(channels.values()), oral, senses_of(therapy, before), every_ms, profiles)


def _channel(therapy: Therapy, drug: Drug, entering: Entering | None) -> Channel:
    """The system of ``drug``, which enters as told; where that is not known, all of its modes are kept."""
    patient = therapy.patient
    system = build_system(drug, therapy.catalogue, patient.height_cm, patient.weight_kg)
    places = dict(system.canal.sites_cm)
    if entering is None:
        return Channel(system, choose(system), places)
    sources = [system.source(site.route, places.get(site.level)) for site in entering.sites]
    entries = np.array(sources).reshape(-1, len(system.states)).T
    propagator, rows = choose_for(system, entries, entering.shortest_s), np.array([*system.sites.values()])
    return Channel(system, propagator, places, doubt(system, propagator, entering.sites, entries, rows))


def by_all_modes(case: Case) -> Case:
    """The same with nothing left to doubt: every drug is advanced by all modes, or by what needs none."""
    why = "the bound of the run by few modes is too large"
    channels = (
        replace(channel, propagator=choose(channel.system).because(why), doubt=None) for channel in case.channels
    )
    return replace(case, channels=tuple(channels))


def start(case: Case) -> Reached:
    """The moment of the first fill, or of the first dose's day."""
    blank = Reached(
        now=0,
        delivery=None,
        given_ug=np.zeros(len(case.drugs)),
        held=tuple(Held.nothing(channel) for channel in case.channels),
        swallowed=case.background.before() if case.background else None,
        felt=at_first(case.senses),
    )
    if case.therapy.pump is None:
        return blank
    delivery, passage = begin(case.therapy).tell(Tick(), 0)
    settings = delivery.pump.settings
    breach = check_program(settings, (), 0)
    if breach is not None:
        raise refusal(case.therapy, None, breach, settings.primary)
    return replace(blank, delivery=delivery, alarms=passage.alarms, inexact=inexact_from(0, settings))


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
        reached = touch_due(case, reached)
        to = min([end, *touches(case, reached)])
        due = tuple(at for at in presses if reached.now <= at < to)
        reached, passage = span(case, reached, to, due)
        spans = spans.then(passage)
    drugs = len(case.drugs)
    asked = spans.asked_ug if len(spans.asked_ug) else np.zeros(drugs)
    tip = spans.tip_ug if len(spans.tip_ug) else np.zeros(drugs)
    if reached.delivery is not None:
        reached = replace(reached, delivery=reached.delivery.decay(end / MS_PER_S))
    return replace(reached, days=(*reached.days, Day(asked, tip)))


def last_sample(case: Case, reached: Reached) -> Reached:
    """The run with its very end recorded."""
    at = np.array([reached.now / MS_PER_S])
    tip = reached.delivery.site if reached.delivery is not None else None
    courses = [channel.look(held.state[None], tip) for channel, held in zip(case.channels, reached.held, strict=True)]
    before = reached.traces[-1]
    passage = Passage(asked=((at[0], before.asked[-1]),), delivered=((at[0], before.delivered[-1]),))
    swallowed = None if reached.swallowed is None else reached.swallowed.state[None]
    now = acting(case, [held.state[None] for held in reached.held], swallowed)
    feeling = feelings(case.senses, now, reached.felt.factors_now(case.senses, reached.now), at)
    trace = sample(
        case.channels,
        courses,
        at,
        times_s=at,
        passage=passage,
        profiles=case.profiles,
        felt=feeling,
        reservoir=reservoir(reached.delivery, Passage(), at),
    )
    felt = worsen(reached.felt, case.senses, now, feeling, np.array([True]))
    return replace(reached, felt=felt, traces=(*reached.traces, trace))
