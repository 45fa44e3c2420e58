"""A run saved and taken up again is the same run."""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.simulation.support import therapy

from intrathecal.simulation.api import simulate
from intrathecal.simulation.checkpoint import MAGIC, CheckpointError

EVENTS = (
    'at = "day 1 20:00"\nmri = "45 min"',
    'at = "day 2 09:00"\nrefill = { volume = "18 mL", drugs = { morphine = "20 mg/mL" }, bridge = "auto" }',
    'at = "day 3 09:00"\nfault = { kind = "catheter-leak", fraction = 0.3, for = "30 h" }',
    'at = "day 4"\ndose = { drug = "morphine", amount = "2 mg", route = "intravenous", over = "20 h" }',
)
PROGRAM = "2.4 mg/day\n22:00-06:00 1.6 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"
PLAN = {"program": PROGRAM, "presses": '"3 per day"', "days": "6", "primed": "no"}
HOUR_MS = 3_600_000


@pytest.mark.parametrize("stop", ["1", "2.5", "3", "4.75"])
def test_a_resumed_run_is_the_whole_run_bit_for_bit(stop: str, tmp_path: Path) -> None:
    """Stopped anywhere, saved and resumed, every figure and every trace is the same to the last bit."""
    plan = therapy(*EVENTS, **PLAN)
    whole = simulate(plan, every_ms=7 * 60_000)
    simulate(plan, days=Fraction(stop), every_ms=7 * 60_000).save(tmp_path / "saved")
    resumed = simulate(plan, every_ms=7 * 60_000, resume=tmp_path / "saved")

    for figures in (whole.figures, resumed.figures):
        figures["engine"].pop("wall_s")
    assert resumed.figures == whole.figures
    assert resumed.data.identical(whole.data)


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    """Random presses are drawn from the seed alone."""
    first, again = (simulate(therapy(**PLAN), profiles=()).figures for _ in range(2))
    plan = therapy(**PLAN)
    other = simulate(replace(plan, simulation=replace(plan.simulation, seed=4)), profiles=()).figures

    assert first["pump"] == again["pump"]
    assert first["exposure"] == again["exposure"]
    assert other["pump"]["presses_refused"] != first["pump"]["presses_refused"]


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    """Another program, another sampling or another seed: one message that says what must be the same."""
    simulate(therapy(**PLAN), days=Fraction(1)).save(tmp_path / "saved")

    for plan, every in ((therapy(**{**PLAN, "program": "1 mg/day"}), 900_000), (therapy(**PLAN), 60_000)):
        with pytest.raises(CheckpointError, match="of another therapy"):
            simulate(plan, every_ms=every, resume=tmp_path / "saved")


def test_a_damaged_or_foreign_file_is_refused(tmp_path: Path) -> None:
    """One bit flipped, a file cut short, a text file and a missing one are each refused in words."""
    saved = tmp_path / "saved"
    simulate(therapy(**PLAN), days=Fraction(1)).save(saved)
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    for name, data in {"flipped": bytes(content), "short": bytes(content[:500]), "text": b"hello"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CheckpointError, match="is no checkpoint, or is damaged"):
            simulate(therapy(**PLAN), resume=tmp_path / name)
    with pytest.raises(CheckpointError, match="cannot be read"):
        simulate(therapy(**PLAN), resume=tmp_path / "missing")


class _Evil:
    """Would run a command if it were ever unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch pwned",)


def test_a_checkpoint_cannot_run_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with a right checksum and a foreign content is refused before anything in it is made."""
    import hashlib

    monkeypatch.chdir(tmp_path)
    body = pickle.dumps(("", _Evil()))
    (tmp_path / "evil").write_bytes(MAGIC + hashlib.sha256(body).digest() + body)

    with pytest.raises(CheckpointError):
        simulate(therapy(**PLAN), resume=tmp_path / "evil")
    assert not (tmp_path / "pwned").exists()


def test_a_run_cannot_go_back(tmp_path: Path) -> None:
    """A checkpoint of three days does not resume to two."""
    simulate(therapy(**PLAN), days=Fraction(3)).save(tmp_path / "saved")

    with pytest.raises(CheckpointError, match="has run for 3 days"):
        simulate(therapy(**PLAN), days=Fraction(2), resume=tmp_path / "saved")


def test_the_shape_of_the_traces_is_kept() -> None:
    """Times rise strictly and begin at 0; every trace is as long as they are; the patient is asked every 15 minutes."""
    data = simulate(therapy(*EVENTS, **PLAN), every_ms=HOUR_MS).data

    assert data["time"].values[0] == 0
    assert data["time"].values[-1] == 6 * 86_400
    assert np.all(np.diff(data["time"].values) > 0)
    assert data["pain"].dims == data["breathing_fraction"].dims == ("time",)
    assert data["csf_concentration"].dims == ("time", "drug", "z")
    assert data.sizes["drug"] == 1
    assert data.sizes["ask"] == 6 * 96


def test_a_link_stays_a_link_and_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    """The file that a link names is replaced, and the partial file is gone."""
    target, link = tmp_path / "saved", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    simulate(therapy(**PLAN), days=Fraction(1)).save(link)

    assert link.is_symlink()
    assert target.read_bytes().startswith(MAGIC)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "saved"]


def test_what_is_no_plain_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A pipe hands the checkpoint on and is still a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    run = simulate(therapy(**PLAN), days=Fraction(1))
    writer = threading.Thread(target=run.save, args=(pipe,))
    writer.start()
    start = b""
    while len(start) < len(MAGIC):
        with contextlib.suppress(BlockingIOError):
            start += os.read(reader, len(MAGIC) - len(start))
    os.set_blocking(reader, True)
    while os.read(reader, 1 << 16):
        pass
    writer.join()
    os.close(reader)

    assert start == MAGIC
    assert pipe.is_fifo()


@pytest.mark.parametrize("days", [0, Fraction(1, 10**10)])
def test_no_days_are_refused(days: Fraction) -> None:
    """Zero days are not the file's own number of days."""
    with pytest.raises(ValueError, match="nothing to simulate"):
        simulate(therapy(**PLAN), days=days)
