"""Lines between pumps, programmers, strangers and men in the middle, without sockets."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intrathecal.pump.telemetry.channel import (
    Channel,
    ChannelError,
    key_context,
    pairing_context,
    pump_context,
)
from intrathecal.pump.telemetry.identity import make_identity

PUMP, KEY, STRANGER = make_identity(), make_identity(), make_identity()


def line(of_key: ssl.SSLContext, of_pump: ssl.SSLContext) -> tuple[Channel, Channel]:
    """A line that both ends have greeted over."""
    key, pump = Channel(of_key, of_pump=False), Channel(of_pump, of_pump=True)
    for _ in range(3):
        if sent := key.outgoing():
            pump.receive(sent)
        if sent := pump.outgoing():
            key.receive(sent)
    return key, pump


def paired() -> tuple[Channel, Channel]:
    """A line of a paired key."""
    return line(key_context(KEY, [PUMP.certificate_pem]), pump_context(PUMP, [KEY.certificate_pem]))


@pytest.mark.requirement("PCA-R8-1", "PCA-EC24")
def test_both_sides_know_each_other() -> None:
    """A paired key gets a line, and each end knows whose certificate is at the other."""
    key, pump = paired()
    assert (key.open, pump.open) == (True, True)
    assert (key.peer, pump.peer) == (PUMP.fingerprint, KEY.fingerprint)
    key.send(b"question")
    assert pump.receive(key.outgoing()) == [b"question"]
    pump.send(b"answer" * 10_000)
    assert key.receive(pump.outgoing()) == [b"answer" * 10_000]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=3000), max_size=4), st.lists(st.integers(1, 2000), min_size=1))
def test_any_cut_of_the_encrypted_bytes_gives_the_same_messages(bodies: list[bytes], lengths: list[int]) -> None:
    """From the first greeting to the last message, the network may cut where it likes."""
    key = Channel(key_context(KEY, [PUMP.certificate_pem]), of_pump=False)
    pump = Channel(pump_context(PUMP, [KEY.certificate_pem]), of_pump=True)
    came: list[bytes] = []
    waiting = list(bodies)
    turn = 0
    for _ in range(4):
        for source, target in ((key, pump), (pump, key)):
            if source is key and key.open:
                for body in waiting:
                    key.send(body)
                waiting = []
            data = source.outgoing()
            while data:
                length = lengths[turn % len(lengths)]
                turn += 1
                came += target.receive(data[:length])
                data = data[length:]
    assert came == bodies


@pytest.mark.requirement("PCA-EC14", "PCA-EC15")
def test_a_strangers_key_gets_no_line() -> None:
    """The pump refuses a certificate that it does not know, and says so."""
    with pytest.raises(ChannelError) as refused:
        line(key_context(STRANGER, [PUMP.certificate_pem]), pump_context(PUMP, [KEY.certificate_pem]))
    assert refused.value.stranger


def test_a_certificate_with_a_known_name_but_another_key_gets_no_line() -> None:
    """A copy of the certificate without its private key is worth nothing: the key must sign the greeting."""
    forged = type(STRANGER)(STRANGER.private_pem, KEY.certificate_pem)
    with pytest.raises(ssl.SSLError):
        key_context(forged, [PUMP.certificate_pem])


def test_one_without_a_certificate_gets_a_line_that_names_nobody() -> None:
    """It is good for pairing; long messages are not taken on it."""
    key, pump = line(pairing_context(), pump_context(PUMP, [KEY.certificate_pem]))
    assert pump.open
    assert pump.peer == ""
    assert key.peer == PUMP.fingerprint
    key.send(b"x" * 10_000)
    assert pump.receive(key.outgoing()) == []
    assert "10000 bytes" in pump.error


def test_another_pump_in_its_place_gets_no_line() -> None:
    """A man in the middle with a certificate of his own is found out by the programmer."""
    with pytest.raises(ChannelError) as refused:
        line(key_context(KEY, [PUMP.certificate_pem]), pump_context(STRANGER, [KEY.certificate_pem]))
    assert refused.value.stranger


@pytest.mark.requirement("PCA-EC24")
def test_a_recorded_session_played_again_gets_nowhere() -> None:
    """The pump's half of the keys is new every time: what was recorded cannot be read and nothing of it is done."""
    key = Channel(key_context(KEY, [PUMP.certificate_pem]), of_pump=False)
    context = pump_context(PUMP, [KEY.certificate_pem])
    pump = Channel(context, of_pump=True)
    recorded = [key.outgoing()]
    pump.receive(recorded[0])
    key.receive(pump.outgoing())
    key.send(b"press")
    recorded.append(key.outgoing())
    assert pump.receive(recorded[1]) == [b"press"]
    again = Channel(context, of_pump=True)
    again.receive(recorded[0])
    with pytest.raises(ChannelError):
        again.receive(recorded[1])
    assert not again.open


def test_one_bit_changed_on_the_way_ends_the_line() -> None:
    """Nothing of a message that was changed is ever seen."""
    key, pump = paired()
    key.send(b"question")
    sent = bytearray(key.outgoing())
    sent[-1] ^= 1
    with pytest.raises(ChannelError):
        pump.receive(bytes(sent))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=40_000))
def test_garbage_is_an_error_and_no_exception_of_another_kind(garbage: bytes) -> None:
    """Any bytes on a fresh line either wait for more or end it."""
    pump = Channel(pump_context(PUMP, [KEY.certificate_pem]), of_pump=True)
    with suppress(ChannelError):
        assert pump.receive(garbage) == []
    assert not pump.open


def test_a_greeting_that_never_ends_is_cut() -> None:
    """A record that announces itself long and comes in drops fills no memory."""
    pump = Channel(pump_context(PUMP, []), of_pump=True)
    pump.receive(b"\x16\x03\x01\x40\x00\x01")
    for _ in range(16):
        pump.receive(bytes(1000))
    with pytest.raises(ChannelError, match="does not end"):
        pump.receive(bytes(1000))


def test_older_versions_of_tls_are_not_spoken() -> None:
    """A line is never talked down to an older version."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ChannelError):
        line(old, pump_context(PUMP, []))


def test_another_protocol_gets_no_line() -> None:
    """TLS alone is not enough: both sides must mean this protocol."""
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    other.check_hostname = False
    other.verify_mode = ssl.CERT_NONE
    with pytest.raises(ChannelError, match="another protocol"):
        line(other, pump_context(PUMP, []))


def test_hanging_up_is_seen() -> None:
    """The end of the line is no error, and no message comes after it."""
    key, pump = paired()
    key.send(b"question")
    assert pump.receive(key.outgoing()[:-1]) == []
    assert pump.receive(b"") == []
    assert pump.ended
