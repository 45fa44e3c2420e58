"""Concentrations of every drug on the label."""

from __future__ import annotations

from collections.abc import Iterator

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding
from intrathecal.programmer.review.library import finding, most_broken, shown_unit
from intrathecal.programmer.review.rule import rule
from intrathecal.quantities import rounded


@rule(
    codes=("concentration-high",),
    about="No drug is stronger than what is sold, dissolves or is advised.",
)
def concentration(case: Case) -> Iterator[Finding]:
    """Each drug of a mixture by itself; what cannot be made at all is refused when the file is read."""
    for drug in case.after.drugs:
        value = case.after.concentration_ug_per_mL(drug)
        running = None if case.before is None else case.before.concentration_ug_per_mL(drug)
        found = most_broken(case, drug, "concentration", value, running)
        if found is not None:
            unit, scale = shown_unit(case, drug, "concentration")
            says = f"{drug.capitalize()} of {rounded(value / scale)} {unit} is stronger than"
            yield finding(case, "concentration-high", found, drug, value, says)


CONCENTRATION = (concentration,)
