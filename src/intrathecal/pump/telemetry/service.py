"""Who may ask what, and what the pump does about it.

A programmer may ask everything; a handset may press and see whether a press would be given; a stranger may only try to be
paired. What acts is told to the unit in one durable record with the id of its request, so that it is done once at most, also
when an answer is lost or the pump restarts, and what became of it can be asked for later.
"""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.pump.book import Paired
from intrathecal.pump.controller import Event, Press, Prime, Program
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.pace import keep_up
from intrathecal.pump.records import FirstFill
from intrathecal.pump.sentences import answer_of
from intrathecal.pump.telemetry.checks import (
    STANDING_STILL,
    first_fill_problem,
    prime_problem,
    program_problem,
    refill_problem,
)
from intrathecal.pump.telemetry.guard import Bucket, Sieve
from intrathecal.pump.telemetry.identity import IdentityError, fingerprint_of, read_certificate
from intrathecal.pump.telemetry.messages import (
    Answer,
    Ask,
    Became,
    Interrogate,
    Pair,
    Ready,
    Request,
    SendProgram,
    Settle,
    TellRefill,
    Unpair,
    Welcome,
    answer_bytes,
    read_request,
)
from intrathecal.pump.telemetry.own import CERTIFICATE, CODE
from intrathecal.pump.telemetry.pairing import attempts, proof, proves, read_code
from intrathecal.pump.telemetry.reading import basis_of, press_refusal, readiness, reading
from intrathecal.pump.unit import Unit

#: Troubles of one kind that are logged at once, and one more every so many ms: less than twenty a day of all kinds.
TROUBLES = 5
MS_PER_TROUBLE = 6 * 3_600_000
#: Sessions of one key that are logged at once, and one more every so many ms.
SESSIONS = 30
MS_PER_SESSION = 600_000
#: Refused presses that are each recorded at once, and one more every so many ms.
PRESSES = 20
MS_PER_PRESS = 30_000
CHANGED = "the pump has changed since it was read; read it again and look at the new state"
NOT_FILLED = "the pump has not been told its first fill; tell it with intrathecal refilled"


class Unsure(Exception):
    """The memory failed while it was to keep what was asked: only when it is read again is it known whether that is done."""


@dataclass(frozen=True)
class Peer:
    """Who is at the other end: the fingerprint of the certificate shown (empty: none) and where the line comes from."""

    fingerprint: str
    address: str


class Service:
    """Answers requests for one unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._attempts = attempts()
        self._troubles = Sieve(TROUBLES, MS_PER_TROUBLE)
        self._sessions = Sieve(SESSIONS, MS_PER_SESSION)
        self._presses: dict[str, Bucket] = {}

    def name_of(self, peer: Peer) -> str:
        """How the log calls a peer."""
        paired = self._unit.book.paired.get(peer.fingerprint)
        known = "a stranger" if paired is None else f"{paired.role} {paired.name} {peer.fingerprint[:8]}"
        return f"{known} at {peer.address}"

    def greet(self, peer: Peer) -> None:
        """Log that a known key is there."""
        written = self._sessions.pass_on(peer.fingerprint, "connected", self._unit.now())
        if written:
            self._unit.note("session", written, by=self.name_of(peer))

    def trouble(self, kind: str, text: str) -> None:
        """Log what should not have come; of a flood only the first and then few entries, each with how many went before."""
        written = self._troubles.pass_on(kind, text, self._unit.now())
        if written:
            self._unit.note(kind, written, fault=True)

    def answer(self, peer: Peer, data: bytes) -> bytes:
        """The answer to one request. Raises `EncodingError` for what is none; nothing is done then.

        Raises `Unsure` when neither "done" nor "refused" would be certain: no answer may be given then.
        """
        request = read_request(data)
        keep_up(self._unit)
        remembered = self._unit.remembers
        answer = self._answer(peer, request)
        if remembered and not self._unit.remembers:
            raise Unsure(self._unit.failed)
        try:
            return answer_bytes(answer)
        except EncodingError as problem:
            return answer_bytes(Answer(answer.id, "refused", f"the pump cannot say it: {problem}"))

    def _answer(self, peer: Peer, request: Request) -> Answer:
        paired = self._unit.book.paired.get(peer.fingerprint)
        role = "" if paired is None else paired.role
        ask = request.ask
        if isinstance(ask, Pair):
            return self._pair(peer, request.id, ask)
        if role != "programmer" and not (role == "handset" and isinstance(ask, Press | Ready | Settle)):
            who = f"a {role}" if role else "a stranger"
            self.trouble("refused", f"{self.name_of(peer)} asked for {type(ask).__name__}")
            return Answer(request.id, "refused", f"{who} may not ask this of the pump")
        match ask:
            case Interrogate():
                return Answer(request.id, "done", told=reading(self._unit))
            case Ready():
                return Answer(request.id, "done", told=readiness(self._unit))
            case Settle(other):
                return self._settle(request.id, other)
        before = self._unit.answered(request.id)
        reason = self._act(peer, request.id, ask) if before is None else before.reason
        return Answer(request.id, "refused" if reason else "done", reason)

    def _act(self, peer: Peer, request: str, ask: Ask) -> str:
        """Do what is asked; the reason why not is empty when it is done."""
        by = self.name_of(peer)
        match ask:
            case Press():
                return self._press(peer, request, by)
            case SendProgram():
                return self._program(request, ask, by)
            case FirstFill():
                return self._first_fill(request, ask, by)
            case TellRefill():
                return self._refill(request, ask, by)
            case Prime():
                return self._prime(request, ask, by)
            case Unpair(fingerprint):
                return self._unpair(peer, fingerprint, by)
            case Pair() | Interrogate() | Ready() | Settle():
                raise AssertionError(ask)
            case event:
                return self._tell(event, request, by)

    def _tell(self, event: Event, request: str, by: str, text: str = "") -> str:
        if self._unit.state is None:
            return self._unit.failed or NOT_FILLED
        return answer_of(self._unit.tell(event, by=by, request=request, text=text))

    def _press(self, peer: Peer, request: str, by: str) -> str:
        """A press that is refused is recorded, but somebody who presses all day does not fill the log with it."""
        state = self._unit.state
        allowed = self._presses.setdefault(peer.fingerprint, Bucket(PRESSES, MS_PER_PRESS))
        if state is not None and not allowed.take(self._unit.now()):
            reason = self._unit.failed or press_refusal(state, self._unit.now())
            if reason:
                self.trouble("pressed", f"{by} pressed again and again: {reason}")
                return reason
        return self._tell(Press(), request, by)

    def _program(self, request: str, sent: SendProgram, by: str) -> str:
        state = self._unit.state
        if state is None:
            return self._unit.failed or NOT_FILLED
        if sent.basis != basis_of(self._unit):
            return CHANGED
        problem = program_problem(state.settings, sent)
        return problem or self._tell(Program(sent.orders), request, by, sent.text)

    def _first_fill(self, request: str, told: FirstFill, by: str) -> str:
        if self._unit.state is not None:
            return CHANGED
        problem = first_fill_problem(self._unit.hardware, told)
        if problem:
            return problem
        text = "stop" if told.settings.hardware.fixed is None else ""
        return answer_of(self._unit.tell(told, by=by, request=request, text=text))

    def _refill(self, request: str, told: TellRefill, by: str) -> str:
        state = self._unit.state
        if state is None:
            return self._unit.failed or NOT_FILLED
        if told.basis != basis_of(self._unit):
            return CHANGED
        problem = refill_problem(state.settings, told.refilled)
        text = "stop" if told.refilled.orders == STANDING_STILL else ""
        return problem or self._tell(told.refilled, request, by, text)

    def _prime(self, request: str, prime: Prime, by: str) -> str:
        state = self._unit.state
        problem = "" if state is None else prime_problem(state.settings, prime)
        return problem or self._tell(prime, request, by)

    def _settle(self, request: str, other: str) -> Answer:
        before = self._unit.answered(other)
        if before is not None:
            became = Became("refused" if before.reason else "done", before.reason)
        elif self._unit.burn(other):
            became = Became("never", "")
        else:
            return Answer(request, "refused", self._unit.failed)
        return Answer(request, "done", told=became)

    def _unpair(self, peer: Peer, fingerprint: str, by: str) -> str:
        if fingerprint not in self._unit.book.paired:
            return "no key with this fingerprint is paired"
        if fingerprint == peer.fingerprint:
            return "a programmer cannot take out its own key; use another one"
        return "" if self._unit.unpair(fingerprint, by) else self._unit.failed

    def _pair(self, peer: Peer, request: str, ask: Pair) -> Answer:
        """Take a key that proves that its holder knows the printed code."""
        unit = self._unit
        kept, who = unit.book.kept, f"{ask.name} at {peer.address}"
        if CODE not in kept or CERTIFICATE not in kept:
            return Answer(request, "refused", unit.failed or "the pump has no pairing code yet")
        code, own = read_code(kept[CODE]), fingerprint_of(kept[CERTIFICATE])
        try:
            certificate = read_certificate(ask.certificate)
        except IdentityError as problem:
            self.trouble("garbage", f"{who} asked to be paired: {problem}")
            return Answer(request, "refused", str(problem))
        key = fingerprint_of(certificate)
        if not self._attempts.has(unit.now()):
            self.trouble("pairing", f"{who} asked to be paired after too many wrong codes")
            return Answer(request, "refused", "too many wrong codes; wait a minute")
        if not proves(ask.proof, code, "key", own, key, ask.role):
            self._attempts.take(unit.now())
            self.trouble("pairing", f"{who} asked to be paired as {ask.role} with a wrong code")
            return Answer(request, "refused", "the code is not the one that this pump printed")
        known = unit.book.paired.get(key)
        if known is not None and known.role != ask.role:
            return Answer(request, "refused", f"this key is a {known.role}'s already; make another one")
        if known is None and not unit.pair(key, Paired(ask.role, ask.name, certificate)):
            return Answer(request, "refused", unit.failed or "the pump knows as many keys as it can; take one out")
        shown = proof(code, "pump", own, key, ask.role)
        return Answer(request, "done", told=Welcome(shown, unit.book.identity.serial, unit.book.identity.model))
