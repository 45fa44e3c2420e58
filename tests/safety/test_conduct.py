"""The table of alarms and conduct is total, and it is what the real pump does: unit, memory, mechanism and clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.bench import MORPHINE, Bench, orders_of
from tests.pump.support import HOUR, MINUTE

from intrathecal.pump import alarms
from intrathecal.pump.alarm_table import BY_NAME as BY_ALARM
from intrathecal.pump.alarm_table import MATRIX, ONSETS, TABLE, TONES, priority_of
from intrathecal.pump.alarms import MUTE_MS, REPEAT_MS, REPEAT_SELDOM_MS, Reminder
from intrathecal.pump.booking import flow_given
from intrathecal.pump.conduct import (
    BRIDGE,
    BY_NAME,
    CONDITIONS,
    HAPPENINGS,
    MINIMUM,
    NOTHING,
    PROGRAM,
    alarms_in,
    answer,
    flow_in,
    is_silent,
)
from intrathecal.pump.controller import (
    BatteryReset,
    BatterySensed,
    ClockSeen,
    Event,
    Mute,
    Press,
    Prime,
    Refilled,
    Reset,
    Resume,
    Rotor,
    Stop,
    Tick,
)
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML
from intrathecal.pump.records import FirstFill
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.settings import Bridge
from intrathecal.world.storages import Failure

BY_HAPPENING = {happening.name: happening for happening in HAPPENINGS}
PROGRAM_TEXT = "1 mg/day\non demand 0.01 mg over 30 min, lockout 2 h, max 20 per day"
BASE, BOLUS = Fraction(PL_PER_ML, 10) / DAY_MS, Fraction(PL_PER_ML, 1000) / (30 * MINUTE)
MINIMUM_FLOW = Bench().hardware.minimum or Fraction(0)
FILL = Bench().first_fill(PROGRAM_TEXT)
PRIMING = Prime(Fraction(PL_PER_ML, 1000), 30 * MINUTE)
BRIDGING = Bridge(Fraction(PL_PER_ML, 2), Fraction(PL_PER_ML, 5) / DAY_MS)
FULL = 20 * PL_PER_ML
#: Where a pump begins: what it holds (pL) and how old it is (ms); none: nobody has filled it.
STARTS: dict[str, tuple[int, int] | None] = {
    "unfilled": None,
    "running": (FULL, 0),
    "low": (PL_PER_ML, 0),
    "empty": (3999, 0),
    "replace": (FULL, 7 * 365 * DAY_MS - 60 * DAY_MS),
    "ended": (FULL, 9 * 365 * DAY_MS),
}
EVENTS: dict[str, Event] = {
    "time": Tick(),
    "press": Press(),
    "program": orders_of(PROGRAM_TEXT),
    "program-stop": orders_of("stop"),
    "program-limit": orders_of("24 mg/day\nlimit 1 mg per 24 h"),
    "refill": Refilled(FULL, "morphine", MORPHINE),
    "refill-bridge": Refilled(FULL, "morphine", MORPHINE, BRIDGING),
    "refill-too-much": Refilled(FULL + 1, "morphine", MORPHINE),
    "prime": PRIMING,
    "stop": Stop(),
    "resume": Resume(),
    "mute": Mute(),
    "reset": Reset(),
    "stall": Rotor(stalled=True),
    "turn": Rotor(stalled=False),
    "dip": BatteryReset(),
    "worn": BatterySensed(Fraction(3, 100)),
    "clock": ClockSeen(0),
}
#: What a person asks, and so is answered.
ASKED = {"press", "program", "program-stop", "program-limit", "refill", "refill-bridge", "refill-too-much", "first-fill",
         "prime", "stop", "resume", "mute", "reset"}  # fmt: skip


class Rig:
    """A real pump to which happenings happen."""

    def __init__(self, start: str) -> None:
        self.bench = Bench()
        self.unit = self.bench.start()
        self.muted_at = 0
        filling = STARTS[start]
        if filling is not None:
            assert answer_of(self.unit.tell(self.fill(*filling))) == ""

    def fill(self, volume_pL: int, age_ms: int) -> FirstFill:
        """A first fill."""
        return replace(FILL, volume_pL=volume_pL, age_ms=age_ms)

    def do(self, name: str) -> str:
        """Let it happen; returns why it was refused."""
        self.bench.go(self.unit, 1_000)
        special: dict[str, Callable[[], str]] = {
            "first-fill": lambda: answer_of(self.unit.tell(self.fill(FULL, 0))),
            "lost": self._lose_motor,
            "back": self._find_motor,
            "astray": self._stray,
            "memory-fails": self._fail_memory,
            "power-cut": self._cut,
            "unfelt": self._unfelt,
        }
        if name in special:
            return special[name]()
        told = self.unit.tell(EVENTS[name])
        return answer_of(told) if name in ASKED else ""

    def _lose_motor(self) -> str:
        if flow_in(self.conditions()) != NOTHING:
            self.bench.wires.lost = True
            self.bench.go(self.unit, 61_000)
        return ""

    def _find_motor(self) -> str:
        self.bench.wires.lost = False
        self.bench.go(self.unit, 2_000)
        return ""

    def _stray(self) -> str:
        if flow_in(self.conditions()) != NOTHING:
            self.bench.mechanism.move_to(self.bench.mechanism.rotor() + 1000)
            self.bench.go(self.unit, 61_000)
        return ""

    def _fail_memory(self) -> str:
        self.bench.storage.fail(Failure(1, lasting=True))
        self.unit.note("test", "a line that cannot be written")
        return ""

    def _cut(self) -> str:
        self.bench.storage.fail(None)
        self.bench.off(1_000)
        self.unit = self.bench.start()
        return ""

    def _unfelt(self) -> str:
        self.bench.mechanism.suffer("valve-leak", 1e-9)
        self.bench.mechanism.suffer("occlusion", 0.5)
        return ""

    def conditions(self) -> frozenset[str]:
        """What is so, read from the pump."""
        unit, state = self.unit, self.unit.state
        found = {
            "unfilled": state is None,
            "memory": unit.failed.startswith("memory failure"),
            "motor-lost": unit.failed.startswith("motor failure: the wire"),
            "motor-astray": unit.failed.startswith("motor failure") and "wire" not in unit.failed,
        }
        if state is not None:
            kinds = {bolus.kind for bolus in state.running}
            found |= {
                "ended": state.ended,
                "empty": state.empty,
                "stalled": state.stalled,
                "stopped": state.stopped,
                "bridge": state.bridge is not None,
                "safe": state.safe,
                "prime": "prime" in kinds,
                "bolus": "patient" in kinds,
                "idle": state.settings.orders.demand is None,
                "lockout": bool(state.presses),
                "low": state.reservoir_pL <= state.settings.low_reservoir_pL,
                "replace": state.replace_at is not None,
                "muted": state.muted(unit.now()),
            }
        return frozenset(name for name, holds in found.items() if holds)

    def flow(self) -> Fraction:
        """What the motor is driven at (pL/ms)."""
        return Fraction(0) if self.unit.state is None or self.unit.failed else flow_given(self.unit.state)


def expected_flow(conditions: frozenset[str]) -> Fraction:
    """The flow (pL/ms) that the table's words mean for the programs of these tests."""
    running = Fraction(0) if "idle" in conditions else BASE
    running += sum((BOLUS for name in ("bolus", "prime") if name in conditions), Fraction(0))
    return {NOTHING: Fraction(0), BRIDGE: BRIDGING.rate, MINIMUM: MINIMUM_FLOW, PROGRAM: running}[flow_in(conditions)]


def hold(rig: Rig, names: tuple[str, ...]) -> None:
    """After each happening the real pump is, gives, sounds and answers what the table says."""
    expected = rig.conditions()
    for at, name in enumerate(names):
        happening = BY_HAPPENING[name]
        said = answer(expected, happening)
        refused = rig.do(name)
        where = f"{' > '.join(names[: at + 1])} in {sorted(expected)}"
        expected = said.conditions
        # Failures hide each other: what is shown of them is the worst.
        assert shown(rig.conditions()) == shown(expected), where
        assert rig.flow() == expected_flow(expected), where
        assert {alarm.name for alarm in rig.unit.alarms()} == alarms_in(expected), where
        if name in ASKED:
            assert bool(refused) == bool(said.refused), f"{where}: {refused}"
            assert refused.startswith(said.refused), where


def shown(conditions: frozenset[str]) -> frozenset[str]:
    """The conditions without the failures that a worse one hides."""
    failures = [name for name in ("memory", "motor-lost", "motor-astray") if name in conditions]
    return conditions - set(failures[1:])


@pytest.mark.requirement("ACC-12", "PCA-T4", "PCA-R5.1-2")
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", BY_HAPPENING)
def test_the_real_pump_does_what_the_table_says_from_every_beginning(start: str, name: str) -> None:
    """Unfilled, running, low, empty, due for replacement and ended: conditions, flow, alarms and answer agree."""
    hold(Rig(start), (name,))


@pytest.mark.requirement("ACC-12", "PCA-T4", "PCA-R5.1-2", "GIP-1.4.11", "GIP-1.1.8")
@pytest.mark.parametrize("first", BY_HAPPENING)
def test_the_real_pump_does_what_the_table_says_in_every_condition(first: str) -> None:
    """After every happening, at every happening."""
    for second in BY_HAPPENING:
        hold(Rig("running"), (first, second))


@pytest.mark.requirement("ACC-12")
@given(start=st.sampled_from(sorted(STARTS)), names=st.lists(st.sampled_from(sorted(BY_HAPPENING)), max_size=12))
@check(max_examples=100, deadline=None)
def test_conditions_add_up_as_the_table_says(start: str, names: list[str]) -> None:
    """Long sequences: a mute of two minutes is left out, which ends between them."""
    hold(Rig(start), tuple(name for name in names if name != "mute"))


#: How a pump comes into each condition: a beginning, and what then happens.
WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "unfilled": ("unfilled", ()),
    "memory": ("running", ("memory-fails",)),
    "motor-lost": ("running", ("lost",)),
    "motor-astray": ("running", ("astray",)),
    "ended": ("ended", ()),
    "empty": ("empty", ()),
    "stalled": ("running", ("stall",)),
    "stopped": ("running", ("stop",)),
    "bridge": ("running", ("refill-bridge",)),
    "safe": ("running", ("dip",)),
    "prime": ("running", ("prime",)),
    "bolus": ("running", ("press",)),
    "idle": ("running", ("program-stop",)),
    "lockout": ("running", ("press", "stop", "resume")),
    "low": ("low", ()),
    "replace": ("replace", ()),
    "muted": ("low", ("mute",)),
}


def in_condition(name: str) -> Rig:
    """A pump in a condition."""
    start, happenings = WAYS[name]
    rig = Rig(start)
    for happening in happenings:
        assert rig.do(happening) == ""
    assert name in rig.conditions()
    return rig


@pytest.mark.requirement("ACC-12", "GIP-1.1.8")
@pytest.mark.parametrize("name", [condition.name for condition in CONDITIONS])
def test_the_motor_itself_turns_as_the_table_says(name: str) -> None:
    """For twenty minutes in every condition, counted at the mechanism: not one step where nothing is to flow."""
    rig = in_condition(name)
    before = rig.bench.mechanism.truth.rotor
    expected = expected_flow(rig.conditions()) * 20 * MINUTE / rig.bench.hardware.step_pL
    rig.bench.go(rig.unit, 20 * MINUTE)

    assert rig.bench.mechanism.truth.rotor - before == pytest.approx(float(expected), abs=1 if expected else 0)


@pytest.mark.requirement("ACC-13", "GIP-3.1.1", "GIP-3.2.1", "GIP-3.2.2", "PCA-R6.4.2-2", "PCA-R6.4.2-4")
@pytest.mark.parametrize("name", [condition.name for condition in CONDITIONS if condition.alarm])
def test_every_alarm_is_heard_again_and_a_mute_ends_by_itself(name: str) -> None:
    """Every ten minutes or every hour; muted for two minutes, unless the pump has failed: then a mute is refused."""
    rig = in_condition(name)
    alarm = BY_NAME[name].alarm or ""
    often = REPEAT_MS if alarms.PRIORITY[alarm] == "critical" else REPEAT_SELDOM_MS
    heard = [action.at for action in rig.bench.go(rig.unit, 3 * often) if isinstance(action, Reminder)]
    assert len(heard) >= 3
    refused = rig.do("mute")
    at_once = rig.bench.go(rig.unit, MUTE_MS - 5_000)
    later = rig.bench.go(rig.unit, 10_000)

    muted = {action.name for action in at_once if isinstance(action, Reminder)}
    assert muted == set()
    assert bool(refused) == bool(answer(rig.conditions(), BY_HAPPENING["mute"]).refused)
    after = {action.name for action in later if isinstance(action, Reminder)}
    assert (alarm in after) == (refused == "")


@pytest.mark.requirement("GIP-2.2.2")
@pytest.mark.parametrize(
    "name", [name for name, way in WAYS.items() if flow_in({name}) == NOTHING and name != "unfilled"]
)
def test_two_days_without_flow_sound_whatever_the_reason(name: str) -> None:
    """Unless the counter stands because the motor or the memory failed: that alarm sounds all the time."""
    rig = in_condition(name)
    rig.bench.go(rig.unit, (1 if rig.unit.failed else 49) * HOUR)
    sounding = {alarm.name for alarm in rig.unit.alarms()}

    assert (alarms.STOPPED in sounding) != bool(rig.unit.failed)
    assert sounding


@pytest.mark.requirement("PCA-T4", "GIP-3.1.2")
def test_every_alarm_of_the_pump_is_in_the_table_once() -> None:
    """By its names in the module, by the priorities of its conventions, and by what conditions sound."""
    named = {value for name, value in vars(alarms).items() if name.isupper() and isinstance(value, str)}
    listed = [row.name for row in TABLE]

    assert sorted(listed) == sorted(named) == sorted(alarms.PRIORITY)
    sounded = {condition.alarm for condition in CONDITIONS} - {None}
    assert named - sounded == {alarms.STOPPED}


@pytest.mark.requirement("PCA-R6.4.1")
def test_priorities_follow_from_harm_and_onset() -> None:
    """Worse or sooner is never less urgent; what is low is non-critical in the pump's own words, and nothing else is."""
    order = ["low", "medium", "high"]
    for harm, row in MATRIX.items():
        assert [order.index(priority) for priority in row] == sorted(map(order.index, row), reverse=True)
        assert [priority_of(harm, onset) for onset in ONSETS] == list(row)
    for worse, better in pairwise(MATRIX.values()):
        assert all(order.index(a) >= order.index(b) for a, b in zip(worse, better, strict=True))
    for alarm in TABLE:
        kind = alarms.PRIORITY[alarm.name]
        assert kind == ("non-critical" if alarm.priority == "low" else "critical")
        assert alarm.tone == TONES[kind]


def test_the_table_s_words_on_flow_are_those_of_the_conduct() -> None:
    """What a row says that the pump gives is what every condition with that alarm gives."""
    words = {NOTHING: "nothing", MINIMUM: "the model's minimum rate", PROGRAM: "as before"}
    for condition in CONDITIONS:
        if condition.alarm is not None:
            assert BY_ALARM[condition.alarm].flow.startswith(words[flow_in({condition.name})])
    for name in ("ended", "replace"):
        assert not [happening for happening in HAPPENINGS if name in happening.ends]
        assert BY_ALARM[str(BY_NAME[name].alarm)].ends.startswith("never")


@pytest.mark.requirement("ACC-12")
def test_every_set_of_conditions_has_exactly_one_answer_to_everything() -> None:
    """All sets of up to four conditions: one flow, known alarms, one answer; a refusal changes nothing."""
    names = [condition.name for condition in CONDITIONS]
    for size in range(5):
        for together in combinations(names, size):
            conditions = frozenset(together)
            assert flow_in(conditions) in (NOTHING, BRIDGE, MINIMUM, PROGRAM)
            assert alarms_in(conditions) <= set(BY_ALARM)
            for happening in HAPPENINGS:
                said = answer(conditions, happening)
                assert said.conditions <= set(names)
                assert said.conditions == conditions or not said.refused


def test_nothing_that_happens_can_start_a_flow_that_a_worse_condition_forbids() -> None:
    """From any set with a failure, an end of service or an empty reservoir, flow returns only by what ends that very state."""
    for name in ("memory", "motor-lost", "motor-astray", "ended", "empty", "stalled", "stopped"):
        for other in BY_NAME:
            for happening in HAPPENINGS:
                after = answer(frozenset({name, other}), happening).conditions
                assert flow_in(after) == NOTHING or name in happening.ends


def test_silence_is_only_ever_a_mute_without_a_failure() -> None:
    """An alarm is heard in every condition that has one."""
    for condition in CONDITIONS:
        assert is_silent({condition.name}) == (condition.alarm is None)
        failed = condition.name in ("memory", "motor-lost", "motor-astray")
        assert is_silent({condition.name, "muted"}) == (not failed)


def test_a_pump_with_one_flow_for_life_refuses_stop_and_resume() -> None:
    """The table is that of programmable pumps; a fixed flow can only be ended by emptying the reservoir."""
    bench = Bench("isomed-20-0.3")
    unit = bench.filled("3 mg/day")

    for event in (Stop(), Resume()):
        assert answer_of(unit.tell(event)) == "this pump has one flow for life"
    assert unit.state is not None
    assert flow_given(unit.state) > 0


def test_a_pump_that_cannot_feel_its_rotor_has_no_stall() -> None:
    """It has no such alarm; what it counts is what it asked for."""
    bench = Bench("prometra-ii-20")
    unit = bench.filled(PROGRAM_TEXT)
    unit.tell(Rotor(stalled=True))

    assert unit.state is not None
    assert not unit.state.stalled
    assert unit.alarms() == ()
