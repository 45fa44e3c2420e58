"""A rule: a question that is put to every case, and the codes of what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from intrathecal.programmer.review.case import Case
from intrathecal.programmer.review.finding import Finding

Check = Callable[[Case], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """``codes`` are those of its findings; ``about`` says in one sentence what it is for."""

    codes: tuple[str, ...]
    about: str
    check: Check

    def __call__(self, case: Case) -> tuple[Finding, ...]:
        """What the rule finds. Raises `ValueError` for a code that was not declared."""
        found = tuple(self.check(case))
        for finding in found:
            if finding.code not in self.codes:
                raise ValueError(f'a rule for {", ".join(self.codes)} found "{finding.code}"')
        return found


def rule(*, codes: tuple[str, ...], about: str) -> Callable[[Check], Rule]:
    """Declare a function of the case as a rule; it is asked once it stands in `rules.RULES`."""
    return lambda check: Rule(codes, about, check)
