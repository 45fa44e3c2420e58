"""Keys and certificates."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from intrathecal.pump.telemetry.identity import (
    IdentityError,
    fingerprint_of,
    make_identity,
    read_certificate,
    read_identity,
)


def certificate(signer: object, subject: object, ca: bool) -> str:
    """A certificate of ``subject``'s key, signed by ``signer``."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(subject.public_key())  # type: ignore[attr-defined]
        .serial_number(7)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    hashed = SHA256() if isinstance(signer, ec.EllipticCurvePrivateKey) else None
    made = builder.sign(signer, hashed)  # type: ignore[arg-type]
    return made.public_bytes(Encoding.PEM).decode()


def test_a_new_identity_reads_back_and_no_two_are_alike() -> None:
    """A key and its certificate belong together, and are somebody else's never."""
    first, second = make_identity(), make_identity()
    assert read_identity(first.private_pem, first.certificate_pem) == first
    assert first.fingerprint != second.fingerprint
    with pytest.raises(IdentityError, match="do not belong together"):
        read_identity(first.private_pem, second.certificate_pem)


def test_a_certificate_that_may_sign_others_is_refused() -> None:
    """Its holder could make new keys that the pump would take for known ones."""
    key = Ed25519PrivateKey.generate()
    with pytest.raises(IdentityError, match="another kind"):
        read_certificate(certificate(key, key, ca=True))


def test_a_certificate_of_another_kind_or_signed_by_another_is_refused() -> None:
    """Only Ed25519, and only what the key signed for itself."""
    curve = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(IdentityError, match="another kind"):
        read_certificate(certificate(curve, curve, ca=False))
    mine, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    with pytest.raises(IdentityError, match="not signed by its own key"):
        read_certificate(certificate(other, mine, ca=False))


@pytest.mark.parametrize(
    "text", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x" * 5000]
)
def test_what_is_no_certificate_is_one_message(text: str) -> None:
    """Garbage gives an error of one sentence."""
    with pytest.raises(IdentityError):
        fingerprint_of(text)
    with pytest.raises(IdentityError):
        read_certificate(text)


def test_a_private_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Garbage in place of the key is one message."""
    identity = make_identity()
    with pytest.raises(IdentityError, match="cannot be read"):
        read_identity("garbage", identity.certificate_pem)
