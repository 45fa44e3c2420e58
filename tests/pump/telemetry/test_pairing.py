"""The printed code and what it proves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from intrathecal.pump.telemetry.pairing import ALPHABET, CODE_LENGTH, attempts, make_code, proof, proves, read_code

PUMP, KEY = "a" * 64, "b" * 64


@given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH), st.randoms())
def test_a_code_is_read_however_it_is_typed(code: str, random: object) -> None:
    """Small letters, gaps, dashes, and letters that look like figures are all the same code."""
    typed = "".join(
        random.choice([c, c.lower(), c + "-", " " + c, *{"0": "Oo", "1": "ILil"}.get(c, "")])  # type: ignore[attr-defined]
        for c in code
    )
    assert read_code(typed) == code


def test_codes_are_new_each_time_and_hold_a_hundred_bits() -> None:
    """20 figures of 32 kinds."""
    assert len({make_code() for _ in range(100)}) == 100
    assert len(read_code(make_code())) == 20
    assert 32**CODE_LENGTH == 2**100


def test_what_is_no_code_is_none() -> None:
    """Too short, too long, or with a letter that no code has."""
    assert read_code("") == read_code("ABCDE") == read_code(make_code() + "A") == read_code("U" * 20) == ""


def test_a_proof_is_good_for_one_side_one_pump_one_key_and_one_role() -> None:
    """A handset's proof never makes a programmer, and neither side's proof can be sent back as the other's."""
    code = read_code(make_code())
    shown = proof(code, "key", PUMP, KEY, "handset")
    assert proves(shown, code, "key", PUMP, KEY, "handset")
    assert not proves(shown, code, "pump", PUMP, KEY, "handset")
    assert not proves(shown, code, "key", KEY, PUMP, "handset")
    assert not proves(shown, code, "key", PUMP, KEY, "programmer")
    assert not proves(shown, read_code(make_code()), "key", PUMP, KEY, "handset")
    assert not proves("", code, "key", PUMP, KEY, "handset")
    assert not proves("\u00e9", code, "key", PUMP, KEY, "handset")


def test_wrong_codes_are_looked_at_slowly() -> None:
    """Five at once, then one a minute."""
    bucket = attempts()
    assert [bucket.take(0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert not bucket.take(59_999)
    assert bucket.take(60_000)
