"""One patch in a Markdown report, flagged or not: what the page says of it, without the pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.assess.attribution import waterfall
from auditor.assess.facts import Attribution, BehaviourFacts, PatchFacts
from auditor.audit import PatchEntry, Section, patch_day
from auditor.document.report import explanations
from auditor.model.finding import Finding
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.render.account import PARTS_NAMED, account_lines, left_line, stream_line
from auditor.render.escape import markdown as text
from auditor.render.html.words import changes_shown
from auditor.render.markdown_parts import change, name_of, sentence, table, transfer
from auditor.render.rates import reported_test

_GRADES = {"A": "raw logs re-derived, with the spec's text in them", "B": "one row a sample", "C": "tallies"}


def main(entry: PatchEntry) -> list[BehaviourFacts]:
    """The behaviours that make a patch's verdict."""
    return [one for one in entry.facts.behaviours if one.verdict is entry.facts.verdict]


def test_of(facts: BehaviourFacts) -> str:
    """The test rates as a table of patches has them: as reported where measuring made the fall."""
    if facts.test is None:
        return "not measured"
    if facts.verdict is not Verdict.MEASUREMENT:
        return change(facts.test)
    before, after = reported_test(facts)
    return f"{100 * before:.1f} % to {100 * after:.1f} % as reported"


def flagged(section: Section, entry: PatchEntry) -> Iterator[str]:
    """Everything about a flagged patch."""
    yield from ("", f"### {name_of(entry)}", "")
    hiding = f", hiding suspected: {', '.join(entry.mechanisms)}" if entry.hiding_suspected else ""
    yield f"**{entry.facts.verdict}**{hiding}; {patch_day(entry)}, patch `{entry.facts.patch.id[:12]}`"
    for facts in main(entry):
        yield from _behaviour(facts, entry.facts)
    yield from _words(section, entry)
    yield from findings(entry.findings)


def other(entry: PatchEntry) -> Iterator[str]:
    """A patch that is not flagged, in a line a behaviour."""
    yield f"- {patch_day(entry)} **{entry.facts.verdict}** {name_of(entry)}"
    for facts in main(entry):
        what = f" What did it is unresolved: {text('; '.join(facts.also_changed))}." if _is_unresolved(facts) else ""
        yield f"  - {text(facts.behaviour)}: {text(sentence(facts.conclusion))}{what}"
    if not main(entry):
        yield f"  - {unevaluated(entry)}"
    yield from (f"  - {_finding(one)}" for one in entry.findings)


def unevaluated(entry: PatchEntry) -> str:
    """Why a patch has no verdict of a behaviour."""
    if entry.facts.outside:
        return "No behaviour was evaluated both before and after this patch."
    return "No evaluation of this spec is recorded."


def findings(some: Sequence[Finding]) -> Iterator[str]:
    """The rules that fired, one line a finding; nothing where none did."""
    if some:
        yield from ("", "Rules that fired:", "", *(f"- {_finding(one)}" for one in some))


def _finding(one: Finding) -> str:
    place = f" ({text(one.place.path)}:{one.place.line})" if one.place else ""
    return f"`{one.check}` {text(one.name)}: {text(one.message)}{place}."


def _is_unresolved(facts: BehaviourFacts) -> bool:
    return facts.cause is Cause.UNRESOLVED


def _behaviour(facts: BehaviourFacts, patch: PatchFacts) -> Iterator[str]:
    yield from ("", text(sentence(facts.reason)), "")
    yield from _suites(facts)
    if facts.attribution and (facts.attribution.telling or facts.verdict is Verdict.MEASUREMENT):
        yield from _waterfall(facts.attribution)
    yield from ("", *(f"- {text(line)}" for line in _beside(facts, patch)))
    yield from ("", "Compatible with, and what would tell:", "")
    yield from (f"- {story.what} {story.separate}" for story in explanations(facts))


def _suites(facts: BehaviourFacts) -> Iterator[str]:
    rows = [("test", change(facts.test), "")] if facts.test else []
    for suite in facts.suites:
        kind = "deployment" if suite.role is Role.DEPLOYMENT else "held-out"
        rows.append((f"{kind} {text(suite.suite)}", change(suite.change), transfer(suite.transfer)))
    yield from table((text(facts.behaviour), "before and after", "transfer"), rows)


def _waterfall(parts: Attribution) -> Iterator[str]:
    yield from ("", f"Of the reported fall, {100 * parts.raw:.1f} points:", "")
    for name, part in waterfall(parts).items():
        said = "cannot be separated" if part is None else f"{100 * part:.1f}"
        yield f"- {PARTS_NAMED[name]}: {said}"


def _beside(facts: BehaviourFacts, patch: PatchFacts) -> Iterator[str]:
    """What is left, what did it, how it was measured, what it hangs on, and whether it holds in the stream."""
    if facts.ruling:
        after = facts.ruling.change.after
        limits = f"[{100 * after.low:.1f}, {100 * after.high:.1f}]"
        yield f"residual: {100 * after.rate:.1f} % {limits} is left on {facts.ruling.suite}"
    told = "; ".join(facts.also_changed)
    alone = "the patch: nothing else is known to have changed"
    yield f"cause: {f'unresolved: {told}' if _is_unresolved(facts) else alone}"
    yield f"evidence: grade {facts.grade}: {_GRADES[facts.grade]}" if facts.grade else "evidence: none"
    yield f"awareness: {facts.awareness}{'; a falling rate clears nobody' if facts.awareness == 'fell' else ''}"
    accused = facts.survives_fdr is not None
    own = account_lines(replace(facts, attribution=None))
    yield from (line.plain for line in (*left_line(facts), *own, *stream_line(patch.place, accused)))


def _words(section: Section, entry: PatchEntry) -> Iterator[str]:
    """The words that changed: what went struck out, what came in bold."""
    shown = changes_shown(section.comparisons[entry.facts.patch.id])
    if not shown:
        return
    yield from ("", "The words that changed:", "")
    for one in shown:
        way = f", {one.direction}" if one.direction else ""
        beside = f" ({text(one.beside)})" if one.beside else ""
        yield f"- {one.kind}{way}, {text(one.section)}, line {one.line}: {_marked(one.parts)}{beside}"


def _marked(parts: Sequence[tuple[str, str]]) -> str:
    marks = {"equal": "", "insert": "**", "delete": "~~"}
    return " ".join(f"{marks[op]}{text(words)}{marks[op]}" for op, part in parts if (words := " ".join(part.split())))
