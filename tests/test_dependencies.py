"""What the package imports is what its users have."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_package_imports_only_what_is_installed_with_it() -> None:
    """What only the tests install is missing after `make demo`."""
    pins = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    installed = {_plain(name) for name in re.findall(r"^([\w.-]+)==", pins, re.MULTILINE)}
    providers = packages_distributions()
    files = sorted((ROOT / "src").rglob("*.py"))
    assert files
    for file in files:
        for name in _imported(file) - set(sys.stdlib_module_names) - {"intrathecal"}:
            assert installed & {_plain(one) for one in providers.get(name, ())}, f"{file} imports {name}"


def _imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in whole | parts}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
