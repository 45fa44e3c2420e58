"""The physical pump: motor, rotor, true reservoir, magnet and battery; what happens, whatever the controller believes.

All that happens is written into a journal first, and reading the journal again rebuilds the mechanism exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod

from intrathecal.catalogue import Pump
from intrathecal.pump.hardware import MS_PER_S, PL_PER_ML
from intrathecal.pump.motor import Signal
from intrathecal.quantities import InputError
from intrathecal.world import faults
from intrathecal.world.faults import Active
from intrathecal.world.journal import Journal, JournalError, Line
from intrathecal.world.magnet import Magnet

FL_PER_PL = 1000
FL_PER_ML = PL_PER_ML * FL_PER_PL
#: Steps that one command may ask for; more is no command of a pump.
MOST_STEPS = 10**7
#: What a reset by a programmer mends: a closed valve, and a motor that stood.
RESET_MENDS = (faults.VALVE_CLOSED, faults.MOTOR_STALL)


class WorldError(InputError):
    """Something that cannot be done to this pump: the message says what and why."""


@dataclass(frozen=True)
class Truth:
    """What is really so. Volumes in fL, concentrations in ug/mL; ``told`` is how far the drive was driven."""

    rotor: int = 0
    told: int = 0
    volume_fL: int = 0
    delivered_fL: int = 0
    leaked_fL: int = 0
    concentrations: Mapping[str, float] = field(default_factory=dict)
    faults: tuple[Active, ...] = ()
    battery: float = 1.0

    @property
    def volume_mL(self) -> float:
        """What the reservoir holds."""
        return self.volume_fL / FL_PER_ML

    @property
    def delivered_mL(self) -> float:
        """What left it through the motor or in a magnet."""
        return self.delivered_fL / FL_PER_ML

    @property
    def held(self) -> bool:
        """Whether the rotor cannot turn."""
        return self.battery <= 0 or any(fault.holds_rotor for fault in self.faults)


class Mechanism:
    """One physical pump; implements `pump.motor.Motor`.

    ``clock_ms`` tells how time goes by; the world's own time goes on where the journal ended. A step moves its labelled
    volume times 1 + ``drive_error``. Raises `JournalError` for a journal of another pump.
    """

    def __init__(
        self, pump: Pump, journal: Journal, clock_ms: Callable[[], int], drive_error: Fraction = Fraction(0)
    ) -> None:
        self.pump = pump
        self.truth = Truth()
        self._journal = journal
        self._clock_ms = clock_ms
        self._magnet = Magnet.of(pump)
        self._capacity_fL = round(pump.reservoir_volume.exact * FL_PER_ML)
        self._step_fL = round(pump.step_volume.exact * FL_PER_ML * (1 + drive_error))
        self._slip = 0.0
        self._signals: list[Signal] = []
        self._at = self._offset = 0
        lines = 0
        for line in journal:
            self._replay(line)
            lines += 1
        self._offset = self._at - clock_ms()
        if not lines:
            self._do({"did": "made", "model": pump.name})

    @property
    def at_ms(self) -> int:
        """The world's time when something last happened."""
        return self._at

    # ---- the motor

    def rotor(self) -> int:
        """The rotor's position; without a sensor, what the drive was told."""
        return self.truth.rotor if self.pump.senses_stall else self.truth.told

    def move_to(self, target: int) -> int:
        """Turn as far as ``target`` if nothing holds the rotor."""
        self.let_time_pass()
        steps = target - self.rotor()
        if steps > MOST_STEPS:
            raise WorldError(f"{steps} steps in one command are not possible; ask for at most {MOST_STEPS}")
        if steps > 0:
            if not self.pump.senses_stall:
                self._do({"did": "told", "target": target})
            self._turn(steps)
        return self.rotor()

    def reset(self) -> None:
        """Open a closed valve, and free a motor that stood."""
        self.let_time_pass()
        for kind in RESET_MENDS:
            self.mend(kind)

    def signals(self) -> tuple[Signal, ...]:
        """What the electronics felt since this was last asked."""
        felt, self._signals = tuple(self._signals), []
        return felt

    def _turn(self, steps: int) -> None:
        if self.truth.held:
            return
        made = self._not_slipping(steps)
        each = round(self._step_fL * prod(fault.drive for fault in self.truth.faults))
        whole = made if each == 0 else min(made, self.truth.volume_fL // each)
        last = min(1, made - whole)
        for count, volume in ((whole, each), (last, self.truth.volume_fL - whole * each), (made - whole - last, 0)):
            if count > 0:
                self._journal.steps(self._at, self.truth.rotor + 1, count, volume)
                self._stepped(count, volume)

    def _not_slipping(self, steps: int) -> int:
        lost = sum(fault.amount for fault in self.truth.faults if fault.kind == faults.SLIPPING)
        if lost <= 0:
            return steps
        made = 0
        for _ in range(steps):
            self._slip += min(lost, 1.0)
            if self._slip >= 1:
                self._slip -= 1
            else:
                made += 1
        return made

    def _stepped(self, count: int, each_fL: int) -> None:
        truth, volume = self.truth, count * each_fL
        self.truth = replace(
            truth,
            rotor=truth.rotor + count,
            told=max(truth.told, truth.rotor + count),
            volume_fL=truth.volume_fL - volume,
            delivered_fL=truth.delivered_fL + volume,
        )

    # ---- what people, magnets and time do

    def let_time_pass(self) -> None:
        """Up to now: drug leaks past a valve, and faults end."""
        now = max(self._at, self._offset + self._clock_ms())
        leak = sum(fault.amount for fault in self.truth.faults if fault.kind == faults.VALVE_LEAK)
        leaked = min(round(leak * FL_PER_ML * (now - self._at) / MS_PER_S), self.truth.volume_fL)
        self._at = now
        if leaked > 0:
            self._do({"did": "leak", "fL": leaked})
        self.truth = replace(
            self.truth, faults=tuple(fault for fault in self.truth.faults if fault.until is None or fault.until > now)
        )

    def inject(self, volume_mL: float, concentrations: Mapping[str, float]) -> None:
        """Fill a volume into the reservoir; what is left in it mixes with it. Raises `WorldError` if it does not fit."""
        self.let_time_pass()
        room = (self._capacity_fL - self.truth.volume_fL) / FL_PER_ML
        if volume_mL > room:
            raise WorldError(f"{volume_mL:g} mL does not fit; the reservoir takes {room:g} mL more")
        self._do({"did": "inject", "fL": round(volume_mL * FL_PER_ML), "drugs": dict(concentrations)})

    def aspirate(self, volume_mL: float | None = None) -> float:
        """Take a volume (mL) out of the reservoir, or all; returns it. Raises `WorldError` if there is less."""
        self.let_time_pass()
        held = self.truth.volume_mL
        if volume_mL is not None and volume_mL > held:
            raise WorldError(f"{volume_mL:g} mL cannot be taken out; the reservoir holds {held:g} mL")
        taken = self.truth.volume_fL if volume_mL is None else round(volume_mL * FL_PER_ML)
        self._do({"did": "aspirate", "fL": taken})
        return taken / FL_PER_ML

    def mri(self, lasts_ms: int) -> None:
        """A scan of this length, as the catalogue says that this pump takes it."""
        self.let_time_pass()
        if self._magnet.response == "stalls-and-recovers":
            self.suffer(faults.MAGNET, lasts_ms=lasts_ms + self._magnet.recovery_ms)
        elif self._magnet.response == "valve-closes":
            escaped = min(round(self._magnet.escape_mL * FL_PER_ML), self.truth.volume_fL)
            self._do({"did": "escape", "fL": escaped})
            self.suffer(faults.VALVE_CLOSED)
        else:
            self._do({"did": "mri"})

    def suffer(self, kind: str, amount: float = 0.0, lasts_ms: int | None = None) -> None:
        """A fault begins."""
        self.let_time_pass()
        until = None if lasts_ms is None else self._at + lasts_ms
        self._do({"did": "fault", "kind": kind, "until": until, "amount": amount})

    def mend(self, kind: str) -> None:
        """A fault ends."""
        self.let_time_pass()
        if any(fault.kind == kind for fault in self.truth.faults):
            self._do({"did": "mend", "kind": kind})

    def dip(self) -> None:
        """The battery dips, and the pump's electronics restart without their program."""
        self.let_time_pass()
        self._do({"did": "battery-reset"})
        self._signals.append(Signal("battery-reset"))

    def drain(self, left: float) -> None:
        """The battery is found with this part of its charge."""
        self.let_time_pass()
        self._do({"did": "battery", "left": left})
        self._signals.append(Signal("battery", Fraction(left).limit_denominator(10**6)))

    # ---- the journal

    def _do(self, line: Line) -> None:
        line = {"at": self._at, **line}
        self._journal.write(line)
        self._happen(line)

    def _replay(self, line: Line) -> None:
        try:
            self._at = max(self._at, int(line["at"]))
            if line["did"] == "step":
                self._stepped(int(line.get("count", 1)), int(line["fL"]))
            else:
                self._happen(line)
        except JournalError:
            raise
        except (KeyError, TypeError, ValueError) as problem:
            raise JournalError(f"the journal has a line that no world wrote ({problem!r}); name another file") from None

    def _check_model(self, model: str) -> None:
        if model != self.pump.name:
            raise JournalError(
                f"the journal is that of a {model}, not of a {self.pump.name}; name its own model, or a new file"
            )

    def _happen(self, line: Line) -> None:
        truth = self.truth
        match line["did"]:
            case "made":
                self._check_model(line["model"])
            case "told":
                self.truth = replace(truth, told=line["target"])
            case "inject":
                self.truth = _filled(truth, line["fL"], line["drugs"])
            case "aspirate" | "leak" | "escape":
                self.truth = _emptied(truth, line)
            case "fault":
                fault = Active(line["kind"], line["until"], line["amount"])
                self.truth = replace(truth, faults=(*truth.faults, fault))
            case "mend":
                kept = tuple(fault for fault in truth.faults if fault.kind != line["kind"])
                self.truth = replace(truth, faults=kept)
            case "battery":
                self.truth = replace(truth, battery=line["left"])
            case "mri" | "battery-reset":
                pass
            case other:
                raise ValueError(f"it did {other}")


def _emptied(truth: Truth, line: Line) -> Truth:
    """Out of the reservoir: into a syringe, past the valve, or through it while a magnet closes it."""
    volume, did = int(line["fL"]), line["did"]
    return replace(
        truth,
        volume_fL=truth.volume_fL - volume,
        leaked_fL=truth.leaked_fL + (volume if did == "leak" else 0),
        delivered_fL=truth.delivered_fL + (volume if did == "escape" else 0),
    )


def _filled(truth: Truth, added_fL: int, drugs: Mapping[str, float]) -> Truth:
    total = truth.volume_fL + added_fL
    if total == 0:
        return truth
    names = [*truth.concentrations, *(name for name in drugs if name not in truth.concentrations)]
    mixed = {
        name: (truth.concentrations.get(name, 0.0) * truth.volume_fL + drugs.get(name, 0.0) * added_fL) / total
        for name in names
    }
    return replace(truth, volume_fL=total, concentrations=mixed)
