"""Telling a pump what is in it, and reading back that it has understood."""

from __future__ import annotations

from dataclasses import dataclass, replace

from intrathecal.programmer.errors import MismatchError, Uncertain
from intrathecal.programmer.filling import AskedBridge, filling, first_fill, refill
from intrathecal.programmer.programming import STANDING, differences, filled
from intrathecal.programmer.session import Session
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Settings
from intrathecal.pump.telemetry.checks import STANDING_STILL
from intrathecal.pump.telemetry.messages import Fill, Reading, TellRefill
from intrathecal.therapy import NewProgram, Program, Refill, Therapy


@dataclass(frozen=True)
class FillProposal:
    """What a pump that was read is to be told about its fill.

    ``refill`` is the same as an event of a file, and ``program`` the one that must follow where the pump will stand still
    until then; both are None for a first fill.
    """

    reading: Reading
    message: FirstFill | TellRefill
    refill: Refill | None = None
    program: Program | None = None

    @property
    def wanted(self) -> Settings:
        """What the pump is to be set to; its clock it works out itself."""
        if isinstance(self.message, FirstFill):
            return self.message.settings
        before, told = filled(self.reading).settings, self.message.refilled
        orders = before.orders if told.orders is None else told.orders
        return replace(before, primary=told.primary, labels=told.labels, orders=orders)

    @property
    def volume_pL(self) -> int:
        """What the pump is told to hold."""
        return self.message.volume_pL if isinstance(self.message, FirstFill) else self.message.refilled.volume_pL

    @property
    def text(self) -> str:
        """The text of the program that then runs."""
        stands = isinstance(self.message, FirstFill) or self.message.refilled.orders == STANDING_STILL
        return STANDING if stands else self.reading.program


def propose_fill(plan: Therapy, reading: Reading, event: int | None, bridge: AskedBridge | None) -> FillProposal:
    """The file's first fill or refill for the pump that was read. Raises `MismatchError`."""
    if reading.fill is None:
        if event is not None:
            raise MismatchError(
                f"--event {event}: the pump has not been told its first fill, which is the file's [fill]; leave --event out"
            )
        return FillProposal(reading, first_fill(plan, reading.model))
    told = filling(plan, event)
    message = refill(plan, told, bridge, reading.model, reading.fill, reading.basis)
    stands = message.refilled.orders == STANDING_STILL
    return FillProposal(reading, message, told.as_event(bridge), _next_program(plan, event) if stands else None)


def _next_program(plan: Therapy, event: int | None) -> Program:
    """The program that the file has at the time of a fill; the pump stands still where it has none."""
    if event is None:
        return plan.program or Program.parse(STANDING)
    at_ms = plan.events[event - 1].at_ms
    programs = [one.action.program for one in plan.events if one.at_ms == at_ms and isinstance(one.action, NewProgram)]
    return programs[-1] if programs else Program.parse(STANDING)


def tell_fill(session: Session, plan: Therapy, event: int | None, bridge: AskedBridge | None) -> Reading:
    """Tell a pump its first fill or a refill at once. Raises what `propose_fill` and `tell` raise."""
    return tell(session, propose_fill(plan, session.read(), event, bridge))


def tell(session: Session, proposal: FillProposal) -> Reading:
    """Tell a pump its fill, and read back what it then believes to hold.

    Raises `Refused`, and `Uncertain` when the answer is lost or the pump believes anything else.
    """
    message = proposal.message
    session.act(message, "a first fill" if isinstance(message, FirstFill) else "a refill")
    after = session.read_back()
    found = filled(after)
    # The clock it works out itself: the time of the first fill, counted from its own counter.
    wrong = differences(replace(proposal.wanted, clock=found.settings.clock), found.settings) + _volume(
        proposal.volume_pL, found
    )
    if isinstance(message, TellRefill) and found.bridging and message.refilled.bridge is None:
        wrong.append("the bridge")
    if wrong:
        raise Uncertain(
            f"{session.address}: delivery uncertain: the pump was read back and differs in {', '.join(wrong)}; "
            "read it with intrathecal interrogate"
        )
    return after


def _volume(told_pL: int, found: Fill) -> list[str]:
    """The pump may have given some of it since; more than was told it never holds."""
    given = told_pL - found.reservoir_pL
    return [] if 0 <= given <= found.steps * found.settings.hardware.step_pL else ["the volume"]
