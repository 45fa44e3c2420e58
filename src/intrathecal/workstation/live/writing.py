"""The text of a therapy: written from the record, read safely, and given another program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from intrathecal.catalogue import load_catalogue
from intrathecal.therapy import Program as PumpProgram
from intrathecal.therapy import Therapy, TherapyError
from intrathecal.therapy.file.load import EXAMPLE, WHAT
from intrathecal.therapy.file.read_therapy import read_therapy
from intrathecal.therapy.file.text import parse_document
from intrathecal.workstation import configuration
from intrathecal.workstation.clinic.checklists import kind_of
from intrathecal.workstation.clinic.models import Implant, Patient, Refill
from intrathecal.workstation.clinic.units import MM_PER_CM, UL_PER_ML

NAME = "therapy file"
_PROGRAM = re.compile(r"(?ms)^[ \t]*\[program\][^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*")
_TEXT = re.compile(r"""[ \t]*text[ \t]*=[ \t]*(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')""", re.DOTALL)
LONGEST_SUMMARY = 300


def therapy_of(text: str, name: str = NAME) -> Therapy:
    """The therapy in a text that messages call ``name``. Raises `TherapyError`; no other file is opened for it."""
    root = parse_document(text, name, WHAT, EXAMPLE)
    if "catalogue" in root.table:
        raise TherapyError(_("[catalogue]: a file of the clinic's own values cannot be named here; leave it out"))
    return read_therapy(root, configuration.HERE, ())


def with_program(text: str, program: str) -> str:
    """The same therapy with another program. Raises `TherapyError` where the text has no place for it."""
    found = _PROGRAM.search(text)
    place = None if found is None else _TEXT.match(text, found.end())
    if place is None:
        raise TherapyError(_('[program]: has no "text"; write [program] and below it text = "2.4 mg/day"'))
    written = f'text = """\n{program.strip()}\n"""'
    return text[: place.start()] + written + text[place.end() :]


def summary(program: PumpProgram) -> str:
    """A program in one line."""
    line = "; ".join(str(program).splitlines())
    return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1]}…"


def composed(
    patient: Patient,
    implant: Implant,
    drugs: dict[str, str],
    program: str,
    *,
    filled_uL: int,
    filled_at: datetime,
    extra: str = "",
) -> str:
    """A whole therapy file from the record; ``extra`` are more lines about the patient."""
    local = timezone.localtime(filled_at)
    return f"""title = "Pump of patient {patient.number}"

[program]
text = \"\"\"
{program.strip()}
\"\"\"

[patient]
height = "{patient.height_cm} cm"
weight = "{patient.weight_kg:g} kg"
age = {_age(patient.born)}
indication = "{kind_of(patient)}"
{extra}
[pump]
model = "{implant.model}"
implanted = {implant.implanted_on:%Y-%m-%d}
utc_offset = "{_offset(local)}"

{catheter_table(implant)}
{drug_tables(drugs)}
[fill]
volume = "{filled_uL / UL_PER_ML:g} mL"
at = {local:%Y-%m-%dT%H:%M:%S}
primed = "tip"

[simulation]
days = 28
"""


def catheter_table(implant: Implant) -> str:
    """The table of the catheter as it was left. Pieces of two kinds are one of the longest kind: all have one bore.

    Raises `TherapyError` where the record does not say what was laid: no catheter is guessed.
    """
    laid = implant.catheters.first()
    if laid is None or not laid.segments or not all("model" in one for one in laid.segments):
        raise TherapyError(_("No catheter is in the record: store it as a revision of the catheter first."))
    pieces, tip = list(laid.segments), laid.tip_level
    model = pieces[0]["model"]
    trimmed = sum(one.get("trimmed_mm", 0) for one in pieces)
    if len({one.get("model") for one in pieces}) > 1 and all("length_mm" in one for one in pieces):
        left = sum(one["length_mm"] for one in pieces) - trimmed
        model, whole = max(((one["model"], _whole_mm(one["model"])) for one in pieces), key=lambda known: known[1])
        trimmed = whole - left
    return f'[catheter]\nmodel = "{model}"\nremoved = "{trimmed / MM_PER_CM:g} cm"\ntip = "{tip}"\n'


def _whole_mm(model: str) -> int:
    """How long a catheter of the catalogue is, uncut."""
    return round(sum(segment.length.exact for segment in load_catalogue().catheters[model].segments) * MM_PER_CM)


def drug_tables(drugs: Mapping[str, str]) -> str:
    """A table for each drug; doses of the program are those of the first."""
    return "\n".join(f'[[drug]]\nname = "{name}"\nconcentration = "{much}"\n' for name, much in drugs.items())


def last_text(patient: Patient) -> str:
    """The text of the program that ran last, or else of the draft that was written last; empty where there is none."""
    written = patient.programs.exclude(text="").order_by(F("begins_at").desc(nulls_last=True), "-pk")
    return str(written.values_list("text", flat=True).first() or "")


def first_text(patient: Patient) -> str:
    """What the record holds, as a text. Raises `TherapyError` where something is missing."""
    implant = patient.standing
    refill = None if implant is None else Refill.objects.filter(implant=implant).first()
    if implant is None or refill is None or not refill.drugs:
        raise TherapyError(_("There is no pump, or no fill of it, in the record. Write down the first fill."))
    laid = implant.catheters.first()
    if laid is not None and not laid.tip_level:
        raise TherapyError(
            _("Nobody knows where the catheter's tip lies: store it as a revision of the catheter first.")
        )
    running = patient.programs.filter(state="in_force").first()
    program = running.summary.partition(" ")[2] if running else "stop"
    return composed(
        patient,
        implant,
        refill.drugs,
        _readable(program),
        filled_uL=refill.filled_uL,
        filled_at=refill.at,
    )


def _readable(program: str) -> str:
    """A program of the record as the language has it; stop where it is none."""
    try:
        return str(PumpProgram.parse(program))
    except TherapyError:
        return "stop"


def _age(born: date) -> int:
    today = timezone.localdate()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f"{text[:3]}:{text[3:5]}"
