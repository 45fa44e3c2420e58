"""kill -9 and Ctrl-C of the real command and of its workers: what is left, and that nothing changes in the result."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cohort.processes import Command, assert_same, bands, kill, outcomes, short_therapy, until, words_of

#: Seven chunks of patients.
PATIENTS = 448


@pytest.fixture(scope="module")
def therapy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient with a handset for two days."""
    return short_therapy(tmp_path_factory.mktemp("therapy"))


@pytest.fixture(scope="module")
def undisturbed(therapy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What comes out when nobody disturbs."""
    command = Command(therapy, PATIENTS, tmp_path_factory.mktemp("cohort") / "undisturbed")
    code, _, complained = command.end()
    assert (code, complained) == (0, "")
    assert sorted(each.name for each in command.out.iterdir()) == ["bands.nc", "outcomes.parquet", "report.html"]
    assert outcomes(command.out)["patient"].to_pylist() == list(range(PATIENTS))
    assert bands(command.out).attrs["patients"] == PATIENTS
    return command.out


def all_gone(workers: list[int]) -> bool:
    """Whether none of them is there any more."""
    return not any(words_of(worker) for worker in workers)


def test_a_worker_that_is_killed_changes_nothing(therapy: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Killed twice, with one of the two workers in the middle of a chunk each time; nobody is told."""
    command = Command(therapy, PATIENTS, tmp_path / "cohort")
    for parts in (1, 4):
        command.until(lambda parts=parts: len(command.parts()) >= parts and len(command.workers()) == 2)  # type: ignore[misc]
        kill(command.workers()[0])
    code, _, complained = command.end()
    assert (code, complained) == (0, "")
    assert_same(command.out, undisturbed)


def test_a_command_that_is_killed_goes_on_from_there(therapy: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Its workers end with it; the same command does the rest, and nothing that was saved again."""
    killed = Command(therapy, PATIENTS, tmp_path / "cohort")
    killed.until(lambda: killed.saved() >= 2)
    workers = killed.workers()
    killed.kill()
    until(lambda: all_gone(workers), 10.0)
    saved = killed.saved()
    assert not (killed.out / "outcomes.parquet").exists()

    again = Command(therapy, PATIENTS, tmp_path / "cohort")
    assert again.end()[0] == 0
    assert_same(again.out, undisturbed)
    assert again.figures["patients"] == PATIENTS
    assert again.figures["resumed"] == 64 * saved


def test_ctrl_c_leaves_what_is_finished_and_the_same_command_goes_on(
    therapy: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """Outcomes, bands and figures of those who are finished, exit code 130, and one line that says how to go on."""
    stopped = Command(therapy, PATIENTS, tmp_path / "cohort")
    stopped.until(lambda: len(stopped.parts()) >= 3)
    workers = stopped.workers()
    stopped.interrupt()
    code, said, complained = stopped.end()
    assert code == 130
    until(lambda: all_gone(workers), 10.0)
    table, figures = outcomes(stopped.out), stopped.figures
    finished = table.num_rows
    assert complained == (
        f"Stopped: {finished} of {PATIENTS} patients are finished; the same command goes on from there.\n"
    )
    assert f"{finished} patients, seed 0" in said
    assert 3 * 64 <= finished == figures["patients"] == bands(stopped.out).attrs["patients"] < PATIENTS
    assert figures["stopped"] is True
    whole = outcomes(undisturbed)
    assert table.equals(whole.take(table["patient"].combine_chunks()))

    again = Command(therapy, PATIENTS, tmp_path / "cohort")
    assert again.end()[0] == 0
    assert_same(again.out, undisturbed)
    assert again.figures["resumed"] == finished
    assert again.figures["stopped"] is False
    assert sorted(each.name for each in again.out.iterdir()) == ["bands.nc", "outcomes.parquet", "report.html"]


def test_damaged_parts_are_done_again(therapy: Path, undisturbed: Path, tmp_path: Path) -> None:
    """One part was cut short, one has a flipped byte and one is gone; one that was not saved is not believed either."""
    stopped = Command(therapy, PATIENTS, tmp_path / "cohort")
    stopped.until(lambda: len(stopped.parts()) >= 4)
    stopped.interrupt()
    assert stopped.end()[0] == 130
    cut, flipped, gone, *_ = parts = sorted((stopped.out / "parts").glob("*.arrow"))
    cut.write_bytes(cut.read_bytes()[:-100])
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    gone.unlink()
    shutil.copy(parts[-1], stopped.out / "parts" / f"{PATIENTS - 64:09d}.arrow")

    again = Command(therapy, PATIENTS, tmp_path / "cohort")
    assert again.end()[0] == 0
    assert again.figures["resumed"] == 64 * (len(parts) - 3)
    assert_same(again.out, undisturbed)
