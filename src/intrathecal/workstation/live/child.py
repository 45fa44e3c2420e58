"""A command of this program that ends with whoever started it: ``python -m intrathecal.workstation.live.child pump ...``.

Its standard input is a pipe that nobody writes to; it ends when the starter does, however that happens.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading


def _end_with_starter() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    runpy.run_module("intrathecal", run_name="__main__", alter_sys=True)
