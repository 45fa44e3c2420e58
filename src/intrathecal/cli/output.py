"""What a command answers: as text, and as JSON."""

from __future__ import annotations

import json as encoding
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from intrathecal.quantities import InputError


class OutputError(InputError):
    """A file that cannot be written: the message says which, why, and what to do."""


@contextmanager
def writing(target: str) -> Iterator[None]:
    """Turn what the system says while ``target`` is written into one line that names it. Raises `OutputError`."""
    try:
        yield
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else "the system gives no reason"
        raise OutputError(f"{target}: cannot be written ({reason}); name another file or free some space") from None


def tell(figures: dict[str, Any], text: str, json: str | None) -> None:
    """A command's answer: as text, and as JSON where ``--json`` names a file; ``-`` puts the JSON in the text's place."""
    if json is not None:
        write_json(figures, json)
    if json != "-":
        typer.echo(text, nl=False)


def write_json(figures: dict[str, Any], target: str) -> None:
    """Write UTF-8 JSON to a file, or to standard output for ``-``; a number that is not finite becomes null."""
    if not target:
        raise OutputError("--json: the name is empty; name a file, or write - for standard output")
    text = encoding.dumps(_plain(figures), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if target != "-":
        from intrathecal.simulation.files import replacing

        with writing(target), replacing(Path(target)) as file:
            file.write_text(text, encoding="utf-8")
    elif sys.stdout is None:
        raise OutputError("standard output: is closed; open it, or name a file")
    else:
        sys.stdout.write(text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
