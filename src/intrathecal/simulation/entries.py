"""Where a drug can enter a patient in the course of a therapy: what a reduced system has to know beforehand."""

from __future__ import annotations

from intrathecal.flow import Site
from intrathecal.therapy import Aspirate, Dose, Mri, ReplacePump, Revise, Therapy, TipMigration
from intrathecal.world.magnet import Magnet


def entry_sites(therapy: Therapy, drug: str) -> tuple[Site, ...] | None:
    """The sites at which ``drug`` can enter over a time, in the order of the file.

    None where that is not all: fluid is drawn from the canal, or drug enters at once, and what is seen in the minute after
    hangs on every mode.
    """
    pumps = [therapy.pump.entry] if therapy.pump else []
    pumps += [event.action.pump.entry for event in therapy.events if isinstance(event.action, ReplacePump)]
    escapes = any(Magnet.of(pump).escape_mL > 0 for pump in pumps)
    sites, space = [], None
    if therapy.catheter is not None:
        space = therapy.catheter.space
        sites.append(Site(space, therapy.catheter.tip))
    for event in therapy.events:
        match event.action:
            case Aspirate(_, "side-port") | Dose(_, _, _, _, None, _):
                return None
            case Mri() if escapes:
                return None
            case Dose(name, _, route, level, _, _) if name == drug:
                sites.append(Site(route, level or ""))
            case TipMigration(to, _) if space is not None:
                sites.append(Site(space, to))
            case Revise(catheter, _):
                space = catheter.space
                sites.append(Site(space, catheter.tip))
    return tuple(dict.fromkeys(sites))
