"""`intrathecal cohort --cluster` on real Dask workers: the same result as at home, also when one of them is killed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.commands import call, refused
from tests.cohort.dask_cluster import DaskCluster
from tests.cohort.processes import Command, assert_same, short_therapy

from intrathecal.cohort import workers

PATIENTS = 448


@pytest.fixture(scope="module")
def therapy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient with a handset for two days."""
    return short_therapy(tmp_path_factory.mktemp("therapy"))


@pytest.fixture(scope="module")
def at_home(therapy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What comes out on this machine's cores."""
    command = Command(therapy, PATIENTS, tmp_path_factory.mktemp("cohort") / "home")
    assert command.end()[0] == 0
    return command.out


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers."""
    with DaskCluster(tmp_path) as found:
        yield found


def test_two_workers_of_whom_one_is_killed_give_the_same(
    therapy: Path, at_home: Path, cluster: DaskCluster, tmp_path: Path
) -> None:
    """To the last bit; then the one who is left does it all again, alone."""
    cluster.hire(2)
    command = Command(therapy, PATIENTS, tmp_path / "two", "--cluster", cluster.address)
    command.until(lambda: len(command.parts()) >= 2)
    cluster.workers[0].kill()
    code, _, complained = command.end()
    assert (code, complained) == (0, "")
    assert command.figures["workers"] == 2
    assert_same(command.out, at_home)

    alone = Command(therapy, 64, tmp_path / "one", "--cluster", cluster.address)
    assert alone.end()[0] == 0
    assert alone.figures["workers"] == 1


def test_ctrl_c_lets_the_cluster_go_and_goes_on_at_home(
    therapy: Path, at_home: Path, cluster: DaskCluster, tmp_path: Path
) -> None:
    """What was finished there is taken up here; the workers are free for others."""
    cluster.hire(2)
    stopped = Command(therapy, PATIENTS, tmp_path / "cohort", "--cluster", cluster.address)
    stopped.until(lambda: len(stopped.parts()) >= 2)
    stopped.interrupt()
    code, _, complained = stopped.end()
    assert code == 130
    assert complained.startswith("Stopped: ")
    again = Command(therapy, PATIENTS, tmp_path / "cohort")
    assert again.end()[0] == 0
    assert again.figures["resumed"] >= 128
    assert_same(again.out, at_home)


def test_a_scheduler_that_goes_away_ends_it_with_one_message(
    therapy: Path, at_home: Path, cluster: DaskCluster, tmp_path: Path
) -> None:
    """What was finished is kept."""
    cluster.hire(2)
    lost = Command(therapy, PATIENTS, tmp_path / "cohort", "--cluster", cluster.address)
    lost.until(lambda: len(lost.parts()) >= 2)
    cluster.scheduler.kill()
    code, _, complained = lost.end()
    assert code == 2
    assert complained.count("\n") == 1, complained
    assert "the scheduler went away; start it again, and the same command goes on from there" in complained
    again = Command(therapy, PATIENTS, tmp_path / "cohort")
    assert again.end()[0] == 0
    assert again.figures["resumed"] >= 128
    assert_same(again.out, at_home)


def test_a_cluster_without_workers_is_said(therapy: Path, cluster: DaskCluster, tmp_path: Path) -> None:
    """At once."""
    done = call("cohort", therapy, "--patients", "10", "--out", tmp_path / "cohort", "--cluster", cluster.address)
    refused(done, 2, f"--cluster {cluster.address}: the scheduler has no workers; start some with dask worker")
    assert not (tmp_path / "cohort" / "parts").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nowhere", ""])
def test_a_cluster_that_is_not_there_is_said(therapy: Path, tmp_path: Path, address: str) -> None:
    """Within twenty seconds, in one line."""
    began = time.monotonic()
    done = call("cohort", therapy, "--patients", "10", "--out", tmp_path / "cohort", "--cluster", address)
    refused(done, 2, f"--cluster {address}: no Dask scheduler answers", "start one with dask scheduler")
    assert time.monotonic() - began < 25


def test_a_worker_of_another_version_is_refused(
    therapy: Path, cluster: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its package has one line more than ours."""
    other = tmp_path / "elsewhere" / "intrathecal"
    ours = Path(workers.__file__).parent.parent
    shutil.copytree(ours, other, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "flow.py").open("a") as file:
        file.write("\n# changed\n")
    monkeypatch.setenv("PYTHONPATH", f"{other.parent}")
    cluster.hire(1)
    monkeypatch.undo()
    done = call("cohort", therapy, "--patients", "10", "--out", tmp_path / "cohort", "--cluster", cluster.address)
    refused(done, 2, "has intrathecal", "and here it is", "install the same on both")
