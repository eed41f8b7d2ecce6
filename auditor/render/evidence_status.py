"""What the evidence of a spec rests on, in words that page, Markdown and terminal share: suites, prompts, plans,
debts, waivers,
and periods in which several patches are judged together.

A report's section or an audit's periods come in, rows and sentences go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.assess.facts import PeriodFacts
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.preregistration import PlanState
from auditor.audit import Coverage, PeriodEntry, Report, Section, patch_day
from auditor.document.audit import adds_to_patches
from auditor.document.ledger import PLAN_STATES, describe_landing, describe_waiver
from auditor.document.report import count_noun, count_times
from auditor.model.finding import Finding
from auditor.model.period import Period, parse_quarter
from auditor.model.suite import Role, Suite

# What the evidence of a spec rests on, in words that the page and Markdown share: suites, prompts, plans, debts.


# Of eval prompts: cited and not there, there and not cited, removed with the clause they test.
ORPHAN_CHECKS = ("SD201", "SD202", "SD203")
_QUARTER = re.compile(r"\d{4}Q[1-4]")


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """A suite; `use` is None for one that is not held out, or that nobody has looked at yet."""

    suite: Suite
    use: HoldoutReuse | None

    @property
    def looks(self) -> str:
        """How often it was looked at, of how many that are allowed."""
        if self.use is None:
            return "0" if self.suite.role is Role.HELD_OUT else ""
        return f"{self.use.looks}" if self.use.allowed is None else f"{self.use.looks} of {self.use.allowed}"

    @property
    def state(self) -> str:
        """Whether anything further should rest on it, and by whom it was looked at."""
        if self.use is None:
            return ""
        use = self.use
        why = ("worn: its looks are spent", use.spent), (f"worn: said by {len(use.leaked)} of the patches", use.leaked)
        people = (f"{use.revealed} of them by people, beside a decision", use.revealed)
        return "; ".join(said for said, holds in (*why, people) if holds)


def suite_rows(section: Section) -> list[SuiteRow]:
    """Every suite the spec is measured on."""
    uses = {use.suite: use for use in section.spec.uses}
    return [SuiteRow(suite, uses.get(suite.name)) for suite in section.suites]


def is_orphaned_prompt(finding: Finding) -> bool:
    """Whether a finding says that an eval prompt and the clauses have lost each other."""
    return finding.code in ORPHAN_CHECKS


def orphan_lines(section: Section) -> list[str]:
    """Eval prompts that are orphaned at the current revision, and those that patches of the period orphaned."""
    standing = [f"now: {one.message}" for one in section.spec.spec_findings if is_orphaned_prompt(one)]
    made = [
        f"{patch_day(entry)} {entry.facts.patch.after.subject or entry.facts.patch.id[:12]}: {one.message}"
        for entry in section.period
        for one in entry.findings
        if is_orphaned_prompt(one)
    ]
    return [*standing, *made]


def plan_lines(section: Section) -> list[str]:
    """Runs that were planned, and have no result that is it."""
    waiting = [one for one in section.spec.plans if one.state is not PlanState.FULFILLED]
    return [
        f"{one.plan.created.date()} {one.plan.suite}, {one.plan.checkpoint}, {one.plan.planned:,} samples: "
        f"{PLAN_STATES[one.state]}{'' if one.age is None else f', {one.age:,} days'}"
        for one in waiting
    ]


def debt_lines(report: Report, section: Section) -> list[str]:
    """What patches that landed before they could be evaluated owe; what is over by the period's end comes first.

    A patch that landed after the period owes nothing by its end: what is said then is when it will.
    """
    until = report.period.until
    names = {entry.facts.patch.id: entry.facts.patch for entry in section.spec.patches}
    mine = [debt for debt in report.audit.debts if debt.spec == section.spec.history.spec]
    return [
        f"{'overdue: ' if debt.due < until else ''}{names[debt.patch].after.subject or debt.patch[:12]}, landed on "
        f"{debt.landed}: {', '.join(sorted({behaviour for behaviour, _ in debt.owed}))} to be measured by {debt.due}"
        for debt in sorted(mine, key=lambda debt: (debt.due, debt.patch))
    ]


def waiver_lines(report: Report) -> list[tuple[str, str]]:
    """Every waiver: what it is for and whether it counts, and its reason."""
    return [describe_waiver(one) for one in report.audit.waivers]


def landing_lines(report: Report) -> list[str]:
    """Landings that loosened a policy, moved suites, changed or removed records, or brought their own waiver."""
    return [
        f"{describe_landing(entry)}: {'; '.join(f'{one.message} ({one.code})' for one in entry.findings)}"
        for entry in report.audit.landings
    ]


def undecided_lines(coverage: Coverage) -> list[str]:
    """The checks that could not tell, by the reason, with how many subjects that was so of."""
    grouped: dict[str, tuple[int, dict[str, None]]] = {}
    for one in coverage.undecided:
        count, codes = grouped.get(one.why, (0, {}))
        grouped[one.why] = (count + 1, codes | dict.fromkeys(one.checks))
    return [f"{why}: {count_times(count)} ({', '.join(sorted(codes))})" for why, (count, codes) in grouped.items()]


def nothing_of(report: Report, section: Section) -> str:
    """One sentence that names what there is none of; "" where there is something of each."""
    uses = section.spec.uses
    kinds = (
        ("eval prompt found orphaned", orphan_lines(section)),
        ("held-out suite worn", [use for use in uses if use.worn]),
        ("plan without its result", plan_lines(section)),
        ("evidence debt", debt_lines(report, section)),
        ("waiver", report.audit.waivers),
    )
    return "; ".join(f"no {name}" for name, some in kinds if not some)


def quarter_windows(section: Section) -> list[PeriodEntry]:
    """The windows that are a whole quarter of the period, by behaviour: several patches of it judged as one."""
    return [entry for entry in section.spec.windows if _is_within(entry.facts, section.within)]


def notable_periods(windows: Sequence[PeriodEntry]) -> Iterator[PeriodEntry]:
    """Those that say what no patch in them says by itself."""
    return (entry for entry in windows if adds_to_patches(entry.facts))


def _is_within(window: PeriodFacts, period: Period) -> bool:
    quarters = [parse_quarter(name) for name in window.names if _QUARTER.fullmatch(name)]
    return any(period.since <= one.since and one.until <= period.until for one in quarters)


def no_window(section: Section) -> str:
    """Why there is no window of the period."""
    return (
        f"No behaviour was evaluated at both ends of two patches or more of {section.within.name} that no single step "
        "spans: as one window it says what its steps say."
    )


def no_news(section: Section) -> str:
    """That no window says more than its patches do."""
    count = len(section.spec.windows)
    if not count:
        return "No other window of history has two patches or more between states that were evaluated."
    were = f"{count_noun(count, 'window')} {'was' if count == 1 else 'were'} looked at in all of history"
    said = f"{were} (quarters, releases, the last patches): none says more than its patches do."
    return f"{said[:1].upper()}{said[1:]}"
