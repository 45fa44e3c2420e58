"""Templates, styles and scripts of the package."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined


@lru_cache(maxsize=16)
def asset(folder: str, name: str) -> str:
    """A file of the package as text."""
    return files("intrathecal.report").joinpath(folder, name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The package's templates; texts that they are given are escaped."""
    environment = Environment(
        loader=PackageLoader("intrathecal.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["small"] = lambda text: text[:1].lower() + text[1:]
    return environment
