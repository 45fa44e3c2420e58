"""Who may ask what, and what is done once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pump.telemetry.support import DEMAND, HOUR, MINUTE, NG_PER_ML, Bench, first_fill, told

from intrathecal.pump.controller import Mute, Press, Prime, Refilled, Reset, Resume, Stop
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.hardware import PL_PER_ML
from intrathecal.pump.settings import Orders, order
from intrathecal.pump.telemetry.identity import make_identity
from intrathecal.pump.telemetry.messages import (
    Answer,
    Ask,
    Became,
    Interrogate,
    Pair,
    Readiness,
    Ready,
    Request,
    SendProgram,
    Settle,
    TellRefill,
    Unpair,
    Welcome,
    request_bytes,
)
from intrathecal.pump.telemetry.pairing import Role, proof, proves
from intrathecal.pump.telemetry.service import Peer, Unsure
from intrathecal.therapy import Program
from intrathecal.world.storages import Failure

STRANGER = Peer("", "203.0.113.7")
ID = "0" * 31 + "1"
STILL = Fraction(0)


@pytest.fixture
def bench() -> Bench:
    """A new pump."""
    return Bench()


def orders_of(text: str) -> Orders:
    """The doses of a program at 10 mg/mL."""
    return order(Program.parse(text), NG_PER_ML)


def send(bench: Bench, key: Peer, text: str, request: str = "") -> Answer:
    """Read the pump, then send it a program."""
    return bench.ask(key, SendProgram(text, orders_of(text), bench.read(key).basis), request)


def running(bench: Bench, text: str = DEMAND) -> Peer:
    """A programmer, after it has filled and programmed the pump."""
    programmer = bench.key("programmer")
    assert bench.ask(programmer, first_fill()).outcome == "done"
    assert send(bench, programmer, text).outcome == "done"
    return programmer


def image(bench: Bench) -> object:
    """Everything about the drug that the pump knows."""
    return bench.unit.state


EVERYTHING: tuple[Ask, ...] = (
    Interrogate(),
    SendProgram("stop", orders_of("stop"), ""),
    first_fill(),
    TellRefill(Refilled(PL_PER_ML, "morphine", (("morphine", NG_PER_ML),)), ""),
    Unpair("0" * 64),
    Prime(Fraction(1), 1),
    Reset(),
    Stop(),
    Resume(),
    Mute(),
)


@pytest.mark.requirement("PCA-R8-1", "PCA-EC14", "PCA-EC15")
@pytest.mark.parametrize("ask", [*EVERYTHING, Press(), Ready(), Settle(ID)], ids=lambda ask: type(ask).__name__)
def test_a_stranger_may_ask_nothing(bench: Bench, ask: Ask) -> None:
    """Whatever it asks, nothing is done, nothing is told, and the log says so."""
    running(bench)
    before = image(bench)
    for peer in (STRANGER, Peer(make_identity().fingerprint, "203.0.113.7")):
        answer = bench.ask(peer, ask)
        assert (answer.outcome, answer.told) == ("refused", None)
    assert image(bench) == before
    assert "a stranger at 203.0.113.7 asked for" in bench.unit.book.faults[-1].text


@pytest.mark.requirement("GIP-6.1.5", "GIP-6.3.3", "PCA-R8-1")
@pytest.mark.parametrize("ask", EVERYTHING, ids=lambda ask: type(ask).__name__)
def test_a_handset_never_programs_stops_or_reads(bench: Bench, ask: Ask) -> None:
    """A stolen handset's key can do nothing but press, within what the program allows."""
    running(bench)
    handset, before = bench.key("handset"), image(bench)
    answer = bench.ask(handset, ask)
    assert (answer.outcome, answer.told) == ("refused", None)
    assert image(bench) == before
    assert bench.unit.book.faults[-1].kind == "refused"


@pytest.mark.requirement("ACC-5")
def test_a_handset_presses_once_and_the_lockout_holds(bench: Bench) -> None:
    """A press gives the programmed bolus; the next one is refused with the reason and gives nothing."""
    running(bench)
    handset = bench.key("handset")
    assert bench.ask(handset, Press()).outcome == "done"
    bench.pass_(10 * MINUTE)
    before = bench.unit.state
    answer = bench.ask(handset, Press())
    assert (answer.outcome, answer.reason) == ("refused", "lockout")
    assert before is not None
    assert bench.unit.state is not None
    assert bench.unit.state.running == before.running
    assert bench.unit.state.presses == before.presses
    assert bench.ask(handset, Ready()).told == Readiness("lockout", ())
    bench.pass_(3 * HOUR)
    assert bench.ask(handset, Ready()).told == Readiness("", ())


@pytest.mark.requirement("GIP-2.3.2")
def test_the_same_request_is_done_once_also_after_a_restart(bench: Bench) -> None:
    """An answer that was lost is given again from the book; the second press of one request gives nothing."""
    running(bench, "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 1 min, max 4 per day")
    handset = bench.key("handset")
    first = bench.ask(handset, Press(), ID)
    bench.pass_(HOUR)
    assert bench.ask(handset, Press(), ID) == first
    bench.start()
    bench.pass_(HOUR)
    assert bench.ask(handset, Press(), ID) == first
    assert bench.unit.state is not None
    assert len(bench.unit.state.presses) == 1


@pytest.mark.requirement("ACC-10")
@pytest.mark.parametrize("write", [1, 2])
def test_an_act_in_which_the_memory_fails_has_no_answer(bench: Bench, write: int) -> None:
    """Whether the first or the second copy could not be written: only the next start knows, so nobody is told before."""
    running(bench)
    handset = bench.key("handset")
    bench.storage.fail(Failure(write, "write"))
    with pytest.raises(Unsure, match="memory failure"):
        bench.ask(handset, Press(), ID)
    assert bench.ask(handset, Press(), "0" * 31 + "2").outcome == "refused"
    bench.start()
    became = bench.ask(handset, Settle(ID)).told
    assert bench.unit.state is not None
    assert became == Became("done" if bench.unit.state.presses else "never", "")
    assert len(bench.unit.state.presses) == write - 1


@pytest.mark.requirement("ACC-10")
def test_what_became_of_a_request_can_be_asked_for(bench: Bench) -> None:
    """Done is done, refused is refused with the reason, and what has not come by then never will be done."""
    running(bench)
    handset = bench.key("handset")
    bench.ask(handset, Press(), ID)
    refused = "0" * 31 + "2"
    bench.ask(handset, Press(), refused)
    bench.start()
    assert bench.ask(handset, Settle(ID)).told == Became("done", "")
    assert bench.ask(handset, Settle(refused)).told == Became("refused", "lockout")
    late = "0" * 31 + "3"
    assert bench.ask(handset, Settle(late)).told == Became("never", "")
    bench.start()
    bench.pass_(6 * HOUR)
    assert bench.ask(handset, Press(), late).outcome == "refused"
    assert bench.unit.state is not None
    assert len(bench.unit.state.presses) == 1


@pytest.mark.requirement("ACC-6", "ACC-20")
def test_a_refill_that_comes_late_after_another_like_it_is_refused(bench: Bench) -> None:
    """It would fill the count a second time, and the pump would take an empty reservoir for one that holds something."""
    one = running(bench)
    refilled = Refilled(20 * PL_PER_ML, "morphine", (("morphine", NG_PER_ML),))
    basis = bench.read(one).basis
    bench.pass_(12 * HOUR)
    assert bench.read(one).basis == basis, "what flows changes nothing that a programmer decides by"
    assert bench.ask(one, TellRefill(refilled, basis)).outcome == "done"
    bench.pass_(12 * HOUR)
    late = bench.ask(one, TellRefill(refilled, basis))
    assert late.outcome == "refused"
    assert "changed since it was read" in late.reason


@pytest.mark.requirement("PCA-EC16", "ACC-9")
def test_a_program_that_was_shown_beside_an_old_state_is_refused(bench: Bench) -> None:
    """Two programmers: the second to send did not see what the first had sent, and must look again."""
    one = running(bench)
    two = bench.key("programmer", "two")
    basis = bench.read(two).basis
    assert send(bench, one, "3 mg/day").outcome == "done"
    answer = bench.ask(two, SendProgram("4 mg/day", orders_of("4 mg/day"), basis))
    assert answer.outcome == "refused"
    assert "changed since it was read" in answer.reason
    assert bench.read(one).program == "3 mg/day"
    refill = TellRefill(Refilled(PL_PER_ML, "morphine", (("morphine", NG_PER_ML),)), basis)
    assert "changed since it was read" in bench.ask(two, refill).reason


@pytest.mark.requirement("PCA-EC16", "PCA-R8-1")
def test_text_and_doses_that_differ_are_refused(bench: Bench) -> None:
    """The pump reads the text itself: ten times too much in the doses alone is found."""
    programmer = running(bench)
    basis = bench.read(programmer).basis
    answer = bench.ask(programmer, SendProgram("3 mg/day", orders_of("30 mg/day"), basis))
    assert "do not agree" in answer.reason
    answer = bench.ask(programmer, SendProgram("nonsense", orders_of("3 mg/day"), basis))
    assert "cannot be read" in answer.reason
    answer = bench.ask(programmer, SendProgram("3.0  mg/day", orders_of("3 mg/day"), basis))
    assert "not in the form" in answer.reason
    assert bench.read(programmer).program == DEMAND


@pytest.mark.requirement("GIP-1.1.2")
@pytest.mark.parametrize(
    "text",
    [
        "0.1 mg/day",
        "900 mg/day",
        "2 mg/day\n22:00-06:00  0.1 mg/day",
        "2 mg/day\nramp to 900 mg/day by 100 % every 1 day",
    ],
)
def test_a_rate_that_the_pump_cannot_run_is_refused(bench: Bench, text: str) -> None:
    """Slower or faster than the pump can is never given at another rate."""
    programmer = running(bench)
    answer = send(bench, programmer, text)
    assert "the pump cannot run" in answer.reason
    assert bench.read(programmer).program == DEMAND


@pytest.mark.requirement("ACC-9")
def test_a_program_above_its_own_limit_is_refused(bench: Bench) -> None:
    """The controller's reason reaches the programmer, and the old program goes on."""
    programmer = running(bench)
    answer = send(bench, programmer, "4 mg/day\nlimit 3 mg per 24 h")
    assert "limit" in answer.reason
    assert bench.read(programmer).program == DEMAND


@pytest.mark.requirement("GIP-6.3.1")
def test_nothing_runs_before_the_first_fill(bench: Bench) -> None:
    """A pump that was never filled refuses presses and programs, and can be read."""
    programmer, handset = bench.key("programmer"), bench.key("handset")
    assert "first fill" in bench.ask(handset, Press()).reason
    assert "first fill" in bench.ask(programmer, SendProgram("3 mg/day", orders_of("3 mg/day"), "")).reason
    assert bench.read(programmer).fill is None
    assert bench.ask(programmer, first_fill()).outcome == "done"
    fill = bench.read(programmer).fill
    assert fill is not None
    assert (fill.flow, fill.refusal) == (STILL, "no patient bolus is programmed")
    assert bench.ask(programmer, first_fill()).outcome == "refused"


@pytest.mark.requirement("GIP-6.3.1", "GIP-6.3.2")
def test_a_first_fill_for_another_pump_or_with_a_program_is_refused(bench: Bench) -> None:
    """Another model's figures, a running program, more than fits, a clock of no place: all are slips."""
    programmer = bench.key("programmer")
    other = replace(told(), hardware=replace(told().hardware, model="other"))
    for fill, reason in (
        (first_fill(other), "another pump"),
        (first_fill(told("3 mg/day")), "programmed afterwards"),
        (first_fill(volume_pL=21 * PL_PER_ML), "do not fit"),
        (first_fill(offset=15 * 60), "UTC"),
        (replace(first_fill(), wall_ms=0), "the years 1980 to 2200"),
        (replace(first_fill(), wall_ms=10**18), "the years 1980 to 2200"),
        (replace(first_fill(), age_ms=10**16), "so old"),
    ):
        assert reason in bench.ask(programmer, fill).reason
    assert bench.unit.state is None


@pytest.mark.requirement("GIP-6.2.1", "GIP-6.2.2", "ACC-8")
def test_a_refill_with_another_primary_drug_stops_until_it_is_programmed(bench: Bench) -> None:
    """Doses of morphine are no doses of hydromorphone."""
    programmer = running(bench)
    label = (("hydromorphone", NG_PER_ML),)
    refill = Refilled(10 * PL_PER_ML, "hydromorphone", label)
    assert "new program" in bench.ask(programmer, TellRefill(refill, bench.read(programmer).basis)).reason
    still = replace(refill, orders=orders_of("stop"))
    assert bench.ask(programmer, TellRefill(still, bench.read(programmer).basis)).outcome == "done"
    reading = bench.read(programmer)
    assert reading.fill is not None
    assert (reading.program, reading.fill.flow) == ("stop", STILL)


@pytest.mark.requirement("ACC-21")
def test_a_prime_fills_the_line_and_no_more(bench: Bench) -> None:
    """A priming bolus larger than tubing and catheter would be a dose that no program allows."""
    programmer = running(bench)
    assert "would give a dose" in bench.ask(programmer, Prime(Fraction(PL_PER_ML), 60_000)).reason
    assert bench.ask(programmer, Prime(Fraction(PL_PER_ML, 3), 20 * MINUTE)).outcome == "done"


@pytest.mark.requirement("GIP-2.2.2")
def test_an_emergency_stop_holds_until_a_programmer_ends_it(bench: Bench) -> None:
    """Flow zero at once, an alarm, presses refused, the same after a restart; resume or a program ends it."""
    programmer = running(bench)
    handset = bench.key("handset")
    assert bench.ask(programmer, Stop()).outcome == "done"
    bench.start()
    reading = bench.read(programmer)
    assert reading.fill is not None
    assert (reading.fill.stopped, reading.fill.flow) == (True, STILL)
    assert [alarm.name for alarm in reading.alarms] == ["stopped-by-command"]
    steps = reading.fill.steps
    bench.pass_(5 * HOUR)
    assert bench.ask(handset, Press()).outcome == "refused"
    assert bench.ask(programmer, Resume()).outcome == "done"
    reading = bench.read(programmer)
    assert reading.fill is not None
    assert (reading.fill.stopped, reading.fill.steps) == (False, steps)
    assert reading.fill.flow > 0


def pairing(bench: Bench, role: Role, code: str, pump: str = "") -> tuple[Answer, str]:
    """A new key asks to be paired; returns the answer and the key's fingerprint."""
    identity = make_identity()
    shown = proof(code, "key", pump or bench.identity.fingerprint, identity.fingerprint, role)
    return bench.ask(STRANGER, Pair(role, "new", identity.certificate_pem, shown)), identity.fingerprint


@pytest.mark.parametrize("role", ["programmer", "handset"])
def test_a_stranger_with_the_code_is_paired_in_its_role(bench: Bench, role: Role) -> None:
    """The pump proves that it knows the code too, and knows the key from then on, also after a restart."""
    answer, key = pairing(bench, role, bench.code)
    assert isinstance(answer.told, Welcome)
    assert proves(answer.told.proof, bench.code, "pump", bench.identity.fingerprint, key, role)
    bench.start()
    assert bench.unit.book.paired[key].role == role


@pytest.mark.requirement("PCA-EC14", "PCA-EC15")
def test_without_the_code_nobody_is_paired(bench: Bench) -> None:
    """A wrong code, a proof for another pump (a man in the middle), a proof for another role: refused and logged."""
    answer, key = pairing(bench, "programmer", "0" * 20)
    assert "code" in answer.reason
    between, other = pairing(bench, "programmer", bench.code, pump=make_identity().fingerprint)
    assert "code" in between.reason
    identity = make_identity()
    shown = proof(bench.code, "key", bench.identity.fingerprint, identity.fingerprint, "handset")
    risen = bench.ask(STRANGER, Pair("programmer", "new", identity.certificate_pem, shown))
    assert "code" in risen.reason
    assert not {key, other, identity.fingerprint} & set(bench.unit.book.paired)
    assert bench.unit.book.faults[-1].kind == "pairing"


def test_guessing_is_slowed_down_and_ends_by_itself(bench: Bench) -> None:
    """After five wrong codes even the right one waits a minute; a flood of tries leaves few entries."""
    for _ in range(200):
        pairing(bench, "handset", "0" * 20)
    assert "wait" in pairing(bench, "handset", bench.code)[0].reason
    assert len([entry for entry in bench.unit.book.faults if entry.kind == "pairing"]) <= 5
    bench.pass_(MINUTE)
    assert pairing(bench, "handset", bench.code)[0].outcome == "done"


def test_pairing_again_changes_nothing_and_never_the_role(bench: Bench) -> None:
    """An answer that was lost is no harm; a handset's key does not become a programmer's even with the code."""
    identity = make_identity()

    def again(role: Role) -> Answer:
        shown = proof(bench.code, "key", bench.identity.fingerprint, identity.fingerprint, role)
        return bench.ask(STRANGER, Pair(role, "new", identity.certificate_pem, shown))

    assert again("handset").outcome == "done"
    assert again("handset").outcome == "done"
    assert "handset's already" in again("programmer").reason
    assert bench.unit.book.paired[identity.fingerprint].role == "handset"


def test_a_key_that_was_taken_out_may_nothing_any_more(bench: Bench) -> None:
    """A lost handset ends with one command; a programmer cannot lock itself out."""
    programmer = running(bench)
    handset = bench.key("handset")
    assert bench.ask(programmer, Unpair(handset.fingerprint)).outcome == "done"
    assert bench.ask(handset, Press()).outcome == "refused"
    assert "own key" in bench.ask(programmer, Unpair(programmer.fingerprint)).reason
    assert "no key" in bench.ask(programmer, Unpair("f" * 64)).reason


def test_the_pump_knows_no_more_keys_than_it_can_keep(bench: Bench) -> None:
    """The thirty-third key is refused, and says why."""
    for number in range(32):
        bench.key("handset", str(number))
    assert "as many keys as it can" in pairing(bench, "handset", bench.code)[0].reason


@pytest.mark.requirement("ACC-5")
def test_a_flood_of_refused_presses_leaves_the_log_whole(bench: Bench) -> None:
    """A button that is stuck for a day neither hides what happened before nor keeps a due press from being given."""
    running(bench)
    handset = bench.key("handset")
    given = 0
    for _ in range(24 * 60):
        bench.pass_(MINUTE)
        for _ in range(5):
            given += bench.ask(handset, Press()).outcome == "done"
    assert given == 4
    assert any(entry.kind == "fill" for entry in bench.unit.book.events)
    assert len(bench.unit.book.events) < 300


def test_a_flood_of_strangers_leaves_the_log_whole(bench: Bench) -> None:
    """Ten thousand refusals are a handful of entries, which say how many there were."""
    running(bench)
    for number in range(10_000):
        bench.service.trouble("stranger", f"a stranger at 203.0.113.{number % 250}: knocked")
    assert len(bench.unit.book.faults) < 20
    bench.pass_(7 * HOUR)
    bench.service.trouble("stranger", "a stranger knocked")
    assert "9995 more like it" in bench.unit.book.faults[-1].text


def test_a_stop_is_taken_while_the_motor_is_lost(bench: Bench) -> None:
    """A pump that cannot reach its motor still takes a stop, and does not start by itself when the motor is back."""
    programmer = running(bench)
    bench.drive.lost = True
    bench.pass_(HOUR)
    assert bench.ask(programmer, Stop()).outcome == "done"
    assert "motor failure" in bench.ask(bench.key("handset"), Press()).reason
    bench.drive.lost = False
    bench.pass_(HOUR)
    position = bench.drive.position
    bench.pass_(HOUR)
    assert bench.drive.position == position


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_bytes_that_are_no_request_do_nothing(data: bytes) -> None:
    """Garbage is an error of one kind, and no drug."""
    bench = SHARED
    before = image(bench)
    with pytest.raises(EncodingError):
        bench.service.answer(STRANGER, data)
    assert image(bench) == before


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_requests_with_one_byte_changed_are_garbage_or_refused(data: st.DataObject) -> None:
    """A stranger's mutated requests never change what the pump gives."""
    bench = SHARED
    good = bytearray(request_bytes(Request(data.draw(st.sampled_from(EVERYTHING)), ID)))
    good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    before = image(bench)
    with suppress(EncodingError):
        bench.service.answer(STRANGER, bytes(good))
    assert image(bench) == before


SHARED = Bench()
running(SHARED)
