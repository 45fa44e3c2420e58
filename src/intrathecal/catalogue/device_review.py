"""What review holds the pump, its dates and its bridge against."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.reading import Where
from intrathecal.catalogue.values import Duration, Positive, Share


@dataclass(frozen=True)
class DeviceReview:
    """From where on review says something of the pump.

    ``inexact`` is the share by which the pump may give another dose than the program asks. A flow that stands still for
    ``longest_still`` is said. A bridge may differ from the dead volume by ``bridge_volume``; its dose, or that without it, may
    differ from the dose that runs by ``bridge_dose``, and at ``bridge_factor`` times more or less it cannot be sent. The first
    drug may arrive ``first_drug`` after the start. A low-reservoir date comes ``shortest_fill`` after the change at the
    earliest, and the appointment ``least_lead`` before it. A pump that ends within ``replacement`` is to be replaced.
    """

    inexact: Share
    longest_still: Duration
    bridge_volume: Share
    bridge_dose: Share
    bridge_factor: Positive
    first_drug: Duration
    shortest_fill: Duration
    least_lead: Duration
    replacement: Duration

    def __post_init__(self) -> None:
        if self.bridge_factor.exact <= 1 + self.bridge_dose.exact:
            raise EntryError(
                "bridge_factor", f"{self.bridge_factor} is not above 1 + bridge_dose", "write for example 2"
            )


def check_bridge_factor(known: DeviceReview, given: DeviceReview, where: Where) -> None:
    """What cannot be sent stays so: there is nowhere to sign another bound. Raises `CatalogueError`."""
    if given.bridge_factor.exact > known.bridge_factor.exact:
        where.at("bridge_factor").fail(
            f"{given.bridge_factor} loosens a hard limit ({known.bridge_factor})", "leave it, or write a smaller one"
        )
