"""From the text of a program to its clauses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from intrathecal.quantities import Quantity, QuantityError, parse_number, shorten, spell
from intrathecal.therapy.check import check_clauses
from intrathecal.therapy.clauses import (
    AMOUNT_UNITS,
    RATE_UNITS,
    AnyRate,
    Base,
    Bolus,
    Clause,
    Days,
    Demand,
    Limit,
    MinimumRate,
    Periodic,
    Ramp,
    Rate,
    Stop,
    Window,
)
from intrathecal.therapy.clock import DAY_MINUTES, parse_clock, parse_days
from intrathecal.therapy.errors import ProgramError
from intrathecal.therapy.numbers import with_remedy

if TYPE_CHECKING:
    from lark import Lark, Tree

#: A program that fills a pump's memory is a hundredth of this.
LONGEST_TEXT = 100_000
#: Rules of the grammar that are read on their own, for the cells of an event table.
CELLS = ("amount", "any_rate", "duration", "days")
_LOOKALIKES = {"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MINUS SIGN}": "-", "\N{NON-BREAKING HYPHEN}": "-"}
_FOREIGN = re.compile("[^\t\n\r -~\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]")


def parse_clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a program in the order of the text; raises `ProgramError` with the line of the mistake."""
    if len(text) > LONGEST_TEXT:
        raise ProgramError(f"the text is {len(text)} characters long; a program has at most {LONGEST_TEXT}")
    text = text.replace("\r\n", "\n")
    _check_characters(text)
    clauses: list[Clause] = []
    lines: list[int] = []
    for tree in _parse(text, "program").children:
        line = tree.meta.line
        try:
            clauses.append(_BUILDERS[tree.data](tree))
        except ProgramError as error:
            raise ProgramError(error.bare, line) from None
        lines.append(line)
    check_clauses(clauses, lines, "line")
    return tuple(clauses)


def amount_cell(text: str) -> Quantity:
    """An amount on its own, as in a cell of an event table; the error has no line."""
    return _amount(_parse_cell(text, "amount"))


def rate_cell(text: str) -> AnyRate:
    """A rate, ``minimum rate`` or ``stop`` on its own."""
    return _any_rate(_parse_cell(text, "any_rate"))


def duration_cell(text: str) -> Quantity:
    """A duration on its own."""
    return _duration(_parse_cell(text, "duration"))


def days_cell(text: str) -> Days:
    """Days on their own."""
    return _days(_parse_cell(text, "days"))


def _parse_cell(text: str, rule: str) -> Tree[Any]:
    try:
        if "#" in text or "\n" in text:
            raise ProgramError(f'"{shorten(text)}" is more than one entry; write it on one line, without a comment')
        _check_characters(text)
        return _parse(text, rule)
    except ProgramError as error:
        raise ProgramError(error.bare) from None


def _parse(text: str, start: str) -> Tree[Any]:
    from lark.exceptions import UnexpectedInput

    try:
        return _grammar().parse(text, start=start)
    except UnexpectedInput as error:
        from intrathecal.therapy.language.explain import explain  # only a mistake needs it

        raise explain(text, error) from None


@cache
def _grammar() -> Lark:
    from lark import Lark  # takes a sixth of a second: loaded with the first program

    source = files("intrathecal.therapy.language").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(source, start=["program", *CELLS], parser="lalr", lexer="contextual", propagate_positions=True)


def _check_characters(text: str) -> None:
    """Refuse characters that look like others: a program is dashes, digits and letters of one keyboard."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _FOREIGN.search(line.partition("#")[0])
        if found:
            name = unicodedata.name(found[0], f"character {ord(found[0])}").lower()
            right = f'write "{_LOOKALIKES[found[0]]}"' if found[0] in _LOOKALIKES else "type it again, or leave it out"
            raise ProgramError(f"{_quote(found[0])} ({name}) is not used in a program; {right}", number)


def _quote(character: str) -> str:
    return f'"{character}"' if character.isprintable() else "a character that cannot be seen"


def _quantity(tree: Tree[Any], kinds: dict[str, str]) -> Quantity:
    number, *units = (str(token) for token in tree.children)
    unit = spell("/".join(units))
    try:
        return Quantity(parse_number(number), unit, kinds[unit])
    except QuantityError as error:
        raise ProgramError(with_remedy(error)) from None


def _amount(tree: Tree[Any]) -> Quantity:
    return _quantity(tree, AMOUNT_UNITS)


def _rate(tree: Tree[Any]) -> Rate:
    return Rate(_quantity(tree, RATE_UNITS))


def _duration(tree: Tree[Any]) -> Quantity:
    return _quantity(tree, {unit: "duration" for unit in ("s", "min", "h", "day", "days")})


def _percent(tree: Tree[Any]) -> Quantity:
    (number,) = tree.children
    try:
        return Quantity(parse_number(str(number)), "%", "fraction")
    except QuantityError as error:
        raise ProgramError(with_remedy(error)) from None


def _any_rate(tree: Tree[Any]) -> AnyRate:
    rates: dict[str, Callable[[], AnyRate]] = {"rate": lambda: _rate(tree), "minimum": MinimumRate, "stop": Stop}
    return rates[tree.data]()


def _days(tree: Tree[Any] | None) -> Days:
    return None if tree is None else parse_days(str(token) for token in tree.children)


def _base(tree: Tree[Any]) -> Base:
    return Base(_any_rate(tree.children[0]))


def _window(tree: Tree[Any]) -> Window:
    days, start, end, rate = tree.children
    start_min, end_min = parse_clock(str(start)), parse_clock(str(end))
    if start_min == 0 == end_min:
        raise ProgramError("the window 00:00-00:00 has no length; write 00:00-24:00 for a whole day")
    return Window(_days(days), start_min, end_min or DAY_MINUTES, _any_rate(rate))


def _bolus(tree: Tree[Any]) -> Bolus:
    amount, over, *clocks, days = tree.children
    return Bolus(_amount(amount), _duration(over), tuple(parse_clock(str(clock)) for clock in clocks), _days(days))


def _periodic(tree: Tree[Any]) -> Periodic:
    amount, over, every, clock = tree.children
    return Periodic(_amount(amount), _duration(over), _duration(every), parse_clock(str(clock)))


def _demand(tree: Tree[Any]) -> Demand:
    amount, over, lockout, number = tree.children
    return Demand(_amount(amount), _duration(over), _duration(lockout), read_count(str(number)))


def read_count(text: str) -> int:
    """A whole number of presses."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise ProgramError(f'"{shorten(text)}" presses per day is not possible; write a whole number, such as 4')
    return int(text)


def _ramp(tree: Tree[Any]) -> Ramp:
    target, percent, every = tree.children
    return Ramp(_quantity(target, RATE_UNITS), _percent(percent), _duration(every))


def _limit(tree: Tree[Any]) -> Limit:
    amount, per = tree.children
    return Limit(_amount(amount), _duration(per))


_BUILDERS: dict[str, Callable[[Tree[Any]], Clause]] = {
    "base": _base,
    "window": _window,
    "bolus": _bolus,
    "periodic": _periodic,
    "demand": _demand,
    "ramp": _ramp,
    "limit": _limit,
}
