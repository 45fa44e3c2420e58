"""The pump's own key and pairing code: made at its first start, kept in its memory."""

from __future__ import annotations

from intrathecal.pump.telemetry.identity import Identity, make_identity
from intrathecal.pump.telemetry.pairing import make_code
from intrathecal.pump.unit import Unit

PRIVATE_KEY, CERTIFICATE, CODE = "private key", "certificate", "pairing code"


def own_identity(unit: Unit) -> Identity:
    """The pump's key and certificate; made if it has none yet."""
    kept = unit.book.kept
    if PRIVATE_KEY not in kept or CERTIFICATE not in kept:
        identity = make_identity()
        unit.keep(PRIVATE_KEY, identity.private_pem)
        unit.keep(CERTIFICATE, identity.certificate_pem)
        return identity
    return Identity(kept[PRIVATE_KEY], kept[CERTIFICATE])


def own_code(unit: Unit) -> str:
    """The code to print: it is shown until a first key is paired, and never again; empty then."""
    if CODE not in unit.book.kept:
        return new_code(unit)
    return "" if unit.book.paired else unit.book.kept[CODE]


def new_code(unit: Unit) -> str:
    """A new code, from now on; the one before is worth nothing any more. Keys that are paired stay so.

    Empty if the pump has no memory to keep it in.
    """
    code = make_code()
    return code if unit.keep(CODE, code) else ""
