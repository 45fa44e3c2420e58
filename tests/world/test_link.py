"""The wire between a pump and a world that is a process of its own."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from fractions import Fraction
from pathlib import Path

import pytest
from tests.pump.bench import Bench
from tests.world.running import MODEL, Running

from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.motor import MotorLost, MotorTaken, Signal
from intrathecal.pump.unit import Unit
from intrathecal.world.link import Link
from intrathecal.world.wire import LONGEST_LINE, AddressError, Wire, WireError, pack, read_address, unpack


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Running]:
    """A world with 20 mL of morphine."""
    with Running(tmp_path / "journal") as running:
        assert "error" not in running.ask(do="inject", mL=20, drugs={"morphine": 10_000})
        yield running


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A world that bears all that is asked of it, with 20 mL of morphine in it and a rotor that never moves."""
    with Running(tmp_path_factory.mktemp("world") / "journal") as running:
        running.ask(do="inject", mL=20, drugs={"morphine": 10_000})
        yield running


Linked = Callable[..., Link]


@pytest.fixture
def link() -> Iterator[Linked]:
    """Makes a pump's wire to a world."""
    made: list[Link] = []

    def make(world: Running, model: str = MODEL) -> Link:
        made.append(Link("127.0.0.1", world.port, model, 30))
        return made[-1]

    yield make
    for one in made:
        one.close()


def steps(world: Running) -> list[int]:
    """The rotor's positions as the journal has them."""
    lines = [json.loads(text) for text in world.journal.read_text().splitlines()]
    return [line["rotor"] for line in lines if line["did"] == "step"]


def test_a_pump_drives_the_motor_and_reads_the_rotor(world: Running, link: Linked) -> None:
    """Each step is a line of the journal."""
    motor = link(world)
    assert motor.rotor() == 0
    assert motor.move_to(3) == 3
    assert motor.move_to(3) == 3
    motor.reset()
    assert steps(world) == [1, 2, 3]
    assert world.ask(do="show")["driven_by_a_pump"]
    motor.close()


def test_the_world_and_its_rotor_survive_a_kill_and_the_pump_finds_them_again(world: Running, link: Linked) -> None:
    """The wire says that it is lost; used again it connects again, and nothing is done twice."""
    motor = link(world)
    motor.move_to(7)
    world.kill()
    with pytest.raises(MotorLost):
        motor.move_to(8)
    with pytest.raises(MotorLost, match="cannot be reached"):
        motor.rotor()
    world.start()
    assert motor.rotor() == 7
    assert motor.move_to(8) == 8
    assert steps(world) == list(range(1, 9))
    assert world.ask(do="show")["reservoir_mL"] == pytest.approx(20 - 8 * 4e-6)


def test_a_pump_that_takes_over_is_a_barrier_for_the_one_before(world: Running, link: Linked) -> None:
    """Whatever the first one had sent and sends, late or again, moves nothing any more; it does not take the motor back."""
    first, second = link(world), link(world)
    first.move_to(2)
    assert second.rotor() == 2
    with pytest.raises(MotorTaken):
        first.move_to(9)
    with pytest.raises(MotorTaken):
        first.rotor()
    assert second.move_to(3) == 3
    assert steps(world) == [1, 2, 3]
    first.reset()
    assert first.rotor() == 3
    with pytest.raises(MotorTaken):
        second.move_to(4)


@pytest.mark.requirement("ACC-6")
def test_commands_that_come_late_or_twice_move_nothing_twice(world: Running) -> None:
    """Sent by hand, in one heap, with a takeover in between."""
    with closing(world.wire()) as old, closing(world.wire()) as new:
        fight(old, new)
    assert steps(world) == [1, 2, 3, 4]


def fight(old: Wire, new: Wire) -> None:
    """Two connections that both want to drive."""
    hello = {"do": "drive", "model": MODEL, "heard": 0}
    move = {"do": "move", "target": 4, "heard": 0}
    assert old.ask({**move}) == {"error": "taken"}  # it has not asked to drive
    assert old.ask(hello)["rotor"] == 0
    assert old.ask(move)["rotor"] == 4
    assert old.ask(move)["rotor"] == 4
    assert old.ask({**move, "target": 2})["rotor"] == 4
    assert new.ask(hello)["rotor"] == 4
    assert old.ask({**move, "target": 9}) == {"error": "taken"}
    assert new.ask({"do": "rotor", "heard": 0})["rotor"] == 4


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"do":"drive"}\n',
        b'{"do":"fly"}\n',
        b'{"do":["fly"]}\n',
        b'{"do":"inject","mL":-1,"drugs":{}}\n',
        b'{"do":"inject","mL":"1","drugs":{}}\n',
        b'{"do":"inject","mL":NaN,"drugs":{}}\n',
        b'{"do":"inject","mL":1,"drugs":[]}\n',
        b'{"do":"inject","mL":25,"drugs":{"morphine":1}}\n',
        b'{"do":"mri","lasts_ms":1.5}\n',
        b'{"do":"fault","kind":"fire","amount":0,"lasts_ms":null}\n',
        b'{"do":"drive","model":"prometra-ii-20","heard":0}\n',
        b"[" * 60_000 + b"\n",
        b"\xff\xfe\n",
    ],
)
def test_nonsense_is_answered_with_an_error_and_moves_nothing(patient: Running, line: bytes) -> None:
    """One sentence, and the world goes on."""
    with socket.create_connection(("127.0.0.1", patient.port), 30) as raw:
        raw.sendall(line)
        with raw.makefile("rb") as answers:
            assert "error" in json.loads(answers.readline())
    shown = patient.ask(do="show")
    assert (shown["rotor"], shown["reservoir_mL"]) == (0, 20)


def test_a_line_without_an_end_closes_the_connection_only(patient: Running) -> None:
    """The world goes on, and a connection that breaks in the middle of a line does no harm either."""
    for data in (b"x" * (LONGEST_LINE * 3), b'{"do":"sh'):
        raw = socket.create_connection(("127.0.0.1", patient.port), 30)
        try:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(LONGEST_LINE):
                pass
        except OSError:
            pass
        raw.close()
    assert patient.ask(do="show")["rotor"] == 0


def test_an_absurd_target_is_refused(patient: Running, link: Linked) -> None:
    """The motor does not turn for it."""
    with pytest.raises(MotorLost, match="steps in one command"):
        link(patient).move_to(10**12)
    assert steps(patient) == []


def test_a_pump_of_another_model_does_not_get_the_motor(patient: Running, link: Linked) -> None:
    """It is told which one there is."""
    with pytest.raises(MotorLost, match="is a synchromed-ii-20"):
        link(patient, "prometra-ii-20").rotor()


def test_signals_come_with_the_answers_until_they_are_heard(world: Running, link: Linked) -> None:
    """One that was lost with its answer comes again with the next connection."""
    motor = link(world)
    motor.rotor()
    world.ask(do="fault", kind="battery-reset", amount=0, lasts_ms=None)
    world.ask(do="fault", kind="battery", amount=0.5, lasts_ms=None)
    with closing(world.wire()) as deaf:
        assert len(deaf.ask({"do": "drive", "model": MODEL, "heard": 0})["signals"]) == 2
    motor.reset()
    assert motor.signals() == (Signal("battery-reset"), Signal("battery", Fraction(1, 2)))
    assert motor.signals() == ()
    motor.rotor()
    assert motor.signals() == ()


@pytest.mark.requirement("ACC-6", "PCA-EC5")
def test_a_whole_pump_on_a_wire_keeps_count_through_kills_of_the_world(world: Running, link: Linked) -> None:
    """Unit, memory and link; the world is killed three times while the pump drives."""
    bench = Bench()
    memory, recovered = Memory.open(bench.storage)
    unit = Unit.open(memory, recovered, link(world), bench.clock, bench.identity(), bench.hardware, None)
    unit.tell(bench.first_fill("24 mg/day"))
    for _ in range(3):
        bench.go(unit, 3000)
        world.kill()
        bench.go(unit, 3000)
        assert unit.failed.startswith("motor failure")
        world.start()
        bench.go(unit, 2000)
        assert not unit.failed
    assert unit.state is not None
    assert steps(world) == list(range(1, unit.state.steps + 1))
    assert unit.state.steps > 60


def answering(*answers: bytes) -> Iterator[tuple[str, int]]:
    """A server that is no world: it gives each connection these answers, one per line, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                for answer in answers:
                    lines.readline()
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()
        thread.join()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ((b"nonsense\n",), "one JSON object a line"),
        ((b"[]\n",), "one JSON object a line"),
        ((b"{}\n", b"{}\n"), "where the rotor stands"),
        ((b'{"rotor":1}\n', b'{"rotor":-1}\n'), "where the rotor stands"),
        ((b'{"rotor":1}\n', b'{"rotor":true}\n'), "where the rotor stands"),
        ((b'{"rotor":1,"signals":[[1,"battery","x"]]}\n',), "signal that is none"),
        ((b'{"rotor":1,"signals":[7]}\n',), "signal that is none"),
        ((b"x" * (LONGEST_LINE + 10),), "closed the connection"),
        ((b"",), "closed the connection"),
    ],
)
def test_whatever_is_no_world_is_a_lost_motor(answers: tuple[bytes, ...], message: str) -> None:
    """Never a wrong position."""
    for host, port in answering(*answers):
        with pytest.raises(MotorLost, match=message):
            Link(host, port, MODEL, 30).rotor()


def test_a_world_that_does_not_answer_is_a_lost_motor() -> None:
    """After as long as it was given."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        with pytest.raises(MotorLost, match="does not answer"):
            Link(host, port, MODEL, 0.05).rotor()


def test_a_world_that_hangs_is_looked_for_without_holding_the_pump_up() -> None:
    """The first silence takes all the patience there is, the next ones little; when it answers again it may take its time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        link, took = Link(host, port, MODEL, 1.0), []
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(MotorLost, match="does not answer"):
                link.rotor()
            took.append(time.monotonic() - began)
        assert took[0] >= 1.0
        assert max(took[1:]) < 0.8

        def wake() -> None:
            for _ in range(3):
                server.accept()[0].close()
            line, _ = server.accept()
            with line:
                for slowly in (0.0, 0.4):
                    line.recv(1000)
                    time.sleep(slowly)
                    line.sendall(b'{"rotor":7}\n')
                line.recv(1000)

        threading.Thread(target=wake, daemon=True).start()
        assert link.rotor() == 7
        link.close()


def test_a_world_that_answers_letter_by_letter_is_a_lost_motor() -> None:
    """An answer must be whole in time; letters that keep coming do not hold the pump up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        ending = threading.Event()

        def drip() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):
                while not ending.wait(0.05):
                    line.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(MotorLost, match="does not answer"):
            Link(host, port, MODEL, 0.3).rotor()
        ending.set()
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        ":7000",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:70000",
        "",
        "a" * 70 + ":7000",
        "a..b:7000",
        "127.0.0.1:" + "1" * 5000,
    ],
)
def test_an_address_needs_host_and_port(text: str) -> None:
    """The message shows one."""
    with pytest.raises(AddressError, match="write HOST:PORT, such as"):
        read_address(text)


def test_addresses_of_both_kinds_are_read() -> None:
    """Also those with colons of their own."""
    assert read_address("localhost:0") == ("localhost", 0)
    assert read_address("[::1]:7000") == ("::1", 7000)


def test_a_message_is_one_line() -> None:
    """Whatever is in it."""
    assert unpack(pack({"a": "x\ny"})) == {"a": "x\ny"}
    with pytest.raises(WireError):
        unpack(b'{"a": "' + b"x" * LONGEST_LINE + b'"}')


def test_a_wire_that_was_closed_says_so(patient: Running) -> None:
    """And not something else."""
    wire = patient.wire()
    wire.close()
    broken: Callable[[], object] = lambda: wire.ask({"do": "show"})  # noqa: E731
    with pytest.raises(WireError):
        broken()
    with pytest.raises(WireError, match="cannot be reached"):
        Wire("127.0.0.1", 1, 1)
