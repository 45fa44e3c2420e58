"""The pump's commands as a stranger calls them: exit codes, one message, clean JSON, real processes."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.cli.commands import call, refused, told
from tests.programmer.processes import MODEL, Pump, World, until

from intrathecal.programmer.client import Address

EXAMPLES = Path(__file__).parents[2] / "examples"
DEMO = str(EXAMPLES / "failed-back.toml")
KEYS = {
    "identity",
    "model",
    "program_text",
    "counted_mL",
    "doses_ug",
    "reservoir_mL",
    "battery_fraction",
    "alarms",
    "log",
    "delivery",
}


@pytest.fixture(scope="module")
def pump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pump]:
    """A pump with a world of its own, sixty times faster than life."""
    folder = tmp_path_factory.mktemp("pump")
    with World(folder, "--speed", "60") as world, Pump(folder, "--world", str(world.address), "--speed", "60") as made:
        made.world = world
        yield made


@pytest.fixture(scope="module")
def keys(pump: Pump) -> tuple[Path, Path]:
    """A programmer's and a handset's key, paired by the command; the pump filled and programmed by the commands."""
    programmer, handset = pump.folder / "programmer.key", pump.folder / "handset.key"
    for role, key in (("programmer", programmer), ("handset", handset)):
        done = call("pair", pump.address, "--role", role, "--code", pump.code.lower(), "--key", key)
        assert done.returncode == 0, done.stderr
    empty = told(pump, programmer)
    assert set(empty) >= KEYS
    assert (empty["program_text"], empty["counted_mL"], empty["reservoir_mL"]) == (None, None, None)
    refused(call("program", pump.address, DEMO, "--key", programmer, "--yes"), 1, "first fill")
    assert call("world", pump.world.address, "inject", "20 mL", "--drug", "morphine=10 mg/mL").returncode == 0
    assert call("refilled", pump.address, DEMO, "--key", programmer).returncode == 0
    done = call("program", pump.address, DEMO, "--key", programmer, "--yes")
    assert done.returncode == 0, done.stderr
    assert "2.4 mg/day (milligrams a day)" in done.stdout
    assert "read back" in done.stdout
    return programmer, handset


@pytest.mark.requirement("PCA-R6.7-1", "GIP-2.2.7", "PCA-R6.5-1", "GIP-3.1.1")
def test_interrogation_has_the_keys_of_the_interface(pump: Pump, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Every key that outside scripts read; times with the pump's offset; the same in a file."""
    found = told(pump, keys[0])
    assert set(found) >= KEYS
    assert found["model"] == MODEL
    assert found["delivery"] == "certain"
    assert isinstance(found["doses_ug"], dict)
    assert set(found["doses_ug"]) == {"morphine", "bupivacaine"}
    assert isinstance(found["log"], list)
    assert all(datetime.fromisoformat(entry["at"]).utcoffset() is not None for entry in found["log"])
    assert str(found["time"]).endswith("+01:00")
    first, last = found["log"][0], found["log"][-1]
    assert first["at"].endswith("+00:00"), "before its first fill a pump knows no other clock"
    assert last["at"].endswith("+01:00")
    target = tmp_path / "pump.json"
    done = call("interrogate", pump.address, "--key", keys[0], "--json", target)
    assert done.returncode == 0
    assert json.loads(target.read_text())["identity"] == found["identity"]
    assert str(found["identity"]) in done.stdout
    listed = found["keys"]
    assert isinstance(listed, list)
    assert all(key["fingerprint"] in done.stdout for key in listed), "unpair asks for them"


@pytest.mark.requirement("PCA-R6.7-3", "PCA-EC18", "GIP-1.1.7")
def test_it_delivers_while_nobody_is_connected(pump: Pump, keys: tuple[Path, Path]) -> None:
    """The motor turns on its own, and what the pump counts is what its motor did."""
    before = pump.world.steps
    until(lambda: pump.world.steps > before + 50)
    counted = told(pump, keys[0])["counted_mL"]
    assert isinstance(counted, float)
    shown = call("world", pump.world.address, "show", "--json", "-")
    assert counted <= json.loads(shown.stdout)["delivered_mL"] + 1e-9


@pytest.mark.requirement("GIP-2.1.4", "ACC-5")
def test_a_press_is_given_and_the_next_refused_with_the_reason(pump: Pump, keys: tuple[Path, Path]) -> None:
    """Exit code 0, then 1 and one message."""
    until(lambda: "would be given" in call("ready", pump.address, "--key", keys[1]).stdout)
    assert call("press", pump.address, "--key", keys[1]).returncode == 0
    refused(call("press", pump.address, "--key", keys[1]), 1, "lockout")


@pytest.mark.requirement("GIP-6.1.5")
def test_a_handsets_key_is_refused_everything_else(pump: Pump, keys: tuple[Path, Path]) -> None:
    """One message, exit code 1, and the program stays."""
    before = told(pump, keys[0])["program_text"]
    refused(call("program", pump.address, DEMO, "--key", keys[1], "--yes"), 1, "handset may not")
    refused(call("refilled", pump.address, DEMO, "--key", keys[1]), 1, "handset may not")
    refused(call("interrogate", pump.address, "--key", keys[1]), 1, "handset may not")
    refused(call("stop", pump.address, "--key", keys[1]), 1, "handset may not")
    refused(call("resume", pump.address, "--key", keys[1]), 1, "handset may not")
    found = told(pump, keys[0])
    assert found["program_text"] == before
    assert found["stopped"] is False


@pytest.mark.requirement("PCA-R6.7-2")
def test_stop_gives_nothing_until_resume(pump: Pump, keys: tuple[Path, Path]) -> None:
    """The alarm sounds, presses are refused, a mute passes, and resume brings the program back."""
    assert call("stop", pump.address, "--key", keys[0]).returncode == 0
    found = told(pump, keys[0])
    assert (found["stopped"], found["flow_mL_per_day"]) == (True, 0)
    alarms = found["alarms"]
    assert isinstance(alarms, list)
    assert set(alarms[0]) == {"at", "alarm", "priority"}
    assert call("mute", pump.address, "--key", keys[0]).returncode == 0
    steps = pump.world.steps
    refused(call("press", pump.address, "--key", keys[1]), 1, "refused")
    assert pump.world.steps == steps
    assert call("resume", pump.address, "--key", keys[0]).returncode == 0
    until(lambda: pump.world.steps > steps)


@pytest.mark.requirement("GIP-2.1.1", "GIP-2.1.2")
def test_without_a_terminal_a_program_needs_yes(pump: Pump, keys: tuple[Path, Path]) -> None:
    """Both programs are shown, nothing is sent, and the message says what is missing."""
    done = call("program", pump.address, DEMO, "--key", keys[0])
    refused(done, 2, "--yes")
    assert "daily dose, morphine" in done.stdout


@pytest.mark.requirement("GIP-2.1.1", "GIP-2.1.2", "GIP-1.1.7")
@pytest.mark.parametrize(("typed", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_on_a_terminal_it_asks(pump: Pump, keys: tuple[Path, Path], typed: bytes, code: int) -> None:
    """No leaves the pump as it is, with exit code 1; yes sends."""
    near, far = pty.openpty()
    arguments = [sys.executable, "-m", "intrathecal", "program", str(pump.address), DEMO, "--key", str(keys[0])]
    with subprocess.Popen(arguments, stdin=far, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asking:
        os.close(far)
        os.write(near, typed)
        said, complained = asking.communicate(timeout=120)
    os.close(near)
    assert asking.returncode == code
    assert "Send the new program to pump" in said
    assert ("not sent" in complained) == (code == 1)


@pytest.mark.requirement("GIP-3.2.4")
def test_wrong_input_is_one_message_and_exit_code_2(pump: Pump, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Where, what, and what would be right."""
    other = tmp_path / "other.toml"
    other.write_text(Path(DEMO).read_text().replace("synchromed-ii-20", "synchromed-ii-40"))
    refused(call("program", pump.address, other, "--key", keys[0], "--yes"), 2, "synchromed-ii-40", MODEL)
    refused(call("refilled", pump.address, other, "--key", keys[0]), 2, "synchromed-ii-40", MODEL)
    refused(call("interrogate", pump.address, "--key", tmp_path / "none.key"), 2, "none.key", "pair")
    garbage = tmp_path / "garbage.key"
    garbage.write_bytes(b"\0\1\2")
    refused(call("press", pump.address, "--key", garbage), 2, "garbage.key", "no key file")
    refused(call("interrogate", "nowhere", "--key", keys[0]), 2, "HOST:PORT")
    refused(call("unpair", pump.address, "xyz", "--key", keys[0]), 2, "0 to 9 and a to f")
    key = tmp_path / "new.key"
    refused(call("pair", pump.address, "--role", "handset", "--code", "123", "--key", key), 2, "--code")
    memory = tmp_path / "new.mem"
    refused(call("pump", "--listen", "127.0.0.1:0", "--memory", memory, "--model", "no-such"), 2, "no-such", MODEL)
    refused(call("pump", "--listen", "127.0.0.1:0", "--memory", memory, "--model", MODEL, "--speed", "0"), 2, "--speed")
    assert not memory.exists()
    refused(call("pump", "--listen", "127.0.0.1:0", "--memory", "/", "--model", MODEL), 2, "cannot be opened")
    taken = call("pump", "--listen", pump.address, "--memory", memory, "--model", MODEL)
    assert taken.returncode == 2
    assert "cannot be listened on" in taken.stderr


def test_a_wrong_code_is_refused(pump: Pump, tmp_path: Path) -> None:
    """Exit code 1: the pump has understood, and says no."""
    key = tmp_path / "new.key"
    wrong = "00000-00000-00000-00000"
    refused(call("pair", pump.address, "--role", "handset", "--code", wrong, "--key", key), 1, "not the one")
    refused(call("press", pump.address, "--key", key), 2, "not paired")


def test_no_pump_at_the_address_is_exit_code_3(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Unreachable, for every command."""
    nobody = Address("127.0.0.1", 9)
    for command in ("interrogate", "stop", "press", "mute", "ready"):
        refused(call(command, nobody, "--key", keys[0]), 3, "no pump can be reached")
    refused(call("program", nobody, DEMO, "--key", keys[0], "--yes"), 3, "no pump can be reached")
    refused(call("refilled", nobody, DEMO, "--key", keys[0]), 3, "no pump can be reached")
    code = "00000-00000-00000-00000"
    refused(call("pair", nobody, "--role", "handset", "--code", code, "--key", tmp_path / "n.key"), 3, "no pump")


def test_a_memory_in_use_or_of_another_model_is_refused(pump: Pump, tmp_path: Path) -> None:
    """Two pumps cannot share a memory, and no pump takes another model's."""
    memory = pump.folder / "pump.mem"
    refused(call("pump", "--listen", "127.0.0.1:0", "--memory", memory, "--model", MODEL), 2, "pump.mem")
    with Pump(tmp_path) as other:
        assert other.end() == 0
    memory = tmp_path / "pump.mem"
    done = call("pump", "--listen", "127.0.0.1:0", "--memory", memory, "--model", "synchromed-ii-40")
    assert done.returncode == 2
    assert "synchromed-ii-20" in done.stderr


@pytest.mark.requirement("GIP-1.7.1", "ACC-4")
def test_a_pump_survives_kill_9_with_program_keys_and_counts(tmp_path: Path) -> None:
    """After a loss of power the same pump is there: identity, keys, program, lockout, log; and it goes on."""
    with (
        World(tmp_path, "--speed", "60") as world,
        Pump(tmp_path, "--world", str(world.address), "--speed", "60") as pump,
    ):
        key, handset = pump.pair("programmer", "anna"), pump.pair("handset", "patient")
        assert call("refilled", pump.address, DEMO, "--key", key).returncode == 0
        assert call("program", pump.address, DEMO, "--key", key, "--yes").returncode == 0
        assert call("press", pump.address, "--key", handset).returncode == 0
        before = told(pump, key)
        pump.kill()
        pump.start()
        assert "pairing code" not in pump.said
        after = told(pump, key)
        assert (after["identity"], after["program_text"]) == (before["identity"], before["program_text"])
        assert isinstance(after["counted_mL"], float)
        assert isinstance(before["counted_mL"], float)
        assert after["counted_mL"] >= before["counted_mL"]
        assert "lockout" in call("press", pump.address, "--key", handset).stderr
        steps = world.steps
        until(lambda: world.steps > steps)


@pytest.mark.requirement("PCA-EC5")
def test_a_lost_world_is_an_alarm_and_ends_by_itself(tmp_path: Path) -> None:
    """While the motor cannot be reached presses are refused and the pump says so; afterwards it goes on, count equal."""
    with (
        World(tmp_path, "--speed", "60") as world,
        Pump(tmp_path, "--world", str(world.address), "--speed", "60") as pump,
    ):
        key, handset = pump.pair("programmer", "anna"), pump.pair("handset", "patient")
        assert call("refilled", pump.address, DEMO, "--key", key).returncode == 0
        assert call("program", pump.address, DEMO, "--key", key, "--yes").returncode == 0
        world.kill()
        until(lambda: bool(told(pump, key)["alarms"]))
        found = told(pump, key)
        assert "motor" in str(found["failed"])
        refused(call("press", pump.address, "--key", handset), 1, "motor")
        world.start()
        until(lambda: told(pump, key)["failed"] is None)
        steps = world.steps
        until(lambda: world.steps > steps)
        assert call("stop", pump.address, "--key", key).returncode == 0
        fill = pump.read(key).fill
        assert fill is not None
        assert fill.steps == world.steps
        shown = json.loads(call("world", world.address, "show", "--json", "-").stdout)
        assert shown["rotor"] == world.steps


def test_without_a_world_the_reservoir_holds_what_the_pump_is_told(tmp_path: Path) -> None:
    """Its journal shows the fill and steps that move drug, as much as the pump counts; a restart changes nothing."""
    with Pump(tmp_path, "--speed", "60") as pump:
        key = pump.pair("programmer", "anna")
        assert call("refilled", pump.address, DEMO, "--key", key).returncode == 0
        assert call("program", pump.address, DEMO, "--key", key, "--yes").returncode == 0
        until(lambda: told(pump, key)["counted_mL"] != 0)
        pump.kill()
        pump.start()
        assert call("stop", pump.address, "--key", key).returncode == 0
        fill = pump.read(key).fill
        assert fill is not None
        lines = [json.loads(line) for line in (tmp_path / "pump.mem.journal").read_text().splitlines()]
    (filled,) = [line for line in lines if line["did"] == "inject"]
    assert filled["fL"] == 20 * 10**12
    assert filled["drugs"] == {"morphine": 10_000, "bupivacaine": 15_000}
    moved = [line["fL"] for line in lines if line["did"] == "step"]
    assert len(moved) == fill.steps
    assert set(moved) == {fill.settings.hardware.step_pL * 1000}


def test_a_memory_that_cannot_be_written_fails_safe(tmp_path: Path) -> None:
    """The pump says why when it starts, and goes on answering."""
    with Pump(tmp_path) as pump:
        pump.end()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
        try:
            pump.start()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "failed safe: memory failure" in pump.said
        assert pump.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_pump_ends_cleanly(tmp_path: Path, number: int) -> None:
    """Exit code 0, nothing but its own words, and the code is shown again as long as nobody is paired."""
    with Pump(tmp_path) as pump:
        code = pump.code
        assert pump.end(number) == 0
        assert "Traceback" not in pump.said
        pump.start()
        assert f"pairing code {code}" in pump.said


def test_a_new_code_ends_the_old_one(tmp_path: Path) -> None:
    """Whoever has read the old code can do nothing with it; keys that are paired stay paired."""
    with Pump(tmp_path) as pump:
        key, old = pump.pair("programmer", "anna"), pump.code
        pump.end()
        with Pump(tmp_path, "--new-code") as again:
            assert again.code
            assert again.code != old
            new = tmp_path / "new.key"
            refused(call("pair", again.address, "--role", "handset", "--code", old, "--key", new), 1, "not the one")
            assert call("pair", again.address, "--role", "handset", "--code", again.code, "--key", new).returncode == 0
            assert told(again, key)["model"] == MODEL


@pytest.mark.requirement("GIP-3.4.5", "PCA-EC4")
def test_a_damaged_memory_fails_safe_and_says_so(tmp_path: Path) -> None:
    """Both copies gone: the pump starts, gives nothing, and does not pretend to be new."""
    with Pump(tmp_path) as pump:
        key, code = pump.pair("programmer", "anna"), pump.code
        pump.end()
        memory = tmp_path / "pump.mem"
        memory.write_bytes(bytes(memory.stat().st_size))
        pump.start()
        assert "failed safe" in pump.said
        assert "pairing code" not in pump.said
        refused(call("interrogate", pump.address, "--key", key), 2, "not paired", "lost its memory")
        again = call("pair", pump.address, "--role", "programmer", "--code", code, "--key", key)
        refused(again, 1, "memory failure")
