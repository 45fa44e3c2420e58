"""The handsets of many patients of one therapy: who is given a bolus, and what the others are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intrathecal.cohort.course import Course
from intrathecal.cohort.pressing_rules import MEMORY, Patients, answer, catch_up
from intrathecal.cohort.tables import GIVEN, Ints, Tables
from intrathecal.compiled import compiled

#: The number of the answer to a patient who does not press.
SILENT = -1
#: Why a patient is left to the controller, by number (`pressing_rules`).
NEEDS = (
    "",
    "a bolus meets the slowest or fastest flow, and changes how long others take",
    "new orders may break their limit after what was pressed before",
    "the reservoir was used up before a refill, which changes what limits count",
    "boluses overlap where the flow is nearly the fastest",
)


@dataclass(frozen=True, eq=False)
class Handset:
    """The handsets of patients who all have the same course; ``patients`` is changed in place."""

    course: Course
    patients: Patients

    @classmethod
    def of(cls, course: Course, patients: int) -> Handset:
        """Handsets that nobody has pressed yet. Raises `ValueError` for a course that is left to the controller."""
        if course.controller_only:
            raise ValueError(f"{course.controller_only}: the presses of this therapy are left to the controller")
        most = course.most_presses + 1
        times = np.zeros((2, patients, most), dtype=np.int64)
        return cls(course, Patients(times[0], times[1], np.zeros(patients, dtype=MEMORY)))

    def answers(self, pressed: NDArray[np.bool_], at_ms: int) -> tuple[NDArray[np.bool_], Ints]:
        """Who of those that ``pressed`` (P,) at ``at_ms`` is given a bolus (P,), and the numbers of the answers (P,).

        A number is an index of `Course.answers`, or `SILENT`. Times must not go back.
        """
        codes = np.full(len(pressed), SILENT, dtype=np.int64)
        who = np.flatnonzero(pressed)
        codes[who] = self._each(who, np.full(len(who), at_ms))
        return codes == GIVEN, codes

    def answers_to_one(self, patient: int, times_ms: Ints) -> Ints:
        """The numbers of the answers to one patient's presses at ``times_ms`` (k,), rising."""
        return self._each(np.full(len(times_ms), patient), np.asarray(times_ms))

    def _each(self, who: NDArray[np.intp], times_ms: Ints) -> Ints:
        codes = np.zeros(len(who), dtype=np.int64)
        _answer_each(self.course.tables, self.patients, who.astype(np.int64), times_ms.astype(np.int64), codes)
        return codes

    def given_ms(self, patient: int) -> Ints:
        """When (ms) a patient was given a bolus."""
        return self.patients.given_ms[patient, : self.patients.memory["pressed"][patient]]

    def finish(self) -> tuple[str, ...]:
        """Why each patient is left to the controller; empty for those who need not be. To be asked at the end."""
        last = len(self.course.tables.pieces) - 1
        _catch_all_up(self.course.tables, self.patients, last)
        return tuple(NEEDS[reason] for reason in self.patients.memory["needs"])


@compiled
def _answer_each(tables: Tables, patients: Patients, who: Ints, times: Ints, codes: Ints) -> None:
    starts = tables.pieces.start_ms
    for index in range(len(who)):
        piece = np.searchsorted(starts, times[index], side="right") - 1
        codes[index] = answer(tables, patients, who[index], times[index], piece)


@compiled
def _catch_all_up(tables: Tables, patients: Patients, piece: int) -> None:
    for p in range(len(patients.memory)):
        catch_up(tables, patients, p, piece)
