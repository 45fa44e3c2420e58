"""Runs that the tests of reports look at."""

from __future__ import annotations

from pathlib import Path

from intrathecal.simulation.api import Run, simulate
from intrathecal.therapy import load_therapy, parse_therapy

ROOT = Path(__file__).parents[2]
HOSTILE = "</title></script><script>document.title = 'inert no more'</script><img src=x onerror=alert(1)>"
PUMPED = """
title = {title}

[patient]
height = "172 cm"
weight = "78 kg"
pain = 7.6
oral_opioid = "240 mg/day"

[pump]
model = "synchromed-ii-20"

[catheter]
model = "ascenda-8781"
removed = "31 cm"
tip = "T10"

[[drug]]
name = "morphine"
concentration = "10 mg/mL"

[[drug]]
name = "bupivacaine"
concentration = "15 mg/mL"

[fill]
volume = "20 mL"
at = 2026-03-02T10:30:00

[program]
text = '''
{program}
bolus 0.2 mg over 10 min at 07:00
on demand 0.1 mg over 4 min, lockout 3 h, max 4 per day
'''

[[event]]
at = "day 2 09:00"
refill = {{ volume = "20 mL" }}

[[event]]
at = "day 3 09:00"
mri = "45 min"

[[event]]
at = "day 4 09:00"
fault = {{ kind = "catheter-leak", fraction = 0.4 }}

[simulation]
days = 6
presses = "when pain > 5"
seed = 7
"""
NEEDLE = """
title = "One dose by needle"

[[drug]]
name = "morphine"

[[event]]
at = "day 0 02:00"
dose = { drug = "morphine", amount = "0.3 mg", route = "intrathecal", level = "L3" }

[simulation]
days = 1
"""


def pumped(title: str = "Six days", program: str = "2.4 mg/day") -> Run:
    """Six days of a pump with a refill, a scan and a leak; the title as it is given, whatever it holds."""
    text = PUMPED.format(title=f"'''{title}'''", program=program)
    return simulate(parse_therapy(text, "pumped.toml", Path()), profiles=())


def needle(every_ms: int = 900_000) -> Run:
    """A single dose without pump and without a date."""
    return simulate(parse_therapy(NEEDLE, "needle.toml", Path()), profiles=(), every_ms=every_ms)


def demo() -> Run:
    """The ninety days of the demonstration."""
    return simulate(load_therapy(ROOT / "examples" / "failed-back.toml"), profiles=())
