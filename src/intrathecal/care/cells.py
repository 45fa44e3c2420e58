"""The cells of a diary: each one read as what its column means, or refused with what would be right."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, cast

from intrathecal.care.errors import CellError
from intrathecal.care.times import RIGHT, read_time
from intrathecal.quantities import Quantity, QuantityError, parse_number, shorten
from intrathecal.therapy.file.section import nearest, show
from intrathecal.therapy.numbers import read_quantity, with_remedy

PHASES = ("baseline", "trial")
ROUTES = ("intrathecal", "epidural", "intravenous", "oral")
CHANGES = ("better", "same", "worse")
#: What people write for the words above.
ALSO = {"improved": "better", "unchanged": "same", "equal": "same", "worsened": "worse", "it": "intrathecal"}
NOTHING = ("", "none", "no", "-", "nil")
WORST_SCORE = 10
#: Bounds of slips of the key, not of therapy: a gram of morphine an entry, and any scale of function.
MOST_RESCUE_MG, MOST_FUNCTION = 1000, 1000


def plain(text: str) -> str:
    """``text`` on one line, without characters that a terminal would act on."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def when(text: str) -> datetime:
    """The time of an entry."""
    if not text:
        raise CellError("time is empty", RIGHT)
    return read_time(plain(text))


def phase(text: str) -> Literal["baseline", "trial"]:
    """Before the trial or in it."""
    word = plain(text).lower()
    if word not in PHASES:
        raise CellError(f'phase "{plain(shorten(text, 40))}" is neither baseline nor trial', nearest(word, PHASES))
    return cast(Literal["baseline", "trial"], word)


def score(text: str) -> float | None:
    """A score from 0 to 10, or None for an empty cell."""
    if not text:
        return None
    number = _number("nrs", text)
    if number > WORST_SCORE:
        remedy = "write a score from 0 to 10"
        if 2 * WORST_SCORE <= number <= WORST_SCORE**2:
            remedy += f"; a scale of 100 is divided by 10 ({show(number / WORST_SCORE)})"
        raise CellError(f"nrs {show(number)} is above 10", remedy)
    return float(number)


def rescue(text: str) -> float | None:
    """Oral morphine equivalents (mg) since the last entry, or None for an empty cell."""
    if not text:
        return None
    number = _number("rescue_mme", text.lower().removesuffix("mg").strip())
    if number > MOST_RESCUE_MG:
        raise CellError(f"rescue_mme {show(number)} mg is not plausible", "write milligrams of oral morphine")
    return float(number)


def function(text: str) -> float | None:
    """A number of which more is better; None for an empty cell or a word."""
    if not text or _word(text) in CHANGES:
        return None
    try:
        number = _number("function", text)
    except CellError:
        raise CellError(
            f'function "{plain(shorten(text, 40))}" is neither a number nor a word for it',
            "write a number of which more is better, or better, same or worse",
        ) from None
    if number > MOST_FUNCTION:
        raise CellError(f"function {show(number)} is not plausible", f"write a number from 0 to {MOST_FUNCTION}")
    return float(number)


def change(text: str) -> Literal["better", "same", "worse"] | None:
    """Function in a word; None for anything else."""
    word = _word(text)
    return cast(Literal["better", "same", "worse"], word) if word in CHANGES else None


def dose(text: str) -> Quantity | None:
    """A bolus (mass) or an infusion (mass rate), or None for an empty cell."""
    if plain(text).lower() in NOTHING:
        return None
    try:
        given = read_quantity(plain(text), "mass", "mass rate")
    except QuantityError as problem:
        raise CellError(*f"dose: {with_remedy(problem)}".rsplit("; ", 1)) from None
    if given.number < 0:
        raise CellError(f"dose {given} is negative", "write zero or more")
    return given


def route(text: str) -> str | None:
    """How the dose was given, or None for an empty cell."""
    word = _word(text)
    if word and word not in ROUTES:
        raise CellError(f'route "{plain(shorten(text, 40))}" is not known', nearest(word, ROUTES))
    return word or None


def _word(text: str) -> str:
    word = plain(text).lower()
    return ALSO.get(word, word)


def _number(column: str, text: str) -> Decimal:
    try:
        number = parse_number(text)
    except QuantityError as problem:
        raise CellError(*f"{column} {with_remedy(problem)}".rsplit("; ", 1)) from None
    if number < 0:
        raise CellError(f"{column} {show(number)} is negative", "write zero or more")
    return number
