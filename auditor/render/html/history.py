"""A spec's history as one picture: its commits on a line, patches marked by verdict, a lane of rates a behaviour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from auditor.assess.facts import Rate
from auditor.assess.timeline import Series
from auditor.document.blocks import Style
from auditor.document.view import HistoryLanes, PatchMark
from auditor.model.suite import Role
from auditor.render.html.environment import escape_visible

_WIDTH, _LEFT, _RIGHT = 960, 196, 20
_HEAD, _LANE, _FOOT = 48, 78, 24
_MARKS = 34  # the height of the line that patches are marked on
_PADDING = 12
_DENSE = 80  # commits, from which on limits and symbols would only be a smear
_TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_CLASSES = {Role.TEST: "test", Role.HELD_OUT: "held", Role.DEPLOYMENT: "depl"}
_DAYS = 6  # as many days are written below the lanes


def draw_history(lanes: HistoryLanes) -> Markup:
    """The picture; every mark of a patch and every lane's name is a link."""
    height = _HEAD + _LANE * len(lanes.series) + _FOOT
    x = _Axis(len(lanes.commits))
    places = {name: at for at, (name, _) in enumerate(lanes.commits)}
    parts: list[Markup] = []
    parts += _commit_line(lanes, x)
    for number, (series, link) in enumerate(zip(lanes.series, lanes.links, strict=True)):
        parts += _lane(series, link, _HEAD + number * _LANE, x, places)
    parts += _marks(lanes, x, places, height - _FOOT)
    parts += _days(lanes, x, height)
    parts += _legend() if lanes.series else ()
    label = f"{len(lanes.patches)} patches and {len(lanes.series)} behaviours over {len(lanes.commits)} commits"
    return Markup('<svg class="history timeline" viewBox="0 0 {0} {1}" role="group" aria-label="{2}">{3}</svg>').format(
        _WIDTH, height, label, Markup("").join(parts)
    )


class _Axis:
    """Places of commits, in picture units."""

    def __init__(self, commits: int) -> None:
        self.commits = commits
        self._step = (_WIDTH - _LEFT - _RIGHT) / max(commits, 1)

    def at(self, place: float) -> float:
        return round(_LEFT + self._step * (place + 0.5), 1)


def _commit_line(lanes: HistoryLanes, x: _Axis) -> Iterator[Markup]:
    yield Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_LEFT, _MARKS, _WIDTH - _RIGHT, _MARKS)
    yield Markup('<text x="{}" y="{}" text-anchor="end">patches</text>').format(_LEFT - 12, _MARKS + 4)


def _marks(lanes: HistoryLanes, x: _Axis, places: dict[str, int], low: float) -> Iterator[Markup]:
    for mark in lanes.patches:
        at = x.at(places[mark.spec_commit])
        guide = Markup("")
        if mark.style is Style.ACCUSED:
            guide = Markup('<line class="guide" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(at, _MARKS + 8, low)
        yield Markup('<a href="{}" class="mark {}"><title>{}</title>{}{}</a>').format(
            mark.link, str(mark.style), escape_visible(mark.title), guide, _shape(mark, at)
        )


def _shape(mark: PatchMark, at: float) -> Markup:
    """A shape for each kind of verdict, so that colour is never needed."""
    if mark.style is Style.ACCUSED:
        return Markup('<rect x="{}" y="{}" width="10" height="10"/>').format(round(at - 5, 1), _MARKS - 5)
    if mark.style is Style.CLEARED:
        return Markup('<circle cx="{}" cy="{}" r="5"/>').format(at, _MARKS)
    if mark.style is Style.CAUTION:
        half = Markup('<path class="half" d="M{} {}a5 5 0 0 0 0 10z"/>').format(at, _MARKS - 5)
        return Markup('<circle class="open" cx="{}" cy="{}" r="4.4"/>{}').format(at, _MARKS, half)
    return Markup('<circle class="open" cx="{}" cy="{}" r="4.4"/>').format(at, _MARKS)


def _lane(series: Series, link: str, top: int, x: _Axis, places: dict[str, int]) -> Iterator[Markup]:
    lines = _lines(series, places)
    most = max((rate.high for _, points in lines for _, rate in points), default=1.0)
    highest = next((nice for nice in _TOPS if nice >= most), 1.0)

    def y(rate: float) -> float:
        return round(top + _LANE - _PADDING - min(rate / highest, 1.0) * (_LANE - 2 * _PADDING), 1)

    for share in (0.0, 1.0):
        at = y(share * highest)
        yield Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_LEFT, at, _WIDTH - _RIGHT, at)
        text = f"{100 * share * highest:g}{' %' if share else ''}"
        yield Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 6, round(at + 3.5, 1), text)
    name = Markup('<text class="name" x="0" y="{}">{}</text>').format(top + 30, _short(series.behaviour))
    yield Markup('<a href="{}">{}</a>').format(link, name) if link else name
    yield Markup('<text x="0" y="{}">{}</text>').format(top + 45, _short(series.model))
    for before, after in zip(series.points, series.points[1:], strict=False):
        if before.state.checkpoint != after.state.checkpoint:
            at = x.at((places[before.spec_commit.name] + places[after.spec_commit.name]) / 2)
            yield Markup('<path class="checkpoint" d="M{} {}V{}"/>').format(at, top + 4, top + _LANE - 4)
    for role, points in lines:
        yield from _line(role, points, x, y)


def _lines(series: Series, places: dict[str, int]) -> list[tuple[Role, list[tuple[int, Rate]]]]:
    """The lines of a lane with the place of each rate; the test last, that is on top."""
    lines: dict[tuple[Role, str], list[tuple[int, Rate]]] = {}
    for point in series.points:
        at = places[point.spec_commit.name]
        for name, role, rate in point.held_out:
            lines.setdefault((role, name), []).append((at, rate))
        if point.test is not None:
            lines.setdefault((Role.TEST, ""), []).append((at, point.test))
    order = sorted(lines, key=lambda line: (line[0] is Role.TEST, line))
    return [(role, lines[role, name]) for role, name in order]


def _line(role: Role, points: list[tuple[int, Rate]], x: _Axis, y: object) -> Iterator[Markup]:
    assert callable(y)
    kind = _CLASSES[role]
    path = " ".join(f"{x.at(at):g},{y(rate.rate):g}" for at, rate in points)
    yield Markup('<polyline class="{}" points="{}"/>').format(kind, path)
    if x.commits > _DENSE:
        return
    limits = "".join(f"M{x.at(at):g} {y(rate.low):g}V{y(rate.high):g}" for at, rate in points)
    yield Markup('<path class="whisker {}" d="{}"/>').format(kind, limits)
    for at, rate in points:
        yield _symbol(role, x.at(at), y(rate.rate))


def _symbol(role: Role, x: float, y: float) -> Markup:
    if role is Role.TEST:
        return Markup('<circle class="test" cx="{}" cy="{}" r="2.8"/>').format(x, y)
    if role is Role.HELD_OUT:
        return Markup('<rect class="held" x="{}" y="{}" width="5" height="5"/>').format(x - 2.5, y - 2.5)
    return Markup('<path class="depl" d="M{} {}l3 5.4h-6z"/>').format(x, round(y - 3, 1))


def _days(lanes: HistoryLanes, x: _Axis, height: float) -> Iterator[Markup]:
    """The day of the first commit, of the last, and of some between them."""
    last = len(lanes.commits) - 1
    step = max(1, -(-last // (_DAYS - 1)))
    for at in _spread(range(0, last + 1, step), last, step):
        yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            x.at(at), height - 6, lanes.commits[at][1]
        )


def _legend() -> Iterator[Markup]:
    """What each kind of line is."""
    at = _LEFT
    for role, word in ((Role.TEST, "test"), (Role.HELD_OUT, "held-out"), (Role.DEPLOYMENT, "deployment")):
        kind = _CLASSES[role]
        yield _symbol(role, at + 4, 8)
        yield Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, at + 11, 12, word)
        at += 26 + 6 * len(word)


def _spread(places: Iterable[int], last: int, step: int) -> list[int]:
    return [at for at in places if last - at >= step / 2 and at != last] + ([last] if last >= 0 else [])


def _short(text: str) -> str:
    visible = escape_visible(text)
    return visible if len(visible) <= 22 else f"{visible[:21]}…"
