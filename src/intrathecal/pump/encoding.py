"""Exact and strict JSON for everything that a pump must remember or be told.

A form is a frozen dataclass, a union or a tuple; its type hints say what may stand where. Whole numbers stay whole, exact
rationals are written ``"numerator/denominator"`` in lowest terms, and equal values have equal texts. What does not fit its
form in every detail is refused with one message that names the place; nothing is guessed, rounded or filled in.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar, overload

from intrathecal.pump.forms import Wrong, form_of
from intrathecal.quantities import InputError, shorten

T = TypeVar("T")

#: Characters of a text that `from_text` and `parse` read at most, unless they are told otherwise.
LONGEST_TEXT = 64 * 2**20


class EncodingError(InputError):
    """Data that is not what its form says: the message begins with the path of the place."""


@overload
def encode(form: type[T], value: T) -> Any: ...
@overload
def encode(form: object, value: Any) -> Any: ...
def encode(form: Any, value: Any) -> Any:
    """The value as dicts, lists, texts and whole numbers, as `json` writes them. Raises `EncodingError`."""
    try:
        return form_of(form).write(value)
    except Wrong as wrong:
        raise EncodingError(wrong.message) from None


@overload
def decode(form: type[T], data: Any) -> T: ...
@overload
def decode(form: object, data: Any) -> Any: ...
def decode(form: Any, data: Any) -> Any:
    """The value that `encode` made ``data`` from. Raises `EncodingError` for anything else."""
    try:
        return form_of(form).read(data)
    except Wrong as wrong:
        raise EncodingError(wrong.message) from None


def to_text(form: object, value: Any) -> str:
    """The value as one line of ASCII: equal values have equal texts."""
    return json.dumps(encode(form, value), ensure_ascii=True, separators=(",", ":"))


@overload
def from_text(form: type[T], text: str | bytes, longest: int = LONGEST_TEXT) -> T: ...
@overload
def from_text(form: object, text: str | bytes, longest: int = LONGEST_TEXT) -> Any: ...
def from_text(form: Any, text: str | bytes, longest: int = LONGEST_TEXT) -> Any:
    """The value that `to_text` wrote. Raises `EncodingError`."""
    return decode(form, parse(text, longest))


def parse(text: str | bytes, longest: int = LONGEST_TEXT) -> Any:
    """Strict JSON without decimals, at most ``longest`` characters (or bytes of UTF-8) long. Raises `EncodingError`."""
    if len(text) > longest:
        raise EncodingError(f"the text is {len(text)} long; at most {longest} is read")
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        return _PARSER.decode(plain)
    except Wrong as wrong:
        raise EncodingError(wrong.message) from None
    except UnicodeDecodeError:
        raise EncodingError("the text is not UTF-8; write JSON") from None
    except RecursionError:
        raise EncodingError("the text is nested too deeply; write JSON as the form says") from None
    except json.JSONDecodeError as problem:
        raise EncodingError(f"the text is not JSON: {problem.msg} at character {problem.pos}") from None


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise Wrong(f"the number {shorten(digits)} is longer than any that is meant")
    return int(digits)


def _no_decimal(digits: str) -> NoReturn:
    raise Wrong(f'{shorten(digits)} is a decimal; write a whole number, or an exact ratio as "1/2"')


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise Wrong(f'"{shorten(double)}" stands twice in one object')
    return found


_PARSER = json.JSONDecoder(
    parse_int=_whole, parse_float=_no_decimal, parse_constant=_no_decimal, object_pairs_hook=_no_double
)
