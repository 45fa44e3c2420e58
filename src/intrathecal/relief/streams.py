"""Generators for many days of one seed: those of `numpy.random.SeedSequence`, found for all days at once.

A seed sequence mixes the words of the seed and of its key, one after the other, into a pool of four; what a generator starts from
is hashed out of that. Only the last word, the day, differs here. The arithmetic is that of O'Neill 2015 ("Developing a seed_seq
alternative"), as numpy has it, in whole numbers of 32 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

Words = NDArray[np.uint32]

WORD_BITS, HALF = 32, np.uint32(16)
WORD = 2**WORD_BITS
POOL = 4
#: Words that a generator starts from.
START = 8
#: The hash: what it begins with and is multiplied by, going in and coming out.
IN_FROM, IN_BY = 0x43B0D7E5, 0x931E8875
OUT_FROM, OUT_BY = 0x8B51F9DD, 0x58F38DED
#: What old and new are multiplied by where they are mixed.
OLD_BY, NEW_BY = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)


def generators(seed: int, stream: int, days: Sequence[int]) -> Iterator[np.random.Generator]:
    """The generators of ``numpy.random.default_rng(SeedSequence(seed, spawn_key=(stream, day)))``, one for each of ``days``."""
    for words in _starts(seed, stream, days):
        yield np.random.Generator(np.random.PCG64(cast(np.random.SeedSequence, _Known(words))))


class _Known(ISeedSequence):
    """A seed sequence whose words are known."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: object = np.uint32) -> NDArray[np.uint64]:
        """The words; a generator asks for four of 64 bits."""
        return self._words


def _starts(seed: int, stream: int, days: Sequence[int]) -> NDArray[np.uint64]:
    """What the generators start from (days, 4)."""
    before = np.asarray(np.random.SeedSequence(seed, spawn_key=(stream,)).pool, dtype=np.uint32)
    # each of the four words, then every pair of two, and what does not fit into the pool: the rest of a long seed, the stream
    words = max(POOL, -(-seed.bit_length() // WORD_BITS)) + 1
    hashed = POOL * words
    going_in, coming_out = _hashes(IN_FROM, IN_BY, hashed, POOL), _hashes(OUT_FROM, OUT_BY, 0, START)
    day = _folded((np.asarray(days, dtype=np.uint32)[:, None] ^ going_in[:-1]) * going_in[1:])
    pool = _folded(OLD_BY * before - NEW_BY * day)
    start = _folded((np.concatenate([pool, pool], axis=1) ^ coming_out[:-1]) * coming_out[1:])
    return start.astype("<u4").view("<u8").astype(np.uint64)


def _folded(words: Words) -> Words:
    """The upper half of every word laid over its lower half."""
    return np.asarray(words ^ (words >> HALF))


def _hashes(first: int, by: int, skipped: int, count: int) -> Words:
    """The numbers of a hash (count + 1) after so many that are ``skipped``."""
    return np.array([first * pow(by, skipped + step, WORD) % WORD for step in range(count + 1)], dtype=np.uint32)
