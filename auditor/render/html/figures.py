"""Pictures of rates as SVG: before and after on one axis, transfer, the parts of a fall, and a behaviour over time.

A series comes in, markup goes out: `draw_timeline` for one that stands on a page, `picture_column` for a `Figure` that
has a strip for each row of a table. No legend: rows and lines are labelled. `timeline_figure` is the picture by itself,
for a file or a notebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from auditor.assess.attribution import waterfall
from auditor.assess.facts import Attribution, Change, Rate, Transfer
from auditor.assess.timeline import Series
from auditor.document.blocks import Figure
from auditor.model.suite import Role
from auditor.render.html.environment import escape_visible, page_style


def picture_column(figure: Figure) -> tuple[Markup, tuple[Markup, ...]]:
    """The head of a table's column of pictures, and a strip for each row."""
    match figure.kind:
        case "rates":
            axis = axis_of(change for _, change in figure.data if change is not None)
            strips = (strip(change, axis, ROLE_CLASSES[role]) if change else Markup() for role, change in figure.data)
            return ticks(axis), tuple(strips)
        case "transfers":
            return transfer_ticks(), tuple(transfer_strip(rates, ROLE_CLASSES[role]) for role, rates in figure.data)
        case _:
            return Markup(), fall_bars(figure.data)


# A behaviour over time as a small picture: test and held-out together, so that a gap is seen opening.


TIMELINE_WIDTH, TIMELINE_HEIGHT = 340, 168
_MARGIN_LEFT, _MARGIN_RIGHT, _MARGIN_TOP, _MARGIN_BOTTOM = 30, 84, 16, 34
ROLE_CLASSES = {Role.TEST: "test", Role.HELD_OUT: "held", Role.DEPLOYMENT: "depl"}
ROLE_LABELS = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}
_TIMELINE_TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_LABEL_HEIGHT = 13.0
_DENSE = 60
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One suite's rates, each with the place of its state on the axis."""

    role: Role
    name: str
    points: tuple[tuple[int, Rate], ...]


def timeline_lines(series: Series) -> tuple[TimelineLine, ...]:
    """The lines of a behaviour: the test, then every other suite by name."""
    test = tuple((at, point.test) for at, point in enumerate(series.points) if point.test is not None)
    others: dict[tuple[str, Role], list[tuple[int, Rate]]] = {}
    for at, point in enumerate(series.points):
        for name, role, rate in point.held_out:
            others.setdefault((name, role), []).append((at, rate))
    lines = [TimelineLine(role, name, tuple(rates)) for (name, role), rates in sorted(others.items())]
    return (*([TimelineLine(Role.TEST, "test", test)] if test else []), *lines)


def timeline_top(lines: Sequence[TimelineLine]) -> float:
    """A round rate above every limit, 0.01 to 1."""
    most = max((rate.high for line in lines for _, rate in line.points), default=1.0)
    return next((nice for nice in _TIMELINE_TOPS if nice >= most), 1.0)


def draw_timeline(series: Series, flagged: Mapping[str, bool]) -> Markup:
    """The picture of a behaviour.

    Args:
        flagged: by name of the spec commit at which a patch arrived in the period, whether it is flagged.
    """
    lines = timeline_lines(series)
    scale = _Scale(len(series.points), timeline_top(lines))
    parts = [*_grid(scale), *_event_marks(series, scale, flagged)]
    for line in sorted(lines, key=lambda line: line.role is Role.TEST):
        parts += _line_marks(line, scale)
    parts += [*_end_labels(lines, scale), *_date_labels(series, scale)]
    label = f"{escape_visible(series.behaviour)} over {len(series.points)} evaluated states"
    return Markup('<svg class="timeline" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        TIMELINE_WIDTH, TIMELINE_HEIGHT, label, Markup("").join(parts)
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places of states and heights of rates, in picture units."""

    states: int
    top: float

    def x(self, at: float) -> float:
        width = TIMELINE_WIDTH - _MARGIN_LEFT - _MARGIN_RIGHT
        return round(_MARGIN_LEFT + (width * (at + 0.5) / self.states), 2)

    def y(self, rate: float) -> float:
        return round(
            TIMELINE_HEIGHT
            - _MARGIN_BOTTOM
            - min(rate / self.top, 1.0) * (TIMELINE_HEIGHT - _MARGIN_TOP - _MARGIN_BOTTOM),
            2,
        )


def _grid(scale: _Scale) -> Iterator[Markup]:
    for share in (0.0, 0.5, 1.0):
        y = scale.y(share * scale.top)
        yield Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            _MARGIN_LEFT, y, TIMELINE_WIDTH - _MARGIN_RIGHT, y
        )
        text = f"{100 * share * scale.top:g}{' %' if share == 1.0 else ''}"
        yield Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_MARGIN_LEFT - 4, y + 3.5, text)


def _event_marks(series: Series, scale: _Scale, flagged: Mapping[str, bool]) -> Iterator[Markup]:
    """Where a patch of the period came in, and where a checkpoint did."""
    top, low = _MARGIN_TOP - 6, TIMELINE_HEIGHT - _MARGIN_BOTTOM
    paths: dict[str, list[str]] = {}
    for at, (early, late) in enumerate(zip(series.points, series.points[1:], strict=False)):
        x = scale.x(at + 0.5)
        if early.state.checkpoint != late.state.checkpoint:
            paths.setdefault("checkpoint", []).append(f"M{x} {top}V{low}")
        if late.spec_commit.name in flagged and early.state.revision != late.state.revision:
            kind = "patch flagged" if flagged[late.spec_commit.name] else "patch"
            paths.setdefault(kind, []).append(f"M{x} {top + 4}l4 -6h-8z")
    yield from (_path(kind, "".join(names)) for kind, names in sorted(paths.items()))


def _line_marks(line: TimelineLine, scale: _Scale) -> Iterator[Markup]:
    """Limits, the line, and a symbol at every state; at the last alone where there are too many to be told apart."""
    kind = ROLE_CLASSES[line.role]
    yield _path(
        f"whisker {kind}",
        "".join(f"M{scale.x(at):g} {scale.y(rate.low):g}V{scale.y(rate.high):g}" for at, rate in line.points),
    )
    places = [(scale.x(at), scale.y(rate.rate)) for at, rate in line.points]
    path = " ".join(f"{x:g},{y:g}" for x, y in places)
    yield Markup('<polyline class="{}" points="{}"/>').format(kind, path)
    for x, y in places if scale.states <= _DENSE else places[-1:]:
        yield role_symbol(line.role, x, y)


def _path(kind: str, drawn: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(kind, drawn)


def role_symbol(role: Role, x: float, y: float) -> Markup:
    """A shape for each role, so that colour is never needed."""
    if role is Role.TEST:
        return Markup('<circle class="test" cx="{}" cy="{}" r="3.4"/>').format(x, y)
    if role is Role.HELD_OUT:
        return Markup('<rect class="held" x="{}" y="{}" width="6" height="6"/>').format(
            round(x - 3, 2), round(y - 3, 2)
        )
    return Markup('<path class="depl" d="M{} {}l3.8 6.6h-7.6z"/>').format(x, round(y - 4, 2))


def _end_labels(lines: Sequence[TimelineLine], scale: _Scale) -> Iterator[Markup]:
    """What each kind of line is, at its last point; several of one kind are named once, at their mean."""
    labels = []
    for role in Role:
        rates = [line.points[-1][1].rate for line in lines if line.role is role]
        if rates:
            many = f" ({len(rates)})" if len(rates) > 1 else ""
            labels.append((scale.y(sum(rates) / len(rates)), ROLE_CLASSES[role], ROLE_LABELS[role] + many))
    for y, kind, text in _spread_labels(sorted(labels)):
        yield Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
            kind, TIMELINE_WIDTH - _MARGIN_RIGHT + 6, round(y + 3.5, 2), text
        )


def _spread_labels(labels: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Labels from the top, each at least a line below the one before; pushed up where they would leave the picture."""
    placed: list[tuple[float, str, str]] = []
    for y, kind, text in labels:
        placed.append((max(y, placed[-1][0] + _LABEL_HEIGHT) if placed else y, kind, text))
    over = placed[-1][0] - (TIMELINE_HEIGHT - _MARGIN_BOTTOM) if placed else 0.0
    return [(y - max(over, 0.0), kind, text) for y, kind, text in placed]


def _date_labels(series: Series, scale: _Scale) -> Iterator[Markup]:
    """The day of the first and the last state, and of those in between where there is room."""
    last = len(series.points) - 1
    step = max(1, -(-(last + 1) // 4))
    numbers = [at for at in range(0, last + 1, step) if at == 0 or last - at >= step] + [last]
    for at in dict.fromkeys(numbers):
        day = series.points[at].spec_commit.date
        yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            scale.x(at), TIMELINE_HEIGHT - _MARGIN_BOTTOM + 14, f"{day.day} {_MONTHS[day.month - 1]}"
        )
        if at in (0, last) and (at == 0 or day.year != series.points[0].spec_commit.date.year):
            yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                scale.x(at), TIMELINE_HEIGHT - _MARGIN_BOTTOM + 26, f"{day.year}"
            )


# A behaviour over time as a picture that stands by itself: a file, or an output of a notebook.


class SvgFigure(str):
    """An SVG document as text; a notebook shows the picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def timeline_figure(series: Series, flagged: Mapping[str, bool]) -> SvgFigure:
    """The picture of a behaviour, with its own style. Args as for `timeline`."""
    style, _ = page_style("figure.css")
    head, _, rest = str(draw_timeline(series, flagged)).partition(">")
    size = f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * TIMELINE_WIDTH}" height="{2 * TIMELINE_HEIGHT}"'
    return SvgFigure(f"{size}{head.removeprefix('<svg')}><style>{style}</style>{rest}")


# Small pictures of rates: one row a suite, before above after, on one axis. No legend: the rows are labelled.


STRIP_WIDTH, STRIP_HEIGHT = 220.0, 26.0
_PADDING = 6.0
_AXIS_TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
# Transfer is drawn between these; what lies outside is cut, and the figure beside says it.
_MIN_TRANSFER, _MAX_TRANSFER = -0.5, 1.5


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` over the width of a picture."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands, in picture units; outside of the axis, its end."""
        share = (value - self.low) / (self.high - self.low)
        return round(_PADDING + min(max(share, 0.0), 1.0) * (STRIP_WIDTH - 2 * _PADDING), 2)


def axis_of(changes: Iterable[Change]) -> Axis:
    """An axis from 0 to a round rate above every limit."""
    most = max(rate.high for change in changes for rate in (change.before, change.after))
    return Axis(0.0, next((nice for nice in _AXIS_TOPS if nice >= most), 1.0))


def ticks(axis: Axis) -> Markup:
    """The axis itself: its ends and middle, in per cent."""
    middle = (axis.low + axis.high) / 2
    return _ticks(
        [(axis.at(value), f"{100 * value:g}{' %' if value else ''}") for value in (axis.low, middle, axis.high)]
    )


def strip(change: Change, axis: Axis, kind: str) -> Markup:
    """A rate before (hollow, above) and after (filled, below), each with its limits."""
    before, after = axis.at(change.before.rate), axis.at(change.after.rate)
    parts = [
        _line("move", before, 8, after, 18),
        *_mark(change.before, axis, 8, "before"),
        *_mark(change.after, axis, 18, "after"),
    ]
    return _picture(f"strip {kind}", parts, STRIP_HEIGHT)


def transfer_ticks() -> Markup:
    """The axis of transfer."""
    axis = Axis(_MIN_TRANSFER, _MAX_TRANSFER)
    return _ticks([(axis.at(value), f"{value:g}") for value in (0.0, 0.5, 1.0)])


def transfer_strip(transfer: Transfer | None, kind: str) -> Markup:
    """Transfer with its limits between "stayed on the test" (0) and "carried over whole" (1); open ends run on."""
    axis = Axis(_MIN_TRANSFER, _MAX_TRANSFER)
    marks = [_line("grid", axis.at(value), 0, axis.at(value), STRIP_HEIGHT) for value in (0.0, 1.0)]
    marks.append(_line("grid half", axis.at(0.5), 0, axis.at(0.5), STRIP_HEIGHT))
    if transfer is not None:
        low, high = (
            axis.at(end if end is not None else other)
            for end, other in ((transfer.low, _MIN_TRANSFER), (transfer.high, _MAX_TRANSFER))
        )
        marks += [_line("limits", low, 13, high, 13), _dot("after", axis.at(transfer.estimate), 13)]
    return _picture(f"strip {kind}", marks, STRIP_HEIGHT)


def fall_bars(parts: Attribution) -> tuple[Markup, ...]:
    """A bar for the raw fall, and for each part of it one that begins where the one above ended."""
    values = [part for part in waterfall(parts).values() if part is not None]
    reach = max(abs(parts.raw), *(abs(part) for part in values), 1e-9)
    axis = Axis(min(0.0, *values) - 0.02 * reach, max(parts.raw, *values) + 0.02 * reach)
    bars = [_bar(axis, 0.0, parts.raw, "whole")]
    top = parts.raw
    for name, part in waterfall(parts).items():
        if part is None:
            bars.append(_bar(axis, 0.0, top, "unknown"))
            continue
        bars.append(_bar(axis, top - part, top, "behaviour" if name == "behaviour" else "part"))
        top -= part
    return tuple(bars)


def _bar(axis: Axis, start: float, end: float, kind: str) -> Markup:
    low, high = sorted((axis.at(start), axis.at(end)))
    rect = Markup('<rect class="{}" x="{}" y="4" width="{}" height="12" rx="1.5"/>').format(
        kind, low, round(max(high - low, 1.0), 2)
    )
    return _picture("bars", [rect], 20)


def _mark(rate: Rate, axis: Axis, y: float, when: str) -> list[Markup]:
    return [_line(f"limits {when}", axis.at(rate.low), y, axis.at(rate.high), y), _dot(when, axis.at(rate.rate), y)]


def _dot(when: str, x: float, y: float) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="3.6"/>').format(when, x, y)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, x1, y1, x2, y2)


def _ticks(places: Sequence[tuple[float, str]]) -> Markup:
    ends = {places[0][0]: "start", places[-1][0]: "end"} if places[0][0] <= _PADDING else {}
    parts = [
        Markup('<text x="{}" y="12" text-anchor="{}">{}</text>').format(x, ends.get(x, "middle"), text)
        for x, text in places
    ]
    return _picture("ticks", parts, 15)


def _picture(kind: str, parts: Iterable[Markup], height: float) -> Markup:
    box = f"0 0 {STRIP_WIDTH:g} {height:g}"
    return Markup('<svg class="{}" viewBox="{}" aria-hidden="true">{}</svg>').format(kind, box, Markup("").join(parts))
