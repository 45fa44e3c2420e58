"""A cohort from its first patient to its last: shared out in chunks, resumed where it was stopped, the same whoever did it.

A chunk is a run of patients that takes about a second. What it found goes into a part of its own, and its bands into the
histograms; the histograms are saved together with the names of the chunks that are in them, so that a run which is killed at any
moment goes on with what is missing. Sums of whole numbers do not hang on their order, and patients are drawn from the seed
and their own number: neither workers nor order change a digit.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from time import perf_counter

import numpy as np

from intrathecal.cohort.bands import Bins, Scale, bins_of, hours, scales
from intrathecal.cohort.keeping import Keeping
from intrathecal.cohort.lives import Study
from intrathecal.cohort.outcomes import Row, row
from intrathecal.simulation.feeling import PAIN, SPASTICITY, is_spastic

#: Patients in a chunk.
CHUNK = 64
#: Chunks that are handed out for every worker: one to work at and one to go on with.
AHEAD = 2
#: A chunk whose worker was lost so often is not tried again.
TRIES = 5
#: The histograms are saved so often (s).
SAVE_EVERY_S = 10.0

Make = Callable[[], Executor]
Progress = Callable[[float], None]


class LostError(RuntimeError):
    """Workers were lost again and again over the same patients."""


@dataclass(frozen=True)
class Chunk:
    """What was found for the patients from ``first`` on, the bins of their traces, and how long each part took (s)."""

    first: int
    rows: list[Row]
    bins: Bins
    seconds: dict[str, float]


@dataclass
class Done:
    """What a run did: patients that are finished, whether it was stopped before the end, and the time of each part (s)."""

    patients: int
    stopped: bool
    wall_s: float
    workers: int
    seconds: dict[str, float] = field(default_factory=dict)
    fresh: int = 0


@lru_cache(maxsize=4)
def _study(packed: bytes) -> Study:
    """A study is unpacked once in every worker."""
    study: Study = pickle.loads(packed)  # noqa: S301 - handed over by this program itself
    return study


def traces_of(study: Study) -> tuple[Scale, ...]:
    """The traces that a study keeps bands of."""
    therapy = study.population.therapy
    return scales(SPASTICITY if is_spastic(therapy) else PAIN, [entry.drug.name for entry in therapy.drugs])


def work(packed: bytes, first: int, count: int) -> Chunk:
    """The patients from ``first`` on; what workers are asked for."""
    study, seconds = _study(packed), {"prepare": 0.0, "live": 0.0, "record": 0.0}
    traces, times_s = traces_of(study), hours(study.end_ms)
    rows: list[Row] = []
    bins = np.empty((count, times_s.size, len(traces)), dtype=np.uint16)
    for place, index in enumerate(range(first, first + count)):
        drawn = study.population.draw(index)
        life = study.life(drawn, seconds)
        began = perf_counter()
        rows.append(row(study, drawn, life))
        bins[place] = bins_of(life, traces, times_s)
        seconds["record"] += perf_counter() - began
    return Chunk(first, rows, bins, seconds)


def run(
    study: Study, patients: int, keeping: Keeping, make: Make, workers: int, progress: Progress = lambda done: None
) -> Done:
    """Run ``patients`` of ``study`` by the executors that ``make`` gives, into ``keeping``; what that holds is not repeated.

    Ctrl-C ends it with what is finished. An executor whose process was killed is made anew and its chunks are handed out
    again. Raises `LostError` when that does not help.
    """
    packed, began = pickle.dumps(study), perf_counter()
    done = Done(keeping.patients, False, 0.0, workers)
    missing = [chunk for chunk in _chunks(patients) if chunk[0] not in keeping.finished]
    tries = dict.fromkeys((first for first, _ in missing), 0)
    saved = perf_counter()
    try:
        while missing:
            executor = make()
            try:
                for chunk in _finished(executor, packed, iter(list(missing)), AHEAD * workers):
                    keeping.add(chunk)
                    missing = [left for left in missing if left[0] != chunk.first]
                    for part, spent in chunk.seconds.items():
                        done.seconds[part] = done.seconds.get(part, 0.0) + spent
                    done.fresh += len(chunk.rows)
                    progress(keeping.patients / patients)
                    if perf_counter() - saved > SAVE_EVERY_S:
                        keeping.save()
                        saved = perf_counter()
            except BrokenProcessPool:
                for first, _ in missing[: AHEAD * workers]:
                    tries[first] += 1
                    if tries[first] > TRIES:
                        raise LostError(
                            f"workers were lost {tries[first]} times with patient {first} and the next: give each more memory"
                        ) from None
            finally:
                executor.shutdown(wait=False, cancel_futures=True)
    except KeyboardInterrupt:
        done.stopped = True
    keeping.save()
    done.patients, done.wall_s = keeping.patients, perf_counter() - began
    return done


def _chunks(patients: int) -> Iterator[tuple[int, int]]:
    for first in range(0, patients, CHUNK):
        yield first, min(CHUNK, patients - first)


def _finished(executor: Executor, packed: bytes, chunks: Iterator[tuple[int, int]], ahead: int) -> Iterator[Chunk]:
    """What is finished, as it comes; never more than ``ahead`` chunks are handed out."""
    out: set[Future[Chunk]] = {executor.submit(work, packed, *chunk) for chunk in islice(chunks, ahead)}
    while out:
        ready, out = wait(out, return_when=FIRST_COMPLETED)
        for future in ready:
            found = future.result()
            out |= {executor.submit(work, packed, *chunk) for chunk in islice(chunks, 1)}
            yield found
