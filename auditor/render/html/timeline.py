"""A behaviour over time as a small picture: test and held-out together, so that a gap is seen opening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from auditor.assess.facts import Rate
from auditor.assess.timeline import Series
from auditor.model.suite import Role
from auditor.render.html.words import visible

WIDTH, HEIGHT = 340, 168
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 84, 16, 34
_CLASSES = {Role.TEST: "test", Role.HELD_OUT: "held", Role.DEPLOYMENT: "depl"}
_LABELS = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}
_NICE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_APART = 13.0
_DENSE = 60
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class Line:
    """One suite's rates, each with the place of its state on the axis."""

    role: Role
    name: str
    points: tuple[tuple[int, Rate], ...]


def lines_of(series: Series) -> tuple[Line, ...]:
    """The lines of a behaviour: the test, then every other suite by name."""
    test = tuple((at, point.test) for at, point in enumerate(series.points) if point.test is not None)
    others: dict[tuple[str, Role], list[tuple[int, Rate]]] = {}
    for at, point in enumerate(series.points):
        for name, role, rate in point.held_out:
            others.setdefault((name, role), []).append((at, rate))
    found = [Line(role, name, tuple(rates)) for (name, role), rates in sorted(others.items())]
    return (*([Line(Role.TEST, "test", test)] if test else []), *found)


def timeline(series: Series, flagged: Mapping[str, bool]) -> Markup:
    """The picture of a behaviour.

    Args:
        flagged: by name of the sighting at which a patch arrived in the period, whether it is flagged.
    """
    lines = lines_of(series)
    most = max(rate.high for line in lines for _, rate in line.points)
    top = next((nice for nice in _NICE if nice >= most), 1.0)
    scale = _Scale(len(series.points), top)
    parts = [*_grid(scale), *_marks(series, scale, flagged)]
    for line in sorted(lines, key=lambda line: line.role is Role.TEST):
        parts += _drawn(line, scale)
    parts += [*_ends(lines, scale), *_dates(series, scale)]
    label = f"{visible(series.behaviour)} over {len(series.points)} evaluated states"
    return Markup('<svg class="timeline" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, Markup("").join(parts)
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places of states and heights of rates, in picture units."""

    states: int
    top: float

    def x(self, at: float) -> float:
        width = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + (width * (at + 0.5) / self.states), 2)

    def y(self, rate: float) -> float:
        return round(HEIGHT - _BOTTOM - min(rate / self.top, 1.0) * (HEIGHT - _TOP - _BOTTOM), 2)


def _grid(scale: _Scale) -> Iterator[Markup]:
    for share in (0.0, 0.5, 1.0):
        y = scale.y(share * scale.top)
        yield Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_LEFT, y, WIDTH - _RIGHT, y)
        text = f"{100 * share * scale.top:g}{' %' if share == 1.0 else ''}"
        yield Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 4, y + 3.5, text)


def _marks(series: Series, scale: _Scale, flagged: Mapping[str, bool]) -> Iterator[Markup]:
    """Where a patch of the period came in, and where a checkpoint did."""
    top, low = _TOP - 6, HEIGHT - _BOTTOM
    paths: dict[str, list[str]] = {}
    for at, (early, late) in enumerate(zip(series.points, series.points[1:], strict=False)):
        x = scale.x(at + 0.5)
        if early.state.checkpoint != late.state.checkpoint:
            paths.setdefault("checkpoint", []).append(f"M{x} {top}V{low}")
        if late.sighting.name in flagged and early.state.revision != late.state.revision:
            kind = "patch flagged" if flagged[late.sighting.name] else "patch"
            paths.setdefault(kind, []).append(f"M{x} {top + 4}l4 -6h-8z")
    yield from (_path(kind, "".join(some)) for kind, some in sorted(paths.items()))


def _drawn(line: Line, scale: _Scale) -> Iterator[Markup]:
    """Limits, the line, and a symbol at every state; at the last alone where there are too many to be told apart."""
    kind = _CLASSES[line.role]
    yield _path(
        f"whisker {kind}",
        "".join(f"M{scale.x(at):g} {scale.y(rate.low):g}V{scale.y(rate.high):g}" for at, rate in line.points),
    )
    places = [(scale.x(at), scale.y(rate.rate)) for at, rate in line.points]
    path = " ".join(f"{x:g},{y:g}" for x, y in places)
    yield Markup('<polyline class="{}" points="{}"/>').format(kind, path)
    for x, y in places if scale.states <= _DENSE else places[-1:]:
        yield _symbol(line.role, x, y)


def _path(kind: str, drawn: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(kind, drawn)


def _symbol(role: Role, x: float, y: float) -> Markup:
    """A shape for each role, so that colour is never needed."""
    if role is Role.TEST:
        return Markup('<circle class="test" cx="{}" cy="{}" r="3.4"/>').format(x, y)
    if role is Role.HELD_OUT:
        return Markup('<rect class="held" x="{}" y="{}" width="6" height="6"/>').format(
            round(x - 3, 2), round(y - 3, 2)
        )
    return Markup('<path class="depl" d="M{} {}l3.8 6.6h-7.6z"/>').format(x, round(y - 4, 2))


def _ends(lines: Sequence[Line], scale: _Scale) -> Iterator[Markup]:
    """What each kind of line is, at its last point; several of one kind are named once, at their mean."""
    wanted = []
    for role in Role:
        rates = [line.points[-1][1].rate for line in lines if line.role is role]
        if rates:
            many = f" ({len(rates)})" if len(rates) > 1 else ""
            wanted.append((scale.y(sum(rates) / len(rates)), _CLASSES[role], _LABELS[role] + many))
    for y, kind, text in _apart(sorted(wanted)):
        yield Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
            kind, WIDTH - _RIGHT + 6, round(y + 3.5, 2), text
        )


def _apart(wanted: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Labels from the top, each at least a line below the one before; pushed up where they would leave the picture."""
    placed: list[tuple[float, str, str]] = []
    for y, kind, text in wanted:
        placed.append((max(y, placed[-1][0] + _APART) if placed else y, kind, text))
    over = placed[-1][0] - (HEIGHT - _BOTTOM) if placed else 0.0
    return [(y - max(over, 0.0), kind, text) for y, kind, text in placed]


def _dates(series: Series, scale: _Scale) -> Iterator[Markup]:
    """The day of the first and the last state, and of those in between where there is room."""
    last = len(series.points) - 1
    step = max(1, -(-(last + 1) // 4))
    shown = [at for at in range(0, last + 1, step) if at == 0 or last - at >= step] + [last]
    for at in dict.fromkeys(shown):
        day = series.points[at].sighting.date
        yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            scale.x(at), HEIGHT - _BOTTOM + 14, f"{day.day} {_MONTHS[day.month - 1]}"
        )
        if at in (0, last) and (at == 0 or day.year != series.points[0].sighting.date.year):
            yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                scale.x(at), HEIGHT - _BOTTOM + 26, f"{day.year}"
            )
