"""Keys of the torture's programmers, handsets and strangers: the same in every run, so that a run can be repeated."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from intrathecal.pump.telemetry.channel import key_context, pump_context
from intrathecal.pump.telemetry.identity import Identity

#: Who is on the air, and the role that the pump knows them in; nobody paired the stranger.
ROLES = {"first programmer": "programmer", "second programmer": "programmer", "handset": "handset"}
STRANGER = "stranger"
PUMP = "pump"


@lru_cache
def identity(name: str) -> Identity:
    """A key and its certificate, worked out of the name."""
    key = Ed25519PrivateKey.from_private_bytes(sha256(f"torture {name}".encode()).digest())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"torture {name}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1 + len(name))
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, None)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(private.decode(), certificate.public_bytes(Encoding.PEM).decode())


@lru_cache
def fingerprint(name: str) -> str:
    """The fingerprint of somebody's certificate."""
    return identity(name).fingerprint


@lru_cache
def pump_side() -> ssl.SSLContext:
    """What the pump's ends of lines need: it knows everybody but the stranger."""
    return pump_context(identity(PUMP), [identity(name).certificate_pem for name in ROLES])


@lru_cache
def key_side(name: str) -> ssl.SSLContext:
    """What somebody's ends of lines need."""
    return key_context(identity(name), [identity(PUMP).certificate_pem])
