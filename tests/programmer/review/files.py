"""Therapy files for reviews: one that nothing stands against, and how to change it."""

from __future__ import annotations

from pathlib import Path

from intrathecal.programmer.review import Finding, case_of, judge
from intrathecal.programmer.review.rules import DEVICE_RULES
from intrathecal.therapy import Therapy, parse_therapy

PATIENT = (
    'indication = "cancer"\npain = 7\noral_opioid = "200 mg/day"\nage = 60\nsedatives = false\nsleep_apnoea = false'
)
PUMP = 'model = "synchromed-ii-20"\nimplanted = 2026-01-05\nutc_offset = "+01:00"'
CATHETER = 'model = "indura-8709sc"\nremoved = "9 cm"\ntip = "T10"'
FILL = 'volume = "20 mL"\nat = 2026-01-05T10:00:00\nprimed = "tip"\nlow_reservoir_alarm = "2 mL"'


def label(**drugs: str) -> str:
    """The [[drug]] tables of ``name="concentration"``."""
    return "\n".join(f'[[drug]]\nname = "{name}"\nconcentration = "{one}"' for name, one in drugs.items())


MORPHINE = label(morphine="10 mg/mL")


def text(
    program: str | None,
    *,
    drugs: str = MORPHINE,
    pump: str = PUMP,
    catheter: str = CATHETER,
    fill: str = FILL,
    patient: str = PATIENT,
    more: str = "",
) -> str:
    """A therapy file; ``more`` stands at its end."""
    written = "" if program is None else f'[program]\ntext = """\n{program}\n"""'
    return f"[patient]\n{patient}\n[pump]\n{pump}\n[catheter]\n{catheter}\n{drugs}\n[fill]\n{fill}\n{written}\n{more}\n"


def therapy(program: str | None, **parts: str) -> Therapy:
    """The same as a therapy."""
    return parse_therapy(text(program, **parts), "file.toml", Path())


def event(at: str, what: str) -> str:
    """An [[event]] table."""
    return f"[[event]]\nat = {at}\n{what}\n"


def found_in(
    program: str | None, running: Therapy | None = None, number: int | None = None, **parts: str
) -> list[Finding]:
    """What the rules about the pump find in a file."""
    return list(judge(case_of(therapy(program, **parts), running, number), DEVICE_RULES).findings)
