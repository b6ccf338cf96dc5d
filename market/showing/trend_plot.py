"""A trend as a picture: the rate over time, the thresholds, and how many were due."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import nan
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from market.answers import Trend, TrendPoint
from market.output import harmless

LEVELS: Final = ("limit", "warn", "good", "star")
COLOURS: Final = {
    "star": "#1b7f4b",
    "good": "#2f6db5",
    "warn": "#c77700",
    "limit": "#b3261e",
}
INK, FAINT, GRID, SHADE = "#20242c", "#6b7280", "#e5e7eb", "#eceef2"
LEFT, RIGHT = 0.07, 0.905
"""Where the axes begin and end, in widths of the figure."""
STYLE: Final[Any] = {
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "text.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "trend",
}
THRESHOLDS: Final = ("star", "warn", "limit")
ROOM: Final = 0.055
"""How much of the height a label takes."""

LONGEST: Final = 80
"""Characters of a title that there is room for."""

TICK: Final = timedelta(microseconds=1)
EPOCH: Final = date(1970, 1, 1)
"""Axes count days from then."""


def draw(trend: Trend, file: Path) -> None:
    """Write the picture of `trend` to `file`: PNG or SVG, as its name ends.

    Raises:
        OSError: It can't be written there.
    """
    with rc_context(STYLE):
        figure = picture(trend)
        undated = {"Date": None} if file.suffix == ".svg" else None
        figure.savefig(file, dpi=160, metadata=undated)


def picture(trend: Trend) -> Figure:
    """Return the picture: of a metric its rate and what was due, of all of them levels."""
    figure = Figure(figsize=(10, 5.2), facecolor="white")
    days = [float((day_of(point) - EPOCH).days) for point in trend.points]
    if trend.metric == "overall":
        top = figure.subplots()
        axes = [top]
        _draw_levels(top, days, trend.points)
    else:
        top, below = figure.subplots(2, 1, sharex=True, height_ratios=(5, 1))
        axes = [top, below]
        _draw_thresholds(top, days, trend.points)
        _draw_rates(top, days, trend.points)
        _draw_due(below, days, trend)
    _draw_gaps(top, days, trend)
    _dress(axes, days, trend)
    figure.subplots_adjust(left=LEFT, right=RIGHT, top=0.85, bottom=0.14, hspace=0.09)
    _legend(figure)
    figure.text(LEFT, 0.935, title(trend), size=14, weight="bold", parse_math=False)
    figure.text(LEFT, 0.885, subtitle(trend), color=FAINT, parse_math=False)
    return figure


def day_of(point: TrendPoint) -> date:
    """Return the day that a point ends, or the last one of its week."""
    return (point.as_of - TICK).date()


def title(trend: Trend) -> str:
    """Return of which metric and whom it is; a long id is cut, so that the rest is seen."""
    said = f"{trend.metric}  ·  {harmless(trend.seller_id)}"
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def subtitle(trend: Trend) -> str:
    """Return which days, and by which policies they are judged."""
    first, last = (day_of(trend.points[place]) for place in (0, -1))
    policies: dict[str, date] = {}
    for point in trend.points:
        policies.setdefault(point.policy, day_of(point))
    first_one, *others = policies
    said = [first_one, *(f"{name} from {policies[name]}" for name in others)]
    each = "each day" if trend.by == "day" else "each week"
    return f"at the end of {each}, {first} to {last}, by policy {', '.join(said)}"


def _draw_thresholds(
    axes: Axes, days: Sequence[float], points: Sequence[TrendPoint]
) -> None:
    last: dict[str, float] = {}
    for name in THRESHOLDS:
        values = [_or_nan(getattr(point, name)) for point in points]
        if any(value == value for value in values):  # noqa: PLR0124 - a nan is not
            axes.step(
                days, values, where="post", color=COLOURS[name], lw=1.1, ls=(0, (5, 3))
            )
            last[name] = next(v for v in reversed(values) if v == v)  # noqa: PLR0124 - a nan is not
    rates = [p.rate for p in points if p.rate is not None and _is_judged(p)]
    lowest = min([*last.values(), *rates], default=0.0)
    bottom = max(0.0, lowest - 0.12 * (1.0 - lowest) - 0.01)
    axes.set_ylim(bottom, 1.0 + 0.06 * (1.0 - bottom))
    _label(axes, last)


def _label(axes: Axes, last: dict[str, float]) -> None:
    """Name each threshold at its right end, none over another."""
    low, high = axes.get_ylim()
    below = 2.0
    for name, value in sorted(last.items(), key=lambda each: -each[1]):
        place = min((value - low) / (high - low), below - ROOM)
        below = place
        axes.text(
            1.01,
            place,
            f"{name} {value * 100:g}%",
            transform=axes.transAxes,
            color=COLOURS[name],
            va="center",
            size=9.5,
        )


def _draw_rates(axes: Axes, days: Sequence[float], points: Sequence[TrendPoint]) -> None:
    rates = [_or_nan(point.rate if _is_judged(point) else None) for point in points]
    axes.plot(days, rates, color=INK, lw=1.4, alpha=0.75, zorder=3)
    _draw_marks(axes, days, rates, points)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate * 100:.4g}%"))


def _draw_levels(axes: Axes, days: Sequence[float], points: Sequence[TrendPoint]) -> None:
    places = [LEVELS.index(point.level) if _is_judged(point) else nan for point in points]
    axes.step(days, places, where="mid", color=INK, lw=1.2, alpha=0.5, zorder=3)
    _draw_marks(axes, days, places, points)
    axes.set_ylim(-0.5, len(LEVELS) - 0.5)
    axes.set_yticks(range(len(LEVELS)), LEVELS)


def _draw_marks(
    axes: Axes, days: Sequence[float], places: Sequence[float], points: Sequence[TrendPoint]
) -> None:
    """Draw each point in the colour of its level; fewer points are larger."""
    size = max(5.0, min(30.0, 2_600 / max(len(days), 1)))
    for level in LEVELS:
        mine = [n for n, point in enumerate(points) if point.level == level]
        axes.scatter(
            [days[n] for n in mine],
            [places[n] for n in mine],
            s=size,
            color=COLOURS[level],
            zorder=4,
            linewidths=0,
        )


def _legend(figure: Figure) -> None:
    """Say what the colours mean, under all else."""
    dots = [Line2D([], [], color=COLOURS[name], marker="o", ls="") for name in LEVELS[::-1]]
    figure.legend(
        [*dots, Patch(color=SHADE)],
        [*LEVELS[::-1], "too few to judge"],
        loc="lower left",
        bbox_to_anchor=(LEFT - 0.01, 0.005),
        ncols=len(LEVELS) + 1,
        frameon=False,
        handletextpad=0.3,
        columnspacing=1.3,
        borderaxespad=0.3,
        handlelength=1.2,
    )


def _draw_due(axes: Axes, days: Sequence[float], trend: Trend) -> None:
    width = 0.9 if trend.by == "day" else 6.0
    due = [point.due or 0 for point in trend.points]
    axes.bar(days, due, width=width, color="#c3cad5")
    axes.set_ylabel("due")
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))


def _draw_gaps(axes: Axes, days: Sequence[float], trend: Trend) -> None:
    """Shade the days that have too few to judge."""
    half = 0.5 if trend.by == "day" else 3.5
    for start, end in gaps(days, trend.points):
        axes.axvspan(start - half, end + half, color=SHADE, zorder=0, lw=0)
    if not any(_is_judged(point) for point in trend.points):
        axes.text(
            0.5, 0.5, "not enough data to judge", transform=axes.transAxes,
            ha="center", color=FAINT, size=13,
        )  # fmt: skip


def gaps(days: Sequence[float], points: Iterable[TrendPoint]) -> list[tuple[float, float]]:
    """Return the stretches of days that are not judged: the first and the last of each."""
    found: list[tuple[float, float]] = []
    open_since: float | None = None
    before: float | None = None
    for day, point in zip(days, points, strict=True):
        if _is_judged(point):
            if open_since is not None and before is not None:
                found.append((open_since, before))
            open_since = None
        elif open_since is None:
            open_since = day
        before = day
    if open_since is not None and before is not None:
        found.append((open_since, before))
    return found


def _dress(axes: Sequence[Axes], days: Sequence[float], trend: Trend) -> None:
    for each in axes:
        each.grid(axis="y", color=GRID, lw=0.7)
        each.set_axisbelow(True)
        each.spines[["top", "right", "left"]].set_visible(False)
        each.tick_params(length=0)
    below = axes[-1]
    locator = AutoDateLocator(maxticks=10)  # type: ignore[no-untyped-call]  # its stubs lack it
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]  # likewise
    margin = 1 if trend.by == "day" else 5
    below.set_xlim(days[0] - margin, days[-1] + margin)


def _is_judged(point: TrendPoint) -> bool:
    return point.level in LEVELS


def _or_nan(value: float | None) -> float:
    return nan if value is None else value
