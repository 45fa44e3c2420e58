"""Counter, wall clock and the change of the day."""

from __future__ import annotations

from dataclasses import replace

from tests.torture.defects.defect import HOUR, MINUTE, MORNING, SECOND, Defect, Patch, situation

from intrathecal.pump import booking, controller, schedule
from intrathecal.pump.engine import Engine
from intrathecal.pump.hardware import DAY_MS
from intrathecal.pump.life import FIRST_MONDAY_MS, Life
from intrathecal.pump.records import Filled
from intrathecal.pump.settings import Level, Settings
from intrathecal.pump.state import Action, State
from intrathecal.torture.plan import Happening


def _offset_applied_twice(patch: Patch) -> None:
    right = Life._filled

    def wrong(self: Life, record: Filled) -> list[Action]:
        actions = right(self, record)
        self.utc_to_local += self.book.offset_minutes * MINUTE
        return actions

    patch.setattr(Life, "_filled", wrong)


def _first_minute_of_yesterday(patch: Patch) -> None:
    level_at, next_base_change = schedule.level_at, schedule.next_base_change

    def wrong_level(settings: Settings, at: int) -> Level:
        since_midnight = (settings.clock + at) % DAY_MS
        return level_at(settings, at - since_midnight - 1 if since_midnight < MINUTE else at)

    def wrong_change(settings: Settings, origin: int, after: int) -> int | None:
        change = next_base_change(settings, origin, after)
        since_midnight = (settings.clock + after) % DAY_MS
        if change is None or since_midnight >= MINUTE:
            return change
        return min(change, after - since_midnight + MINUTE)

    patch.setattr(schedule, "level_at", wrong_level)
    for module in (schedule, booking):
        patch.setattr(module, "next_base_change", wrong_change)


def _midnight_bolus_lost(patch: Patch) -> None:
    right = schedule.starts_at

    def wrong(settings: Settings, began: int, at: int) -> tuple[schedule.Start, ...]:
        return () if (settings.clock + at) % DAY_MS == 0 else right(settings, began, at)

    for module in (schedule, booking):
        patch.setattr(module, "starts_at", wrong)


def _clock_put_back(patch: Patch) -> None:
    right = controller._see_clock

    def wrong(state: State, wall: int) -> tuple[State, list[Action]]:
        by = wall - state.settings.clock - state.now
        if by >= 0:
            return right(state, wall)
        moved = replace(state.settings, clock=state.settings.clock + by)
        return replace(state, settings=moved, began=state.began - by), []

    patch.setattr(controller, "_see_clock", wrong)


def _counter_runs_without_power(patch: Patch) -> None:
    right = Engine.recover

    def wrong(self: Engine) -> list[Action]:
        state = self.life.state
        wall = self._clock.wall_ms() + self.life.utc_to_local - FIRST_MONDAY_MS
        off = 0 if state is None else wall - state.settings.clock - state.now
        actions = right(self)
        self._base += off
        return actions

    patch.setattr(Engine, "recover", wrong)


def _watchdog_asleep(patch: Patch) -> None:
    right = Engine._wake

    def wrong(self: Engine) -> list[Action]:
        self._patience = None
        return right(self)

    patch.setattr(Engine, "_wake", wrong)


STEADY = "2.4 mg/day"
EVENING = MORNING + 15 * HOUR + 30 * MINUTE
AWAY_FROM_UTC = situation(
    [STEADY], HOUR, Happening(10 * MINUTE, "power-cut", 0, MINUTE), wall_ms=EVENING, offset_minutes=120
)
OVER_MIDNIGHT = situation(["24 mg/day\n00:00-12:00 1.2 mg/day"], HOUR, wall_ms=EVENING)
BOLUS_AT_MIDNIGHT = situation(["2.4 mg/day\nbolus 0.2 mg over 10 min at 00:00"], HOUR, wall_ms=EVENING)
CLOCK_BEHIND = situation([STEADY], HOUR, Happening(10 * MINUTE, "clock-jump", -HOUR, SECOND))
LONG_WITHOUT_POWER = situation([STEADY], 8 * HOUR, Happening(10 * MINUTE, "power-cut", 0, 5 * HOUR))
CONTROLLER_STUCK = situation(
    [STEADY], 30 * MINUTE, Happening(10 * MINUTE, "controller-stuck", 0, 10 * MINUTE), watched=True
)

DEFECTS = (
    Defect(
        "offset applied twice",
        "what the local clock is ahead of UTC is added once more after a restart",
        _offset_applied_twice,
        AWAY_FROM_UTC,
        "clock",
        "the schedule's clock was moved",
    ),
    Defect(
        "off by one minute at the day's change",
        "the first minute of a day belongs to the day before",
        _first_minute_of_yesterday,
        OVER_MIDNIGHT,
        "dose",
        "the words ask for",
    ),
    Defect(
        "bolus of midnight lost",
        "a bolus at 00:00 belongs to no day",
        _midnight_bolus_lost,
        BOLUS_AT_MIDNIGHT,
        "dose",
        "the words ask for",
    ),
    Defect(
        "clock set back",
        "the schedule follows a wall clock that lies behind",
        _clock_put_back,
        CLOCK_BEHIND,
        "clock",
        "the schedule's clock was moved",
    ),
    Defect(
        "counter runs without power",
        "the time without power counts for lockouts, and is made up for",
        _counter_runs_without_power,
        LONG_WITHOUT_POWER,
        "clock",
        "more than time did",
    ),
    Defect(
        "watchdog asleep",
        "what was due while nobody called the controller comes at once",
        _watchdog_asleep,
        CONTROLLER_STUCK,
        "fastest-flow",
        "steps more than the fastest flow makes",
    ),
)
