"""A spec's history as one picture: its commits on a line, patches marked by verdict, a lane of rates a behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from auditor.assess.facts import Rate
from auditor.assess.timeline import Series
from auditor.document.blocks import Style
from auditor.document.view import HistoryLanes, PatchMark
from auditor.model.numbers import count_noun
from auditor.model.suite import Role
from auditor.render.html.environment import escape_visible, picture_label
from auditor.render.html.figures import (
    ROLE_CLASSES,
    ROLE_LABELS,
    TimelineLine,
    role_symbol,
    timeline_lines,
    timeline_top,
)

_WIDTH, _MARGIN, _RIGHT = 960, 196, 20
_HEAD, _LANE, _FOOT = 48, 78, 24
_MARKS = 34  # the height of the line that patches are marked on
_PADDING = 12
_DENSE = 80  # commits, from which on limits and symbols would only be a smear
_MOST_POINTS = 500  # of a line: no more can be told apart in its width
_LABEL_CHARACTERS = 22
_DAYS = 6  # as many days are written below the lanes


def draw_history(lanes: HistoryLanes) -> Markup:
    """The picture; every mark of a patch and every lane's name is a link."""
    height = _HEAD + _LANE * len(lanes.series) + _FOOT
    x = _Axis(len(lanes.commits))
    places = {name: at for at, (name, _) in enumerate(lanes.commits)}
    parts: list[Markup] = []
    parts += _commit_line()
    for number, (series, link) in enumerate(zip(lanes.series, lanes.links, strict=True)):
        parts += _lane(series, link, _HEAD + number * _LANE, x, places)
    parts += _marks(lanes, x, places, height - _FOOT)
    parts += _days(lanes, x, height)
    parts += _legend() if lanes.series else ()
    counted = ((lanes.patches, "patch", "es"), (lanes.series, "behaviour", "s"), (lanes.commits, "commit", "s"))
    label = "{} and {} over {}".format(*(count_noun(len(some), noun, plural) for some, noun, plural in counted))
    return Markup('<svg class="history timeline" viewBox="0 0 {0} {1}" role="group" aria-label="{2}">{3}</svg>').format(
        _WIDTH, height, label, Markup("").join(parts)
    )


class _Axis:
    """Places of commits, in picture units."""

    def __init__(self, commits: int) -> None:
        self.commits = commits
        self._step = (_WIDTH - _MARGIN - _RIGHT) / max(commits, 1)

    def at(self, place: float) -> float:
        return round(_MARGIN + self._step * (place + 0.5), 1)


def _commit_line() -> Iterator[Markup]:
    yield Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        _MARGIN, _MARKS, _WIDTH - _RIGHT, _MARKS
    )
    yield Markup('<text x="{}" y="{}" text-anchor="end">patches</text>').format(_MARGIN - 12, _MARKS + 4)


def _marks(lanes: HistoryLanes, x: _Axis, places: dict[str, int], low: float) -> Iterator[Markup]:
    quiet: dict[Style, list[str]] = {}
    for mark in lanes.patches:
        at = x.at(places[mark.spec_commit])
        if x.commits > _DENSE and mark.style not in (Style.ACCUSED, Style.CAUTION):
            quiet.setdefault(mark.style, []).append(f"M{at - 2:g} {_MARKS}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0z")
            continue
        guide = Markup("")
        if mark.style is Style.ACCUSED:
            guide = Markup('<line class="guide" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(at, _MARKS + 8, low)
        yield Markup('<a href="{}" class="mark {}"><title>{}</title>{}{}</a>').format(
            mark.link, str(mark.style), escape_visible(mark.title), guide, _shape(mark, at)
        )

    for style, drawn in quiet.items():
        kind = "half" if style is Style.CLEARED else "open"
        yield Markup('<g class="mark {}"><path class="{}" d="{}"/></g>').format(str(style), kind, "".join(drawn))


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
    lines = timeline_lines(series)
    highest = timeline_top(lines)

    def y(rate: float) -> float:
        return round(top + _LANE - _PADDING - min(rate / highest, 1.0) * (_LANE - 2 * _PADDING), 1)

    for share in (0.0, 1.0):
        at = y(share * highest)
        yield Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_MARGIN, at, _WIDTH - _RIGHT, at)
        text = f"{100 * share * highest:g}{' %' if share else ''}"
        yield Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_MARGIN - 6, round(at + 3.5, 1), text)
    name = Markup('<text class="name" x="0" y="{}">{}</text>').format(
        top + 30, picture_label(series.behaviour, _LABEL_CHARACTERS)
    )
    yield Markup('<a href="{}">{}</a>').format(link, name) if link else name
    yield Markup('<text x="0" y="{}">{}</text>').format(top + 45, picture_label(series.model, _LABEL_CHARACTERS))
    for before, after in zip(series.points, series.points[1:], strict=False):
        if before.state.checkpoint != after.state.checkpoint:
            at = x.at((places[before.spec_commit.name] + places[after.spec_commit.name]) / 2)
            yield Markup('<path class="checkpoint" d="M{} {}V{}"/>').format(at, top + 4, top + _LANE - 4)
    at_states = [x.at(places[point.spec_commit.name]) for point in series.points]
    for line in sorted(lines, key=lambda line: line.role is Role.TEST):
        yield from _line(line, at_states, y, dense=x.commits > _DENSE)


def _line(
    line: TimelineLine, at_states: Sequence[float], y: Callable[[float], float], *, dense: bool
) -> Iterator[Markup]:
    """The rates of a suite, `at_states` being where each state stands; of dense ones no limits and symbols."""
    kind = ROLE_CLASSES[line.role]
    points = _thin([(at_states[at], rate) for at, rate in line.points])
    path = " ".join(f"{round(x) if dense else x:g},{y(rate.rate):g}" for x, rate in points)
    yield Markup('<polyline class="{}" points="{}"/>').format(kind, path)
    if dense:
        return
    limits = "".join(f"M{x:g} {y(rate.low):g}V{y(rate.high):g}" for x, rate in points)
    yield Markup('<path class="whisker {}" d="{}"/>').format(kind, limits)
    for x, rate in points:
        yield role_symbol(line.role, x, y(rate.rate))


def _thin(points: Sequence[tuple[float, Rate]]) -> Sequence[tuple[float, Rate]]:
    """Of more points than the picture can hold, the lowest and the highest of each stretch, in order."""
    if len(points) <= _MOST_POINTS:
        return points
    size = -(-len(points) * 2 // _MOST_POINTS)
    stretches = (range(start, min(start + size, len(points))) for start in range(0, len(points), size))
    ends = ((choose(stretch, key=lambda at: points[at][1].rate) for choose in (min, max)) for stretch in stretches)
    return [points[at] for pair in ends for at in sorted(set(pair))]


def _days(lanes: HistoryLanes, x: _Axis, height: float) -> Iterator[Markup]:
    """The day of the first commit, of the last, and of some between them."""
    last = len(lanes.commits) - 1
    step = max(1, -(-last // (_DAYS - 1)))
    between = [at for at in range(0, last + 1, step) if at != last and last - at >= step / 2]
    for at in [*between, last] if lanes.commits else ():
        yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            x.at(at), height - 6, lanes.commits[at][1]
        )


def _legend() -> Iterator[Markup]:
    """What each kind of line is."""
    at = _MARGIN
    for role, word in ROLE_LABELS.items():
        yield role_symbol(role, at + 4, 8)
        yield Markup('<text class="{}" x="{}" y="{}">{}</text>').format(ROLE_CLASSES[role], at + 11, 12, word)
        at += 26 + 6 * len(word)
