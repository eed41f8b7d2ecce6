"""Line charts as SVG: readable on light and dark pages, by dashes and marks as well as by colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 40, 52
# Okabe and Ito's colours that keep a contrast of 3 to 1 on both grounds; told apart by dashes and marks without any.
STYLES = (
    ("a", "", "circle"),
    ("b", "7 4", "square"),
    ("c", "2 3", "diamond"),
    ("d", "9 3 2 3", "triangle"),
    ("e", "1 5", "cross"),
)
CSS = """\
svg { font: 13px system-ui, sans-serif; background: #ffffff; color: #222222 }
.axis { stroke: #777777; stroke-width: 1 } .grid { stroke: #dddddd; stroke-width: 1 } text { fill: #222222 }
.title { font-size: 15px; font-weight: 600 } .line { fill: none; stroke-width: 2.2 }
.a { stroke: #0072b2; color: #0072b2 } .b { stroke: #b35a00; color: #b35a00 } .c { stroke: #00785a; color: #00785a }
.d { stroke: #a8477f; color: #a8477f } .e { stroke: #555555; color: #555555 }
.mark { fill: currentColor; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
svg { background: #14171a } text { fill: #e6e6e6 } .grid { stroke: #33383d } .axis { stroke: #999999 }
.a { stroke: #56b4e9; color: #56b4e9 } .b { stroke: #e69f00; color: #e69f00 } .c { stroke: #2fc79b; color: #2fc79b }
.d { stroke: #e58fc0; color: #e58fc0 } .e { stroke: #bbbbbb; color: #bbbbbb } }"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart's words and its horizontal axis; the vertical one goes from 0 to 100 %."""

    title: str
    across: str
    upwards: str
    range: tuple[float, float]
    ticks: tuple[float, ...]
    rule: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line through (x, share) points, share 0 to 1."""

    name: str
    points: tuple[tuple[float, float], ...]


def lines(picture: Picture, curves: Sequence[Curve]) -> str:
    """The chart, with its figures as text for those who do not see it."""
    legend = 20 * len(curves)
    height = HEIGHT + legend
    text = "; ".join(f"{one.name}: " + ", ".join(f"{x:g} {100 * y:.0f} %" for x, y in one.points) for one in curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(picture.title)}</title>',
        f'<desc id="d">{escape(text)}</desc>',
        f"<style>{CSS}</style>",
        f'<text class="title" x="{LEFT}" y="22">{escape(picture.title)}</text>',
        *_axes(picture),
    ]
    for place, curve in enumerate(curves):
        parts += _curve(picture, curve, place)
        parts += _legend(curve, place)
    return "\n".join([*parts, "</svg>", ""])


def _x(picture: Picture, value: float) -> float:
    low, high = picture.range
    return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axes(picture: Picture) -> Iterator[str]:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    for percent in range(0, 101, 20):
        y = _y(percent / 100)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent}</text>'
    for tick in picture.ticks:
        x = _x(picture, tick)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 5}"/>'
        yield f'<text x="{x:.1f}" y="{floor + 19}" text-anchor="middle">{tick:g}</text>'
    if picture.rule is not None:
        x = _x(picture, picture.rule)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{floor}" stroke-dasharray="3 3"/>'
    yield f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{floor}" y2="{floor}"/>'
    yield f'<text x="{(LEFT + right) / 2}" y="{floor + 40}" text-anchor="middle">{escape(picture.across)}</text>'
    middle = (TOP + floor) / 2
    yield f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">{escape(picture.upwards)}</text>'


def _curve(picture: Picture, curve: Curve, place: int) -> Iterator[str]:
    name, dash, mark = STYLES[place]
    at = [(_x(picture, x), _y(y)) for x, y in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    yield f'<polyline class="line {name}" points="{path}" stroke-dasharray="{dash or "none"}"/>'
    for x, y in at:
        yield _mark(name, mark, x, y)


def _legend(curve: Curve, place: int) -> Iterator[str]:
    name, dash, mark = STYLES[place]
    y = HEIGHT + 8 + 20 * place
    dashes = f'stroke-dasharray="{dash or "none"}"'
    yield f'<line class="line {name}" x1="{LEFT}" x2="{LEFT + 44}" y1="{y}" y2="{y}" {dashes}/>'
    yield _mark(name, mark, LEFT + 22, y)
    yield f'<text x="{LEFT + 54}" y="{y + 4}">{escape(curve.name)}</text>'


def _mark(name: str, mark: str, x: float, y: float) -> str:
    if mark == "circle":
        return f'<circle class="mark {name}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    corners = {
        "square": ((-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)),
        "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
        "triangle": ((0, -5), (5, 4), (-5, 4)),
        "cross": ((-1, -5), (1, -5), (1, 5), (-1, 5)),
    }[mark]
    return f'<polygon class="mark {name}" points="{" ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in corners)}"/>'
