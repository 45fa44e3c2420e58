"""The encrypted line, without a socket of its own: TLS 1.3 over bytes that somebody else carries.

Both sides show a certificate, and each knows the other's very bytes since pairing. A key that the pump does not know gets no
line at all; one who shows no certificate gets a line that is good for pairing only. Sessions are never resumed and nothing is
sent early, so a recorded session is worth nothing when it is played again: keys come fresh from both sides every time.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from intrathecal.pump.telemetry.frames import Frames, frame
from intrathecal.pump.telemetry.identity import Identity, fingerprint_of_der

PROTOCOL = "intrathecal/1"
#: Longest messages: from one who is not known, from one who is, and from a pump (it carries the whole log).
LONGEST_OF_STRANGER = 4 * 1024
LONGEST_REQUEST = 256 * 1024
LONGEST_ANSWER = 4 * 1024 * 1024
#: A handshake of ours takes less than 3 kB.
LONGEST_HANDSHAKE = 16 * 1024
_PIECE = 16 * 1024


class ChannelError(ValueError):
    """A line that cannot be used any more. ``stranger`` says that a certificate was not the right one."""

    def __init__(self, message: str, stranger: bool = False) -> None:
        super().__init__(message)
        self.stranger = stranger


def pump_context(identity: Identity, trusted: Sequence[str]) -> ssl.SSLContext:
    """What a pump needs for its lines: its own identity and the certificates (PEM) that it knows."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, identity)
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL
    if trusted:
        context.load_verify_locations(cadata="".join(trusted))
    return context


def key_context(identity: Identity, pumps: Sequence[str]) -> ssl.SSLContext:
    """What a programmer or handset needs: its own identity and the certificates of the pumps it is paired with."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, identity)
    context.verify_mode = ssl.CERT_REQUIRED
    if pumps:
        context.load_verify_locations(cadata="".join(pumps))
    return context


def pairing_context() -> ssl.SSLContext:
    """What one needs who is to be paired: whom the line leads to is known only when the pump has proved itself."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, None)
    context.verify_mode = ssl.CERT_NONE
    return context


class Channel:
    """One end of a line. Bytes that came go to `receive`; bytes to carry come from `outgoing`."""

    def __init__(self, context: ssl.SSLContext, *, of_pump: bool) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=of_pump)
        self._of_pump = of_pump
        self._frames = Frames(LONGEST_OF_STRANGER if of_pump else LONGEST_ANSWER)
        self._taken = 0
        self.open = False
        self.ended = False
        if not of_pump:
            self._shake()

    @property
    def peer(self) -> str:
        """The fingerprint of the other side's certificate; empty if it has shown none."""
        der = self.peer_certificate
        return "" if der is None else fingerprint_of_der(der)

    @property
    def peer_certificate(self) -> bytes | None:
        """The other side's certificate (DER), which it has proved to hold the key of."""
        return self._tls.getpeercert(binary_form=True) if self.open else None

    @property
    def error(self) -> str:
        """Why what came is no message; empty as long as it is."""
        return self._frames.error

    @property
    def half(self) -> bool:
        """Whether a message has begun and is not whole."""
        return self._frames.half

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes from the other side (none: it has hung up); returns the messages that they make whole.

        ``ended`` is true when nothing more will come, and ``error`` says so when what came is no message. Raises
        `ChannelError` when there is no line; `outgoing` may still hold what tells the other side why.
        """
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        if not self.open:
            self._taken += len(data)
            if self._taken > LONGEST_HANDSHAKE:
                raise ChannelError("a greeting that does not end")
            self._shake()
            if not data and not self.open:
                self.ended = True
        return self._read() if self.open else []

    def send(self, body: bytes) -> None:
        """Send a message; its bytes wait in `outgoing`."""
        self._tls.write(frame(body))

    def outgoing(self) -> bytes:
        """The bytes to carry to the other side."""
        return self._out.read()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLEOFError):
            return
        except ssl.SSLError as problem:
            raise _explained(problem) from None
        if self._tls.selected_alpn_protocol() != PROTOCOL:
            raise ChannelError("the other side speaks another protocol")
        self.open = True
        if self._of_pump and self.peer:
            self._frames.limit = LONGEST_REQUEST

    def _read(self) -> list[bytes]:
        bodies: list[bytes] = []
        while not self.ended:
            try:
                data = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLEOFError:
                data = b""
            except ssl.SSLError as problem:
                raise _explained(problem) from None
            bodies += self._frames.feed(data)
            self.ended = not data or bool(self._frames.error)
        return bodies


def _context(side: int, identity: Identity | None) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # a certificate counts by its bytes; it names no host
    context.set_alpn_protocols([PROTOCOL])
    if identity is not None:
        with _in_file(identity.private_pem + identity.certificate_pem) as path:
            context.load_cert_chain(path)
    return context


@contextmanager
def _in_file(text: str) -> Iterator[str]:
    """A file with this text, as OpenSSL wants it; in memory where the system has that, so that no key touches a disk."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("identity")
        try:
            os.write(number, text.encode())
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "identity")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(text)
            yield path


def _explained(problem: ssl.SSLError) -> ChannelError:
    reason = (problem.reason or "the line broke while it was being set up").lower().replace("_", " ")
    if isinstance(problem, ssl.SSLCertVerificationError):
        return ChannelError("the certificate that was shown is not known here", stranger=True)
    if "alert" in reason and ("unknown ca" in reason or "certificate" in reason):
        return ChannelError("the other side does not know the certificate that was shown", stranger=True)
    return ChannelError(reason)
