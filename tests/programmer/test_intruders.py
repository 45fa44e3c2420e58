"""Garbage, floods, replays, strangers and men in the middle against a real pump: no harm, and a log entry."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.programmer.processes import Between, Pump
from tests.programmer.sessions import BASE, kinds, program

from intrathecal.programmer.client import Address, Line, LineLost
from intrathecal.programmer.errors import (
    PairingError,
    Refused,
    StrangerError,
    Unreachable,
)
from intrathecal.programmer.keyfile import load_key, make_key, save_key
from intrathecal.programmer.session import Session, pair
from intrathecal.pump.controller import Press
from intrathecal.pump.telemetry.channel import Channel, ChannelError, pairing_context, pump_context
from intrathecal.pump.telemetry.identity import make_identity
from intrathecal.pump.telemetry.messages import (
    Answer,
    Interrogate,
    Reading,
    Request,
    Welcome,
    answer_bytes,
    read_answer,
    read_request,
    request_bytes,
)
from intrathecal.pump.telemetry.pairing import make_code


def test_garbage_half_messages_and_floods_do_not_disturb_a_programmer(pump: Pump, key: Path, running: Reading) -> None:
    """Hundreds of bad lines at the same time: every command is still answered, and the log says what came."""
    stop = threading.Event()
    context = pairing_context()

    def attack(number: int) -> None:
        while not stop.is_set():
            try:
                with socket.create_connection((pump.address.host, pump.address.port), 5) as line:
                    line.settimeout(5)
                    if number == 0:
                        line.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
                        line.recv(100)
                    elif number == 1:
                        channel = Channel(context, of_pump=False)
                        line.sendall(channel.outgoing()[:100])
                    elif number == 2:
                        line.sendall(b"\x16\x03\x01\x40\x00" + bytes(20_000))
                        line.recv(100)
                    else:
                        line.recv(1)
            except OSError:
                continue

    attackers = [threading.Thread(target=attack, args=(number % 5,)) for number in range(20)]
    for attacker in attackers:
        attacker.start()
    try:
        for text in ("2 mg/day", "4 mg/day", "2.5 mg/day", BASE):
            assert knocking(pump, key, text).program == text
    finally:
        stop.set()
        for attacker in attackers:
            attacker.join()
    reading = pump.read(key)
    assert {"garbage", "half"} <= kinds(reading)
    assert len(reading.events) < 400
    assert any(entry.kind == "fill" for entry in reading.events)


def knocking(pump: Pump, key: Path, text: str) -> Reading:
    """Send a program; one that cannot get in knocks again, as a person would."""
    for _ in range(20):
        try:
            return program(pump.address, key, text)
        except Unreachable:
            continue
    raise AssertionError("the pump could not be reached through the flood")


def test_garbage_within_an_encrypted_line_is_logged_and_ends_it(pump: Pump, key: Path, running: Reading) -> None:
    """Bytes that are no request end the line, whoever sends them, and nothing is done."""
    with Line(pump.address, pairing_context()) as line:
        line._channel.send(b"no request")
        line._carry()
        with pytest.raises(LineLost, match="hung up"):
            line._hear()
    reading = pump.read(key)
    assert "garbage" in kinds(reading)
    assert reading.program == BASE


def test_a_recorded_session_played_again_does_nothing(pump: Pump, key: Path, handset: Path) -> None:
    """Somebody who has heard a press cannot press."""
    program(pump.address, key, "3 mg/day\non demand 0.1 mg over 1 min, lockout 1 s, max 100 per day")
    with Between(pump.address) as between:
        with Session(between.address, handset) as session:
            session.act(Press(), "a press")
        heard = b"".join(between.heard)
    before = [entry.count for entry in pump.read(key).events if entry.kind == "press"]
    for _ in range(3):
        with socket.create_connection((pump.address.host, pump.address.port), 5) as line:
            line.settimeout(5)
            line.sendall(heard)
            while True:
                try:
                    if not line.recv(65536):
                        break
                except OSError:
                    break
    reading = pump.read(key)
    assert [entry.count for entry in reading.events if entry.kind == "press"] == before


def test_a_strangers_key_is_refused_and_logged(pump: Pump, key: Path, running: Reading, tmp_path: Path) -> None:
    """A key that is paired with nobody, and one that claims to be paired with this pump."""
    alone = tmp_path / "alone.key"
    save_key(alone, make_key())
    with pytest.raises(StrangerError, match="not paired"):
        Session(pump.address, alone)
    claims = tmp_path / "claims.key"
    save_key(claims, replace(make_key(), pumps=load_key(key).pumps))
    with pytest.raises(StrangerError, match="not paired"), Session(pump.address, claims) as session:
        session.read()
    reading = pump.read(key)
    assert "stranger" in kinds(reading)
    assert len(reading.keys) == len({entry.fingerprint for entry in reading.keys})


@pytest.mark.requirement("PCA-EC14")
def test_a_wrong_code_pairs_nobody(pump: Pump, key: Path, tmp_path: Path) -> None:
    """The pump refuses it and logs it; a code that is none is not even sent."""
    known = pump.read(key).keys
    with pytest.raises(Refused, match="not the one that this pump printed"):
        pair(pump.address, "programmer", make_code(), tmp_path / "new.key", "new")
    with pytest.raises(PairingError, match="no pairing code"):
        pair(pump.address, "programmer", "12345", tmp_path / "new.key", "new")
    for name in ("", "  ", "x" * 61, "new\nline", "\udcff"):
        with pytest.raises(PairingError, match="--name"):
            pair(pump.address, "programmer", make_code(), tmp_path / "other.key", name)
    assert not (tmp_path / "other.key").exists()
    reading = pump.read(key)
    assert reading.keys == known
    assert "pairing" in kinds(reading)


class Relay:
    """A man in the middle of a pairing: a line with his own certificate to each side, and every message passed on."""

    def __init__(self, target: Address) -> None:
        self._target, self.identity = target, make_identity()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = Address("127.0.0.1", self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._server:
            near, _ = self._server.accept()
        channel = Channel(pump_context(self.identity, []), of_pump=True)
        with Line(self._target, pairing_context()) as far, near:
            while not channel.ended:
                for body in channel.receive(near.recv(65536)):
                    far._channel.send(body)
                    far._carry()
                    answers: list[bytes] = []
                    while not answers:
                        answers = far._hear()
                    channel.send(answers[0])
                near.sendall(channel.outgoing())


def test_a_man_in_the_middle_without_the_code_gets_nothing(pump: Pump, key: Path, tmp_path: Path) -> None:
    """He passes the right code's proof on, and it proves nothing for his certificate: neither side is paired."""
    known = pump.read(key).keys
    relay = Relay(pump.address)
    with pytest.raises(Refused, match="not the one that this pump printed"):
        pair(relay.address, "programmer", pump.code, tmp_path / "new.key", "new")
    assert load_key(tmp_path / "new.key").pumps == ()
    assert pump.read(key).keys == known


def test_something_else_that_says_yes_is_not_believed(tmp_path: Path) -> None:
    """Whoever answers a pairing with yes and does not know the code is not taken for the pump."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            near, _ = server.accept()
        channel = Channel(pump_context(make_identity(), []), of_pump=True)
        with near:
            while not channel.ended:
                for body in channel.receive(near.recv(65536)):
                    asked = read_request(body)
                    channel.send(answer_bytes(Answer(asked.id, "done", told=Welcome("0" * 64, "IT-0", "any"))))
                near.sendall(channel.outgoing())

    address = Address("127.0.0.1", server.getsockname()[1])
    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(PairingError, match="does not know the code"):
        pair(address, "programmer", make_code(), tmp_path / "new.key", "new")
    assert load_key(tmp_path / "new.key").pumps == ()


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(1000), b"\x16\x03\x03\x00\x02\x02\x28"]
)
def test_what_is_no_pump_is_said_to_be_none(key: Path, answer: bytes) -> None:
    """Something that hangs up or answers with garbage is one message, and nothing was asked of it."""
    server = socket.create_server(("127.0.0.1", 0))

    address = Address("127.0.0.1", server.getsockname()[1])

    def serve() -> None:
        with server:
            near, _ = server.accept()
        with near:
            near.recv(65536)
            near.sendall(answer)

    server_thread = threading.Thread(target=serve, daemon=True)
    server_thread.start()
    with pytest.raises(Unreachable):
        Session(address, key)
    server_thread.join()
    with pytest.raises(Unreachable, match="no pump can be reached"):
        Session(address, key)


def test_another_pump_at_the_address_is_found_out(pump: Pump, key: Path, tmp_path: Path) -> None:
    """A key speaks only with pumps that it was paired with."""
    with Pump(tmp_path) as other:
        other.pair("programmer", "other")
        with pytest.raises(StrangerError, match="not paired"):
            Session(other.address, key)


def test_a_key_keeps_no_more_than_four_lines(pump: Pump, key: Path, handset: Path) -> None:
    """A handset that opens lines without end pushes out its own, and a programmer is still heard."""
    lines = [Session(pump.address, handset) for _ in range(8)]
    lines[-1].ready()
    with pytest.raises(Unreachable):
        lines[0].ready()
    assert pump.read(key).serial
    for line in lines:
        line.__exit__()


def test_requests_sent_in_a_burst_are_answered_in_order(pump: Pump, key: Path) -> None:
    """Several requests in one piece of the stream each get their own answer."""
    with Session(pump.address, key) as session:
        requests = [Request(Interrogate()) for _ in range(3)]
        line = session._line
        for request in requests:
            line._channel.send(request_bytes(request))
        line._carry()
        bodies: list[bytes] = []
        while len(bodies) < 3:
            bodies += line._hear()
    assert [read_answer(body).id for body in bodies] == [request.id for request in requests]


def test_an_encrypted_greeting_with_one_byte_changed_is_refused(pump: Pump) -> None:
    """A real pump's greeting, changed on the way, never opens a line."""
    channel = Channel(pairing_context(), of_pump=False)
    with socket.create_connection((pump.address.host, pump.address.port), 5) as line:
        line.settimeout(5)
        line.sendall(channel.outgoing())
        data = bytearray(line.recv(65536))
        data[-1] ^= 1
        with pytest.raises(ChannelError):
            channel.receive(bytes(data))
        assert not channel.open
