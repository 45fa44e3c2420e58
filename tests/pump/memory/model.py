"""What a memory must remember, kept beside it, through whatever happens to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from intrathecal.pump.memory.memory import Memory
from intrathecal.pump.memory.storage import Storage
from intrathecal.world.storages import FaultyStorage

#: The smallest memory: records of up to 416 bytes, snapshots of up to 1760.
SIZE = 8192


@dataclass(frozen=True)
class Act:
    """Something done to a memory: ``append``, ``compact`` or ``scrub``."""

    kind: str
    data: bytes = b""


@dataclass(frozen=True)
class Content:
    """What a memory holds."""

    snapshot: bytes | None = None
    payloads: tuple[bytes, ...] = ()

    def after(self, act: Act) -> Content:
        """What it holds when an act is done."""
        if act.kind == "append":
            return Content(self.snapshot, (*self.payloads, act.data))
        return Content(act.data) if act.kind == "compact" else self


class Life:
    """A memory and what it must hold: what was acknowledged, and perhaps what was under way."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.sure = self.perhaps = Content()
        self.repairs: tuple[str, ...] = ()

    def open(self) -> None:
        """The pump starts; it holds exactly one of the two, whole."""
        self.memory, recovered = Memory.open(self.storage)
        found = Content(recovered.snapshot, recovered.payloads)
        assert found in (self.sure, self.perhaps), (found, self.sure, self.perhaps)
        self.sure = self.perhaps = found
        self.repairs = recovered.repairs

    def do(self, act: Act) -> None:
        """One act; when it returns it is acknowledged. A full memory is given a snapshot first."""
        if act.kind == "append" and self.memory.full:
            self.do(Act("compact", b"instead of %d" % len(self.sure.payloads)))
        self.perhaps = self.sure.after(act)
        if act.kind == "append":
            self.memory.append(act.data)
        elif act.kind == "compact":
            self.memory.compact(act.data)
        else:
            self.memory.scrub()
        self.sure = self.perhaps

    def live(self, acts: Sequence[Act]) -> None:
        """Start and do some acts."""
        self.open()
        for act in acts:
            self.do(act)


def formatted() -> bytes:
    """An empty memory."""
    storage = FaultyStorage(SIZE, 0)
    Memory.format(storage)
    return storage.image


FORMATTED = formatted()


def acts(most: int = 8) -> st.SearchStrategy[list[Act]]:
    """Some acts; records from nothing to several sectors, bytes that look like blank memory among them."""
    byte = st.sampled_from([b"\0", b"\xff", b"a", b"\xd5"])
    payload = st.builds(
        lambda start, one, length: start + one * length, st.binary(max_size=8), byte, st.integers(0, 400)
    )
    snapshot = st.builds(lambda one, length: one * length, byte, st.integers(0, 1760))
    append = payload.map(lambda data: Act("append", data))
    act = st.one_of(append, append, append, snapshot.map(lambda data: Act("compact", data)), st.just(Act("scrub")))
    return st.lists(act, min_size=1, max_size=most)
