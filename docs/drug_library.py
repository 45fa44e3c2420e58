"""Write docs/drug-library.md anew from the catalogue; the words before the tables stay as they are."""

from pathlib import Path

from intrathecal.catalogue import load_catalogue
from intrathecal.catalogue.library_page import library_page

PAGE = Path(__file__).with_name("drug-library.md")
#: The tables begin after this line.
LAST_LINE = "The rest of this page is written from the data: `python docs/drug_library.py`.\n"


def whole(page: str) -> str:
    """The page with its tables as the catalogue has them."""
    words, line, _ = page.partition(LAST_LINE)
    return f"{words}{line}\n{library_page(load_catalogue())}"


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
