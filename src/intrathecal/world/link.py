"""The pump's wire to its motor: a connection to a world that runs as a process of its own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from intrathecal.pump.motor import MotorLost, MotorTaken, Signal
from intrathecal.world.wire import Wire, WireError

#: How long an answer may take (real seconds).
TIMEOUT_S = 5.0
#: How long a world that did not answer is waited for when it is looked for again (real seconds): the pump answers nobody
#: meanwhile.
LOOK_S = 0.25


class Link:
    """A motor over TCP; implements `pump.motor.Motor`.

    It connects when it is first used, and again when it is used after it was lost. A connection that takes over is also a
    barrier: what another sent before and has not yet been done is never done. Positions are absolute, so that nothing is
    done twice. Once another pump has taken over, only `reset` takes the motor back.
    """

    def __init__(self, host: str, port: int, model: str, timeout_s: float = TIMEOUT_S) -> None:
        self._host, self._port, self._model, self._timeout_s = host, port, model, timeout_s
        self._wire: Wire | None = None
        self._taken = self._lost = False
        self._felt: list[Signal] = []
        self._heard = 0

    def rotor(self) -> int:
        """The rotor's position."""
        return self._ask({"do": "rotor"})

    def move_to(self, target: int) -> int:
        """Turn as far as ``target``, and read the rotor."""
        return self._ask({"do": "move", "target": target})

    def reset(self) -> None:
        """Open the valve, free the drive, and take the motor back from another pump."""
        self.close()
        self._taken = False
        self._ask({"do": "reset"})

    def signals(self) -> tuple[Signal, ...]:
        """What came with the answers since this was last asked."""
        felt, self._felt = tuple(self._felt), []
        return felt

    def close(self) -> None:
        """End the connection."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _ask(self, message: dict[str, Any]) -> int:
        """Where the rotor stands after ``message``."""
        if self._taken:
            raise MotorTaken("another pump drives the motor")
        try:
            if self._wire is None:
                patience = min(self._timeout_s, LOOK_S) if self._lost else self._timeout_s
                self._wire, self._heard = Wire(self._host, self._port, patience), 0
                self._understand(self._wire.ask({"do": "drive", "model": self._model, "heard": self._heard}))
                self._wire.timeout_s, self._lost = self._timeout_s, False
            return self._understand(self._wire.ask({**message, "heard": self._heard}))
        except WireError as problem:
            self.close()
            self._lost = True
            raise MotorLost(str(problem)) from None
        except MotorLost:
            self.close()
            raise

    def _understand(self, answer: dict[str, Any]) -> int:
        if answer.get("error") == "taken":
            self._taken = True
            raise MotorTaken("another pump drives the motor")
        if "error" in answer:
            raise MotorLost(str(answer["error"]))
        signals = answer.get("signals", [])
        try:
            for number, kind, left in signals:
                if number > self._heard and kind in ("battery-reset", "battery"):
                    self._felt.append(Signal(kind, Fraction(left)))
                    self._heard = number
        except (TypeError, ValueError, ZeroDivisionError):
            raise WireError("the world sent a signal that is none") from None
        rotor = answer.get("rotor")
        if type(rotor) is not int or rotor < 0:
            raise WireError("the world did not say where the rotor stands")
        return rotor
