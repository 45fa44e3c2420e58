"""What is written is read back exactly, and what is not exactly that is refused with the place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from tests.pump.support import HOUR, MINUTE, filled, ng_per_mL, run, settings
from tests.pump.test_against_naive import CONCENTRATIONS, STARTS, Act, acts, both, event_of, programs

from intrathecal.pump import controller
from intrathecal.pump.controller import BatteryReset, Event, Press, Prime, Program, Refilled, Rotor, Tick
from intrathecal.pump.encoding import EncodingError, decode, encode, from_text, parse, to_text
from intrathecal.pump.forms import LARGEST, MOST_DIGITS
from intrathecal.pump.hardware import DAY_MS, Hardware
from intrathecal.pump.settings import Bridge, Orders, Settings
from intrathecal.pump.state import Given, Running, State


@dataclass(frozen=True)
class Leaf:
    """A class with a field named like another."""

    kind: str
    size: int


@dataclass(frozen=True)
class Twig:
    """Another class of the same union."""

    kind: str
    size: int


@dataclass(frozen=True)
class Tree:
    """One of everything that a form may hold."""

    yes: bool
    number: int = field(metadata={"signed": True})
    size: int
    share: Fraction = field(metadata={"signed": True})
    name: str
    role: Literal["programmer", "handset"]
    grown: Leaf | Twig
    perhaps: Leaf | None
    anything: bool | int | str | tuple[int, ...] | Leaf | Twig | None
    row: tuple[tuple[str, Fraction], ...]
    pair: tuple[int, Leaf | None]


def ratios() -> st.SearchStrategy[Fraction]:
    """Ratios, long ones among them."""
    whole = st.one_of(st.integers(-100, 100), st.integers(-(10**60), 10**60))
    return st.builds(Fraction, whole, st.one_of(st.integers(1, 100), st.integers(1, 10**60)))


def trees() -> st.SearchStrategy[Tree]:
    """Any tree."""
    size, text = st.integers(0, LARGEST), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    leaf = st.builds(Leaf, text, size)
    grown = st.one_of(leaf, st.builds(Twig, text, size))
    return st.builds(
        Tree,
        yes=st.booleans(),
        number=st.integers(-LARGEST, LARGEST),
        size=size,
        share=ratios(),
        name=text,
        role=st.sampled_from(["programmer", "handset"]),
        grown=grown,
        perhaps=st.none() | leaf,
        anything=st.one_of(st.none(), st.booleans(), size, text, st.lists(size, max_size=3).map(tuple), grown),
        row=st.lists(st.tuples(text, ratios().map(abs)), max_size=3).map(tuple),
        pair=st.tuples(size, st.none() | leaf),
    )


@given(one=trees(), other=trees())
def test_everything_a_form_may_hold_is_read_back(one: Tree, other: Tree) -> None:
    """Exactly, through text too; equal values have equal texts and different ones different texts."""
    assert decode(Tree, encode(Tree, one)) == one
    assert from_text(Tree, to_text(Tree, one)) == one
    assert from_text(Tree, to_text(Tree, one).encode("ascii")) == one
    assert (to_text(Tree, one) == to_text(Tree, other)) == (one == other)


@given(
    text=programs(),
    concentration=st.sampled_from(CONCENTRATIONS),
    start=STARTS,
    volume=st.sampled_from([300, 2500, 20_000]),
    happened=acts(),
)
@check(max_examples=30, deadline=None)
def test_random_states_settings_and_events_are_read_back(
    text: str, concentration: str, start: int, volume: int, happened: list[Act]
) -> None:
    """After everything that happens; a pump that goes on from what was read does exactly what the other one does."""
    state, _ = both(text, concentration, start, volume)
    again = state
    for act in happened:
        event = event_of(act, state.settings.concentration)
        assert from_text(Event, to_text(Event, event)) == event
        state, actions = controller.step(state, event, act.minute * MINUTE)
        again, same = controller.step(again, event, act.minute * MINUTE)
        assert same == actions
        written = to_text(State, state)
        again = from_text(State, written)
        assert again == state
        assert to_text(State, again) == written


def test_every_kind_of_event_is_read_back() -> None:
    """A union names its classes."""
    told = settings("2.4 mg/day\nlimit 4 mg per 24 h")
    refilled = Refilled(5, "morphine", told.labels, Bridge(Fraction(1, 3), Fraction(2)), told.orders)
    for event in (
        Tick(),
        Press(),
        Program(told.orders),
        refilled,
        Prime(Fraction(7, 2), 60),
        Rotor(True),
        BatteryReset(),
    ):
        assert from_text(Event, to_text(Event, event)) == event
    assert to_text(Event, Press()) == '{"is":"Press"}'
    assert to_text(Event, Rotor(True)) == '{"is":"Rotor","stalled":true}'
    assert to_text(Rotor, Rotor(True)) == '{"stalled":true}'


def a_state() -> State:
    """A pump in the middle of its work."""
    told = settings(
        "0.313 mg/day\nbolus 0.1 mg over 20 min every 5 h from 03:00\non demand 0.1 mg over 4 min, "
        "lockout 1 h, max 4 per day\nramp to 1 mg/day by 10 % every 1 day\nlimit 4 mg per 24 h"
    )
    state, _ = run(filled(told), 30 * HOUR)
    state, _ = controller.step(state, Press(), state.now + 1)
    labels = (("morphine", ng_per_mL("7 mg/mL")), ("clonidine", ng_per_mL("0.1 mg/mL")))
    refilled = Refilled(10**10, "morphine", labels, Bridge(Fraction(10**8), Fraction(10**9, DAY_MS)))
    return controller.step(state, refilled, state.now + 7 * MINUTE)[0]


STATE = json.loads(to_text(State, a_state()))


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in JSON data."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in inside for place in places(value, (*path, key)))]


def changed(data: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy with one place replaced."""
    if not path:
        return new
    items = data.items() if isinstance(data, dict) else enumerate(data)
    copy = {key: changed(value, path[1:], new) if key == path[0] else value for key, value in items}
    return copy if isinstance(data, dict) else list(copy.values())


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    """What is there."""
    return at(data[path[0]], path[1:]) if path else data


ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 10**30, 1.5, float("nan"), "", "1/2", "2/4", "0/1", "-1/2", "1/0", "01/2", "1/-2",
    "٣/2", " 1/2", "1" * 5000 + "/1", "morphine", [], {}, [[]], {"is": "Press"}, [1, 2], "\ud800",
)  # fmt: skip


@given(place=st.sampled_from(places(STATE)), new=st.sampled_from(ODD))
@check(max_examples=1500, deadline=None)
def test_anything_odd_anywhere_is_refused_or_means_exactly_what_it_says(place: tuple[str | int, ...], new: Any) -> None:
    """Nothing is converted, rounded or filled in: what is accepted is written back as it was."""
    data = changed(STATE, place, new)
    try:
        state = decode(State, data)
    except EncodingError as error:
        said = str(error)
    else:
        said = ""
        assert encode(State, state) == data
        assert json.dumps(encode(State, state)) == json.dumps(data)
    assert len(said) < 400
    assert "\n" not in said


@given(place=st.sampled_from([place for place in places(STATE) if place and isinstance(place[-1], str)]))
def test_a_missing_field_is_refused_with_its_place(place: tuple[str | int, ...]) -> None:
    """None has a default when it is read."""
    left = {key: value for key, value in at(STATE, place[:-1]).items() if key != place[-1]}
    data = changed(STATE, place[:-1], left)
    with pytest.raises(EncodingError, match=f'lacks "{place[-1]}"'):
        decode(State, data)


@given(place=st.sampled_from([place for place in places(STATE) if isinstance(at(STATE, place), dict)]))
def test_an_unknown_field_is_refused(place: tuple[str | int, ...]) -> None:
    """Wherever there are fields."""
    with pytest.raises(EncodingError, match='"more" is unknown in a '):
        decode(State, changed(STATE, place, {**at(STATE, place), "more": 1}))


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        (Given, '{"start":0,"end":true,"flow":"1/1","labels":[]}', "end: is true, not a whole number"),
        (Given, '{"start":-1,"end":5,"flow":"1/1","labels":[]}', f"start: is -1; write 0 to {LARGEST}"),
        (Given, '{"start":0,"end":5,"flow":"-1/1","labels":[]}', "flow: is below zero; write 0 or more"),
        (Given, '{"start":0,"end":5,"flow":1,"labels":[]}', 'flow: is 1, not an exact ratio such as "1/2"'),
        (Given, '{"start":0,"end":5,"flow":"2/4","labels":[]}', 'flow: is "2/4"; write it in lowest terms'),
        (Given, '{"start":0,"end":5,"flow":"1/2","labels":[["a","1/2"],["b"]]}', "labels[1]: holds 1, not 2"),
        (Given, '{"start":0,"end":5,"flow":"1/2","labels":[["a","1/2"],["b",""]]}',
         'labels[1][1]: is "", not an exact ratio such as "1/2"'),
        (Given, '{"start":0,"end":5,"flow":"1/2","labels":{}}', "labels: is an object, not a list"),
        (Given, '{"start":0,"end":5,"flow":"1/2"}', 'lacks "labels" (Given)'),
        (Given, '{"start":0,"end":5,"flow":"1/2","labels":[],"end":5}', '"end" stands twice in one object'),
        (Given, '{"start":5,"end":5,"flow":"1/2","labels":[]}', '"end" must lie after "start"'),
        (Given, "[]", "is a list, not an object (Given)"),
        (Rotor, '{"stalled":1}', "stalled: is 1, not true or false"),
        (Rotor, '{"stalled":null}', "stalled: is nothing, not true or false"),
        (Rotor, '{"stalled":0.5}', '0.5 is a decimal; write a whole number, or an exact ratio as "1/2"'),
        (Rotor, '{"stalled":NaN}', 'NaN is a decimal; write a whole number, or an exact ratio as "1/2"'),
        (Rotor, '{"stalled":' + "7" * 9000 + "}", "is longer than any that is meant"),
        (Rotor, "[" * 100_000, "the text is nested too deeply; write JSON as the form says"),
        (Rotor, '{"stalled":' + '{"a":' * 100_000, "the text is nested too deeply; write JSON as the form says"),
        (Rotor, '{"stalled":true', "the text is not JSON: Expecting ',' delimiter at character 15"),
        (Rotor, b'{"stalled":\xff}', "the text is not UTF-8; write JSON"),
        (Rotor, "\ufeff{}", "the text is not JSON: "),
        (Rotor, "", "the text is not JSON: Expecting value at character 0"),
        (Leaf, '{"kind":"\\ud800","size":1}', "kind: is a text with half a character (a lone surrogate)"),
        (Event, '{"is":"Pres"}', '"is" is "Pres"; write one of Tick, Press, Program, '),
        (Event, '{"is":["Press"]}', '"is" is a list; write one of Tick'),
        (Event, "{}", '"is" is nothing; write one of Tick'),
        (Event, '"Press"', 'is "Press", not Tick or Press or '),
        (Event, '{"is":"Press","at":3}', '"at" is unknown in a Press'),
        (Leaf | None, "7", "is 7, not Leaf or nothing"),
        (Literal["programmer", "handset"], '"nurse"', 'is "nurse"; write one of programmer, handset'),
        (tuple[int, int], "[1]", "holds 1, not 2"),
    ],
)  # fmt: skip
def test_the_message_says_where_and_what(form: Any, text: str | bytes, said: str) -> None:
    """And what would be right."""
    with pytest.raises(EncodingError) as refused:
        from_text(form, text)
    assert said in str(refused.value)
    assert str(refused.value).startswith(said) or "7" * 9 in str(refused.value)


def test_a_text_that_is_too_long_is_not_even_read() -> None:
    """The caller says how long it may be."""
    with pytest.raises(EncodingError, match="the text is 16 long; at most 15 is read"):
        parse('{"stalled":true}', longest=15)
    assert parse(b'{"stalled":true}', longest=16) == {"stalled": True}


@given(data=st.binary(max_size=40) | st.text(max_size=40))
@check(max_examples=500)
def test_garbage_gives_one_kind_of_error(data: bytes | str) -> None:
    """Whatever it is."""
    for form in (Event, State, Tree):
        with pytest.raises(EncodingError):
            from_text(form, data)


def test_numbers_have_a_longest() -> None:
    """The longest ratio is read back; one digit more is refused when it is written and when it is read."""
    longest = Fraction(10 ** (MOST_DIGITS - 1) + 1, 10 ** (MOST_DIGITS - 1))
    assert from_text(Fraction, to_text(Fraction, longest)) == longest
    assert from_text(Fraction, to_text(Fraction, -longest)) == -longest
    with pytest.raises(EncodingError, match=f"has more than {MOST_DIGITS} digits"):
        to_text(Fraction, Fraction(10**MOST_DIGITS + 1, 3))
    with pytest.raises(EncodingError, match="not an exact ratio"):
        from_text(Fraction, f'"{"1" * (MOST_DIGITS + 2)}/1"')


@pytest.mark.parametrize(
    ("form", "value", "said"),
    [
        (Rotor, Rotor(1), "stalled: is 1, not true or false"),  # type: ignore[arg-type]
        (Rotor, Press(), "is a Press, not a Rotor"),
        (Event, Leaf("a", 1), "is a Leaf, not Tick or"),
        (Leaf, Leaf("a", True), "size: is true, not a whole number"),
        (Leaf, Leaf("a", 2**63), f"size: is {2**63}; write 0 to"),
        (Leaf, Leaf("a", 10**900), "size: is an absurdly long number; write 0 to"),
        (Leaf, Leaf(None, 1), "kind: is nothing, not a text"),  # type: ignore[arg-type]
        (Prime, Prime(0.5, 1), "volume: is a decimal, not an exact ratio"),  # type: ignore[arg-type]
        (Prime, Prime(Fraction(1), 0), '"over" must be above zero'),
        (tuple[int, ...], [1], "is a list, not a tuple"),
        (tuple[int, int], (1, None), "[1]: is nothing, not a whole number"),
        (tuple[int, int], [1, 2], "is a list, not a tuple"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(form: Any, value: Any, said: str) -> None:
    """The pump fails before it acts, not when it starts again."""
    with pytest.raises(EncodingError) as refused:
        encode(form, value)
    assert str(refused.value).startswith(said)


@dataclass(frozen=True)
class Particular:
    """A class with a demand of its own."""

    size: int

    def __post_init__(self) -> None:
        if self.size % 2:
            raise ValueError("must be even")


@dataclass(frozen=True)
class Hidden:
    """A field that cannot be given back to the class."""

    size: int = field(init=False, default=3)


def test_a_class_may_have_demands_of_its_own() -> None:
    """What it raises becomes the message, with the place."""
    with pytest.raises(EncodingError, match=r"^\[1\]: must be even$"):
        decode(tuple[Particular, ...], [{"size": 2}, {"size": 3}])


@pytest.mark.parametrize(
    "form",
    [float, dict[str, int], list[int], Any, bytes, Literal[1, 2], str | Fraction, Hidden, tuple[int, ...] | tuple[str]],
)
def test_a_form_that_has_no_exact_json_is_a_mistake_of_the_program(form: Any) -> None:
    """Decimals and mappings, and unions whose options would look alike."""
    with pytest.raises(TypeError):
        encode(form, None)


def test_a_state_of_400_days_stays_small() -> None:
    """Its text is a few hundred kilobytes, which a pump's memory holds many times over."""
    state = filled(
        settings("0.5 mg/day\n07:00-19:30 0.71 mg/day\non demand 0.02 mg over 7 min, lockout 2 h, max 9 per day")
    )
    for number in range(400 * 6):
        if number % 240 == 0:
            state, _ = controller.step(state, Refilled(20 * 10**9, "morphine", state.settings.labels), state.now)
        state, _ = controller.step(state, Press(), (number + 1) * 4 * HOUR)
    assert len(state.given) > 4000
    assert len(to_text(State, state)) < 2**20


def test_forms_cover_all_that_the_pump_holds() -> None:
    """Each class can be written by itself."""
    state = a_state()
    parts: list[tuple[Any, Any]] = [(Settings, state.settings), (Orders, state.settings.orders), (Bridge, state.bridge)]
    parts += [(Hardware, state.settings.hardware), (Given, state.given[-1])]
    parts += [(Running, Running("patient", 1, 2, Fraction(1, 3), Fraction(2)))]
    for form, value in parts:
        assert from_text(form, to_text(form, value)) == value
