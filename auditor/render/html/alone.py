"""A behaviour over time as a picture that stands by itself: a file, or an output of a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.assess.timeline import Series
from auditor.render.html.environment import style_of
from auditor.render.html.timeline import HEIGHT, WIDTH, timeline


class Figure(str):
    """An SVG document as text; a notebook shows the picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def figure(series: Series, flagged: Mapping[str, bool]) -> Figure:
    """The picture of a behaviour, with its own style. Args as for `timeline`."""
    style, _ = style_of("figure.css")
    head, _, rest = str(timeline(series, flagged)).partition(">")
    size = f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" height="{2 * HEIGHT}"'
    return Figure(f"{size}{head.removeprefix('<svg')}><style>{style}</style>{rest}")
