"""Everybody who talks to the pump, and the air between: messages that are lost, late, doubled, out of order or forged.

What the pump answered is checked against what it does, and what a sender is left in doubt of is asked for later.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from intrathecal.pump.book import Answered
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.telemetry.channel import Channel, ChannelError
from intrathecal.pump.telemetry.messages import (
    Answer,
    Ask,
    Became,
    Reading,
    Request,
    Settle,
    read_answer,
    request_bytes,
)
from intrathecal.pump.telemetry.service import Peer, Unsure
from intrathecal.torture import keys
from intrathecal.torture.plan import Happening
from intrathecal.torture.pump import Rig
from intrathecal.torture.violation import Violation

#: A sender who has no answer asks what became of it after so long.
DOUBT_MS = 90_000
#: What only reads is not remembered.
READING, SETTLE = "interrogate", "settle"


@dataclass(frozen=True)
class Meant:
    """What a request means to the checker when it is done (at a time of the counter), or refused at first sight."""

    kind: str
    done: Callable[[int], None] = lambda at: None
    refused: Callable[[int, str], None] = lambda at, reason: None
    allowed: bool = True


@dataclass(frozen=True)
class Silence:
    """The ``number``-th message that arrives is lost, or all from then on; or only its answer (``heard``)."""

    number: int
    lasting: bool
    heard: bool

    def holds(self, arrived: int) -> bool:
        """Whether the message that is the ``arrived``-th is lost."""
        return arrived == self.number or (self.lasting and arrived > self.number)


@dataclass(order=True)
class _Letter:
    at: int
    number: int
    who: str = field(compare=False)
    request: Request = field(compare=False)
    meant: Meant = field(compare=False)
    happening: Happening = field(compare=False)


class Air:
    """The radio around one pump."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._letters: list[_Letter] = []
        self._sent = 0
        #: What the pump said, or was found to have done, by request.
        self.outcomes: dict[str, str] = {}
        self._recorded: list[bytes] = []
        #: What has reached the pump and has no answer.
        self._open: list[_Letter] = []
        rig.after_start = self._be_sure
        self.arrived = 0
        self._silence: Silence | None = None

    @property
    def next_at(self) -> int | None:
        """When the next message arrives."""
        return self._letters[0].at if self._letters else None

    def send(self, happening: Happening, who: str, ask: Ask, meant: Meant) -> str:
        """Send a request; returns its id."""
        self._sent += 1
        request = Request(ask, sha256(f"{self._rig.plan.seed} {self._sent}".encode()).hexdigest()[:32])
        at = self._rig.real
        for delay in happening.copies:
            self._post(at + delay, who, request, meant, happening)
        if not happening.copies or not happening.answered:
            self._doubt(who, request, meant)
        return request.id

    def be_silent(self, silence: Silence) -> None:
        """Lose messages as well as those of the plan."""
        self._silence = silence

    def _doubt(self, who: str, request: Request, meant: Meant) -> None:
        """A sender who has no answer to what acts asks some time later what became of it."""
        if meant.kind not in (READING, SETTLE):
            settle = Request(Settle(request.id), sha256(request.id.encode()).hexdigest()[:32])
            at = self._rig.real
            self._post(at + DOUBT_MS, who, settle, Meant(SETTLE, allowed=meant.allowed), Happening(at, "interrogate"))

    def _post(self, at: int, who: str, request: Request, meant: Meant, happening: Happening) -> None:
        self._sent += 1
        heapq.heappush(self._letters, _Letter(at, self._sent, who, request, meant, happening))

    def arrive(self) -> None:
        """The next message reaches the pump; it is its time now."""
        letter = heapq.heappop(self._letters)
        self.arrived += 1
        silence = self._silence
        silent = silence is not None and silence.holds(self.arrived)
        if silence is not None and silent and not silence.heard:
            self._doubt(letter.who, letter.request, letter.meant)
            return
        self._rig.catch_up()
        self._open.append(letter)
        answer = self._rig.guarded(lambda: self._carry(letter))
        if answer is None:
            # The power failed, and a restart has looked into the memory; or the memory failed, and the next one will.
            self._rig.look()
            return
        self._open.remove(letter)
        if silent:
            self._doubt(letter.who, letter.request, letter.meant)
        if isinstance(letter.request.ask, Settle):
            self._settled(letter, answer)
        else:
            self._answered(letter, answer)
        self._rig.look()

    def _be_sure(self) -> None:
        """The memory was read again: it knows what became of requests that had no answer when it or the power failed."""
        letters, self._open = self._open, []
        for letter in letters:
            if not isinstance(letter.request.ask, Settle):
                self._answered(letter, None)

    def _carry(self, letter: _Letter) -> Answer | None:
        """Bring a message to the pump; None when the pump itself does not know whether it is done."""
        try:
            return self._brought(letter)
        except Unsure:
            return None

    def _brought(self, letter: _Letter) -> Answer:
        body = request_bytes(letter.request)
        if letter.happening.secure:
            return read_answer(self._through_tls(letter.who, body))
        return read_answer(self._asked(Peer(keys.fingerprint(letter.who), "the air"), body))

    def _asked(self, peer: Peer, body: bytes) -> bytes:
        try:
            return self._rig.service.answer(peer, body)
        except EncodingError as problem:
            raise Violation("alive", f"the pump has no answer: {problem}") from None

    def _through_tls(self, who: str, body: bytes) -> bytes:
        """The same over a real encrypted line."""
        pump, key = Channel(keys.pump_side(), of_pump=True), Channel(keys.key_side(who), of_pump=False)
        recorded = _shake_hands(pump, key)
        key.send(body)
        recorded.append(key.outgoing())
        self._recorded = recorded
        self._rig.service.greet(Peer(pump.peer, "the air"))
        for message in pump.receive(recorded[-1]):
            pump.send(self._asked(Peer(pump.peer, "the air"), message))
        (answer,) = key.receive(pump.outgoing())
        return answer

    # ---- what came of it

    def _answered(self, letter: _Letter, answer: Answer | None) -> None:
        """Hold an answer, or after a power cut what the pump remembers of it, against what was known before."""
        request, known = letter.request, self.outcomes.get(letter.request.id)
        remembered = self._rig.unit.answered(request.id)
        if answer is None:
            if remembered is None:
                return
            outcome, reason = ("refused" if remembered.reason else "done"), remembered.reason
        else:
            outcome, reason = answer.outcome, answer.reason
        if not letter.meant.allowed:
            if outcome == "done":
                raise Violation("role", f"{letter.who} had the pump do {type(request.ask).__name__}")
            return
        if known is not None:
            if (known == "done") != (outcome == "done"):
                raise Violation("answer", f'a {letter.meant.kind} was answered "{known}" and then "{outcome}"')
            return
        if outcome == "done" and remembered is None and letter.meant.kind != READING:
            raise Violation("answer", f"a {letter.meant.kind} was done and is not remembered")
        self.outcomes[request.id] = outcome
        self._take(letter.meant, answer, remembered, reason)

    def _take(self, meant: Meant, answer: Answer | None, remembered: Answered | None, reason: str) -> None:
        """Tell the checker what was done or refused, at its time on the counter, and look for it in the log."""
        state = self._rig.unit.state
        at = remembered.at if remembered is not None else state.now if state is not None else 0
        if answer is not None and isinstance(answer.told, Reading):
            self._rig.checker.read_back(answer.told)
        if reason:
            meant.refused(at, reason)
        else:
            meant.done(at)
        if remembered is not None:
            self._check_logged(meant.kind, at, reason)

    def _settled(self, letter: _Letter, answer: Answer | None) -> None:
        ask = letter.request.ask
        if answer is None or not isinstance(ask, Settle) or not isinstance(answer.told, Became):
            return
        became = answer.told.outcome
        known = self.outcomes.setdefault(ask.request, became)
        if letter.meant.allowed and (known == "done") != (became == "done"):
            raise Violation("answer", f'what was "{known}" is told to be "{became}" when asked for later')

    def _check_logged(self, kind: str, at: int, reason: str) -> None:
        recent = self._rig.unit.book.events[-8:]
        if not any(entry.kind == kind and entry.last == at and reason[:60] in entry.text for entry in recent):
            raise Violation("log", f'a {kind} at {at} ("{reason}") is not in the log')

    # ---- what is not meant well

    def garbage(self, happening: Happening) -> None:
        """Bytes that are no request, from one who is known."""
        data = Random(happening.amount).randbytes(1 + happening.amount % 300)  # noqa: S311 - repeatable, not secret
        service, peer = self._rig.service, Peer(keys.fingerprint("first programmer"), "the air")
        try:
            self._rig.guarded(lambda: service.answer(peer, data))
        except EncodingError as problem:
            message = str(problem)
            self._rig.guarded(lambda: service.trouble("garbage", message))
        else:
            raise Violation("role", "the pump took garbage for a request")
        self._rig.look()

    def torn(self, happening: Happening) -> None:
        """An encrypted line on which one bit is turned on the way: nothing of it may be taken."""
        flipped = happening.amount
        pump, key = Channel(keys.pump_side(), of_pump=True), Channel(keys.key_side("first programmer"), of_pump=False)
        try:
            if flipped % 2:
                _shake_hands(pump, key, flipped // 2)
            _shake_hands(pump, key)
            bodies = []
            if key.open:
                key.send(b"{}")
                bodies = pump.receive(_with_flip(key.outgoing(), flipped // 2))
        except ChannelError as problem:
            message = str(problem)
            self._rig.guarded(lambda: self._rig.service.trouble("garbage", message))
        else:
            if bodies:
                raise Violation("role", "a message that was changed on its way was taken")
        self._rig.look()

    def replayed(self, _: Happening) -> None:
        """A recorded encrypted line is played again."""
        pump = Channel(keys.pump_side(), of_pump=True)
        try:
            for data in self._recorded:
                if pump.receive(data):
                    raise Violation("role", "a recorded line was taken when it was played again")
        except ChannelError as problem:
            message = str(problem)
            self._rig.guarded(lambda: self._rig.service.trouble("garbage", message))
        self._rig.look()

    def stranger(self, _: Happening) -> None:
        """A key that the pump does not know tries to open a line."""
        pump, key = Channel(keys.pump_side(), of_pump=True), Channel(keys.key_side(keys.STRANGER), of_pump=False)
        try:
            _shake_hands(pump, key)
        except ChannelError as problem:
            message = str(problem)
            self._rig.guarded(lambda: self._rig.service.trouble("stranger", message))
        if pump.open:
            raise Violation("role", "a stranger's key was let in")
        self._rig.look()


def _shake_hands(pump: Channel, key: Channel, flipped: int | None = None) -> list[bytes]:
    """Carry bytes both ways until nothing more comes; returns what the key sent. One bit of it may be turned on its way."""
    sent: list[bytes] = []
    while data := key.outgoing():
        sent.append(data if flipped is None else _with_flip(data, flipped))
        pump.receive(sent[-1])
        if data := pump.outgoing():
            key.receive(data)
    return sent


def _with_flip(data: bytes, bit: int) -> bytes:
    turned = bytearray(data)
    turned[bit // 8 % len(turned)] ^= 1 << bit % 8
    return bytes(turned)
