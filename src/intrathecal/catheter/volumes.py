"""The volume and the lumen of an implanted catheter."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import pi

from intrathecal.catalogue import Catheter


def catheter_volume_mL(catheter: Catheter, removed_cm: Sequence[Fraction]) -> Fraction:
    """The exact volume left in ``catheter`` after ``removed_cm`` was trimmed from each of its segments, pump end first.

    Raises `ValueError` when the number of lengths is not that of the segments, more is cut from one than it has, or nothing
    would be left.
    """
    if len(removed_cm) != len(catheter.segments):
        names = ", ".join(segment.name for segment in catheter.segments)
        raise ValueError(
            f"{catheter.name} has {len(catheter.segments)} segments ({names}) but {len(removed_cm)} removed lengths"
            " were given: give one for each"
        )
    volume = Fraction(0)
    for segment, removed in zip(catheter.segments, removed_cm, strict=True):
        length = segment.length.exact
        if not 0 <= removed <= length:
            raise ValueError(
                f"{float(removed):g} cm cannot be removed from the {segment.name} segment of {catheter.name}, which is"
                f" {float(length):g} cm long: remove at least 0 cm and at most that"
            )
        volume += (length - removed) * segment.volume_per_length.exact
    if volume <= 0:
        raise ValueError(f"nothing is left of {catheter.name}: remove less than its whole length")
    return volume


def lumen_cm2(catheter: Catheter) -> float:
    """The area of the catheter's bore."""
    return pi / 4.0 * catheter.inner_diameter.canonical**2
