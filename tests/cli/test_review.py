"""Review and bridge as a stranger calls them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.cli.test_app import ROOT, call
from tests.programmer.review.files import event, label, text

from intrathecal.cli.app import run

REFILL = event('"day 28"', 'refill = { volume = "20 mL", drugs = { morphine = "20 mg/mL" }, bridge = "none" }')


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a file to review, one that runs, and one that must not be sent."""
    (tmp_path / "new.toml").write_text(text("300 mcg/day", drugs=label(baclofen="2000 mcg/mL")))
    (tmp_path / "running.toml").write_text(text("300 mcg/day", drugs=label(baclofen="500 mcg/mL")))
    (tmp_path / "wrong.toml").write_text(text("300 mg/day"))
    (tmp_path / "trial.toml").write_text('[[drug]]\nname = "morphine"\n')
    (tmp_path / "events.toml").write_text(text("3 mg/day", more=REFILL + event('"day 30"', 'mri = "45 min"')))
    return tmp_path


def test_the_figures_have_the_keys_of_the_interface() -> None:
    """The demo is reviewed without a word against it but notes."""
    done = call("review", str(ROOT / "examples" / "failed-back.toml"), "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["decision"] == "accept"
    assert set(found["figures"]) == {
        "rate_mL_per_day",
        "daily_dose_ug",
        "worst_case_daily_dose_ug",
        "catheter_volume_mL",
        "pump_tubing_mL",
        "low_reservoir_at",
        "worst_case_low_reservoir_at",
        "fastest_low_reservoir_at",
        "refill_due_at",
        "refill_due_reason",
        "change_percent",
        "bridge",
        "delivered_minus_asked_percent",
    }
    assert set(found["figures"]["bridge"]) == {
        "needed",
        "volume_mL",
        "rate_mL_per_day",
        "duration_h",
        "skipped_dose_percent",
        "skipped_for_h",
    }
    assert found["figures"]["change_percent"] == {"morphine": None, "bupivacaine": None}
    for finding in found["findings"]:
        assert {"code", "severity", "drug", "value", "limit", "unit", "source", "verified", "message"} <= set(finding)


def test_a_program_that_must_not_be_sent_ends_with_one_and_its_json(written: Path) -> None:
    """The figures are written all the same."""
    done = call("review", "wrong.toml", "--json", "found.json", cwd=written)
    assert (done.returncode, done.stderr) == (1, "")
    assert "flow-above-range" in done.stdout
    found = json.loads((written / "found.json").read_text())
    assert found["decision"] == "refuse"
    assert found["findings"][0]["severity"] == "hard"


def test_a_change_of_concentration_is_confirmed(written: Path) -> None:
    """E5: the bridge is shown, and a person confirms that it runs first."""
    done = call("review", "new.toml", "--running", "running.toml", "--json", "-", cwd=written)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["decision"] == "confirm"
    assert "bridge-missing" in {finding["code"] for finding in found["findings"]}
    assert found["figures"]["change_percent"] == {"baclofen": pytest.approx(0)}


def test_a_refill_is_an_event(written: Path) -> None:
    """A refill by twice the concentration without a bridge is refused."""
    done = call("review", "events.toml", "--event", "1", cwd=written)
    assert done.returncode == 1
    assert "The bridge is missing" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("review", "events.toml", "--event", "2"), "is neither a refill nor a program"),
        (("review", "events.toml", "--event", "3"), "has 2 events"),
        (("review", "new.toml", "--event", "1"), "has no events"),
        (("review", "trial.toml"), "has no [pump]"),
        (("review", "new.toml", "--running", "nowhere.toml"), "no such file"),
        (("bridge", "new.toml", "--running", "running.toml", "--rate", "0.6"), "no unit"),
        (("bridge", "new.toml", "--running", "running.toml", "--rate", "30 mL/day"), "0.048 to 24 mL/day"),
        (("bridge", "new.toml", "--running", "running.toml", "--dose", "20 mcg/day"), "0.048 to 24 mL/day"),
        (
            ("bridge", "new.toml", "--running", "running.toml", "--dose", "1 mg/day", "--rate", "1 mL/day"),
            "one of them",
        ),
    ],
)
def test_wrong_input_is_one_message(
    written: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    """Exit code 2, one line that says where, what, and what would be right."""
    monkeypatch.chdir(written)
    monkeypatch.setattr(sys, "argv", ["intrathecal", *arguments])
    with pytest.raises(SystemExit) as ended:
        run()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_the_bridge_command_reproduces_e5(written: Path) -> None:
    """0.375 mL at 0.6 mL/day for 15 h, and 750 against 187.5 mcg on the screen."""
    done = call("bridge", "new.toml", "--running", "running.toml", "--json", "bridge.json", cwd=written)
    assert (done.returncode, done.stderr) == (0, "")
    assert "187.5 mcg" in done.stdout
    assert "750 mcg" in done.stdout
    found = json.loads((written / "bridge.json").read_text())
    assert found["volume_mL"] == pytest.approx(0.375)
    assert found["steps"][0] == {
        "rate_mL_per_day": pytest.approx(0.6),
        "duration_h": pytest.approx(15),
        "old_ug_per_day": pytest.approx(300),
        "new_ug_per_day": 0.0,
    }


def test_another_dose_or_flow_of_the_bridge(written: Path) -> None:
    """240 mcg/day over 500 mcg/mL is 0.48 mL/day."""
    for option in (("--dose", "240 mcg/day"), ("--rate", "0.48 mL/day")):
        done = call("bridge", "new.toml", "--running", "running.toml", *option, "--json", "-", cwd=written)
        found = json.loads(done.stdout)
        assert found["rate_mL_per_day"] == pytest.approx(0.48)
        assert found["steps"][0]["old_ug_per_day"] == pytest.approx(240)
