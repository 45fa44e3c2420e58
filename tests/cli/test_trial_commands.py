"""The commands trial, candidacy and first-program as a stranger calls them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from intrathecal.cli.app import run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
KEYS = (
    "baseline_mean trial_mean relief_percent standard_error probability_half days spid decision reasons".split()  # noqa: SIM905
)


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "intrathecal", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        timeout=240,
        check=False,
    )


def written(folder: Path, *rows: str) -> Path:
    """A diary in a file."""
    path = folder / "diary.csv"
    path.write_text("\n".join(["time,phase,nrs,rescue_mme,side_effect,note", *rows]) + "\n", encoding="utf-8")
    return path


def days(phase: str, first: int, *scores: float) -> list[str]:
    """A score a day."""
    return [f"2026-03-{first + day:02} 08:00,{phase},{score},,," for day, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("during", "decision", "code"),
    [
        ((2, 2, 3), "pass", 0),
        ((8, 8, 7), "fail", 1),
        ((4, 3, 4), "extend", 0),
        ((2,), "extend", 0),
        ((), "incomplete", 0),
    ],
)
def test_a_trial_that_fails_ends_with_1_and_no_other(
    tmp_path: Path, during: tuple[float, ...], decision: str, code: int
) -> None:
    """The JSON has its keys all the same, and alone on standard output."""
    done = call("trial", written(tmp_path, *days("baseline", 1, 8, 7, 8), *days("trial", 4, *during)), "--json", "-")
    assert done.returncode == code, done.stderr
    found = json.loads(done.stdout)
    assert set(KEYS) <= set(found)
    assert found["decision"] == decision
    assert found["days"] == len(during)
    assert done.stderr == ""


def test_the_answer_is_a_page_with_a_picture(tmp_path: Path) -> None:
    """Decision first, figures, a bar for every day, and the reasons in sentences."""
    done = call("trial", EXAMPLES / "trial-diary.csv", "--json", tmp_path / "out.json")
    lines = done.stdout.splitlines()
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert lines[0] == "The trial passes."
    assert any(line.startswith("relief") and f"{found['relief_percent']:.0f} %" in line for line in lines)
    bars = [line for line in lines if re.match(r"\d\d \w{3} 2026 .*=", line)]
    assert len(bars) == 8
    means = [float(line.split()[4]) for line in bars]
    widths = [line.count("=") for line in bars]
    assert all(abs(width - 4 * mean - 0.5) <= 1 for width, mean in zip(widths, means, strict=True))
    assert found["reasons"][0] in done.stdout
    assert len(lines) <= 40
    assert max(len(line) for line in lines) <= 100


def test_thousands_of_rows_fit_a_screen(tmp_path: Path) -> None:
    """A score an hour for a year."""
    from datetime import datetime, timedelta

    start = datetime(2025, 1, 1)  # noqa: DTZ001
    rows = [
        f"{start + timedelta(hours=hour)},{'baseline' if hour < 4000 else 'trial'},{8 if hour < 4000 else 2},,,"
        for hour in range(8760)
    ]
    done = call("trial", written(tmp_path, *rows))
    assert done.returncode == 0
    assert done.stdout.startswith("The trial passes.")
    assert len(done.stdout.splitlines()) <= 40


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["2026-03-01,baseline,12,,,"], "line 2: nrs 12 is above 10"),
        (["2026-03-01,baseline,7,,,", "02/03/2026,trial,3,,,"], "line 3: .*the other way round"),
    ],
)
def test_a_wrong_diary_is_one_message_and_2(tmp_path: Path, rows: list[str], told: str) -> None:
    """Never a traceback, and no JSON."""
    done = call("trial", written(tmp_path, *rows), "--json", tmp_path / "out.json")
    assert done.returncode == 2
    assert re.search(told, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out.json").exists()


def test_the_checklist_answers_with_0_or_1(tmp_path: Path) -> None:
    """The example may begin; without consent nothing may."""
    example = EXAMPLES / "checklists" / "failed-back.toml"
    assert call("candidacy", example).returncode == 0
    gap = tmp_path / "gap.toml"
    gap.write_text(example.read_text(encoding="utf-8").partition("[consent]")[0], encoding="utf-8")
    done = call("candidacy", gap, "--json", tmp_path / "out.json")
    assert done.returncode == 1
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["gaps"] == ["consent"]
    assert "no trial before 1 of 11 items" in done.stdout
    assert "agreed in writing" in done.stdout
    gap.write_text('indication = "cancre"\ntrial_on = 2026-02-09\n', encoding="utf-8")
    wrong = call("candidacy", gap)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert 'did you mean "cancer"' in wrong.stderr


def test_simulate_trial_and_first_program_close(tmp_path: Path) -> None:
    """A simulated trial's diary passes, its first program is written, loads, and is reviewed."""
    trial, kept, first = EXAMPLES / "intrathecal-trial.toml", tmp_path / "kept.csv", tmp_path / "first.toml"
    assert call("simulate", trial, "--diary", kept).returncode == 0
    assert call("trial", kept).returncode == 0
    options: list[str | Path] = [
        "--pump",
        "synchromed-ii-20",
        "--catheter",
        "ascenda-8781",
        "--at",
        "2026-03-16T11:30",
        "--out",
        first,
    ]
    done = call("first-program", trial, kept, *options, "--removed", "31 cm", "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert found["daily_dose_ug"] == {"morphine": 1500}
    assert found["review"]["decision"] in ("accept", "confirm")
    assert found["review"]["figures"]["daily_dose_ug"]["morphine"] == pytest.approx(1500, rel=1e-3)
    assert found["review"]["figures"]["rate_mL_per_day"] == pytest.approx(found["rate_mL_per_day"], rel=1e-3)
    from intrathecal.therapy import load_therapy

    assert str(load_therapy(first).program) == "1.5 mg/day"


def test_after_a_failed_trial_there_is_no_first_program(tmp_path: Path) -> None:
    """Exit 1 with the reasons, and no file."""
    diary = written(tmp_path, *days("baseline", 1, 8, 7, 8), *days("trial", 4, 8, 8, 7))
    out = tmp_path / "first.toml"
    options: list[str | Path] = [
        "--pump",
        "synchromed-ii-20",
        "--catheter",
        "ascenda-8781",
        "--at",
        "2026-03-16T11:30",
        "--out",
        out,
    ]
    done = call("first-program", EXAMPLES / "intrathecal-trial.toml", diary, *options)
    assert done.returncode == 1
    assert "There is no first program." in done.stdout
    assert not out.exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (["--at", "2026-03-16"], "no time of day"),
        (["--at", "3/4/2026 10:00"], "the other way round"),
        (["--at", "2026-03-16T11:30+01:00"], "leave the offset out"),
        (["--fill", "20"], "--fill: .*has no unit"),
        (["--daily", "morphine"], "write DRUG and a quantity"),
        (["--daily", "fentanyl=50 mcg/day"], "fentanyl is not a drug of"),
        (["--concentration", "morphine=0 mg/mL"], "not possible"),
        (["--pump", "synchromed"], "unknown pump"),
        (["--catheter", "ascenda"], "unknown catheter"),
        (["--tip", "T13"], "a level outside the canal"),
        (["--utc-offset", "1h"], "is not an offset"),
        (["--out", "examples"], "is a folder"),
        (["--out", "examples/trial-diary.csv"], "what the trial is read from"),
    ],
)
def test_a_wrong_option_of_first_program_is_one_message_and_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: list[str],
    told: str,
) -> None:
    """Also what only the new file shows to be wrong; nothing is written."""
    options = {
        "--pump": "synchromed-ii-20",
        "--catheter": "ascenda-8781",
        "--at": "2026-03-16T11:30",
        "--out": str(tmp_path / "first.toml"),
        changed[0]: changed[1],
    }
    typed = [part for pair in options.items() for part in pair]
    given = ["first-program", "examples/intrathecal-trial.toml", "examples/trial-diary.csv", *typed]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["intrathecal", *given])
    with pytest.raises(SystemExit) as ended:
        run()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert re.search(told, said), said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "first.toml").exists()


@pytest.mark.parametrize("decision", ["pass", "fail", "extend", "incomplete"])
def test_the_verdict_fits_a_narrow_terminal_and_claims_no_certainty(tmp_path: Path, decision: str) -> None:
    """Eighty columns; a probability is never 1.00."""
    during = {"pass": (1, 1, 1), "fail": (8, 8, 8), "extend": (4, 4, 4), "incomplete": ()}[decision]
    said = call("trial", written(tmp_path, *days("baseline", 1, 8, 8, 8), *days("trial", 4, *during))).stdout
    assert max(map(len, said.splitlines())) <= 80
    assert "1.00" not in said
    assert ("more than 99 % that true relief is at least half" in said) == (decision == "pass")


@pytest.mark.parametrize("name", ["failed-back.toml", "nothing.toml"])
def test_a_checklist_fits_a_narrow_terminal(tmp_path: Path, name: str) -> None:
    """With all its notes, and with nothing answered."""
    file = EXAMPLES / "checklists" / name
    if not file.exists():
        file = tmp_path / name
        file.write_text('indication = "neuropathic"\ntrial_on = 2026-02-09\n', encoding="utf-8")
    said = call("candidacy", file).stdout
    assert max(map(len, said.splitlines())) <= 80
