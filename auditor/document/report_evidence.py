"""The state of the evidence as blocks: suites, plans, debts, waivers, coverage, method, and the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.preregistration import PlanState
from auditor.assess.verdicts import clearing_threshold
from auditor.audit import (
    Coverage,
    OutsideWitness,
    RecordBasis,
    Report,
    Section,
    patch_day,
)
from auditor.document.blocks import (
    Block,
    Card,
    Commands,
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
from auditor.document.diagnostics import (
    ROLE_NAMES,
    describe_run_variation,
)
from auditor.document.ledger import PLAN_STATES, describe_landing, describe_waiver
from auditor.document.rates import count_span, count_times, listing_blocks, table_columns
from auditor.document.report_patches import finding_list, patch_title
from auditor.model.numbers import count_noun, format_day, format_days, short_id
from auditor.model.policy import Policy
from auditor.model.suite import Role, Suite
from auditor.model.verdict import Verdict
from auditor.model.verification import VERIFICATION_LIMITS

ORPHAN_CHECKS = ("SD201", "SD202", "SD203")
"""Of eval prompts: cited and not there, there and not cited, removed with the clause they test."""


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


def status_blocks(report: Report, section: Section) -> Iterator[Block]:
    """Findings in the current revision; suites, orphaned eval prompts, plans without a result, debts."""
    findings = [finding for finding in section.spec.spec_findings if finding.code not in ORPHAN_CHECKS]
    if findings:
        yield Heading(2, plain("The current revision"), "text")
        yield from finding_list(findings)
    orphans = orphan_lines(section)
    if section.series or orphans:
        yield Heading(2, plain("Suites and evidence"), "evidence")
        yield from _suite_table_blocks(section)
    yield from listing_blocks(3, "Orphaned eval prompts", orphans)
    yield from listing_blocks(3, "Preregistered runs without a result", plan_lines(section))
    yield from listing_blocks(3, f"Evidence debts, as of {report.period.until}", debt_lines(report, section))


def _suite_table_blocks(section: Section) -> Iterator[Block]:
    if section.suites:
        names = ("suite", "behaviour", "role", "counts from", "uses", "state")
        yield Table(table_columns(names, ("uses",)), tuple(map(_suite_cells, suite_rows(section))))
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
    current = [
        f"now: {spec_finding.message}"
        for spec_finding in section.spec.spec_findings
        if spec_finding.code in ORPHAN_CHECKS
    ]
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
        f"{format_day(facts.plan.created)} {facts.plan.suite}, {facts.plan.checkpoint}, "
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
        f"(patch {short_id(debt.patch)}), landed on {debt.landed}: "
        f"{', '.join(sorted({behaviour for behaviour, _ in debt.owed}))} to be measured by {debt.due}"
        for debt in sorted(debts, key=lambda debt: (debt.due, debt.patch))
    ]


def report_waiver_blocks(report: Report) -> Iterator[Block]:
    """Every waiver: what it is for and whether it counts, its reason, and what is wrong with waivers."""
    if report.audit.waivers:
        yield Heading(2, plain(f"Waivers, as of {report.period.until}"), "waivers")
        lines = map(describe_waiver, report.audit.waivers)
        yield Listing(tuple((Span(f"{about}; \n"), Span(reason, Style.QUIET)) for about, reason in lines))
        yield from finding_list(report.audit.waiver_findings)


def landing_lines(report: Report) -> list[str]:
    """Landings that loosened a policy, moved suites, changed or removed records, or brought their own waiver."""
    return [
        f"{describe_landing(entry)}: {'; '.join(f'{finding.message} ({finding.code})' for finding in entry.findings)}"
        for entry in report.audit.landings
    ]


# What was covered, how the numbers are read, and the records.


def coverage_blocks(report: Report) -> Iterator[Block]:
    """What was assessed, and what was not."""
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
    left_out = tuple(plain(f"{not_assessed.what}: {not_assessed.why}") for not_assessed in report.audit.not_assessed)
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
    return [f"{why}: {count_times(count)} ({', '.join(sorted(codes))})" for why, (count, codes) in grouped.items()]


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


def method_blocks(report: Report) -> Iterator[Block]:
    """How rates, intervals, transfer and verdicts are to be read."""
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
        Verdict.TEST_ONLY: f"the test rate fell; transfer is shown to be under {threshold}, and no held-out fall is "
        f"shown, or transfer is shown to be under {margin}",
        Verdict.MOSTLY_TEST: f"the test rate fell; transfer is shown to be under {threshold}, and some held-out fall "
        "is shown",
        Verdict.PARTIAL: "both rates fell; transfer is shown to be under 0.9",
        Verdict.GENERALISES: "the test rate and every held-out suite's fell; transfer is shown to be above "
        f"{clearing_threshold(policy):g} on each. Not a claim that the behaviour is eliminated",
        Verdict.ARTEFACT: "the reported rate fell; on common items, with invalid samples bounded, no fall is left",
        Verdict.WORSE: "a rate is shown to have risen",
        f"{Verdict.INCONCLUSIVE}, {Verdict.UNMEASURED}": "the evidence does not decide, or there is no comparable "
        "evaluation; neither clears a patch",
        "hiding suspected": "the fall stayed on the test or came from what was counted, and the test rate is near zero",
        "open gap": "held-out is shown to be above the test, and no later evaluation has closed the gap",
        "error rate": f"{100 * policy.error_rate:g} % a patch, over all its behaviours and suites (Holm)",
    }


def record_blocks(report: Report) -> Iterator[Block]:
    """The records that the report rests on, and the commands that compute it again."""
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
    records: list[Span] = [count_span(holding.records)]
    if holding.unsealed:
        records += [Span(", of which "), count_span(holding.unsealed), Span(" in no batch: ")]
        records.append(Span("unsealed", Style.STRONG))
    elif holding.records:
        records.append(Span(", all sealed"))
    if holding.faults:
        files = count_noun(holding.faults, "file")
        records += [Span(f"; {files} of the store changed or damaged: see "), Span("auditor verify", Style.CODE)]
    yield plain("records"), tuple(records)
    if holding.number is not None and holding.root:
        yield plain("checkpoint"), (count_span(holding.number), Span(", root "), Span(holding.root, Style.CODE))
    yield plain("witness"), _witness_line(holding.witness)


def _witness_line(witness: OutsideWitness | None) -> Line:
    if witness is None:
        return Span("UNWITNESSED", Style.STRONG), Span(": no checkpoint held outside was compared")
    if witness.differences:
        changed = f" since the checkpoint held by {witness.held_by}: {'; '.join(witness.differences)}"
        return Span("CHANGED", Style.STRONG), Span(changed)
    return plain(f"records are unchanged since checkpoint {witness.number}, held by {witness.held_by}")
