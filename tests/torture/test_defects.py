"""The net catches: every planted defect is found by the torture, each for its own reason, and nothing is found without one."""

from __future__ import annotations

import pytest
from tests.torture.defects.defect import Defect, Situation, endure
from tests.torture.defects.every import DEFECTS
from tests.torture.defects.page import PAGE, page

from intrathecal.torture.violation import RULES

SITUATIONS = {defect.situation: defect.name for defect in DEFECTS}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_found(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched on alone, it breaks the invariant that is meant for it, and no other before."""
    defect.switch_on(monkeypatch)
    violation = endure(defect.situation, monkeypatch).violation
    assert violation is not None
    assert violation.rule == defect.rule, violation
    assert defect.says in violation.found


@pytest.mark.requirement("ACC-1", "ACC-2", "ACC-3", "ACC-4", "ACC-5", "ACC-6", "ACC-9", "ACC-13", "ACC-14", "ACC-15")
@pytest.mark.requirement("ACC-16", "ACC-19", "ACC-20", "ACC-22")
@pytest.mark.parametrize("situation", SITUATIONS, ids=SITUATIONS.values())
def test_nothing_is_found_without_a_defect(situation: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same life of the pump as it is breaks nothing, and lasts to its end."""
    found = endure(situation, monkeypatch)
    assert found.violation is None, found.violation
    assert found.lasted_ms >= situation.plan.lasts
    assert found.strokes > 0


def test_every_invariant_of_the_pump_catches_something() -> None:
    """Conservation alone is the simulated world's own."""
    assert set(RULES) - {defect.rule for defect in DEFECTS} == {"conserved"}


def test_the_page_of_defects_is_up_to_date() -> None:
    """`python -m tests.torture.defects.page` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()
