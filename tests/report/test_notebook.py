"""The notebook runs from its first cell to its last in a kernel of its own, and shows its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests.report.support import ROOT, needle, pumped

from intrathecal.report import pictures

NOTEBOOK = ROOT / "examples" / "failed-back.ipynb"


def test_the_notebook_runs_and_shows_its_pictures() -> None:
    """Pictures come as frames, figures and arrays as what they are; nothing is written beside it."""
    before = set(NOTEBOOK.parent.iterdir())
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=250, kernel_name="python3").execute(cwd=str(NOTEBOOK.parent))
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("srcdoc=" in _html(output) for output in outputs) == 5
    assert any("relief_percent" in str(output) for output in outputs)
    assert any("of normal before the leak" in str(output) for output in outputs)
    assert set(NOTEBOOK.parent.iterdir()) == before


def _html(output: dict[str, Any]) -> str:
    return str(output.get("data", {}).get("text/html", ""))


def test_the_notebook_is_kept_without_outputs() -> None:
    """So that a change of it can be read line by line."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_every_picture_is_a_page_of_its_own(tmp_path: Path) -> None:
    """With the data of that picture alone."""
    shown = pictures(pumped())
    sizes = {name: len(picture.html) for name, picture in shown.items()}
    assert {"flow", "doses-mg", "curves-morphine", "map-morphine", "pain", "spine", "ledger"} <= set(sizes)
    assert sizes["map-morphine"] < 300_000  # no library of charts in it
    assert max(sizes.values()) < 1_500_000
    assert all(picture.html.startswith("<!DOCTYPE html>") for picture in shown.values())
    assert repr(shown).splitlines()[0].startswith("doses-mg: Dose of each 24 hours")


def test_a_picture_that_there_is_not_is_named_with_those_there_are() -> None:
    """Without a pump there is no flow."""
    with pytest.raises(KeyError, match='there is no picture "flow"; there are curves-morphine'):
        pictures(needle())["flow"]
