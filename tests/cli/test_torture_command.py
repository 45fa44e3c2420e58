"""The torture's command as a stranger calls it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.world.running import call

TIMES = ("wall_s", "pump_years_per_core_hour")
#: A pump that sees its rotor a step short at every seventh step, on one core so that no process is without the defect.
DEFECT = """
import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from intrathecal.cli import main
from intrathecal.pump.life import Life
right = Life._done
Life._done = lambda self, to, rotor, tries: right(self, to, rotor - (rotor % 7 == 0), tries)
main()
"""


def with_defect(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command with a pump that has the defect."""
    command = [sys.executable, "-c", DEFECT, "torture", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_the_figures_are_those_of_the_seed() -> None:
    """The same seed gives the same figures, but for the times; the pump holds."""
    first, second = (call("torture", "--pump-years", "0.2", "--seed", "3", "--json", "-") for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    figures, again = json.loads(first.stdout), json.loads(second.stdout)
    assert figures["pump_years"] >= 0.2
    assert figures["strokes"] > 0
    assert figures["faults"]
    assert figures["violations"] == []
    assert figures["seed"] == 3
    assert figures["wall_s"] > 0
    for name in TIMES:
        del figures[name], again[name]
    assert figures == again


def test_the_screen_says_how_long_how_often_and_that_nothing_broke() -> None:
    """Years, checks, faults by name."""
    done = call("torture", "--pump-years", "0.1")
    assert done.returncode == 0
    assert "pump-years in" in done.stdout
    assert "power-cut" in done.stdout
    assert done.stdout.endswith("No invariant was broken.\n")


def test_a_violation_ends_with_1_and_leaves_a_replay(tmp_path: Path) -> None:
    """Seed, life and step are said; the replay breaks the same again, and passes when the defect is gone."""
    done = with_defect(tmp_path, "--pump-years", "0.1", "--seed", "1", "--json", "figures.json")
    assert done.returncode == 1
    assert "seed 1, life 0, step " in done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    (violation, *_) = figures["violations"]
    assert violation["seed"] == 1
    assert violation["step"] >= 1
    (replay, *_) = sorted(tmp_path.glob("torture-seed-1-life-*.json"))
    assert replay.name in done.stderr
    again = with_defect(tmp_path, "--replay", replay.name)
    assert again.returncode == 1
    assert violation["invariant"] in again.stderr
    assert call("torture", "--replay", str(replay)).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pump-years", "0"], "--pump-years: 0 is not possible; give 0.000001 to 1000000"),
        (["--pump-years", "-3"], "--pump-years: -3 is not possible"),
        (["--pump-years", "many"], "--pump-years: "),
        (["--pump-years", "1e9"], "--pump-years: "),
        (["--seed", "-1"], '--seed: "-1" is not possible; give a whole number'),
        (["--seed", "x"], '--seed: "x" is not possible; give a whole number'),
        (["--seed", "9" * 30], "give a whole number from 0 to"),
        (["--replay", "nowhere.json"], "nowhere.json: cannot be read"),
        (["--replay", "."], "cannot be read"),
        (["--nothing"], "No such option"),
    ],
)
def test_wrong_options_end_with_2_and_one_message(words: list[str], said: str) -> None:
    """Nothing is run."""
    done = call("torture", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_figures_that_cannot_be_written_are_one_message(tmp_path: Path) -> None:
    """A folder that is not there."""
    done = call("torture", "--pump-years", "0.01", "--json", str(tmp_path / "none" / "figures.json"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_it_with_all_its_processes() -> None:
    """130, and nobody is left who holds its pipes open."""
    command = [sys.executable, "-m", "intrathecal", "torture", "--pump-years", "10000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
