"""A cohort from its first patient to its last: shared out in chunks, resumed where it was stopped, the same whoever did it.

A chunk is a run of patients that takes about a second. What it found goes into a part of its own, and its bands into the
histograms; the histograms are saved together with the names of the chunks that are in them, so that a run which is killed at any
moment goes on with what is missing. Sums of whole numbers do not hang on their order, and patients are drawn from the seed
and their own number: neither workers nor order change a digit.
"""

from __future__ import annotations

import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np

from intrathecal.catalogue.errors import EntryError
from intrathecal.cohort.bands import Bins, Scale, bins_of, hours, scales
from intrathecal.cohort.keeping import Keeping, table_of
from intrathecal.cohort.lives import Study
from intrathecal.cohort.outcomes import Row, refused_row, row
from intrathecal.quantities import InputError
from intrathecal.simulation.errors import SimulationError
from intrathecal.simulation.feeling import PAIN, SPASTICITY, is_spastic

#: Patients in a chunk; fewer where each of them takes the time of a simulation.
CHUNK, SLOW_CHUNK = 64, 4
#: Chunks that are handed out for every worker: one to work at and one to go on with.
AHEAD = 2
#: A chunk whose worker was lost so often is not tried again.
TRIES = 5
#: The histograms are saved so often (s), but never so that it takes more than this part of the time.
SAVE_EVERY_S, SAVING = 1.0, 0.05
#: How soon Ctrl-C is noticed (s).
NOTICED_S = 0.2

Make = Callable[[], Executor]
Progress = Callable[[float], None]


class LostError(InputError):
    """Workers were lost again and again over the same patients."""


@dataclass(frozen=True)
class Chunk:
    """What was found for so many ``patients`` from ``first`` on.

    Their rows as a ``table`` of Arrow, the ``bins`` of the traces that there are, and the times of the parts (s).
    """

    first: int
    patients: int
    table: bytes
    bins: Bins
    seconds: dict[str, float]


@dataclass
class Done:
    """What a run did: patients that are finished, whether it was stopped before the end, and where its time (s) went.

    ``fresh`` of the patients were run now; ``start_s`` passed until the workers had loaded all they need. ``seconds`` are
    those of the parts, all workers together.
    """

    patients: int
    stopped: bool
    wall_s: float
    workers: int
    seconds: dict[str, float] = field(default_factory=dict)
    fresh: int = 0
    start_s: float = 0.0


@lru_cache(maxsize=4)
def _study(packed: bytes) -> Study:
    """A study is unpacked once in every worker."""
    study: Study = pickle.loads(packed)  # noqa: S301 - handed over by this program itself
    return study


def traces_of(study: Study) -> tuple[Scale, ...]:
    """The traces that a study keeps bands of."""
    therapy = study.population.therapy
    return scales(SPASTICITY if is_spastic(therapy) else PAIN, [entry.drug.name for entry in therapy.drugs])


def chunk_size(study: Study) -> int:
    """How many patients of a study are handed out together."""
    return SLOW_CHUNK if study.why_not else CHUNK


def work(packed: bytes, first: int, count: int) -> Chunk:
    """The patients from ``first`` on; what workers are asked for."""
    study, seconds = _study(packed), {"prepare": 0.0, "live": 0.0, "record": 0.0}
    traces, times_s = traces_of(study), hours(study.end_ms)
    rows: list[Row] = []
    bins: list[Bins] = []
    for index in range(first, first + count):
        drawn = study.population.draw(index)
        try:
            life = study.life(drawn, seconds)
        except (SimulationError, EntryError) as problem:
            rows.append(refused_row(drawn, str(problem)))
            continue
        began = perf_counter()
        rows.append(row(study, drawn, life))
        bins.append(bins_of(life, traces, times_s))
        seconds["record"] += perf_counter() - began
    began = perf_counter()
    found = np.stack(bins) if bins else np.empty((0, times_s.size, len(traces)), dtype=np.uint16)
    table = table_of(rows)
    seconds["record"] += perf_counter() - began
    return Chunk(first, count, table, found, seconds)


def load(packed: bytes, worker: int) -> int:
    """Run one patient for nothing: a process that has done it has loaded all that it needs."""
    work(packed, 0, 1)
    return worker


def run(
    study: Study, patients: int, keeping: Keeping, make: Make, workers: int, progress: Progress = lambda done: None
) -> Done:
    """Run ``patients`` of ``study`` by the executors that ``make`` gives, into ``keeping``; what that holds is not repeated.

    Ctrl-C ends it with what is finished. An executor whose process was killed is made anew and its chunks are handed out
    again. Raises `LostError` when that does not help.
    """
    packed, began = pickle.dumps(study), perf_counter()
    done = Done(keeping.patients, False, 0.0, workers)
    chunks = _chunks(patients, chunk_size(study))
    missing = {first: count for first, count in chunks if first not in keeping.finished}
    tries = dict.fromkeys(missing, 0)
    saving = _Saving(keeping)
    with _interrupts() as stop:
        try:
            while missing and not stop.is_set():
                executor = make()
                try:
                    done.start_s += _load(executor, packed, workers, stop)
                    for chunk in _finished(executor, packed, list(missing.items()), AHEAD * workers, stop):
                        keeping.add(chunk)
                        del missing[chunk.first]
                        _count(done, chunk)
                        progress(keeping.patients / patients)
                        saving.save_if_due()
                except BrokenExecutor:
                    _count_lost(islice(missing, AHEAD * workers), tries)
                finally:
                    executor.shutdown(wait=False)
        finally:
            keeping.save()
        done.stopped = bool(missing)
    done.patients, done.wall_s = keeping.patients, perf_counter() - began
    return done


class _Saving:
    """Saves now and then, the longer it takes the less often."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping, self._due = keeping, perf_counter() + SAVE_EVERY_S

    def save_if_due(self) -> None:
        began = perf_counter()
        if began > self._due:
            self._keeping.save()
            now = perf_counter()
            self._due = now + max(SAVE_EVERY_S, (now - began) / SAVING)


def _count(done: Done, chunk: Chunk) -> None:
    for part, spent in chunk.seconds.items():
        done.seconds[part] = done.seconds.get(part, 0.0) + spent
    done.fresh += chunk.patients


def _count_lost(handed_out: Iterable[int], tries: dict[int, int]) -> None:
    for first in handed_out:
        tries[first] += 1
        if tries[first] > TRIES:
            raise LostError(
                f"the cohort: workers were lost {tries[first]} times with patient {first} and the next; give each more "
                "memory, and the same command goes on from there"
            ) from None


def _chunks(patients: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(0, patients, size):
        yield first, min(size, patients - first)


def _load(executor: Executor, packed: bytes, workers: int, stop: threading.Event) -> float:
    """Wait until workers have loaded all they need, and say how long it took (s)."""
    began = perf_counter()
    out: set[Future[int]] = {executor.submit(load, packed, worker) for worker in range(workers)}
    while out and not stop.is_set():
        ready, out = _ready(out, stop)
        for future in ready:
            future.result()
    return perf_counter() - began


def _finished(
    executor: Executor, packed: bytes, missing: Iterable[tuple[int, int]], ahead: int, stop: threading.Event
) -> Iterator[Chunk]:
    """What is finished, as it comes, until all is or ``stop`` is set; never more than ``ahead`` chunks are handed out."""
    chunks = iter(missing)
    out: set[Future[Chunk]] = {executor.submit(work, packed, *chunk) for chunk in islice(chunks, ahead)}
    while out:
        ready, out = _ready(out, stop)
        for future in ready:
            yield future.result()
        if stop.is_set():
            return
        out |= {executor.submit(work, packed, *chunk) for chunk in islice(chunks, ahead - len(out))}


def _ready(out: set[Future[Any]], stop: threading.Event) -> tuple[set[Future[Any]], set[Future[Any]]]:
    """Those that are done, at least one unless ``stop`` is set, and the others."""
    while True:
        ready, left = wait(out, NOTICED_S, return_when=FIRST_COMPLETED)
        if ready or stop.is_set():
            return ready, left


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """What Ctrl-C sets, instead of breaking into what is just being done: counts and files stay whole."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
