"""The physical pump: what really happens, and that its journal rebuilds it."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st

from intrathecal.catalogue import load_catalogue
from intrathecal.pump.motor import Signal
from intrathecal.world import faults
from intrathecal.world.clocks import FakeClock, RealClock
from intrathecal.world.journal import FileJournal, Journal, JournalError, MemoryJournal
from intrathecal.world.mechanism import FL_PER_ML, MOST_STEPS, Mechanism, WorldError

HOUR = 3_600_000
STEP_FL = 4_000_000
MORPHINE = {"morphine": 10_000.0}


class Hands:
    """A mechanism and a clock."""

    def __init__(self, model: str = "synchromed-ii-20", journal: Journal | None = None, error: str = "0") -> None:
        self.at = 0
        self.journal = MemoryJournal() if journal is None else journal
        self.made = Mechanism(load_catalogue().pumps[model], self.journal, lambda: self.at, Fraction(error))


def filled(model: str = "synchromed-ii-20", mL: float = 20, error: str = "0") -> Hands:
    """One with morphine in it."""
    hands = Hands(model, error=error)
    hands.made.inject(mL, MORPHINE)
    return hands


@pytest.mark.requirement("GIP-1.8.1", "PCA-R7.2-4")
def test_the_rotor_goes_to_absolute_positions_and_never_back() -> None:
    """The same command again moves nothing; nor does an older one."""
    pump = filled().made
    assert [pump.move_to(target) for target in (5, 5, 3, 8, 0)] == [5, 5, 5, 8, 8]
    assert pump.truth.delivered_fL == 8 * STEP_FL
    assert pump.truth.volume_fL + pump.truth.delivered_fL == 20 * FL_PER_ML


def test_a_drive_that_moves_more_than_its_label_empties_the_reservoir_sooner() -> None:
    """3 % more; the last step takes what is left, and the ones after it nothing."""
    pump = filled(mL=1e-4, error="0.03").made
    assert pump.move_to(40) == 40

    assert pump.truth.volume_fL == 0
    assert pump.truth.delivered_fL == 10**8
    volumes = [line["fL"] for line in pump._journal if line["did"] == "step"]
    assert volumes == [round(1.03 * STEP_FL), 10**8 - 24 * round(1.03 * STEP_FL), 0]
    pump.inject(1, MORPHINE)
    pump.move_to(41)
    assert pump.truth.volume_fL == FL_PER_ML - round(1.03 * STEP_FL)


def test_an_absurd_command_moves_nothing() -> None:
    """No pump asks for so many steps."""
    pump = filled().made
    with pytest.raises(WorldError, match="ask for at most"):
        pump.move_to(MOST_STEPS + 1)
    assert pump.rotor() == 0


@pytest.mark.parametrize("kind", [faults.STUCK, faults.MOTOR_STALL])
def test_a_motor_that_stands_moves_nothing_until_it_is_freed(kind: str) -> None:
    """By time, or by a person; a reset frees a stall, what is stuck stays stuck."""
    hands = filled()
    hands.made.suffer(kind, lasts_ms=HOUR)
    assert hands.made.move_to(5) == 0
    hands.at = HOUR
    assert hands.made.move_to(5) == 5
    hands.made.suffer(kind)
    hands.made.reset()
    assert hands.made.move_to(6) == (6 if kind == faults.MOTOR_STALL else 5)
    hands.made.mend(kind)
    hands.made.mend(kind)
    assert hands.made.move_to(6) == 6


def test_a_slipping_motor_moves_fewer_steps_than_it_is_asked_for() -> None:
    """A quarter of the pulses is lost."""
    pump = filled().made
    pump.suffer(faults.SLIPPING, 0.25)
    assert pump.move_to(100) == 75


@pytest.mark.parametrize(
    ("kind", "amount", "share"),
    [(faults.OCCLUSION, 0.75, 0.25), (faults.FLOW_STOP, 0, 0), (faults.OVER_INFUSION, 1.5, 1.5)],
)
def test_a_rotor_that_turns_may_move_less_or_more(kind: str, amount: float, share: float) -> None:
    """The count knows nothing of it."""
    pump = filled().made
    pump.suffer(kind, amount)
    assert pump.move_to(10) == 10
    assert pump.truth.delivered_fL == round(10 * share * STEP_FL)


def test_a_valve_that_leaks_lets_drug_out_without_a_step() -> None:
    """1 mL an hour for two hours, and no more than there is."""
    hands = filled(mL=3)
    hands.made.suffer(faults.VALVE_LEAK, 1 / 3600, 2 * HOUR)
    hands.at = HOUR
    hands.made.let_time_pass()
    assert hands.made.truth.volume_mL == pytest.approx(2)
    hands.at = 2 * HOUR
    hands.made.let_time_pass()
    hands.at = 5 * HOUR
    hands.made.let_time_pass()
    assert hands.made.truth.volume_mL == pytest.approx(1)
    assert hands.made.truth.leaked_fL == pytest.approx(2 * FL_PER_ML)
    assert hands.made.rotor() == 0
    hands.made.suffer(faults.VALVE_LEAK, 1)
    hands.at = 6 * HOUR
    hands.made.let_time_pass()
    assert hands.made.truth.volume_fL == 0


def test_a_magnet_holds_the_rotor_or_closes_the_valve_or_does_nothing() -> None:
    """As the catalogue says of each pump: 20 min to recover; 10 uL escape, shut until it is reset; an outer pump is left be."""
    held = filled()
    held.made.mri(HOUR)
    held.at = HOUR + 20 * 60_000 - 1
    assert held.made.move_to(1) == 0
    held.at += 1
    assert held.made.move_to(1) == 1

    closed = filled("prometra-ii-20")
    closed.made.mri(HOUR)
    assert closed.made.truth.delivered_mL == pytest.approx(0.01)
    assert closed.made.move_to(4) == 4  # it cannot sense that nothing flows
    assert closed.made.truth.delivered_mL == pytest.approx(0.01)
    closed.at = 9 * HOUR
    closed.made.reset()
    closed.made.move_to(5)
    assert closed.made.truth.delivered_mL == pytest.approx(0.0125)

    outside = filled("external")
    outside.made.mri(HOUR)
    assert outside.made.move_to(1) == 1


def test_a_pump_without_a_sensor_knows_what_its_drive_was_told() -> None:
    """The rotor stands, and nobody knows."""
    pump = filled("prometra-ii-20").made
    pump.move_to(3)
    pump.suffer(faults.STUCK)
    assert pump.move_to(5) == 5
    assert pump.truth.rotor == 3
    pump.mend(faults.STUCK)
    assert pump.move_to(6) == 6
    assert pump.truth.rotor == 4


def test_the_battery_can_dip_and_run_out() -> None:
    """The electronics feel both; without a charge nothing turns."""
    pump = filled().made
    pump.dip()
    pump.drain(0.25)
    assert pump.signals() == (Signal("battery-reset"), Signal("battery", Fraction(1, 4)))
    assert pump.signals() == ()
    pump.drain(0)
    assert pump.move_to(3) == 0


def test_what_is_injected_mixes_with_what_is_left() -> None:
    """5 mL of 10 mg/mL and 15 mL of 20 mg/mL with another drug."""
    pump = filled(mL=5).made
    pump.inject(15, {"morphine": 20_000, "clonidine": 100})
    assert pump.truth.concentrations == {"morphine": 17_500, "clonidine": 75}
    assert pump.aspirate(2) == 2
    assert pump.truth.volume_mL == 18
    assert pump.aspirate() == 18
    pump.inject(0, {})
    with pytest.raises(WorldError, match="takes 20 mL more"):
        pump.inject(20.1, MORPHINE)
    with pytest.raises(WorldError, match="holds 0 mL"):
        pump.aspirate(0.1)


@st.composite
def deeds(draw: st.DrawFn) -> list[tuple[int, str, float]]:
    """What is done when (ms since the one before), and with what amount."""
    names = ["move", "move", "move", "inject", "aspirate", "mri", "stuck", "mend", "leak", "reset", "dip", "drain"]
    return draw(
        st.lists(st.tuples(st.integers(0, HOUR), st.sampled_from(names), st.floats(0, 1)), min_size=1, max_size=15)
    )


def do(hands: Hands, wait: int, deed: str, amount: float) -> None:
    """Do one thing."""
    hands.at += wait
    pump = hands.made
    pump.let_time_pass()  # a leak has left less to take out
    does: dict[str, Callable[[], object]] = {
        "move": lambda: pump.move_to(pump.rotor() + int(amount * 50)),
        "inject": lambda: pump.inject(min(amount, 20 - pump.truth.volume_mL), {"morphine": amount}),
        "aspirate": lambda: pump.aspirate(amount * pump.truth.volume_mL),
        "mri": lambda: pump.mri(int(amount * HOUR)),
        "stuck": lambda: pump.suffer(faults.STUCK, lasts_ms=int(amount * HOUR)),
        "mend": lambda: pump.mend(faults.STUCK),
        "leak": lambda: pump.suffer(faults.VALVE_LEAK, amount / 1000, HOUR),
        "reset": pump.reset,
        "dip": pump.dip,
        "drain": lambda: pump.drain(0.5 + amount / 2),
    }
    does[deed]()


@pytest.mark.requirement("ACC-6")
@given(happened=deeds(), model=st.sampled_from(["synchromed-ii-20", "prometra-ii-20"]))
@check(max_examples=60, deadline=None)
def test_the_journal_rebuilds_the_world_exactly(
    happened: list[tuple[int, str, float]], model: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From a file with a line for each step, and from memory; every volume is somewhere."""
    path = tmp_path_factory.mktemp("world") / "journal"
    file = FileJournal(path)
    hands, twin = Hands(model, file), Hands(model)
    for wait, deed, amount in happened:
        do(hands, wait, deed, amount)
        do(twin, wait, deed, amount)
    hands.made.let_time_pass()
    twin.made.let_time_pass()
    assert hands.made.truth == twin.made.truth
    hands.made.suffer(faults.FLOW_STOP)
    file.close()

    again = Hands(model, FileJournal(path)).made
    again.let_time_pass()
    assert again.truth == hands.made.truth
    assert again.at_ms == hands.made.at_ms
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    moved = sum(line["fL"] for line in lines if line["did"] in ("step", "escape"))
    entered = sum(line["fL"] for line in lines if line["did"] == "inject")
    gone = sum(line["fL"] for line in lines if line["did"] in ("aspirate", "leak"))
    assert again.truth.volume_fL == entered - gone - moved
    assert sum(line["did"] == "step" for line in lines) == again.truth.rotor
    assert [line["rotor"] for line in lines if line["did"] == "step"] == list(range(1, again.truth.rotor + 1))


def test_time_goes_on_where_the_journal_ended(tmp_path: Path) -> None:
    """A stall of an hour that began half an hour before the world ended lasts for half an hour more."""
    journal = FileJournal(tmp_path / "journal")
    hands = Hands(journal=journal)
    hands.at = 5 * HOUR
    hands.made.suffer(faults.STUCK, lasts_ms=HOUR)
    hands.at += HOUR // 2
    hands.made.inject(20, MORPHINE)
    journal.close()
    again = Hands(journal=FileJournal(tmp_path / "journal"))
    again.at = HOUR // 2 - 1
    assert again.made.move_to(1) == 0
    again.at = HOUR // 2
    assert again.made.move_to(1) == 1


def test_a_line_that_was_not_finished_never_happened(tmp_path: Path) -> None:
    """Whatever was cut off at the end of the file is gone, and what follows is whole."""
    path = tmp_path / "journal"
    journal = FileJournal(path)
    Hands(journal=journal).made.move_to(3)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"at":0,"did":"st')
    journal = FileJournal(path)
    hands = Hands(journal=journal)
    assert hands.made.rotor() == 3
    hands.made.move_to(4)
    journal.close()
    assert Hands(journal=FileJournal(path)).made.rotor() == 4


def test_many_steps_at_once_are_a_line_each(tmp_path: Path) -> None:
    """25,000 in one command."""
    path = tmp_path / "journal"
    hands = Hands(journal=FileJournal(path))
    hands.made.inject(1, MORPHINE)
    hands.made.move_to(25_000)

    positions = [json.loads(text)["rotor"] for text in path.read_text().splitlines()[2:]]
    assert positions == list(range(1, 25_001))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense\n", "line 1 is no line of a journal"),
        ("[]\n", "line 1 is no line of a journal"),
        ('{"at":1}\n', "a line that no world wrote"),
        ('{"at":1,"did":"fly"}\n', "a line that no world wrote"),
        ('{"at":1,"did":"made","model":"prometra-ii-20"}\n', "is that of a prometra-ii-20"),
    ],
)
def test_a_file_that_is_no_journal_of_this_pump_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """In one sentence."""
    path = tmp_path / "journal"
    path.write_text(text)
    with pytest.raises(JournalError, match=message):
        Hands(journal=FileJournal(path))


def test_a_long_journal_is_read_in_runs_of_equal_steps(tmp_path: Path) -> None:
    """A world that has made a million steps is there again at once, with every step counted and the time of the last."""
    path = tmp_path / "journal"
    journal = FileJournal(path)
    hands = Hands(journal=journal)
    hands.made.inject(20, MORPHINE)
    for target in (3, 1_000_000):
        hands.at += 1000
        hands.made.move_to(target)
    hands.made.suffer("occlusion", 0.5)
    hands.made.move_to(1_000_005)
    journal.close()
    journal = FileJournal(path)
    runs = [line for line in journal if line["did"] == "step"]
    assert [(line["at"], line["rotor"], line["count"]) for line in runs] == [(2000, 1, 1_000_000), (2000, 1_000_001, 5)]
    assert Hands(journal=journal).made.truth == hands.made.truth


@pytest.mark.parametrize("text", [b"my dear diary\nno end", b"\0\n\0\0", b"x"])
def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path: Path, text: bytes) -> None:
    """Whoever names the wrong file loses nothing of it."""
    path = tmp_path / "diary"
    path.write_bytes(text)
    with pytest.raises(JournalError, match="line 1 is no line of a journal"):
        FileJournal(path)
    assert path.read_bytes() == text


def test_a_pipe_is_no_journal(tmp_path: Path) -> None:
    """It is refused, and nobody waits for what may come through it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(JournalError, match="is not a file"):
        FileJournal(path)


@pytest.mark.parametrize("steps", [1, 500, 20_000])
def test_steps_that_do_not_fit_on_the_disk_never_happened(tmp_path: Path, steps: int) -> None:
    """The motor stands, the journal has none of them, and when there is room again both go on and agree."""
    path = tmp_path / "journal"
    journal = FileJournal(path)
    hands = Hands(journal=journal)
    hands.made.inject(20, MORPHINE)
    hands.made.move_to(5)
    before, full = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + steps * 10, full[1]))
    try:
        with pytest.raises(JournalError, match="cannot be written"):
            hands.made.move_to(5 + steps)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, full)
    assert path.read_bytes() == before
    assert hands.made.rotor() == 5
    assert hands.made.move_to(9) == 9
    journal.close()
    assert Hands(journal=FileJournal(path)).made.truth == hands.made.truth


def test_a_journal_belongs_to_one_world_at_a_time(tmp_path: Path) -> None:
    """Another one is refused, and a path that is no file too."""
    path = tmp_path / "journal"
    first = FileJournal(path)
    with pytest.raises(JournalError, match="another world is using it"):
        FileJournal(path)
    first.close()
    FileJournal(path).close()
    with pytest.raises(JournalError, match="cannot be opened"):
        FileJournal(tmp_path)


WRITER = """
import sys
from fractions import Fraction
from pathlib import Path
from intrathecal.catalogue import load_catalogue
from intrathecal.world.journal import FileJournal
from intrathecal.world.mechanism import Mechanism
pump = Mechanism(load_catalogue().pumps["synchromed-ii-20"], FileJournal(Path(sys.argv[1])), lambda: 0)
if pump.truth.volume_fL == 0:
    pump.inject(20, {"morphine": 10_000.0})
while True:
    print(pump.move_to(pump.rotor() + 3), flush=True)
"""


def test_the_rotor_is_where_it_was_after_a_kill(tmp_path: Path) -> None:
    """Five times `kill -9` in the middle of its work: at least what was answered, no more than the step after."""
    path, reached = tmp_path / "journal", 0
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(200):
                reached = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
            rest = process.stdout.read().splitlines()
            reached = int(rest[-1]) if rest and rest[-1].isdigit() else reached
        journal = FileJournal(path)
        hands = Hands(journal=journal)
        assert reached <= hands.made.rotor() <= reached + 3
        assert hands.made.truth.delivered_fL == hands.made.rotor() * STEP_FL
        journal.close()


def test_a_fake_clock_stands_until_it_is_moved() -> None:
    """Counter and wall clock are two things."""
    clock = FakeClock(1000)
    clock.go(5)
    clock.jump(-500)
    assert (clock.counter_ms(), clock.wall_ms()) == (5, 505)
    clock.power_off(10)
    assert (clock.counter_ms(), clock.wall_ms()) == (0, 515)
    with pytest.raises(ValueError, match="does not go back"):
        clock.go(-1)


def test_a_real_clock_goes_as_fast_as_it_is_told() -> None:
    """A clock a thousand times as fast is ahead of one at life's speed whenever both are looked at."""
    fast, true = RealClock(1000), RealClock()
    first, slow = fast.counter_ms(), true.counter_ms()
    while true.counter_ms() < slow + 3:
        pass
    assert fast.counter_ms() - first >= 2000
    assert fast.wall_ms() - true.wall_ms() >= 1000
