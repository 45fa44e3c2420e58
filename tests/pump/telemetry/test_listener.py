"""The pump's port, where the network itself fails."""

from __future__ import annotations

import asyncio
import errno

import pytest
from tests.pump.telemetry.support import Bench

from intrathecal.pump.telemetry.listener import Listener


@pytest.mark.parametrize("number", [errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETDOWN])
def test_whatever_the_network_does_to_a_line_ends_that_line_only(number: int) -> None:
    """It leaves an entry in the log, and no exception that nobody catches."""
    bench = Bench()

    async def lose() -> BaseException | None:
        listener = Listener(bench.unit, lambda: None)
        async with await listener.listen("127.0.0.1", 0) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            while not listener._lines:
                await asyncio.sleep(0.01)
            ((line, task),) = listener._lines.items()
            line.reader.set_exception(OSError(number, "lost"))
            await asyncio.wait({task})
            writer.close()
            return task.exception()

    assert asyncio.run(lose()) is None
    assert "was cut off" in bench.unit.book.faults[-1].text
