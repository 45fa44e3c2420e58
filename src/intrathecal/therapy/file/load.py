"""From a therapy file to a `Therapy`: every sentence of it checked, every mistake named with its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from intrathecal.therapy.file.read_therapy import read_therapy
from intrathecal.therapy.file.text import parse_document, read_text
from intrathecal.therapy.plan import Therapy

WHAT = "therapy file"
EXAMPLE = "write at least one [[drug]], see examples/failed-back.toml"


def load_therapy(path: str | Path, catalogue_files: Sequence[Path] = ()) -> Therapy:
    """Read a therapy file; ``catalogue_files`` are laid over the catalogue after those that the file names.

    Raises `TherapyError`: "FILE, line N: what is wrong; what would be right".
    """
    return parse_therapy(read_text(Path(path), WHAT), str(path), Path(path).parent, catalogue_files)


def parse_therapy(text: str, name: str, directory: Path, catalogue_files: Sequence[Path] = ()) -> Therapy:
    """A therapy from the text of a file.

    ``name`` is what messages call it, and paths in it are relative to ``directory``. Raises as `load_therapy` does.
    """
    return read_therapy(parse_document(text, name, WHAT, EXAMPLE), directory, catalogue_files)
