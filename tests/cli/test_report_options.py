"""`intrathecal simulate --report --compare` as a stranger calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_app import call
from tests.simulation.support import therapy_text


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two therapies of one patient; the second would run for longer."""
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text(therapy_text(days="2"), encoding="utf-8")
    second.write_text(therapy_text(days="3", program="3 mg/day"), encoding="utf-8")
    return first, second


def test_a_report_is_written_beside_the_figures(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Standard output keeps the JSON alone."""
    done = call("simulate", str(files[0]), "--report", str(tmp_path / "report.html"), "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["days"] == 2
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_two_therapies_are_compared_for_the_days_of_the_first(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The second's figures stand under one key, with the difference; report and summary have both."""
    report, figures = tmp_path / "report.html", tmp_path / "figures.json"
    done = call("simulate", str(files[0]), "--compare", str(files[1]), "--report", str(report), "--json", str(figures))
    assert done.returncode == 0, done.stderr
    told = json.loads(figures.read_text(encoding="utf-8"))
    assert told["days"] == told["compare"]["days"] == 2
    assert told["compare"]["difference"]["daily_dose_ug"]["morphine"]["asked_ug"] == pytest.approx(600, rel=1e-6)
    assert "B less A" in done.stdout
    assert "compared with" in report.read_text(encoding="utf-8")


def test_another_patient_is_refused_before_anything_runs(files: tuple[Path, Path], tmp_path: Path) -> None:
    """One message that names what differs; no file is written."""
    files[1].write_text(files[1].read_text(encoding="utf-8").replace("78 kg", "90 kg"), encoding="utf-8")
    done = call("simulate", str(files[0]), "--compare", str(files[1]), "--report", str(tmp_path / "report.html"))
    assert done.returncode == 2
    assert "weight (78 kg and 90 kg)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "report.html").exists()


def test_a_wrong_second_file_has_its_own_message(files: tuple[Path, Path]) -> None:
    """It names that file and its line."""
    files[1].write_text(files[1].read_text(encoding="utf-8").replace("synchromed", "sychromed"), encoding="utf-8")
    done = call("simulate", str(files[0]), "--compare", str(files[1]))
    assert done.returncode == 2
    assert "b.toml, line" in done.stderr
    missing = call("simulate", str(files[0]), "--compare", str(files[1].with_name("c.toml")))
    assert missing.returncode == 2
    assert "c.toml" in missing.stderr


@pytest.mark.parametrize("target", ["a.toml", "b.toml", "missing/report.html", "."])
def test_a_report_never_takes_the_place_of_something_else(
    files: tuple[Path, Path], tmp_path: Path, target: str
) -> None:
    """A therapy file, a folder that is not there, or a folder."""
    done = call("simulate", str(files[0]), "--compare", str(files[1]), "--report", str(tmp_path / target))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_report_and_the_figures_are_two_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    """One name for both is refused."""
    target = str(tmp_path / "both")
    done = call("simulate", str(files[0]), "--report", target, "--json", target)
    assert done.returncode == 2
    assert "named for two outputs" in done.stderr
