"""Where and how briefly a drug can enter a patient in the course of a therapy: what a reduced system has to know beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intrathecal.catalogue import Pump
from intrathecal.flow import Site
from intrathecal.pump.hardware import Hardware
from intrathecal.simulation.certainty import MINUTE_S
from intrathecal.simulation.delivery import can_be_stroked
from intrathecal.therapy import (
    Aspirate,
    Dose,
    Mri,
    NewProgram,
    Prime,
    Program,
    ReplacePump,
    Revise,
    Therapy,
    TipMigration,
)
from intrathecal.world.magnet import Magnet

#: Given at once.
AT_ONCE_S = 0.0


@dataclass(frozen=True)
class Entering:
    """The ``sites`` at which a drug can enter, in the order of the file, and the time of the shortest dose (0: at once)."""

    sites: tuple[Site, ...]
    shortest_s: float


def entering(therapy: Therapy, drug: str) -> Entering | None:
    """How ``drug`` can enter; None where fluid is drawn from the canal, which leaves amounts that no entry makes."""
    if any(isinstance(event.action, Aspirate) and event.action.source == "side-port" for event in therapy.events):
        return None
    sites = (*_tips(therapy), *(_site(dose) for dose in _doses(therapy, drug)))
    times = [*_from_pumps(therapy), *_over(therapy)]
    times += [dose.over.canonical if dose.over else AT_ONCE_S for dose in _doses(therapy, drug)]
    return Entering(tuple(dict.fromkeys(sites)), min(MINUTE_S, *times) if times else MINUTE_S)


def _tips(therapy: Therapy) -> Iterator[Site]:
    """Every place at which the catheter's tip lies at some time."""
    if therapy.catheter is None:
        return
    space = therapy.catheter.space
    yield Site(space, therapy.catheter.tip)
    for event in therapy.events:
        match event.action:
            case TipMigration(to, _):
                yield Site(space, to)
            case Revise(catheter, _):
                space = catheter.space
                yield Site(space, catheter.tip)


def _doses(therapy: Therapy, drug: str) -> Iterator[Dose]:
    """The doses of ``drug`` by other ways than the pump."""
    for event in therapy.events:
        if isinstance(event.action, Dose) and event.action.drug == drug:
            yield event.action


def _site(dose: Dose) -> Site:
    return Site(dose.route, dose.level or "")


def _from_pumps(therapy: Therapy) -> Iterator[float]:
    """How long single strokes last where a pump makes them, and that a closing valve lets fluid out at once."""
    scanned = any(isinstance(event.action, Mri) for event in therapy.events)
    for pump in _pumps(therapy):
        if can_be_stroked(Hardware.of(pump)):
            yield pump.actuation_duration.canonical
        if scanned and Magnet.of(pump).escape_mL > 0:
            yield AT_ONCE_S


def _pumps(therapy: Therapy) -> Iterator[Pump]:
    if therapy.pump is not None:
        yield therapy.pump.entry
    for event in therapy.events:
        if isinstance(event.action, ReplacePump):
            yield event.action.pump.entry


def _over(therapy: Therapy) -> Iterator[float]:
    """The times over which the pump is asked to give something."""
    programs: list[Program] = [therapy.program] if therapy.program is not None else []
    for event in therapy.events:
        match event.action:
            case NewProgram(program):
                programs.append(program)
            case Prime(_, over):
                yield over.canonical
    for program in programs:
        for clause in (*program.boluses, *program.periodic, program.demand):
            if clause is not None and clause.over is not None:
                yield clause.over.canonical
