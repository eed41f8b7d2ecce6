"""The patches of a report's period as blocks: a table, then a card for each, with the words that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.assess.facts import BehaviourFacts, Change, SuiteFacts
from auditor.assess.reasons import describe_unresolved_cause
from auditor.audit import (
    PatchEntry,
    Section,
    patch_day,
)
from auditor.checks.catalogue import find_check
from auditor.clauses.comparison import ClassifiedChange, Comparison, change_sides, section_path
from auditor.clauses.deontic import Direction
from auditor.document.audit import commit_name, verdict_line
from auditor.document.blocks import (
    Block,
    Card,
    Figure,
    Heading,
    Line,
    Listing,
    Note,
    Paragraph,
    Passage,
    Span,
    Style,
    Table,
    grid,
    plain,
    sentence,
)
from auditor.document.clause_changes import change_card, has_several_files, is_only_renamed
from auditor.document.diagnostics import (
    ROLE_NAMES,
    diagnostic_sentences,
    fall_blocks,
    reported_test_rates,
    residual_sentences,
    significance_sentence,
)
from auditor.document.explanations import Explanation, explanations
from auditor.document.rates import (
    SEPARATOR,
    behaviour_verdict,
    change_line,
    limits_line,
    percent_span,
    rate_line,
    table_columns,
    transfer_line,
)
from auditor.model.clause import ChangeKind
from auditor.model.finding import Finding
from auditor.model.numbers import (
    count_noun,
    join_counts,
    short_id,
)
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict

_GRADES = {
    "A": "raw logs re-derived, and the spec's text found in them",
    "B": "one row a sample",
    "C": "tallies or published rates",
}
# Of this many patches that are not flagged, or fewer, each has its figures; of more, its words, folded.
_MAX_WITH_FIGURES = 20
# As many behaviours of a patch that is not flagged have a row each.
_MAX_ROWS = 3
# As many clause changes of a patch are listed in their order; more are grouped by direction, and folded.
_MAX_CHANGES = 8


# The patches of the period: a table, then a card for each.


def period_patch_blocks(section: Section) -> Iterator[Block]:
    """The patches of the period in a table, then a card for each that is flagged."""
    yield Heading(2, plain(f"Patches of {section.report_period.name}"), "patches")
    if text := text_change_sentence(section.period):
        yield Note(plain(text))
    names = ("landed", "patch", "verdict", "behaviour", "test", "held-out")
    rows = tuple(row for entry in section.period for row in _patch_rows(section, entry))
    yield Table(table_columns(names, ("test", "held-out")), rows, empty="No patch landed in this period.")
    if rows:
        yield Note(
            plain("Rates before and after, the latter with its limits. Held-out: the suite that decides the verdict.")
        )
    if section.flagged:
        yield Heading(2, plain("Flagged in this period"), "flagged")
        yield from (_flagged_card(section, entry) for entry in section.flagged)


def text_change_sentence(period: Sequence[PatchEntry]) -> str:
    """One sentence on what some patches did to the clauses, added up; "" where they changed none."""
    kinds = ("added", "removed", "reworded", "moved")
    changed = join_counts([(sum(getattr(entry.counts, kind) for entry in period), kind) for kind in kinds])
    if not changed:
        return ""
    norms = [norm.direction for entry in period for norm in entry.text.norms]
    directions = (Direction.TIGHTENED, Direction.RELAXED, Direction.REVERSED)
    toward = join_counts([(norms.count(direction), str(direction)) for direction in directions])
    return f"Clauses: {changed}{f'; by their normative words {toward}' if toward else ''}."


def _patch_rows(section: Section, entry: PatchEntry) -> Iterator[tuple[Line, ...]]:
    link = f"#{_anchor(entry)}" if section.is_flagged(entry) else ""
    first: tuple[Line, Line] = plain(str(patch_day(entry))), (Span(patch_title(entry), link=link),)
    headline = entry.facts.leading
    if not headline or (len(headline) > _MAX_ROWS and not section.is_flagged(entry)):
        behaviours = count_noun(len(headline), "behaviour") if headline else "none before and after"
        yield (*first, verdict_line(entry.facts.verdict), plain(behaviours, Style.QUIET), (), ())
        return
    for facts in headline:
        held_out = facts.ruling.change if facts.ruling else None
        rates = change_line(facts, facts.test), change_line(facts, held_out)
        yield (*first, behaviour_verdict(facts), plain(facts.behaviour), *rates)
        first = (), ()


def patch_title(entry: PatchEntry) -> str:
    """A patch's first line, its label, or its commit."""
    after = entry.facts.patch.after
    return after.subject or after.label or commit_name(after)


def _anchor(entry: PatchEntry) -> str:
    return f"p-{short_id(entry.facts.patch.id)}"


def patch_identity(entry: PatchEntry) -> Note:
    """A patch's verdict, day, commit and id."""
    patch = entry.facts.patch
    commit: Line = ()
    if patch.after.commit:
        commit = SEPARATOR, Span("commit "), Span(short_id(patch.after.commit), Style.CODE)
    name = SEPARATOR, Span("patch "), Span(short_id(patch.id), Style.CODE)
    verdict = verdict_line(entry.facts.verdict, entry.hiding_suspected, entry.mechanisms)
    return Note((*verdict, SEPARATOR, Span(str(patch_day(entry))), *commit, *name))


def _flagged_card(section: Section, entry: PatchEntry) -> Card:
    blocks: list[Block] = [patch_identity(entry)]
    for facts in entry.facts.leading:
        blocks.append(Paragraph(plain(sentence(facts.reason))))
        blocks += suite_blocks(facts)
        blocks.append(fact_table(facts))
        blocks += (Note(plain(text)) for text in (*residual_sentences(facts), *diagnostic_sentences(facts)))
        if entry.facts.place is not None and facts.survives_fdr is not None:
            blocks.append(Note(plain(significance_sentence(entry.facts.place))))
    blocks += explanation_blocks(entry)
    blocks += text_change_blocks(section, entry)
    blocks += finding_list(entry.findings)
    return Card(plain(patch_title(entry)), tuple(blocks), _anchor(entry))


def other_patch_blocks(section: Section) -> Iterator[Block]:
    """A card for each patch that is not flagged; folded where there are many."""
    others = [entry for entry in section.period if not section.is_flagged(entry)]
    if others:
        title = "The other patches" if section.flagged else "The patches, one by one"
        yield Heading(2, plain(title), "others")
        folded = len(others) > _MAX_WITH_FIGURES
        yield from (_other_card(section, entry, folded=folded) for entry in others)


def _other_card(section: Section, entry: PatchEntry, *, folded: bool) -> Card:
    blocks: list[Block] = [patch_identity(entry)]
    for facts in entry.facts.leading:
        name = f"{facts.behaviour}: " if folded or facts.test is None else ""
        unresolved = f" {sentence(describe_unresolved_cause(facts))}" if _is_unresolved(facts) else ""
        ablation = f" By ablation: {facts.ablation.conclusion}." if facts.ablation is not None else ""
        blocks.append(Paragraph(plain(f"{name}{sentence(facts.conclusion)}{unresolved}{ablation}")))
        if not folded:
            blocks += suite_blocks(facts)
    if not entry.facts.leading:
        blocks.append(Paragraph(plain(reason_unevaluated(entry))))
    blocks += finding_list(entry.findings)
    blocks += text_change_blocks(section, entry)
    title = plain(patch_title(entry))
    if folded:
        title = (*verdict_line(entry.facts.verdict), SEPARATOR, Span(str(patch_day(entry))), SEPARATOR, *title)
    return Card(title, tuple(blocks), _anchor(entry), folded=folded)


def reason_unevaluated(entry: PatchEntry) -> str:
    """Why a patch has no verdict of a behaviour."""
    if entry.facts.other_behaviours:
        return "No behaviour was evaluated both before and after this patch."
    return "No evaluation of this spec is recorded."


def _is_unresolved(facts: BehaviourFacts) -> bool:
    return facts.cause is Cause.UNRESOLVED


def suite_blocks(facts: BehaviourFacts) -> Iterator[Block]:
    """A behaviour's rates on every suite, its transfers, and where the reported fall came from; with their figures."""
    if facts.test is None:
        return
    yield Heading(4, (Span(facts.behaviour), Span(f" of {facts.model}", Style.QUIET)))
    suites = sorted(facts.suites, key=lambda suite: (suite.role is Role.DEPLOYMENT, suite.suite))
    counted = facts.verdict is Verdict.ARTEFACT
    test = (Span("test"), *((Span(" \non common items", Style.QUIET),) if counted else ()))
    rows = [(test, rate_line(facts.test.before), rate_line(facts.test.after))]
    pictured: list[tuple[Role, Change | None]] = [(Role.TEST, facts.test)]
    if counted:
        before, after = reported_test_rates(facts)
        name = Span("test"), Span(" \nas reported", Style.QUIET)
        rows.insert(0, (name, (percent_span(before),), (percent_span(after),)))
        pictured.insert(0, (Role.TEST, None))
    rows += [
        (_suite_name(facts, suite), rate_line(suite.change.before), rate_line(suite.change.after)) for suite in suites
    ]
    pictured += [(suite.role, suite.change) for suite in suites]
    columns = table_columns(("suite", "before", "after"), ("before", "after"))
    yield Table(columns, tuple(rows), picture=Figure("rates", tuple(pictured), ""))
    if facts.fell and suites:
        transfers = tuple((_suite_name(facts, suite), transfer_line(suite.transfer)) for suite in suites)
        picture = Figure("transfers", tuple((suite.role, suite.transfer) for suite in suites), "")
        names = ("transfer", "held-out fall / test fall")
        yield Table(table_columns(names, names[1:]), transfers, picture=picture)
    if facts.attribution is not None and (counted or facts.attribution.telling):
        yield from fall_blocks(facts.attribution)


def _suite_name(facts: BehaviourFacts, suite: SuiteFacts) -> Line:
    verdict = f", {suite.verdict}" if suite.verdict is not facts.verdict else ""
    return Span(suite.suite), Span(f" \n{ROLE_NAMES[suite.role]}{verdict}", Style.QUIET)


def fact_table(facts: BehaviourFacts) -> Table:
    """What is left, the cause, the evidence and the awareness."""
    rows: list[tuple[Line, ...]] = []
    if facts.ruling:
        after = facts.ruling.change.after
        rows.append(
            (plain("residual"), (percent_span(after.rate), *limits_line(after), Span(f" on {facts.ruling.suite}")))
        )
    cause = f"unresolved: {'; '.join(facts.also_changed)}"
    patch = "the patch: no other recorded change"
    ablation = f"; by ablation: {facts.ablation.conclusion}" if facts.ablation is not None else ""
    rows.append((plain("cause"), plain(f"{cause if _is_unresolved(facts) else patch}{ablation}")))
    grade = f"grade {facts.grade}: {_GRADES[facts.grade]}" if facts.grade else "none"
    rows.append((plain("evidence"), plain(grade)))
    clears = ". A fall of awareness clears no patch" if facts.awareness == "fell" else ""
    rows.append((plain("awareness"), plain(f"{facts.awareness}{clears}")))
    return grid(rows)


def explanation_blocks(entry: PatchEntry) -> Iterator[Block]:
    """What a patch's verdict is compatible with, once for the behaviours that share it."""
    groups: dict[tuple[Explanation, ...], list[str]] = {}
    for facts in entry.facts.leading:
        groups.setdefault(explanations(facts), []).append(facts.behaviour)
    for stories, behaviours in groups.items():
        about = f": {', '.join(behaviours)}" if len(groups) > 1 else ""
        yield Heading(4, plain(f"Possible explanations, and what would separate them{about}"))
        yield Listing(
            tuple(
                (Span(f"{story.explanation} \n"), Span(story.separating_measurement, Style.QUIET)) for story in stories
            )
        )


def finding_list(findings: Sequence[Finding]) -> Iterator[Block]:
    """The findings, each check's remedy with its last."""
    if not findings:
        return
    yield Heading(4, plain("Findings"))
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    yield Listing(tuple(line for code in sorted(by_code) for line in _finding_lines(code, by_code[code])))


def _finding_lines(code: str, findings: Sequence[Finding]) -> Iterator[Line]:
    check = find_check(code)
    for number, finding in enumerate(findings, 1):
        title = check.title if check else finding.name
        place = (Span(f" {finding.place.path}:{finding.place.line}", Style.QUIET),) if finding.place else ()
        last = check is not None and number == len(findings)
        remedy = (Span(f" \nTo do: {check.remedy}.", Style.QUIET),) if check is not None and last else ()
        name = Span(code, Style.CODE), Span(f" {title}: ", Style.STRONG)
        yield (*name, Span(sentence(finding.message)), *place, *remedy)


# The words that changed.


def text_change_blocks(section: Section, entry: PatchEntry) -> Iterator[Block]:
    """Every change of a clause but moved ones and headings that only follow a renaming; many grouped by direction."""
    comparison = section.comparisons[entry.facts.patch.id]
    changes = [
        change
        for change in comparison.changes
        if change.change.kind is not ChangeKind.MOVED and not is_only_renamed(change, comparison)
    ]
    yield Heading(4, plain("Changes of the text"))
    yield from _structure_blocks(entry)
    if not changes:
        yield Note(plain("Clauses moved; no word changed."))
    if len(changes) <= _MAX_CHANGES:
        yield from (_change_passage(change, comparison) for change in changes)
        return
    for title, classified_changes in _by_direction(changes):
        passages = tuple(_change_passage(change, comparison) for change in classified_changes)
        yield Card(plain(f"{title}: {len(classified_changes):,}"), passages, folded=True)


def _change_passage(change: ClassifiedChange, comparison: Comparison) -> Passage:
    """What happened to a clause and where, then its words."""
    card = change_card(change, paths=has_several_files(comparison))
    before, after = change_sides(change.change)
    section = " \u203a ".join(section_path((after or before)[0]))
    head = "".join(span.text for span in card.title)
    lines = [block.line for block in card.blocks if isinstance(block, Passage | Paragraph)]
    words = [(*line, Span(" \n")) for line in lines[:-1]] + list(lines[-1:])
    title = Span(f"{head}{f' in {section}' if section else ''} \n", Style.QUIET)
    return Passage((title, *(span for line in words for span in line)))


def _by_direction(changes: Sequence[ClassifiedChange]) -> Iterator[tuple[str, list[ClassifiedChange]]]:
    """Many changes in groups, those that ask for less first."""
    less, more = (Direction.REVERSED, Direction.RELAXED, Direction.MIXED), (Direction.TIGHTENED,)
    grouped: dict[str, list[ClassifiedChange]] = {
        "Turned round, relaxed, or changed in both directions": [],
        "Tightened": [],
        "No change of normative words": [],
    }
    for change in changes:
        direction = change.norm.direction if change.norm.grounds else None
        place = 0 if direction in less else 1 if direction in more else 2
        grouped[list(grouped)[place]].append(change)
    yield from ((title, classified_changes) for title, classified_changes in grouped.items() if classified_changes)


def _structure_blocks(entry: PatchEntry) -> Iterator[Block]:
    """Sections that came, went or have another name, and levels of authority that have one."""
    sections = entry.text.sections
    rows = [("sections added", ", ".join(sections.added)), ("sections removed", ", ".join(sections.removed))]
    rows.append(("sections renamed", ", ".join(f"{old} to {new}" for old, new in sections.renamed)))
    for renaming in entry.text.authority.renamings:
        count = f"{renaming.count:,} of {count_noun(renaming.of, 'section')}"
        rows.append(("authority", f"{renaming.before} renamed {renaming.after} ({count}); no level changed"))
    cells = [(plain(name), plain(text)) for name, text in rows if text]
    if cells:
        yield grid(cells)
