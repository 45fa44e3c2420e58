"""The times of the bench as bars on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.tables import Bar, shown

#: Okabe and Ito's blue and orange, told apart with any colour vision; the hatch tells them apart in grey.
OWN, PEER = "#0072B2", "#E69F00"
BAR_INCH, MARGIN_INCH, WIDTH_INCH = 0.3, 1.3, 8.0
#: Room to the right of the longest bar for its figure, as a factor on the scale.
ROOM = 4.0
#: The shortest bar begins at its figure over this, so that it can be seen.
SHORTEST = 3.0


def draw(bars: Sequence[Bar], path: Path) -> None:
    """Write ``bars``, grouped by their work, as SVG; the same bars give the same file."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    works = list(dict.fromkeys(bar.work for bar in bars))
    places, at = [], 0.0
    for work in works:
        for bar in bars:
            if bar.work == work:
                places.append((at, bar))
                at += 1.0
        at += 1.0
    with mpl.rc_context({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 9}):
        figure, axes = pyplot.subplots(figsize=(WIDTH_INCH, MARGIN_INCH + BAR_INCH * at), layout="constrained")
        for place, bar in places:
            axes.barh(
                place,
                bar.seconds,
                color=OWN if bar.own else PEER,
                hatch=None if bar.own else "///",
                edgecolor="white",
            )
            axes.text(bar.seconds * 1.1, place, f"{shown(bar.seconds)} s", va="center")
        axes.set_yticks([place for place, _ in places], [f"{bar.work}: {bar.method}" for _, bar in places])
        axes.invert_yaxis()
        axes.set_xscale("log")
        seconds = [bar.seconds for bar in bars]
        axes.set_xlim(min(seconds) / SHORTEST, max(seconds) * ROOM)
        axes.set_xlabel("time of one run, s (logarithmic)")
        axes.spines[["top", "right"]].set_visible(False)
        keys = [
            Patch(color=OWN, label="this program"),
            Patch(facecolor=PEER, hatch="///", edgecolor="white", label="others"),
        ]
        figure.legend(handles=keys, frameon=False, loc="outside upper right", ncols=len(keys))
        figure.savefig(path, format="svg", metadata={"Date": None})
        pyplot.close(figure)
