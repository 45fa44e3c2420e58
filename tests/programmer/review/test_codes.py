"""The page of the codes, and the codes themselves."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from intrathecal.programmer.review.rules import RULES

DOCS = Path(__file__).parents[3] / "docs"
CODES = [code for rule in RULES for code in rule.codes]


def test_every_code_is_its_own_and_readable() -> None:
    """Kebab-case, none twice, and at least forty rules' worth of them."""
    assert len(set(CODES)) == len(CODES) >= 40
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in CODES)


def test_the_page_lists_the_rules_as_they_are() -> None:
    """`python docs/write.py` writes the tables of docs/review.md anew."""
    page = (DOCS / "review.md").read_text(encoding="utf-8")
    assert page == runpy.run_path(str(DOCS / "write.py"))["whole"]("review.md", page)
    assert all(f"`{code}`" in page for code in CODES)
