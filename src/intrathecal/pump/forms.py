"""How values of each type are written as JSON data and read back, exactly: forms made from type hints."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from intrathecal.pump.sanity import complaint
from intrathecal.quantities import shorten

#: Digits of a numerator or denominator. Remainders of 400 days of odd doses and refills have fewer than a hundred.
MOST_DIGITS = 4000
#: So that every number of so many bits has at most `MOST_DIGITS` digits (log2 of 10 is 3.3219).
_MOST_BITS = MOST_DIGITS * 33219 // 10000
#: A whole number fits 64 bits with its sign: nanoseconds of three hundred years, picolitres of nine million litres.
LARGEST = 2**63 - 1
#: Names the class in a union of dataclasses; no field can be called so.
TAG = "is"
_RATIO = re.compile(r"(0|-?[1-9]\d*)/([1-9]\d*)", re.ASCII)
_JSON_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", float: "a decimal"}


class Wrong(Exception):
    """What is wrong, and, collected on the way up, where."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.path: list[str | int] = []

    def inside(self, place: str | int) -> Wrong:
        """The same, seen from one level further out."""
        self.path.append(place)
        return self

    @property
    def message(self) -> str:
        """The place, then the problem."""
        parts = [f"[{place}]" if isinstance(place, int) else f".{place}" for place in reversed(self.path)]
        where = "".join(parts).removeprefix(".")
        # A problem may quote what was sent, which may be long.
        problem = shorten(str(self), 300)
        return f"{where}: {problem}" if where else problem


class Form(ABC):
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


class _Same(Form):
    """What is the same in Python and in JSON."""

    @abstractmethod
    def check(self, value: Any) -> None:
        """Raise `Wrong` if it is no such value."""

    def write(self, value: Any) -> Any:
        self.check(value)
        return value

    def read(self, data: Any) -> Any:
        self.check(data)
        return data


class _Plain(_Same):
    """True, false or nothing."""

    def __init__(self, kind: type) -> None:
        self.python = self.json = kind
        self._name = "nothing" if kind is NoneType else "true or false"

    def check(self, value: Any) -> None:
        if type(value) is not self.python:
            raise Wrong(f"is {_show(value)}, not {self._name}")


class _Text(_Same):
    """A text that UTF-8 can hold."""

    python = json = str

    def check(self, value: Any) -> None:
        if type(value) is not str:
            raise Wrong(f"is {_show(value)}, not a text")
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Wrong("is a text with half a character (a lone surrogate)")


class _Choice(_Text):
    """One of some texts."""

    def __init__(self, options: Sequence[Any]) -> None:
        self._options = options

    def check(self, value: Any) -> None:
        if value not in self._options:
            raise Wrong(f"is {_show(value)}; write one of {', '.join(self._options)}")


class _Int(_Same):
    """A whole number of 64 bits; true and false are none."""

    python = json = int

    def __init__(self, least: int) -> None:
        self._least = least

    def check(self, value: Any) -> None:
        if type(value) is not int:
            raise Wrong(f"is {_show(value)}, not a whole number")
        if not self._least <= value <= LARGEST:
            raise Wrong(f"is {_show(value)}; write {'0' if self._least == 0 else -LARGEST} to {LARGEST}")


class _Ratio(Form):
    """An exact rational as "numerator/denominator" in lowest terms."""

    python, json = Fraction, str

    def __init__(self, least: int) -> None:
        self._signed = least < 0

    def write(self, value: Any) -> Any:
        if type(value) is not Fraction:
            raise Wrong(f"is {_show(value)}, not an exact ratio")
        self._check(value)
        return f"{value.numerator}/{value.denominator}"

    def read(self, data: Any) -> Any:
        if type(data) is not str or len(data) > 2 * MOST_DIGITS + 2:
            raise Wrong(f'is {_show(data)}, not an exact ratio such as "1/2"')
        match = _RATIO.fullmatch(data)
        if match is None or max(map(len, match.groups())) > MOST_DIGITS + 1:
            raise Wrong(f'is {_show(data)}, not an exact ratio such as "1/2"')
        denominator = int(match[2])
        value = Fraction(int(match[1]), denominator)
        if value.denominator != denominator:
            raise Wrong(f"is {_show(data)}; write it in lowest terms")
        self._check(value)
        return value

    def _check(self, value: Fraction) -> None:
        if value < 0 and not self._signed:
            raise Wrong("is below zero; write 0 or more")
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
            raise Wrong(f"has more than {MOST_DIGITS} digits")


class _Many(Form):
    """Any number of the same."""

    python, json = tuple, list

    def __init__(self, each: Form) -> None:
        self._each = each

    def write(self, value: Any) -> Any:
        if type(value) is not tuple:
            raise Wrong(f"is {_show(value)}, not a tuple")
        return _through(value, self._each.write)

    def read(self, data: Any) -> Any:
        if type(data) is not list:
            raise Wrong(f"is {_show(data)}, not a list")
        return tuple(_through(data, self._each.read))


class _Row(Form):
    """A fixed number of things, one after the other."""

    python, json = tuple, list

    def __init__(self, forms: Sequence[Form]) -> None:
        self._forms = forms

    def write(self, value: Any) -> Any:
        if type(value) is not tuple:
            raise Wrong(f"is {_show(value)}, not a tuple")
        return self._each(value, [form.write for form in self._forms])

    def read(self, data: Any) -> Any:
        if type(data) is not list:
            raise Wrong(f"is {_show(data)}, not a list")
        return tuple(self._each(data, [form.read for form in self._forms]))

    def _each(self, values: Sequence[Any], ways: Sequence[Any]) -> list[Any]:
        if len(values) != len(ways):
            raise Wrong(f"holds {len(values)}, not {len(ways)}")
        done = []
        for index, (value, way) in enumerate(zip(values, ways, strict=True)):
            try:
                done.append(way(value))
            except Wrong as wrong:
                raise wrong.inside(index) from None
        return done


class _Record(Form):
    """A dataclass: an object with every field, and no other."""

    json = dict

    def __init__(self, kind: type, members: dict[str, Form]) -> None:
        self.python = kind
        self._members = list(members.items())
        self._names = members.keys()

    def write(self, value: Any) -> Any:
        if type(value) is not self.python:
            raise Wrong(f"is {_show(value)}, not a {self.python.__name__}")
        data = {}
        for name, form in self._members:
            try:
                data[name] = form.write(getattr(value, name))
            except Wrong as wrong:
                raise wrong.inside(name) from None
        _check(value)
        return data

    def read(self, data: Any) -> Any:
        if type(data) is not dict:
            raise Wrong(f"is {_show(data)}, not an object ({self.python.__name__})")
        if data.keys() != self._names:
            self._refuse_names(data)
        values = {}
        for name, form in self._members:
            try:
                values[name] = form.read(data[name])
            except Wrong as wrong:
                raise wrong.inside(name) from None
        try:
            value = self.python(**values)
        except ValueError as problem:
            raise Wrong(str(problem)) from None
        _check(value)
        return value

    def _refuse_names(self, data: dict[str, Any]) -> NoReturn:
        for name, _ in self._members:
            if name not in data:
                raise Wrong(f'lacks "{name}" ({self.python.__name__})')
        unknown = next(name for name in data if name not in self._names)
        raise Wrong(f'"{shorten(str(unknown))}" is unknown in a {self.python.__name__}')


class _OneOf(Form):
    """One of several types; where more than one is a dataclass, an object names its class under `TAG`."""

    def __init__(self, options: Sequence[Form]) -> None:
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
            raise Wrong(f"is {_show(value)}, not {self._expected()}")
        data = form.write(value)
        return {TAG: type(value).__name__, **data} if type(value).__name__ in self._tagged else data

    def read(self, data: Any) -> Any:
        if self._tagged and type(data) is dict:
            name = data.get(TAG)
            form = self._tagged.get(name) if type(name) is str else None
            if form is None:
                raise Wrong(f'"{TAG}" is {_show(name)}; write one of {", ".join(self._tagged)}')
            return form.read({key: value for key, value in data.items() if key != TAG})
        plain = self._by_json.get(type(data))
        if plain is None:
            raise Wrong(f"is {_show(data)}, not {self._expected()}")
        return plain.read(data)

    def _expected(self) -> str:
        return " or ".join("nothing" if kind is NoneType else kind.__name__ for kind in self._by_python)


@lru_cache(maxsize=512)
def form_of(hint: Any, least: int = -LARGEST) -> Form:
    """How a type hint is written and read; its numbers, down to the next dataclass, are at least ``least``."""
    if hint in (bool, NoneType):
        return _Plain(hint)
    if hint is str:
        return _Text()
    if hint is int:
        return _Int(least)
    if hint is Fraction:
        return _Ratio(least)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    return _composed(hint, least)


def _composed(hint: Any, least: int) -> Form:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _OneOf([form_of(option, least) for option in arguments])
    if origin is Literal and all(type(option) is str for option in arguments):
        return _Choice(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return _Many(form_of(arguments[0], least))
    if origin is tuple:
        return _Row([form_of(argument, least) for argument in arguments])
    raise TypeError(f"{hint} has no exact JSON; use dataclasses, tuples, unions, Fraction, int, bool, str and None")


def _record(kind: type[Any]) -> _Record:
    """The form of a dataclass. Its numbers are sizes, not below zero, unless a field's metadata says ``signed``."""
    hints = get_type_hints(kind)
    members = {}
    for field in fields(kind):
        if not field.init or field.name == TAG:
            raise TypeError(f"{kind.__name__}.{field.name} cannot be read back")
        members[field.name] = form_of(hints[field.name], -LARGEST if field.metadata.get("signed") else 0)
    return _Record(kind, members)


def _through(values: Sequence[Any], way: Any) -> list[Any]:
    done: list[Any] = []
    try:
        for value in values:
            done.append(way(value))
    except Wrong as wrong:
        raise wrong.inside(len(done)) from None
    return done


def _check(value: Any) -> None:
    problem = complaint(value)
    if problem:
        raise Wrong(problem)


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
