"""Programmers and handsets with a real pump process over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.programmer.processes import Between, Pump, demo, until

from intrathecal.programmer.client import Address, Line, LineLost
from intrathecal.programmer.errors import (
    KeyFileError,
    MismatchError,
    PairingError,
    Refused,
    StrangerError,
    Uncertain,
    Unreachable,
)
from intrathecal.programmer.keyfile import load_key, make_key, save_key, unanswered
from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session, pair
from intrathecal.programmer.telling import tell_fill
from intrathecal.pump.controller import Press, Resume, Stop
from intrathecal.pump.settings import order
from intrathecal.pump.telemetry.channel import Channel, ChannelError, pairing_context, pump_context
from intrathecal.pump.telemetry.identity import make_identity
from intrathecal.pump.telemetry.messages import (
    Answer,
    Interrogate,
    Reading,
    Request,
    Unpair,
    Welcome,
    answer_bytes,
    read_answer,
    read_request,
    request_bytes,
)
from intrathecal.pump.telemetry.pairing import make_code
from intrathecal.therapy import Program, Therapy

BASE = "3 mg/day"


def with_program(text: str) -> Therapy:
    """The demo with another program."""
    return replace(demo(), program=Program.parse(text))


def program(address: Address, key: Path, text: str) -> Reading:
    """Send a program."""
    with Session(address, key) as session:
        return send(session, propose(with_program(text), session.read()))


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


def kinds(reading: Reading) -> set[str]:
    """The kinds of faults in the log."""
    return {entry.kind for entry in reading.faults}


@pytest.mark.requirement("PCA-R6.7-2")
def test_a_therapy_goes_through_and_reads_back(pump: Pump, key: Path) -> None:
    """What the pump was told is what it says, to the last field."""
    plan = demo()
    with Session(pump.address, key) as session:
        reading = send(session, propose(plan, session.read()))
    assert plan.program is not None
    assert reading.fill is not None
    assert reading.program == str(plan.program)
    assert reading.fill.settings.orders == order(plan.program, reading.fill.settings.concentration)
    assert reading.model == "synchromed-ii-20"
    assert reading.offset_minutes == 60


def test_a_handset_presses_and_is_refused_with_the_reason(pump: Pump, key: Path, handset: Path) -> None:
    """The second press is refused, gives nothing, and both stand in the log."""
    program(pump.address, key, "3 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day")
    with Session(pump.address, handset) as session:
        session.act(Press(), "a press")
        with pytest.raises(Refused, match="lockout"):
            session.act(Press(), "a press")
        assert session.ready().refusal == "lockout"
    presses = [entry.text for entry in pump.read(key).events if entry.kind == "press"]
    assert len(presses) == 2
    assert "lockout" in presses[1]


@pytest.mark.requirement("GIP-6.1.5", "GIP-6.3.3")
def test_a_handsets_key_never_programs(pump: Pump, handset: Path, running: Reading, key: Path) -> None:
    """It cannot even read the pump; what it tried is logged; the program goes on."""
    with Session(pump.address, handset) as session:
        with pytest.raises(Refused, match="a handset may not"):
            session.read()
        with pytest.raises(Refused, match="a handset may not"):
            session.act(propose(with_program("4 mg/day"), running).message, "a program")
        with pytest.raises(Refused, match="a handset may not"):
            session.act(Stop(), "a stop")
    reading = pump.read(key)
    assert (reading.program, "refused" in kinds(reading)) == (BASE, True)


@pytest.mark.requirement("ACC-10")
def test_a_lost_answer_is_uncertain_until_the_pump_was_read(pump: Pump, key: Path, running: Reading) -> None:
    """The line is cut between sending and answering: the command was carried out, and the next session says so."""
    with Between(pump.address) as between, Session(between.address, key) as session:
        proposal = propose(with_program("4 mg/day"), session.read())
        between.swallow_answers = True
        with pytest.raises(Uncertain, match="delivery uncertain"):
            send(session, proposal)
    until(lambda: pump.read(key).program == "4 mg/day")
    with Session(pump.address, key) as session:
        (outcome,) = session.settle()
        assert "was carried out" in str(outcome)
        assert session.settle() == []


@pytest.mark.requirement("ACC-10")
def test_a_command_that_never_arrived_never_will(pump: Pump, key: Path, running: Reading) -> None:
    """The line is cut before the pump: nothing was done, the pump is told so, and the old program goes on."""
    with Between(pump.address) as between, Session(between.address, key) as session:
        proposal = propose(with_program("4 mg/day"), session.read())
        between.swallow_requests = True
        with pytest.raises(Uncertain):
            send(session, proposal)
    with Session(pump.address, key) as session:
        (outcome,) = session.settle()
        assert "never arrived, and will not be carried out" in str(outcome)
        assert session.read().program == BASE


@pytest.mark.requirement("ACC-10")
def test_a_pump_that_dies_before_it_answers_is_uncertain_and_settles_after_the_restart(tmp_path: Path) -> None:
    """Kill -9 between request and answer: after the restart the pump knows whether it was done."""
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "anna")
        with Session(pump.address, key) as session:
            tell_fill(session, demo(), None, None)
        with Between(pump.address) as between, Session(between.address, key) as session:
            proposal = propose(with_program(BASE), session.read())
            between.swallow_answers = True
            with pytest.raises(Uncertain):
                send(session, proposal)
            pump.kill()
        pump.start()
        with Session(pump.address, key) as session:
            (outcome,) = session.settle()
            done = "was carried out" in str(outcome)
            assert done or "never arrived" in str(outcome)
            assert session.read().program == (BASE if done else "stop")


@pytest.mark.requirement("ACC-9")
def test_two_programmers_at_once_leave_one_whole_program(pump: Pump, key: Path, running: Reading) -> None:
    """Whoever is quicker is heard; the other is told to look again; what runs is always one of the two, whole."""
    texts = {
        "anna": "3 mg/day\n22:00-06:00  2 mg/day\nlimit 5 mg per 24 h",
        "otto": "2 mg/day\nbolus 0.2 mg over 10 min at 07:00\non demand 0.1 mg over 4 min, lockout 2 h, max 3 per day",
    }
    keys = {"anna": key, "otto": pump.pair("programmer", "otto")}
    sent: list[str] = []

    def work(name: str) -> None:
        for _ in range(12):
            try:
                program(pump.address, keys[name], texts[name])
                sent.append(name)
            except (Refused, Uncertain) as problem:
                assert "changed since it was read" in str(problem) or "another programmer" in str(problem)  # noqa: PT017

    workers = [threading.Thread(target=work, args=(name,)) for name in texts]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        reading = pump.read(key)
        assert reading.fill is not None
        whole = Program.parse(reading.program)
        assert reading.program in (BASE, *texts.values())
        assert reading.fill.settings.orders == order(whole, reading.fill.settings.concentration)
    for worker in workers:
        worker.join()
    assert set(sent) == set(texts)


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


def test_the_file_must_be_about_this_pump(pump: Pump, key: Path, running: Reading) -> None:
    """Another model, another concentration, another catheter: nothing is sent."""
    plan = demo()
    assert plan.pump is not None
    other = replace(plan, pump=replace(plan.pump, entry=plan.catalogue.pumps["synchromed-ii-40"]))
    drugs = (replace(plan.drugs[0], concentration=plan.drugs[1].concentration), *plan.drugs[1:])
    with Session(pump.address, key) as session:
        with pytest.raises(MismatchError, match="synchromed-ii-40"):
            propose(other, session.read())
        with pytest.raises(MismatchError, match="none of its fills"):
            propose(replace(plan, drugs=drugs), session.read())
        with pytest.raises(MismatchError, match="--bridge"):
            tell_fill(session, replace(plan, drugs=drugs), None, None)
        assert session.read().basis == running.basis


def test_a_refill_is_told_and_read_back(pump: Pump, key: Path, running: Reading) -> None:
    """The volume and label are the new ones, and the program goes on."""
    with Session(pump.address, key) as session:
        reading = tell_fill(session, demo(), None, None)
    assert reading.fill is not None
    assert reading.program == BASE
    assert 0 <= 20 * 10**9 - reading.fill.reservoir_pL < 10**6


@pytest.mark.requirement("ACC-8")
def test_a_pump_without_a_first_fill_is_told_of_no_other(tmp_path: Path) -> None:
    """Whoever names a refill of the file means another label than the first fill's: it is not taken for that one."""
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "anna")
        with Session(pump.address, key) as session, pytest.raises(MismatchError, match="leave --event out"):
            tell_fill(session, demo(), 1, None)
        assert pump.read(key).fill is None


def test_a_refill_of_another_concentration_keeps_the_dose_and_runs_its_bridge(tmp_path: Path) -> None:
    """The file's event with a bridge: the flow halves when the concentration doubles, after the old drug is out."""
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "anna")
        plan = demo()
        with Session(pump.address, key) as session:
            tell_fill(session, plan, None, None)
            send(session, propose(plan, session.read()))
            reading = tell_fill(session, plan, 1, None)
            assert reading.fill is not None
            assert reading.fill.bridging
            assert dict(reading.fill.settings.labels)["morphine"] == 20 * 10**6
            send(session, propose(plan, session.read()))


def test_stop_holds_through_kill_9_and_only_a_programmer_ends_it(tmp_path: Path) -> None:
    """Nothing is given after a stop, also after a loss of power; resume brings the same program back."""
    with Pump(tmp_path, "--speed", "600") as pump:
        key, handset = pump.pair("programmer", "anna"), pump.pair("handset", "patient")
        with Session(pump.address, key) as session:
            tell_fill(session, demo(), None, None)
            send(session, propose(demo(), session.read()))
            session.act(Stop(), "a stop")
            stopped = session.read()
        pump.kill()
        pump.start()
        with Session(pump.address, handset) as session:
            with pytest.raises(Refused):
                session.act(Press(), "a press")
            with pytest.raises(Refused, match="a handset may not"):
                session.act(Resume(), "a resume")
        reading = pump.read(key)
        assert reading.fill is not None
        assert stopped.fill is not None
        assert (reading.fill.stopped, reading.fill.steps) == (True, stopped.fill.steps)
        assert any(alarm.name == "stopped-by-command" for alarm in reading.alarms)
        with Session(pump.address, key) as session:
            session.act(Resume(), "a resume")
            assert session.read().program == stopped.program
        until(lambda: steps(pump, key) > reading.fill.steps)  # type: ignore[union-attr]


def test_a_stop_is_sent_also_where_it_cannot_be_noted(tmp_path: Path) -> None:
    """Nothing that is wrong with the programmer's own disk comes before an emergency stop; everything else is not sent."""
    with Pump(tmp_path) as pump:
        key = pump.pair("programmer", "anna")
        key.with_name(f"{key.name}.unanswered").write_text("in the way")
        with Session(pump.address, key) as session, pytest.raises(KeyFileError, match="cannot be made"):
            tell_fill(session, demo(), None, None)
        key.with_name(f"{key.name}.unanswered").unlink()
        with Session(pump.address, key) as session:
            tell_fill(session, demo(), None, None)
        key.with_name(f"{key.name}.unanswered").rmdir()
        key.with_name(f"{key.name}.unanswered").write_text("in the way")
        with Session(pump.address, key) as session:
            session.stop()
        reading = pump.read(key)
        assert reading.fill is not None
        assert reading.fill.stopped


def steps(pump: Pump, key: Path) -> int:
    """What the pump counts."""
    fill = pump.read(key).fill
    return 0 if fill is None else fill.steps


def test_a_lost_handset_is_taken_out(pump: Pump, key: Path, running: Reading) -> None:
    """Its line goes on encrypted, and the pump does nothing for it any more; nor does it get a new line."""
    lost = pump.pair("handset", "lost")
    (fingerprint,) = (known.fingerprint for known in pump.read(key).keys if known.name == "lost")
    with Session(pump.address, lost) as holder, Session(pump.address, key) as session:
        holder.ready()
        session.act(Unpair(fingerprint), "the end of a pairing")
        with pytest.raises(Refused, match="a stranger may not"):
            holder.ready()
    with pytest.raises(StrangerError), Session(pump.address, lost) as holder:
        holder.ready()


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


def test_unanswered_commands_of_other_pumps_are_left_alone(pump: Pump, key: Path) -> None:
    """A key that is used for several pumps settles with each its own."""
    assert unanswered(key, "f" * 64) == []
