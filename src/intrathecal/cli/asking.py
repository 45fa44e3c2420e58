"""A question on a terminal that does not wait for ever: whoever has walked away has not said yes."""

from __future__ import annotations

import select
import sys

import typer

#: Seconds until it is said that an answer is waited for, and until the question is withdrawn (requirements 2.2.4 and 2.2.5
#: of the Generic Infusion Pump).
REMIND_S, WITHDRAW_S = 300.0, 600.0


def on_a_terminal() -> bool:
    """Whether there is anybody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirmed(question: str, remind_s: float = REMIND_S, withdraw_s: float = WITHDRAW_S) -> bool:
    """Whether the answer is yes, within the time."""
    answer = asked(f"{question} [y/N]", remind_s, withdraw_s)
    return answer is not None and answer.lower() in ("y", "yes")


def asked(question: str, remind_s: float = REMIND_S, withdraw_s: float = WITHDRAW_S) -> str | None:
    """What is typed within the time, without spaces around it; None if nothing comes."""
    typer.echo(f"{question}: ", nl=False)
    if not _answered(remind_s):
        typer.echo("\nwaiting for an answer; without one nothing is sent: ", nl=False)
        if not _answered(withdraw_s - remind_s):
            typer.echo("\nno answer came; what was not sent is forgotten")
            return None
    return sys.stdin.readline().strip()


def _answered(within_s: float) -> bool:
    sys.stdout.flush()
    return bool(select.select([sys.stdin], [], [], within_s)[0])
