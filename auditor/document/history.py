"""A spec's history as blocks: log, diff, blame and show.

Logs, comparisons, clause histories and patches come in. Figures look as in the audit, changes of clauses as
`clause_changes` has them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from auditor.assess.facts import BehaviourFacts, Change
from auditor.assess.flips import SuiteFlips
from auditor.assess.timeline import LogEntry, SpecLog
from auditor.audit import PatchEntry
from auditor.clauses.blame import ClauseEvent, ClauseHistory, ClauseState, SectionMember
from auditor.clauses.comparison import Comparison, ComparisonSide, section_path
from auditor.document.audit import (
    behaviour_blocks,
    behaviour_name,
    commit_name,
    count_changes,
    finding_blocks,
    interval_legend,
    legend,
    place_in_commit,
    verdict_line,
)
from auditor.document.blocks import (
    Block,
    Card,
    Column,
    Figure,
    Heading,
    Line,
    Note,
    Paragraph,
    Passage,
    Span,
    Style,
    Table,
    grid,
    plain,
)
from auditor.document.clause_changes import (
    SIGNS,
    SectionNames,
    change_blocks,
    change_card,
    first_words,
    section_heading,
    shorten,
)
from auditor.document.compare import item_score
from auditor.document.diagnostics import ROLE_NAMES
from auditor.model.clause import ChangeCounts, ChangeKind
from auditor.model.finding import Finding
from auditor.model.numbers import count_noun, format_day, format_rate_limits, join_counts, short_id
from auditor.model.spec import SpecCommit
from auditor.model.verdict import WORST_FIRST

_MAX_CANDIDATES = 20
_MAX_JOINED = 3


# The log: the commits that changed a spec, newest first, with the scores after each.


def log_blocks(logs: Sequence[SpecLog]) -> Iterator[Block]:
    """A card a commit; the legend below the first with rates."""
    patches = [entry.facts for log in logs for entry in log.spec_commits if entry.facts]
    notes = (Note(plain(text)) for text in (interval_legend(patches),))
    for log in logs:
        if len(logs) > 1:
            yield Heading(1, (Span("spec ", Style.QUIET), Span(log.spec)))
        models = {facts.model for entry in log.spec_commits if entry.facts for facts in entry.facts.behaviours}
        for entry in log.spec_commits:
            yield _commit_card(entry, notes, several=len(models) > 1)


def log_oneline(logs: Sequence[SpecLog]) -> Iterator[Block]:
    """A row a commit."""
    for log in logs:
        spec = [plain(log.spec)] if len(logs) > 1 else []
        yield grid((*spec, *_oneline_row(entry)) for entry in log.spec_commits)


def _oneline_row(entry: LogEntry) -> tuple[Line, ...]:
    commit = entry.spec_commit
    day = format_day(commit.date) if commit.commit is not None else ""
    verdict = verdict_line(entry.facts.verdict) if entry.facts and not entry.joins else plain("")
    if entry.joins:
        verdict = plain("joins", Style.QUIET)
    subject = (*_label_spans(commit), Span(commit.subject))
    return (
        plain(commit_name(commit), Style.NAME),
        plain(day),
        plain(_short_counts(entry.changes), Style.QUIET),
        verdict,
        subject,
    )


def commit_line(commit: SpecCommit) -> Line:
    """Commit or folder, date, label and revision."""
    return (
        Span("commit " if commit.commit else "folder ", Style.QUIET),
        Span(commit_name(commit), Style.NAME),
        Span(f"  {format_day(commit.date)}  "),
        *_label_spans(commit),
        Span(f"revision {short_id(commit.revision)}", Style.QUIET),
    )


def _label_spans(commit: SpecCommit) -> tuple[Span, ...]:
    labelled = commit.label is not None and commit.label != commit.name
    return (Span(f"({commit.label})", Style.OPEN), Span("  ")) if labelled else ()


def _subject_blocks(commit: SpecCommit) -> Iterator[Block]:
    if commit.subject:
        yield Paragraph(plain(commit.subject))


def _commit_card(entry: LogEntry, notes: Iterator[Note], *, several: bool) -> Card:
    blocks: list[Block] = [*_subject_blocks(entry.spec_commit), Paragraph(_change_line(entry))]
    if entry.facts and entry.facts.behaviours:
        blocks.append(grid(_behaviour_row(facts, several) for facts in entry.facts.behaviours))
        blocks += islice(notes, 1)
    return Card(commit_line(entry.spec_commit), tuple(blocks))


def _change_line(entry: LogEntry) -> Line:
    if entry.changes is None:
        return plain(f"first revision, {count_noun(entry.clauses, 'clause')}", Style.QUIET)
    counts = count_changes(entry.changes)
    if entry.joins:
        names = [commit_name(commit) for commit in entry.joins]
        parts = " and ".join(names) if len(names) <= _MAX_JOINED else count_noun(len(names), "patch", "es")
        return plain(f"joins {parts}, and is no patch of its own; {counts} against its first parent", Style.QUIET)
    if entry.facts:
        name, patch = "patch", entry.facts.patch
    elif entry.same_as:
        name, patch = "the same change as patch", entry.same_as
    else:
        return plain(f"no patch of its own; {counts} against its first parent", Style.QUIET)
    return Span(f"{name} "), Span(short_id(patch.id), Style.NAME), Span(f"  {counts}", Style.QUIET)


def _behaviour_row(facts: BehaviourFacts, several: bool) -> tuple[Line, ...]:
    """A behaviour's test and held-out rates after, and its verdict; where several patches share it, how many."""
    shared = len(facts.step.patches)
    verdict = verdict_line(facts.verdict, facts.hiding_suspected, facts.mechanisms)
    patches = (Span(f", shared by {count_noun(shared, 'patch', 'es')}", Style.QUIET),) if shared > 1 else ()
    return (
        plain(behaviour_name(facts.behaviour, facts.model if several else "")),
        (Span("test ", Style.QUIET), Span(_rate_after(facts.test))),
        (Span("held-out ", Style.QUIET), Span(_rate_after(facts.held_out))),
        (*verdict, *patches),
    )


def _rate_after(change: Change | None) -> str:
    return format_rate_limits(change.after) if change else "-"


def _short_counts(counts: ChangeCounts | None) -> str:
    if counts is None:
        return "first"
    signs = (("+", counts.added), ("-", counts.removed), ("~", counts.reworded), (">", counts.moved))
    return " ".join(f"{sign}{number}" for sign, number in signs if number) or "="


# Blame: a clause's whole life, oldest event first.


def blame_blocks(story: ClauseHistory, link: Callable[[ClauseState], str] = lambda _: "") -> Iterator[Block]:
    """The clause, then what happened to it; of a heading, then the clauses under it.

    Args:
        link: where another clause is shown; "" for nowhere.
    """
    clause = story.state.clause
    yield section_heading(section_path(clause), clause)
    title = Span("clause ", Style.QUIET), Span(short_id(story.state.id), Style.NAME), Span(f"  {_clause_status(story)}")
    yield Card(title, (Passage(plain(shorten(clause.text))),))
    yield from map(_event_card, story.events)
    for relation, other in (("Split off", story.parent), ("Merged into", story.heir)):
        if other is not None:
            place = Span(f"  {_clause_place(other)}  ")
            name = Span(short_id(other.id), Style.NAME, link=link(other))
            yield Paragraph((Span(f"{relation} "), name, place, *first_words(other.clause.text)))
    if story.section:
        yield from _section_blocks(story.section, link)


def _section_blocks(members: Sequence[SectionMember], link: Callable[[ClauseState], str]) -> Iterator[Block]:
    """The last event of each clause under a heading."""
    yield Paragraph(plain(f"{count_noun(len(members), 'clause')} in this section, with the last event of each:"))
    yield grid(
        (
            plain(format_day(member.spec_commit.date)),
            plain(member.word),
            (Span(_clause_place(member.state), link=link(member.state)),),
            first_words(" ".join(member.state.clause.text.split())),
        )
        for member in members
    )


def _clause_status(story: ClauseHistory) -> str:
    """Where the clause is, and since when it says what it says; or since when it is gone."""
    state, last = story.state, story.events[-1]
    since = format_day(last.spec_commit.date)
    if last.word in ("removed", "merged into another"):
        return f"{last.word} {since}, last at {_clause_place(state)}"
    return f"{_clause_place(state)}, {last.word} {since}" + (" and unchanged since" if state.there else "")


def _clause_place(state: ClauseState) -> str:
    """Where the clause is; of one that is gone, where it was in the last text that had it."""
    place = f"{state.clause.path}:{state.clause.line}"
    return place if state.there else f"{commit_name(state.spec_commit)}:{place}"


def _event_card(event: ClauseEvent) -> Card:
    commit = event.spec_commit
    title = (
        Span(commit_name(commit), Style.NAME),
        Span(f"  {format_day(commit.date)}  "),
        *_label_spans(commit),
        Span(commit.subject),
    )
    before, after = (
        name if commit.commit is None else short_id(name) for name in ((*commit.parents, "")[0], commit.name)
    )
    return Card(title, (change_card(event.typed, paths=True, word=event.word, commits=(before, after)),))


def candidate_blocks(candidates: Sequence[ClauseState]) -> Iterator[Block]:
    """The clauses that may be meant: the place of each and its first words."""
    yield grid(
        (
            plain(_clause_place(state) + ("" if state.there else f" (last seen {format_day(state.spec_commit.date)})")),
            plain(short_id(state.id), Style.NAME),
            first_words(" ".join(state.clause.text.split())),
        )
        for state in candidates[:_MAX_CANDIDATES]
    )
    if len(candidates) > _MAX_CANDIDATES:
        yield Note(plain(f"and {len(candidates) - _MAX_CANDIDATES:,} more"))


# Diff: two revisions compared, clause by clause or as counts per section.


def diff_blocks(comparisons: Sequence[Comparison]) -> Iterator[Block]:
    """The comparisons, clause by clause."""
    for comparison in comparisons:
        yield from _diff_head(comparison)
        yield from change_blocks(comparison)


def diff_stat_blocks(comparisons: Sequence[Comparison]) -> Iterator[Block]:
    """How many clauses changed in each section."""
    for comparison in comparisons:
        yield from _diff_head(comparison)
        rows = section_rows(comparison)
        words = "; ".join(f"{row.title}: {row.signs.total():,}" for row in rows if row.signs)
        yield Figure("sections", rows, words)


def _diff_head(comparison: Comparison) -> Iterator[Block]:
    before, after = (side_name(side) for side in (comparison.before, comparison.after))
    yield Heading(2, (Span("spec ", Style.QUIET), Span(comparison.spec), Span(f"  {before} -> {after}")))
    yield Note(plain(count_changes(comparison.counts)))


def side_name(side: ComparisonSide) -> str:
    """What a side is called: as the reader named it, its commit, its date."""
    parts = [side.name]
    if side.commit and not side.commit.startswith(side.name):
        parts.append(short_id(side.commit))
    if side.spec_commit is not None and format_day(side.spec_commit.date) not in side.name:
        parts.append(format_day(side.spec_commit.date))
    return parts[0] if len(parts) == 1 else f"{parts[0]} ({', '.join(parts[1:])})"


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section in the tree of those with changes.

    Attributes:
        depth: 0 for the outermost.
        signs: how many clauses changed, by sign (`+-~>`); None for a section named only for those inside it.
    """

    depth: int
    title: str
    signs: Counter[str] | None


def section_rows(comparison: Comparison) -> tuple[SectionRow, ...]:
    """The sections with changes as a tree, in the order of the text after."""
    counts = _sign_counts(comparison)
    return tuple(
        SectionRow(max(len(place) - 1, 0), place[-1] if place else "(before the first heading)", counts.get(place))
        for place in _with_parents(counts)
    )


def _sign_counts(comparison: Comparison) -> dict[tuple[str, ...], Counter[str]]:
    """How many clauses changed in each section, by sign; the further pieces of a split or merge count each."""
    rows: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    places = SectionNames(comparison)
    for typed in comparison.changes:
        signs = rows[places(typed)]
        signs[SIGNS[typed.change.kind][0]] += 1
        signs["+" if typed.change.kind is ChangeKind.SPLIT else "-"] += len(typed.change.others)
    return rows


def _with_parents(places: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The places, each after those of the sections around it that were not named just before."""
    last: tuple[str, ...] = ()
    for place in places:
        pairs = enumerate(zip(last, place, strict=False))
        shared = next((at for at, (title, other) in pairs if title != other), min(len(last), len(place)))
        yield from (place[:length] for length in range(shared + 1, len(place)))
        yield place
        last = place


# Show: one patch, what it changed clause by clause, and everything the audit says of it.


def patch_blocks(
    patches: Sequence[tuple[PatchEntry, Comparison, tuple[SuiteFlips, ...]]], *, items: bool = False
) -> Iterator[Block]:
    """The patches: commit, clause changes, behaviours, findings.

    Args:
        items: whether the items that moved are listed.
    """
    for entry, comparison, suites in patches:
        patch = entry.facts.patch
        name = Span("patch "), Span(short_id(patch.id), Style.NAME), Span(f" of spec {patch.spec}")
        head = *_subject_blocks(patch.after), Paragraph(name), Note(plain(count_changes(entry.counts)))
        yield Card(commit_line(patch.after), head)
        yield from change_blocks(comparison)
        yield from _patch_details(entry)
        if items:
            yield from flip_blocks(suites)


def flip_blocks(suites: Sequence[SuiteFlips], most: int | None = None) -> Iterator[Block]:
    """The items of each suite that moved, with their misaligned samples before and after.

    Args:
        most: so many of a suite are listed; None for all, and only then is it said how held-out ones are named.
    """
    yield Heading(2 if most is None else 3, plain("Items that moved"))
    if not suites:
        yield Paragraph(plain("No suite whose items are known was run before and after."))
    for flips in suites:
        counts = join_counts([(flips.better, "better"), (flips.worse, "worse"), (flips.same, "the same")])
        title = Span(flips.suite, Style.STRONG), Span(f" ({ROLE_NAMES[flips.role]}) of {flips.model}: {counts}")
        blocks: list[Block] = []
        if flips.concealed:
            how = " with --reveal only" if most is None else " on no page"
            blocks.append(Note(plain(f"Items of held-out suites are named{how}.")))
        if flips.items:
            columns = Column("item", cut=True), Column("before", figures=True), Column("after", figures=True)
            rows = (
                (plain(item.item), *(plain(item_score(side, binary=True)) for side in (item.before, item.after)))
                for item in flips.items[:most]
            )
            blocks.append(Table(columns, tuple(rows)))
            if most is not None and len(flips.items) > most:
                blocks.append(Note(plain(f"and {len(flips.items) - most:,} more that moved no further")))
        yield Card(title, tuple(blocks))


def _patch_details(entry: PatchEntry) -> Iterator[Block]:
    """Every behaviour, the worst first, then every finding with its message."""
    notes = legend((entry.facts,))
    for facts in sorted(entry.facts.behaviours, key=lambda facts: WORST_FIRST.index(facts.verdict)):
        title = verdict_line(facts.verdict, facts.hiding_suspected, facts.mechanisms)
        yield Card(title, tuple(behaviour_blocks(facts, notes)))
    yield from finding_blocks(replace(entry, measured=(), text_findings=()))
    outside = entry.facts.other_behaviours
    if entry.facts.behaviours and outside:
        names = ", ".join(sorted({behaviour for behaviour, _ in outside}))
        yield Note(plain(f"Not measured across this patch: {names}."))
    if entry.findings:
        yield Heading(2, plain("Findings"))
        yield _finding_rows(entry)


def _finding_rows(entry: PatchEntry) -> Table:
    return grid(
        (plain(finding.code, Style.NAME), plain(str(finding.severity), Style.QUIET), _finding_line(finding, entry))
        for finding in entry.findings
    )


def _finding_line(finding: Finding, entry: PatchEntry) -> Line:
    place = f" ({place_in_commit(finding.place, entry)})" if finding.place else ""
    return Span(finding.name, Style.STRONG), Span(f": {finding.message}{place}")
