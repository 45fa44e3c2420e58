"""Every alarm in one table: what harm it stands before, how soon, and so how urgent it is; what the pump does, and how it ends.

Priorities are not typed: they follow from harm and onset by the matrix of IEC 60601-1-8, which is quoted here as it is
widely known and not checked against the standard's text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intrathecal.pump import alarms
from intrathecal.pump.alarms import REPEAT_MS, REPEAT_SELDOM_MS

Harm = Literal["death or irreversible injury", "reversible injury", "minor injury or discomfort"]
Onset = Literal["immediate", "prompt", "delayed"]
Priority = Literal["high", "medium", "low"]

#: Seconds; several seconds to minutes; later than that.
ONSETS: tuple[Onset, ...] = ("immediate", "prompt", "delayed")
MATRIX: dict[Harm, tuple[Priority, Priority, Priority]] = {
    "death or irreversible injury": ("high", "high", "medium"),
    "reversible injury": ("high", "medium", "low"),
    "minor injury or discomfort": ("medium", "low", "low"),
}

#: What an implanted pump can say with a buzzer: two sounds. Makers use a long two-tone signal for what is critical.
TONES = {"critical": "two tones for 3 s", "non-critical": "one tone for 1 s"}


def priority_of(harm: Harm, onset: Onset) -> Priority:
    """How urgent an alarm is."""
    return MATRIX[harm][ONSETS.index(onset)]


@dataclass(frozen=True)
class Row:
    """One alarm: what follows if nobody answers it (``consequence``, ``harm``, ``onset``), and what the pump does.

    ``flow`` is what the pump gives while it sounds, ``ends`` what makes it stop sounding.
    """

    name: str
    cause: str
    consequence: str
    harm: Harm
    onset: Onset
    flow: str
    ends: str

    @property
    def priority(self) -> Priority:
        """How urgent it is, by harm and onset."""
        return priority_of(self.harm, self.onset)

    @property
    def tone(self) -> str:
        """What is heard: medium and high are critical on an implanted pump."""
        return TONES["non-critical" if self.priority == "low" else "critical"]

    @property
    def again(self) -> str:
        """How often it is heard while it lasts."""
        often = REPEAT_SELDOM_MS if self.priority == "low" else REPEAT_MS
        return f"every {often // 60_000} min"


WITHDRAWAL = "the drug stops, or nearly: pain and withdrawal, which can kill with baclofen"
NOTHING = "nothing"

TABLE: tuple[Row, ...] = (
    Row(
        alarms.LOW_RESERVOIR,
        "the pump believes that no more is left than the programmed reserve",
        "if nobody refills, the empty-reservoir alarm follows, days later at usual rates",
        "reversible injury",
        "delayed",
        "as before",
        "a refill above the reserve",
    ),
    Row(
        alarms.EMPTY_RESERVOIR,
        "the pump believes that not one step is left",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        NOTHING,
        "a refill",
    ),
    Row(
        alarms.REPLACE_SOON,
        "only the battery's last stretch is left (elective replacement)",
        "if nobody replaces the pump, end-of-service follows after the model's fixed time",
        "reversible injury",
        "delayed",
        "as before",
        "never; the pump is replaced",
    ),
    Row(
        alarms.END_OF_SERVICE,
        "the time after elective replacement is over",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        NOTHING,
        "never; the pump is replaced",
    ),
    Row(
        alarms.MOTOR_STALL,
        "the rotor was asked to turn and did not (only pumps that sense their rotor)",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        "nothing; one step is tried every minute",
        "a step that the rotor makes",
    ),
    Row(
        alarms.STOPPED,
        "nothing has flowed for the model's time (48 h), whatever the reason",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        NOTHING,
        "flow",
    ),
    Row(
        alarms.BATTERY_RESET,
        "the electronics restarted after a dip of the battery and do not trust the program",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        "the model's minimum rate, or nothing if it has none",
        "a programmer's reset or a new program",
    ),
    Row(
        alarms.EMERGENCY_STOP,
        "a programmer's emergency stop; or a stall held a bridge up until the program after it would break a limit",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        NOTHING,
        "a programmer's resume or a new program",
    ),
    Row(
        alarms.MOTOR_FAILURE,
        "the motor does not answer, or its rotor stands where no order brought it",
        "more or less may have flowed than anybody knows; an overdose acts within minutes to hours",
        "death or irreversible injury",
        "prompt",
        NOTHING,
        "an answer of the motor with its rotor where the count says; otherwise a programmer's reset",
    ),
    Row(
        alarms.MEMORY_FAILURE,
        "nothing can be made durable any more, or neither copy of what was can be read",
        WITHDRAWAL,
        "death or irreversible injury",
        "delayed",
        NOTHING,
        "a restart with a memory that can be read; otherwise never, and the pump is replaced",
    ),
)

BY_NAME = {row.name: row for row in TABLE}
