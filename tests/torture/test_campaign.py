"""Campaigns: the same seed is the same run, and what broke is made short and can be run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from intrathecal.pump.life import Life
from intrathecal.pump.state import Action
from intrathecal.torture.campaign import life_of, replay, torture
from intrathecal.torture.draw import WEIGHTS, draw
from intrathecal.torture.plan import Plan, ReplayError, load, save
from intrathecal.torture.trial import live

TIMES = ("wall_s", "pump_years_per_core_hour")
REPLAYS = sorted((Path(__file__).parent / "replays").glob("*.json"))
#: What the air and the medium do besides what is drawn.
OTHERS = {
    "duplicated-message", "reordered-message", "late-message", "lost-message", "lost-answer",
    "torn-write", "reordered-write", "noise-sector",
}  # fmt: skip


def test_a_seed_gives_the_same_figures_in_one_process_and_in_two() -> None:
    """Lives are added up in their order, however many are lived side by side."""
    alone, together = torture(1.5, 7).figures, torture(1.5, 7, workers=2).figures
    for figure in TIMES:
        del alone[figure], together[figure]
    assert alone == together
    assert alone["lives"] > 1


def test_every_fault_of_the_menu_is_drawn() -> None:
    """In both kinds of lives, but for the controller that is stuck, which needs a pump with a watchdog."""
    far = {happening.kind for number in range(1, 300, 3) for happening in draw(1, number).happenings}
    dense = {happening.kind for number in range(0, 300, 3) for happening in draw(1, number).happenings}
    assert dense == set(WEIGHTS)
    assert far == set(WEIGHTS) - {"controller-stuck"}


def test_what_the_air_and_the_medium_do_is_counted() -> None:
    """Lost, late, doubled and reordered messages; torn and reordered writes; sectors of noise."""
    done = torture(12, 2)
    assert set(done.faults) >= OTHERS
    assert not done.broken


def _forgets_steps(patch: pytest.MonkeyPatch) -> None:
    """A pump that books a step too few whenever its motor was tried twice."""
    right = Life._done

    def wrong(self: Life, to: int, rotor: int, tries: int) -> list[Action]:
        return right(self, to, rotor - (tries > 1), tries)

    patch.setattr(Life, "_done", wrong)


def test_a_violation_is_shrunk_to_a_short_replay_that_breaks_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of dozens of events those are left that a step tried twice needs; without the defect the replay passes."""
    with monkeypatch.context() as patch:
        _forgets_steps(patch)
        number = next(number for number in range(0, 300, 3) if live(draw(4, number)).violation is not None)
        broken = life_of(4, number).broken
        assert broken is not None
        path = tmp_path / "replay.json"
        save(broken.replay, path)
        again = replay(load(path))
        assert [one.violation.rule for one in again.broken] == [broken.violation.rule]
        assert len(broken.replay.happenings) <= 3 < len(draw(4, number).happenings)
    assert not replay(load(path)).broken


def test_a_plan_reads_back_as_it_was(tmp_path: Path) -> None:
    """All of it."""
    plan = draw(3, 4)
    save(plan, tmp_path / "plan.json")
    assert load(tmp_path / "plan.json") == plan


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no replay of this version"),
        ('{"seed": 1}', "is no replay of this version"),
        ("[" * 100_000, "is no replay of this version"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_replay_is_one_message(tmp_path: Path, text: str | None, said: str) -> None:
    """It names the file."""
    path = tmp_path / "replay.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ReplayError, match=said) as refused:
        load(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("path", REPLAYS, ids=lambda path: path.stem)
def test_what_once_broke_an_invariant_breaks_none_now(path: Path) -> None:
    """Replays of defects that were found and put right."""
    plan: Plan = load(path)
    assert live(plan).violation is None
