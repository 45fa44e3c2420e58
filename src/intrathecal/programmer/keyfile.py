"""The key file of a programmer or handset: its identity, the pumps it is paired with, and what they have not answered yet.

The file is as secret as the key in it and is readable for its owner only. Beside it, in ``NAME.unanswered/``, lies a small
file for each command that was sent and not answered: it is written before the command leaves.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from intrathecal.programmer.errors import KeyFileError
from intrathecal.pump.encoding import EncodingError, decode, encode, parse
from intrathecal.pump.telemetry.identity import Identity, IdentityError, make_identity, read_certificate, read_identity
from intrathecal.pump.telemetry.pairing import Role

#: Far above what a thousand pumps take.
LONGEST_FILE = 2_000_000


@dataclass(frozen=True)
class KnownPump:
    """A pump that the key is paired with: its serial number, model and certificate, and as what it knows the key."""

    serial: str
    model: str
    certificate: str
    role: Role


@dataclass(frozen=True)
class Key:
    """What a key file holds."""

    private_key: str
    certificate: str
    pumps: tuple[KnownPump, ...] = ()

    @property
    def identity(self) -> Identity:
        """The key as the line needs it."""
        return Identity(self.private_key, self.certificate)

    def pump_of(self, certificate: str) -> KnownPump | None:
        """The pump with this certificate."""
        return next((pump for pump in self.pumps if pump.certificate == certificate), None)

    def with_pump(self, pump: KnownPump) -> Key:
        """The key paired with one more pump, or with a known one again."""
        others = tuple(known for known in self.pumps if known.certificate != pump.certificate)
        return replace(self, pumps=(*others, pump))


@dataclass(frozen=True)
class Unanswered:
    """A command that was sent to the pump with this certificate; ``what`` says what it was and ``sent_at`` when."""

    id: str
    pump: str
    what: str
    sent_at: str


def make_key() -> Key:
    """A key that no pump knows yet."""
    identity = make_identity()
    return Key(identity.private_pem, identity.certificate_pem)


def load_key(path: Path) -> Key:
    """Read a key file. Raises `KeyFileError`."""
    if path.exists() and not path.is_file():
        # Whatever a pipe might bring, nobody would wait for it.
        raise KeyFileError(f"{path}: cannot be read (it is not a file); name another file")
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_FILE + 1)
    except OSError as problem:
        remedy = "run intrathecal pair first, or name another file" if not path.exists() else "name another file"
        raise KeyFileError(f"{path}: cannot be read ({problem.strerror}); {remedy}") from None
    try:
        key = decode(Key, parse(text, LONGEST_FILE))
        read_identity(key.private_key, key.certificate)
        for pump in key.pumps:
            read_certificate(pump.certificate)
    except (EncodingError, IdentityError) as problem:
        raise KeyFileError(f"{path}: is no key file ({problem}); name the file that intrathecal pair wrote") from None
    return key


def save_key(path: Path, key: Key) -> None:
    """Write a key file, whole or not at all, for its owner only. Raises `KeyFileError`."""
    _write(path, json.dumps(encode(Key, key), indent=1) + "\n")


def is_private(path: Path) -> bool:
    """Whether nobody but its owner may read the file."""
    return path.stat().st_mode & 0o077 == 0


def remember(path: Path, sent: Unanswered) -> None:
    """Note that a command is about to leave. Raises `KeyFileError`."""
    folder = _folder(path)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise KeyFileError(f"{folder}: cannot be made ({problem.strerror}); put the key where you can write") from None
    _write(folder / f"{sent.id}.json", json.dumps(encode(Unanswered, sent)) + "\n")


def forget(path: Path, request: str) -> None:
    """The pump has answered. A note that cannot be removed does no harm: the pump is asked again."""
    with suppress(OSError):
        (_folder(path) / f"{request}.json").unlink()


def unanswered(path: Path, pump: str) -> list[Unanswered]:
    """What the pump with this certificate has not answered, in order of time. Raises `KeyFileError`."""
    found = []
    for file in sorted(_folder(path).glob("*.json")):
        try:
            sent = decode(Unanswered, parse(file.read_bytes(), LONGEST_FILE))
        except FileNotFoundError:
            continue  # another program with the same key has had its answer
        except (OSError, EncodingError) as problem:
            raise KeyFileError(f"{file}: cannot be read ({problem}); read the pump, then remove this file") from None
        if sent.pump == pump:
            found.append(sent)
    return sorted(found, key=lambda sent: sent.sent_at)


def _folder(path: Path) -> Path:
    return path.with_name(f"{path.name}.unanswered")


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        raise KeyFileError(
            f"{path}: cannot be written ({problem.strerror}); name another file or free some space"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
