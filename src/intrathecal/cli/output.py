"""Figures handed on as JSON."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any


def write_json(figures: dict[str, Any], target: str) -> None:
    """Write UTF-8 JSON to a file, or to standard output for ``-``; a number that is not finite becomes null."""
    text = json.dumps(_plain(figures), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
