"""The pages, one module for each.

A module has ``urlpatterns``, and ``RULES`` for every name in them. ``NAVIGATION`` are names and labels for the head of every
page, ``TABS`` the same for the pages about one patient.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from intrathecal.workstation.rules import Rule

#: In the order in which they are offered.
NAMES = (
    "board",
    "patients",
    "appointments",
    "own",
    "accounts",
    "audit",
    "explore",
    "asking",
    "api",
    "patient",
    "candidate",
    "trial",
    "implant",
    "refill",
    "pump",
    "pairing",
    "program",
    "confirming",
    "by_hand",
    "history",
    "record",
    "own_link",
    "emergency",
    "finding",
)


@cache
def modules() -> tuple[ModuleType, ...]:
    """The modules of all pages."""
    return tuple(import_module(f"{__name__}.{name}") for name in NAMES)


def urlpatterns() -> list[Any]:
    """All addresses."""
    return [pattern for module in modules() for pattern in module.urlpatterns]


@cache
def rules() -> dict[str, Rule]:
    """All rules by the name of the page."""
    return {name: rule for module in modules() for name, rule in module.RULES.items()}


def navigation() -> list[tuple[str, Any]]:
    """Names and labels for the head of every page."""
    return [entry for module in modules() for entry in getattr(module, "NAVIGATION", ())]


def tabs() -> list[tuple[str, Any]]:
    """Names and labels for the pages about one patient."""
    return [entry for module in modules() for entry in getattr(module, "TABS", ())]
