"""The memory of what flowed: as it was for the newest pieces, by the hour for older ones if there are very many."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby

from intrathecal.pump.hardware import HOUR_MS
from intrathecal.pump.limits import MEMORY_MS
from intrathecal.pump.state import Given

Labels = tuple[tuple[str, Fraction], ...]

#: Pieces that the memory holds at most. Hours of 400 days and the pieces that stay as they were are fewer.
MOST_PIECES = 20_000
#: The newest stay as they were.
NEWEST = 5_000


def remember(given: tuple[Given, ...], start: int, end: int, volume: Fraction, labels: Labels) -> tuple[Given, ...]:
    """The memory with a volume (pL) that flowed from ``start`` to ``end``: equal neighbours joined, what is too old dropped."""
    flow = volume / (end - start)
    oldest = end - MEMORY_MS
    if given and given[0].end < oldest:
        given = given[next((i for i, piece in enumerate(given) if piece.end >= oldest), len(given)) :]
    if flow == 0:
        return given
    if given and given[-1].end == start and (given[-1].flow, given[-1].labels) == (flow, labels):
        return (*given[:-1], Given(given[-1].start, end, flow, labels))
    given = (*given, Given(start, end, flow, labels))
    return given if len(given) <= MOST_PIECES else (*_by_the_hour(given[:-NEWEST]), *given[-NEWEST:])


def _by_the_hour(given: tuple[Given, ...]) -> list[Given]:
    """Each hour's volume, as if all had come in its last ms: a window that holds a part of the hour counts the whole of it."""
    hours = groupby(given, key=lambda piece: (piece.end // HOUR_MS, piece.labels))
    return [_joined(list(pieces), labels) for (_, labels), pieces in hours]


def _joined(pieces: list[Given], labels: Labels) -> Given:
    if len(pieces) == 1:
        return pieces[0]
    volume = sum((piece.flow * (piece.end - piece.start) for piece in pieces), Fraction(0))
    return Given(pieces[-1].end - 1, pieces[-1].end, volume, labels)
