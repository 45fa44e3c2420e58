"""What a programmer says of a program before it is sent."""

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding, Severity
from intrathecal.programmer.review.judge import Review, case_of, judge, review
from intrathecal.programmer.review.rule import Rule, rule
from intrathecal.programmer.review.side import BolusClause, Side

__all__ = ["BolusClause", "Case", "Finding", "Review", "Rule", "Severity", "Side", "case_of", "judge", "review", "rule"]
