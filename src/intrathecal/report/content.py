"""What a report says, section by section, and what its scripts draw from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from intrathecal.catalogue import Catalogue, cite, unverified
from intrathecal.catalogue.citing import AnyEntry
from intrathecal.report import headline, plots, tables
from intrathecal.report.bars import Bars, ledger_bars, side_effect_bars
from intrathecal.report.events import describe
from intrathecal.report.packing import pack_times, pack_values
from intrathecal.report.sides import Side, drugs_of
from intrathecal.report.spine import followed, spine, tips
from intrathecal.report.wording import Clock
from intrathecal.simulation.outcome import entries_used
from intrathecal.therapy import Therapy


def content(shown: Sequence[Side]) -> dict[str, Any]:
    """What the report says, by section."""
    first = shown[0]
    return {
        "sides": [_side(side) for side in shown],
        "beside": tables.beside(shown),
        "events": [{"side": side.key, "events": events(side.therapy, side.end_ms)} for side in shown],
        "delivery": {
            "plots": [*plots.doses(shown), *plots.flow(shown)],
            "tables": tables.inexact(shown),
        },
        "drug": {
            "plots": [*plots.curves(shown), *plots.plasma(shown)],
            "tables": tables.exposures(shown),
            **spine_panel(shown),
        },
        "patient": {
            "plots": [*plots.patient(shown), *plots.presses(shown)],
            "tables": tables.refused(shown),
            "bars": [(bars, tables.side_effects(shown)) for bars in side_effect_bars(shown)],
        },
        "pump": {
            "plots": plots.reservoir(shown),
            "tables": [*tables.refills(shown), *tables.beliefs(shown), *tables.alarms(shown)],
        },
        "ledger": {"bars": [(bars, tables.ledgers(shown)) for bars in ledger_bars(shown)]},
        "assumptions": [(side.key, told) for side in shown for told in side.figures["assumptions"]],
        "sources": sources([entry for side in shown for entry in entries_used(side.therapy)], first.therapy.catalogue),
        "engine": first.figures["engine"],
    }


def spine_panel(shown: Sequence[Side]) -> dict[str, Any]:
    """What stands beside the drawing of the spine."""
    return {
        "drugs": drugs_of(shown),
        "rows": followed(shown),
        "sites": [(site, plots.site_title(site)) for site in plots.fluid_sites(shown)],
        "scales": {drug.name: plots.scale(shown, drug) for drug in drugs_of(shown)},
    }


def _side(side: Side) -> dict[str, Any]:
    therapy = side.therapy
    return {
        "key": side.key,
        "title": therapy.title,
        "cards": headline.cards(side),
        "remarks": headline.remarks(side),
        "patient": headline.patient_words(therapy),
        "pump": headline.pump_words(therapy),
        "began": side.clock.text(0),
        "ended": side.clock.text(side.end_ms),
        "lasted": tables.days_words(side.figures["days"]),
        "program": str(therapy.program) if therapy.program else "",
        "neighbours": side.samples.neighbours,
        "seed": therapy.simulation.seed,
    }


def events(therapy: Therapy, end_ms: int) -> list[dict[str, Any]]:
    """What was done to the patient and what befell the pump, by number, as long as the run lasted."""
    return [
        {
            "number": event.index,
            "at": event.at_ms,
            "when": Clock(therapy.start).text(event.at_ms),
            "says": describe(event.action),
        }
        for event in therapy.events
        if event.at_ms < end_ms
    ]


def sources(used: Sequence[AnyEntry], catalogue: Catalogue) -> dict[str, Any]:
    """The references of every value of the entries that were ``used``, and the values that nobody has checked."""
    entries = {id(entry): entry for entry in used}.values()
    cited = cite(entries, catalogue.references)
    return {
        "references": [(citation.reference, citation.values) for citation in cited],
        "unverified": [(name, value) for name, value in unverified(entries)],
    }


def data(
    shown: Sequence[Side], drawn: Sequence[plots.Plot], bars: Sequence[Bars], names: Collection[str] | None = None
) -> dict[str, Any]:
    """What the page's scripts draw from, as plain values; of the samples those called ``names``, or all."""
    bases: dict[str, str] = {}
    values: dict[str, dict[str, Any]] = {}
    for side in shown:
        for base, kept in ((side.key, side.samples), (f"{side.key}/day", side.days)):
            bases[base] = pack_times(kept.times_ms)
            values |= {
                f"{side.key}/{name}": {**pack_values(of), "base": base}
                for name, of in kept.values.items()
                if names is None or name in names
            }
    return {
        "sides": [_drawn(side) for side in shown],
        "bases": bases,
        "values": values,
        "plots": [asdict(plot) for plot in drawn],
        "bars": [asdict(of) for of in bars],
        "charts": [],
        "spine": spine(shown),
        "spoken": {plot.name: plots.ranges(shown, plot) for plot in drawn},
    }


def _drawn(side: Side) -> dict[str, Any]:
    return {
        "key": side.key,
        "title": side.therapy.title,
        "epoch": side.clock.epoch_ms,
        "end": side.end_ms,
        "marks": _marks(side),
        "tips": tips(side),
        "neighbours": side.samples.neighbours,
    }


def _marks(side: Side) -> list[dict[str, Any]]:
    marks = [{"at": told["at"], "label": str(told["number"])} for told in events(side.therapy, side.end_ms)]
    marks += [{"at": alarm.at, "label": "!"} for alarm in side.run.finished.end.alarms]
    return sorted(marks, key=lambda mark: mark["at"])
