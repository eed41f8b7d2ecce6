"""A comparison of two revisions: clause by clause, as counts per section, and as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import Field
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from auditor import __version__
from auditor.clauses.comparison import Comparison, ComparisonSide
from auditor.model.clause import ChangeKind
from auditor.render.clauses import SIGNS, SectionNames, changes_shown, counted, look_of
from auditor.render.escape import terminal
from auditor.render.parts import ComparisonPart, Part, comparison_part, printed, schema_of

_LEAST_BAR = 16
_ORDER = "+-~>"


class DiffDocument(Part):
    """The document `auditor diff --format json` prints."""

    schema_: Literal["auditor.diff/1"] = Field(default="auditor.diff/1", serialization_alias="schema")
    auditor_version: str
    specs: list[ComparisonPart]


def diff_json(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as one JSON document."""
    return printed(
        DiffDocument(auditor_version=__version__, specs=[comparison_part(comparison) for comparison in comparisons])
    )


def json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_of(DiffDocument)


def show(comparisons: Sequence[Comparison], console: Console) -> Iterable[RenderableType]:
    """The comparisons, clause by clause."""
    for comparison in comparisons:
        yield _head(comparison)
        yield from changes_shown(comparison, look_of(console, [comparison]))


def show_stat(comparisons: Sequence[Comparison], console: Console) -> Iterable[RenderableType]:
    """How many clauses changed in each section, with a bar as long as the terminal has room for."""
    for place, comparison in enumerate(comparisons):
        if place:
            yield Text("")
        yield _head(comparison)
        yield from stat_lines(comparison, console.width)


def _head(comparison: Comparison) -> Text:
    before, after = (side_name(side) for side in (comparison.before, comparison.after))
    return Text.assemble(
        ("spec ", "dim"),
        (terminal(comparison.spec), "bold"),
        f"  {before} -> {after}\n",
        (f"{counted(comparison.counts)}\n", "dim"),
    )


def side_name(side: ComparisonSide) -> str:
    """What a side is called: as it was asked for, its commit, its date."""
    parts = [terminal(side.name)]
    if side.commit and not side.commit.startswith(side.name):
        parts.append(side.commit[:12])
    if side.sighting is not None and f"{side.sighting.date:%Y-%m-%d}" not in side.name:
        parts.append(f"{side.sighting.date:%Y-%m-%d}")
    return parts[0] if len(parts) == 1 else f"{parts[0]} ({', '.join(parts[1:])})"


def stat_lines(comparison: Comparison, width: int) -> Iterator[Text]:
    """The sections as a tree, in the order of the text after, each with its number of changes and a bar.

    A title that leaves no room for a bar has its numbers on the next line.
    """
    rows = _rows(comparison)
    if not rows:
        return
    most = max(signs.total() for signs in rows.values())
    digits = len(str(most))
    titles = [(place, _title(place)) for place in _with_parents(rows)]
    room = width - digits - 4 - _LEAST_BAR
    widest = max((size for _, title in titles if (size := cell_len(title)) <= room), default=0)
    scale = min(1.0, (width - widest - digits - 4) / most)
    for place, title in titles:
        yield _stat_line(title, rows.get(place), widest, digits, scale)


def _rows(comparison: Comparison) -> dict[tuple[str, ...], Counter[str]]:
    """How many clauses changed in each section, by sign; the further pieces of a split or merge count each."""
    rows: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    places = SectionNames(comparison)
    for one in comparison.changes:
        signs = rows[places(one)]
        signs[SIGNS[one.change.kind][0]] += 1
        signs["+" if one.change.kind is ChangeKind.SPLIT else "-"] += len(one.change.others)
    return rows


def _with_parents(places: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The places, each after those of the sections around it that were not named just before."""
    last: tuple[str, ...] = ()
    for place in places:
        shared = next((at for at, (one, other) in enumerate(zip(last, place, strict=False)) if one != other), None)
        known = min(len(last), len(place)) if shared is None else shared
        yield from (place[:length] for length in range(known + 1, len(place)))
        yield place
        last = place


def _title(place: tuple[str, ...]) -> str:
    return "  " * (len(place) - 1) + terminal(place[-1]) if place else "(before the first heading)"


def _stat_line(title: str, signs: Counter[str] | None, widest: int, digits: int, scale: float) -> Text:
    if signs is None:
        return Text(title)
    size = cell_len(title)
    start = f"{title}{' ' * (widest - size)}" if size <= widest else f"{title}\n{' ' * widest}"
    line = Text.assemble(start, f"  {signs.total():>{digits}}  ")
    styles = dict(SIGNS.values())
    for sign, length in _bar(signs, scale):
        line.append(sign * length, style=styles[sign])
    return line


def _bar(signs: Counter[str], scale: float) -> Iterator[tuple[str, int]]:
    """Each sign as often as the scale has it, and once at least; together no longer than the whole at that scale."""
    there = [sign for sign in _ORDER if signs[sign]]
    whole = max(len(there), round(signs.total() * scale))
    lengths = {sign: max(1, int(signs[sign] * scale)) for sign in there}
    largest = max(there, key=lambda sign: signs[sign])
    lengths[largest] = max(1, lengths[largest] + whole - sum(lengths.values()))
    yield from lengths.items()
