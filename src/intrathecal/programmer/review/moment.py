"""The pump just before and just after a change, as its own controller makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from intrathecal.programmer.review.rested import BOTTOMLESS_PL
from intrathecal.pump.controller import Program as NewOrders
from intrathecal.pump.controller import Refilled, Tick, fresh, step
from intrathecal.pump.hardware import DAY_MS, MS_PER_S
from intrathecal.pump.limits import LimitBreach, check_program
from intrathecal.pump.pieces import doses_given
from intrathecal.pump.settings import Orders, fixed_orders, labels_of, order
from intrathecal.pump.state import ProgramRefused, State
from intrathecal.simulation.beginning import age_ms, picolitres, told_at_first_fill
from intrathecal.simulation.dates import held_before
from intrathecal.simulation.pumping import pump_at
from intrathecal.simulation.touching import told_at_refill
from intrathecal.therapy import (
    Bridge,
    CatheterPlan,
    Event,
    Fill,
    NewProgram,
    Program,
    PumpPlan,
    Refill,
    ReplacePump,
    Revise,
    Therapy,
    TherapyError,
)

AskedBridge = Literal["auto", "none"] | Bridge


@dataclass(frozen=True)
class Implanted:
    """The parts of a therapy that has a pump."""

    pump: PumpPlan
    catheter: CatheterPlan
    fill: Fill

    @classmethod
    def of(cls, therapy: Therapy) -> Implanted:
        """Raises `TherapyError` for a therapy without a pump."""
        pump, catheter, fill = therapy.pump, therapy.catheter, therapy.fill
        if pump is None or catheter is None or fill is None:
            raise TherapyError(
                f"{therapy.file}: has no [pump], so that nothing runs that could be judged or reckoned; "
                "add [pump], [catheter], [fill] and [program], or simulate the file"
            )
        return cls(pump, catheter, fill)


@dataclass(frozen=True)
class Standing:
    """A pump in the body: its state, the program it runs, and since when it holds its fill (ms)."""

    implanted: Implanted
    state: State
    program: Program | None
    filled_at: int
    held_before: frozenset[str]


@dataclass(frozen=True)
class Change:
    """``before`` and ``after`` a change (``before`` None: nobody said what runs), and the limit clause that refuses it.

    ``bridge`` is what a refill asks for; None where there is none to ask for one.
    """

    before: Standing | None
    after: Standing
    events: tuple[Event, ...] = ()
    bridge: AskedBridge | None = None
    breach: LimitBreach | None = None


def change_of_file(therapy: Therapy, running: Therapy | None) -> Change:
    """The file's own [program], from its fill on, or from ``now`` with ``reservoir_now``."""
    implanted = Implanted.of(therapy)
    pump, fill = implanted.pump, implanted.fill
    settings = told_at_first_fill(therapy, pump, implanted.catheter, fill)
    at, volume = 0, fill.volume
    if fill.now is not None and fill.reservoir_now is not None:
        at, volume = _ms(therapy, fill.now), fill.reservoir_now
    before = None if running is None else _running(therapy, implanted, running, at)
    given = () if before is None else before.state.given
    breach = check_program(settings, doses_given(given, settings), at)
    state = fresh(settings, picolitres(volume), at, age_ms(pump.implanted, fill.at) + at)
    state = replace(state, given=given)
    held: frozenset[str] = frozenset() if running is None else frozenset(running.label)
    return Change(before, Standing(implanted, state, therapy.program, 0, held), breach=breach)


def change_of_event(therapy: Therapy, number: int, running: Therapy | None) -> Change:
    """The ``number``-th event (from 1), with every other refill and program of that moment: nothing runs between them.

    Raises `TherapyError` for an event that is none of the two, or that there is not.
    """
    implanted = Implanted.of(therapy)
    if not 1 <= number <= len(therapy.events):
        count = f"has {len(therapy.events)} events" if therapy.events else "has no events"
        raise TherapyError(f"--event {number}: {therapy.file} {count}; name one of them, the first is 1")
    event = therapy.events[number - 1]
    if not isinstance(event.action, NewProgram | Refill):
        raise TherapyError(
            f"--event {number}: is neither a refill nor a program ({therapy.file}, line {event.line}); "
            "name an event that changes what the pump gives"
        )
    together = [
        one for one in therapy.events if one.at_ms == event.at_ms and isinstance(one.action, NewProgram | Refill)
    ]
    before = _until(therapy, implanted, together[0])
    if running is not None:
        other = _running(therapy, before.implanted, running, event.at_ms)
        state = replace(other.state, reservoir_pL=before.state.reservoir_pL, battery_ns=before.state.battery_ns)
        before = replace(before, state=state, program=other.program)
    return changed(therapy, before, together)


def changed(therapy: Therapy, before: Standing, events: Sequence[Event]) -> Change:
    """What refills and programs of one moment make of a pump; each is done whatever its limits say."""
    after, breach = before, None
    bridge: AskedBridge | None = None
    for one in events:
        if isinstance(one.action, NewProgram | Refill):
            after, refused = _changed(therapy, after, one, one.action)
            breach = breach or refused
        bridge = one.action.bridge if isinstance(one.action, Refill) else bridge
    return Change(before, after, tuple(events), bridge, breach)


def _until(therapy: Therapy, implanted: Implanted, event: Event) -> Standing:
    """What stands just before an event: everything before it has happened, and nobody pressed."""
    program, filled_at = therapy.program, 0
    for one in therapy.events[: event.index - 1]:
        action = one.action
        if isinstance(action, NewProgram):
            program = action.program
        if isinstance(action, Revise):
            implanted = replace(implanted, catheter=action.catheter)
        if isinstance(action, ReplacePump):
            implanted = replace(implanted, pump=action.pump)
        if isinstance(action, Refill | ReplacePump):
            filled_at = one.at_ms
    state = pump_at(therapy, event.at_ms, event.index - 1).pump
    return Standing(implanted, state, program, filled_at, held_before(therapy, filled_at))


def _running(therapy: Therapy, implanted: Implanted, running: Therapy, at: int) -> Standing:
    """The pump of ``therapy`` that has run the [program] of ``running`` with its [[drug]] up to ``at`` (ms)."""
    other = Implanted.of(running)
    unknown = [drug for drug in running.label if drug not in therapy.catalogue.drugs]
    if unknown:
        raise TherapyError(
            f"{running.file}: {unknown[0]} runs, and the catalogue of {therapy.file} does not know it; "
            "name the same catalogue files in both, or with --catalogue"
        )
    told = told_at_first_fill(therapy, implanted.pump, implanted.catheter, implanted.fill)
    concentration = running.label[running.primary.name].to("ng/mL")
    program = None if told.hardware.fixed is not None else running.program
    orders = fixed_orders(told.hardware, concentration) if program is None else order(program, concentration)
    settings = replace(told, orders=orders, primary=running.primary.name, labels=labels_of(running.label))
    longest = max((limit.per for limit in (*told.orders.limits, *orders.limits)), default=DAY_MS)
    filled = _ms(therapy, other.fill.at)
    # A file of what runs that begins no earlier than the change says nothing of how long: long enough, then.
    began = filled if filled < at else at - longest - DAY_MS
    ramped = began if filled < at else at
    start = max(began, at - longest - DAY_MS)
    state = replace(fresh(settings, BOTTOMLESS_PL, start), began=began, ramp_origin=ramped)
    state, _ = step(state, Tick(), at)
    # Nobody said how much it holds; what counts is what it gave.
    state = replace(state, reservoir_pL=settings.hardware.reservoir_pL, filled_pL=settings.hardware.reservoir_pL)
    return Standing(implanted, state, program, began, frozenset())


def _changed(
    therapy: Therapy, before: Standing, event: Event, action: Refill | NewProgram
) -> tuple[Standing, LimitBreach | None]:
    """The pump after an event; where it refuses, as it would be if it did not."""
    state = before.state
    told: Refilled | NewOrders
    if isinstance(action, Refill):
        told, _ = told_at_refill(action, state)
        before = replace(
            before,
            filled_at=event.at_ms,
            held_before=held_before(therapy, event.at_ms) | {drug for drug, _ in state.settings.labels},
        )
    else:
        told = NewOrders(order(action.program, state.settings.concentration))
        before = replace(before, program=action.program)
    after, actions = step(state, told, event.at_ms)
    breach = next((one.breach for one in actions if isinstance(one, ProgramRefused)), None)
    if breach is not None:
        after = _forced(state, told)
    return replace(before, state=after), breach


def _forced(state: State, told: Refilled | NewOrders) -> State:
    """The pump after an event that its limits refuse: done without them, and then they are put back."""
    orders = told.orders if isinstance(told, NewOrders) else state.settings.orders
    free = replace(orders, limits=())
    if isinstance(told, NewOrders):
        after, _ = step(state, NewOrders(free), state.now)
    else:
        after, _ = step(_with_orders(state, free), told, state.now)
    return _with_orders(after, orders)


def _with_orders(state: State, orders: Orders) -> State:
    return replace(state, settings=replace(state.settings, orders=orders))


def _ms(therapy: Therapy, at: datetime) -> int:
    """A time on the pump's clock as ms on its counter."""
    start = Implanted.of(therapy).fill.at
    return round((at - start).total_seconds() * MS_PER_S)
