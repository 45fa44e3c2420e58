"""The motor of a pump without a world."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from intrathecal.catalogue import load_catalogue
from intrathecal.pump.motor import MotorLost
from intrathecal.world.inside import OwnMotor
from intrathecal.world.journal import FileJournal
from intrathecal.world.mechanism import Mechanism

PL_PER_ML = 10**9
MORPHINE = {"morphine": 10_000.0}


def motor(path: Path) -> OwnMotor:
    """One with a journal there."""
    return OwnMotor(Mechanism(load_catalogue().pumps["synchromed-ii-20"], FileJournal(path), lambda: 0))


def lines(path: Path) -> list[dict[str, Any]]:
    """What happened."""
    return [json.loads(line) for line in path.read_text().splitlines()]


@contextmanager
def full_disk(bytes_left: int) -> Iterator[None]:
    """Nothing can be written into a file beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_is_filled_once_with_what_the_pump_was_told(tmp_path: Path) -> None:
    """Told the same again, or asked again after a step that both know of, nothing is done."""
    path = tmp_path / "journal"
    own = motor(path)
    own.hold(20 * PL_PER_ML, MORPHINE)
    own.hold(20 * PL_PER_ML, MORPHINE)
    assert own.move_to(2) == own.rotor() == 2
    own.reset()
    own.hold(20 * PL_PER_ML - 2 * 4000, MORPHINE)
    assert [line["did"] for line in lines(path)] == ["made", "aspirate", "inject", "step", "step"]
    assert [line["fL"] for line in lines(path)[3:]] == [4_000_000, 4_000_000]
    assert own.signals() == ()


def test_a_refill_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    """Another volume, or another drug at the same volume."""
    path = tmp_path / "journal"
    own = motor(path)
    for volume, drugs in ((20, MORPHINE), (18, MORPHINE), (18, {"morphine": 20_000.0}), (18, {"baclofen": 500.0})):
        own.hold(volume * PL_PER_ML, drugs)
        *_, out, filled = lines(path)
        assert (out["did"], filled["did"]) == ("aspirate", "inject")
        assert (filled["fL"], filled["drugs"]) == (volume * 10**12, drugs)
        own.hold(volume * PL_PER_ML, drugs)
    assert len(lines(path)) == 9


def test_where_nothing_can_be_written_it_does_not_move(tmp_path: Path) -> None:
    """The pump loses its motor, and finds it again, filled, when there is room."""
    path = tmp_path / "journal"
    own = motor(path)
    with full_disk(path.stat().st_size):
        own.hold(20 * PL_PER_ML, MORPHINE)
        with pytest.raises(MotorLost, match="cannot be written"):
            own.move_to(1)
    own.hold(20 * PL_PER_ML, MORPHINE)
    assert own.move_to(1) == 1
    assert lines(path)[-1]["fL"] == 4_000_000
