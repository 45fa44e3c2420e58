"""Buckets and sieves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from intrathecal.pump.telemetry.guard import Bucket, Sieve

times = st.lists(st.integers(0, 100_000), max_size=60).map(sorted)


@given(times, st.integers(1, 5), st.integers(1, 20_000))
def test_no_window_of_time_lets_more_pass_than_the_bucket_says(tried: list[int], size: int, each: int) -> None:
    """In any time T at most size + T / each pass."""
    bucket = Bucket(size, each)
    passed = [now for now in tried if bucket.take(now)]
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= size + (passed[last] - start) / each


@given(times, st.integers(1, 5), st.integers(1, 20_000))
def test_a_bucket_agrees_with_one_that_counts_plainly(tried: list[int], size: int, each: int) -> None:
    """Against a second way: tokens counted one by one, in units of 1/each."""
    bucket, tokens, last = Bucket(size, each), size * each, 0
    for now in tried:
        tokens, last = min(size * each, tokens + now - last), now
        may = tokens >= each
        assert bucket.take(now) == may
        tokens -= each if may else 0


def test_what_was_not_written_is_counted_in_the_next_entry() -> None:
    """Nothing happens unseen: an entry says how many like it went before."""
    sieve = Sieve(2, 1000)
    written = [sieve.pass_on("stranger", f"stranger {number}", 10) for number in range(5)]
    assert written == ["stranger 0", "stranger 1", "", "", ""]
    assert sieve.pass_on("garbage", "garbage", 10) == "garbage"
    assert sieve.pass_on("stranger", "stranger 5", 2010) == "stranger 5 (3 more like it since the entry before)"
    assert sieve.pass_on("stranger", "stranger 6", 2010) == "stranger 6"
