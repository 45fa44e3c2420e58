"""Programmers and handsets with a real pump process over real sockets."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.programmer.processes import Between, Pump, demo, until
from tests.programmer.sessions import BASE, kinds, program, with_program

from intrathecal.programmer.errors import (
    KeyFileError,
    MismatchError,
    Refused,
    StrangerError,
    Uncertain,
)
from intrathecal.programmer.keyfile import unanswered
from intrathecal.programmer.programming import propose, send
from intrathecal.programmer.session import Session
from intrathecal.programmer.telling import tell_fill
from intrathecal.pump.controller import Press, Resume, Stop
from intrathecal.pump.settings import order
from intrathecal.pump.telemetry.messages import (
    Reading,
    Unpair,
)
from intrathecal.therapy import Program


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


def test_unanswered_commands_of_other_pumps_are_left_alone(pump: Pump, key: Path) -> None:
    """A key that is used for several pumps settles with each its own."""
    assert unanswered(key, "f" * 64) == []
