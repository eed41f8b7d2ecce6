"""Results as Markdown: a step summary, or a comment on a merge request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.render.escape import escape_markdown as text
from auditor.render.ledger import describe_waiver
from auditor.render.results import Problem, Results, Weight

_FENCE = "```"


def results_markdown(results: Results) -> str:
    """What is held against what lands first, each with what to do; the rest as a table; every waiver."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield f"## {text(results.title)}"
    yield from ("", f"{text(results.headline)}.")
    held = [problem for problem in results.problems if problem.weight is Weight.ERROR]
    for problem in held:
        yield from _blocking_problem(problem)
    rest = [problem for problem in results.problems if problem.weight is not Weight.ERROR]
    if rest:
        yield from ("", "### Also found" if held else "### Found", "", "| | about | |", "| --- | --- | --- |")
        yield from (_table_row(problem) for problem in rest)
    if results.waivers:
        yield from ("", "### Waivers", "")
        yield from (f"- {text(line)}; {text(reason)}" for line, reason in map(describe_waiver, results.waivers))


def _blocking_problem(problem: Problem) -> Iterator[str]:
    yield from (
        "",
        f"### {_rule_name(problem)}",
        "",
        f"{text(problem.about)}{_place_text(problem)}",
        "",
        text(problem.message),
    )
    if problem.remedy:
        yield from ("", f"**To do:** {text(problem.remedy)}")
    if problem.commands:
        yield from ("", *_fenced(problem.commands))


def _fenced(commands: Sequence[str]) -> Iterator[str]:
    """Commands to copy; a fence is longer than any in them."""
    fence = _FENCE
    while any(fence in command for command in commands):
        fence += "`"
    yield from (f"{fence}console", *(f"$ {' '.join(command.split())}" for command in commands), fence)


def _table_row(problem: Problem) -> str:
    waived = "; waived by {}: {}".format(*problem.waiver) if problem.waiver else ""
    return f"| {_rule_name(problem)} | {text(problem.about)}{_place_text(problem)} | {text(problem.message + waived)} |"


def _rule_name(problem: Problem) -> str:
    return text(problem.rule if problem.name == problem.rule else f"{problem.rule} {problem.name}")


def _place_text(problem: Problem) -> str:
    return f" ({text(problem.place.path)}:{problem.place.line})" if problem.place is not None else ""
