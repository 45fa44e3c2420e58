"""What a program will give by itself, as the pump will run it: the rules of booking, without motor, reservoir and battery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from intrathecal.pump.course import Piece
from intrathecal.pump.schedule import Start, base_asked, base_beside, base_pieces, bolus_share
from intrathecal.pump.settings import Settings

#: A bolus under way: the rate that was asked (pL/ms) and the volume (pL) that is left, both above zero.
Under = tuple[Fraction, Fraction]


def planned(
    settings: Settings, origin: int, under_way: Sequence[Under], coming: Iterable[Start], first: int, last: int
) -> list[Piece]:
    """The flow (pL/ms) from ``first`` to ``last`` of base, windows, ramp, boluses under way and those that are coming."""
    boluses = iter(coming)
    begins = next(boluses, None)
    active = list(under_way)
    pieces: list[Piece] = []
    for start, end, alone in base_pieces(settings, origin, first, last):
        asked = base_asked(settings, origin, start)
        at = start
        while at < end:
            while begins is not None and begins.at <= at:
                if begins.dose > 0:
                    volume = settings.flow(begins.dose)
                    active.append((volume / begins.over, volume))
                begins = next(boluses, None)
            to = end if begins is None else min(end, begins.at)
            if active:
                wanted = sum((rate for rate, _ in active), Fraction(0))
                base = base_beside(settings, asked)
                share = bolus_share(settings, base, wanted)
                to, active, done = _until_a_bolus_ends(active, share, at, to)
                pieces += [(begin, until, base + flow) for begin, until, flow in done if base + flow > 0]
            elif alone > 0:
                pieces.append((at, to, alone))
            at = to
    return pieces


def _until_a_bolus_ends(
    active: Sequence[Under], share: Fraction, at: int, to: int
) -> tuple[int, list[Under], list[Piece]]:
    """The time at which the first of them ends (at most ``to``), what is left of each then, and what they give until then.

    Changes fall on whole ms: within the last one a bolus gives what it has left.
    """
    if share == 0:
        return to, list(active), [(at, to, Fraction(0))]
    to = min(to, *(at + max(1, -(-left // (rate * share))) for rate, left in active))
    before = to - 1 - at
    flow = sum((rate * share for rate, _ in active), Fraction(0))
    left_before = [(rate, left - rate * share * before) for rate, left in active]
    last = sum((min(left, rate * share) for rate, left in left_before), Fraction(0))
    left_after = [(rate, left - rate * share) for rate, left in left_before if left > rate * share]
    if last == flow or before == 0:
        return to, left_after, [(at, to, last if before == 0 else flow)]
    return to, left_after, [(at, to - 1, flow), (to - 1, to, last)]
