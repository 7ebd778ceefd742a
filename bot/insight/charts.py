"""Charts as SVG for our own pages: drawn on the server, coloured by the page's tokens, each with its table twin.

No script and no inline style is in them, so that the pages' strict policy holds; every colour is a CSS variable with a
fallback, so that they follow light and dark.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

WIDTH = 520
HEIGHT = 220
SERIES = (
    "var(--chart-1, #14665f)",
    "var(--chart-2, #b4541a)",
    "var(--chart-3, #3d5a98)",
    "var(--chart-4, #7a3f86)",
)
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
BAD, MIDDLE, GOOD = "var(--bad, #a8231b)", "var(--edge, #75818d)", "var(--good, #17693a)"
INK, MUTED, LINE = "var(--ink, #17202a)", "var(--muted, #55606c)", "var(--line, #dbe1e7)"
SURFACE = "var(--surface, #ffffff)"


@dataclass(frozen=True)
class Spec:
    """A chart before it is drawn: what it shows in words, its Vega-Lite form, and the same data as a table."""

    id: str
    title: str
    summary: str
    """One sentence for those who do not see it; the SVG's label."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    vega: dict[str, Any] | None
    """None when there is nothing to draw; `summary` says so then."""


@dataclass(frozen=True)
class Chart:
    """A drawn chart; `svg` is None when there was nothing to draw."""

    id: str
    title: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    svg: str | None


@dataclass(frozen=True)
class TrendPoint:
    """One period of one series; `low` and `high` are its 95 % interval."""

    series: str
    start: str
    """ISO date."""
    value: float
    n: int
    low: float | None
    high: float | None


async def draw(specs: Sequence[Spec]) -> list[Chart]:
    """Draw them in a thread (the renderer blocks for a tenth of a second each); what was drawn before is kept."""
    return await asyncio.to_thread(lambda: [_draw(spec) for spec in specs])


def _draw(spec: Spec) -> Chart:
    svg = None
    if spec.vega is not None:
        svg = _labelled(_render(json.dumps(spec.vega, sort_keys=True)), f"{spec.title}. {spec.summary}")
    return Chart(spec.id, spec.title, spec.summary, spec.columns, spec.rows, svg)


@lru_cache(maxsize=256)
def _render(vega: str) -> str:
    """The SVG of a Vega-Lite specification; the same data is drawn once."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(vega))


def _labelled(svg: str, label: str) -> str:
    """One image with one label for a screen reader; the page gives the size, the viewBox the proportions."""
    opened = re.match(r"<svg\b[^>]*>", svg)
    assert opened is not None, "the renderer gives an svg element"
    box = re.search(r'viewBox="[^"]*"', opened[0])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{escape(label)}" '
        f"{box[0] if box else ''}>"
    )
    return head + svg[opened.end() :]


def trend(
    id_: str, title: str, points: Sequence[TrendPoint], *, unit: str, bottom: float, top: float, order: Sequence[str]
) -> Spec:
    """Lines over time, the intervals as bands, each point as large as its n; `unit` names the axis."""
    columns = ("Period from", "Score", unit, "n", "95 % interval")
    rows = tuple(
        (point.start, point.series, f"{point.value:.0f}", str(point.n), _interval(point.low, point.high))
        for point in points
    )
    if not points:
        return Spec(id_, title, "No answers in this period.", columns, rows, None)
    import altair as alt

    newest = {point.series: point for point in points}
    summary = "; ".join(f"{name}: {point.value:.0f} {unit} at last, n {point.n}" for name, point in newest.items())
    values = [
        {
            "series": point.series, "start": point.start, "value": point.value, "n": point.n,
            "low": point.value if point.low is None else point.low,
            "high": point.value if point.high is None else point.high,
        }
        for point in points
    ]  # fmt: skip
    shown = [name for name in order if name in newest]
    colours = [SERIES[list(order).index(name) % len(SERIES)] for name in shown]
    # Told apart without hue: each further series has a dash of its own.
    dashes = [DASHES[list(order).index(name) % len(DASHES)] for name in shown]
    colour = alt.Color("series:N", scale=alt.Scale(domain=shown, range=colours), title=None)
    # Noon, so that no zone of whoever draws it moves a day.
    time = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, grid=False))
    scale = alt.Scale(domain=[bottom, top])
    base = _over(values).transform_calculate(day="toDate(datum.start + 'T12:00:00')")
    band = base.mark_area(opacity=0.15).encode(
        x=time, y=alt.Y("low:Q", scale=scale, title=unit), y2="high:Q", color=colour
    )
    line = base.mark_line(strokeWidth=2).encode(
        x=time,
        y=alt.Y("value:Q", scale=scale, title=unit),
        color=colour,
        strokeDash=alt.StrokeDash("series:N", scale=alt.Scale(domain=shown, range=dashes), title=None),
    )
    dots = base.mark_circle(opacity=1, stroke=SURFACE, strokeWidth=1).encode(
        x=time,
        y=alt.Y("value:Q", scale=scale, title=unit),
        color=colour,
        size=alt.Size("n:Q", scale=alt.Scale(range=[30, 160]), legend=None),
    )
    return Spec(id_, title, summary, columns, rows, _dressed(alt.layer(band, line, dots)))


def nps_split(id_: str, title: str, parts: Sequence[tuple[str, int, int, int]]) -> Spec:
    """Detractors, passives and promoters as stacked shares; `parts`: handler, detractors, passives, promoters."""
    columns = ("Handled by", "Detractors (0-6)", "Passives (7-8)", "Promoters (9-10)", "n")
    kept = [part for part in parts if sum(part[1:])]
    rows = tuple((name, str(low), str(mid), str(high), str(low + mid + high)) for name, low, mid, high in kept)
    if not kept:
        return Spec(id_, title, "No answers in this period.", columns, rows, None)
    import altair as alt

    names = ("Detractors (0-6)", "Passives (7-8)", "Promoters (9-10)")
    values = [
        {"who": f"{part[0]} (n {sum(part[1:])})", "group": name, "count": count, "rank": rank}
        for part in kept
        for rank, (name, count) in enumerate(zip(names, part[1:], strict=True))
    ]
    summary = "; ".join(
        f"{name}: {_percent(low, low + mid + high)} detractors, {_percent(high, low + mid + high)} promoters"
        for name, low, mid, high in kept
    )
    bars = (
        _over(values)
        .mark_bar(stroke=SURFACE, strokeWidth=1)
        .encode(
            x=alt.X("count:Q", stack="normalize", title="Share of answers", axis=alt.Axis(format="%", grid=False)),
            y=alt.Y("who:N", title=None, sort=None),
            color=alt.Color(
                "group:N", title=None, sort=None, scale=alt.Scale(domain=list(names), range=[BAD, MIDDLE, GOOD])
            ),
            order=alt.Order("rank:Q"),
        )
    )
    return Spec(id_, title, summary, columns, rows, _dressed(bars, height=50 * len(kept)))


def distribution(id_: str, title: str, counts: Sequence[tuple[int, int]], low_up_to: int, high_from: int) -> Spec:
    """How often each answer was given; `counts` are `(score, n)` over the whole scale."""
    columns = ("Answer", "n")
    rows = tuple((str(score), str(n)) for score, n in counts)
    total = sum(n for _, n in counts)
    if not total:
        return Spec(id_, title, "No answers in this period.", columns, rows, None)
    import altair as alt

    def colour(score: int) -> str:
        return BAD if score <= low_up_to else GOOD if score >= high_from else MIDDLE

    values = [{"score": str(score), "n": n, "colour": colour(score)} for score, n in counts]
    often = max(counts, key=lambda pair: pair[1])
    summary = f"{total} answers; the most frequent is {often[0]} with {often[1]}."
    base = _over(values).encode(
        x=alt.X("score:N", sort=None, title="Answer", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("n:Q", title="Answers", axis=alt.Axis(values=_whole(max(n for _, n in counts)), format="d")),
    )
    bars = base.mark_bar(cornerRadiusEnd=3).encode(color=alt.Color("colour:N", scale=None))
    labels = base.transform_filter("datum.n > 0").mark_text(dy=-7, color=INK).encode(text="n:Q")
    return Spec(id_, title, summary, columns, rows, _dressed(alt.layer(bars, labels), height=160))


def funnel(id_: str, title: str, stages: Sequence[tuple[str, int]]) -> Spec:
    """How many came how far, one bar a stage, from first to last."""
    columns = ("Stage", "Count")
    rows = tuple((name, str(count)) for name, count in stages)
    if not any(count for _, count in stages):
        return Spec(id_, title, "Nobody was invited in this period.", columns, rows, None)
    import altair as alt

    values = [{"stage": name, "count": count} for name, count in stages]
    summary = ", ".join(f"{name.lower()} {count}" for name, count in stages) + "."
    base = _over(values).encode(
        x=alt.X("count:Q", title=None, axis=alt.Axis(values=_whole(max(count for _, count in stages)), format="d")),
        y=alt.Y("stage:N", sort=None, title=None),
    )
    bars = base.mark_bar(cornerRadiusEnd=3, color=SERIES[0])
    labels = base.mark_text(align="left", dx=6, color=INK).encode(text="count:Q")
    return Spec(id_, title, summary, columns, rows, _dressed(alt.layer(bars, labels), height=32 * len(stages)))


def _whole(top: int) -> list[int]:
    """At most five ticks up to `top`, in whole numbers: nobody is half invited."""
    step = max(1, -(-top // 4))
    return list(range(0, top + 1, step))


def _over(values: list[dict[str, Any]]) -> Any:
    """A chart of these rows. The library's own constructor of inline data has no types."""
    import altair

    library: Any = altair
    return library.Chart(library.Data(values=values))


def _dressed(chart: Any, height: int = HEIGHT) -> dict[str, Any]:
    """The chart in the page's clothes, as a Vega-Lite dictionary."""
    dressed = (
        chart.properties(width=WIDTH, height=height)
        .configure(background="transparent", font="inherit", padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED, titleColor=MUTED, gridColor=LINE, domainColor=LINE, tickColor=LINE,
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=220,
        )
        .configure_legend(labelColor=INK, orient="top", labelFontSize=12, labelLimit=220, symbolOpacity=1)
    )  # fmt: skip
    found: dict[str, Any] = dressed.to_dict()
    return found


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.0f} to {high:.0f}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"
