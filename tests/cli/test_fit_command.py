"""The command fit as a stranger calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import call, refused
from tests.simulation.support import therapy_text

DIARY = "time,nrs\n2026-03-01 18:00,8\n2026-03-02 18:00,6\n2026-03-03 09:00,4\n2026-03-03 18:00,4\n2026-03-04 09:00,5\n"
SAMPLES = "time,drug,fluid,level,concentration\n2026-03-03 09:00,morphine,csf,L3,500 ng/mL\n"
NEXT = '\n[[event]]\nat = "day 2 12:00"\nprogram = "3 mg/day"\n[simulation]'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a fit needs."""
    folder = tmp_path_factory.mktemp("fit")
    text = therapy_text(program="1 mg/day", days="2")
    (folder / "given.toml").write_text(text)
    (folder / "next.toml").write_text(text.replace("[simulation]", NEXT).replace("days = 2", "days = 4"))
    (folder / "diary.csv").write_text(DIARY)
    (folder / "samples.csv").write_text(SAMPLES)
    return folder


@pytest.fixture(scope="module")
def told(files: Path) -> dict[str, Any]:
    """What is written for scripts."""
    out = files / "out.json"
    options = ("--predict", files / "next.toml", "--draws", "20", "--steps", "25", "--json", out)
    done = call(
        "fit", files / "given.toml", "--diary", files / "diary.csv", "--samples", files / "samples.csv", *options
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    found["text"] = done.stdout
    return found


def test_the_keys_are_those_of_the_page(told: dict[str, Any]) -> None:
    """Every name of the figures stands in docs/fit.md."""
    page = (Path(__file__).parents[2] / "docs" / "fit.md").read_text()
    figures = page[page.index("## Figures") :]

    for part in (told, told["chain"], told["values"][0], told["prediction"], told["fitted"], told["data"]):
        for key in part:
            assert key == "text" or key in figures, key
    assert told["data"] == {"scores": 5, "samples": 1}
    assert told["prediction"]["followed"] == "pain"
    assert len(told["prediction"]["hours"]) == 4 * 24 + 1
    assert told["prediction"]["at"][-1] == "2026-03-06T10:00:00+00:00"


def test_the_text_says_what_was_fitted_and_what_is_predicted(told: dict[str, Any]) -> None:
    """And that so short a chain is not to be trusted."""
    text = told["text"]

    for words in ("Fitted to 5 scores and 1 samples", "pain", "Predicted for", "relief, %", "too short to trust"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 130
    assert not told["chain"]["long_enough"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("--diary, --samples: neither is given",)),
        (("--diary", "no.csv"), ("no.csv: there is no such file",)),
        (("--diary", "diary.csv", "--draws", "3"), ("--draws", "20 to")),
        (("--diary", "wrong.csv"), ("wrong.csv, line 2: nrs 11 is above 10",)),
        (("--diary", "diary.csv", "--predict", "other.toml"), ("other.toml: patient.pain is 3.0 and in", "[patient]")),
    ],
)
def test_what_is_wrong_is_one_message(
    files: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """With exit code 2."""
    monkeypatch.chdir(files)
    (files / "wrong.csv").write_text("time,nrs\n2026-03-03 09:00,11\n")
    (files / "other.toml").write_text((files / "next.toml").read_text().replace("[patient]", "[patient]\npain = 3"))

    refused(call("fit", "given.toml", *options), 2, *words)
