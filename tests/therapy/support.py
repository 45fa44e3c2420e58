"""What the tests of therapy files share: the example, and short ways to write a file and what it becomes."""

from decimal import Decimal
from pathlib import Path

from intrathecal.quantities import Quantity
from intrathecal.therapy import (
    Action,
    Therapy,
    parse_therapy,
)

FILE = Path(__file__).parents[2] / "examples/failed-back.toml"
EXAMPLE = FILE.read_text(encoding="utf-8")
HOUR = 3_600_000
DAY = 24 * HOUR


def parse(text: str) -> Therapy:
    """The therapy in a text."""
    return parse_therapy(text, "therapy.toml", Path())


def with_event(action: str) -> Therapy:
    """The example with one more event, its fifth, on day 80."""
    return parse(EXAMPLE.replace("[simulation]", f'[[event]]\nat = "day 80"\n{action}\n\n[simulation]'))


def action(text: str) -> Action:
    """The action of that event."""
    return with_event(text).events[4].action


def q(number: str, unit: str, kind: str) -> Quantity:
    """A quantity."""
    return Quantity(Decimal(number), unit, kind)


def mg_per_ml(number: str) -> Quantity:
    """A concentration."""
    return q(number, "mg/mL", "concentration")
