"""What is said to a pump, by whom, and how often."""

from __future__ import annotations

import ssl
from dataclasses import replace

from tests.torture.defects.defect import HOUR, MINUTE, SECOND, Defect, Patch, situation
from tests.torture.defects.restarts import PRESSED

from intrathecal.pump import controller
from intrathecal.pump.encoding import EncodingError
from intrathecal.pump.settings import Orders
from intrathecal.pump.state import Action, State
from intrathecal.pump.telemetry import messages, service
from intrathecal.pump.telemetry.channel import Channel, pump_context
from intrathecal.pump.telemetry.messages import Answer, Request, SendProgram, Settle
from intrathecal.pump.telemetry.reading import basis_of, reading
from intrathecal.pump.telemetry.service import Peer, Service
from intrathecal.pump.unit import Unit
from intrathecal.torture import keys
from intrathecal.torture.plan import Happening

PROGRAMMER = "first programmer"


def _stale_read_back(patch: Patch) -> None:
    right = reading
    shown: list[messages.Reading] = []

    def wrong(unit: Unit) -> messages.Reading:
        told = right(unit)
        shown.append(told)
        return replace(told, program=shown[0].program, fill=shown[0].fill)

    patch.setattr(service, "reading", wrong)


def _long_answers_not_sent(patch: Patch) -> None:
    right = Service.answer

    def wrong(self: Service, peer: Peer, data: bytes) -> bytes:
        answer = right(self, peer, data)
        if isinstance(messages.read_answer(answer).told, messages.Reading):
            raise EncodingError("the answer is too long")
        return answer

    patch.setattr(Service, "answer", wrong)


def _orders_of_the_old_program(patch: Patch) -> None:
    right = controller._program

    def wrong(state: State, orders: Orders) -> tuple[State, list[Action]]:
        after, actions = right(state, orders)
        return replace(after, settings=state.settings), actions

    patch.setattr(controller, "_program", wrong)


def _half_of_the_old_program(patch: Patch) -> None:
    right = controller._program

    def wrong(state: State, orders: Orders) -> tuple[State, list[Action]]:
        return right(state, replace(orders, demand=state.settings.orders.demand))

    patch.setattr(controller, "_program", wrong)


def _refused_program_runs(patch: Patch) -> None:
    right = controller._program

    def wrong(state: State, orders: Orders) -> tuple[State, list[Action]]:
        after, actions = right(state, orders)
        return replace(after, settings=replace(after.settings, orders=orders)), actions

    patch.setattr(controller, "_program", wrong)


def _done_again(patch: Patch) -> None:
    right = Service._answer

    def wrong(self: Service, peer: Peer, request: Request) -> Answer:
        if isinstance(request.ask, Settle):
            return right(self, peer, request)
        with patch.context() as within:
            within.setattr(Unit, "answered", lambda unit, request: None)
            return right(self, peer, request)

    patch.setattr(Service, "_answer", wrong)


def _given_up_and_done(patch: Patch) -> None:
    patch.setattr(Unit, "burn", lambda unit, request: True)


def _basis_not_looked_at(patch: Patch) -> None:
    right = Service._program

    def wrong(self: Service, request: str, sent: SendProgram, by: str) -> str:
        return right(self, request, replace(sent, basis=basis_of(self._unit)), by)

    patch.setattr(Service, "_program", wrong)


def _handset_programs(patch: Patch) -> None:
    _take_for_programmer(patch, "handset")


def _stranger_stops(patch: Patch) -> None:
    _take_for_programmer(patch, keys.STRANGER)


def _take_for_programmer(patch: Patch, who: str) -> None:
    right = Service._answer

    def wrong(self: Service, peer: Peer, request: Request) -> Answer:
        if peer.fingerprint == keys.fingerprint(who):
            peer = replace(peer, fingerprint=keys.fingerprint(PROGRAMMER))
        return right(self, peer, request)

    patch.setattr(Service, "_answer", wrong)


def _certificates_not_asked_for(patch: Patch) -> None:
    def wrong() -> ssl.SSLContext:
        context = pump_context(keys.identity(keys.PUMP), [])
        context.verify_mode = ssl.CERT_NONE
        return context

    patch.setattr(keys, "pump_side", wrong)


def _recorded_line_taken(patch: Patch) -> None:
    right = Channel.receive
    taken: dict[bytes, list[bytes]] = {}

    def wrong(self: Channel, data: bytes) -> list[bytes]:
        if data not in taken:
            taken[data] = right(self, data)
        return taken[data]

    patch.setattr(Channel, "receive", wrong)


STEADY, FASTER = "2.4 mg/day", "4.8 mg/day"
OTHER_PRESSES = "4.8 mg/day\non demand 0.05 mg over 5 min, lockout 2 h, max 2 per day"
TOO_MUCH = "24 mg/day\nlimit 0.5 mg per 1 h"
#: Amounts of forged messages: a handset that programs, a stranger that stops.
FORGED_PROGRAM, FORGED_STOP = 5, 6

READ_BACK = situation(
    [STEADY, FASTER],
    HOUR,
    Happening(10 * MINUTE, "interrogate"),
    Happening(20 * MINUTE, "program", 1),
    Happening(20 * MINUTE + SECOND, "interrogate"),
)
PROGRAMMED = situation([PRESSED, OTHER_PRESSES], HOUR, Happening(20 * MINUTE, "program", 1))
REFUSED = situation([STEADY, TOO_MUCH], HOUR, Happening(20 * MINUTE, "program", 1))
SENT_TWICE = situation([STEADY], 2 * HOUR, Happening(10 * MINUTE, "prime", copies=(0, 40 * MINUTE), answered=False))
GIVEN_UP = situation([STEADY], HOUR, Happening(10 * MINUTE, "prime", copies=(10 * MINUTE,), answered=False))
TWO_PROGRAMMERS = situation([STEADY, FASTER], HOUR, Happening(10 * MINUTE, "two-programmers", 1, MINUTE))
HANDSET = situation([STEADY, FASTER], HOUR, Happening(10 * MINUTE, "forged-message", FORGED_PROGRAM))
STRANGER = situation([STEADY], HOUR, Happening(10 * MINUTE, "forged-message", FORGED_STOP))
STRANGE_KEY = situation([STEADY], HOUR, Happening(10 * MINUTE, "stranger"))
REPLAYED = situation(
    [PRESSED], HOUR, Happening(10 * MINUTE, "press", secure=True), Happening(20 * MINUTE, "replayed-session")
)

DEFECTS = (
    Defect(
        "stale read-back",
        "an interrogation shows what the last one showed",
        _stale_read_back,
        READ_BACK,
        "atomic",
        "is read back",
    ),
    Defect(
        "no answer to an interrogation",
        "what is too long to be told is an error, and no answer",
        _long_answers_not_sent,
        READ_BACK,
        "alive",
        "the pump has no answer",
    ),
    Defect(
        "text of the new program, orders of the old",
        "a new program is shown, and the old one runs on",
        _orders_of_the_old_program,
        PROGRAMMED,
        "atomic",
        "was taken last",
    ),
    Defect(
        "half of the old program kept",
        "a new program leaves the patient's bolus as it was",
        _half_of_the_old_program,
        PROGRAMMED,
        "atomic",
        "was taken last",
    ),
    Defect(
        "refused program runs",
        "a program that breaks its own limit is refused, and runs",
        _refused_program_runs,
        REFUSED,
        "atomic",
        "was taken last",
    ),
    Defect(
        "unacknowledged command done twice",
        "a request that comes a second time is done a second time",
        _done_again,
        SENT_TWICE,
        "dose",
        "the words ask for",
    ),
    Defect(
        "given up request done when it comes late",
        "a sender is told that its request never arrived, and then it is done",
        _given_up_and_done,
        GIVEN_UP,
        "answer",
        'answered "never" and then "done"',
    ),
    Defect(
        "program taken that was shown beside an old state",
        "the second of two programmers is believed, though the first was quicker",
        _basis_not_looked_at,
        TWO_PROGRAMMERS,
        "stale",
        "had changed since the sender read it",
    ),
    Defect(
        "handset programs",
        "a handset's key may what a programmer's may",
        _handset_programs,
        HANDSET,
        "role",
        "handset had the pump do SendProgram",
    ),
    Defect(
        "forged message accepted",
        "one who was never paired may stop the pump",
        _stranger_stops,
        STRANGER,
        "role",
        "stranger had the pump do Stop",
    ),
    Defect(
        "a stranger's key let in",
        "the pump does not ask who is at the other end of a line",
        _certificates_not_asked_for,
        STRANGE_KEY,
        "role",
        "a stranger's key was let in",
    ),
    Defect(
        "replayed message accepted",
        "bytes that were taken once are taken again, without fresh keys",
        _recorded_line_taken,
        REPLAYED,
        "role",
        "was taken when it was played again",
    ),
)
