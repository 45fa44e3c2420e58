"""A cohort in chunks: the same whoever does it and in whatever order, and what is left when it is disturbed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from pickle import dumps
from typing import Any

import numpy as np
import pytest
from tests.cohort.processes import PRESSING, assert_same, bands, outcomes
from tests.simulation.support import therapy

from intrathecal.cohort import running
from intrathecal.cohort.bands import bins_of, hours
from intrathecal.cohort.conducting import run_cohort, whose
from intrathecal.cohort.keeping import HISTOGRAMS, PARTS, Keeping, key_of, read_rows
from intrathecal.cohort.lives import Study
from intrathecal.cohort.running import TRIES, Done, LostError, run, traces_of, work
from intrathecal.cohort.summing import figures, reasons
from intrathecal.cohort.workers import Processes
from intrathecal.therapy import Therapy

#: Chunks are smaller here; two whole ones and a part of one.
CHUNK = 8
PATIENTS = 2 * CHUNK + 5


class Here(Executor):
    """Work is done by the one who hands it in, at once; ``before`` is called with what is asked for."""

    def __init__(self, before: Callable[..., None] = lambda *asked: None) -> None:
        self._before = before

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it."""
        future: Future[Any] = Future()
        try:
            self._before(fn, *args)
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


@pytest.fixture(scope="module", autouse=True)
def _in_small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "CHUNK", CHUNK)
        yield


@pytest.fixture(scope="module")
def plan() -> Therapy:
    """A patient with a handset for half a day."""
    return therapy(**{**PRESSING, "days": "0.5"})


@pytest.fixture(scope="module")
def study(plan: Therapy) -> Study:
    """The people around that patient."""
    return Study.of(plan, 0)


@pytest.fixture(scope="module")
def whole(plan: Therapy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the processes of this machine find."""
    folder = tmp_path_factory.mktemp("whole")
    found = run_cohort(plan, PATIENTS, folder)
    assert found.figures["patients"] == PATIENTS
    return folder


def keeping_of(study: Study, folder: Path, patients: int = PATIENTS) -> Keeping:
    """Where the chunks of a study go."""
    return Keeping(folder, key_of(whose(study), patients), hours(study.end_ms), traces_of(study))


def run_here(study: Study, folder: Path, *before: Callable[..., None], patients: int = PATIENTS) -> Done:
    """Run a study in this process, and write down what is finished."""
    keeping = keeping_of(study, folder, patients)
    done = run(study, patients, keeping, partial(Here, *before), 1)
    keeping.finish()
    return done


def test_one_worker_and_several_find_the_same(study: Study, whole: Path, tmp_path: Path) -> None:
    """Processes, threads of one process, and the one who asks; to the last bit."""
    ways: dict[str, tuple[Callable[[], Executor], int]] = {
        "one process": (partial(Processes, 1), 1),
        "threads": (partial(ThreadPoolExecutor, 2), 2),
        "here": (Here, 1),
    }
    for name, (make, workers) in ways.items():
        keeping = keeping_of(study, tmp_path / name)
        done = run(study, PATIENTS, keeping, make, workers)
        keeping.finish()
        assert (done.patients, done.fresh, done.stopped, done.workers) == (PATIENTS, PATIENTS, False, workers)
        assert 0 < done.start_s < done.wall_s
        assert_same(tmp_path / name, whole)


def test_the_order_of_the_chunks_changes_nothing(study: Study, whole: Path, tmp_path: Path) -> None:
    """They are finished backwards, and cut otherwise."""
    packed, keeping = dumps(study), keeping_of(study, tmp_path)
    for first, last in ((15, PATIENTS), (0, 4), (4, 15)):
        keeping.add(work(packed, first, last - first))
    keeping.finish()
    assert_same(tmp_path, whole)


def test_bands_are_those_of_the_patients(study: Study, whole: Path) -> None:
    """Every percentile lies between the patients that surround it, to the width of a bin."""
    lives = [study.life(study.population.draw(index), {}) for index in range(PATIENTS)]
    times = hours(study.end_ms)
    found = bands(whole)
    at = np.searchsorted(lives[0].times_s, times)
    traces = {
        "pain": np.array([life.complaint[at] for life in lives]),
        "breathing_fraction": np.array([life.breathing[at] for life in lives]),
        "plasma_morphine": np.array([life.seen[0, 1, at] for life in lives]),
        "tip_morphine": np.array([life.seen[0, 0, at] for life in lives]),
        "cisterna_magna_morphine": np.array([life.seen[0, 2, at] for life in lives]),
    }
    assert set(traces) == set(found.data_vars)
    for name, values in traces.items():
        low, high = (np.percentile(values, found.percent, axis=0, method=way) for way in ("lower", "higher"))
        near = {"pain": 10 / 800, "breathing_fraction": 1 / 800}.get(name)
        room = near if near is not None else 0.036 * high + 1e-7
        assert (found[name].values >= low - room).all(), name
        assert (found[name].values <= high + room).all(), name
    assert bins_of(lives[0], traces_of(study), times).shape == (times.size, 5)


# ---- disturbed


def stops_after(chunks: int) -> Callable[..., None]:
    """Ctrl-C while the chunk after so many is worked at."""
    left = iter(range(chunks))

    def before(fn: Callable[..., Any], *asked: Any) -> None:
        if fn is work and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGINT)

    return before


def test_ctrl_c_breaks_into_nothing(study: Study, whole: Path, tmp_path: Path) -> None:
    """What is being worked at is finished and kept; the same again does what is missing, and Ctrl-C is as before."""
    handler = signal.getsignal(signal.SIGINT)
    done = run_here(study, tmp_path, stops_after(1))
    assert signal.getsignal(signal.SIGINT) is handler
    assert done.stopped
    assert done.patients in (CHUNK, 2 * CHUNK)
    assert outcomes(tmp_path).num_rows == bands(tmp_path).attrs["patients"] == done.patients

    again = run_here(study, tmp_path)
    assert not again.stopped
    assert (again.patients, again.fresh) == (PATIENTS, PATIENTS - done.patients)
    assert_same(tmp_path, whole)


def test_what_is_finished_is_kept_when_a_worker_fails(study: Study, whole: Path, tmp_path: Path) -> None:
    """An error that nobody expects ends the run, and costs nothing that was done."""

    def fails(fn: Callable[..., Any], *asked: Any) -> None:
        if fn is work and asked[1] >= 2 * CHUNK:
            raise ArithmeticError("an error that nobody expects")

    with pytest.raises(ArithmeticError):
        run_here(study, tmp_path, fails)
    done = run_here(study, tmp_path)
    assert done.fresh == PATIENTS - 2 * CHUNK
    assert_same(tmp_path, whole)


def test_workers_that_are_lost_are_replaced_but_not_for_ever(study: Study, whole: Path, tmp_path: Path) -> None:
    """Lost as often as is tried, the run goes on; lost once more over the same patients, it says which."""

    def loses(times: int) -> Callable[..., None]:
        left = iter(range(times))

        def before(fn: Callable[..., Any], *asked: Any) -> None:
            if fn is work and asked[1] == CHUNK and next(left, None) is not None:
                raise BrokenExecutor("lost")

        return before

    run_here(study, tmp_path / "often", loses(TRIES))
    assert_same(tmp_path / "often", whole)
    with pytest.raises(LostError, match=f"lost {TRIES + 1} times with patient {CHUNK} and the next"):
        run_here(study, tmp_path / "always", loses(TRIES + 1))


@pytest.fixture
def unfinished(study: Study, tmp_path: Path) -> Path:
    """A folder in which one chunk of three is missing."""
    run_here(study, tmp_path, stops_after(1))
    return tmp_path


def damage(file: Path) -> None:
    """One byte in the middle is another."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


def test_damaged_histograms_are_not_believed(study: Study, whole: Path, unfinished: Path) -> None:
    """All is done again; so it is where they were cut short, emptied or are something else."""
    file = unfinished / PARTS / HISTOGRAMS
    good = file.read_bytes()
    for bad in (good[:-200], b"", b"no histograms", good[: len(good) // 2] + b"\xff" * 9 + good[len(good) // 2 + 9 :]):
        file.write_bytes(bad)
        assert keeping_of(study, unfinished).patients == 0
    assert run_here(study, unfinished).fresh == PATIENTS
    assert_same(unfinished, whole)


def test_a_damaged_part_is_done_again_and_counted_once(study: Study, whole: Path, unfinished: Path) -> None:
    """The others are kept."""
    kept = keeping_of(study, unfinished).patients
    damage(unfinished / PARTS / f"{0:09d}.arrow")
    assert keeping_of(study, unfinished).patients == kept - CHUNK
    assert run_here(study, unfinished).fresh == PATIENTS - kept + CHUNK
    assert_same(unfinished, whole)


def test_parts_of_another_cohort_are_not_mixed_in(
    plan: Therapy, study: Study, unfinished: Path, tmp_path: Path
) -> None:
    """Another seed, therapy or number of patients begins anew; another name of the same file does not."""
    others = [
        keeping_of(Study.of(plan, 1), unfinished),
        keeping_of(Study.of(therapy(**{**PRESSING, "days": "0.5", "tip": "T9"}), 0), unfinished),
        keeping_of(study, unfinished, PATIENTS + 1),
    ]
    assert [other.patients for other in others] == [0, 0, 0]
    assert not list((unfinished / PARTS).iterdir())

    run_here(study, tmp_path / "again", stops_after(1))
    renamed = Study.of(replace(plan, file="elsewhere/other.toml", title="Another title"), 0)
    assert keeping_of(renamed, tmp_path / "again").patients > 0


def test_files_of_somebody_else_are_left_alone(study: Study, tmp_path: Path) -> None:
    """Also in a folder that is named like ours."""
    theirs = tmp_path / PARTS / "notes.txt"
    theirs.parent.mkdir()
    theirs.write_text("not ours")
    keeping = keeping_of(study, tmp_path, 5)
    run(study, 5, keeping, Here, 1)
    keeping.finish()
    keeping.clear()
    assert sorted(each.name for each in (tmp_path / PARTS).iterdir()) == ["notes.txt"]


# ---- what is told


def test_figures_are_those_of_the_table(plan: Therapy, whole: Path) -> None:
    """Percentiles, responders and exposure from the columns themselves."""
    told = figures(read_rows(whole / "outcomes.parquet"), ["morphine"])
    rows = outcomes(whole)
    table = {name: rows[name].to_numpy() for name in rows.column_names}
    relief = np.sort(table["relief_percent"])
    assert told["relief_percent"]["median"] == pytest.approx(np.median(relief))
    assert told["responders_fraction"] == pytest.approx(np.mean(relief >= 50))
    assert told["exposure"]["morphine"]["plasma"]["p95"] == pytest.approx(
        np.percentile(table["mean_ug_per_mL morphine plasma"], 95)
    )
    assert told["presses_given"]["p05"] == np.percentile(table["presses_given"], 5)
    assert told["refused"] == told["left_to_the_controller"] == {}
    assert 0 < told["error_estimate_max"] < 1e-4


def test_reasons_are_counted_and_rare_ones_told_together() -> None:
    """The most frequent first."""
    given = np.array(["", "b", "a", "b", *(f"only {number}" for number in range(30))], dtype=object)
    told = reasons(given)
    assert next(iter(told.items())) == ("b", 2)
    assert sum(told.values()) == 33
    assert told["other reasons"] == 33 - 2 - 19


def test_rates_are_those_of_the_patients_who_were_run(plan: Therapy, tmp_path: Path) -> None:
    """End to end once the workers have begun; and of their work alone, with as many workers as there were."""
    told = run_cohort(plan, 2 * CHUNK, tmp_path).figures
    seconds = told["seconds"]
    assert told["patients_per_second"] == pytest.approx(2 * CHUNK / (seconds["wall"] - seconds["start"]))
    work_s = seconds["prepare"] + seconds["live"]
    assert told["propagation_per_second"] == pytest.approx(2 * CHUNK * told["workers"] / work_s)
    # Workers cannot have been busy for longer than there was time, nor can the whole be faster than its part.
    assert work_s < told["workers"] * (seconds["wall"] - seconds["start"]) * 1.05
    assert told["patients_per_second"] < told["propagation_per_second"] * 1.05
    assert told["resumed"] == 0


def test_progress_rises_to_the_end(study: Study, tmp_path: Path) -> None:
    """From what was there before."""
    seen: list[float] = []
    run(study, PATIENTS, keeping_of(study, tmp_path), Here, 1, seen.append)
    assert seen == [CHUNK / PATIENTS, 2 * CHUNK / PATIENTS, 1.0]


@pytest.fixture
def slow() -> Study:
    """Patients who are left to the simulation."""
    event = 'at = "day 0 11:00"\ndose = { drug = "morphine", amount = "1 mg", route = "epidural", level = "T10" }'
    return Study.of(therapy(event, **{**PRESSING, "days": "0.2"}), 0)


def test_who_is_left_to_the_simulation_is_in_the_table_like_others(slow: Study, tmp_path: Path) -> None:
    """With the reason, in smaller chunks."""
    run_here(slow, tmp_path, patients=5)
    told = figures(read_rows(tmp_path / "outcomes.parquet"), ["morphine"])
    assert told["left_to_the_controller"] == {"doses at once": 5}
    assert len(list((tmp_path / PARTS).glob("*.arrow"))) == 2
    assert told["exposure"]["morphine"].keys() >= {"T10", "plasma", "cisterna_magna"}
