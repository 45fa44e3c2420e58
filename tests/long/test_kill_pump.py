"""kill -9 of the real pump process while it delivers, again and again: its count and its motor's journal, step for step."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from tests.programmer.processes import MODEL, Pump, World, demo

from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import tell_fill
from intrathecal.pump.book import Identity
from intrathecal.pump.controller import Press, Stop
from intrathecal.pump.life import Life, unpack
from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.memory.storage import FileStorage
from intrathecal.pump.records import from_payload
from intrathecal.world.link import Link

KILLS = 105
#: So fast that some forty steps are due in a real second: the pump is mostly in the middle of one.
SPEED = "60"
#: The longest time (real seconds) from the start of the process, and of its delivery, to its end.
STARTING_S, DELIVERING_S = 1.5, 0.3


def remembered(memory: Path, folder: Path) -> Life:
    """What the memory holds, read from a copy: as the pump itself will read it at its next start."""
    copy = folder / "copy.mem"
    shutil.copyfile(memory, copy)
    with FileStorage(copy) as storage:
        _, recovered = Memory.open(storage)
    life = Life(Identity("copy", MODEL, "")) if recovered.snapshot is None else unpack(recovered.snapshot)
    for payload in recovered.payloads:
        life.apply(from_payload(payload))
    return life


def made(world: World) -> list[int]:
    """The rotor's position after each step that the motor really made, in the order of the journal."""
    lines = (json.loads(line) for line in world.journal.read_text().splitlines())
    return [line["rotor"] for line in lines if line["did"] == "step"]


def still(world: World) -> None:
    """Take the motor over for a moment: what the dead pump had sent and was not done yet is never done."""
    link = Link(world.address.host, world.port, MODEL)
    link.rotor()
    link.close()


def start_and_kill(pump: Pump, random: Random) -> None:
    """One life of the pump's process, cut off while it starts or while it delivers."""
    if random.random() < 0.2:
        arguments = [sys.executable, "-m", "intrathecal", *pump._arguments, "--listen", f"127.0.0.1:{pump.port}"]
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as starting:
            time.sleep(random.uniform(0, STARTING_S))
            starting.kill()
    else:
        pump.start()
        time.sleep(random.uniform(0, DELIVERING_S))
        pump.kill()


@pytest.mark.requirement("ACC-6", "GIP-1.7.1", "ACC-16")
@pytest.mark.parametrize("seed", [1, 2])
def test_after_every_kill_the_count_and_the_motor_agree(tmp_path: Path, seed: int) -> None:
    """At every kill the motor stands where the memory says, or within the one act that it says has begun.

    No step is made twice and none is left out; the count never goes back; at the end both are equal. A press that was
    given counts for its lockout through every kill.
    """
    random = Random(seed)  # noqa: S311
    open_acts = 0
    with (
        World(tmp_path, "--speed", SPEED) as world,
        Pump(tmp_path, "--world", str(world.address), "--speed", SPEED) as pump,
    ):
        key, handset = pump.pair("programmer", "anna"), pump.pair("handset", "patient")
        with Session(pump.address, key) as session:
            tell_fill(session, demo(), None, None)
            send(session, propose(demo(), session.read()))
        with Session(pump.address, handset) as session:
            session.act(Press(), "a press")
        pump.kill()
        before = 0
        for _ in range(KILLS):
            start_and_kill(pump, random)
            still(world)
            life, steps = remembered(tmp_path / "pump.mem", tmp_path), made(world)
            state = life.filled
            furthest = life.position if life.intent is None else life.intent.target
            assert steps == list(range(1, len(steps) + 1))
            assert life.position <= len(steps) <= furthest
            assert state.presses
            assert before <= state.steps
            before = state.steps
            open_acts += life.intent is not None
        pump.start()
        with Session(pump.address, key) as session:
            session.act(Stop(), "a stop")
            fill = session.read().fill
        pump.end()
    assert fill is not None
    assert fill.steps == len(made(world))
    assert fill.reservoir_pL + fill.steps * fill.settings.hardware.step_pL == 20 * 10**9
    # Kills that fell between intent and commit were among them, or nothing was shown.
    assert open_acts > 0
    print(f"{KILLS} kills, {open_acts} of them within an act; {fill.steps} steps")  # noqa: T201
