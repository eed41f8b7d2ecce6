"""Is the test going to zero while held-out stays? The whole history and its quarters, as a part of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from auditor.assess.facts import BehaviourTrend, HistoryAnswer, PeriodTransfer
from auditor.document.blocks import Block, Figure, Heading, Line, Note, Paragraph, Span, Style, Table, plain
from auditor.document.joint_transfer import ANSWER_STYLES, ANSWER_WORDS, transfer_sentence, trend_line
from auditor.document.rates import percent_span, table_columns, transfer_line
from auditor.model.numbers import count_noun


def joint_blocks(transfers: Sequence[PeriodTransfer], trends: Sequence[BehaviourTrend], name: str) -> Iterator[Block]:
    """A report's part: the period by name and the whole history, each behaviour's ends and trend, and their picture."""
    if not transfers:
        return
    whole = transfers[-1]
    yield Heading(2, plain("Is the test going to zero while held-out stays?"), "history")
    yield from (
        Paragraph(plain(transfer_sentence(period), ANSWER_STYLES.get(period.answer, Style.PLAIN)))
        for period in transfers
        if period is whole or name in period.names
    )
    yield Paragraph(trend_line(trends))
    rows = tuple(_period_row(period) for period in transfers)
    names = ("period", "patches", "behaviours", "test fall", "transfer", "answer")
    if len(rows) > 1:
        yield Table(table_columns(names, names[1:4]), rows)
    if whole.behaviours:
        by_name = {(trend.behaviour, trend.model): trend for trend in trends}
        columns = ("behaviour", "test", "held-out", "trend over all states")
        changes = tuple(
            (
                (Span(change.behaviour), Span(f" of {change.model}", Style.QUIET)),
                _ends_line(change.test.before.rate, change.test.after.rate),
                _ends_line(change.held_out.before.rate, change.held_out.after.rate),
                _trend_cell(by_name.get((change.behaviour, change.model))),
            )
            for change in whole.behaviours
        )
        yield Table(table_columns(columns, columns[1:3]), changes)
        yield Figure("remaining", whole.behaviours, _remaining_words(whole))
    if whole.not_measured:
        reasons = Counter(subject.why for subject in whole.not_measured)
        text = "; ".join(f"{count_noun(count, 'behaviour')}: {why}" for why, count in sorted(reasons.items()))
        yield Note(plain(f"Not in it: {text}."))
    yield Note(
        plain(
            "Each behaviour from its first to its last evaluated state, whether or not a patch was about it. Limits of "
            "the transfer are jackknifed over behaviours; those of a trend belong to a line through all its states. "
            "Both warn, at half of the error each; neither accuses nor clears a patch."
        )
    )


def _period_row(period: PeriodTransfer) -> tuple[Line, ...]:
    name = Span(" = ".join(period.names)), Span(", so far" if period.open else "", Style.QUIET)
    count = len({change.behaviour for change in period.behaviours})
    fall = (percent_span(period.test_fall),) if period.test_fall is not None else ()
    transfer = transfer_line(period.transfer) if period.answer is not HistoryAnswer.TOO_FEW else ()
    answer = plain(ANSWER_WORDS[period.answer], ANSWER_STYLES.get(period.answer, Style.QUIET))
    return name, plain(f"{period.patches:,}"), plain(f"{count:,}"), fall, transfer, answer


def _ends_line(before: float, after: float) -> Line:
    return percent_span(before), Span(" to "), percent_span(after)


def _trend_cell(trend: BehaviourTrend | None) -> Line:
    if trend is None:
        return ()
    states = count_noun(trend.comparable_states, "state")
    words = plain(ANSWER_WORDS[trend.answer], ANSWER_STYLES.get(trend.answer, Style.QUIET))
    if trend.answer in (HistoryAnswer.TOO_FEW, HistoryAnswer.NOT_FALLEN):
        return (*words, Span(f" ({states})", Style.QUIET))
    return (*words, Span(f" ({states}), transfer ", Style.QUIET), *transfer_line(trend.transfer))


def _remaining_words(period: PeriodTransfer) -> str:
    """From what to what is left of the behaviours' rates, in words."""
    sides = ([change.test for change in period.behaviours], [change.held_out for change in period.behaviours])
    ranges = (_range_of([side.after.rate / side.before.rate for side in some if side.before.rate]) for some in sides)
    words = ", ".join(f"{name} {text}" for name, text in zip(("test", "held-out"), ranges, strict=True) if text)
    return f"What is left of each behaviour's first rate: {words}."


def _range_of(shares: Sequence[float]) -> str:
    if not shares:
        return ""
    ends = [f"{100 * end:.0f}" for end in (min(shares), max(shares))]
    return f"{' to '.join(dict.fromkeys(ends))} %"
