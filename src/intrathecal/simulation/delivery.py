"""From the controller to the tip: one patient's pump, its true reservoir and its line, advanced together.

The pump believes and counts; the device and the line hold what happens. A delivery is a value: each advance returns the
next one and the passage, that is, what flowed and what was sounded on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from intrathecal.catheter.line import Line
from intrathecal.catheter.outflow import Outflow
from intrathecal.flow import Array, Flow, Infusion, Site
from intrathecal.pump.alarms import Alarm
from intrathecal.pump.controller import Event, Reset, Rotor, Tick, step
from intrathecal.pump.hardware import HOUR_MS, MS_PER_S, PL_PER_ML, Hardware
from intrathecal.pump.state import Action, ProgramRefused, State, Stretch
from intrathecal.simulation.ledger import Ledger
from intrathecal.world import faults
from intrathecal.world.device import Device
from intrathecal.world.faults import Active
from intrathecal.world.magnet import Magnet

NG_PER_UG = 1000
#: Steps are drawn one by one where one is more than this part of the base's hourly volume.
COARSE = Fraction(1, 10)


@dataclass(frozen=True)
class Passage:
    """What happened between two times.

    ``asked``, ``delivered`` and ``counted`` are (second, flow in mL/s from then on): what the program asked for, and, as the
    mean between two changes of that, what left the reservoir and what the pump counted. ``boluses`` are the ms at which one
    began. ``asked_ug`` is what the program asked for, by label, and ``tip_ug`` what reached the tip.
    """

    entries: tuple[Infusion, ...] = ()
    asked: tuple[tuple[float, float], ...] = ()
    delivered: tuple[tuple[float, float], ...] = ()
    counted: tuple[tuple[float, float], ...] = ()
    alarms: tuple[Alarm, ...] = ()
    refusals: tuple[ProgramRefused, ...] = ()
    boluses: tuple[int, ...] = ()
    asked_ug: Array = field(default_factory=lambda: np.zeros(0))
    tip_ug: Array = field(default_factory=lambda: np.zeros(0))
    delivered_mL: float = 0.0

    def then(self, later: Passage) -> Passage:
        """This passage and the one that follows it."""
        return Passage(
            self.entries + later.entries,
            self.asked + later.asked,
            self.delivered + later.delivered,
            self.counted + later.counted,
            self.alarms + later.alarms,
            self.refusals + later.refusals,
            self.boluses + later.boluses,
            _sum(self.asked_ug, later.asked_ug),
            _sum(self.tip_ug, later.tip_ug),
            self.delivered_mL + later.delivered_mL,
        )


@dataclass(frozen=True)
class Delivery:
    """Pump, device and line at one time. ``drugs`` gives the order of every array of drugs.

    ``counted_before_pL`` is what pumps counted that have been replaced; ``decayed_s`` the time up to which drug in the
    reservoir has been degraded, at ``decay_per_s``.
    """

    drugs: tuple[str, ...]
    pump: State
    device: Device
    line: Line
    tip: Site
    actuation_s: float
    magnet: Magnet
    ledger: Ledger
    decay_per_s: Array
    decayed_s: float = 0.0
    counted_before_pL: int = 0

    @property
    def site(self) -> Site:
        """Where the tip lies now: a migration moves it until it ends."""
        moved = [fault.level for fault in self.device.faults if fault.kind == faults.TIP_MIGRATION]
        return replace(self.tip, level=moved[-1]) if moved else self.tip

    @property
    def leak(self) -> float:
        """The part of the flow that leaves the catheter outside the canal."""
        kept = 1.0
        for fault in self.device.faults:
            if fault.kind == faults.CATHETER_LEAK:
                kept *= 1 - fault.amount
        return 1 - kept

    def advance(self, to: int) -> tuple[Delivery, Passage]:
        """Everything up to ``to`` (ms) while nobody touches the pump and no fault begins or ends."""
        return self.tell(Tick(), to)

    def tell(self, event: Event, now: int) -> tuple[Delivery, Passage]:
        """Bring the pump to ``now`` and hand it an event."""
        before = self.pump
        pump, actions = step(before, event, now)
        stretches = [action for action in actions if isinstance(action, Stretch)]
        passage = _heard(actions).then(self._asked(stretches))
        delivery, flowed = replace(self, pump=pump)._move(before, stretches)
        return delivery, passage.then(flowed)

    def feel(self, now: int) -> tuple[Delivery, Passage]:
        """Let faults that are over end, and tell the pump what it senses."""
        over = [fault for fault in self.device.faults if fault.until is not None and fault.until <= now]
        delivery = replace(self, device=self.device.relieved(now))
        passage = Passage()
        if any(fault.kind == faults.BATTERY_RESET for fault in over):
            delivery, passage = delivery.tell(Reset(), now)
        held = any(fault.holds_rotor for fault in delivery.device.faults)
        if held != delivery.pump.stalled:
            delivery, sensed = delivery.tell(Rotor(held), now)
            passage = passage.then(sensed)
        return delivery, passage

    def suffer(self, fault: Active, now: int) -> tuple[Delivery, Passage]:
        """A fault begins."""
        return replace(self, device=self.device.suffer(fault)).feel(now)

    def decay(self, now_s: float) -> Delivery:
        """Drug in the reservoir degrades (first order) up to ``now_s``."""
        kept = np.exp(-self.decay_per_s * (now_s - self.decayed_s))
        lost = self.device.masses_ug * (1 - kept)
        device = replace(self.device, concentrations=self.device.concentrations * kept)
        return replace(self, device=device, decayed_s=now_s, ledger=self.ledger.add(degraded=lost))

    def escape(self, volume_mL: float) -> tuple[Delivery, Array]:
        """A volume that leaves the pump at once, uncounted; also what arrives at the tip (ug, one per drug)."""
        taken = min(volume_mL, self.device.volume_mL)
        device, _ = self.device.take(taken)
        rate = taken / self.actuation_s
        delivery, passage = self._push(device, [Flow(0.0, self.actuation_s, rate)])
        return delivery, passage.tip_ug

    def _asked(self, stretches: Sequence[Stretch]) -> Passage:
        """What the program asked for, as flow and as mass by the label then in force."""
        amounts = np.zeros(len(self.drugs))
        flows = []
        for stretch in stretches:
            flows.append((stretch.start / MS_PER_S, float(stretch.asked * MS_PER_S / PL_PER_ML)))
            volume = float(stretch.asked * (stretch.end - stretch.start) / PL_PER_ML)
            for drug, concentration in stretch.labels:
                amounts[self.drugs.index(drug)] += volume * float(concentration) / NG_PER_UG
        boluses = tuple(stretch.start for stretch in stretches if stretch.boluses)
        return Passage(asked=tuple(flows), asked_ug=amounts, boluses=boluses)

    def _move(self, before: State, stretches: Sequence[Stretch]) -> tuple[Delivery, Passage]:
        """Turn counted steps into true flow and push it through the line."""
        delivery, passage, coarse = self, Passage(), is_stroked(before)
        for stretch in stretches:
            if coarse:
                device, draws = delivery.device.draw_steps(stretch, self.actuation_s)
            else:
                device, draws = delivery.device.draw_smooth(stretch)
            volume = delivery.device.volume_mL - device.volume_mL
            delivery, pushed = delivery._push(device, draws)
            start, seconds = stretch.start / MS_PER_S, (stretch.end - stretch.start) / MS_PER_S
            counted = stretch.steps * stretch.step_pL / PL_PER_ML
            passage = passage.then(
                replace(
                    pushed,
                    delivered=((start, volume / seconds),),
                    counted=((start, counted / seconds),),
                    delivered_mL=volume,
                )
            )
        return delivery, passage

    def _push(self, device: Device, draws: Sequence[Flow]) -> tuple[Delivery, Passage]:
        """Push what was drawn from the reservoir, which leaves ``device``, through the line."""
        disconnected = any(fault.kind == faults.DISCONNECT for fault in self.device.faults)
        line, entries = self.line, []
        leaked, arrived = np.zeros(len(self.drugs)), np.zeros(len(self.drugs))
        kept = 0.0 if disconnected else 1 - self.leak
        for draw in draws:
            push = line.push_disconnected if disconnected else line.push
            line, out = push(draw.rate_mL_per_s, draw.duration_s, self.device.concentrations)
            if draw.rate_mL_per_s > 0:
                leaked += (1 - kept) * out.mass_ug
                arrived += kept * out.mass_ug
                entries += _entries(self.site, draw, out, kept)
        ledger = self.ledger.add(leaked=leaked) if leaked.any() else self.ledger
        return replace(self, device=device, line=line, ledger=ledger), Passage(entries=tuple(entries), tip_ug=arrived)


def _entries(site: Site, draw: Flow, out: Outflow, kept: float) -> list[Infusion]:
    rates, until = kept * out.rates_ug_per_s, draw.start_s + draw.duration_s
    edges = [draw.start_s, *(draw.start_s + np.cumsum(out.durations_s[:-1])).tolist(), until]
    flowing = np.flatnonzero((rates > 0).any(axis=1)).tolist()
    return [Infusion(site, edges[i], edges[i + 1], rates[i]) for i in flowing]


def _heard(actions: Sequence[Action]) -> Passage:
    return Passage(
        alarms=tuple(action for action in actions if isinstance(action, Alarm)),
        refusals=tuple(action for action in actions if isinstance(action, ProgramRefused)),
    )


def can_be_stroked(hardware: Hardware) -> bool:
    """Whether a pump draws its steps one by one at some flow that it can run at."""
    return hardware.step_pL > COARSE * hardware.slowest * HOUR_MS


def is_stroked(state: State) -> bool:
    """Whether steps are drawn one by one: where one is more than a tenth of the base's hourly volume."""
    settings = state.settings
    doses = [level.dose for _, level in settings.orders.week if level.dose > 0]
    slowest = settings.hardware.possible(settings.flow(min(doses))) if doses else settings.hardware.fastest
    return settings.hardware.step_pL > COARSE * slowest * HOUR_MS


def _sum(first: Array, second: Array) -> Array:
    return first + second if len(first) == len(second) else (first if len(first) else second)
