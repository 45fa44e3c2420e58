"""The commands as a stranger calls them: a process with exit codes, one message, clean JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "failed-back.toml"


def call(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "intrathecal", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    """The demo's figures as a script reads them."""
    done = call("simulate", str(DEMO), "--json", "-")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    loaded: dict[str, object] = json.loads(done.stdout)
    return loaded


def test_the_figures_have_the_keys_of_the_interface(figures: dict[str, dict[str, dict[str, object]]]) -> None:
    """Every key that outside scripts read is there."""
    assert {"days", "drugs", "assumptions", "pump", "refill", "ledger", "exposure", "relief", "engine"} <= set(figures)
    assert {
        "model",
        "counted_mL",
        "delivered_mL",
        "reservoir_mL",
        "reservoir_true_mL",
        "battery_fraction",
        "alarms",
    } <= set(figures["pump"])
    assert set(figures["refill"]) == {
        "low_reservoir_at",
        "worst_case_low_reservoir_at",
        "fastest_low_reservoir_at",
        "due_at",
        "due_reason",
    }
    amounts = "entered reservoir pump_tubing catheter csf cord epidural body eliminated degraded removed leaked pocket"
    assert set(figures["ledger"]["morphine"]) == {*(f"{name}_ug" for name in amounts.split()), "relative_error"}
    levels = (
        [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1", "S2"]
    )
    assert set(figures["exposure"]["morphine"]) == {"tip", *levels, "cisterna_magna", "plasma"}
    assert set(figures["exposure"]["morphine"]["tip"]) == {"mean_ug_per_mL", "peak_ug_per_mL", "auc_ug_h_per_mL"}  # type: ignore[call-overload]
    assert set(figures["engine"]) == {"method", "wall_s", "error_estimate"}
    assert {
        "pain_before",
        "pain_mean",
        "relief_percent",
        "hours_to_half_relief",
        "breathing_fraction_min",
        "side_effects",
        "presses_given",
        "presses_refused",
        "spasticity_before",
        "spasticity_mean",
    } <= set(figures["relief"])


def test_times_are_iso_with_the_pumps_offset(figures: dict[str, dict[str, object]]) -> None:
    """The refill is due at the end of stability, 90 days after 20 April; an alarm carries +01:00."""
    assert figures["refill"]["due_at"] == "2026-07-19T09:00:00+01:00"
    assert figures["refill"]["due_reason"] == "stability"
    assert figures["pump"]["alarms"] == [
        {"at": "2026-05-01T14:00:00+01:00", "alarm": "motor-stall", "priority": "critical"}
    ]


def test_the_summary_fits_a_screen() -> None:
    """At most 50 lines of 130 columns, with doses, dates, alarms, concentrations, ledger and assumptions."""
    done = call("simulate", str(DEMO))
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert len(lines) <= 50
    assert max(len(line) for line in lines) <= 130
    for word in (
        "asked",
        "at tip",
        "Next due",
        "Alarms",
        "cist. magna",
        "plasma",
        "entered",
        "relative error",
        "Pain 7.6 before",
        "presses given",
        "Breathing at its lowest",
    ):
        assert word in done.stdout


@pytest.mark.requirement("GIP-3.2.4")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["simulate", "missing.toml"], "missing.toml"),
        (["simulate", str(DEMO), "--days", "0"], "--days: 0 is not possible"),
        (["simulate", str(DEMO), "--days", "0.0000000001"], "--days: 0.0000000001 is not possible; give 0.001 to 3650"),
        (["simulate", str(DEMO), "--days", "1e3"], "has an exponent"),
        (["simulate", str(DEMO), "--every", "15"], "has no unit"),
        (["simulate", str(DEMO), "--every", "0 min"], "is not possible; give 1 s to 24 h"),
        (["simulate", str(DEMO), "--resume", str(DEMO)], "is no checkpoint"),
        (["simulate", str(DEMO), "--days", "1", "--json", "/nowhere/x.json"], "/nowhere/x.json"),
        (["simulate", str(DEMO), "--days", "1", "--data", "/nowhere/x.nc"], "/nowhere/x.nc"),
        (["simulate", str(DEMO), "--catalogue", "missing.toml"], "missing.toml"),
        (["simulate", str(DEMO), "--dais", "3"], "--dais"),
        (["simulat", str(DEMO)], "simulat"),
        (["simulate"], "THERAPY.toml"),
    ],
)
def test_wrong_input_ends_with_2_and_one_message(arguments: list[str], said: str) -> None:
    """The message names what is wrong, on standard error alone, and there is no traceback."""
    done = call(*arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_run_is_saved_and_resumed(tmp_path: Path) -> None:
    """Two days and then to four are the same four days."""
    saved, first, second = (str(tmp_path / name) for name in ("saved", "a.json", "b.json"))
    assert call("simulate", str(DEMO), "--days", "2", "--checkpoint", saved).returncode == 0
    assert call("simulate", str(DEMO), "--days", "4", "--resume", saved, "--json", first).returncode == 0
    assert call("simulate", str(DEMO), "--days", "4", "--json", second).returncode == 0

    loaded = [json.loads(Path(path).read_text()) for path in (first, second)]
    for figures in loaded:
        figures["engine"].pop("wall_s")
    assert loaded[0] == loaded[1]


def test_cite_prints_the_sources_of_what_a_run_used() -> None:
    """The demo rests on morphine's values and not on those of ziconotide; unverified values are listed."""
    done = call("cite", str(DEMO))

    assert done.returncode == 0
    assert "drug.morphine.csf.loss_half_life" in done.stdout
    assert "drug.ziconotide" not in done.stdout
    assert "Not verified" in done.stdout
    assert "drug.ziconotide" in call("cite").stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    """No numpy, xarray, pint, typer or rich until they are used."""
    code = "import sys, intrathecal; print([m for m in ('numpy', 'xarray', 'pint', 'typer', 'rich', 'lark') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_run_of_one_patient_loads_no_compiler() -> None:
    """Loading it takes as long as the rest of the start, and the first run would compile for many seconds."""
    code = "from intrathecal.cli import main; import atexit, sys; atexit.register(lambda: print('numba' in sys.modules)); main()"
    words = ["simulate", str(DEMO), "--days", "3"]
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_python_of_the_readme_runs() -> None:
    """The lines as they stand there, from the repository's folder."""
    lines = (ROOT / "README.md").read_text().split("```python\n")[1].split("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )

    assert done.stderr == ""
    assert "'relative_error'" in done.stdout
    assert "ug/mL" in done.stdout


def test_the_readme_shows_the_summary_as_it_is() -> None:
    """Every line that it quotes but the round-off stands in the demo's summary."""
    quoted = (ROOT / "README.md").read_text().split("```text\n")[1].split("```")[0].splitlines()
    printed = call("simulate", str(DEMO)).stdout.splitlines()

    assert [line for line in quoted if line != "..." and "relative" not in line and line not in printed] == []


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    """By links from page to page; and no link leads nowhere."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
            waiting += [(page.parent / link).resolve() for link in links]
        assert page.exists(), page
        seen.add(page)

    assert {page for page in (ROOT / "docs").rglob("*.md") if page not in seen} == set()


def test_validate_shows_published_beside_predicted() -> None:
    """The keys of the interface, fitted and predicted apart, what is missed said."""
    figures = json.loads(call("validate", "--json", "-").stdout)

    keys = {"id", "quantity", "published", "low", "high", "predicted", "ratio", "inside", "role"}
    assert all(keys <= set(target) for target in figures["targets"])
    assert {target["role"] for target in figures["targets"]} == {"fitted", "predicted"}
    assert 0 < figures["inside_fraction"] < 1
    assert "NO" in call("validate").stdout


@pytest.mark.skipif(
    not Path("/dev/full").is_char_device() and not os.environ.get("CI"), reason="no device that is always full"
)
@pytest.mark.parametrize("option", ["--json", "--data"])
def test_a_full_device_is_named_in_one_line(option: str) -> None:
    """What the system says is one line, with the file's name."""
    done = call("simulate", str(DEMO), "--days", "1", option, "/dev/full")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "intrathecal: /dev/full: cannot be written (No space left on device); name another file or free some space\n"
    )


@pytest.mark.parametrize(("closed", "returncode"), [(">&-", 2), ("2>&- >/dev/null", 0)])
def test_a_closed_stream_is_no_traceback(closed: str, returncode: int) -> None:
    """Figures for a closed standard output are refused; a closed standard error disturbs nothing."""
    command = f"{sys.executable} -m intrathecal simulate {DEMO} --days 1 --json - {closed}"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == returncode
    assert "Traceback" not in done.stderr
    assert ("standard output: is closed" in done.stderr) == (returncode == 2)


def test_no_output_takes_the_place_of_the_therapy_or_of_another_output(tmp_path: Path) -> None:
    """Both are refused before the run, and the therapy is untouched."""
    therapy, out = tmp_path / "t.toml", str(tmp_path / "out")
    therapy.write_bytes(DEMO.read_bytes())
    over = call("simulate", str(therapy), "--days", "1", "--json", str(therapy))
    twice = call("simulate", str(therapy), "--days", "1", "--json", out, "--data", out)

    assert (over.returncode, twice.returncode) == (2, 2)
    assert "is the therapy file itself; name another file" in over.stderr
    assert "is named for two outputs; name another file" in twice.stderr
    assert therapy.read_bytes() == DEMO.read_bytes()
