"""A change of a pump that was just read: what runs until then is what the pump says, and no file.

The pump tells its program and since when it runs, its label, reservoir, battery and clock, and when it was filled. It does not
tell what it gave in the last day, nor where it stands in a ramp: the ramp is taken to be as far on as the flow that is asked
shows. The pump itself holds a program against its limits with all that it has given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from intrathecal.programmer.programming import STANDING
from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.judge import case_of_change
from intrathecal.programmer.review.moment import Implanted, Standing, changed
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.pump.schedule import base_asked
from intrathecal.pump.settings import Settings, labels_of
from intrathecal.pump.state import State
from intrathecal.pump.telemetry.messages import Fill, Reading
from intrathecal.therapy import Action, Event, NewProgram, OralOpioid, Prime, Program, Refill, Therapy

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  the pump's clock has an offset and no zone
#: How the log heads the entries of fills, and of programs.
FILLS, PROGRAMS = ("fill", "refill"), ("program",)


@dataclass(frozen=True)
class _Told:
    """When the pump was last filled and last programmed (ms on its counter), as its log says; None where it does not."""

    filled: int | None
    programmed: int | None
    first_fill: bool

    @property
    def waits(self) -> bool:
        """Whether nobody programmed it since it was filled."""
        return self.programmed is None or (self.filled is not None and self.programmed < self.filled)


def case_of_program(plan: Therapy, reading: Reading, fill: Fill, program: Program) -> Case:
    """A program for a pump that was filled. The file must be about this pump."""
    told = _told(reading)
    if reading.program == STANDING and told.waits:
        return _first_program(plan, reading, fill, told, program)
    therapy, standing = _standing(plan, reading, fill, told)
    return _judged(therapy, standing, [NewProgram(program)])


def case_of_refill(plan: Therapy, reading: Reading, fill: Fill, refill: Refill, program: Program | None) -> Case:
    """A refill of a pump that was filled before, with the program (if any) that follows it at once."""
    therapy, standing = _standing(plan, reading, fill, _told(reading))
    follows = [] if program is None else [NewProgram(program)]
    return _judged(therapy, standing, [refill, *follows])


def _judged(therapy: Therapy, standing: Standing, actions: Sequence[Action]) -> Case:
    now = standing.state.now
    last = len(therapy.events)
    events = [Event(last + number, 0, "", now, action) for number, action in enumerate(actions, start=1)]
    therapy = replace(therapy, events=(*therapy.events, *events))
    return case_of_change(therapy, None, changed(therapy, standing, events))


def _first_program(plan: Therapy, reading: Reading, fill: Fill, told: _Told, program: Program) -> Case:
    """The pump stands still and waits for its program; what it gave before its fill, if anything, it does not say."""
    is_new = told.first_fill and not fill.steps
    zero = reading.now if is_new or told.filled is None else told.filled
    implanted = Implanted.of(plan)
    own = implanted.fill.at if is_new else None
    therapy = _from(plan, _wall(reading, zero), own or _wall(reading, zero))
    state = _state(plan, reading, fill, zero)
    standing = Standing(Implanted.of(therapy), state, None, 0, frozenset())
    change = changed(therapy, standing, [Event(1, 0, "", state.now, NewProgram(program))])
    return case_of_change(therapy, None, replace(change, before=None, events=()))


def _standing(plan: Therapy, reading: Reading, fill: Fill, told: _Told) -> tuple[Therapy, Standing]:
    """The file on the pump's clock, counted from its fill or program, whichever is older, and the pump as it stands."""
    zero = fill.began if told.filled is None else min(fill.began, told.filled)
    filled_at = 0 if told.filled is None else told.filled - zero
    started = _wall(reading, zero)
    therapy = _from(plan, started, started)
    state = _state(plan, reading, fill, zero)
    program = Program.parse(reading.program) if reading.program else None
    if program is not None:
        ran = Event(1, 0, "", state.began, NewProgram(program))
        events = sorted([*therapy.events, ran], key=lambda one: one.at_ms)
        numbered = tuple(replace(one, index=number) for number, one in enumerate(events, start=1))
        therapy = replace(therapy, program=program, events=numbered)
    held = frozenset[str]() if told.first_fill else frozenset(plan.label)
    return therapy, Standing(Implanted.of(therapy), state, program, filled_at, held)


def _from(plan: Therapy, start: datetime, own: datetime) -> Therapy:
    """The file counted from ``start``, which its own ``own`` is on the pump's clock; of its events those of the patient."""
    fill = Implanted.of(plan).fill
    by = round((fill.at - own).total_seconds() * MS_PER_S)
    events = [
        replace(one, at_ms=one.at_ms + by)
        for one in plan.events
        if isinstance(one.action, OralOpioid | Prime) and one.at_ms + by >= 0
    ]
    # Whatever was taken when counting begins is taken from then on.
    since = [one for one in plan.events if isinstance(one.action, OralOpioid) and one.at_ms + by < 0]
    events = [replace(one, at_ms=0) for one in since[-1:]] + events
    numbered = tuple(replace(one, index=number) for number, one in enumerate(events, start=1))
    return replace(
        plan,
        start=start,
        fill=replace(fill, at=start, now=None, reservoir_now=None),
        events=numbered,
    )


def _state(plan: Therapy, reading: Reading, fill: Fill, zero: int) -> State:
    """The pump's state, counted from ``zero`` (ms on its own counter)."""
    settings = replace(fill.settings, clock=fill.settings.clock + zero)
    now, began = reading.now - zero, fill.began - zero
    is_low = fill.reservoir_pL <= settings.low_reservoir_pL
    return State(
        settings=settings,
        now=now,
        began=began,
        ramp_origin=_ramp_origin(settings, fill, began, now),
        reservoir_pL=fill.reservoir_pL,
        filled_pL=max(fill.reservoir_pL, _filled_pL(plan, settings)),
        steps=fill.steps,
        booked=fill.booked,
        battery_ns=fill.battery_ns,
        safe=fill.safe,
        low_at=now if is_low else None,
        stopped_at=now if fill.stopped else None,
    )


def _ramp_origin(settings: Settings, fill: Fill, began: int, now: int) -> int:
    """Since when a rising ramp has gone on without a pause: bridges and stops hold it, and the flow asked shows how long."""
    ramp, origin = settings.orders.ramp, began
    if ramp is None or ramp.target < 1 or fill.stopped or fill.bridging:
        return origin
    while origin + ramp.every <= now and base_asked(settings, origin, now) > fill.asked:
        origin += ramp.every
    return origin


def _filled_pL(plan: Therapy, settings: Settings) -> int:
    """What the file fills in with the label that is in the pump, the most of it; 0 where it has no such fill."""
    held = [(plan.label, Implanted.of(plan).fill.volume)]
    held += [(one.action.drugs, one.action.volume) for one in plan.events if isinstance(one.action, Refill)]
    return max(
        (round(volume.exact * PL_PER_ML) for label, volume in held if labels_of(label) == settings.labels), default=0
    )


def _told(reading: Reading) -> _Told:
    done = [entry for entry in reading.events if ": refused, " not in entry.text]
    fills = [entry for entry in done if entry.kind in FILLS]
    programs = [entry.last for entry in done if entry.kind in PROGRAMS]
    last = fills[-1] if fills else None
    return _Told(
        None if last is None else last.last,
        programs[-1] if programs else None,
        last is not None and last.kind == FILLS[0],
    )


def _wall(reading: Reading, at: int) -> datetime:
    """The pump's clock at a time of its counter."""
    return EPOCH + timedelta(milliseconds=reading.wall_ms - reading.now + at)
