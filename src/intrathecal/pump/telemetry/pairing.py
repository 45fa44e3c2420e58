"""How a stranger becomes known: both sides prove that they know the code that the pump printed.

The code is random and long enough (100 bits) that nobody can try all, also not one who has recorded a whole pairing, so
that a plain HMAC is proof enough. It covers both certificates: a man in the middle shows each side another certificate
than the other side has, and without the code cannot make a proof for it.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Literal

from intrathecal.pump.telemetry.guard import Bucket

Role = Literal["programmer", "handset"]
ROLES: tuple[Role, ...] = ("programmer", "handset")
#: Crockford's base 32: no letter that could be read as a figure.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 20
GROUP = 5
_READ_AS = str.maketrans("OIL", "011", "- ")
#: Wrong codes that may come at once, and how long until the next one may.
TRIES = 5
MS_PER_TRY = 60_000


def make_code() -> str:
    """A new code in groups of five."""
    figures = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(figures[at : at + GROUP] for at in range(0, CODE_LENGTH, GROUP))


def read_code(typed: str) -> str:
    """The code as it is used, from what a person typed; empty if it is no code."""
    code = typed.strip().upper().translate(_READ_AS)
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else ""


def proof(code: str, side: Literal["key", "pump"], pump: str, key: str, role: str) -> str:
    """What shows that ``side`` knows the code (as `read_code` gives it): hex.

    ``pump`` and ``key`` are the fingerprints of both certificates.
    """
    message = "\n".join(("intrathecal pairing 1", side, pump, key, role))
    return hmac.new(code.encode(), message.encode(), "sha256").hexdigest()


def proves(shown: str, code: str, side: Literal["key", "pump"], pump: str, key: str, role: str) -> bool:
    """Whether ``shown`` is that proof."""
    return hmac.compare_digest(shown.encode(), proof(code, side, pump, key, role).encode())


def attempts() -> Bucket:
    """How many wrong codes are looked at. It keeps the log and the processor free; the code needs no such help."""
    return Bucket(TRIES, MS_PER_TRY)
