"""The world's command as a stranger calls it."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.world.running import MODEL, Running, call

from intrathecal.cli import main


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A world that runs."""
    with Running(
        tmp_path_factory.mktemp("world") / "journal", MODEL, "--speed", "10", "--drive-error", "-3 %"
    ) as running:
        yield running


def test_a_syringe_a_magnet_and_faults(world: Running) -> None:
    """Each deed says what is so afterwards."""
    done = call("world", world.at, "inject", "20 mL", "--drug", "morphine=10 mg/mL", "--drug", "clonidine=100 mcg/mL")
    assert (done.returncode, done.stderr) == (0, "")
    assert "reservoir 20 mL (morphine 10 mg/mL, clonidine 0.1 mg/mL), rotor at 0" in done.stdout
    done = call("world", world.at, "aspirate", "5mL")
    assert "reservoir 15 mL" in done.stdout
    assert "magnet" in call("world", world.at, "mri", "30 min").stdout
    done = call("world", world.at, "fault", "slipping", "30 %", "--lasts", "2 h", "--json", "-")
    shown = json.loads(done.stdout)
    assert shown["faults"] == ["magnet", "slipping"]
    assert shown["reservoir_mL"] == 15
    call("world", world.at, "fault", "valve-leak", "0 mL/day")
    assert "over-infusion" in call("world", world.at, "fault", "over-infusion", "1.5").stdout
    assert "slipping" not in call("world", world.at, "mend", "slipping").stdout
    assert "battery 40%" in call("world", world.at, "fault", "battery", "0.4").stdout
    assert "reservoir 0 mL" in call("world", world.at, "aspirate", "all").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show"], "say where the world listens"),
        (["nowhere", "show"], "such as 127.0.0.1:7000"),
        (["AT", "fly"], '"fly" cannot be done to a pump; write one of inject'),
        (["AT", "inject"], "too few or too many words"),
        (["AT", "inject", "5"], "has no unit"),
        (["AT", "inject", "-5 mL", "--drug", "morphine=1 mg/mL"], "No such option"),
        (["AT", "inject", "--drug", "morphine=1 mg/mL", "--", "-5 mL"], "below zero"),
        (["AT", "inject", "5 mL"], "say what is injected"),
        (["AT", "inject", "5 mL", "--drug", "morphine"], "write NAME=CONCENTRATION"),
        (["AT", "inject", "5 mL", "--drug", "morphine=5 mL"], "is not a concentration"),
        (["AT", "inject", "25 mL", "--drug", "morphine=5 mg/mL"], "does not fit"),
        (["AT", "aspirate", "25 mL"], "cannot be taken out"),
        (["AT", "mri", "soon"], "does not begin with a number"),
        (["AT", "fault", "fire"], "no fault of a pump; name one of stuck"),
        (["AT", "fault", "stuck", "3"], "takes no amount"),
        (["AT", "fault", "slipping"], "needs the share of pulses"),
        (["AT", "fault", "slipping", "3"], "is not possible; give 0 % to 100 %"),
        (["AT", "fault", "slipping", "three"], "not a number"),
        (["AT", "fault", "over-infusion", "1,5"], "has a comma"),
        (["AT", "show", "--lasts", "2 h"], "--lasts says how long a fault lasts"),
        (["AT", "show", "--drug", "morphine=1 mg/mL"], "--drug says what is injected"),
        (["AT", "show", "--listen", "127.0.0.1:0"], "a world that listens is told nothing else"),
        (["--listen", "127.0.0.1:0"], "needs --model and --journal"),
        (["--listen", "127.0.0.1:0", "--model", "x", "--journal", "J"], "no pump of the catalogue; name one of"),
        (
            ["--listen", "127.0.0.1:0", "--model", MODEL, "--journal", "J", "--speed", "0"],
            "--speed: 0 is not possible; give 0.001 to 1000000",
        ),
        (["--listen", "127.0.0.1:0", "--model", MODEL, "--journal", "J", "--drive-error", "2"], "-100 % to 100 %"),
        (["--listen", "127.0.0.1:0", "--model", MODEL, "--journal", "/nowhere/J"], "cannot be opened"),
        (["--listen", "AT", "--model", MODEL, "--journal", "J"], "cannot listen there"),
    ],
)
def test_wrong_input_ends_with_one_message(
    world: Running,
    tmp_path: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, nothing on standard output, no traceback."""
    replaced = {"AT": world.at, "J": str(tmp_path / "journal")}
    monkeypatch.setattr(sys, "argv", ["intrathecal", "world", *[replaced.get(word, word) for word in words]])
    with pytest.raises(SystemExit) as ended:
        main()
    said, wrong = capsys.readouterr()

    assert ended.value.code == 2
    assert message in wrong
    assert said == ""


def test_a_world_that_is_not_there_cannot_be_reached() -> None:
    """Exit code 3."""
    done = call("world", "127.0.0.1:1", "show")
    assert (done.returncode, done.stdout) == (3, "")
    assert "cannot be reached" in done.stderr


@pytest.mark.parametrize("answer", [b"{}\n", b'{"do":"show"}\n', b'{"model":1,"faults":3}\n', b"HTTP/1.1 400\r\n\r\n"])
def test_what_is_no_world_is_said_to_be_none(answer: bytes) -> None:
    """Exit code 3 and one message, whatever answers there."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(1000)
                line.sendall(answer)
                line.recv(1000)

        threading.Thread(target=serve, daemon=True).start()
        done = call("world", f"127.0.0.1:{server.getsockname()[1]}", "show")
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1


def test_it_ends_cleanly_when_it_is_told_to(tmp_path: Path) -> None:
    """Also with somebody on the line; its journal can be used again."""
    with Running(tmp_path / "journal") as running:
        with closing(running.wire()) as wire:
            wire.ask({"do": "show"})
            assert running.stop() == 0
        running.port = 0
        running.start()
        assert running.stop() == 0
