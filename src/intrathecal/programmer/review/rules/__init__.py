"""The rules, in the order in which they are asked."""

from __future__ import annotations

from intrathecal.programmer.review.rule import Rule
from intrathecal.programmer.review.rules.drugs import DRUG_RULES
from intrathecal.programmer.review.rules.flow import FLOW

RULES: tuple[Rule, ...] = (*FLOW, *DRUG_RULES)
