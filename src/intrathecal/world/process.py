"""The world as a process: it drives the motor for one pump at a time, and does what people do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from intrathecal.pump.motor import Signal
from intrathecal.quantities import InputError
from intrathecal.world import faults
from intrathecal.world.mechanism import Mechanism, WorldError
from intrathecal.world.wire import LONGEST_LINE, WireError, pack, unpack

#: Faults that a person can cause here, and what their amount is called; the rest of the catalogue's are the catheter's.
KINDS: Mapping[str, str] = {
    faults.STUCK: "",
    faults.MOTOR_STALL: "",
    faults.FLOW_STOP: "",
    faults.SLIPPING: "the share of pulses that move nothing",
    faults.OCCLUSION: "the share of each step that is held back",
    faults.OVER_INFUSION: "the factor of each step's volume",
    faults.VALVE_LEAK: "the flow past the valve",
    faults.BATTERY_RESET: "",
    "battery": "the share of its charge that is left",
}

#: What is so now, and its types: the answer to every deed.
SHOWN: Mapping[str, type] = {
    "model": str,
    "rotor": int,
    "driven": int,
    "reservoir_mL": float,
    "concentrations_ug_per_mL": dict,
    "delivered_mL": float,
    "leaked_mL": float,
    "battery_fraction": float,
    "faults": list,
    "driven_by_a_pump": bool,
}


class World:
    """Answers one message after the other. The last connection that asked to drive is the one that may.

    A command of any other moves nothing, however late it comes.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self._driver: object | None = None
        self._signals: list[tuple[int, Signal]] = []
        self._numbered = 0

    def answer(self, who: object, line: bytes) -> dict[str, Any]:
        """The answer to one line of the connection ``who``; what is wrong is answered with an ``error``."""
        try:
            message = unpack(line)
            done = self._drive(who, message) if message.get("do") in DRIVING else self._do(message)
        except (WireError, InputError) as problem:
            return {"error": str(problem)}
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return {"error": "the message lacks something, or has it in a form that is none"}
        return done

    def _drive(self, who: object, message: dict[str, Any]) -> dict[str, Any]:
        mechanism = self._mechanism
        if message["do"] == "drive":
            model = mechanism.pump.name
            if message["model"] != model:
                return {"error": f"the world's pump is a {model}"}
            self._driver = who
        if self._driver is not who:
            return {"error": "taken"}
        mechanism.let_time_pass()
        if message["do"] == "reset":
            mechanism.reset()
        rotor = mechanism.move_to(_whole(message["target"])) if message["do"] == "move" else mechanism.rotor()
        return {"rotor": rotor, "signals": self._felt(_whole(message["heard"]))}

    def _felt(self, heard: int) -> list[list[Any]]:
        """The signals that this pump has not heard; they are kept until it says that it has."""
        for signal in self._mechanism.signals():
            self._numbered += 1
            self._signals.append((self._numbered, signal))
        self._signals = [(number, signal) for number, signal in self._signals if number > heard]
        return [[number, signal.kind, str(signal.left)] for number, signal in self._signals]

    def _do(self, message: dict[str, Any]) -> dict[str, Any]:
        """What people and magnets do."""
        mechanism = self._mechanism
        mechanism.let_time_pass()
        match message["do"]:
            case "show":
                pass
            case "inject":
                drugs = {str(name): _positive(value) for name, value in message["drugs"].items()}
                mechanism.inject(_positive(message["mL"]), drugs)
            case "aspirate":
                mechanism.aspirate(None if message["mL"] is None else _positive(message["mL"]))
            case "mri":
                mechanism.mri(_whole(message["lasts_ms"]))
            case "fault":
                self._fault(message)
            case "mend":
                mechanism.mend(str(message["kind"]))
            case other:
                return {"error": f"nothing here does {other!r}"}
        return self._shown()

    def _fault(self, message: dict[str, Any]) -> None:
        kind, amount = message["kind"], _positive(message["amount"])
        lasts = None if message["lasts_ms"] is None else _whole(message["lasts_ms"])
        if kind not in KINDS:
            raise WorldError(f"{kind!r} is no fault of a pump; name one of {', '.join(KINDS)}")
        if kind == faults.BATTERY_RESET:
            self._mechanism.dip()
        elif kind == "battery":
            self._mechanism.drain(amount)
        else:
            self._mechanism.suffer(kind, amount, lasts)

    def _shown(self) -> dict[str, Any]:
        mechanism = self._mechanism
        truth = mechanism.truth
        return {
            "model": mechanism.pump.name,
            "rotor": truth.rotor,
            "driven": mechanism.rotor(),
            "reservoir_mL": truth.volume_mL,
            "concentrations_ug_per_mL": dict(truth.concentrations),
            "delivered_mL": truth.delivered_mL,
            "leaked_mL": truth.leaked_fL / 10**12,
            "battery_fraction": truth.battery,
            "faults": [fault.kind for fault in truth.faults],
            "driven_by_a_pump": self._driver is not None,
        }


DRIVING = ("drive", "rotor", "move", "reset")


async def serve(
    mechanism: Mechanism, host: str, port: int, announce: Callable[[str, int], None], ending: asyncio.Event
) -> None:
    """Answer everybody until ``ending`` is set. ``announce`` is told where. Raises `OSError` if it cannot listen there."""
    world = World(mechanism)
    lines: set[asyncio.StreamWriter] = set()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.add(writer)
        try:
            while line := await reader.readline():
                answer = world.answer(writer, line)
                writer.write(pack(answer))
                await writer.drain()
        except (ValueError, OSError):
            pass  # a line that does not end, or a connection that did
        finally:
            lines.discard(writer)
            writer.close()

    server = await asyncio.start_server(attend, host, port, limit=LONGEST_LINE)
    async with server:
        announce(*server.sockets[0].getsockname()[:2])
        await ending.wait()
        for writer in lines:
            writer.close()


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value


def _positive(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1e18:
        raise ValueError(value)
    return float(value)
