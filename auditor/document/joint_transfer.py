"""Transfer over a whole period and trends of behaviours, as sentences: they warn, and none accuses or clears a patch.

`joint_line` is the line of an audit; a report's part is `report_history`.
"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.assess.facts import BehaviourTrend, HistoryAnswer, PeriodTransfer
from auditor.assess.trends import FEWEST_STATES
from auditor.document.blocks import Line, Span, Style, plain
from auditor.model.numbers import count_noun, format_percent
from auditor.stats.joint import FEWEST_BEHAVIOURS

ANSWER_STYLES = {HistoryAnswer.STAYED: Style.CAUTION}
ANSWER_WORDS = {
    HistoryAnswer.STAYED: "held-out does not follow",
    HistoryAnswer.OPEN: "could not tell",
    HistoryAnswer.NOT_FALLEN: "the test is not shown to fall",
    HistoryAnswer.TOO_FEW: "too little was measured",
}


def joint_line(transfers: Sequence[PeriodTransfer], trends: Sequence[BehaviourTrend]) -> Line:
    """The whole history in a line: what carried over together, and how many behaviours drift apart; () without any."""
    if not transfers:
        return ()
    whole = transfers[-1]
    words = Span(f"{transfer_sentence(whole)} ", ANSWER_STYLES.get(whole.answer, Style.PLAIN))
    return words, *trend_line(trends)


def transfer_sentence(period: PeriodTransfer) -> str:
    """What the tests of a period fell by together, and how much of that held-out followed."""
    name = f"{period.names[-1][:1].upper()}{period.names[-1][1:]}"
    count = len({change.behaviour for change in period.behaviours})
    if period.answer is HistoryAnswer.TOO_FEW:
        return (
            f"{name}: too little to say how much carried over together. {count_noun(count, 'behaviour')} "
            f"{'was' if count == 1 else 'were'} measured on test and held-out at both ends; it takes "
            f"{FEWEST_BEHAVIOURS}."
        )
    behaviours, fall = count_noun(count, "behaviour"), format_percent(max(period.test_fall or 0.0, 0.0))
    if period.answer is HistoryAnswer.NOT_FALLEN or period.transfer is None or period.transfer.high is None:
        return f"{name}: the test rates of {behaviours}, taken together, are not shown to have fallen (by {fall})."
    low, high = period.transfer.low, period.transfer.high
    fell = f"{name}: the test rates of {behaviours} fell by {fall} together;"
    share = format_percent(period.transfer.estimate)
    if period.answer is HistoryAnswer.STAYED:
        return (
            f"{fell} held-out followed by {share} of that, at most {format_percent(high)}: the tests improve and "
            "held-out does not follow."
        )
    if low is None or (low < 0.0 and high > 1.0):
        return f"{fell} these samples do not show how much held-out followed."
    between = f"{format_percent(low)} to {format_percent(high)}"
    return f"{fell} held-out followed by {share} of that ({between}): no warning, and no clearance."


def trend_line(trends: Sequence[BehaviourTrend]) -> Line:
    """How many behaviours, each of one model, have a test that falls over its states while held-out stays, by name."""
    stayed = [trend for trend in trends if trend.answer is HistoryAnswer.STAYED]
    able = [trend for trend in trends if trend.answer is not HistoryAnswer.TOO_FEW]
    if not trends:
        return ()
    if not able:
        return plain(f"No behaviour has the {FEWEST_STATES} comparable states that a trend takes.", Style.QUIET)
    few = len(trends) - len(able)
    rest = f"; {few:,} more {'has' if few == 1 else 'have'} fewer than {FEWEST_STATES} comparable states" if few else ""
    several = len({trend.model for trend in trends}) > 1
    counted = (
        f"{count_noun(len(able), 'pair')} of behaviour and model" if several else count_noun(len(able), "behaviour")
    )
    if not stayed:
        return plain(f"Trends over all states: of {counted} none is shown to fall on the test alone{rest}.")
    names = ", ".join(
        f"{trend.behaviour}{f' of {trend.model}' if several else ''} (at most {_percent_of_limit(trend)} carried over)"
        for trend in stayed
    )
    verb = "falls" if len(stayed) == 1 else "fall"
    text = f"Trends over all states: of {counted} {len(stayed):,} {verb} on the test alone: "
    return Span(f"{text}{names}", Style.CAUTION), Span(f"{rest}.")


def _percent_of_limit(trend: BehaviourTrend) -> str:
    high = trend.transfer.high if trend.transfer else None
    return format_percent(max(high or 0.0, 0.0))
