"""A question on a terminal."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Iterator

import pytest

from intrathecal.cli.asking import confirmed, on_a_terminal


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal; what is written into it is typed."""
    near, far = pty.openpty()
    with os.fdopen(far) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield near
    os.close(near)


@pytest.mark.parametrize(
    ("typed", "yes"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("yep\n", False)]
)
def test_only_yes_is_yes(keyboard: int, typed: str, yes: bool) -> None:
    """Everything else is no."""
    os.write(keyboard, typed.encode())
    assert on_a_terminal()
    assert confirmed("Send?") == yes


@pytest.mark.requirement("ACC-17", "GIP-2.2.4", "GIP-2.2.5")
def test_without_an_answer_the_question_is_withdrawn(keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said once that an answer is waited for; then nothing is sent."""
    assert not confirmed("Send?", 0.01, 0.02)
    said = capsys.readouterr().out
    assert "waiting for an answer" in said
    assert "no answer came" in said
