"""All planted defects."""

from __future__ import annotations

from tests.torture.defects import acts, alarms, clock, doses, memory, presses, restarts, telemetry
from tests.torture.defects.defect import Defect

#: What they are about, in the order of the page.
SUBJECTS: dict[str, tuple[Defect, ...]] = {
    "Intent, step, rotor, commit": acts.DEFECTS,
    "Memory": memory.DEFECTS,
    "Restart": restarts.DEFECTS,
    "Doses": doses.DEFECTS,
    "The patient's presses": presses.DEFECTS,
    "Clock": clock.DEFECTS,
    "Telemetry": telemetry.DEFECTS,
    "Alarms": alarms.DEFECTS,
}
DEFECTS = tuple(defect for defects in SUBJECTS.values() for defect in defects)
