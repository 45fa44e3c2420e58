"""Messages on a stream that may be cut anywhere."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from intrathecal.pump.telemetry.frames import Frames, frame

LIMIT = 300
bodies_of_any_kind = st.lists(st.binary(max_size=LIMIT), max_size=6)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream, cut at these places."""
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(bodies_of_any_kind, st.lists(st.integers(0, 10_000)))
def test_any_cut_of_the_stream_gives_the_same_messages(bodies: list[bytes], cuts: list[int]) -> None:
    """Where the network cuts the bytes makes no difference."""
    stream = b"".join(frame(body) for body in bodies)
    reader = Frames(LIMIT)
    read = [body for piece in pieces(stream, cuts) for body in reader.feed(piece)]
    assert read == bodies
    assert not reader.error
    assert not reader.half


@given(bodies_of_any_kind, st.binary(min_size=1, max_size=100), st.lists(st.integers(0, 10_000)))
def test_messages_before_garbage_are_read_and_none_after_it(
    bodies: list[bytes], garbage: bytes, cuts: list[int]
) -> None:
    """Garbage ends the stream, however it is cut; what came whole before it counts."""
    stream = b"".join(frame(body) for body in bodies) + b"X" + garbage + frame(b"later")
    reader = Frames(LIMIT)
    read = [body for piece in pieces(stream, cuts) for body in reader.feed(piece)]
    assert read == bodies
    assert "no message of this protocol" in reader.error
    assert reader.feed(frame(b"later still")) == []


@given(st.binary(max_size=5000))
def test_no_bytes_whatever_make_a_reader_fail_or_grow(data: bytes) -> None:
    """Any bytes give messages within the limit or an error, and never an exception."""
    reader = Frames(LIMIT)
    assert all(len(body) <= LIMIT for body in reader.feed(data))


def test_a_message_that_is_too_long_is_refused_when_it_is_announced() -> None:
    """The pump does not wait for the bytes, which it would have to keep."""
    reader = Frames(LIMIT)
    assert reader.feed(frame(bytes(LIMIT + 1))[:7]) == []
    assert str(LIMIT + 1) in reader.error


def test_another_version_is_named() -> None:
    """A message of a later version says so, instead of being taken for garbage."""
    reader = Frames(LIMIT)
    reader.feed(b"IT\x02\x00\x00\x00\x00")
    assert "version 2" in reader.error


def test_half_a_message_is_known_to_be_half() -> None:
    """The pump can tell a line that was cut within a message from one that was ended."""
    reader = Frames(LIMIT)
    reader.feed(frame(b"hello")[:-1])
    assert reader.half
