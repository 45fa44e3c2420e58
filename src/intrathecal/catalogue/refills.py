"""What a refill is checked against, and what is filled in besides the fill itself."""

from __future__ import annotations

from dataclasses import dataclass

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import Count, Share, Volume


@dataclass(frozen=True)
class RefillFigures:
    """When what is left in a reservoir is looked into.

    It may differ from what is expected by ``residual_volume``, and what was given by the pump's own accuracy. A pump that
    gave less than ``next_to_nothing`` of its dose gave nothing. ``repeats`` refills that differ in one direction, one after
    the other, are no chance; refills that all differ in one direction, each within its tolerance, are said when their mean is
    beyond ``drift`` of the accuracy. After a fill ``missing_inside`` of the reservoir may be missing inside the pump. The
    tubes of a refill set hold ``refill_set``, which is made besides the fill. What is purged at an implantation fits what
    tubing and catheter hold within ``purge_share``.
    """

    residual_volume: Volume
    next_to_nothing: Share
    repeats: Count
    drift: Share
    missing_inside: Share
    refill_set: Volume
    purge_share: Share

    def __post_init__(self) -> None:
        if self.repeats.exact.denominator != 1 or self.repeats.exact < 2:
            raise EntryError("repeats", f"{self.repeats} is no number of refills in a row", "write 2 or more")
