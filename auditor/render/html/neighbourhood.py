"""What is around a node of the evidence graph, as a picture in columns; every box is a link."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from auditor.document.neighbourhood import DrawnNode, Neighbourhood
from auditor.render.html.environment import escape_visible, picture_label

_BOX_WIDTH, _BOX_HEIGHT = 150, 36
_COLUMN_GAP, _ROW_GAP = 44, 10
_LABEL_CHARACTERS = 23
_LINE = 16


def draw_neighbourhood(around: Neighbourhood) -> Markup:
    """The picture: columns from left to right, edges as curves, the node itself marked."""
    tallest = max(len(nodes) + (hidden > 0) for nodes, hidden in around.columns)
    height = tallest * (_BOX_HEIGHT + _ROW_GAP) + _LINE
    width = len(around.columns) * (_BOX_WIDTH + _COLUMN_GAP) - _COLUMN_GAP + 2
    places: dict[str, tuple[int, float, float]] = {}
    boxes: list[Markup] = []
    for column, (nodes, hidden) in enumerate(around.columns):
        x = 1 + column * (_BOX_WIDTH + _COLUMN_GAP)
        top = (height - len(nodes) * (_BOX_HEIGHT + _ROW_GAP) - (_LINE if hidden else 0)) / 2 + _ROW_GAP / 2
        for row, node in enumerate(nodes):
            y = round(top + row * (_BOX_HEIGHT + _ROW_GAP), 1)
            places[node.name] = column, x, y
            boxes.append(_box(node, x, y, centre=node.name == around.centre))
        if hidden:
            y = round(top + len(nodes) * (_BOX_HEIGHT + _ROW_GAP) + 10, 1)
            boxes.append(Markup('<text class="more" x="{}" y="{}">and {} more</text>').format(x + 8, y, f"{hidden:,}"))
    label = f"{len(places)} things around {_named(around, around.centre)}"
    parts = [*_curves(around, places), *boxes]
    return Markup(
        '<svg class="around" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="group" aria-label="{2}">{3}</svg>'
    ).format(width, round(height), escape_visible(label), Markup("").join(parts))


def _named(around: Neighbourhood, name: str) -> str:
    return next((node.label for nodes, _ in around.columns for node in nodes if node.name == name), name)


def _box(node: DrawnNode, x: float, y: float, *, centre: bool) -> Markup:
    inner = Markup(
        '<title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="3"/>'
        '<text class="k" x="{}" y="{}">{}</text><text x="{}" y="{}">{}</text>'
    ).format(
        escape_visible(f"{node.kind} {node.label}"),
        x, y, _BOX_WIDTH, _BOX_HEIGHT,
        x + 8, y + 14, node.kind,
        x + 8, y + 28, picture_label(node.label, _LABEL_CHARACTERS),
    )  # fmt: skip
    kind = ' class="centre"' if centre else ""
    if node.link and not centre:
        return Markup('<a href="{}">{}</a>').format(node.link, inner)
    return Markup("<g{}>{}</g>").format(Markup(kind), inner)


def _curves(around: Neighbourhood, places: dict[str, tuple[int, float, float]]) -> Iterator[Markup]:
    """Edges between columns from side to side; within a column round its left side."""
    for pair in around.edges:
        (column, x, y), (other, other_x, other_y) = sorted(places[name] for name in pair)
        start, end = y + _BOX_HEIGHT / 2, other_y + _BOX_HEIGHT / 2
        kind = "near" if around.centre in pair else "far"
        if column == other:
            drawn = f"M{x:g} {start:g}C{x - 18:g} {start:g} {x - 18:g} {end:g} {x:g} {end:g}"
        else:
            right_side = x + _BOX_WIDTH
            middle = (right_side + other_x) / 2
            drawn = f"M{right_side:g} {start:g}C{middle:g} {start:g} {middle:g} {end:g} {other_x:g} {end:g}"
        yield Markup('<path class="{}" d="{}"/>').format(kind, drawn)
