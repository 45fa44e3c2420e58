"""Start-up and trumpet curves drawn as one SVG picture that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isclose, log10

from intrathecal.validation.flow_accuracy import DAY_S, HOUR_S, MINUTE_S, FlowAccuracy, Result

WIDTH, HEADER, ROW = 1000, 64, 250
LEFT, RIGHT, PLOT_TOP, PLOT_HEIGHT = 70, 26, 34, 160
#: Names of marks are at least so far apart.
MARK_ROOM = 42
PANEL_WIDTH = WIDTH // 2
#: Colours that keep apart in grey and for the colour-blind.
DARK, LINE, SECOND, BAND, INNER, GRID = "#222", "#0b5394", "#b45f06", "#cfe2f3", "#9fc5e8", "#ddd"
STYLE = "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.small{font-size:11px}"
#: Where the marks of an axis may lie, times a power of ten.
STEPS = (1, 2, 5, 10)

Point = tuple[float, float]


@dataclass(frozen=True)
class Axes:
    """A panel's place and scales; ``x_of`` turns a value into what the axis is linear in."""

    left: float
    top: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_of: Callable[[float], float] = float

    def at(self, x: float, y: float) -> Point:
        """The place of a point in the picture."""
        width = PANEL_WIDTH - LEFT - RIGHT
        low, high = self.x_of(self.x_range[0]), self.x_of(self.x_range[1])
        bottom, top = self.y_range
        across = (self.x_of(x) - low) / (high - low)
        return self.left + LEFT + across * width, self.top + PLOT_TOP + (top - y) / (top - bottom) * PLOT_HEIGHT

    def path(self, points: Iterable[Point], colour: str, dash: str = "") -> str:
        """A line through points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        return f'<polyline points="{self._places(points)}" fill="none" stroke="{colour}" stroke-width="1.5"{dashed}/>'

    def area(self, upper: Sequence[Point], lower: Sequence[Point], colour: str) -> str:
        """What lies between two lines."""
        return f'<polygon points="{self._places([*upper, *reversed(lower)])}" fill="{colour}"/>'

    def frame(self, title: str, x_title: str, y_title: str, x_marks: Sequence[tuple[float, str]]) -> list[str]:
        """Title, grid and the marks of both axes."""
        drawn = [_text(self.left + LEFT, self.top + 18, title, "title")]
        left, bottom = self.at(self.x_range[0], self.y_range[0])
        right, top = self.at(self.x_range[1], self.y_range[1])
        for value in marks(*self.y_range):
            _, y = self.at(self.x_range[0], value)
            drawn += [_line(left, y, right, y), _text(left - 6, y + 4, f"{value:g}", "small", "end")]
        for value, name in x_marks:
            x, _ = self.at(value, self.y_range[0])
            drawn += [_line(x, top, x, bottom), _text(x, bottom + 16, name, "small", "middle")]
        middle = (top + bottom) / 2
        turned = f'transform="rotate(-90 {self.left + 16:.1f} {middle:.1f})"'
        drawn.append(_text((left + right) / 2, bottom + 34, x_title, "small", "middle"))
        drawn.append(_text(self.left + 16, middle, y_title, "small", "middle", turned))
        return drawn

    def _places(self, points: Iterable[Point]) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))


def svg(tested: FlowAccuracy) -> str:
    """The picture: a row for each test, the start-up curve at the left and the trumpet curve at the right."""
    height = HEADER + ROW * len(tested.results) + 24
    drift = f", drive {100 * tested.drive_error:+g} %" if tested.drive_error else ""
    title = f"Flow accuracy of {tested.pump.title} (simulated drive) at {tested.rate:g} mL/day{drift}"
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title><style>{STYLE}</style>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        _text(14, 24, title, "title"),
        _text(14, 44, "Trumpet: extremes of the error over all windows of a length (lines), 5 to 95 and 25 to 75 % of them "
              "(bands), mean error A (solid) and B at the end of the fill (dashed).", "small"),
    ]  # fmt: skip
    for row, result in enumerate(tested.results):
        top = HEADER + ROW * row
        if result.reason:
            drawn.append(_text(LEFT, top + 40, f"As for an {result.scheme.name}: not done, {result.reason}."))
        else:
            drawn += _startup(result, tested.rate, top) + _trumpet(result, top)
    drawn.append(
        _text(14, height - 8, "Method borrowed from IEC 60601-2-24 (formulas not checked against its text); implanted pumps "
              "come under ISO 14708-4. No claim of conformance.", "small")
    )  # fmt: skip
    return "\n".join([*drawn, "</svg>"]) + "\n"


def _startup(result: Result, rate: float, top: float) -> list[str]:
    scheme = result.scheme
    unit, name = (HOUR_S, "h") if scheme.stabilisation_s > 4 * HOUR_S else (MINUTE_S, "min")
    points = [((i + 1) * scheme.sample_s / unit, float(flow)) for i, flow in enumerate(result.startup)]
    longest = scheme.stabilisation_s / unit
    axes = Axes(0, top, (0, longest), around([rate, 0.9 * rate, 1.1 * rate, *(flow for _, flow in points)]))
    x_marks = [(value, f"{value:g}") for value in marks(0, longest)]
    sample = f"{scheme.sample_s / MINUTE_S:g} min"
    drawn = axes.frame(f"Start-up, as for an {scheme.name}: samples of {sample}", name, "mL/day", x_marks)
    drawn.append(axes.path([(0, rate), (longest, rate)], SECOND, "6 4"))
    return [*drawn, axes.path(points, LINE)]


def _trumpet(result: Result, top: float) -> list[str]:
    windows = [(window.seconds / MINUTE_S, window) for window in result.windows]
    shown = [bound for _, window in windows for bound in (window.least, window.greatest)]
    means = [(result.mean_error, ""), (result.end_mean_error, "6 4")]
    shown += [mean for mean, _ in means if mean is not None]
    ends = (windows[0][0], windows[-1][0])
    axes = Axes(PANEL_WIDTH, top, ends, around([-1, 1, *shown]), x_of=log10)
    x_marks: list[tuple[float, str]] = []
    for minutes, window in windows:
        far = not x_marks or axes.at(minutes, 0)[0] - axes.at(x_marks[-1][0], 0)[0] >= MARK_ROOM
        if far and window.seconds in result.scheme.windows_s:
            x_marks.append((minutes, spoken(window.seconds)))
    analysed = f"{spoken(result.scheme.analysis_s)} from {spoken(result.scheme.analysis_from_s)}"
    drawn = axes.frame(
        f"Trumpet, as for an {result.scheme.name}: {analysed}", "length of the window", "error, %", x_marks
    )
    for low, high, colour in ((0, -1, BAND), (1, -2, INNER)):
        upper = [(minutes, window.percentiles[high]) for minutes, window in windows]
        drawn.append(axes.area(upper, [(minutes, window.percentiles[low]) for minutes, window in windows], colour))
    drawn.append(axes.path([(minutes, window.greatest) for minutes, window in windows], LINE))
    drawn.append(axes.path([(minutes, window.least) for minutes, window in windows], LINE))
    for mean, dash in means:
        if mean is not None:
            drawn.append(axes.path([(ends[0], mean), (ends[1], mean)], SECOND, dash))
    return drawn


def around(values: Sequence[float]) -> tuple[float, float]:
    """A range that holds all values with some room."""
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def marks(low: float, high: float, most: int = 7) -> list[float]:
    """At most so many round numbers from ``low`` to ``high``."""
    decade = 10.0 ** floor(log10((high - low) / most))
    step = next(decade * step for step in STEPS if (high - low) / (decade * step) <= most or isclose(step, STEPS[-1]))
    first = ceil(low / step - 1e-9)
    count = floor(high / step + 1e-9) - first + 1
    return [round((first + i) * step, 12) for i in range(count)]


def spoken(seconds: float) -> str:
    """A length of time in the unit in which people say it."""
    for unit, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= 2 * unit or seconds == unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start", more: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named} text-anchor="{anchor}" {more}>{escape(text)}</text>'
