"""Who is who: an Ed25519 key with a certificate that it signs itself; the certificate's fingerprint is the name.

Nothing signs for anybody else and nothing expires: a certificate counts because its very bytes are known to the other
side since pairing, and it ends when it is taken out there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

#: Certificates that do not expire, as RFC 5280 (4.1.2.5) writes them.
_FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
#: One of ours has some 400 characters.
LONGEST_CERTIFICATE = 2000


class IdentityError(ValueError):
    """A key or certificate that is none of ours: one message."""


@dataclass(frozen=True)
class Identity:
    """A private key and its certificate, both PEM."""

    private_pem: str
    certificate_pem: str

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate's DER bytes, in hex."""
        return fingerprint_of(self.certificate_pem)


def make_identity() -> Identity:
    """A new key with its certificate. The certificate's subject is random: it says nothing, and no two share one."""
    key = Ed25519PrivateKey.generate()
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{serial:x}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(_BEGINNING)
        .not_valid_after(_FOREVER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, None)
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(private.decode(), certificate.public_bytes(Encoding.PEM).decode())


def read_identity(private_pem: str, certificate_pem: str) -> Identity:
    """Check that both are whole and belong together. Raises `IdentityError`."""
    read_certificate(certificate_pem)
    try:
        key = load_pem_private_key(private_pem.encode(), None)
    except (ValueError, TypeError):
        raise IdentityError("the private key cannot be read") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise IdentityError("the private key is no Ed25519 key")
    if key.public_key() != _certificate(certificate_pem).public_key():
        raise IdentityError("the private key and the certificate do not belong together")
    return Identity(private_pem, certificate_pem)


def read_certificate(pem: str) -> str:
    """The certificate in one spelling of its PEM, if it is one of ours. Raises `IdentityError`.

    It must be Ed25519, signed by itself, and may sign for nobody else: one that might would let its holder make new ones.
    """
    certificate = _certificate(pem)
    key = certificate.public_key()
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not isinstance(key, Ed25519PublicKey) or constraints.ca:
            raise IdentityError("the certificate is of another kind than a pump or programmer has")
        key.verify(certificate.signature, certificate.tbs_certificate_bytes)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, InvalidSignature, ValueError) as problem:
        if isinstance(problem, IdentityError):
            raise
        raise IdentityError("the certificate is not signed by its own key") from None
    return certificate.public_bytes(Encoding.PEM).decode()


def fingerprint_of(pem: str) -> str:
    """The SHA-256 of a certificate's DER bytes, in hex. Raises `IdentityError`."""
    return fingerprint_of_der(_certificate(pem).public_bytes(Encoding.DER))


def fingerprint_of_der(der: bytes) -> str:
    """The SHA-256 of a certificate's bytes, in hex."""
    return sha256(der).hexdigest()


def _certificate(pem: str) -> x509.Certificate:
    if len(pem) > LONGEST_CERTIFICATE:
        raise IdentityError("the certificate is far too long")
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise IdentityError("the certificate cannot be read") from None
