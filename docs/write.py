"""Write the tables of drug-library.md and review.md anew; the words before them stay as they are."""

from collections.abc import Callable
from pathlib import Path

from intrathecal.catalogue import load_catalogue
from intrathecal.catalogue.library_page import library_page
from intrathecal.programmer.review.codes import table
from intrathecal.programmer.review.rules import DEVICE_RULES, DRUG_RULES

#: The tables begin after this line.
LAST_LINE = "The rest of this page is written by `python docs/write.py`.\n"


def limits() -> str:
    """The drug library, as the catalogue has it."""
    return library_page(load_catalogue())


def codes() -> str:
    """What every rule of review says, as the rules have it."""
    return f"### The pump\n\n{table(DEVICE_RULES)}\n### Drug and patient\n\n{table(DRUG_RULES)}"


TABLES: dict[str, Callable[[], str]] = {"drug-library.md": limits, "review.md": codes}


def whole(name: str, page: str) -> str:
    """The page with its tables as they are now."""
    words, line, _ = page.partition(LAST_LINE)
    return f"{words}{line}\n{TABLES[name]()}"


if __name__ == "__main__":
    for name in TABLES:
        file = Path(__file__).with_name(name)
        file.write_text(whole(name, file.read_text(encoding="utf-8")), encoding="utf-8")
