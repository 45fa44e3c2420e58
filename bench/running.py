"""The whole bench: every section in turn, then tables, numbers and a picture in ``bench/results``."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from bench.cohorts import cohort
from bench.compare import compare
from bench.contenders import LINEAR
from bench.demo import demo
from bench.growth import growth
from bench.limits import Limits, limits
from bench.many import w2
from bench.picture import draw
from bench.progress import Progress
from bench.startup import startup
from bench.tables import Section, Table, markdown
from bench.workloads import w1

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "numba", "scikit-sundae", "libroadrunner", "python-libsbml")
PROCESSOR = Path("/proc/cpuinfo")
#: How long the limits take, s.
LIMITS_S = 10.0


def _w1(progress: Progress, limit: Limits) -> Sequence[Table]:
    return compare(w1(), LINEAR, limit, progress)


def _w3(progress: Progress, limit: Limits) -> Sequence[Table]:
    progress.say("W3: the demo is run for its flows")
    return [table for workload in demo() for table in compare(workload, LINEAR, limit, progress)]


SECTIONS = (
    Section("W1", 240.0, _w1),
    Section("W3", 360.0, _w3),
    Section("W2", 120.0, w2),
    Section("cohort", 60.0, cohort),
    Section("simulate", 60.0, startup),
    Section("growth", 60.0, growth),
)


def main(names: Sequence[str]) -> None:
    """Measure the sections with these ``names`` in this order, or all, and write the results, which are printed too.

    They are written after every section, so that a bench that is stopped keeps what it measured.
    """
    known = {section.name: section for section in SECTIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f'"{unknown[0]}" is no section of the bench: give some of {", ".join(known)}')
    chosen = [known[name] for name in names or known]
    progress = Progress((LIMITS_S, *(section.expected_s for section in chosen)))
    progress.enter("limits of this machine")
    limit = limits()
    found: dict[str, Sequence[Table]] = {}
    spent: dict[str, float] = {}
    for section in chosen:
        progress.enter(section.name)
        began = perf_counter()
        found[section.name] = section.measure(progress, limit)
        spent[section.name] = perf_counter() - began
        write(RESULTS, {name: found[name] for name in known if name in found}, limit, spent)
    print((RESULTS / "bench.md").read_text())


def write(folder: Path, found: Mapping[str, Sequence[Table]], limit: Limits, spent: Mapping[str, float]) -> None:
    """Write ``bench.md``, ``bench.json`` and ``bench.svg`` into ``folder``: tables by section, and how long each took (s)."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = [table for section in found.values() for table in section]
    machine = _machine()
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}"
    most = (
        f"One core in registers {limit.core_gflops:.0f} GFLOP/s; dgemm {limit.dgemm_gflops:.0f} with one thread, "
        f"{limit.dgemm_two_gflops:.0f} with two; triad {limit.triad_gb_s:.0f} GB/s"
    )
    text = [
        "# What `make bench` measured",
        "",
        f"{where}. {most}. {', '.join(f'{name} {version(name)}' for name in PACKAGES)}.",
        "",
        "![Times as bars](bench.svg)",
        "",
        *(markdown(table) for table in tables),
    ]
    (folder / "bench.md").write_text("\n".join(text))
    numbers = {
        "machine": machine,
        "packages": {name: version(name) for name in PACKAGES},
        "limits": asdict(limit),
        "sections": {
            name: {
                "seconds": spent[name],
                "tables": [
                    {"title": table.title, "rows": [dict(row) for row in table.rows], "notes": list(table.notes)}
                    for table in section
                ],
            }
            for name, section in found.items()
        },
    }
    (folder / "bench.json").write_text(json.dumps(numbers, indent=1) + "\n")
    if bars := [bar for table in tables for bar in table.bars]:
        draw(bars, folder / "bench.svg")


def _machine() -> dict[str, str | int]:
    models = [line.split(":", 1)[1].strip() for line in _processor_lines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count() or 1,
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _processor_lines() -> Sequence[str]:
    return PROCESSOR.read_text().splitlines() if PROCESSOR.exists() else []
