"""Exact and strict JSON for everything that a pump must remember or be told.

A form is a frozen dataclass, a union or a tuple; its type hints say what may stand where. Whole numbers stay whole, exact
rationals are written ``"numerator/denominator"`` in lowest terms, and equal values have equal texts. What does not fit its
form in every detail is refused with one message that names the place; nothing is guessed, rounded or filled in.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from intrathecal.pump.sanity import complaint
from intrathecal.quantities import InputError, shorten

T = TypeVar("T")

#: Characters of a text that `from_text` and `parse` read at most, unless they are told otherwise.
LONGEST_TEXT = 64 * 2**20
#: Digits of a numerator or denominator. Remainders of 400 days of odd doses and refills have fewer than a hundred.
MOST_DIGITS = 4000
#: A whole number fits 64 bits with its sign: nanoseconds of three hundred years, picolitres of nine million litres.
LARGEST = 2**63 - 1
#: Names the class in a union of dataclasses; no field can be called so.
TAG = "is"
_RATIO = re.compile(r"(0|-?[1-9]\d*)/([1-9]\d*)", re.ASCII)
_JSON_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a decimal",
}


class EncodingError(InputError):
    """Data that is not what its form says: the message begins with the path of the place."""


@overload
def encode(form: type[T], value: T) -> Any: ...
@overload
def encode(form: object, value: Any) -> Any: ...
def encode(form: Any, value: Any) -> Any:
    """The value as dicts, lists, texts and whole numbers, as `json` writes them. Raises `EncodingError`."""
    try:
        return _form(form).write(value)
    except _Wrong as wrong:
        raise wrong.error() from None


@overload
def decode(form: type[T], data: Any) -> T: ...
@overload
def decode(form: object, data: Any) -> Any: ...
def decode(form: Any, data: Any) -> Any:
    """The value that `encode` made ``data`` from. Raises `EncodingError` for anything else."""
    try:
        return _form(form).read(data)
    except _Wrong as wrong:
        raise wrong.error() from None


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
    except _Wrong as wrong:
        raise wrong.error() from None
    except UnicodeDecodeError:
        raise EncodingError("the text is not UTF-8; write JSON") from None
    except RecursionError:
        raise EncodingError("the text is nested too deeply; write JSON as the form says") from None
    except json.JSONDecodeError as problem:
        raise EncodingError(f"the text is not JSON: {problem.msg} at character {problem.pos}") from None


class _Wrong(Exception):
    """What is wrong, and, collected on the way up, where."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.path: list[str | int] = []

    def inside(self, place: str | int) -> _Wrong:
        self.path.append(place)
        return self

    def error(self) -> EncodingError:
        parts = [f"[{place}]" if isinstance(place, int) else f".{place}" for place in reversed(self.path)]
        where = "".join(parts).removeprefix(".")
        return EncodingError(f"{where}: {self}" if where else str(self))


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise _Wrong(f"the number {shorten(digits)} is longer than any that is meant")
    return int(digits)


def _no_decimal(digits: str) -> NoReturn:
    raise _Wrong(f'{shorten(digits)} is a decimal; write a whole number, or an exact ratio as "1/2"')


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f'"{shorten(double)}" stands twice in one object')
    return found


_PARSER = json.JSONDecoder(
    parse_int=_whole, parse_float=_no_decimal, parse_constant=_no_decimal, object_pairs_hook=_no_double
)


class _Form(ABC):
    """How values of one type are written and read."""

    #: The Python and the JSON type of the value, by which a union tells its options apart.
    python: type
    json: type

    @abstractmethod
    def write(self, value: Any) -> Any:
        """The value as JSON data."""

    @abstractmethod
    def read(self, data: Any) -> Any:
        """The value of JSON data."""


class _Plain(_Form):
    """True, false or nothing."""

    def __init__(self, kind: type, name: str) -> None:
        self.python = self.json = kind
        self._name = name

    def write(self, value: Any) -> Any:
        if type(value) is not self.python:
            raise _Wrong(f"is {_show(value)}, not {self._name}")
        return value

    read = write


class _Text(_Form):
    """A text that UTF-8 can hold."""

    python = json = str

    def write(self, value: Any) -> Any:
        if type(value) is not str:
            raise _Wrong(f"is {_show(value)}, not a text")
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _Wrong("is a text with half a character (a lone surrogate)")
        return value

    read = write


class _Choice(_Text):
    """One of some texts."""

    def __init__(self, options: Sequence[Any]) -> None:
        self._options = options

    def write(self, value: Any) -> Any:
        if super().write(value) not in self._options:
            raise _Wrong(f"is {_show(value)}; write one of {', '.join(self._options)}")
        return value

    read = write


class _Int(_Form):
    """A whole number of 64 bits; true and false are none."""

    python = json = int

    def __init__(self, least: int) -> None:
        self._least = least

    def write(self, value: Any) -> Any:
        if type(value) is not int:
            raise _Wrong(f"is {_show(value)}, not a whole number")
        if not self._least <= value <= LARGEST:
            raise _Wrong(f"is {_show(value)}; write {'0' if self._least == 0 else -LARGEST} to {LARGEST}")
        return value

    read = write


class _Ratio(_Form):
    """An exact rational as "numerator/denominator" in lowest terms."""

    python, json = Fraction, str

    def __init__(self, least: int) -> None:
        self._signed = least < 0

    def write(self, value: Any) -> Any:
        if type(value) is not Fraction:
            raise _Wrong(f"is {_show(value)}, not an exact ratio")
        self._check(value)
        return f"{value.numerator}/{value.denominator}"

    def read(self, data: Any) -> Any:
        if type(data) is not str or len(data) > 2 * MOST_DIGITS + 2:
            raise _Wrong(f'is {_show(data)}, not an exact ratio such as "1/2"')
        match = _RATIO.fullmatch(data)
        if match is None or max(map(len, match.groups())) > MOST_DIGITS + 1:
            raise _Wrong(f'is {_show(data)}, not an exact ratio such as "1/2"')
        denominator = int(match[2])
        value = Fraction(int(match[1]), denominator)
        if value.denominator != denominator:
            raise _Wrong(f"is {_show(data)}; write it in lowest terms")
        self._check(value)
        return value

    def _check(self, value: Fraction) -> None:
        if value < 0 and not self._signed:
            raise _Wrong("is below zero; write 0 or more")
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
            raise _Wrong(f"has more than {MOST_DIGITS} digits")


#: So that every number of so many bits has at most `MOST_DIGITS` digits (log2 of 10 is 3.3219).
_MOST_BITS = MOST_DIGITS * 33219 // 10000


class _Many(_Form):
    """Any number of the same."""

    python, json = tuple, list

    def __init__(self, each: _Form) -> None:
        self._each = each

    def write(self, value: Any) -> Any:
        if type(value) is not tuple:
            raise _Wrong(f"is {_show(value)}, not a tuple")
        return _through(value, self._each.write)

    def read(self, data: Any) -> Any:
        if type(data) is not list:
            raise _Wrong(f"is {_show(data)}, not a list")
        return tuple(_through(data, self._each.read))


class _Row(_Form):
    """A fixed number of things, one after the other."""

    python, json = tuple, list

    def __init__(self, forms: Sequence[_Form]) -> None:
        self._forms = forms

    def write(self, value: Any) -> Any:
        if type(value) is not tuple:
            raise _Wrong(f"is {_show(value)}, not a tuple")
        return self._each(value, [form.write for form in self._forms])

    def read(self, data: Any) -> Any:
        if type(data) is not list:
            raise _Wrong(f"is {_show(data)}, not a list")
        return tuple(self._each(data, [form.read for form in self._forms]))

    def _each(self, values: Sequence[Any], ways: Sequence[Any]) -> list[Any]:
        if len(values) != len(ways):
            raise _Wrong(f"holds {len(values)}, not {len(ways)}")
        done = []
        for index, (value, way) in enumerate(zip(values, ways, strict=True)):
            try:
                done.append(way(value))
            except _Wrong as wrong:
                raise wrong.inside(index) from None
        return done


class _Record(_Form):
    """A dataclass: an object with every field, and no other."""

    json = dict

    def __init__(self, kind: type, members: dict[str, _Form]) -> None:
        self.python = kind
        self._members = list(members.items())
        self._names = members.keys()

    def write(self, value: Any) -> Any:
        if type(value) is not self.python:
            raise _Wrong(f"is {_show(value)}, not a {self.python.__name__}")
        data = {}
        for name, form in self._members:
            try:
                data[name] = form.write(getattr(value, name))
            except _Wrong as wrong:
                raise wrong.inside(name) from None
        _check(value)
        return data

    def read(self, data: Any) -> Any:
        if type(data) is not dict:
            raise _Wrong(f"is {_show(data)}, not an object ({self.python.__name__})")
        if data.keys() != self._names:
            self._refuse_names(data)
        values = {}
        for name, form in self._members:
            try:
                values[name] = form.read(data[name])
            except _Wrong as wrong:
                raise wrong.inside(name) from None
        try:
            value = self.python(**values)
        except ValueError as problem:
            raise _Wrong(str(problem)) from None
        _check(value)
        return value

    def _refuse_names(self, data: dict[str, Any]) -> NoReturn:
        for name, _ in self._members:
            if name not in data:
                raise _Wrong(f'lacks "{name}" ({self.python.__name__})')
        unknown = next(name for name in data if name not in self._names)
        raise _Wrong(f'"{shorten(str(unknown))}" is unknown in a {self.python.__name__}')


class _OneOf(_Form):
    """One of several types; where more than one is a dataclass, an object names its class under `TAG`."""

    def __init__(self, options: Sequence[_Form]) -> None:
        records = [form for form in options if isinstance(form, _Record)]
        self._tagged = {form.python.__name__: form for form in records} if len(records) > 1 else {}
        plain = [form for form in options if form.python.__name__ not in self._tagged]
        self._by_python = {form.python: form for form in options}
        self._by_json = {form.json: form for form in plain}
        if len(self._by_json) + len(self._tagged) < len(options) or (self._tagged and dict in self._by_json):
            raise TypeError(f"a union whose options look alike in JSON: {[form.python for form in options]}")

    def write(self, value: Any) -> Any:
        form = self._by_python.get(type(value))
        if form is None:
            raise _Wrong(f"is {_show(value)}, not {self._expected()}")
        data = form.write(value)
        return {TAG: type(value).__name__, **data} if type(value).__name__ in self._tagged else data

    def read(self, data: Any) -> Any:
        if self._tagged and type(data) is dict:
            name = data.get(TAG)
            form = self._tagged.get(name) if type(name) is str else None
            if form is None:
                raise _Wrong(f'"{TAG}" is {_show(name)}; write one of {", ".join(self._tagged)}')
            return form.read({key: value for key, value in data.items() if key != TAG})
        plain = self._by_json.get(type(data))
        if plain is None:
            raise _Wrong(f"is {_show(data)}, not {self._expected()}")
        return plain.read(data)

    def _expected(self) -> str:
        return " or ".join("nothing" if kind is NoneType else kind.__name__ for kind in self._by_python)


@lru_cache(maxsize=512)
def _form(form: Any, least: int = -LARGEST) -> _Form:
    """How ``form`` is written and read; its numbers, down to the next dataclass, are at least ``least``."""
    if form is bool:
        return _Plain(bool, "true or false")
    if form is NoneType:
        return _Plain(NoneType, "nothing")
    if form is str:
        return _Text()
    if form is int:
        return _Int(least)
    if form is Fraction:
        return _Ratio(least)
    if isinstance(form, type) and is_dataclass(form):
        return _record(form)
    origin, arguments = get_origin(form), get_args(form)
    if origin in (Union, UnionType):
        return _OneOf([_form(option, least) for option in arguments])
    if origin is Literal and all(type(option) is str for option in arguments):
        return _Choice(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return _Many(_form(arguments[0], least))
    if origin is tuple:
        return _Row([_form(argument, least) for argument in arguments])
    raise TypeError(f"{form} has no exact JSON; use dataclasses, tuples, unions, Fraction, int, bool, str and None")


def _record(kind: type[Any]) -> _Record:
    """The form of a dataclass. Its numbers are sizes, not below zero, unless a field's metadata says ``signed``."""
    hints = get_type_hints(kind)
    members = {}
    for field in fields(kind):
        if not field.init or field.name == TAG:
            raise TypeError(f"{kind.__name__}.{field.name} cannot be read back")
        members[field.name] = _form(hints[field.name], -LARGEST if field.metadata.get("signed") else 0)
    return _Record(kind, members)


def _through(values: Sequence[Any], way: Any) -> list[Any]:
    done: list[Any] = []
    try:
        for value in values:
            done.append(way(value))
    except _Wrong as wrong:
        raise wrong.inside(len(done)) from None
    return done


def _check(value: Any) -> None:
    problem = complaint(value)
    if problem:
        raise _Wrong(problem)


def _show(value: Any) -> str:
    """A short name of anything, whatever its size."""
    if value is None:
        return "nothing"
    if type(value) is int and value.bit_length() > 128:
        return "an absurdly long number"
    if type(value) in (bool, int):
        return str(value).lower()
    if type(value) is str:
        return f'"{shorten(value[:200])}"'
    return _JSON_KINDS.get(type(value), f"a {type(value).__name__}")
