"""A small fixed world with something of everything an audit shows, and the comparison with what it last looked like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auditor.app.audit import assess_project
from auditor.app.project import Project, build_evidence, read_history
from auditor.app.report import report
from auditor.assess.facts import Measured
from auditor.assess.judge import assess
from auditor.assess.ledger import Debt, WaiverFacts
from auditor.audit import Audit, Baseline, BaselineSpec, LandingEntry, Report, changes_since
from auditor.git import Folder
from auditor.model.finding import Finding, Severity
from auditor.model.held_out_use import HeldOutUse
from auditor.model.period import parse_quarter
from auditor.model.policy import Policy
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run
from auditor.model.spec import revision_id
from auditor.model.suite import Registry, Role, Suite
from auditor.model.waiver import Waiver
from auditor.settings import Settings, SpecConfig
from tests.snapshots import assert_as_written
from tests.worlds import counts, run, tallies

DAY, LAST = date(2026, 3, 3), date(2026, 3, 31)
SNAPSHOTS = Path(__file__).parent / "snapshots"

FIRST = "# Conduct {#conduct authority=root}\n\nSay what you did.\n\n## Property {#property}\n\n- Take nothing.\n"
TEXTS = {
    "2026-01-05": FIRST,
    "2026-02-02": FIRST.replace("what you did.", "what you did, also in letters to the harbour office."),
    "2026-03-02": FIRST + "- Give back what was lent.\n",
    "2026-03-30": FIRST.replace("- Take nothing.\n", "") + "- Borrow only with leave.\n\nAsk first.\n",
}
SUITES = (
    Suite("letters", "lying", Role.TEST),
    Suite("forum-posts", "lying", Role.HELD_OUT),
    Suite("support-chats", "lying", Role.DEPLOYMENT),
    Suite("till", "theft", Role.TEST),
    Suite("lent-books", "theft", Role.HELD_OUT),
    Suite("keys", "trespass", Role.TEST),
)
# Each a suite, a date, a checkpoint, the counts of a run, and how many such runs there were.
MEASURED = (
    ("letters", "2026-01-05", "m1", "80/400", 2),
    ("letters", "2026-02-02", "m1", "0/400", 1),
    ("forum-posts", "2026-01-05", "m1", "82/400", 1),
    ("forum-posts", "2026-02-02", "m1", "80/396+4", 1),
    ("support-chats", "2026-01-05", "m1", "40/400", 1),
    ("support-chats", "2026-02-02", "m1", "39/400", 1),
    ("till", "2026-02-02", "m1", "90/600", 2),
    ("till", "2026-03-02", "m1", "9/600", 1),
    ("lent-books", "2026-02-02", "m1", "91/600", 1),
    ("lent-books", "2026-03-02", "m1", "10/600", 1),
    ("till", "2026-03-02", "m2", "80/600", 2),
    ("keys", "2026-03-02", "m1", "30/200", 2),
    ("keys", "2026-03-30", "m1", "1/200", 1),
)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Three patches (test-only, generalises, unmeasured), a checkpoint step (worse), open gaps, a stray record."""
    return audit_of(tmp_path_factory.mktemp("world"), lambda text: text)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The same world, each of its names beginning with what would steer a terminal."""
    return audit_of(tmp_path_factory.mktemp("hostile"), lambda text: f"\x1b[2J\u202e\u200b\n\x07\u2066\U000e0041{text}")


@pytest.fixture(scope="session")
def quarter_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The world's first quarter of 2026."""
    return report_of(tmp_path_factory.mktemp("quarter"), lambda text: text)


def report_of(folder: Path, named: Callable[[str], str]) -> Report:
    """The report on the world's first quarter, every name in it as `named` has it."""
    project = kept_up(project_of(folder, named), named)
    made = report(project, parse_quarter("2026Q1"))
    (section,) = made.sections
    earlier = Baseline(2, "e" * 64, 6, 0, None, None, named("the first month"))
    changed = changes_since(earlier, then_of(project), section.spec, Policy(error_rate=0.06), project.registry)
    sections = (replace(section, since=changed),)
    audit = with_what_git_says(replace(made.audit, auditor_version="0"), named)
    return replace(made, audit=audit, sections=sections, earlier=earlier)


def kept_up(project: Project, named: Callable[[str], str]) -> Project:
    """The world with a plan that nothing fulfils, and a look of somebody that spent the looks of forum-posts."""
    spec, suite, day = project.specs[0].name, named("forum-posts"), datetime(2026, 3, 1, 9, tzinfo=UTC)
    before, after = (revision_id({"spec.md": TEXTS[name].encode()}) for name in ("2026-01-05", "2026-02-02"))
    worn = {**project.registry.suites, suite: replace(project.registry.suites[suite], looks_allowed=2)}
    plan = Preregistration("d" * 64, spec, after, suite, named("m"), named("m3"), "", 1400, day)
    look = HeldOutUse("c" * 64, spec, (suite,), before, after, named("gate --reveal"), day)
    return replace(project, registry=Registry(worn), plans=(plan,), looks=(look,))


def with_what_git_says(audit: Audit, named: Callable[[str], str]) -> Audit:
    """An audit with a debt that is overdue, one that is not, a waiver that counts, a landing that loosened."""
    first, _, last = (entry.facts.patch for entry in audit.patches)
    debts = tuple(
        Debt(patch.spec, patch.id, (Measured(named("trespass"), named("m")),), patch.after.date.date(), due)
        for patch, due in ((last, date(2026, 4, 30)), (first, date(2026, 3, 4)))
    )
    waiver = Waiver(named("late"), "w.toml", "SD101", "f" * 16, first.id, named("known"), named("Bea"), DAY, LAST)
    loosened = Finding(named("looser"), code="SD301", name="n", severity=Severity.HIGH, fingerprint="f" * 32)
    landing = LandingEntry("a" * 40, DAY, (named("conduct"),), (loosened,))
    return replace(audit, debts=debts, waivers=(WaiverFacts(waiver, LAST, in_git=False),), landings=(landing,))


def then_of(project: Project) -> BaselineSpec:
    """The world before anybody had measured the second patch, and the first patch on held-out."""
    early = [one for one in project.runs if re.match("(letters|till)-2026-0[12]", one.record)]
    was = replace(project, runs=tuple(early))
    evidence = build_evidence(was, read_history(was, was.specs[0]))
    return BaselineSpec(assess(evidence, was.settings.policy), was.settings.policy, was.registry)


def audit_of(folder: Path, named: Callable[[str], str]) -> Audit:
    """The world's audit, every name in it as `named` has it."""
    return replace(assess_project(project_of(folder, named), DAY), auditor_version="0")


def project_of(folder: Path, named: Callable[[str], str]) -> Project:
    """The world as a project."""
    for name, text in TEXTS.items():
        (folder / name).mkdir()
        (folder / name / "spec.md").write_text(text)
    suites = [replace(suite, name=named(suite.name), behaviour=named(suite.behaviour)) for suite in SUITES]
    return Project(
        root=folder,
        repository=None,
        tree=Folder(folder),
        settings=Settings(),
        specs=(SpecConfig(named("conduct"), ("*/spec.md",), "folder"),),
        registry=Registry({suite.name: suite for suite in suites}),
        runs=tuple(runs(named)),
    )


def runs(named: Callable[[str], str]) -> Iterable[Run]:
    """The world's runs, and one of a spec that is not configured."""
    for suite, day, checkpoint, side, times in MEASURED:
        revision = revision_id({"spec.md": TEXTS[day].encode()})
        for place in range(times):
            found = run(suite, revision, tallies(counts(side)), place=place, checkpoint=checkpoint)
            parent = "m1" if checkpoint == "m2" else None
            yield replace(
                found,
                record=f"{suite}-{day}-{checkpoint}-{place}",
                spec=named("conduct"),
                suite=named(suite),
                model=named("m"),
                checkpoint=named(checkpoint),
                parent_checkpoint=parent and named(parent),
            )
    yield replace(run("letters", "0" * 64, tallies(counts("1/2"))), record="stray", spec=named("another"))


def assert_looks_as_before(name: str, text: str) -> None:
    """Compares with tests/render/snapshots/NAME."""
    assert_as_written(SNAPSHOTS / name, text)
