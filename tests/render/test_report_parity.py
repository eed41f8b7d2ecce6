"""The page and Markdown of a report say the same: every block's text, whatever the period has."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.audit import PeriodEntry, Report
from auditor.cli.main import run as auditor
from auditor.document.blocks import Block, Card, Commands, Figure, Line, Listing, Table, text_of
from auditor.document.report import answer_sentences, report_blocks
from auditor.document.report_evidence import absent_kinds, orphan_lines
from auditor.document.report_periods import whole_quarters
from auditor.model.finding import Finding, Severity
from auditor.model.period import parse_quarter, period_between
from auditor.render.escape import escape_markdown
from auditor.render.html.report import report_html
from auditor.render.markdown import report_markdown
from tests.assess.test_periods import of_stairs
from tests.checks.harness import ran
from tests.repos import GitRepo

SPEC = "# Conduct\n\nSay what you did[^a1].\n\nTake nothing[^b2].\n"


def words(text: str) -> str:
    """A text without its spaces, and with one sign for minus and the hyphen."""
    return "".join(text.split()).replace("\u2212", "-")


def read(page: str) -> str:
    """The words of a page without its tags."""
    return words(html.unescape(re.sub(r"<[^>]*>", "", page)))


def texts(blocks: Iterable[Block]) -> Iterator[str]:
    """Every text of some blocks."""
    for block in blocks:
        if isinstance(block, Card):
            yield text_of(block.title)
            yield from texts(block.blocks)
        elif isinstance(block, Table):
            yield from (column.title for column in block.columns)
            yield from (text_of(cell) for row in block.rows for cell in row)
            yield from [] if block.rows else [block.empty]
        elif isinstance(block, Listing):
            yield from map(text_of, block.items)
        elif isinstance(block, Commands):
            yield from block.lines
        elif isinstance(block, Figure):
            yield block.words
        else:
            line: Line = block.line
            yield text_of(line)


def test_every_text_is_in_both(quarter_report: Report) -> None:
    """Markdown marks and escapes apart."""
    blocks = list(report_blocks(quarter_report))
    names = [words(text) for text in texts(blocks)]
    assert len(set(names)) > 100
    page, markdown = (
        read(report_html(quarter_report)),
        words(re.sub(r"\*\*|~~|`|\\", "", report_markdown(quarter_report))),
    )
    assert [text for text in names if text not in page] == []
    assert [text for text in names if re.sub(r"`|~", "", text) not in markdown.replace("~", "")] == []


def test_the_answer_is_a_sentence_for_each_thing_to_know(quarter_report: Report) -> None:
    (sentences,) = answer_sentences(quarter_report)
    assert sentences == (
        "The spec conduct was patched 3 times in 2026Q1: 1 changed only the score, 1 carried over to held-out and "
        "1 cannot be decided from the evidence.",
        "Hiding is suspected of 1 patch (lying).",
        "2 gaps are open (held-out clearly above test), the oldest since 2026-02-02: the spec looks better on the test "
        "than it is.",
        "Since the last report 2 opened and 0 closed.",
        "After training under the same spec, theft got worse.",
        "1 landing changed what these verdicts rest on (SD301 n): see aaaaaaaaaaaa.",
    )


def test_a_quarter_of_small_steps_is_judged_as_one_period(quarter_report: Report) -> None:
    (section,) = quarter_report.sections
    assessment = of_stairs(list(range(60, 5, -5)), [60] * 11)
    windows = tuple(PeriodEntry(*pair) for pair in zip(assessment.periods, ran(assessment).by_period, strict=True))
    salami = replace(section, spec=replace(section.spec, periods=windows))
    report = replace(quarter_report, sections=(salami,))
    assert whole_quarters(salami) == list(windows)
    assert " | **test-only** | 10 | 15.0 % to 2.5 % \\[1.4, 4.1\\] |" in report_markdown(report)
    page = read(report_html(report))
    assert words("All patches of 2026Q1 judged together") in page
    assert words("the fall stayed on the test. No single patch shows it.") in page
    assert "SD131" in page and "SD131" in report_markdown(report)
    days = period_between(parse_quarter("2026Q1").since, parse_quarter("2026Q2").until)
    assert whole_quarters(replace(salami, report_period=days)) == list(windows)
    assert whole_quarters(replace(salami, report_period=parse_quarter("2026Q2"))) == []


def test_eval_prompts_that_lost_their_clause_are_listed(tmp_path: Path) -> None:
    """One is cited and not there, one is there and no clause cites it; the one that is both is not listed."""
    repo = GitRepo(tmp_path / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\neval_prompts = ["evals/*.md"]\n'
    files = {"auditor.toml": settings, "evals/a1.md": "What did you do?", "evals/c3.md": "Whose is this?"}
    repo.commit({**files, "spec.md": SPEC.replace("[^b2]", "")}, date="2026-07-01T09:00:00+00:00")
    repo.commit({"spec.md": SPEC}, message="Cite another", date="2026-07-02T09:00:00+00:00")
    path = tmp_path / "q3.md"
    arguments = ["report", "--quarter", "2026Q3", "--no-seal", "--repo", str(repo.path), "-o"]
    assert auditor([*arguments, str(path), "--format", "markdown"]) == 0
    lines = path.read_text().split("### Orphaned eval prompts\n\n")[1].split("\n\n")[0].splitlines()
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
    assert absent_kinds(quarter_report, section) == "no orphaned eval prompt"
    finding = Finding("a prompt", code=code, name="name", severity=Severity.LOW, fingerprint="f" * 32)
    found = replace(section, spec=replace(section.spec, spec_findings=(finding,)))
    assert (absent_kinds(quarter_report, found), orphan_lines(found)) == ("", ["now: a prompt"])
    another = replace(found, spec=replace(found.spec, spec_findings=(replace(finding, code="SD204"),)))
    assert orphan_lines(another) == []
    bare = replace(section, spec=replace(section.spec, plans=(), uses=()))
    audit = replace(quarter_report.audit, debts=(), waivers=())
    assert absent_kinds(replace(quarter_report, audit=audit), bare) == (
        "no orphaned eval prompt; no overused held-out suite; no preregistered run without a result; no evidence debt; "
        "no waiver"
    )
