"""Small pictures of rates: one row a suite, before above after, on one axis. No legend: the rows are labelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from auditor.assess.attribution import waterfall
from auditor.assess.facts import Attribution, Change, Rate, Transfer
from auditor.render.html import numbers

WIDTH, HEIGHT = 220.0, 26.0
_PAD = 6.0
_NICE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
# Transfer is drawn between these; what lies outside is cut, and the figure beside says it.
_LEAST, _MOST = -0.5, 1.5


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` over the width of a picture."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands, in picture units; outside of the axis, its end."""
        share = (value - self.low) / (self.high - self.low)
        return round(_PAD + min(max(share, 0.0), 1.0) * (WIDTH - 2 * _PAD), 2)


def axis_of(changes: Iterable[Change]) -> Axis:
    """An axis from 0 to a round rate above every limit."""
    most = max(rate.high for change in changes for rate in (change.before, change.after))
    return Axis(0.0, next((nice for nice in _NICE if nice >= most), 1.0))


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
    return _picture(f"strip {kind}", parts, HEIGHT)


def transfer_ticks() -> Markup:
    """The axis of transfer."""
    axis = Axis(_LEAST, _MOST)
    return _ticks([(axis.at(value), f"{value:g}") for value in (0.0, 0.5, 1.0)])


def transfer_strip(given: Transfer | None, kind: str) -> Markup:
    """Transfer with its limits between "stayed on the test" (0) and "carried over whole" (1); open ends run on."""
    axis = Axis(_LEAST, _MOST)
    marks = [_line("grid", axis.at(value), 0, axis.at(value), HEIGHT) for value in (0.0, 1.0)]
    marks.append(_line("grid half", axis.at(0.5), 0, axis.at(0.5), HEIGHT))
    if given is not None:
        low, high = (
            axis.at(end if end is not None else other) for end, other in ((given.low, _LEAST), (given.high, _MOST))
        )
        marks += [_line("limits", low, 13, high, 13), _dot("after", axis.at(given.estimate), 13)]
    return _picture(f"strip {kind}", marks, HEIGHT)


@dataclass(frozen=True, slots=True)
class Fallen:
    """One row of a waterfall: its name, its size in points (None: cannot be separated), and its bar."""

    name: str
    points: Markup | None
    bar: Markup


def fall_rows(parts: Attribution) -> tuple[Fallen, ...]:
    """The raw fall, and what it is made of, each bar beginning where the one above ended."""
    known = [part for part in waterfall(parts).values() if part is not None]
    reach = max(abs(parts.raw), *(abs(part) for part in known), 1e-9)
    axis = Axis(min(0.0, *known) - 0.02 * reach, max(parts.raw, *known) + 0.02 * reach)
    rows = [Fallen("reported", numbers.points(parts.raw), _bar(axis, 0.0, parts.raw, "whole"))]
    top = parts.raw
    for name, part in waterfall(parts).items():
        if part is None:
            rows.append(Fallen(name, None, _bar(axis, 0.0, top, "unknown")))
            continue
        rows.append(
            Fallen(
                name, numbers.points(part), _bar(axis, top - part, top, "behaviour" if name == "behaviour" else "part")
            )
        )
        top -= part
    return tuple(rows)


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
    ends = {places[0][0]: "start", places[-1][0]: "end"} if places[0][0] <= _PAD else {}
    parts = [
        Markup('<text x="{}" y="12" text-anchor="{}">{}</text>').format(x, ends.get(x, "middle"), text)
        for x, text in places
    ]
    return _picture("ticks", parts, 15)


def _picture(kind: str, parts: Iterable[Markup], height: float) -> Markup:
    box = f"0 0 {WIDTH:g} {height:g}"
    return Markup('<svg class="{}" viewBox="{}" aria-hidden="true">{}</svg>').format(kind, box, Markup("").join(parts))
