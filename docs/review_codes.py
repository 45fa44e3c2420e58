"""Write the tables of docs/review.md anew from the rules; the words before them stay as they are."""

from pathlib import Path

from intrathecal.programmer.review.codes import table
from intrathecal.programmer.review.rules import DEVICE_RULES, DRUG_RULES

PAGE = Path(__file__).with_name("review.md")
#: The tables begin after this line.
LAST_LINE = "The rest of this page is written from the rules: `python docs/review_codes.py`.\n"


def whole(page: str) -> str:
    """The page with its tables as the rules have them."""
    words, line, _ = page.partition(LAST_LINE)
    return f"{words}{line}\n### The pump\n\n{table(DEVICE_RULES)}\n### Drug and patient\n\n{table(DRUG_RULES)}"


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
