"""What became of a virtual patient: by the compiled way where it holds, else by the simulation that one patient gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

import numpy as np

from intrathecal.cohort.arriving import EMPTY_DATES, IS_SHORT, SHORT, Boluses, begin, cursor, fresh_account
from intrathecal.cohort.course import Course, prepare_course
from intrathecal.cohort.drawing import Drawn, Population
from intrathecal.cohort.fronts import blank, room_for
from intrathecal.cohort.handset import Handset
from intrathecal.cohort.kinetics import STEP_S
from intrathecal.cohort.living import (
    ASKED,
    BREATHED,
    COMPLAINT,
    REFUSED,
    WITHOUT_ROOM,
    Delivering,
    Record,
    live,
)
from intrathecal.cohort.preparing import Ready, ready
from intrathecal.cohort.tables import ESCAPE
from intrathecal.flow import Array
from intrathecal.pump.alarms import EMPTY_RESERVOIR
from intrathecal.pump.hardware import DAY_MS, MS_PER_S
from intrathecal.relief import probabilities
from intrathecal.simulation.api import simulate
from intrathecal.simulation.feeling import BREATHING, PAIN, SPASTICITY, is_spastic
from intrathecal.simulation.relieved import LAST_S, hours_until, mean_of_last
from intrathecal.therapy import Therapy

#: Room for what arrives between two questions: strokes, and the front of a new drug.
ROOM = 512
TIP, PLASMA, CISTERNA = "tip", "plasma", "cisterna_magna"
SEEN = (TIP, PLASMA, CISTERNA)
DRY = "the reservoir held less than the pump believed"


@dataclass(frozen=True, eq=False)
class Life:
    """One patient's run: traces at ``times_s`` (t,), the last of them its end, and figures of the whole.

    ``complaint`` is pain or spasticity, ``breathing`` the fraction of it that is left, ``seen`` (drugs, 3, t) ug/mL at tip,
    plasma and cisterna magna; ``means`` and ``peaks`` by drug and site, the peaks those of ``seen``: of the quarters of an hour
    at which the patient is asked. ``given_ug`` reached the tip. ``ran_empty`` is whether the pump counted its reservoir empty.
    ``left_to`` says why the compiled way did not hold, and is empty where it did.
    """

    times_s: Array
    complaint: Array
    breathing: Array
    seen: Array
    before: float
    means: Mapping[str, Mapping[str, float]]
    peaks: Mapping[str, Mapping[str, float]]
    side_effects: Mapping[str, float]
    given_ug: Mapping[str, float]
    presses_given: int
    presses_refused: int
    ran_empty: bool
    error: float
    left_to: str

    @cached_property
    def complaint_mean(self) -> float:
        """The mean of the last seven days, or of all there are."""
        return mean_of_last(self.times_s, self.complaint, LAST_S)

    @property
    def relief_percent(self) -> float | None:
        """What therapy took of the complaint; None where there was none."""
        return None if self.before == 0 else 100.0 * (1.0 - self.complaint_mean / self.before)

    @property
    def hours_to_half_relief(self) -> float | None:
        """When half of that relief was first reached."""
        relief = self.relief_percent
        return (
            None
            if relief is None
            else hours_until(self.times_s, 100.0 * (1.0 - self.complaint / self.before), relief / 2)
        )


@dataclass(frozen=True, eq=False)
class Study:
    """A therapy, the people around its patient, and the pump's course that they share; it can be pickled."""

    population: Population
    course: Course | None
    why_not: str

    @classmethod
    def of(cls, therapy: Therapy, seed: int) -> Study:
        """Raises `SimulationError` for an event that cannot happen at its moment."""
        population = Population(therapy, seed)
        if therapy.pump is None:
            return cls(population, None, "there is no pump")
        course = prepare_course(therapy)
        return cls(population, course, why_not(course))

    @property
    def end_ms(self) -> int:
        """How long every patient is followed."""
        return int(self.population.therapy.simulation.days * DAY_MS)

    def life(self, drawn: Drawn, seconds: dict[str, float]) -> Life:
        """A patient's run; ``seconds`` is what preparing and living took so far, and is added to.

        Raises `SimulationError` for an event that cannot happen after what this patient was given, and `EntryError` for drawn
        values that do not fit together.
        """
        began = perf_counter()
        therapy = self.population.therapy_of(drawn)
        patient = None if self.course is None or self.why_not else ready(therapy, self.course)
        middle = perf_counter()
        if patient is None or self.course is None:
            found = exact_life(therapy, self.why_not)
        else:
            short = compiled_life(patient, self.course, therapy, drawn)
            found = exact_life(therapy, short) if isinstance(short, str) else short
        seconds["prepare"] = seconds.get("prepare", 0.0) + middle - began
        seconds["live"] = seconds.get("live", 0.0) + perf_counter() - middle
        return found


def why_not(course: Course) -> str:
    """Why the compiled way cannot be taken for a therapy; empty where it can."""
    if course.controller_only:
        return course.controller_only
    others = {
        "doses by other routes": course.doses,
        "doses at once": course.at_once,
        "fluid drawn off": course.drawn,
        "drug that a scan lets out of the pump": (course.tables.acts["kind"] == ESCAPE).any(),
    }
    return ", ".join(name for name, found in others.items() if found)


def compiled_life(patient: Ready, course: Course, therapy: Therapy, drawn: Drawn) -> Life | str:
    """The run of a patient, or why it has to be left to the controller."""
    tables, drugs, steps = course.tables, course.drugs, len(patient.mind.noise)
    handset, content = Handset.of(course, 1), blank(tables.tube, len(tables.acts) + 4)
    most = course.most_presses + 1
    account, stream = fresh_account(course), room_for(ROOM, len(drugs))
    boluses = Boluses(np.zeros(most, np.int64), np.zeros(most, np.int64), np.zeros(most), np.zeros(1, np.int64))
    begin(tables, content, account)
    pump = Delivering(tables, handset.patients, content, stream, account, cursor(), boluses, 1.0 + drawn.drive_error)
    effects = therapy.catalogue.side_effects
    record = Record(
        np.zeros((steps + 1, 2)), np.zeros((steps + 1, len(drugs), 3)), np.zeros(len(effects)), np.zeros(3, np.int64)
    )
    live(pump, patient.kinetics, patient.oral, patient.mind, record, course.end_ms)
    needs = _needs(handset, pump, record)
    if needs:
        return needs
    seconds = course.end_ms / 1000
    acting = {drug.response.mechanism for drug in patient.drugs}
    seen = zip(effects.items(), record.peaks.tolist(), strict=True)
    peaks = {name: peak for (name, effect), peak in seen if effect.mechanism in acting}
    return Life(
        times_s=np.append(np.arange(steps) * STEP_S, seconds),
        complaint=record.felt[:, COMPLAINT],
        breathing=record.felt[:, BREATHED],
        seen=np.moveaxis(record.drug, 0, 2),
        before=patient.before,
        means={drug: _means(patient, index, seconds) for index, drug in enumerate(drugs)},
        peaks=_peaks(drugs, np.moveaxis(record.drug, 0, 2)),
        side_effects=probabilities(effects, peaks),
        given_ug=dict(zip(drugs, patient.kinetics.entered.sum(axis=1)[: len(drugs)].tolist(), strict=True)),
        presses_given=int(record.counts[ASKED] - record.counts[REFUSED]),
        presses_refused=int(record.counts[REFUSED]),
        ran_empty=bool((account.dates[EMPTY_DATES] >= 0).any()),
        error=patient.error,
        left_to="",
    )


def _needs(handset: Handset, pump: Delivering, record: Record) -> str:
    """Why a patient has to be left to the controller; empty where the compiled way holds."""
    if record.counts[WITHOUT_ROOM]:
        return "more arrives between two questions than there is room for"
    if pump.account.counts[IS_SHORT]:
        return SHORT
    return handset.finish()[0]


def _means(patient: Ready, index: int, seconds: float) -> dict[str, float]:
    """Mean concentrations (ug/mL) at every site of the system: the integral of the modes is known from their ends."""
    followed, reached = patient.followed[index], patient.reached(index)
    entered = patient.kinetics.entered[index, : len(followed.force)] @ followed.force
    means = np.maximum(followed.everywhere @ followed.over_rates(reached - entered), 0.0) / seconds
    return dict(zip(followed.system.sites, means.tolist(), strict=True))


def exact_life(therapy: Therapy, why: str) -> Life:
    """The run of a patient by the simulation that one patient gets."""
    run = simulate(therapy, profiles=())
    end, case, figures = run.finished.end, run.finished.case, run.figures
    traces = end.traces
    times = np.concatenate([trace.times_s for trace in traces])
    on_grid = np.flatnonzero((times % STEP_S == 0) | (times == times[-1]))
    followed = SPASTICITY if is_spastic(therapy) else PAIN
    sites = list(case.channels[0].system.sites)
    at = np.concatenate([trace.sites for trace in traces], axis=1)[:, on_grid]
    tip = np.concatenate([trace.tip for trace in traces], axis=1)[:, on_grid]
    seen = np.stack([tip, at[:, :, sites.index(PLASMA)], at[:, :, sites.index(CISTERNA)]], axis=1)
    seconds, relief = end.now / MS_PER_S, figures["relief"]
    held = zip(case.drugs, case.channels, end.held, strict=True)
    means = {drug: [row @ of.integral / seconds for row in channel.system.sites.values()] for drug, channel, of in held}
    return Life(
        times_s=times[on_grid],
        complaint=np.concatenate([trace.felt[followed] for trace in traces])[on_grid],
        breathing=np.concatenate([trace.felt[BREATHING] for trace in traces])[on_grid],
        seen=seen,
        before=relief["pain_before"] if followed == PAIN else relief["spasticity_before"],
        means={drug: dict(zip(sites, map(float, those), strict=True)) for drug, those in means.items()},
        peaks=_peaks(case.drugs, seen),
        side_effects=relief["side_effects"],
        given_ug=dict(zip(case.drugs, np.sum([day.tip_ug for day in end.days], axis=0).tolist(), strict=True)),
        presses_given=relief["presses_given"],
        presses_refused=relief["presses_refused"],
        ran_empty=any(alarm.name == EMPTY_RESERVOIR for alarm in end.alarms),
        error=figures["engine"]["error_estimate"],
        left_to=why,
    )


def _peaks(drugs: Sequence[str], seen: Array) -> dict[str, dict[str, float]]:
    """The largest of what is ``seen`` (drugs, 3, t), by drug and site."""
    return {
        drug: dict(zip(SEEN, highest, strict=True))
        for drug, highest in zip(drugs, seen.max(axis=2).tolist(), strict=True)
    }
