"""An audit as blocks: the summary, a line for each patch, oldest first, then a card for each that is flagged.

`audit_blocks` is the audit, with all cards and the undecided checks where asked for; `summary_blocks` its first lines,
`patch_table` the lines of the patches. `behaviour_blocks` and `verdict_line` are a behaviour's numbers and a verdict as
every document shows them; the first table of rates that a document prints is followed by `legend`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice

from auditor.assess.facts import BehaviourFacts, Change, PatchFacts, PeriodFacts, Rate
from auditor.assess.periods import TRAILING_PATCHES
from auditor.assess.reasons import describe_unresolved_cause
from auditor.audit import Audit, CheckpointEntry, Coverage, PatchEntry, PeriodEntry, SpecAudit
from auditor.clauses.deontic import NORMATIVE_DIRECTIONS
from auditor.document.ablation import ablation_effect_blocks
from auditor.document.blocks import (
    Block,
    Card,
    Column,
    Heading,
    Line,
    Note,
    Paragraph,
    Span,
    Style,
    Table,
    grid,
    plain,
    sentence,
)
from auditor.document.diagnostics import (
    ROLE_NAMES,
    describe_run_variation,
    diagnostic_blocks,
    reported_test_rates,
    residual_blocks,
    significance_blocks,
)
from auditor.document.joint_transfer import joint_line
from auditor.document.ledger import debt_blocks, held_out_use_blocks, landing_blocks, open_plan_blocks, waiver_blocks
from auditor.model.clause import ChangeCounts
from auditor.model.finding import Finding, Place, Severity
from auditor.model.numbers import (
    OPEN_TRANSFER,
    UNDEFINED_TRANSFER,
    count_noun,
    format_count,
    format_counts,
    format_day,
    format_rate_limits,
    format_share,
    format_transfer,
    join_counts,
    short_id,
)
from auditor.model.spec import Patch, SpecCommit
from auditor.model.suite import Role
from auditor.model.verdict import STAYED_VERDICTS, WORST_FIRST, Cause, Verdict

VERDICT_STYLES = {
    Verdict.TEST_ONLY: Style.ACCUSED,
    Verdict.MOSTLY_TEST: Style.ACCUSED,
    Verdict.WORSE: Style.ACCUSED,
    Verdict.ARTEFACT: Style.ACCUSED,
    Verdict.PARTIAL: Style.CAUTION,
    Verdict.INCONCLUSIVE: Style.OPEN,
    Verdict.UNMEASURED: Style.QUIET,
    Verdict.GENERALISES: Style.CLEARED,
    Verdict.UNCHANGED: Style.CLEARED,
}
VERDICT_MEANINGS = {
    Verdict.TEST_ONLY: "the test rate fell, the held-out rate did not follow",
    Verdict.MOSTLY_TEST: "most of the test's fall did not carry over",
    Verdict.WORSE: "a rate rose",
    Verdict.ARTEFACT: "the fall comes from what was counted",
    Verdict.PARTIAL: "held-out followed in part",
    Verdict.INCONCLUSIVE: "the evidence does not decide",
    Verdict.UNMEASURED: "no comparable evaluation",
    Verdict.GENERALISES: "most of the fall carried over",
    Verdict.UNCHANGED: "the test rate did not fall",
}
_NOTABLE_VERDICTS = (*STAYED_VERDICTS, Verdict.WORSE, Verdict.ARTEFACT, Verdict.PARTIAL)
_PATCH_COLUMNS = (
    Column("commit"),
    Column("date"),
    Column("verdict"),
    Column("behaviour", cut=True),
    Column("test"),
    Column("held-out"),
    Column("subject", cut=True),
)
_TEXT_COLUMNS = (
    Column("commit"),
    Column("date"),
    Column("clauses"),
    Column("findings", figures=True),
    Column("subject", cut=True),
)
_RATE_COLUMNS = (Column(""), Column("before"), Column("after"), Column("transfer"))


def audit_blocks(audit: Audit, day: date, *, verbose: bool = False) -> Iterator[Block]:
    """The audit read on a day: summary, lines, cards, and what does not belong to a patch.

    Args:
        verbose: a card for every patch, not only for those that are flagged; and the checks that are undecided.
    """
    yield from summary_blocks(audit, day)
    notes = legend(entry.facts for entry in audit.patches)
    for spec in audit.specs:
        yield from _spec_blocks(audit, spec, notes, verbose=verbose)
    yield from waiver_blocks(audit.waivers)
    if audit.waiver_findings:
        yield finding_table(audit.waiver_findings)
    yield from _closing_blocks(audit)
    if verbose:
        yield from undecided_blocks(audit)


def audit_title(exit_code: int) -> Heading:
    """How it ended, for a format that begins with a title."""
    return Heading(2, plain(f"auditor audit: {'blocked' if exit_code else 'not blocked'}"))


_VERBOSE = Span("--verbose", Style.CODE), Span(" lists them")


def summary_blocks(audit: Audit, day: date, undecided: Line = _VERBOSE) -> Iterator[Block]:
    """How many patches by verdict, what is open, and what it rests on; evidence debts stand above.

    Args:
        undecided: where the undecided checks are listed.
    """
    yield from debt_blocks(audit.debts, day)
    joining = [entry for spec in audit.specs for entry in spec.joining_merges]
    patches = audit.patches
    verdicts = count_verdicts(entry.facts.verdict for entry in patches)
    if len(patches) == 1:
        verdicts = verdict_line(patches[0].facts.verdict)
    counts = [Span(": "), *verdicts] if verdicts else []
    if joining:
        verb = "joins" if len(joining) == 1 else "join"
        counts.append(Span(f"; {count_noun(len(joining), 'merge')} only {verb} them"))
    yield Paragraph((Span(count_noun(len(patches), "patch", "es"), Style.STRONG), *counts, Span(".")))
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    suspected = count_noun(audit.hiding_suspected, "patch", "es") if audit.hiding_suspected else "no patch"
    style = Style.ACCUSED if audit.hiding_suspected else Style.PLAIN
    meaning = " (held-out clearly above test)" if gaps else ""
    text = f"; {count_noun(gaps, 'open gap')}{meaning}."
    yield Paragraph((Span(f"Hiding suspected in {suspected}", style), Span(text)))
    coverage = audit.coverage
    evidence = f"{count_noun(coverage.runs, 'run')} in {count_noun(coverage.records, 'record')}"
    yield Paragraph((Span(f"{evidence}; "), *_count_checks(coverage, len(audit.findings()), undecided), Span(".")))
    yield from (Paragraph(plain(f"Not assessed: {entry.what}: {entry.why}")) for entry in audit.not_assessed)
    yield from landing_blocks(audit.landings)


def count_verdicts(verdicts: Iterable[Verdict]) -> Line:
    """How many there are of each verdict, the worst first: `2 test-only, 5 generalises`."""
    counts = Counter(verdicts)
    spans: list[Span] = []
    for verdict in WORST_FIRST:
        if verdict in counts:
            spans += [Span(", ")] if spans else []
            spans.append(Span(f"{counts[verdict]:,} {verdict}", VERDICT_STYLES[verdict]))
    return tuple(spans)


def patch_table(audit: Audit) -> Iterator[Block]:
    """A line a patch of every spec, oldest first; no titles, and rates in full."""
    several = len(audit.specs) > 1
    rows = [
        (*((plain(spec.history.spec),) if several else ()), *_patch_row(entry, _has_models(spec)))
        for spec in audit.specs
        for entry in spec.patches
    ]
    if rows:
        yield grid(rows)


def legend(patches: Iterable[PatchFacts]) -> Iterator[Note]:
    """What the columns of rates mean, once: to be taken from where the first of them is printed."""
    transfer = (
        "Transfer: held-out fall / test fall; 1: the gain carries over whole, 0: it stayed on the test; "
        f"{UNDEFINED_TRANSFER}: the test rate did not move; {OPEN_TRANSFER}: these samples bound it on neither side."
    )
    yield Note(plain(f"{interval_legend(patches)} {transfer}"))


def interval_legend(patches: Iterable[PatchFacts]) -> str:
    """What the limits beside a rate are."""
    return f"Intervals: 90 %, clustered by item; {describe_run_variation(patches)}."


def _spec_blocks(audit: Audit, spec: SpecAudit, notes: Iterator[Note], *, verbose: bool) -> Iterator[Block]:
    yield Heading(
        1, (Span("spec ", Style.QUIET), Span(spec.history.spec), Span(f": {_count_revisions(spec)}", Style.QUIET))
    )
    patches = spec.patches
    if patches and not any(entry.facts.behaviours for entry in patches):
        yield Table(_TEXT_COLUMNS, tuple(map(_text_row, patches)))
        yield Note(plain("No patch was evaluated: this is about the text. All of a patch: auditor show COMMIT."))
    elif patches:
        rows = tuple(_patch_row(entry, _has_models(spec)) for entry in patches)
        yield Table(_PATCH_COLUMNS, rows)
        hiding = " hiding: hiding is suspected." if any(entry.hiding_suspected for entry in patches) else ""
        yield Note(
            plain(
                "Rates: misaligned samples in %, before -> after; held-out: the suite that decides the verdict."
                f"{hiding} All of a patch: auditor show COMMIT."
            )
        )
    if spec.joining_merges:
        names = ", ".join(
            f"{commit_name(entry.facts.patch.after)} ({entry.facts.verdict})" for entry in spec.joining_merges
        )
        yield Note(plain(f"Merges that only join patches, clause by clause, have no line: {names}."))
    cards = [entry for entry in spec.patches if verbose or is_flagged(entry)]
    if cards:
        yield Heading(2, plain("Every patch" if verbose else "Flagged patches"))
        yield from (_patch_card(entry, notes) for entry in cards)
    if spec.checkpoint_steps:
        yield Heading(2, plain("New checkpoint, same spec"))
        yield from (_step_card(step, notes) for step in spec.checkpoint_steps)
    whole = joint_line(spec.assessment.transfers, spec.assessment.trends) if len(patches) > 1 else ()
    yield from period_blocks(spec.periods, notes, whole)
    if spec.spec_findings:
        yield Heading(2, plain("The current revision"))
        yield finding_table(spec.spec_findings)
    yield from open_plan_blocks(spec.plans, spec.plan_findings)
    yield from held_out_use_blocks(spec.uses, spec.use_findings)
    if spec.gaps:
        yield Heading(2, plain("Open gaps: held-out clearly above test"))
        yield _gap_table(spec)


def _has_models(spec: SpecAudit) -> bool:
    return len({facts.model for entry in spec.patches for facts in entry.facts.behaviours}) > 1


def _patch_row(entry: PatchEntry, models: bool) -> tuple[Line, ...]:
    """Commit, date, verdict, the headline's behaviour with its rates before and after, subject."""
    after, headline = entry.facts.patch.after, entry.facts.headline
    mark = (Span(", hiding", Style.ACCUSED),) if entry.hiding_suspected else ()
    verdict = Span(entry.facts.verdict, VERDICT_STYLES[entry.facts.verdict])
    name = behaviour_name(headline.behaviour, headline.model if models else "") if headline else "-"
    held_out = headline.ruling.change if headline and headline.ruling else headline.held_out if headline else None
    day = format_day(after.date)
    return (
        plain(commit_name(after), Style.NAME),
        plain("" if commit_name(after) == day else day),
        (verdict, *mark),
        plain(name),
        plain(_test_rates(headline) if headline else "-"),
        plain(_rates(held_out)),
        plain(after.subject or after.label or ""),
    )


def _text_row(entry: PatchEntry) -> tuple[Line, ...]:
    """Commit, date, how many clauses changed, how many findings, subject: of a spec without evaluations."""
    after = entry.facts.patch.after
    day = format_day(after.date)
    return (
        plain(commit_name(after), Style.NAME),
        plain("" if commit_name(after) == day else day),
        plain(count_changes(entry.counts).removeprefix("clauses: ")),
        plain(format_count(len(entry.findings))),
        plain(after.subject or after.label or ""),
    )


def _test_rates(facts: BehaviourFacts) -> str:
    """The test rates; as reported, where what was counted made the fall."""
    if facts.verdict is not Verdict.ARTEFACT:
        return _rates(facts.test)
    return " -> ".join(map(format_share, reported_test_rates(facts)))


def _rates(change: Change | None) -> str:
    return f"{format_share(change.before.rate)} -> {format_share(change.after.rate)}" if change else "-"


def is_flagged(entry: PatchEntry) -> bool:
    """Whether a patch has a card: its verdict accuses, hiding is suspected, or a finding is of high severity."""
    severe = any(finding.severity is Severity.HIGH for finding in entry.findings)
    return entry.hiding_suspected or accuses(entry.facts.verdict) or severe


def accuses(verdict: Verdict) -> bool:
    """Whether a verdict is held against its patch."""
    return VERDICT_STYLES[verdict] is Style.ACCUSED


def _count_revisions(spec: SpecAudit) -> str:
    commits = spec.history.spec_commits
    revisions = count_noun(len({commit.revision for commit in commits}), "revision")
    return f"{revisions} in {count_noun(len(commits), 'commit' if commits[-1].commit else 'dated folder')}"


def commit_name(commit: SpecCommit) -> str:
    """The beginning of a commit's id, or the name of a dated folder."""
    return commit.name if commit.commit is None else short_id(commit.commit)


def verdict_line(verdict: Verdict, hiding: bool = False, mechanisms: Sequence[str] = ()) -> Line:
    """A verdict; where hiding is suspected that, with the mechanisms that the verdict does not name."""
    if not hiding:
        return plain(verdict, VERDICT_STYLES[verdict])
    others = ", ".join(name for name in mechanisms if name != verdict)
    suspected = f", hiding suspected{f' ({others})' if others else ''}"
    return Span(verdict, VERDICT_STYLES[verdict]), Span(suspected, Style.ACCUSED)


def _patch_card(entry: PatchEntry, notes: Iterator[Note]) -> Card:
    facts, after = entry.facts, entry.facts.patch.after
    day = format_day(after.date)
    title = (
        Span(commit_name(after), Style.NAME),
        Span("  " if commit_name(after) == day else f"  {day}  "),
        *verdict_line(facts.verdict, entry.hiding_suspected, entry.mechanisms),
    )
    blocks: list[Block] = [Paragraph(_patch_title(entry)), *_structure_blocks(entry)]
    for behaviour in facts.leading:
        blocks += behaviour_blocks(behaviour, notes)
    blocks += significance_blocks(facts)
    models = {behaviour.model for behaviour in facts.behaviours}
    others = [
        f"{behaviour_name(behaviour.behaviour, behaviour.model if len(models) > 1 else '')} {behaviour.verdict}"
        for behaviour in facts.behaviours
        if behaviour not in facts.leading
    ]
    if others:
        blocks.append(Note(plain(f"Also: {', '.join(others)}.")))
    return Card(title, (*blocks, *finding_blocks(entry)))


def behaviour_name(behaviour: str, model: str) -> str:
    """A behaviour, with its model where there are several."""
    return f"{behaviour} of {model}" if model else behaviour


def _patch_title(entry: PatchEntry) -> Line:
    patch = entry.facts.patch
    after = patch.after
    label = f"  {after.label}" if after.label and after.subject else ""
    return (
        Span(after.subject or after.label or ""),
        Span(label, Style.NAME),
        Span(f"  (patch {short_id(patch.id)}; {_describe_changes(entry)})", Style.QUIET),
    )


def patch_name(patch: Patch) -> str:
    """A patch in a sentence: its commit or folder, then its id, its label or subject."""
    name = patch.after.label or patch.after.subject
    return f"{commit_name(patch.after)} (patch {short_id(patch.id)}{f', {name}' if name else ''})"


def count_changes(counts: ChangeCounts) -> str:
    """How many clauses changed, by kind."""
    kinds = (counts.added, "added"), (counts.removed, "removed"), (counts.reworded, "reworded"), (counts.moved, "moved")
    changed = join_counts(kinds)
    return f"clauses: {changed}" if changed else "no clause changed"


def _describe_changes(entry: PatchEntry) -> str:
    """How many clauses changed; and in which direction, where a normative word did."""
    norms = [norm.direction for norm in entry.text.norms]
    toward = join_counts([(norms.count(direction), str(direction)) for direction in NORMATIVE_DIRECTIONS])
    clauses = count_changes(entry.counts)
    return f"{clauses}; {toward}" if toward else clauses


def _structure_blocks(entry: PatchEntry) -> Iterator[Block]:
    """Sections that came or went, and levels of authority that have another name."""
    sections, clauses = entry.text.sections, []
    for names, word in ((sections.added, "added"), (sections.removed, "removed")):
        if names:
            clauses.append(f"{len(names):,} {word} ({', '.join(names)})")
    clauses += [f"{old} renamed {new}" for old, new in sections.renamed]
    if clauses:
        yield Paragraph(plain(f"sections: {'; '.join(clauses)}"))
    for renaming in entry.text.authority.renamings:
        count = f"{renaming.count:,} of {count_noun(renaming.of, 'section')}"
        yield Paragraph(plain(f"authority: {renaming.before} renamed {renaming.after} ({count})"))


def behaviour_blocks(facts: BehaviourFacts, notes: Iterator[Note]) -> Iterator[Block]:
    """The numbers of a behaviour, and what they come to."""
    clause = facts.reason if facts.verdict is Verdict.ARTEFACT else facts.conclusion
    if facts.test is None:
        yield Paragraph(plain(f"{facts.behaviour} of {facts.model}: {clause}."))
    else:
        yield from rate_blocks(facts, notes)
        yield Paragraph(plain(sentence(clause) + _unresolved_cause(facts)))
        yield from residual_blocks(facts)
    if facts.ablation is not None:
        yield from ablation_effect_blocks(facts.ablation)
    yield from diagnostic_blocks(facts)


def rate_blocks(facts: BehaviourFacts, notes: Iterator[Note]) -> Iterator[Block]:
    """A behaviour's rates on every suite, before and after, with transfer; the legend below the first such table."""
    yield Paragraph((Span(facts.behaviour, Style.STRONG), Span(f" of {facts.model}", Style.QUIET)))
    rows = [_rate_row("test", facts.test.before, facts.test.after, "")] if facts.test else []
    for suite in sorted(facts.suites, key=lambda suite: (suite.role is Role.DEPLOYMENT, suite.suite)):
        mark = "" if suite.verdict is facts.verdict else f"  {suite.verdict}"
        name = f"{ROLE_NAMES[suite.role]} {suite.suite}"
        rows.append(_rate_row(name, suite.change.before, suite.change.after, format_transfer(suite.transfer) + mark))
    yield Table(
        _RATE_COLUMNS if facts.suites else _RATE_COLUMNS[:-1], tuple(row[: 4 if facts.suites else 3] for row in rows)
    )
    yield from islice(notes, 1)


def _rate_row(name: str, before: Rate, after: Rate, transfer: str) -> tuple[Line, ...]:
    return plain(name), rate_cell(before), rate_cell(after), plain(transfer)


def rate_cell(rate: Rate) -> Line:
    """A rate with its limits and counts."""
    return Span(format_rate_limits(rate)), Span(f" {format_counts(rate)}", Style.QUIET)


def _unresolved_cause(facts: BehaviourFacts) -> str:
    if facts.cause is Cause.PATCH:
        return ""
    return f" {sentence(describe_unresolved_cause(facts))}"


def finding_blocks(entry: PatchEntry) -> Iterator[Block]:
    """Why there is no number, where there is none; and the findings: those on the text with their place."""
    facts = entry.facts
    if not facts.behaviours and not facts.other_behaviours:
        yield Paragraph(plain("No evaluation of this spec is recorded."))
    elif not facts.behaviours:
        yield Paragraph(plain("No behaviour was evaluated both before and after this patch."))
    text = [finding for finding in entry.findings if not finding.evidence]
    if text:
        yield finding_table(text, entry)
    names = {finding.code: finding.name for finding in entry.findings if finding not in text}
    if names:
        yield _finding_names(names.items())


def _finding_names(names: Iterable[tuple[str, str]]) -> Note:
    return Note(plain("Findings: " + ", ".join(f"{code} {name}" for code, name in sorted(names))))


def finding_table(findings: Sequence[Finding], entry: PatchEntry | None = None) -> Table:
    """Findings with their messages, each with its place; `entry` is the patch that they are about."""
    return grid(
        (plain(finding.code, Style.NAME), (Span(sentence(finding.message)), *_place_spans(finding, entry)))
        for finding in findings
    )


def _place_spans(finding: Finding, entry: PatchEntry | None) -> tuple[Span, ...]:
    return (Span(f"  {place_in_commit(finding.place, entry)}", Style.QUIET),) if finding.place else ()


def place_in_commit(place: Place, entry: PatchEntry | None) -> str:
    """Where a finding points; with the patch's commit, where something else stands there by now."""
    name = f"{place.path}:{place.line}"
    moved = entry is not None and entry.text.current_place(place) != place
    return f"{commit_name(entry.facts.patch.after)}:{name}" if entry is not None and moved else name


def _step_card(entry: CheckpointEntry, notes: Iterator[Note]) -> Card:
    facts = entry.facts
    names = Span(f"{facts.step.before.checkpoint} to {facts.step.after.checkpoint}", Style.NAME)
    return Card((names, Span("  "), *verdict_line(facts.verdict)), tuple(behaviour_blocks(facts, notes)))


# Periods: those that say what no patch in them says by itself, and how many others there are.


def period_blocks(periods: Sequence[PeriodEntry], notes: Iterator[Note], whole: Line = ()) -> Iterator[Block]:
    """A card for each period with an effect beyond its patches, a line on the others, and the `whole` history's."""
    if periods or whole:
        yield Heading(2, plain("Periods: several patches judged together"))
    notable = [entry for entry in periods if adds_to_patches(entry.facts)]
    yield from (_period_card(entry, notes) for entry in notable)
    rest = [entry for entry in periods if entry not in notable]
    if rest:
        yield Note(plain(describe_periods(rest, "Other periods: several" if notable else "Several")))
    if whole:
        yield Paragraph(whole)


def describe_periods(periods: Iterable[PeriodEntry], several: str = "Several") -> str:
    """What periods come to that show no more than their patches; `several` is the first word or words."""
    counts = Counter(entry.facts.facts.verdict for entry in periods)
    verdicts = join_counts([(counts[verdict], str(verdict)) for verdict in Verdict])
    return (
        f"{several} patches taken as one (of a quarter, between two releases, the last {TRAILING_PATCHES}), each "
        f"behaviour from its first to its last evaluation there: {verdicts}. That is no more than single patches show."
    )


def adds_to_patches(period: PeriodFacts) -> bool:
    """Whether it says what no step in it says by itself."""
    verdict = period.facts.verdict
    return verdict in _NOTABLE_VERDICTS and verdict not in period.steps


def _period_card(entry: PeriodEntry, notes: Iterator[Note]) -> Card:
    period, facts = entry.facts, entry.facts.facts
    title = (
        Span(" = ".join(period.names), Style.NAME),
        Span(" so far" if period.open else "", Style.QUIET),
        Span("  "),
        *verdict_line(facts.verdict, facts.hiding_suspected, facts.mechanisms),
    )
    clause = facts.reason if facts.verdict is Verdict.ARTEFACT else facts.conclusion
    patches = count_noun(len(facts.step.patches), "patch", "es")
    text = f"Over {period.names[0]}, {patches} together: {clause}. No single patch shows it."
    blocks: list[Block] = [*(rate_blocks(facts, notes) if facts.test is not None else ()), Paragraph(plain(text))]
    if entry.findings:
        blocks.append(_finding_names((finding.code, finding.name) for finding in entry.findings))
    return Card(title, tuple(blocks))


def _gap_table(spec: SpecAudit) -> Table:
    first = {commit.revision: commit for commit in reversed(spec.history.spec_commits)}
    models = {gap.model for gap in spec.gaps}
    rows = [
        (
            plain(f"{behaviour_name(gap.behaviour, gap.model if len(models) > 1 else '')}: {gap.suite}"),
            rate_cell(gap.test),
            rate_cell(gap.held_out),
            plain(format_day(first[gap.since.revision].date)),
        )
        for gap in spec.gaps
    ]
    return Table((Column(""), Column("test"), Column("held-out"), Column("since")), tuple(rows))


# What closes an audit: findings by check, what was not measured, the checks that are undecided.


def _closing_blocks(audit: Audit) -> Iterator[Block]:
    counts = Counter((finding.code, finding.name) for finding in audit.findings())
    if counts:
        codes = ", ".join(f"{code} {name} ({count:,})" for (code, name), count in sorted(counts.items()))
        yield Paragraph(plain(f"Findings: {codes}."))
    outside = Counter(behaviour for entry in audit.patches for behaviour, _ in set(entry.facts.other_behaviours))
    if outside:
        rest = ", ".join(f"{name} ({count_noun(count, 'patch', 'es')})" for name, count in sorted(outside.items()))
        yield Note(plain(f"Not measured before and after a patch: {rest}."))


def _count_checks(coverage: Coverage, findings: int, listed: Line) -> Line:
    checks = coverage.checks
    counts = f"{count_noun(findings, 'finding')}; {count_noun(checks.undecided, 'check')} undecided"
    where = (Span(" ("), *listed, Span(")")) if checks.undecided else ()
    return Span(counts), *where, Span(f", {checks.not_run:,} not run" if checks.not_run else "")


def undecided_blocks(audit: Audit, most: int | None = None) -> Iterator[Block]:
    """The checks that are undecided for one reason, with what they are undecided on; nothing where none is.

    Args:
        most: so many of what one reason is about are named; None for all.
    """
    subjects: dict[tuple[str, str], list[str]] = {}
    names = {f"patch {short_id(entry.facts.patch.id)}": commit_name(entry.facts.patch.after) for entry in audit.patches}
    for each in audit.coverage.undecided:
        patch, colon, rest = each.on.partition(": ")
        subject = f"{names.get(patch, patch)}{colon}{rest}"
        subjects.setdefault((", ".join(each.checks), each.why), []).append(subject)
    if subjects:
        yield Heading(2, plain("Undecided checks"), "undecided")
    for (codes, why), every in subjects.items():
        more = f"; and {len(every) - most:,} more" if most is not None and len(every) > most else ""
        yield Card(plain(f"{codes}: {why}"), (Note(plain("; ".join(every[:most]) + more)),))
