"""A real pump, the keys that it knows, and what runs on it; started for those tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.programmer.processes import Pump, demo
from tests.programmer.sessions import BASE, with_program

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import tell_fill
from intrathecal.pump.telemetry.messages import (
    Reading,
)


@pytest.fixture(scope="module")
def pump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pump]:
    """A pump at life's speed, filled and programmed."""
    with Pump(tmp_path_factory.mktemp("pump")) as made:
        key = made.pair("programmer", "first")
        with Session(made.address, key) as session:
            tell_fill(session, demo(), None, None)
        yield made


@pytest.fixture(scope="module")
def key(pump: Pump) -> Path:
    """A programmer's key."""
    return pump.pair("programmer", "anna")


@pytest.fixture(scope="module")
def handset(pump: Pump) -> Path:
    """A handset's key."""
    return pump.pair("handset", "patient")


@pytest.fixture
def running(pump: Pump, key: Path) -> Reading:
    """The pump with a known program."""
    with Session(pump.address, key) as session:
        found = session.read()
        if found.program != BASE:
            return send(session, propose(with_program(BASE), found))
        return found
