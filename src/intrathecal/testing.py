"""For the tests of others: a clock that is moved by hand, a memory and a world that fail on purpose, pumps' lives to replay."""

from intrathecal.torture.campaign import torture
from intrathecal.torture.draw import draw
from intrathecal.torture.plan import Happening, Plan, load, save
from intrathecal.torture.power import Fuse, LinkFailure, PoweredMotor, PoweredStorage
from intrathecal.torture.shrink import shrink
from intrathecal.torture.trial import Found, live
from intrathecal.torture.violation import RULES, Violation
from intrathecal.world.clocks import FakeClock
from intrathecal.world.journal import MemoryJournal
from intrathecal.world.mechanism import Mechanism
from intrathecal.world.storages import Failure, FaultyStorage, PowerCut

__all__ = [
    "RULES",
    "Failure",
    "FakeClock",
    "FaultyStorage",
    "Found",
    "Fuse",
    "Happening",
    "LinkFailure",
    "Mechanism",
    "MemoryJournal",
    "Plan",
    "PowerCut",
    "PoweredMotor",
    "PoweredStorage",
    "Violation",
    "draw",
    "live",
    "load",
    "save",
    "shrink",
    "torture",
]
