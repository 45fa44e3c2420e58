"""Sessions with a pump: pair, read, act, and know what is certain."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from intrathecal.programmer.client import Address, Line, LineLost
from intrathecal.programmer.errors import KeyFileError, PairingError, Refused, Uncertain, Unreachable
from intrathecal.programmer.keyfile import (
    KnownPump,
    Unanswered,
    forget,
    load_key,
    make_key,
    remember,
    save_key,
    unanswered,
)
from intrathecal.pump.controller import Stop
from intrathecal.pump.telemetry.channel import key_context, pairing_context
from intrathecal.pump.telemetry.identity import fingerprint_of
from intrathecal.pump.telemetry.messages import (
    Ask,
    Became,
    Interrogate,
    Pair,
    Readiness,
    Reading,
    Ready,
    Request,
    Settle,
    Welcome,
    name_problem,
)
from intrathecal.pump.telemetry.pairing import Role, proof, proves, read_code

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What became of a command that was not answered when it was sent: a sentence."""

    sent: Unanswered
    became: Became

    def __str__(self) -> str:
        said = {
            "done": "was carried out",
            "refused": f"was refused: {self.became.reason}",
            "never": "never arrived, and will not be carried out any more",
        }
        return f"{self.sent.what}, sent at {self.sent.sent_at} and not answered then, {said[self.became.outcome]}"


class Session:
    """A line of a paired key; use it in a ``with`` statement."""

    def __init__(self, address: Address, key_file: Path) -> None:
        self._key_file = key_file
        self._key = load_key(key_file)
        self.address = address
        self._line = Line(address, key_context(self._key.identity, [pump.certificate for pump in self._key.pumps]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._line.__exit__(*raised)

    def read(self) -> Reading:
        """All that the pump tells a programmer. Raises `Unreachable`, `Refused`."""
        return self._told(Interrogate(), Reading)

    def read_back(self) -> Reading:
        """All that the pump tells after it said that something was done. Raises `Uncertain`."""
        try:
            return self.read()
        except (Unreachable, Refused) as lost:
            raise Uncertain(
                f"{self.address}: delivery uncertain: the pump said that it was done, and could not be read back ({lost}); "
                "read it with intrathecal interrogate"
            ) from None

    def ready(self) -> Readiness:
        """What the pump tells a handset. Raises `Unreachable`, `Refused`."""
        return self._told(Ready(), Readiness)

    def called(self, reading: Reading) -> str:
        """The name by which the pump knows this session's key; its file's name where it does not say."""
        own = fingerprint_of(self._key.certificate)
        return next((known.name for known in reading.keys if known.fingerprint == own), self._key_file.stem)

    def settle(self) -> list[Outcome]:
        """Learn what became of every command that this pump has not answered. Raises `Unreachable`, `Refused`."""
        outcomes = []
        for sent in unanswered(self._key_file, fingerprint_of(self._line.certificate)):
            outcomes.append(Outcome(sent, self._told(Settle(sent.id), Became)))
            forget(self._key_file, sent.id)
        return outcomes

    def act(self, ask: Ask, what: str) -> None:
        """Have something done; ``what`` names it. Raises `Refused`, or `Uncertain` when the answer is lost."""
        request = Request(ask)
        self._remember(request, what)
        self._send(request, what)

    def stop(self) -> None:
        """An emergency stop: sent also where it cannot be noted, on a disk that is full. Raises as `act`."""
        request, what = Request(Stop()), "an emergency stop"
        with suppress(KeyFileError):
            self._remember(request, what)
        self._send(request, what)

    def _remember(self, request: Request, what: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        remember(self._key_file, Unanswered(request.id, fingerprint_of(self._line.certificate), what, now))

    def _send(self, request: Request, what: str) -> None:
        try:
            answer = self._line.ask(request)
        except LineLost as lost:
            raise Uncertain(
                f"{self.address}: delivery uncertain: {lost} after {what} was sent; "
                f"read the pump with intrathecal interrogate, which says whether it was carried out"
            ) from None
        forget(self._key_file, request.id)
        if answer.outcome != "done":
            raise Refused(answer.reason)

    def _told(self, ask: Interrogate | Ready | Settle, form: type[T]) -> T:
        try:
            answer = self._line.ask(Request(ask))
        except LineLost as lost:
            raise Unreachable(f"{self.address}: {lost}") from None
        if answer.outcome != "done":
            raise Refused(answer.reason)
        if not isinstance(answer.told, form):
            raise Unreachable(f"{self.address}: the answer is not what was asked for")
        return answer.told


def pair(address: Address, role: Role, typed_code: str, key_file: Path, name: str) -> KnownPump:
    """Make a key known to a pump by the code that the pump printed; the key file is made if there is none.

    Raises `PairingError`, `KeyFileError`, `Refused`, `Unreachable`.
    """
    code = read_code(typed_code)
    if not code:
        raise PairingError("--code: is no pairing code; type the four groups of five that the pump printed")
    if problem := name_problem(name):
        raise PairingError(f"{name!a} for the pump's log: {problem}; say another with --name")
    key = load_key(key_file) if key_file.exists() else make_key()
    # The key is on the disk before a pump knows it: a pairing whose answer is lost can be made again with the same key.
    save_key(key_file, key)
    with Line(address, pairing_context()) as line:
        own, its = fingerprint_of(key.certificate), fingerprint_of(line.certificate)
        try:
            shown = proof(code, "key", its, own, role)
            answer = line.ask(Request(Pair(role, name, key.certificate, shown)))
        except LineLost as lost:
            raise Unreachable(f"{address}: {lost}; pair again") from None
        certificate = line.certificate
    if answer.outcome != "done" or not isinstance(answer.told, Welcome):
        raise Refused(answer.reason or "the pump did not say who it is")
    if not proves(answer.told.proof, code, "pump", its, own, role):
        raise PairingError(
            f"{address}: what answers does not know the code: it is not the pump, or not alone; do not use it"
        )
    pump = KnownPump(answer.told.serial, answer.told.model, certificate, role)
    save_key(key_file, key.with_pump(pump))
    return pump
