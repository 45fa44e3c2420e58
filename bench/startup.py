"""How long ``intrathecal simulate`` of the demo takes, and how much of that is start-up.

Start-up is from the start of the process until the drugs' systems begin to be built: interpreter, imports, catalogue, therapy.
Run with ``python -m bench.startup [times]``. Bytecode is kept in a folder of its own and the first round is not counted, so
that the runs are those of a user who has run the command before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import monotonic

from bench.limits import Limits
from bench.progress import Progress
from bench.tables import Row, Table

DEMO = Path(__file__).parents[1] / "examples" / "failed-back.toml"
TIMES = 11
#: The command, ended where start-up ends.
START_UP = """
import os
from intrathecal.cli import main
from intrathecal.simulation import api
api.prepare = lambda *_: os._exit(0)
main()
"""
COMMANDS = {
    "import intrathecal": ("-c", "import intrathecal"),
    "intrathecal --help": ("-m", "intrathecal", "--help"),
    "intrathecal simulate, the demo": ("-m", "intrathecal", "simulate", str(DEMO)),
    "its start-up": ("-c", START_UP, "simulate", str(DEMO)),
}


def seconds(command: tuple[str, ...], bytecode: str) -> float:
    """How long one process takes."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = monotonic()
    subprocess.run(
        [sys.executable, *command],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**kept, "PYTHONPYCACHEPREFIX": bytecode},
    )
    return monotonic() - began


def measured(times: int) -> dict[str, list[float]]:
    """The seconds of every command, interleaved."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as bytecode:
        for turn in range(times + 1):
            for name, command in COMMANDS.items():
                took = seconds(command, bytecode)
                if turn:
                    taken[name].append(took)
    return taken


def startup(progress: Progress, limits: Limits) -> Sequence[Table]:
    """The section of the bench."""
    progress.say("simulate: the demo from the command line")
    rows: list[Row] = [
        {"command": name, "median, s": median(each), "least, s": min(each), "times": len(each)}
        for name, each in measured(TIMES).items()
    ]
    notes = ["A user who has run the command before; start-up is until the drugs' systems begin to be built."]
    return [Table("intrathecal simulate, the demo, from start to finish", rows, notes)]


def main(times: int) -> None:
    """Print the median of every command."""
    for name, each in measured(times).items():
        print(f"{name:32} {median(each):6.3f} s (least {min(each):.3f} s, of {times})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES)
