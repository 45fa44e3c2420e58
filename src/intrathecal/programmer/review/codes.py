"""The codes of a review as a table, for its page."""

from __future__ import annotations

from collections.abc import Sequence

from intrathecal.programmer.review.rule import Rule


def table(rules: Sequence[Rule]) -> str:
    """A Markdown table: the codes of each rule, and what it holds to be right."""
    rows = [f"| {', '.join(f'`{code}`' for code in rule.codes)} | {rule.about} |" for rule in rules]
    return "\n".join(["| codes | what should be so |", "|---|---|", *rows]) + "\n"
