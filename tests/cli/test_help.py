"""How the commands are listed and described, and what is said where words are wrong."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from tests.cli.commands import call, refused

from intrathecal.cli.app import GROUPS

COMMANDS = [command.__name__.replace("_", "-") for commands in GROUPS.values() for command in commands]


def test_every_command_stands_once_under_what_it_is_for() -> None:
    """In the order of the groups; no summary is cut off."""
    shown = call("--help").stdout
    listed = re.findall(r"^  ([a-z][a-z-]*)  +\S", shown, re.MULTILINE)
    assert listed == [*COMMANDS, "audit"]  # which has commands of its own
    assert len(set(COMMANDS)) == len(COMMANDS)
    assert all(f"\n{title}:\n" in shown for title in GROUPS)
    assert "..." not in shown.partition("Simulate:")[2]


def test_without_a_command_all_are_listed() -> None:
    """It is wrong input all the same."""
    done = call()
    assert done.returncode == 2
    assert done.stderr == call("--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_and_option_is_described(command: str) -> None:
    """In words, and without the types that only programmers know."""
    done = call(command, "--help")
    assert done.returncode == 0
    rows = re.split(r"\n  (?=\S)", re.split(r"\n(?:Arguments|Options):", done.stdout, maxsplit=1)[1])
    for row in rows[1:]:
        assert re.search(r"\S\s{2,}[A-Z]", row), row
    assert not re.search(r"<(?:str|path|int|list)", done.stdout)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["simulate", "--nothing"], "No such option: --nothing; see intrathecal simulate --help"),
        (["simulat"], "Did you mean 'simulate'"),
        (["refill", "therapy.toml"], "Missing option '--measured'; see intrathecal refill --help"),
        (["pair", "HOST:1", "--role", "nurse"], "'nurse' is not one of 'programmer', 'handset'"),
    ],
)
def test_wrong_words_end_with_one_message_that_says_where_help_is(words: list[str], says: str) -> None:
    """And with exit code 2."""
    refused(call(*words), 2, says, "--help")


@pytest.mark.parametrize("start", [["-m", "intrathecal"], ["-c", "from intrathecal.cli import main; main()"]])
def test_the_command_has_one_name_however_it_is_started(start: list[str]) -> None:
    """Help and messages say what stands in the documentation, and not how Python was called."""
    for words, says in ((["simulate", "--nothing"], "; see intrathecal simulate --help\n"), (["simulate", "-h"], "")):
        done = subprocess.run([sys.executable, *start, *words], check=False, capture_output=True, text=True)
        assert done.stderr.endswith(says)
        assert says or "Usage: intrathecal simulate " in done.stdout
