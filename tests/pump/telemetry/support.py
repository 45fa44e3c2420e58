"""A pump behind its telemetry, with a motor and a clock that the test moves."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from fractions import Fraction

from intrathecal.catalogue import load_catalogue
from intrathecal.pump.book import Identity as Who
from intrathecal.pump.book import Paired
from intrathecal.pump.hardware import DAY_MS, PL_PER_ML, Hardware
from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.motor import MotorLost, Signal
from intrathecal.pump.records import FirstFill
from intrathecal.pump.settings import Settings, order
from intrathecal.pump.telemetry.checks import STANDING_STILL
from intrathecal.pump.telemetry.identity import Identity, make_identity
from intrathecal.pump.telemetry.messages import Answer, Ask, Interrogate, Reading, Request, read_answer, request_bytes
from intrathecal.pump.telemetry.own import CODE, own_code, own_identity
from intrathecal.pump.telemetry.pairing import read_code
from intrathecal.pump.telemetry.service import Peer, Service
from intrathecal.pump.unit import Unit
from intrathecal.therapy import Program
from intrathecal.world.storages import FaultyStorage

MINUTE, HOUR = 60_000, 3_600_000
HARDWARE = Hardware.of(load_catalogue().pumps["synchromed-ii-20"])
NG_PER_ML = Fraction(10**7)
DEMAND = "2.4 mg/day\non demand 0.1 mg over 4 min, lockout 3 h, max 4 per day"


@dataclass
class Drive:
    """A motor that makes every step, unless it is cut off."""

    position: int = 0
    lost: bool = False
    acts: int = 0

    def rotor(self) -> int:
        """Where it stands."""
        if self.lost:
            raise MotorLost("the cable is cut")
        return self.position

    def move_to(self, target: int) -> int:
        """Go there."""
        self.acts += 1
        self.position = max(self.rotor(), target)
        return self.position

    def reset(self) -> None:
        """Nothing to reset."""

    def signals(self) -> tuple[Signal, ...]:
        """Nothing is felt."""
        return ()


@dataclass
class Hands:
    """A clock that stands until it is moved."""

    counter: int = 0

    def counter_ms(self) -> int:
        """The counter."""
        return self.counter

    def wall_ms(self) -> int:
        """Some day in 2026."""
        return 1_772_409_600_000 + self.counter


@dataclass
class Bench:
    """A pump on a bench: its memory, its motor, its clock and its service."""

    storage: FaultyStorage = field(default_factory=lambda: FaultyStorage(2**20, seed=1))
    drive: Drive = field(default_factory=Drive)
    hands: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        Memory.format(self.storage)
        self.start()

    def start(self) -> None:
        """Switch the pump on (again)."""
        memory, recovered = Memory.open(self.storage)
        who = Who("IT-1", HARDWARE.model, "1")
        self.unit = Unit.open(memory, recovered, self.drive, self.hands, who, HARDWARE, patience_ms=10 * DAY_MS)
        self.identity: Identity = own_identity(self.unit)
        own_code(self.unit)
        self.code = read_code(self.unit.book.kept[CODE])
        self.service = Service(self.unit)

    def key(self, role: str, name: str = "one") -> Peer:
        """A key that is paired."""
        identity = make_identity()
        assert self.unit.pair(identity.fingerprint, Paired(role, name, identity.certificate_pem))
        return Peer(identity.fingerprint, "127.0.0.1")

    def ask(self, peer: Peer, ask: Ask, request: str = "") -> Answer:
        """Ask the pump as ``peer``."""
        return read_answer(self.service.answer(peer, request_bytes(Request(ask, request or secrets.token_hex(16)))))

    def read(self, peer: Peer) -> Reading:
        """Interrogate."""
        told = self.ask(peer, Interrogate()).told
        assert isinstance(told, Reading)
        return told

    def pass_(self, ms: int) -> None:
        """Let time pass."""
        self.hands.counter += ms
        self.unit.advance_quiet()


def told(program: str = "stop") -> Settings:
    """What a pump is told."""
    return Settings(
        hardware=HARDWARE,
        orders=order(Program.parse(program), NG_PER_ML) if program != "stop" else STANDING_STILL,
        primary="morphine",
        labels=(("morphine", NG_PER_ML),),
        low_reservoir_pL=2 * PL_PER_ML,
        clock=0,
        tubing=Fraction(PL_PER_ML, 4),
        catheter=Fraction(PL_PER_ML, 5),
    )


def first_fill(settings: Settings | None = None, volume_pL: int = 20 * PL_PER_ML, offset: int = 60) -> FirstFill:
    """A first fill on Monday 2 March 2026, 10:30."""
    return FirstFill(settings or told(), volume_pL, 0, 1_772_447_400_000, offset)
