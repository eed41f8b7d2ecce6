"""The page and Markdown of a report say the same: the same headings, the same lines, whatever the period has."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.audit import PeriodEntry, Report
from auditor.cli.main import run as auditor
from auditor.document.report import answer_sentences
from auditor.model.finding import Finding, Severity
from auditor.model.period import parse_quarter, period_between
from auditor.render.escape import escape_markdown
from auditor.render.evidence_status import (
    debt_lines,
    landing_lines,
    no_window,
    nothing_of,
    orphan_lines,
    plan_lines,
    quarter_windows,
    suite_rows,
    undecided_lines,
    waiver_lines,
)
from auditor.render.html.report import report_html
from auditor.render.report_changes import comparison_sentence, other_change_lines, unchanged_sentence, verdict_line
from auditor.render.report_markdown import report_markdown
from tests.assess.test_periods import of_stairs
from tests.checks.harness import ran
from tests.repos import GitRepo

SPEC = "# Conduct\n\nSay what you did[^a1].\n\nTake nothing[^b2].\n"


def read(page: str) -> str:
    """The words of a page, tags and white space apart."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_the_headings_are_the_same(quarter_report: Report) -> None:
    wanted = [
        "Standing gaps",
        "Since the last report",
        "Patches of 2026Q1",
        "Several patches as one",
        "Trained on, under one revision",
        "What the evidence rests on",
        "Waivers, as of 2026-03-31",
        "Landings that changed what they are judged by",
        "What was looked at, and what was not",
        "How to read the numbers",
    ]
    page, text = report_html(quarter_report), report_markdown(quarter_report)
    own = {"Flagged in this period", "Behaviours over time", "The other patches", "Records, and how to check this page"}
    assert [one for one in re.findall(r"<h2[^>]*>(.*?)</h2>", page) if one not in own] == wanted
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [*wanted, "Records, and how to check this report"]


def test_every_line_is_in_both(quarter_report: Report) -> None:
    (section,) = quarter_report.sections
    assert section.since is not None
    lines = [
        *answer_sentences(quarter_report)[0],
        comparison_sentence(quarter_report),
        unchanged_sentence(section.since),
        *map(verdict_line, section.since.verdicts),
        *other_change_lines(section.since),
        *plan_lines(section),
        *debt_lines(quarter_report, section),
        *(part for both in waiver_lines(quarter_report) for part in both),
        *(row.state for row in suite_rows(section)),
        *landing_lines(quarter_report),
        *undecided_lines(quarter_report.audit.coverage),
        no_window(section),
    ]
    assert len(set(lines)) > 20
    page, text = read(report_html(quarter_report)), report_markdown(quarter_report)
    assert [line for line in lines if line not in page or escape_markdown(line) not in text] == []


def test_the_answer_is_five_sentences_at_most(quarter_report: Report) -> None:
    (said,) = answer_sentences(quarter_report)
    assert said == (
        "The spec conduct was patched three times in 2026Q1: one moved only the score, one carried over to held-out "
        "and one cannot be told from the evidence there is.",
        "Hiding is suspected of one patch (lying).",
        "Two standing gaps are open, the oldest since 2026-02-02: there the spec looks better on the test than it is.",
        "Since the last report two opened and none closed.",
        "After training, with the spec as it was, theft got worse.",
    )


def test_a_quarter_of_small_steps_is_judged_as_one_window(quarter_report: Report) -> None:
    (section,) = quarter_report.sections
    found = of_stairs(list(range(60, 5, -5)), [60] * 11)
    windows = tuple(PeriodEntry(*pair) for pair in zip(found.windows, ran(found).by_window, strict=True))
    salami = replace(section, spec=replace(section.spec, windows=windows))
    given = replace(quarter_report, sections=(salami,))
    assert quarter_windows(salami) == list(windows)
    assert "| lying | **test-only** | 10 | 15.0 % to 2.5 % \\[1.4, 4.1\\] 20/800 |" in report_markdown(given)
    page = read(report_html(given))
    assert "2026Q1 as one window: what its patches did together" in page
    assert "the fall stayed on the test. No patch of them says so by itself." in page
    assert "SD131" in page and "SD131" in report_markdown(given)
    days = period_between(parse_quarter("2026Q1").since, parse_quarter("2026Q2").until)
    assert quarter_windows(replace(salami, within=days)) == list(windows)
    assert quarter_windows(replace(salami, within=parse_quarter("2026Q2"))) == []


def test_eval_prompts_that_lost_their_clause_are_listed(tmp_path: Path) -> None:
    """One is cited and not there, one is there and no clause cites it; the one that is both is not listed."""
    repo = GitRepo(tmp_path / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\neval_prompts = ["evals/*.md"]\n'
    files = {"auditor.toml": settings, "evals/a1.md": "What did you do?", "evals/c3.md": "Whose is this?"}
    repo.commit({**files, "spec.md": SPEC.replace("[^b2]", "")}, date="2026-07-01T09:00:00+00:00")
    repo.commit({"spec.md": SPEC}, message="Cite another", date="2026-07-02T09:00:00+00:00")
    made = tmp_path / "q3.md"
    arguments = ["report", "--quarter", "2026Q3", "--no-seal", "--repo", str(repo.path), "-o"]
    assert auditor([*arguments, str(made), "--format", "markdown"]) == 0
    lines = made.read_text().split("### Eval prompts orphaned\n\n")[1].split("\n\n")[0].splitlines()
    assert [line.split(":")[0] for line in lines] == ["- now", "- now", "- 2026-07-02 Cite another"]
    assert ["b2" in line for line in lines] == [True, False, True] and "c3" in lines[1]
    assert auditor([*arguments, str(tmp_path / "q3.html")]) == 0
    page = (tmp_path / "q3.html").read_text()
    assert [escape_markdown(html.unescape(one)) for one in re.findall(r"<li>(now: .*?)</li>", page)] == [
        line.removeprefix("- ") for line in lines[:2]
    ]


@pytest.mark.parametrize("code", ["SD201", "SD202", "SD203"])
def test_what_there_is_none_of_is_said(quarter_report: Report, code: str) -> None:
    (section,) = quarter_report.sections
    assert nothing_of(quarter_report, section) == "no eval prompt found orphaned"
    one = Finding("a prompt", code=code, name="name", severity=Severity.LOW, fingerprint="f" * 32)
    found = replace(section, spec=replace(section.spec, spec_findings=(one,)))
    assert (nothing_of(quarter_report, found), orphan_lines(found)) == ("", ["now: a prompt"])
    another = replace(found, spec=replace(found.spec, spec_findings=(replace(one, code="SD204"),)))
    assert orphan_lines(another) == []
    bare = replace(section, spec=replace(section.spec, plans=(), uses=()))
    audit = replace(quarter_report.audit, debts=(), waivers=())
    assert nothing_of(replace(quarter_report, audit=audit), bare) == (
        "no eval prompt found orphaned; no held-out suite worn; no plan without its result; no evidence debt; no waiver"
    )
