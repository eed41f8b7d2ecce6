"""Open gaps, and what changed since the last report, as blocks."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.assess.facts import GapFacts
from auditor.audit import (
    Baseline,
    GapChange,
    GapTransition,
    Report,
    Section,
    SpecChanges,
    VerdictChange,
)
from auditor.document.audit import commit_name
from auditor.document.blocks import (
    Block,
    Heading,
    Line,
    Listing,
    Note,
    Paragraph,
    Span,
    Style,
    Table,
    plain,
    sentence,
)
from auditor.document.rates import percent_span, rate_line, table_columns
from auditor.model.numbers import count_noun, format_day, short_id
from auditor.model.spec import Patch, SpecCommit
from auditor.model.suite import Role


def first_spec_commit(section: Section, revision: str) -> SpecCommit:
    """The commit that carried a revision first."""
    return next(commit for commit in section.spec.history.spec_commits if commit.revision == revision)


# Open gaps, and what changed since the last report.


def gap_blocks(section: Section) -> Iterator[Block]:
    """The open gaps of a spec."""
    yield Heading(2, plain("Open gaps"), "gaps")
    if section.spec.gaps:
        yield Paragraph(
            plain(
                "A held-out rate is clearly above the test rate, and no later evaluation has closed the gap. However "
                "old, these describe the current revision."
            )
        )
    names = ("behaviour", "held-out suite", "test", "held-out", "since")
    rows = tuple(_gap_row(section, gap) for gap in section.spec.gaps)
    yield Table(table_columns(names, ("test", "held-out")), rows, empty="No gap is open.")


def _gap_row(section: Section, gap: GapFacts) -> tuple[Line, ...]:
    deployment = (Span(" \ndeployment", Style.QUIET),) if gap.role is Role.DEPLOYMENT else ()
    return (
        (Span(gap.behaviour), Span(f" of {gap.model}", Style.QUIET)),
        (Span(gap.suite), *deployment),
        rate_line(gap.test),
        rate_line(gap.held_out),
        plain(format_day(first_spec_commit(section, gap.since.revision).date)),
    )


def comparison_blocks(report: Report, since: SpecChanges | None) -> Iterator[Block]:
    """What changed of a spec since the last report."""
    yield Heading(2, plain("Since the last report"), "since")
    untracked = " This spec was not tracked then." if report.earlier is not None and since is None else ""
    yield Note(plain(f"{comparison_sentence(report)}{untracked}"))
    if since is None:
        return
    yield Paragraph(plain(unchanged_sentence(since)))
    changes = (*map(describe_verdict_change, since.verdicts), *other_changes(since))
    if changes:
        yield Listing(tuple(map(plain, changes)))
    if since.gaps:
        names = ("gap", "behaviour", "held-out suite", "test then", "held-out then", "test now", "held-out now")
        yield Table(table_columns(names, names[3:]), tuple(map(_gap_change_row, since.gaps)))


def comparison_sentence(report: Report) -> str:
    """One or two sentences: the state that the report is compared with, or why with none."""
    earlier = report.earlier
    if earlier is None:
        return sentence(report.no_baseline)
    records = count_noun(earlier.records, "record")
    compared = f"Compared with {_earlier_state(earlier)}: {records}, judged by the policy and suites of that state."
    unreadable = (
        f" {count_noun(earlier.gone, 'record')} of it can no longer be read and {_is_are(earlier.gone)} left out."
    )
    rewritten = " That checkpoint was CHANGED after it landed: its root was another."
    return f"{compared}{unreadable if earlier.gone else ''}{rewritten if earlier.rewritten else ''}"


def _is_are(count: int) -> str:
    return "is" if count == 1 else "are"


def _earlier_state(earlier: Baseline) -> str:
    commit = f" at commit {short_id(earlier.commit)}" if earlier.commit else ""
    batch = f"batch {earlier.batch}, root {short_id(earlier.root)}"
    if earlier.name:
        return f"the report on {earlier.name}, as given ({batch}{commit})"
    return f"{batch}, sealed{commit} on {earlier.landed}, the seal nearest to the first day of this period"


def describe_verdict_change(change: VerdictChange) -> str:
    """What a verdict was and is now, without a full stop."""
    step = change.step
    about = (
        _dated_name(change.patch)
        if change.patch
        else f"training from {step.before.checkpoint} to {step.after.checkpoint}"
    )
    before, after = (
        ("not compared" if verdict is None else str(verdict)) + (", hiding suspected" if suspected else "")
        for verdict, suspected in zip((change.before, change.after), change.suspected, strict=True)
    )
    return f"{about}: {step.behaviour} of {step.lineage} was {before}; now {after}"


def _dated_name(patch: Patch) -> str:
    """A patch in a list: its day, commit, subject and id."""
    day, commit = format_day(patch.after.date), commit_name(patch.after)
    names = dict.fromkeys(name for name in (day, commit, patch.after.subject or patch.after.label) if name)
    return f"{' '.join(names)} (patch {short_id(patch.id)})"


def other_changes(since: SpecChanges) -> Iterator[str]:
    """What else changed: patches that history lost, the policy, the roles of suites."""
    yield from (f"no longer in history: {_dated_name(patch)}" for patch in since.lost)
    yield from (f"{rule}: was {before}; now {after}" for rule, before, after in since.rules)


def unchanged_sentence(since: SpecChanges) -> str:
    """One sentence: patches since, and what did not change."""
    unchanged = [
        name
        for name, changes in (
            ("no verdict of an earlier patch changed", since.verdicts),
            ("no gap was open then or is open now", since.gaps),
            ("no patch was lost from history", since.lost),
            ("policy and suites did not change", since.rules),
        )
        if not changes
    ]
    landed = f"{count_noun(len(since.new), 'patch', 'es')} landed since"
    return f"{'; '.join((landed, *unchanged))}."


def _gap_change_row(gap: GapChange) -> tuple[Line, ...]:
    became = Style.STRONG if gap.became is GapTransition.OPENED else Style.PLAIN
    names = (Span(gap.latest.behaviour), Span(f" of {gap.latest.model}", Style.QUIET)), plain(gap.latest.suite)
    return (plain(gap.became, became), *names, *_standing_cells(gap.before), *_standing_cells(gap.after))


def _standing_cells(gap: GapFacts | None) -> tuple[Line, Line]:
    if gap is None:
        return plain("not compared", Style.QUIET), plain("not compared", Style.QUIET)
    return (percent_span(gap.test.rate),), (percent_span(gap.held_out.rate),)
