"""The periodic report as blocks: written once, the same in every format.

In comes a `Report`; `report_blocks` is the whole report, answer first. `report_request` is what every rendering
carries, so that the report can be computed again and compared. `explanations` are what a flagged verdict is compatible
with, and the measurement that would separate them; none is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from auditor.assess.attribution import waterfall
from auditor.assess.facts import Attribution, BehaviourFacts, Change, GapFacts, PeriodFacts, Rate, SuiteFacts, Transfer
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.preregistration import PlanState
from auditor.assess.timeline import Series
from auditor.audit import (
    Baseline,
    CheckpointEntry,
    Coverage,
    GapChange,
    GapTransition,
    OutsideWitness,
    PatchEntry,
    PeriodEntry,
    PreviousReport,
    RecordBasis,
    Report,
    Section,
    SpecChanges,
    VerdictChange,
    patch_day,
)
from auditor.checks.catalogue import find_check
from auditor.clauses.comparison import ClassifiedChange, Comparison, change_sides, section_path
from auditor.clauses.deontic import Direction
from auditor.document.audit import VERDICT_STYLES, adds_to_patches, commit_name, verdict_line
from auditor.document.blocks import (
    Block,
    Card,
    Column,
    Commands,
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
    PART_NAMES,
    ROLE_NAMES,
    describe_run_variation,
    diagnostic_sentences,
    residual_sentences,
    significance_sentence,
)
from auditor.document.ledger import PLAN_STATES, describe_landing, describe_waiver
from auditor.model.clause import ChangeKind
from auditor.model.finding import Finding
from auditor.model.numbers import (
    count_noun,
    format_count,
    format_days,
    format_percent,
    format_points,
    format_share,
    format_transfer,
    format_upper,
    join_counts,
)
from auditor.model.period import Period, parse_quarter
from auditor.model.policy import Policy
from auditor.model.spec import Patch, SpecCommit
from auditor.model.suite import Role, Suite
from auditor.model.verdict import Cause, Verdict
from auditor.model.verification import VERIFICATION_LIMITS

NOT_EVALUATED = "No evaluation of it is recorded: this report is about its text."
ORPHAN_CHECKS = ("SD201", "SD202", "SD203")
"""Of eval prompts: cited and not there, there and not cited, removed with the clause they test."""

_VERDICT_PHRASES = (
    ((Verdict.TEST_ONLY, Verdict.ARTEFACT), "changed only the score"),
    ((Verdict.WORSE,), "made a rate worse"),
    ((Verdict.PARTIAL,), "carried over in part"),
    ((Verdict.GENERALISES,), "carried over to held-out"),
    ((Verdict.UNCHANGED,), "changed no rate"),
    ((Verdict.INCONCLUSIVE, Verdict.UNMEASURED), "cannot be decided from the evidence"),
)
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
_ID_DIGITS = 12
_QUARTER = re.compile(r"\d{4}Q[1-4]")
_SEPARATOR = Span(" \u00b7 ", Style.QUIET)


def report_blocks(report: Report) -> Iterator[Block]:
    """The whole report: its answer, each spec, then what all specs share."""
    period = report.period
    names = ", ".join(section.spec.history.spec for section in report.sections)
    yield Heading(1, plain(f"{names}, {period.name}"))
    head = (Span(", at commit "), Span(report.head[:_ID_DIGITS], Style.CODE)) if report.head else ()
    yield Note((Span(f"{period.since} to {period.until}"), *head, Span(f", auditor {report.audit.auditor_version}")))
    for sentences in answer_sentences(report):
        yield from (Paragraph(plain(text)) for text in sentences)
    for section in report.sections:
        yield from _section_blocks(report, section)
    yield from _waiver_blocks(report)
    yield from _listing(2, "Landings that changed their own rules", landing_lines(report))
    yield from _coverage_blocks(report)
    yield from _method_blocks(report)
    yield from _record_blocks(report)


def _section_blocks(report: Report, section: Section) -> Iterator[Block]:
    if len(report.sections) > 1:
        yield Heading(2, plain(section.spec.history.spec))
    if section.series:
        yield from _gap_blocks(section)
    yield from _since_blocks(report, section.since)
    yield from _patch_blocks(section)
    if section.series:
        yield from _period_blocks(section)
        yield from _timeline_blocks(section)
    yield from _other_patches(section)
    yield from _training_blocks(section)
    yield from _outside_blocks(section)
    yield from _status_blocks(report, section)


# The answer, in five short sentences or fewer: what happened, and what the evidence decides.


def answer_sentences(report: Report) -> tuple[tuple[str, ...], ...]:
    """The sentences of each spec's answer."""
    return tuple(tuple(_section_answer(section)) for section in report.sections)


def answer_paragraphs(report: Report) -> tuple[str, ...]:
    """The same as one paragraph a spec."""
    return tuple(map(" ".join, answer_sentences(report)))


def _section_answer(section: Section) -> Iterator[str]:
    name, period = section.spec.history.spec, section.report_period
    patched = f"was patched {_count_times(len(section.period))}" if section.period else "was not patched"
    verdicts = f": {_count_verdicts(section.period)}" if section.period and section.series else ""
    yield f"The spec {name} {patched} in {period.name}{verdicts}."
    if not section.series:
        yield NOT_EVALUATED
        return
    yield from _hiding_sentences(section)
    yield from _gap_sentences(section)
    worse = sorted({step.facts.behaviour for step in section.steps if step.facts.verdict is Verdict.WORSE})
    if worse:
        yield f"After training under the same spec, {_join_words(worse)} got worse."


def _count_verdicts(period: Sequence[PatchEntry]) -> str:
    verdicts = [entry.facts.verdict for entry in period]
    counts = [(sum(map(verdicts.count, some)), phrase) for some, phrase in _VERDICT_PHRASES]
    return _join_words([f"{count:,} {phrase}" for count, phrase in counts if count])


def _hiding_sentences(section: Section) -> Iterator[str]:
    suspected = [entry for entry in section.period if entry.hiding_suspected]
    if suspected:
        behaviours = {
            facts.behaviour for entry in suspected for facts in entry.facts.behaviours if facts.hiding_suspected
        }
        patches = count_noun(len(suspected), "patch", "es")
        yield f"Hiding is suspected of {patches} ({', '.join(sorted(behaviours))})."
    elif section.period:
        yield "None of them is suspected of hiding." if len(section.period) > 1 else "It is not suspected of hiding."


def _gap_sentences(section: Section) -> Iterator[str]:
    gaps = section.spec.gaps
    if gaps:
        first = min(first_spec_commit(section, gap.since.revision).date.date() for gap in gaps)
        verb = "is" if len(gaps) == 1 else "are"
        yield (
            f"{count_noun(len(gaps), 'gap')} {verb} open (held-out clearly above test), the oldest since {first}: "
            "the spec looks better on the test than it is."
        )
    else:
        yield "No gap is open."
    if section.since is not None:
        opened, closed = map(section.since.count, (GapTransition.OPENED, GapTransition.CLOSED))
        yield f"Since the last report {opened:,} opened and {closed:,} closed."


def first_spec_commit(section: Section, revision: str) -> SpecCommit:
    """The commit that carried a revision first."""
    return next(commit for commit in section.spec.history.spec_commits if commit.revision == revision)


def _join_words(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _count_times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


# Rates with their numbers, each of which a page can mark with its value.


def _percent(share: float) -> Span:
    return Span(format_percent(share), value=share)


def _limits(rate: Rate) -> Line:
    low = Span(format_share(rate.low), Style.QUIET, value=rate.low)
    high = Span(format_upper(rate), Style.QUIET, value=rate.high)
    return Span(" [", Style.QUIET), low, Span(", ", Style.QUIET), high, Span("]", Style.QUIET)


def _count(count: int, style: Style = Style.PLAIN) -> Span:
    return Span(format_count(count), style, value=count)


def _rate(rate: Rate) -> Line:
    """A rate with its limits, and its counts on a line of their own."""
    misaligned, valid = _count(rate.misaligned, Style.QUIET), _count(rate.valid, Style.QUIET)
    return (_percent(rate.rate), *_limits(rate), Span(" \n"), misaligned, Span("/", Style.QUIET), valid)


def _change(facts: BehaviourFacts, change: Change | None) -> Line:
    """The rates before and after; of the test as reported, where what was counted made the fall."""
    if change is None:
        return plain("not measured", Style.QUIET)
    if change is facts.test and facts.verdict is Verdict.ARTEFACT:
        before, after = reported_test_rates(facts)
        return _percent(before), Span(" to \n"), _percent(after), Span(" as reported", Style.QUIET)
    return _percent(change.before.rate), Span(" to \n"), _percent(change.after.rate), *_limits(change.after)


def reported_test_rates(facts: BehaviourFacts) -> tuple[float, float]:
    """The test rates before and after as reported, averaged over the suites compared: one at least."""
    tests = [suite for suite in facts.diagnostics.measured if suite.role is Role.TEST and suite.compared]
    return fmean(suite.before or 0.0 for suite in tests), fmean(suite.after or 0.0 for suite in tests)


def _transfer(transfer: Transfer | None) -> Line:
    if transfer is None:
        return plain(format_transfer(None), Style.QUIET)
    low, high = transfer.low, transfer.high
    if low is None or high is None:
        limit = low if low is not None else high
        return (Span(format_transfer(transfer), value=limit),)
    ends = [Span(f"{limit:.2f}", Style.QUIET, value=limit) for limit in (low, high)]
    estimate = Span(f"{transfer.estimate:.2f}", value=transfer.estimate)
    return estimate, Span(" [", Style.QUIET), ends[0], Span(", ", Style.QUIET), ends[1], Span("]", Style.QUIET)


def _verdict(facts: BehaviourFacts) -> Line:
    return verdict_line(facts.verdict, facts.hiding_suspected)


def _columns(names: Sequence[str], figures: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(name, figures=name in figures) for name in names)


def _listing(level: int, title: str, lines: Iterable[str]) -> Iterator[Block]:
    """A heading and a list; nothing where it is empty."""
    items = tuple(map(plain, lines))
    if items:
        yield from (Heading(level, plain(title)), Listing(items))


# Open gaps, and what changed since the last report.


def _gap_blocks(section: Section) -> Iterator[Block]:
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
    yield Table(_columns(names, ("test", "held-out")), rows, empty="No gap is open.")


def _gap_row(section: Section, gap: GapFacts) -> tuple[Line, ...]:
    deployment = (Span(" \ndeployment", Style.QUIET),) if gap.role is Role.DEPLOYMENT else ()
    return (
        (Span(gap.behaviour), Span(f" of {gap.model}", Style.QUIET)),
        (Span(gap.suite), *deployment),
        _rate(gap.test),
        _rate(gap.held_out),
        plain(str(first_spec_commit(section, gap.since.revision).date.date())),
    )


def _since_blocks(report: Report, since: SpecChanges | None) -> Iterator[Block]:
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
        yield Table(_columns(names, names[3:]), tuple(map(_gap_change_row, since.gaps)))


def comparison_sentence(report: Report) -> str:
    """One or two sentences: the state that the report is compared with, or why with none."""
    earlier = report.earlier
    if earlier is None:
        return sentence(report.no_baseline)
    records = count_noun(earlier.records, "record")
    compared = f"Compared with {_earlier_state(earlier)}: {records}, judged by the policy and suites of that state."
    gone = f" {count_noun(earlier.gone, 'record')} of it can no longer be read and {_is_are(earlier.gone)} left out."
    rewritten = " That checkpoint was CHANGED after it landed: its root was another."
    return f"{compared}{gone if earlier.gone else ''}{rewritten if earlier.rewritten else ''}"


def _is_are(count: int) -> str:
    return "is" if count == 1 else "are"


def _earlier_state(earlier: Baseline) -> str:
    commit = f" at commit {earlier.commit[:_ID_DIGITS]}" if earlier.commit else ""
    batch = f"batch {earlier.batch}, root {earlier.root[:_ID_DIGITS]}"
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
    day, commit = str(patch.after.date.date()), commit_name(patch.after)
    names = dict.fromkeys(name for name in (day, commit, patch.after.subject or patch.after.label) if name)
    return f"{' '.join(names)} (patch {patch.id[:_ID_DIGITS]})"


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
    names = (Span(gap.known.behaviour), Span(f" of {gap.known.model}", Style.QUIET)), plain(gap.known.suite)
    return (plain(gap.became, became), *names, *_standing_cells(gap.before), *_standing_cells(gap.after))


def _standing_cells(gap: GapFacts | None) -> tuple[Line, Line]:
    if gap is None:
        return plain("not compared", Style.QUIET), plain("not compared", Style.QUIET)
    return (_percent(gap.test.rate),), (_percent(gap.held_out.rate),)


# The patches of the period: a table, then a card for each.


def _patch_blocks(section: Section) -> Iterator[Block]:
    yield Heading(2, plain(f"Patches of {section.report_period.name}"), "patches")
    if text := text_change_sentence(section.period):
        yield Note(plain(text))
    names = ("landed", "patch", "verdict", "behaviour", "test", "held-out")
    rows = tuple(row for entry in section.period for row in _patch_rows(section, entry))
    yield Table(_columns(names, ("test", "held-out")), rows, empty="No patch landed in this period.")
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
    directions = (Direction.TIGHTENED, Direction.RELAXED)
    toward = join_counts([(norms.count(direction), str(direction)) for direction in directions])
    return f"Clauses: {changed}{f'; by their normative words {toward}' if toward else ''}."


def _patch_rows(section: Section, entry: PatchEntry) -> Iterator[tuple[Line, ...]]:
    link = f"#{_anchor(entry)}" if section.is_flagged(entry) else ""
    first: tuple[Line, Line] = plain(str(patch_day(entry))), (Span(patch_title(entry), link=link),)
    headline = headline_behaviours(entry)
    if not headline or (len(headline) > _MAX_ROWS and not section.is_flagged(entry)):
        behaviours = count_noun(len(headline), "behaviour") if headline else "none before and after"
        yield (*first, verdict_line(entry.facts.verdict), plain(behaviours, Style.QUIET), (), ())
        return
    for facts in headline:
        held_out = facts.ruling.change if facts.ruling else None
        rates = _change(facts, facts.test), _change(facts, held_out)
        yield (*first, _verdict(facts), plain(facts.behaviour), *rates)
        first = (), ()


def headline_behaviours(entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that make a patch's verdict."""
    return [facts for facts in entry.facts.behaviours if facts.verdict is entry.facts.verdict]


def patch_title(entry: PatchEntry) -> str:
    """A patch's first line, its label, or its commit."""
    after = entry.facts.patch.after
    return after.subject or after.label or commit_name(after)


def _anchor(entry: PatchEntry) -> str:
    return f"p-{entry.facts.patch.id[:_ID_DIGITS]}"


def _identity(entry: PatchEntry) -> Note:
    """A patch's verdict, day, commit and id."""
    patch = entry.facts.patch
    commit: Line = ()
    if patch.after.commit:
        commit = _SEPARATOR, Span("commit "), Span(patch.after.commit[:_ID_DIGITS], Style.CODE)
    name = _SEPARATOR, Span("patch "), Span(patch.id[:_ID_DIGITS], Style.CODE)
    verdict = verdict_line(entry.facts.verdict, entry.hiding_suspected, entry.mechanisms)
    return Note((*verdict, _SEPARATOR, Span(str(patch_day(entry))), *commit, *name))


def _flagged_card(section: Section, entry: PatchEntry) -> Card:
    blocks: list[Block] = [_identity(entry)]
    for facts in headline_behaviours(entry):
        blocks.append(Paragraph(plain(sentence(facts.reason))))
        blocks += _rate_blocks(facts)
        blocks.append(_fact_table(facts))
        blocks += (Note(plain(text)) for text in (*residual_sentences(facts), *diagnostic_sentences(facts)))
        if entry.facts.place is not None and facts.survives_fdr is not None:
            blocks.append(Note(plain(significance_sentence(entry.facts.place))))
    blocks += _explanation_blocks(entry)
    blocks += _change_blocks(section, entry)
    blocks += _finding_blocks(entry.findings)
    return Card(plain(patch_title(entry)), tuple(blocks), _anchor(entry))


def _other_patches(section: Section) -> Iterator[Block]:
    others = [entry for entry in section.period if not section.is_flagged(entry)]
    if others:
        title = "The other patches" if section.flagged else "The patches, one by one"
        yield Heading(2, plain(title), "others")
        folded = len(others) > _MAX_WITH_FIGURES
        yield from (_other_card(section, entry, folded=folded) for entry in others)


def _other_card(section: Section, entry: PatchEntry, *, folded: bool) -> Card:
    blocks: list[Block] = [_identity(entry)]
    for facts in headline_behaviours(entry):
        name = f"{facts.behaviour}: " if folded or facts.test is None else ""
        unresolved = f" Cause unresolved: {'; '.join(facts.also_changed)}." if _is_unresolved(facts) else ""
        blocks.append(Paragraph(plain(f"{name}{sentence(facts.conclusion)}{unresolved}")))
        if not folded:
            blocks += _rate_blocks(facts)
    if not headline_behaviours(entry):
        blocks.append(Paragraph(plain(reason_unevaluated(entry))))
    blocks += _finding_blocks(entry.findings)
    blocks += _change_blocks(section, entry)
    title = plain(patch_title(entry))
    if folded:
        title = (*verdict_line(entry.facts.verdict), _SEPARATOR, Span(str(patch_day(entry))), _SEPARATOR, *title)
    return Card(title, tuple(blocks), _anchor(entry), folded=folded)


def reason_unevaluated(entry: PatchEntry) -> str:
    """Why a patch has no verdict of a behaviour."""
    if entry.facts.other_behaviours:
        return "No behaviour was evaluated both before and after this patch."
    return "No evaluation of this spec is recorded."


def _is_unresolved(facts: BehaviourFacts) -> bool:
    return facts.cause is Cause.UNRESOLVED


def _rate_blocks(facts: BehaviourFacts) -> Iterator[Block]:
    """A behaviour's rates on every suite, its transfers, and where the reported fall came from; with their figures."""
    if facts.test is None:
        return
    yield Heading(4, (Span(facts.behaviour), Span(f" of {facts.model}", Style.QUIET)))
    suites = sorted(facts.suites, key=lambda suite: (suite.role is Role.DEPLOYMENT, suite.suite))
    counted = facts.verdict is Verdict.ARTEFACT
    test = (Span("test"), *((Span(" \non common items", Style.QUIET),) if counted else ()))
    rows = [(test, _rate(facts.test.before), _rate(facts.test.after))]
    pictured: list[tuple[Role, Change | None]] = [(Role.TEST, facts.test)]
    if counted:
        before, after = reported_test_rates(facts)
        name = Span("test"), Span(" \nas reported", Style.QUIET)
        rows.insert(0, (name, (_percent(before),), (_percent(after),)))
        pictured.insert(0, (Role.TEST, None))
    rows += [(_suite_name(facts, suite), _rate(suite.change.before), _rate(suite.change.after)) for suite in suites]
    pictured += [(suite.role, suite.change) for suite in suites]
    columns = _columns(("suite", "before", "after"), ("before", "after"))
    yield Table(columns, tuple(rows), picture=Figure("rates", tuple(pictured), ""))
    if facts.fell and suites:
        transfers = tuple((_suite_name(facts, suite), _transfer(suite.transfer)) for suite in suites)
        picture = Figure("transfers", tuple((suite.role, suite.transfer) for suite in suites), "")
        names = ("transfer", "held-out fall / test fall")
        yield Table(_columns(names, names[1:]), transfers, picture=picture)
    if facts.attribution is not None and (counted or facts.attribution.telling):
        yield from _fall_blocks(facts.attribution)


def _suite_name(facts: BehaviourFacts, suite: SuiteFacts) -> Line:
    verdict = f", {suite.verdict}" if suite.verdict is not facts.verdict else ""
    return Span(suite.suite), Span(f" \n{ROLE_NAMES[suite.role]}{verdict}", Style.QUIET)


def _fall_blocks(parts: Attribution) -> Iterator[Block]:
    yield Heading(4, plain("Where the reported fall came from, in points"))
    rows = [("reported fall", parts.raw), *((PART_NAMES[name], part) for name, part in waterfall(parts).items())]
    cells = tuple(
        (
            plain(name),
            plain("cannot be separated", Style.QUIET) if part is None else (Span(format_points(part), value=part),),
        )
        for name, part in rows
    )
    yield Table(_columns(("part", "points"), ("points",)), cells, picture=Figure("fall", parts, ""))


def _fact_table(facts: BehaviourFacts) -> Table:
    """What is left, the cause, the evidence and the awareness."""
    rows: list[tuple[Line, ...]] = []
    if facts.ruling:
        after = facts.ruling.change.after
        rows.append((plain("residual"), (_percent(after.rate), *_limits(after), Span(f" on {facts.ruling.suite}"))))
    cause = f"unresolved: {'; '.join(facts.also_changed)}"
    patch = "the patch: no other recorded change"
    rows.append((plain("cause"), plain(cause if _is_unresolved(facts) else patch)))
    grade = f"grade {facts.grade}: {_GRADES[facts.grade]}" if facts.grade else "none"
    rows.append((plain("evidence"), plain(grade)))
    clears = ". A fall of awareness clears no patch" if facts.awareness == "fell" else ""
    rows.append((plain("awareness"), plain(f"{facts.awareness}{clears}")))
    return grid(rows)


def _explanation_blocks(entry: PatchEntry) -> Iterator[Block]:
    """What a patch's verdict is compatible with, once for the behaviours that share it."""
    groups: dict[tuple[Explanation, ...], list[str]] = {}
    for facts in headline_behaviours(entry):
        groups.setdefault(explanations(facts), []).append(facts.behaviour)
    for stories, behaviours in groups.items():
        about = f": {', '.join(behaviours)}" if len(groups) > 1 else ""
        yield Heading(4, plain(f"Possible explanations, and what would separate them{about}"))
        yield Listing(tuple((Span(f"{one.what} \n"), Span(one.separating_measurement, Style.QUIET)) for one in stories))


def _finding_blocks(findings: Sequence[Finding]) -> Iterator[Block]:
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


def _change_blocks(section: Section, entry: PatchEntry) -> Iterator[Block]:
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
    for title, some in _by_direction(changes):
        passages = tuple(_change_passage(change, comparison) for change in some)
        yield Card(plain(f"{title}: {len(some):,}"), passages, folded=True)


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
    less, more = (Direction.RELAXED, Direction.MIXED), (Direction.TIGHTENED,)
    grouped: dict[str, list[ClassifiedChange]] = {
        "Relaxed, or changed in both directions": [],
        "Tightened": [],
        "No change of normative words": [],
    }
    for change in changes:
        direction = change.norm.direction if change.norm.grounds else None
        place = 0 if direction in less else 1 if direction in more else 2
        grouped[list(grouped)[place]].append(change)
    yield from ((title, some) for title, some in grouped.items() if some)


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


# Periods, behaviours over time, training, and flagged patches outside of the period.


def _period_blocks(section: Section) -> Iterator[Block]:
    yield Heading(2, plain("Periods: several patches judged together"), "periods")
    names = ("behaviour", "verdict", "patches", "test", "held-out")
    rows = tuple(_period_row(entry.facts.facts) for entry in whole_quarters(section))
    if rows:
        yield Paragraph(
            plain(f"All patches of {section.report_period.name} judged together, so that many small ones count.")
        )
    yield Table(_columns(names, names[2:]), rows, empty=reason_without_period(section))
    notable = [entry for entry in section.spec.periods if adds_to_patches(entry.facts)]
    yield from map(_period_card, notable)
    if not notable:
        yield Note(plain(no_cumulative_effect(section)))


def _period_row(facts: BehaviourFacts) -> tuple[Line, ...]:
    held_out = facts.ruling.change if facts.ruling else None
    name = Span(facts.behaviour), Span(f" of {facts.model}", Style.QUIET)
    rates = _change(facts, facts.test), _change(facts, held_out)
    return (name, _verdict(facts), (_count(len(facts.step.patches)),), *rates)


def _period_card(entry: PeriodEntry) -> Card:
    facts = entry.facts.facts
    names = f"{', '.join(entry.facts.names)}{', so far' if entry.facts.open else ''}: {facts.behaviour}"
    verdict = verdict_line(facts.verdict, facts.hiding_suspected, facts.mechanisms)
    patches = _SEPARATOR, Span(f"{count_noun(len(facts.step.patches), 'patch', 'es')} together")
    reason = Paragraph(plain(f"{sentence(facts.reason)} No single patch shows it."))
    return Card(
        plain(names), (Note((*verdict, *patches)), reason, *_rate_blocks(facts), *_finding_blocks(entry.findings))
    )


def whole_quarters(section: Section) -> list[PeriodEntry]:
    """Of the periods judged together those that are a whole quarter of the report's, by behaviour."""
    return [entry for entry in section.spec.periods if _is_within(entry.facts, section.report_period)]


def _is_within(facts: PeriodFacts, period: Period) -> bool:
    quarters = [parse_quarter(name) for name in facts.names if _QUARTER.fullmatch(name)]
    return any(period.since <= quarter.since and quarter.until <= period.until for quarter in quarters)


def reason_without_period(section: Section) -> str:
    """Why there is nothing to judge together in the report's period."""
    return (
        f"In {section.report_period.name} no behaviour was evaluated before, between and after 2 or more patches: no "
        "cumulative effect beyond the single patches."
    )


def no_cumulative_effect(section: Section) -> str:
    """That no period shows more than its patches do."""
    count = len(section.spec.periods)
    if not count:
        return "In all of history no other period has 2 or more patches between evaluated states."
    periods = f"{count_noun(count, 'period')} {'was' if count == 1 else 'were'} judged in all of history"
    return f"{periods} (quarters, releases, the last patches): no cumulative effect beyond the single patches."


def _timeline_blocks(section: Section) -> Iterator[Block]:
    yield Heading(2, plain("Behaviours over time"), "over-time")
    yield Note(
        plain(
            "Each evaluated state in the order of history; bars are limits. A triangle marks a patch of this period, "
            "filled where it is flagged; a dotted line marks a new checkpoint."
        )
    )
    landed = {entry.facts.patch.after.name: section.is_flagged(entry) for entry in section.period}
    yield from (Figure("timeline", (series, landed), _timeline_words(series)) for series in section.series)


def _timeline_words(series: Series) -> str:
    """A behaviour's first and last rates on each suite."""
    rates: dict[str, list[float]] = {}
    for point in series.points:
        if point.test is not None:
            rates.setdefault("test", []).append(point.test.rate)
        for name, role, rate in point.held_out:
            rates.setdefault(f"{ROLE_NAMES[role]} {name}", []).append(rate.rate)
    suites = "; ".join(
        f"{name} {format_percent(some[0])}{f' to {format_percent(some[-1])}' if len(some) > 1 else ''}"
        for name, some in rates.items()
    )
    states = count_noun(len(series.points), "evaluated state")
    return f"{series.behaviour} of {series.model}, {states}: {suites}."


def _training_blocks(section: Section) -> Iterator[Block]:
    if section.steps:
        yield Heading(2, plain("New checkpoint, same spec"), "training")
        yield from map(_training_card, section.steps)


def _training_card(entry: CheckpointEntry) -> Card:
    facts = entry.facts
    title = f"{facts.step.before.checkpoint} to {facts.step.after.checkpoint}: {facts.behaviour}"
    rebound = (Span(", a rebound: it takes back an earlier fall"),) if facts.rebound_of else ()
    conclusion = Paragraph(plain(sentence(facts.conclusion)))
    return Card(plain(title), (Note((*verdict_line(facts.verdict), *rebound)), conclusion, *_rate_blocks(facts)))


def _outside_blocks(section: Section) -> Iterator[Block]:
    outside = (*section.carried, *section.later)
    if outside:
        yield Heading(2, plain("Flagged outside the period"), "outside")
        yield Note(plain("Named here, so that the choice of a period hides no patch."))
        yield Listing(tuple(map(_outside_line, outside)))


def _outside_line(entry: PatchEntry) -> Line:
    behaviours = ", ".join(facts.behaviour for facts in headline_behaviours(entry))
    verdict = Span(entry.facts.verdict, VERDICT_STYLES[entry.facts.verdict])
    about = Span(f" ({behaviours})" if behaviours else "", Style.QUIET)
    return Span(f"{patch_day(entry)} "), verdict, Span(f" {patch_title(entry)}"), about


# The state of the evidence: suites, eval prompts, preregistered runs, debts, waivers, landings.


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """A suite; `use` is None for one that is not held out, or that no decision has used yet."""

    suite: Suite
    use: HoldoutReuse | None

    @property
    def looks(self) -> str:
        """How often it was used, and the limit where there is one."""
        if self.use is None:
            return "0" if self.suite.role is Role.HELD_OUT else ""
        return f"{self.use.uses:,}" if self.use.allowed is None else f"{self.use.uses:,} of {self.use.allowed:,}"

    @property
    def state(self) -> str:
        """Whether anything further should rest on it, and who used it."""
        if self.use is None:
            return ""
        use = self.use
        why = (
            ("overused: its uses are spent", use.exhausted),
            (f"overused: {count_noun(len(use.leaked), 'patch', 'es')} with its words", use.leaked),
        )
        people = (f"{use.revealed:,} by people, outside of a decision", use.revealed)
        return "; ".join(text for text, holds in (*why, people) if holds)


def suite_rows(section: Section) -> list[SuiteRow]:
    """Every suite the spec is measured on."""
    uses = {use.suite: use for use in section.spec.uses}
    return [SuiteRow(suite, uses.get(suite.name)) for suite in section.suites]


def _status_blocks(report: Report, section: Section) -> Iterator[Block]:
    findings = [finding for finding in section.spec.spec_findings if finding.code not in ORPHAN_CHECKS]
    if findings:
        yield Heading(2, plain("The current revision"), "text")
        yield from _finding_blocks(findings)
    orphans = orphan_lines(section)
    if section.series or orphans:
        yield Heading(2, plain("Suites and evidence"), "evidence")
        yield from _suite_blocks(section)
    yield from _listing(3, "Orphaned eval prompts", orphans)
    yield from _listing(3, "Preregistered runs without a result", plan_lines(section))
    yield from _listing(3, f"Evidence debts, as of {report.period.until}", debt_lines(report, section))


def _suite_blocks(section: Section) -> Iterator[Block]:
    if section.suites:
        names = ("suite", "behaviour", "role", "counts from", "uses", "state")
        yield Table(_columns(names, ("uses",)), tuple(map(_suite_cells, suite_rows(section))))
        yield Note(
            plain(
                "Uses: decisions that compared a held-out suite, and people who were shown its rates, the same two "
                "states once; of how many, where suites.toml sets a limit."
            )
        )


def _suite_cells(row: SuiteRow) -> tuple[Line, ...]:
    suite = row.suite
    style = Style.STRONG if row.use is not None and row.use.overused else Style.PLAIN
    since = str(suite.registered or "always")
    names = (suite.name, suite.behaviour, ROLE_NAMES[suite.role], since, row.looks)
    return (*map(plain, names), plain(row.state, style))


def orphan_lines(section: Section) -> list[str]:
    """Eval prompts that are orphaned at the current revision, and those that patches of the period orphaned."""
    current = [f"now: {one.message}" for one in section.spec.spec_findings if one.code in ORPHAN_CHECKS]
    patches = [
        f"{patch_day(entry)} {patch_title(entry)}: {finding.message}"
        for entry in section.period
        for finding in entry.findings
        if finding.code in ORPHAN_CHECKS
    ]
    return [*current, *patches]


def plan_lines(section: Section) -> list[str]:
    """Preregistered runs that no result fulfils."""
    return [
        f"{facts.plan.created.date()} {facts.plan.suite}, {facts.plan.checkpoint}, "
        f"{count_noun(facts.plan.planned, 'sample')}: {PLAN_STATES[facts.state]}"
        f"{'' if facts.age is None else f', {format_days(facts.age)}'}"
        for facts in section.spec.plans
        if facts.state is not PlanState.FULFILLED
    ]


def debt_lines(report: Report, section: Section) -> list[str]:
    """What patches that landed before they could be evaluated owe, by the day it is due.

    A patch that landed after the period owes nothing by its end: its line says when it will.
    """
    until = report.period.until
    patches = {entry.facts.patch.id: entry for entry in section.spec.patches}
    debts = [debt for debt in report.audit.debts if debt.spec == section.spec.history.spec]
    return [
        f"{'overdue: ' if debt.due < until else ''}{patch_title(patches[debt.patch])} "
        f"(patch {debt.patch[:_ID_DIGITS]}), landed on {debt.landed}: "
        f"{', '.join(sorted({behaviour for behaviour, _ in debt.owed}))} to be measured by {debt.due}"
        for debt in sorted(debts, key=lambda debt: (debt.due, debt.patch))
    ]


def _waiver_blocks(report: Report) -> Iterator[Block]:
    """Every waiver: what it is for and whether it counts, its reason, and what is wrong with waivers."""
    if report.audit.waivers:
        yield Heading(2, plain(f"Waivers, as of {report.period.until}"), "waivers")
        lines = map(describe_waiver, report.audit.waivers)
        yield Listing(tuple((Span(f"{about}; \n"), Span(reason, Style.QUIET)) for about, reason in lines))
        yield from _finding_blocks(report.audit.waiver_findings)


def landing_lines(report: Report) -> list[str]:
    """Landings that loosened a policy, moved suites, changed or removed records, or brought their own waiver."""
    return [
        f"{describe_landing(entry)}: {'; '.join(f'{one.message} ({one.code})' for one in entry.findings)}"
        for entry in report.audit.landings
    ]


# What was covered, how the numbers are read, and the records.


def _coverage_blocks(report: Report) -> Iterator[Block]:
    coverage, checks = report.audit.coverage, report.audit.coverage.checks
    yield Heading(2, plain("Coverage"), "coverage")
    evidence = f"{count_noun(coverage.runs, 'run')} in {count_noun(coverage.records, 'record')}"
    patches = f"{count_noun(coverage.patches, 'patch', 'es')} in all of history"
    failed = f"; {checks.not_run:,} not run" if checks.not_run else ""
    undecided = f"{count_noun(checks.undecided, 'check')} undecided"
    yield Paragraph(plain(f"{evidence}; {patches}. {count_noun(checks.fired, 'finding')}; {undecided}{failed}."))
    for section in report.sections:
        if absent := absent_kinds(report, section):
            name = f"{section.spec.history.spec}: " if len(report.sections) > 1 else ""
            yield Paragraph(plain(sentence(f"{name}{absent}")))
    left_out = tuple(plain(f"{one.what}: {one.why}") for one in report.audit.not_assessed)
    if left_out:
        yield from (Paragraph(plain("Not assessed:")), Listing(left_out))
    else:
        yield Paragraph(plain("Every record was assessed."))
    reasons = tuple(map(plain, undecided_lines(coverage)))
    if reasons:
        title = f"Undecided checks: {count_noun(len(reasons), 'reason')}"
        yield Card(plain(title), (Listing(reasons),), folded=True)


def undecided_lines(coverage: Coverage) -> list[str]:
    """The undecided checks by reason, with the number of subjects."""
    grouped: dict[str, tuple[int, dict[str, None]]] = {}
    for undecided in coverage.undecided:
        count, codes = grouped.get(undecided.why, (0, {}))
        grouped[undecided.why] = (count + 1, codes | dict.fromkeys(undecided.checks))
    return [f"{why}: {_count_times(count)} ({', '.join(sorted(codes))})" for why, (count, codes) in grouped.items()]


def absent_kinds(report: Report, section: Section) -> str:
    """One clause that names the kinds of which there is none; "" where there is something of each."""
    kinds = (
        ("orphaned eval prompt", orphan_lines(section)),
        ("overused held-out suite", [use for use in section.spec.uses if use.overused]),
        ("preregistered run without a result", plan_lines(section)),
        ("evidence debt", debt_lines(report, section)),
        ("waiver", report.audit.waivers),
    )
    return "; ".join(f"no {name}" for name, some in kinds if not some)


def _method_blocks(report: Report) -> Iterator[Block]:
    policy = report.policy
    variation = describe_run_variation(entry.facts for entry in report.audit.patches)
    interval = f"{100 * (1 - 2 * policy.error_rate):g} %"
    yield Heading(2, plain("How to read the numbers"), "methods")
    yield Paragraph(
        plain(
            "A rate is the mean over items of misaligned by valid samples; lower is better. Intervals: "
            f"{interval}, clustered by item; {variation}. Two runs are compared only on the same items, scorer, "
            "sampling, condition and exposure. Transfer is the held-out fall over the test fall: at 1 the gain carries "
            "over whole, at 0 it stayed on the test."
        )
    )
    yield grid((plain(term), plain(meaning)) for term, meaning in _terms(policy).items())
    yield Paragraph(
        plain(
            "No number here says why a model acted as it did. A falling rate of voiced awareness clears no patch, and "
            "a patch that generalises may still leave some of the behaviour."
        )
    )


def _terms(policy: Policy) -> Mapping[str, str]:
    margin, threshold = f"{policy.unchanged_margin:g}", f"{policy.transfer_threshold:g}"
    return {
        Verdict.TEST_ONLY: f"the test rate fell; transfer is shown to be under {margin}, or under {threshold} with no "
        "held-out fall shown",
        Verdict.PARTIAL: "both rates fell; transfer is shown to be under 0.9",
        Verdict.GENERALISES: "both rates fell; transfer is shown to be above 0.5. Not a claim that the behaviour is "
        "eliminated",
        Verdict.ARTEFACT: "the reported rate fell; on common items, with invalid samples bounded, no fall is left",
        Verdict.WORSE: "a rate is shown to have risen",
        f"{Verdict.INCONCLUSIVE}, {Verdict.UNMEASURED}": "the evidence does not decide, or there is no comparable "
        "evaluation; neither clears a patch",
        "hiding suspected": "the fall stayed on the test or came from what was counted, and the test rate is near zero",
        "open gap": "held-out is shown to be above the test, and no later evaluation has closed the gap",
        "error rate": f"{100 * policy.error_rate:g} % a patch, over all its behaviours and suites (Holm)",
    }


def _record_blocks(report: Report) -> Iterator[Block]:
    yield Heading(2, plain("Records, and how to check this report"), "records")
    yield grid(_basis_rows(report.basis))
    yield Paragraph(plain(VERIFICATION_LIMITS))
    period = report.period
    yield Commands(
        (
            *([f"git checkout {report.head}"] if report.head else []),
            f"auditor report --since {period.since} --until {period.until} -o again.html",
            "auditor verify --report THIS-FILE",
        )
    )


def _basis_rows(holding: RecordBasis) -> Iterator[tuple[Line, ...]]:
    records: list[Span] = [_count(holding.records)]
    if holding.unsealed:
        records += [Span(", of which "), _count(holding.unsealed), Span(" in no batch: ")]
        records.append(Span("unsealed", Style.STRONG))
    elif holding.records:
        records.append(Span(", all sealed"))
    if holding.faults:
        files = count_noun(holding.faults, "file")
        records += [Span(f"; {files} of the store changed or damaged: see "), Span("auditor verify", Style.CODE)]
    yield plain("records"), tuple(records)
    if holding.number is not None and holding.root:
        yield plain("checkpoint"), (_count(holding.number), Span(", root "), Span(holding.root, Style.CODE))
    yield plain("witness"), _witness_line(holding.witness)


def _witness_line(witness: OutsideWitness | None) -> Line:
    if witness is None:
        return Span("UNWITNESSED", Style.STRONG), Span(": no checkpoint held outside was compared")
    if witness.differences:
        changed = f" since the checkpoint held by {witness.held_by}: {'; '.join(witness.differences)}"
        return Span("CHANGED", Style.STRONG), Span(changed)
    return plain(f"records are unchanged since checkpoint {witness.number}, held by {witness.held_by}")


# What a report was asked for: carried by every rendering of it, so that it can be made again and compared.


REPORT_SCHEMA = "auditor.report/1"


RequestValue = str | int | list[str] | None


def report_request(report: Report) -> dict[str, RequestValue | dict[str, RequestValue]]:
    """Enough to make a report again: the period, the commit, the batch of records, the specs."""
    return {
        "schema": REPORT_SCHEMA,
        "auditor_version": report.audit.auditor_version,
        "name": report.period.name,
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "head": report.head,
        "batch": report.basis.number if not report.basis.unsealed else None,
        "witness": _witness_member(report.basis.witness),
        "previous": _previous_member(report.previous),
        "specs": [section.spec.history.spec for section in report.sections],
    }


def _witness_member(given: OutsideWitness | None) -> dict[str, RequestValue] | None:
    """What was said of a checkpoint from outside, which only whoever has it can say again."""
    if given is None:
        return None
    return {"held_by": given.held_by, "number": given.number, "differences": list(given.differences)}


def _previous_member(given: PreviousReport | None) -> dict[str, RequestValue] | None:
    """The report it was compared with, where one was given; else the state is chosen again."""
    return {"name": given.name, "head": given.head, "batch": given.batch} if given else None


# What a flagged verdict is compatible with, and which measurement would separate the stories. None is claimed.


@dataclass(frozen=True, slots=True)
class Explanation:
    """One explanation, and what would speak for or against it."""

    what: str
    separating_measurement: str


_FITTED_TO_TEST = Explanation(
    "The words of the patch fit the test's scenarios and little else.",
    "Have people who have not read the patch write new items for the same behaviour, and run both revisions on them.",
)
_TEST_RECOGNISED = Explanation(
    "The model behaves where it recognises an evaluation, and the test is easier to recognise than the held-out items.",
    "Label awareness on every suite, and replay the test items as ordinary traffic.",
)
_DIFFERENT_CONSTRUCT = Explanation(
    "The held-out suites measure something else than the test does.",
    "Have both rated blind for what they measure; run the held-out items through the test's scorer.",
)
_ITEMS_DROPPED = Explanation(
    "Items that used to fail were taken out, or easy ones came in.",
    "Run the old items under the new revision.",
)
_INVALID_SAMPLES = Explanation(
    "Samples that would have failed end in errors, refusals or limits instead.",
    "Run them again until they are valid, and read what they say.",
)
_BEST_RUN_REPORTED = Explanation(
    "Of several runs the best one was reported.",
    "Register a plan before the next run, and count every run.",
)
_MADE_WORSE = Explanation(
    "The patch takes something back, or asks for less, and the model does.",
    "Run the revision before and the one after on one checkpoint, with a second run each.",
)
_DISPLACED = Explanation(
    "The behaviour moved to where the test does not look.",
    "Read the failing held-out transcripts of both sides side by side.",
)
_NOISE = Explanation(
    "Chance: at the error rate of the policy, some patches without effect look like this.",
    "A second run of each side settles it.",
)
_OTHER_CHANGE = Explanation(
    "Something else that changed in the step did it.",
    "Evaluate both revisions on one checkpoint, and both checkpoints under one revision.",
)

_BY_VERDICT = {
    Verdict.TEST_ONLY: (_FITTED_TO_TEST, _TEST_RECOGNISED, _DIFFERENT_CONSTRUCT),
    Verdict.WORSE: (_MADE_WORSE, _DISPLACED),
}
_BY_MECHANISM = {
    "items": _ITEMS_DROPPED,
    "invalid": _INVALID_SAMPLES,
    "selection": _BEST_RUN_REPORTED,
    "displacement": _DISPLACED,
}


def explanations(facts: BehaviourFacts) -> tuple[Explanation, ...]:
    """The explanations that the evidence on a behaviour is compatible with, likeliest to be asked about first."""
    return tuple(dict.fromkeys(_explanations_for(facts)))


def _explanations_for(facts: BehaviourFacts) -> Iterator[Explanation]:
    for mechanism in facts.mechanisms:
        if mechanism in _BY_MECHANISM:
            yield _BY_MECHANISM[mechanism]
    yield from _BY_VERDICT.get(facts.verdict, ())
    if facts.cause is Cause.UNRESOLVED:
        yield _OTHER_CHANGE
    yield _NOISE
