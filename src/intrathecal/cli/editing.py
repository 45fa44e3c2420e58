"""A text in a person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from intrathecal.cli.pump_line import CommandError

#: What POSIX systems have where nobody has named another.
USUAL_EDITOR = "vi"


def edited(text: str, option: str) -> str | None:
    """What the editor (VISUAL, else EDITOR) leaves of the text; None if it is as it was. Raises `CommandError`."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or USUAL_EDITOR
    with TemporaryDirectory() as folder:
        file = Path(folder, "program.txt")
        file.write_text(text, encoding="utf-8")
        try:
            command = [*shlex.split(editor), str(file)]
            code = subprocess.run(command, check=False).returncode  # noqa: S603 - the person's own editor
            left = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else problem
            raise CommandError(f"{option}: {editor}: {reason}; name your editor in EDITOR") from None
    if code:
        raise CommandError(f"{option}: {editor} ended with exit code {code}; nothing is sent")
    return None if left == text else left
