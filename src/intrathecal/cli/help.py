"""How the commands are listed and described: in groups, by what they are for, in words and without types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

#: No summary of a command is cut off; long ones are wrapped.
UNCUT = 10_000


class Command(TyperCommand):
    """A command whose arguments are shown under the names that stand in its usage."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, TyperArgument):
                sections["Arguments"].append((parameter.metavar or record[0], record[1]))
            elif record is not None:
                sections["Options"].append(record)
        _write(formatter, sections)


class Groups(TyperGroup):
    """Commands listed under what they are for, in the order in which they were added."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section for each group."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            rows = sections.setdefault(str(getattr(command, "rich_help_panel", None)), [])
            rows.append((name, command.get_short_help_str(UNCUT)))
        # The columns of all groups stand below each other.
        widest = max(len(name) for name in self.commands)
        _write(
            formatter, {title: [(name.ljust(widest), says) for name, says in rows] for title, rows in sections.items()}
        )


def add(app: typer.Typer, groups: Mapping[str, Sequence[Callable[..., None]]]) -> None:
    """Add every command to its group."""
    for title, commands in groups.items():
        for command in commands:
            app.command(cls=Command, rich_help_panel=title)(command)


def complaint(problem: typer.TyperException) -> str:
    """What is wrong with the words of a command, and where it is said how they are right."""
    context = getattr(problem, "ctx", None)
    command = "intrathecal" if context is None else context.command_path
    return f"{problem.format_message().removesuffix('.').replace('Value error, ', '')}; see {command} --help"


def _write(formatter: Any, sections: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)
