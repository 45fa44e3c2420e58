"""What the pump checks of a program or fill before it takes it, beyond what its controller refuses: reasons, or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from intrathecal.pump.controller import Prime, Refilled
from intrathecal.pump.exactness import inexact
from intrathecal.pump.hardware import PL_PER_ML, Hardware
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Level, Orders, Settings, fixed_orders, order
from intrathecal.pump.telemetry.messages import SendProgram
from intrathecal.quantities import rounded
from intrathecal.therapy import Program, ProgramError
from intrathecal.therapy.file.bounds import YEARS

#: Nothing is given: what a pump runs from its first fill until it is programmed.
STANDING_STILL = Orders(week=((0, Level(Fraction(0))),))
#: The clock of no place on earth differs more from UTC.
MOST_OFFSET_MINUTES = 14 * 60
#: Local times (ms since 1970) that a pump can be told, and so its greatest age: far from where its numbers end.
FIRST_MS, LAST_MS = (
    (datetime(year, 1, 1) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001
    for year in (YEARS[0], YEARS[1] + 1)
)


def program_problem(settings: Settings, sent: SendProgram) -> str:
    """Why the pump, told ``settings``, cannot run a program that was sent; empty if it can.

    The pump reads the text itself: what a person read and what the pump will do are the same, or nothing is done.
    """
    if settings.hardware.fixed is not None:
        return "this pump has one fixed flow and takes no program"
    try:
        program = Program.parse(sent.text)
    except ProgramError as problem:
        return f"the program cannot be read: {problem}"
    if str(program) != sent.text:
        return "the text is not in the form that the pump keeps"
    if order(program, settings.concentration) != sent.orders:
        return "the text and the doses that came with it do not agree; refill, pump and file differ in a concentration"
    return run_problem(settings, sent.orders)


def run_problem(settings: Settings, orders: Orders) -> str:
    """Why the pump cannot run these orders: a rate outside its range, or more steps than it holds; empty if it can."""
    told = Settings(**{**vars(settings), "orders": orders})
    for item in inexact(told):
        if item.clause in ("base", "base or window", "schedule"):
            asked, possible = rounded(item.asked, 6), rounded(item.delivered, 6)
            return f"{item.reason} ({item.clause}: asked {asked}, possible {possible} {item.unit})"
    return ""


def first_fill_problem(hardware: Hardware, told: FirstFill) -> str:
    """Why a first fill cannot be right; empty if it can."""
    settings = told.settings
    if settings.hardware != hardware:
        return f"what was told is for another pump ({settings.hardware.model}); this one is {hardware.model}"
    still = STANDING_STILL if hardware.fixed is None else fixed_orders(hardware, settings.concentration)
    if settings.orders != still:
        return "a pump is filled first and programmed afterwards"
    if abs(told.offset_minutes) > MOST_OFFSET_MINUTES:
        return "no clock is so far from UTC"
    if not FIRST_MS <= told.wall_ms < LAST_MS:
        return f"no pump is filled at that time; the years {YEARS[0]} to {YEARS[1]} are possible"
    if told.age_ms > LAST_MS - FIRST_MS:
        return "no pump is so old"
    return _volume_problem(hardware, told.volume_pL)


def refill_problem(settings: Settings, refilled: Refilled) -> str:
    """Why a refill cannot be right; empty if it can."""
    if settings.hardware.fixed is None:
        if refilled.orders is None and refilled.primary != settings.primary:
            return f"the doses of the program are of {settings.primary}; another primary drug needs a new program"
        if refilled.orders not in (None, STANDING_STILL):
            return "a pump is refilled first and programmed afterwards"
    elif refilled.orders != fixed_orders(settings.hardware, dict(refilled.labels)[refilled.primary]):
        return "a pump with one fixed flow is told the dose of that flow"
    return _volume_problem(settings.hardware, refilled.volume_pL)


def prime_problem(settings: Settings, prime: Prime) -> str:
    """Why a priming bolus cannot be meant; empty if it can. It only ever fills the line, and gives no dose on purpose."""
    if prime.volume > settings.dead_volume:
        line, asked = (rounded(volume / PL_PER_ML, 6) for volume in (settings.dead_volume, prime.volume))
        return f"tubing and catheter hold {line} mL; a prime of {asked} mL would give a dose"
    return ""


def _volume_problem(hardware: Hardware, volume_pL: int) -> str:
    if volume_pL > hardware.reservoir_pL:
        most = hardware.reservoir_pL / PL_PER_ML
        return f"{rounded(volume_pL / PL_PER_ML, 6)} mL do not fit: the reservoir holds {rounded(most, 6)} mL"
    return ""
