"""What is left of each behaviour's rates, test and held-out, as one picture: is the test at zero, and held-out not?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from auditor.assess.facts import BehaviourChange, Change
from auditor.model.numbers import count_noun
from auditor.model.suite import Role
from auditor.render.html.environment import picture_label
from auditor.render.html.figures import ROLE_CLASSES, ROLE_LABELS, role_symbol

_WIDTH, _MARGIN, _RIGHT = 340, 132, 8
_HEAD, _ROW, _FOOT = 26, 18, 22
_MOST_SHARE = 1.25
_MOST_ROWS = 40
_LABEL_CHARACTERS = 21


def draw_remaining(changes: Sequence[BehaviourChange]) -> Markup:
    """A row a behaviour: what is left after of the rate before, test and held-out; at 0 nothing, at 100 % all."""
    rows = changes[:_MOST_ROWS]
    height = _HEAD + _ROW * len(rows) + _FOOT
    parts = [*_legend(), *_grid(height)]
    for number, change in enumerate(rows):
        parts += _row(change, _HEAD + _ROW * number + _ROW // 2)
    if len(rows) < len(changes):
        rest = f"and {count_noun(len(changes) - len(rows), 'behaviour')} more"
        parts.append(Markup('<text x="0" y="{}">{}</text>').format(height - 6, rest))
    label = f"What is left of the first rate of {count_noun(len(changes), 'behaviour')}, test and held-out"
    return Markup('<svg class="timeline remaining" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, label, Markup("").join(parts)
    )


def _x(share: float) -> float:
    return round(_MARGIN + min(share, _MOST_SHARE) / _MOST_SHARE * (_WIDTH - _MARGIN - _RIGHT), 1)


def _grid(height: int) -> Iterator[Markup]:
    for share in (0.0, 0.5, 1.0):
        x = _x(share)
        yield Markup('<line class="grid" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(x, _HEAD, height - _FOOT)
        yield Markup('<text class="date" x="{}" y="{}" text-anchor="middle">{:g}{}</text>').format(
            x, height - 6, 100 * share, " %" if share else ""
        )


def _row(change: BehaviourChange, y: int) -> Iterator[Markup]:
    name = picture_label(change.behaviour, _LABEL_CHARACTERS)
    yield Markup('<text class="name" x="0" y="{}">{}</text>').format(y + 4, name)
    shares = [
        (role, _remaining_share(sides)) for role, sides in ((Role.HELD_OUT, change.held_out), (Role.TEST, change.test))
    ]
    places = [_x(share) for _, share in shares if share is not None]
    if len(places) > 1:
        yield Markup('<line class="grid" x1="{0}" y1="{2}" x2="{1}" y2="{2}"/>').format(*sorted(places), y)
    yield from (role_symbol(role, _x(share), y) for role, share in shares if share is not None)


def _remaining_share(change: Change) -> float | None:
    """The rate after by the rate before; None where that was zero."""
    return change.after.rate / change.before.rate if change.before.rate else None


def _legend() -> Iterator[Markup]:
    at = _MARGIN
    for role in (Role.TEST, Role.HELD_OUT):
        yield role_symbol(role, at + 4, 9)
        yield Markup('<text class="{}" x="{}" y="13">{}</text>').format(ROLE_CLASSES[role], at + 11, ROLE_LABELS[role])
        at += 32 + 6 * len(ROLE_LABELS[role])
