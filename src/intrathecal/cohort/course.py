"""What all patients of a therapy share: the pump's course when nobody presses, and what it would answer to a press.

The controller itself is asked, once: it runs the therapy without presses, and at every change of its flow it is asked what it
would give with one patient's bolus under way, what stands against a press, and what is planned. A patient's presses are laid
over that (`handset`, `arriving`).

Where that is not the controller's own course, the therapy or the patient is left to the controller (`driving`):
``Course.controller_only`` says why a therapy is; `Handset.needs` and `Given.needs` do so for a patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from intrathecal.cohort.driving import Station, begun, walk
from intrathecal.cohort.filling import act_table, fill_of, fill_table, hardware, tube
from intrathecal.cohort.planning import Regime
from intrathecal.cohort.tables import AHEAD, DECAY, Tables
from intrathecal.cohort.tabulating import (
    Quiet,
    labels,
    limit_table,
    line_table,
    piece_table,
    planned_ahead,
    regime_table,
    time_lines,
)
from intrathecal.flow import Array, Infusion, Site
from intrathecal.pump import pressing
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.booking import ZERO, asked_flow, next_change
from intrathecal.pump.hardware import DAY_MS, MS_PER_S, NS_PER_MS, PL_PER_ML
from intrathecal.pump.pressing import standing
from intrathecal.pump.remembering import MOST_PIECES
from intrathecal.pump.settings import Settings
from intrathecal.pump.state import State
from intrathecal.simulation.certainty import MINUTE_S
from intrathecal.simulation.delivery import NG_PER_UG, Delivery, Passage
from intrathecal.simulation.touching import Impulse, given
from intrathecal.therapy import (
    Action,
    Aspirate,
    BatteryReset,
    Disconnect,
    Dose,
    NewProgram,
    OralOpioid,
    Prime,
    Refill,
    ReplacePump,
    Reset,
    Revise,
    Therapy,
)

#: The answers that do not depend on the state of the pump; others follow as they are met.
ANSWERS = (
    "",
    pressing.EMPTY,
    pressing.NO_DEMAND,
    pressing.LOCKOUT,
    pressing.DAILY_COUNT,
    pressing.FASTEST_FLOW,
    pressing.LIMIT,
)
#: Events after which the pump plans anew.
ANEW = (Refill, NewProgram, BatteryReset, Reset, Prime)
#: Events that end a patient's bolus.
CLEARING = (Refill, NewProgram, BatteryReset)


@dataclass(frozen=True, eq=False)
class Course:
    """A therapy's course without presses over ``end_ms``, ready for any number of patients; it can be pickled.

    ``answers`` are the handset's, by the number that `handset` gives. ``asked_ug_per_s`` (n, drugs) is what the program asks
    for in each of the pieces of ``tables``, by label, and ``bolus_ug`` (regimes, drugs) what a patient's bolus holds.
    ``alarms`` are sounded whatever is pressed, but for those of the reservoir. ``doses`` and ``at_once`` (ms, impulse) come
    by other ways than the pump, ``oral`` is (ms, ug/s), and ``drawn`` (ms, mL) is taken from the canal through the side port.
    ``first_ug`` was in pump and line at first, and ``first_ug_per_mL`` in the reservoir (drugs,).
    """

    therapy: Therapy
    drugs: tuple[str, ...]
    end_ms: int
    tables: Tables
    answers: tuple[str, ...]
    sites: tuple[Site, ...]
    asked_ug_per_s: Array
    bolus_ug: Array
    alarms: tuple[Alarm, ...]
    doses: tuple[Infusion, ...]
    at_once: tuple[tuple[int, Impulse], ...]
    oral: tuple[tuple[int, float], ...]
    drawn: tuple[tuple[int, float], ...]
    first_ug: Array
    first_ug_per_mL: Array
    controller_only: str

    @cached_property
    def most_presses(self) -> int:
        """More than this many presses cannot be given in a run."""
        regimes = self.tables.regimes
        length = np.diff(np.append(regimes["begin_ms"], self.end_ms))
        daily = (length // DAY_MS + 1) * regimes["most"]
        locked = length // np.maximum(regimes["lockout"], 1) + 1
        return int(np.where(regimes["rate"] > 0, np.minimum(daily, locked), 0).sum())

    @cached_property
    def shortest_s(self) -> float:
        """The shortest time for which anything is given to anybody; a minute where all of it takes longer."""
        regimes, pieces = self.tables.regimes, self.tables.pieces
        boluses = regimes["over"][regimes["rate"] > 0].tolist()
        lasting = (pieces["end_ms"] - pieces["start_ms"])[pieces["stroked"] == 0].tolist()
        strokes = [self.tables.hardware.actuation_s] if pieces["stroked"].any() else []
        return float(min([MINUTE_S, *strokes, *(at / MS_PER_S for at in (*boluses, *lasting) if at > 0)]))

    @property
    def decays(self) -> bool:
        """Whether drug in the reservoir degrades."""
        return bool((self.tables.acts["kind"] == DECAY).any())

    def most_strokes(self, presses: int) -> int:
        """About how many strokes are drawn one by one for a patient who is given so many boluses."""
        pieces, regimes = self.tables.pieces, self.tables.regimes
        asked = (pieces["flow"] * (pieces["end_ms"] - pieces["start_ms"]))[pieces["stroked"] > 0].sum()
        pressed = presses * float((regimes["rate"] * regimes["over"]).max()) if pieces["stroked"].any() else 0.0
        return int((asked + pressed) / self.tables.hardware.step_pL) + 1


@dataclass
class Survey:
    """The walk as it is written down."""

    pieces: list[Quiet] = field(default_factory=list)
    stations: list[tuple[int, Station]] = field(default_factory=list)

    def cross(self, delivery: Delivery, to: int) -> tuple[Delivery, Passage]:
        """Move on, from one change of flow to the next."""
        passages = []
        while delivery.pump.now < to:
            start = delivery
            delivery, passed = delivery.advance(next_change(start.pump, to))
            self.pieces.append(Quiet(start, delivery.pump))
            passages.append(passed)
        alarms = tuple(alarm for passed in passages for alarm in passed.alarms)
        return delivery, Passage(alarms=alarms)


def prepare_course(therapy: Therapy, end_ms: int | None = None) -> Course:
    """Run a therapy's pump once without presses, to ``end_ms`` or as long as the therapy says; it must have a pump.

    Raises `SimulationError` for an event that cannot happen at its moment.
    """
    end = int(therapy.simulation.days * DAY_MS) if end_ms is None else end_ms
    first, passage = begun(therapy)
    survey, alarms = Survey(), passage.alarms
    for station in walk(therapy, first, end, survey.cross):
        survey.stations.append((len(survey.pieces), station))
        alarms += station.sensed.alarms + station.crossed.alarms
    # A station is written down after its pieces: it began where the one before ended.
    begins = [0, *(count for count, _ in survey.stations[:-1])]
    stations = [(begin, station) for begin, (_, station) in zip(begins, survey.stations, strict=True)]
    return _course(therapy, end, first, survey.pieces, stations, alarms)


def _course(
    therapy: Therapy,
    end: int,
    first: Delivery,
    pieces: Sequence[Quiet],
    stations: Sequence[tuple[int, Station]],
    alarms: tuple[Alarm, ...],
) -> Course:
    drugs = first.drugs
    regimes, regime_of = _regimes(pieces, stations)
    answers = tuple(dict.fromkeys([*ANSWERS, *(standing(piece.pump) for piece in pieces)]))
    sites = tuple(dict.fromkeys(piece.start.site for piece in pieces))
    events = [(station.now, event.action) for _, station in stations for event, _ in station.touches]
    clears = [at for at, action in events if isinstance(action, CLEARING)]
    doses = [(at, given(action, drugs, at)) for at, action in events if isinstance(action, Dose)]
    last = stations[-1][1].end
    ahead = planned_ahead(pieces, regime_of, len(regimes))
    lines = time_lines(regimes, pieces)
    acts, figures = act_table(first, stations, len(pieces), end)
    built = Tables(
        pieces=piece_table(pieces, regime_of, fill_of(len(pieces), stations), answers, sites),
        regimes=regime_table(regimes, ahead, lines, clears, end),
        label=labels(regimes),
        ahead=np.array([step for steps in ahead for step in steps], dtype=AHEAD),
        limits=limit_table(regimes, lines),
        lines=line_table(lines),
        fills=fill_table(first, stations, regimes),
        acts=acts,
        figures=figures,
        tube=tube(first),
        hardware=hardware(first),
    )
    return Course(
        therapy=therapy,
        drugs=drugs,
        end_ms=end,
        tables=built,
        answers=answers,
        sites=sites,
        asked_ug_per_s=np.array([_asked(piece.pump, drugs) for piece in pieces]),
        bolus_ug=np.array([_bolus(regime.settings, drugs) for regime in regimes]),
        alarms=alarms,
        doses=tuple(entry for _, (_, entries) in doses for entry in entries),
        at_once=tuple((at, impulse) for at, (impulses, _) in doses for impulse in impulses),
        oral=tuple((at, action.rate.canonical) for at, action in events if isinstance(action, OralOpioid)),
        drawn=tuple(
            (at, float(action.volume.exact))
            for at, action in events
            if isinstance(action, Aspirate) and action.source == "side-port"
        ),
        first_ug=first.ledger.entered,
        first_ug_per_mL=first.device.concentrations,
        controller_only=_controller_only(regimes, pieces, last, [action for _, action in events]),
    )


# ---- what the pump is told, and when that changes


def _regimes(pieces: Sequence[Quiet], stations: Sequence[tuple[int, Station]]) -> tuple[list[Regime], list[int]]:
    """What holds from when to when, and which of it holds in each piece."""
    anew = {index for index, station in stations if any(isinstance(e.action, ANEW) for e, _ in station.touches)}
    checked = {index for index, station in stations if _is_checked(station, pieces[index - 1].end if index else None)}
    begins = [0]
    for index in range(1, len(pieces)):
        if index in anew or _plan_of(pieces[index].pump) != _plan_of(pieces[index - 1].pump):
            begins.append(index)
    regime_of = [0] * len(pieces)
    found = []
    for number, (begin, to) in enumerate(zip(begins, [*begins[1:], len(pieces)], strict=True)):
        regime_of[begin:to] = [number] * (to - begin)
        found.append(Regime(pieces[begin].pump, pieces[to - 1].end.now, begin in checked))
    return found, regime_of


def _plan_of(state: State) -> tuple[object, ...]:
    bridging = state.bridge is not None
    prime = replace(state, running=())
    return (state.settings, state.began, bridging, None if bridging else state.ramp_origin, standing(prime))


def _is_checked(station: Station, before: State | None) -> bool:
    """Whether the pump holds at its limits, at this stop, what it gave before."""
    after = station.start.pump
    if before is None:
        return False
    told = any(isinstance(event.action, NewProgram) for event, _ in station.touches)
    refilled = any(isinstance(event.action, Refill) for event, _ in station.touches) and (
        before.bridge is not None or after.bridge is not None or before.settings.labels != after.settings.labels
    )
    turning = before.stalled and not after.stalled and before.bridge is not None
    return told or refilled or turning or (before.safe and not after.safe)


def _asked(state: State, drugs: tuple[str, ...]) -> Array:
    labels = dict(state.bridge_labels if state.bridge is not None else state.settings.labels)
    flow = asked_flow(state) * MS_PER_S / PL_PER_ML
    return np.array([float(flow * labels.get(drug, ZERO) / NG_PER_UG) for drug in drugs])


def _bolus(settings: Settings, drugs: tuple[str, ...]) -> Array:
    demand, labels = settings.orders.demand, dict(settings.labels)
    volume = ZERO if demand is None else settings.flow(demand.dose)
    return np.array([float(volume * labels.get(drug, ZERO) / PL_PER_ML / NG_PER_UG) for drug in drugs])


# ---- what is left to the controller


def _controller_only(
    regimes: Sequence[Regime], pieces: Sequence[Quiet], last: Delivery, actions: Sequence[Action]
) -> str:
    """Why every patient of this therapy is left to the controller; empty if none need be."""
    for kind, what in (
        (ReplacePump, "the pump is replaced"),
        (Revise, "the catheter is operated on"),
        (Disconnect, "the catheter comes off the pump"),
        (Aspirate, "fluid is drawn through the side port"),
    ):
        for action in actions:
            if isinstance(action, kind) and getattr(action, "source", "side-port") == "side-port":
                return what
    hardware = last.pump.settings.hardware
    most = sum(_most_steps(regime) for regime in regimes)
    worn = last.pump.battery_ns + most * hardware.step_ns
    if hardware.life_ns is not None and worn >= hardware.life_ns - hardware.eri_lead_ms * NS_PER_MS:
        return "the battery may run out"
    presses = sum(regime.most_presses for regime in regimes)
    limited = any(regime.limits for regime in regimes)
    if limited and len(last.pump.given) + 4 * presses > MOST_PIECES:
        return "more changes of flow may come than the pump remembers one by one"
    if any(regime.is_evened for regime in regimes):
        return "the program changes its flow more often than its limits are followed one by one"
    return ""


def _most_steps(regime: Regime) -> int:
    demand = regime.settings.orders.demand
    if demand is None:
        return 0
    volume = regime.settings.flow(demand.dose)
    return regime.most_presses * int(-(-volume // regime.settings.hardware.step_pL))
