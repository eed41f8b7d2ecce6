"""Two sides compared as blocks: what is on each, and for every score the answer, the numbers, and the items that moved.

A `SideComparison` comes in. Rates are written in per cent and points, other scores in their own unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.assess.scores import (
    ComparisonRules,
    ItemMean,
    MovedItem,
    NotComparable,
    Outcome,
    ScoreComparison,
    ScoredRun,
    SettingChange,
    SideComparison,
    SideScore,
)
from auditor.document.blocks import (
    Block,
    Card,
    Column,
    Heading,
    Line,
    Listing,
    Note,
    Paragraph,
    Span,
    Style,
    Table,
    grid,
    plain,
    sentence,
)
from auditor.model.numbers import (
    count_noun,
    format_count,
    format_day,
    format_p_value,
    format_percent,
    format_points,
    format_score,
    format_signed,
    short_id,
)

_RUNS_LISTED = 3
_NAME_CHARACTERS = 60
_STYLES = {
    Outcome.HIGHER: Style.CAUTION,
    Outcome.LOWER: Style.CAUTION,
    Outcome.BOUNDED_NULL: Style.CLEARED,
    Outcome.TOO_FEW: Style.OPEN,
}
_SCORE_COLUMNS = (
    Column(""),
    Column("mean", figures=True),
    Column("interval", figures=True),
    Column("items", figures=True),
    Column("samples", figures=True),
    Column("invalid", figures=True),
    Column("runs", figures=True),
)


def comparison_title() -> Heading:
    """The title of the document where it stands by itself."""
    return Heading(1, plain("auditor compare"))


def comparison_blocks(compared: SideComparison, listed: int | None) -> Iterator[Block]:
    """Everything a comparison says.

    Args:
        listed: the items that moved to name each way; None for all.
    """
    yield grid(_side_row(*side) for side in zip("AB", compared.names, compared.runs, strict=True))
    for comparison in compared.comparisons:
        yield Card(_title(comparison), tuple(_score_blocks(comparison, listed)))
    if compared.not_compared:
        yield Heading(3, plain("Not compared"))
        yield Listing(tuple(map(_not_compared_line, compared.not_compared)))
    yield Note(plain(_legend(compared.comparisons, compared.rules)))


def _side_row(letter: str, name: str, runs: Sequence[ScoredRun]) -> tuple[Line, ...]:
    models = sorted({run.model if run.checkpoint == run.model else f"{run.model} ({run.checkpoint})" for run in runs})
    revisions = sorted({short_id(run.revision) for run in runs if run.revision})
    days = sorted({format_day(run.created) for run in runs if run.created is not None})
    return (
        plain(letter, Style.STRONG),
        plain(name if len(name) <= _NAME_CHARACTERS else runs[0].name, Style.NAME),
        plain(_shorten(models)),
        plain(f"revision {_shorten(revisions)}" if revisions else "", Style.QUIET),
        plain(days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else "", Style.QUIET),
        plain(count_noun(len(runs), "run"), Style.QUIET),
    )


def _shorten(names: Sequence[str]) -> str:
    more = len(names) - _RUNS_LISTED
    return ", ".join(names[:_RUNS_LISTED]) + (f" and {more} more" if more > 0 else "")


def _title(comparison: ScoreComparison) -> Line:
    condition = f" [{comparison.condition}]" if comparison.condition else ""
    of = f" of {comparison.of}" if comparison.of else ""
    return Span(f"{comparison.suite}{condition}{of}", Style.STRONG), Span(f", score {comparison.score}")


def _score_blocks(comparison: ScoreComparison, listed: int | None) -> Iterator[Block]:
    yield Paragraph(plain(answer(comparison), _STYLES[comparison.outcome]))
    yield _score_table(comparison)
    yield Note(plain(_pairing(comparison)))
    yield from (Note(plain(_change(change))) for change in comparison.changed)
    yield from (Note(plain(sentence(note))) for note in comparison.notes)
    yield from _moved_blocks(comparison, listed)


def answer(comparison: ScoreComparison) -> str:
    """What a comparison shows, as a sentence."""
    difference, margin = comparison.difference, _size(comparison.margin, comparison)
    p_value = f"p = {format_p_value(difference.p_value)}"
    match comparison.outcome:
        case Outcome.HIGHER | Outcome.LOWER:
            ends = (format_signed(_number(end, comparison)) for end in (difference.low, difference.high))
            size = _size(abs(difference.estimate), comparison)
            return f"B is {comparison.outcome} by {size} [{', '.join(ends)}], {p_value}."
        case Outcome.BOUNDED_NULL:
            bound = _size(comparison.bound, comparison)
            return f"Bounded null: no difference is shown ({p_value}), and any is at most {bound}, under {margin}."
        case Outcome.TOO_FEW:
            ends = (format_signed(_number(end, comparison)) for end in (difference.low, difference.high))
            needed = comparison.items_needed or 0
            between = f"{' and '.join(ends)}{_unit(comparison)}"
            return (
                f"Too few items to tell: the difference lies between {between} ({p_value}). "
                f"About {_approximate(needed)} such items would bound it by {margin}, if there is none."
            )


def _number(value: float, comparison: ScoreComparison) -> str:
    return format_points(value) if comparison.binary else format_score(value)


def _unit(comparison: ScoreComparison) -> str:
    return " points" if comparison.binary else ""


def _size(value: float, comparison: ScoreComparison) -> str:
    return f"{_number(value, comparison)}{_unit(comparison)}"


def _approximate(items: int) -> str:
    """A number in two digits."""
    step = 10 ** max(0, len(str(items)) - 2)
    return format_count(-(-items // step) * step)


def _score_table(comparison: ScoreComparison) -> Table:
    difference = comparison.difference
    ends = (format_signed(_number(end, comparison)) for end in (difference.low, difference.high))
    rows = [
        _side_cells(letter, side, comparison) for letter, side in (("A", comparison.first), ("B", comparison.second))
    ]
    change = (
        plain("B - A"),
        plain(format_signed(_number(difference.estimate, comparison))),
        plain(f"[{', '.join(ends)}]"),
        plain(format_count(comparison.first.items)),
        *(plain(""),) * 3,
    )
    return Table(_SCORE_COLUMNS, (*rows, change))


def _side_cells(letter: str, side: SideScore, comparison: ScoreComparison) -> tuple[Line, ...]:
    low, high = (_mean(end, comparison) for end in (side.low, side.high))
    counts = (side.items, side.samples, side.invalid, side.runs)
    return (
        plain(letter),
        plain(_mean(side.mean, comparison)),
        plain(f"[{low}, {high}]"),
        *(plain(format_count(count)) for count in counts),
    )


def _mean(value: float, comparison: ScoreComparison) -> str:
    return format_percent(value) if comparison.binary else format_score(value)


def _pairing(comparison: ScoreComparison) -> str:
    identity = "their ids alone" if comparison.by_id else "their inputs and ids"
    only = [(comparison.only_first, "A"), (comparison.only_second, "B")]
    unpaired = ", ".join(f"{count_noun(count, 'item')} only in {side}" for count, side in only if count)
    return f"Items are paired by {identity}{f'; not compared: {unpaired}' if unpaired else ''}."


def _change(change: SettingChange) -> str:
    """What else differs; a revision by the beginning of its id."""
    first, second = change.first, change.second
    if change.name == "revision":
        first, second = (", ".join(short_id(name) for name in names.split(", ")) for names in (first, second))
    return f"A and B differ in {change.name}: {first}; {second}."


def _moved_blocks(comparison: ScoreComparison, listed: int | None) -> Iterator[Block]:
    higher, lower, same = comparison.higher, comparison.lower, comparison.same
    yield Paragraph(
        plain(f"{count_noun(higher, 'item')} higher in B, {format_count(lower)} lower, {format_count(same)} the same.")
    )
    if comparison.concealed:
        yield Note(plain("These are held-out items, which only --reveal names."))
    ways = (
        ("higher in B", [item for item in comparison.moved if item.second.mean > item.first.mean]),
        ("lower in B", [item for item in comparison.moved if item.second.mean < item.first.mean]),
    )
    for title, items in ways:
        some = items if listed is None else items[:listed]
        if some:
            columns = Column(title, cut=True), Column("A", figures=True), Column("B", figures=True)
            yield Table(columns, tuple(_moved_cells(item, comparison) for item in some))
        if len(items) > len(some) > 0:
            yield Note(plain(f"and {len(items) - len(some):,} more (--items 0 lists all)"))


def _moved_cells(item: MovedItem, comparison: ScoreComparison) -> tuple[Line, ...]:
    label = (Span(f"  {item.label}", Style.QUIET),) if item.label else ()
    sides = (plain(item_score(side, binary=comparison.binary)) for side in (item.first, item.second))
    return ((Span(item.item), *label), *sides)


def item_score(side: ItemMean, *, binary: bool) -> str:
    """An item's score on one side: of rates the count, `2/3`; of others the mean."""
    return f"{round(side.mean * side.samples):,}/{side.samples:,}" if binary else format_score(side.mean)


def _not_compared_line(part: NotComparable) -> Line:
    return Span(f"{part.subject}: ", Style.STRONG), Span(part.why)


def _legend(comparisons: Sequence[ScoreComparison], rules: ComparisonRules) -> str:
    share = 100 * (1 - rules.error)
    text = f"Intervals: {share:g} %, items as clusters, both sides paired by item"
    if len(comparisons) > 1:
        text += f"; for all {len(comparisons)} comparisons together (Holm)"
    if any(comparison.first.invalid or comparison.second.invalid for comparison in comparisons):
        text += "; invalid samples counted either way"
    if any(comparison.repeats for comparison in comparisons):
        text += "; with what differs from run to run"
    return f"{text}. A mean of 0/1 scores is a rate."
