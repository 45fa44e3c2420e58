"""The command that lays doses of equal effect side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from textwrap import fill
from typing import Annotated, Any

import typer

from intrathecal.cli.options import CatalogueFiles, Json
from intrathecal.cli.output import tell
from intrathecal.cli.summary import number, table
from intrathecal.quantities import InputError

ROUTES = ("oral", "intravenous", "epidural", "intrathecal")
#: The route that the others are measured by.
REFERENCE = "intrathecal"
#: So many of the values that a ratio hangs on are printed; the JSON has all.
SHOWN = 3
WIDTH = 130
#: Nobody notices a shorter time than a second.
AT_ONCE_MIN = 1 / 60
UG_PER = {"mg": 1000.0, "mcg": 1.0}


class SettingError(InputError):
    """A ``--set`` that cannot be read: the message says what would be right."""


def equivalence(
    drug: Annotated[str, typer.Argument(metavar="DRUG", help="A drug of the catalogue.", show_default=False)],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Ask with another catalogue value; may be repeated."),
    ] = None,
    json: Json = None,
    catalogue: CatalogueFiles = None,
) -> None:
    """Show doses of equal effect by every route, what their ratios hang on, and how soon relief comes."""
    from intrathecal.catalogue import load_catalogue
    from intrathecal.cohort.figures import equivalence as compare

    found = compare(load_catalogue(tuple(catalogue or ())), drug, read_settings(settings or ()))
    tell(found, equivalence_text(found), json)


def read_settings(typed: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` as typed, by name; raises `SettingError`."""
    settings: dict[str, str] = {}
    for text in typed:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise SettingError(f'--set "{text}": write NAME=VALUE, such as "drug.morphine.oral.bioavailability=0.3"')
        if name in settings:
            raise SettingError(f"--set, {name}: it is set twice; set it once")
        settings[name] = value
    return settings


def equivalence_text(figures: dict[str, Any]) -> str:
    """The answer as text: a table for every basis and patient, and what the ratios hang on."""
    lines: list[str] = []
    cases = _distinct([figures, *figures["other"]])
    for title, case in cases:
        lines += [f"{figures['drug']}, {title}", *_case(case, figures["customary_mass_unit"]), ""]
    lines += [fill(sentence, WIDTH, subsequent_indent="  ") for sentence in figures["assumptions"]]
    return "\n".join(lines) + "\n"


def _distinct(cases: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Every basis, and its patients apart where they differ."""
    shown: list[tuple[str, dict[str, Any]]] = []
    for case in cases:
        same = [other for other in cases if other["basis"] == case["basis"]]
        alike = all(other[route] == case[route] for other in same for route in ROUTES)
        title = "equal effect" if case["basis"] == "effect" else "equal concentration in the lumbosacral fluid"
        if not alike:
            shown.append((f"{title}, {case['patient']}", case))
        elif case is same[0]:
            shown.append((title, case))
    return shown


def _case(case: dict[str, Any], unit: str) -> list[str]:
    head = ["route", f"{unit} a day", "ratio", "5-95 %", "onset of one dose", "of an infusion"]
    rows = []
    for route in ROUTES:
        if case[route] is None:
            rows.append([route, "-", "-", "-", "-", "-"])
            continue
        low, high = (number(end, 3) for end in case["interval"][route])
        rows.append(
            [
                route,
                number(case["dose_ug_per_day"][route] / UG_PER[unit], 3),
                number(case[route], 3),
                "" if route == REFERENCE else f"{low}-{high}",
                _lasting(case["onset_min"][route]),
                _lasting(case["onset_infusion_min"][route]),
            ]
        )
    lines = table(head, rows)
    lines += [f"No {route} route: {why}." for route, why in case["reason"].items()]
    if case["sensitivity"]:
        lines.append(f"The {case['sensitivity'][0]['route']} ratio hangs most on")
    for one in case["sensitivity"][:SHOWN]:
        moved = f"{one['value_low']} to {one['value_high']}"
        lines.append(f"  {one['name']}: {number(one['low'], 3)} to {number(one['high'], 3)} for {moved}")
    return lines


def _lasting(minutes: float) -> str:
    """A time in the unit in which people say it."""
    if minutes < AT_ONCE_MIN:
        return "at once"
    if not isfinite(minutes):
        return "over 30 years"
    if minutes < 120:
        return f"{number(minutes, 2)} min"
    return f"{number(minutes / 60, 2)} h" if minutes < 2880 else f"{number(minutes / 1440, 2)} days"
