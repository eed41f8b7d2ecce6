"""The periodic report as blocks: written once, the same in every format.

In comes a `Report`; `report_blocks` is the whole report, answer first. Its parts are modules of their own: what changed
since the last report (`report_comparison`), the patches of the period (`report_patches`), periods judged together
(`report_periods`), the state of the evidence (`report_evidence`). `report_request` is what it was asked for, which
every rendering carries, so that it can be made again and compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.assess.lifted_accusations import LIFTED_RULE
from auditor.audit import GapTransition, OutsideWitness, PatchEntry, PreviousReport, Report, Section
from auditor.document.audit import adds_to_patches
from auditor.document.blocks import (
    Block,
    Heading,
    Note,
    Paragraph,
    Span,
    Style,
    plain,
)
from auditor.document.rates import count_times, listing_blocks
from auditor.document.report_comparison import comparison_blocks, first_spec_commit, gap_blocks
from auditor.document.report_evidence import (
    coverage_blocks,
    landing_lines,
    method_blocks,
    record_blocks,
    report_waiver_blocks,
    status_blocks,
)
from auditor.document.report_patches import other_patch_blocks, period_patch_blocks
from auditor.document.report_periods import joint_period_blocks, outside_blocks, timeline_blocks, training_blocks
from auditor.model.finding import Severity
from auditor.model.numbers import count_noun, format_day, short_id
from auditor.model.verdict import Verdict

REPORT_SCHEMA = "auditor.report/1"
RequestValue = str | int | list[str] | None

NOT_EVALUATED = "No evaluation of it is recorded: this report is about its text."

_VERDICT_PHRASES = (
    ((Verdict.TEST_ONLY, Verdict.ARTEFACT), "changed only the score"),
    ((Verdict.MOSTLY_TEST,), "changed mostly the score"),
    ((Verdict.WORSE,), "made a rate worse"),
    ((Verdict.PARTIAL,), "carried over in part"),
    ((Verdict.GENERALISES,), "carried over to held-out"),
    ((Verdict.UNCHANGED,), "changed no rate"),
    ((Verdict.INCONCLUSIVE, Verdict.UNMEASURED), "cannot be decided from the evidence"),
)


def report_blocks(report: Report) -> Iterator[Block]:
    """The whole report: its answer, each spec, then what all specs share."""
    period = report.period
    names = ", ".join(section.spec.history.spec for section in report.sections)
    yield Heading(1, plain(f"{names}, {period.name}"))
    head = (Span(", at commit "), Span(short_id(report.head), Style.CODE)) if report.head else ()
    yield Note((Span(f"{period.since} to {period.until}"), *head, Span(f", auditor {report.audit.auditor_version}")))
    for sentences in answer_sentences(report):
        yield from (Paragraph(plain(text)) for text in sentences)
    for section in report.sections:
        yield from _section_blocks(report, section)
    yield from report_waiver_blocks(report)
    yield from listing_blocks(2, "Landings that changed their own rules", landing_lines(report))
    yield from coverage_blocks(report)
    yield from method_blocks(report)
    yield from record_blocks(report)


def _section_blocks(report: Report, section: Section) -> Iterator[Block]:
    if len(report.sections) > 1:
        yield Heading(2, plain(section.spec.history.spec))
    if section.series:
        yield from gap_blocks(section)
    yield from comparison_blocks(report, section.since)
    yield from period_patch_blocks(section)
    if section.series:
        yield from joint_period_blocks(section)
        yield from timeline_blocks(section)
    yield from other_patch_blocks(section)
    yield from training_blocks(section)
    yield from outside_blocks(section)
    yield from status_blocks(report, section)


# So many commits are named in a sentence.
_LISTED = 3

# The answer, in five short sentences or fewer: what happened, and what the evidence decides.


def answer_sentences(report: Report) -> tuple[tuple[str, ...], ...]:
    """The sentences of each spec's answer."""
    return tuple(
        (
            *section_answer(section),
            *_lifted_sentences(report, section),
            *((*_landing_sentences(report), *_standing_sentences(report)) if first else ()),
        )
        for first, section in zip((True, *[False] * len(report.sections)), report.sections, strict=False)
    )


def answer_paragraphs(report: Report) -> tuple[str, ...]:
    """The same as one paragraph a spec."""
    return tuple(map(" ".join, answer_sentences(report)))


def section_answer(section: Section) -> Iterator[str]:
    """The sentences of one spec's answer."""
    name, period = section.spec.history.spec, section.report_period
    patched = f"was patched {count_times(len(section.period))}" if section.period else "was not patched"
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
    ids = {entry.facts.patch.id for entry in section.period}
    joint = [
        entry
        for entry in section.spec.periods
        if adds_to_patches(entry.facts) and ids & set(entry.facts.facts.step.patches)
    ]
    if suspected:
        behaviours = {
            facts.behaviour for entry in suspected for facts in entry.facts.behaviours if facts.hiding_suspected
        }
        patches = count_noun(len(suspected), "patch", "es")
        yield f"Hiding is suspected of {patches} ({', '.join(sorted(behaviours))})."
    elif section.period:
        several = len(section.period) > 1
        alone = " by itself" if several and joint else ""
        yield f"None of them{alone} is suspected of hiding." if several else "It is not suspected of hiding."
    for entry in joint:
        facts, patches = entry.facts.facts, count_noun(len(entry.facts.facts.step.patches), "patch", "es")
        hiding = ", hiding suspected" if facts.hiding_suspected else ""
        outcome = f"{facts.verdict}{hiding} ({facts.behaviour})"
        yield f"Judged together, the {patches} of {entry.facts.names[0]} are {outcome}, which no single patch shows."


def _lifted_sentences(report: Report, section: Section) -> Iterator[str]:
    """That what came later lifted accusations, whenever: the verdicts that are printed are those after it."""
    name = section.spec.history.spec
    lifted = [
        (landing, finding)
        for landing in report.audit.landings
        for finding in landing.findings
        if finding.code == LIFTED_RULE and finding.subject.spec == name
    ]
    if lifted:
        behaviours = ", ".join(sorted({finding.subject.behaviour or "" for _, finding in lifted}))
        commits = ", ".join(dict.fromkeys(short_id(landing.commit) for landing, _ in lifted))
        many = count_noun(len(lifted), "accusation")
        yield f"What landed later lifted or softened {many} ({behaviours}): see landing {commits}."


def _landing_sentences(report: Report) -> Iterator[str]:
    """That landings bent what the verdicts rest on, whenever; of rules that changed by themselves, in the period."""
    bent = [
        (short_id(landing.commit), f"{finding.code} {finding.name}")
        for landing in report.audit.landings
        for finding in landing.findings
        if finding.code != LIFTED_RULE and (finding.severity is Severity.HIGH or report.period.holds(landing.day))
    ]
    if bent:
        commits, names = (list(dict.fromkeys(words)) for words in zip(*bent, strict=True))
        changed = f"{count_noun(len(commits), 'landing')} changed what these verdicts rest on"
        more = f" and {len(commits) - _LISTED:,} more" if len(commits) > _LISTED else ""
        yield f"{changed} ({', '.join(sorted(names))}): see {', '.join(commits[:_LISTED])}{more}."


def _standing_sentences(report: Report) -> Iterator[str]:
    """What a reader may take this report for, and it is not: one of the mainline, one that others witnessed."""
    if report.off_branches:
        yield "The commit of this report is on no branch: what it says of may have landed nowhere."
    if report.basis.witness is not None:
        name = report.basis.witness.held_by
        yield f"That {name} is held outside is the word of whoever made this report: only who holds it can confirm it."


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


def _join_words(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def report_request(report: Report) -> dict[str, RequestValue | dict[str, RequestValue]]:
    """Enough to make a report again: the period, the commit, the batch of records, the specs."""
    return {
        "schema": REPORT_SCHEMA,
        "auditor_version": report.audit.auditor_version,
        "name": report.period.name,
        "since": format_day(report.period.since),
        "until": format_day(report.period.until),
        "head": report.head,
        "batch": report.basis.number if not report.basis.unsealed else None,
        "witness": _witness_member(report.basis.witness),
        "previous": _previous_member(report.previous),
        "specs": [section.spec.history.spec for section in report.sections],
    }


def _witness_member(outside_witness: OutsideWitness | None) -> dict[str, RequestValue] | None:
    """What was said of a checkpoint from outside, which only whoever has it can say again."""
    if outside_witness is None:
        return None
    return {
        "held_by": outside_witness.held_by,
        "number": outside_witness.number,
        "differences": list(outside_witness.differences),
    }


def _previous_member(previous_report: PreviousReport | None) -> dict[str, RequestValue] | None:
    """The report it was compared with, where one was given; else the state is chosen again."""
    return (
        {"name": previous_report.name, "head": previous_report.head, "batch": previous_report.batch}
        if previous_report
        else None
    )
