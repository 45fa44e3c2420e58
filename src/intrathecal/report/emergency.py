"""The emergency sheet of a patient: a page for each class of drugs in the pump, to be read at arm's length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intrathecal.catalogue import CHOSEN, FirstAid, PumpAid, Statement
from intrathecal.catalogue.drugs import Drug
from intrathecal.programmer.sheet import daily_ng
from intrathecal.report.paper import paper_page
from intrathecal.report.wording import Clock, dose
from intrathecal.simulation.beginning import told_at_first_fill
from intrathecal.therapy import NewProgram, Refill, ReplacePump, Revise, Therapy

#: Lines to write on where nobody said whom to call.
EMPTY_LINES = 2
NG_PER_UG = 1000


@dataclass(frozen=True)
class Line:
    """A sentence, the numbers of its sources on the sheet, and whether it was seen in them."""

    says: str
    sources: tuple[int, ...]
    verified: bool


@dataclass(frozen=True)
class Part:
    """A heading and what stands under it; ``ordered`` is whether it is done in this order."""

    heading: str
    lines: tuple[Line, ...]
    ordered: bool


@dataclass(frozen=True)
class Sheet:
    """The page of one class: its ``title``, what the file says the pump holds, and what to do.

    ``calls`` is whom to call, as somebody gave it; ``sources`` are named by their numbers from 1.
    """

    title: str
    holds: tuple[str, ...]
    pump: str
    calls: tuple[str, ...]
    parts: tuple[Part, ...]
    sources: tuple[str, ...]


def sheets(therapy: Therapy, calls: Sequence[str] = ()) -> list[Sheet]:
    """A sheet for each class of the file's drugs, and one for the pump; a drug of no known class has one that says so."""
    found: dict[str, tuple[FirstAid | None, list[Drug]]] = {}
    for entry in therapy.drugs:
        aid = _aid(therapy, entry.drug)
        found.setdefault(entry.drug.name if aid is None else aid.name, (aid, []))[1].append(entry.drug)
    made = [_sheet(therapy, aid, drugs, tuple(calls)) for aid, drugs in found.values()]
    pump = _pump_aid(therapy)
    return made if pump is None else [*made, _pump_sheet(therapy, pump, tuple(calls))]


def emergency_page(therapy: Therapy, calls: Sequence[str] = ()) -> str:
    """The sheets as HTML, a printed page each."""
    return paper_page(
        "emergency.html.jinja", patient=therapy.title, sheets=sheets(therapy, calls), empty_lines=EMPTY_LINES
    )


def _sheet(therapy: Therapy, aid: FirstAid | None, drugs: list[Drug], calls: tuple[str, ...]) -> Sheet:
    names = ", ".join(drug.title for drug in drugs)
    title = names if aid is None or aid.title.lower() == names.lower() else f"{aid.title}: {names}"
    cited = _Cited(therapy)
    parts = [] if aid is None else _drug_parts(aid, cited)
    unknown = Statement(f"Nothing is known here of {names}: ask its label and the pharmacy.", (CHOSEN,))
    parts = parts or [cited.part("Too much or too little", (unknown,), ordered=False)]
    pump = _pump_aid(therapy)
    if pump is not None:
        parts.append(_stop_part(pump, cited))
    model = "" if therapy.pump is None else therapy.pump.entry.title
    return Sheet(title[:1].upper() + title[1:], _holds(therapy, drugs), model, calls, tuple(parts), cited.sources)


def _drug_parts(aid: FirstAid, cited: _Cited) -> list[Part]:
    parts = [
        cited.part("Too much: signs", aid.overdose_signs, ordered=False),
        cited.part("Too much: do this", aid.overdose_measures, ordered=True),
    ]
    if aid.withdrawal_signs:
        parts.append(cited.part("Too little: signs", aid.withdrawal_signs, ordered=False))
    return [*parts, cited.part("Too little: do this", aid.withdrawal_measures, ordered=bool(aid.withdrawal_signs))]


def _pump_sheet(therapy: Therapy, aid: PumpAid, calls: tuple[str, ...]) -> Sheet:
    cited = _Cited(therapy)
    parts = (
        _stop_part(aid, cited),
        cited.part("Alarm tones", aid.tones, ordered=False),
        cited.part("Magnetic resonance imaging (MRI)", aid.mri, ordered=False),
    )
    model = "" if therapy.pump is None else therapy.pump.entry.title
    holds = _holds(therapy, [entry.drug for entry in therapy.drugs])
    return Sheet(f"The pump: {model}", holds, model, calls, parts, cited.sources)


def _stop_part(aid: PumpAid, cited: _Cited) -> Part:
    return cited.part("Stop the pump", (*aid.stop, *aid.line), ordered=False)


class _Cited:
    """Numbers sources in the order in which a sheet names them."""

    def __init__(self, therapy: Therapy) -> None:
        self._references = therapy.catalogue.references
        self._keys: list[str] = []

    def part(self, heading: str, statements: Sequence[Statement], *, ordered: bool) -> Part:
        """A part of the sheet."""
        lines = tuple(Line(one.says, self._numbers(one), one.verified) for one in statements)
        return Part(heading, lines, ordered)

    @property
    def sources(self) -> tuple[str, ...]:
        """What the numbers stand for."""
        named = (self._references[key] for key in self._keys)
        return tuple(f"{reference.author}: {reference.title} ({reference.year})" for reference in named)

    def _numbers(self, statement: Statement) -> tuple[int, ...]:
        keys = [key for key in statement.source if key != CHOSEN]
        self._keys += [key for key in keys if key not in self._keys]
        return tuple(self._keys.index(key) + 1 for key in keys)


def _aid(therapy: Therapy, drug: Drug) -> FirstAid | None:
    precaution = therapy.catalogue.precautions.get(drug.name)
    families = () if precaution is None else precaution.families
    return next((therapy.catalogue.first_aids[name] for name in families if name in therapy.catalogue.first_aids), None)


def _pump_aid(therapy: Therapy) -> PumpAid | None:
    if therapy.pump is None:
        return None
    name = therapy.pump.entry.name
    return next((aid for aid in therapy.catalogue.pump_aids.values() if name.startswith(aid.pumps)), None)


def _holds(therapy: Therapy, drugs: Sequence[Drug]) -> tuple[str, ...]:
    """What the first fill holds of these drugs, what the program gives, and that the file changes it later."""
    if therapy.pump is None or therapy.catheter is None or therapy.fill is None:
        return ()
    settings = told_at_first_fill(therapy, therapy.pump, therapy.catheter, therapy.fill)
    primary = daily_ng(settings.orders, settings) / settings.concentration
    said = [
        f"{drug.title} {therapy.label[drug.name]}, {dose(drug, float(primary * label / NG_PER_UG))} a day"
        for drug in drugs
        for name, label in settings.labels
        if name == drug.name
    ]
    said.append(f"as filled on {Clock(therapy.fill.at).text(0)}, {therapy.fill.volume}")
    if any(isinstance(event.action, NewProgram | Refill | Revise | ReplacePump) for event in therapy.events):
        said.append("changed later in the file: READ THE PUMP for what runs now")
    return tuple(said)
