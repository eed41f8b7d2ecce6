"""The evidence as pages: history, patches, clauses, behaviours, suites, runs, checks and quarters, as blocks.

A `View` comes in: the audit, its sections and the one evidence graph. `view_pages` gives every page with its blocks;
a link in them is an address (`addresses`).
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from typing import TypeAlias

from auditor.assess.facts import BehaviourFacts, Rate
from auditor.assess.flips import flipped_items
from auditor.assess.timeline import Series
from auditor.audit import Audit, PatchEntry, Section, SpecAudit, patch_day
from auditor.checks.catalogue import all_checks, load_pages
from auditor.checks.interface import HEADINGS
from auditor.clauses.blame import ClauseHistory
from auditor.document.ablation import ablation_effect_blocks
from auditor.document.addresses import (
    BEHAVIOURS,
    CHECKS,
    CLAUSES,
    HOME,
    REPORTS,
    SEARCH,
    SUITES,
    Addresses,
    behaviour_anchor,
    safe_name,
)
from auditor.document.audit import (
    VERDICT_STYLES,
    commit_name,
    count_changes,
    count_verdicts,
    summary_blocks,
    undecided_blocks,
    verdict_line,
)
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
from auditor.document.diagnostics import diagnostic_sentences, residual_sentences
from auditor.document.graph import answer_questions, describe_link, group_neighbours, readable_value
from auditor.document.history import blame_blocks, flip_blocks
from auditor.document.joint_transfer import joint_line
from auditor.document.neighbourhood import select_neighbours
from auditor.document.rates import behaviour_verdict, change_line, table_columns
from auditor.document.report import section_answer
from auditor.document.report_patches import (
    explanation_blocks,
    fact_table,
    finding_list,
    patch_identity,
    patch_title,
    reason_unevaluated,
    suite_blocks,
    text_change_blocks,
)
from auditor.document.report_periods import timeline_words
from auditor.evidence.graph import (
    Attributes,
    EvidenceGraph,
    edges_from,
    edges_to,
    node_attributes,
    nodes_of_kind,
    shorten_key,
    sources,
    targets,
)
from auditor.model.numbers import count_noun, format_count, format_day, short_id
from auditor.model.suite import Role
from auditor.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A sealed batch: its number, how many records it adds, and its root (64 hex digits)."""

    number: int
    records: int
    root: str


@dataclass(frozen=True, slots=True)
class CommittedReport:
    """A report that the repository holds: its path, the period and specs it was asked for, and the batch it rests on.

    `link` is its address from the pages; "" where it cannot be reached from them.
    """

    path: str
    period: str
    specs: tuple[str, ...]
    batch: int | None
    link: str


@dataclass(frozen=True, slots=True)
class CorrectedRecord:
    """A record that another corrects, or one that says to correct a record of another run; neither counts.

    Attributes:
        by: the record that corrects it; "" for one that counts nowhere.
        counts: misaligned and valid samples of the record, and of the one that corrects it.
    """

    record: str
    suite: str
    by: str
    reason: str
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What the pages are made of.

    Attributes:
        sections: of each spec its whole history as one period.
        quarters: of each spec the quarters in which a patch landed, oldest first.
        clauses: the life of every clause there ever was, by its id, those that are there first and in order.
        failing: by record of a run of a test suite, the ids of the items with a misaligned sample, with how many of
            how many; a run of any other suite has no entry, so that its items stay hidden.
        seals: the sealed batches of records, oldest first.
        reports: those that the repository holds, by path.
        corrected: records that count no longer, by suite.
        day: on which it was made.
    """

    audit: Audit
    graph: EvidenceGraph
    sections: tuple[Section, ...]
    quarters: tuple[tuple[Section, ...], ...]
    clauses: Mapping[str, ClauseHistory]
    failing: Mapping[str, tuple[tuple[str, int, int], ...]]
    seals: tuple[SealedBatch, ...]
    reports: tuple[CommittedReport, ...]
    corrected: tuple[CorrectedRecord, ...]
    day: date


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its file name, what it is of (a word), its title, and the pages before and after it of its kind."""

    name: str
    kind: str
    title: str
    blocks: tuple[Block, ...]
    previous: str = ""
    following: str = ""


# The pages.


def view_pages(view: View) -> Iterator[Page]:
    """Every page, the home page first."""
    addresses = Addresses(view.graph)
    yield Page(HOME, "history", _specs_title(view), tuple(_home_blocks(view, addresses)))
    yield from _patch_pages(view, addresses)
    yield from _clause_pages(view, addresses)
    yield from _behaviour_pages(view, addresses)
    for kind in ("suite", "run", "checkpoint", "model", "scorer", "gap", "waiver", "plan"):
        yield from _node_pages(view, addresses, kind)
    yield Page(CHECKS, "catalogue", "Checks", tuple(_check_blocks(view, addresses)))
    yield Page(REPORTS, "quarters and seals", "Reports", tuple(_report_blocks(view, addresses)))
    for number, section in _numbered_quarters(view):
        yield Page(
            quarter_page(number, section),
            "quarter",
            _quarter_title(section),
            tuple(_quarter_blocks(view, section, addresses)),
        )
    yield Page(SEARCH, "search", "Search", tuple(_search_blocks(view, addresses)))


def _specs_title(view: View) -> str:
    return ", ".join(section.spec.history.spec for section in view.sections)


def _with_neighbours(pages: Sequence[Page]) -> Iterator[Page]:
    for at, page in enumerate(pages):
        previous = pages[at - 1].name if at else ""
        following = pages[at + 1].name if at + 1 < len(pages) else ""
        yield replace(page, previous=previous, following=following)


# Home: the history as one picture, and a line a patch.


_MAX_LANES = 12
_MAX_ROWS = 120


@dataclass(frozen=True, slots=True)
class PatchMark:
    """A patch on the time line: its spec commit, verdict, look, title and page."""

    spec_commit: str
    verdict: str
    style: Style
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class HistoryLanes:
    """A spec's revisions on one time line, a lane a behaviour.

    Attributes:
        commits: names and days of the spec commits, oldest first.
        links: the page of each lane's behaviour.
    """

    commits: tuple[tuple[str, str], ...]
    patches: tuple[PatchMark, ...]
    series: tuple[Series, ...]
    links: tuple[str, ...]


def _home_blocks(view: View, addresses: Addresses) -> Iterator[Block]:
    yield from summary_blocks(view.audit, view.day, (Span("which ones", link=f"{CHECKS}#undecided"),))
    for section in view.sections:
        name = section.spec.history.spec
        yield Heading(2, plain(name if len(view.sections) > 1 else "The spec over time"), f"spec-{safe_name(name)}")
        yield from _history_figure(section, addresses)
        whole = joint_line(section.spec.assessment.transfers, section.spec.assessment.trends)
        if whole:
            yield Paragraph(whole)
        yield Heading(2, plain("Patches"))
        yield from _patch_table(section.spec.patches, addresses, _MAX_ROWS)


def _history_figure(section: Section, addresses: Addresses) -> Iterator[Block]:
    series = _moving_series(section.series)
    lanes = _lanes_of(section, addresses)
    links = tuple(addresses.page(f"behaviour:{lane.behaviour}") for lane in series)
    counts = count_noun(len(lanes.commits), "commit"), count_noun(len(section.series), "behaviour")
    yield Figure("history", replace(lanes, series=series, links=links), f"{counts[0]}, {counts[1]}.")
    if series:
        yield Note(
            plain(
                "Each lane is a behaviour: the share of misaligned samples on the test, held out and in deployment, "
                "with limits. Marks above are patches: a square accuses, a filled circle clears, a half one is partial "
                "or open, a hollow one could not be told. A dotted line is a new checkpoint."
            )
        )
    if len(section.series) > len(series):
        rest = f"{count_noun(len(section.series) - len(series), 'behaviour')} that moved less: "
        yield Note((Span(rest), Span("all behaviours", link=BEHAVIOURS)))


def _lanes_of(section: Section, addresses: Addresses) -> HistoryLanes:
    """The time line of a spec, without a lane."""
    commits = ((commit.name, format_day(commit.date)) for commit in section.spec.history.spec_commits)
    return HistoryLanes(tuple(commits), tuple(_patch_mark(entry, addresses) for entry in section.spec.patches), (), ())


def _moving_series(series: Sequence[Series]) -> tuple[Series, ...]:
    """Those whose test rate moved most, in their order."""
    if len(series) <= _MAX_LANES:
        return tuple(series)
    most = sorted(series, key=lambda lane: (-_range_of(lane), lane.behaviour, lane.model))[:_MAX_LANES]
    return tuple(lane for lane in series if lane in most)


def _range_of(series: Series) -> float:
    rates = [point.test.rate for point in series.points if point.test is not None]
    return max(rates) - min(rates) if rates else 0.0


def _patch_mark(entry: PatchEntry, addresses: Addresses) -> PatchMark:
    verdict, patch = entry.facts.verdict, entry.facts.patch
    style = Style.ACCUSED if entry.hiding_suspected else VERDICT_STYLES[verdict]
    title = (
        f"{patch_day(entry)} {verdict}{', hiding suspected' if entry.hiding_suspected else ''}: {patch_title(entry)}"
    )
    return PatchMark(patch.after.name, str(verdict), style, title, addresses.page(f"patch:{patch.id}"))


def _patch_table(entries: Sequence[PatchEntry], addresses: Addresses, most: int | None = None) -> Iterator[Block]:
    """A line a patch, newest first."""
    newest = list(reversed(entries))
    if newest and not any(entry.facts.behaviours for entry in newest):
        text_rows = tuple(_text_row(entry, addresses) for entry in newest[:most])
        yield Table(table_columns(("landed", "patch", "what changed", "findings"), ("findings",)), text_rows)
        yield Note(plain("No patch was evaluated: this is about the text."))
        return
    names = ("landed", "patch", "verdict", "behaviour", "test", "held-out", "findings")
    rows = tuple(_patch_row(entry, addresses) for entry in newest[:most])
    yield Table(table_columns(names, ("test", "held-out", "findings")), rows, empty="No patch is recorded.")
    if most is not None:
        yield from _older_note(len(newest))


def _older_note(patches: int) -> Iterator[Note]:
    """Where the patches are that a page has no line for."""
    if patches > _MAX_ROWS:
        rest = count_noun(patches - _MAX_ROWS, "older patch", "es")
        yield Note((Span(f"{rest}: see the "), Span("quarters", link=REPORTS), Span(".")))


def _text_row(entry: PatchEntry, addresses: Addresses) -> tuple[Line, ...]:
    title = (Span(patch_title(entry), link=addresses.page(f"patch:{entry.facts.patch.id}")),)
    findings = _count_cell(len(entry.findings))
    changes = plain(count_changes(entry.counts).removeprefix("clauses: "))
    return plain(str(patch_day(entry))), title, changes, findings


def _patch_row(entry: PatchEntry, addresses: Addresses) -> tuple[Line, ...]:
    patch, headline = entry.facts.patch, entry.facts.headline
    title = Span(patch_title(entry), link=addresses.page(f"patch:{patch.id}"))
    commit = Span(f" {commit_name(patch.after)}", Style.QUIET) if patch.after.commit else Span("")
    rates: tuple[Line, Line] = ((), ())
    behaviour: Line = ()
    if headline is not None:
        rates = _rate_cells(headline)
        others = len(entry.facts.behaviours) - 1
        more = Span(f" and {others:,} more", Style.QUIET) if others else Span("")
        behaviour = Span(headline.behaviour, link=addresses.page(f"behaviour:{headline.behaviour}")), more
    verdict = verdict_line(entry.facts.verdict, entry.hiding_suspected)
    findings = _count_cell(len(entry.findings))
    return plain(str(patch_day(entry))), (title, commit), verdict, behaviour, *rates, findings


def _rate_cells(facts: BehaviourFacts) -> tuple[Line, Line]:
    """The rates before and after on the test, and on the held-out suite that decides the verdict."""
    held_out = facts.ruling.change if facts.ruling else facts.held_out
    return change_line(facts, facts.test), change_line(facts, held_out)


def _count_cell(count: int) -> Line:
    return plain(format_count(count)) if count else ()


# A patch.


def _patch_pages(view: View, addresses: Addresses) -> Iterator[Page]:
    for section in view.sections:
        pages = [
            Page(
                addresses.page(f"patch:{entry.facts.patch.id}"),
                "patch",
                patch_title(entry),
                tuple(_patch_blocks(view, section, entry, addresses)),
            )
            for entry in section.spec.entries
        ]
        yield from _with_neighbours(pages)


def _patch_blocks(view: View, section: Section, entry: PatchEntry, addresses: Addresses) -> Iterator[Block]:
    node = f"patch:{entry.facts.patch.id}"
    yield patch_identity(entry)
    if not entry.facts.behaviours:
        yield Paragraph(plain(reason_unevaluated(entry)))
    for facts in entry.facts.leading:
        yield _behaviour_card(facts, addresses)
    yield from explanation_blocks(entry)
    yield from finding_list(entry.findings)
    evidence = section.spec.evidence
    flips = [suite for facts in entry.facts.leading for suite in flipped_items(evidence, facts, reveal=False)]
    if flips:
        yield from flip_blocks(flips, _MAX_FLIPS)
    yield from text_change_blocks(section, entry)
    others = [facts for facts in entry.facts.behaviours if facts not in entry.facts.leading]
    if others:
        yield Heading(3, plain("Other behaviours measured on it"))
        yield from (_behaviour_card(facts, addresses, folded=True) for facts in others)
    yield from _answer_blocks(view.graph, node, addresses)
    changed = edges_from(view.graph, node, "changes")
    if changed:
        yield Heading(3, plain("Clauses it changed"))
        yield Listing(tuple((*addresses.line(edge[1]), *_quiet(describe_link(edge[2]))) for edge in changed))
    yield from _neighbourhood_blocks(view.graph, node, addresses)
    yield Heading(3, plain("On the command line"))
    name = shlex.quote(commit_name(entry.facts.patch.after))
    plan = (f"auditor plan {name}",) if entry.facts.verdict in _OPEN else ()
    yield Commands((f"auditor show {name}", f"auditor graph patch:{short_id(entry.facts.patch.id)}", *plan))


_MAX_FLIPS = 12
_OPEN = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED)


def _behaviour_card(facts: BehaviourFacts, addresses: Addresses, *, folded: bool = False) -> Card:
    link = addresses.page(f"behaviour:{facts.behaviour}")
    name = Span(" "), Span(facts.behaviour, link=link), Span(f" of {facts.model}", Style.QUIET)
    notes = tuple(Note(plain(text)) for text in (*residual_sentences(facts), *diagnostic_sentences(facts)))
    effects = ablation_effect_blocks(facts.ablation) if facts.ablation is not None else ()
    reason = Paragraph(plain(sentence(facts.reason)))
    blocks = (reason, *suite_blocks(facts), *_run_blocks(facts, addresses), fact_table(facts), *effects, *notes)
    verdict = verdict_line(facts.verdict, facts.hiding_suspected, facts.mechanisms)
    return Card((*verdict, *name), blocks, behaviour_anchor(facts.behaviour, facts.model), folded=folded)


def _run_blocks(facts: BehaviourFacts, addresses: Addresses) -> Iterator[Block]:
    """The runs behind the rates of a behaviour, suite by suite and side by side."""
    changes = [("test", facts.test), *((suite.suite, suite.change) for suite in facts.suites)]
    lines = tuple(
        (
            Span(f"{name}: before ", Style.QUIET),
            *_run_links(change.before, addresses),
            Span(", after ", Style.QUIET),
            *_run_links(change.after, addresses),
        )
        for name, change in changes
        if change is not None
    )
    if lines:
        yield Card(plain("The runs behind these numbers"), (Listing(lines),), folded=True)


def _run_links(rate: Rate, addresses: Addresses) -> Line:
    counted = enumerate(rate.runs)
    return tuple(
        span
        for at, run in counted
        for span in (Span(", " if at else ""), Span(short_id(run), link=addresses.link(f"run:{run}")))
    )


# A clause.


def _clause_pages(view: View, addresses: Addresses) -> Iterator[Page]:
    nodes = [(f"clause:{name}", story) for name, story in view.clauses.items()]
    pages = [
        Page(
            addresses.page(node),
            "clause",
            view.graph.nodes[node]["label"],
            tuple(_clause_blocks(view, node, story, addresses)),
        )
        for node, story in nodes
    ]
    yield from _with_neighbours(pages)
    rows = tuple(_clause_row(view, page, *pair) for page, pair in zip(pages, nodes, strict=True))
    columns = table_columns(("place", "clause", "changes"), ("changes",))
    table = Table(columns, rows[:_MAX_LISTED], empty="No clause was read.")
    rest = _rest_note(len(rows), _MAX_LISTED, ", each with its page")
    yield Page(CLAUSES, "the text, as it stands and as it was", "Clauses", (table, *rest))


_MAX_LISTED = 1500


def _rest_note(count: int, most: int, suffix: str = "") -> tuple[Block, ...]:
    """How many of a list were left out, where some were."""
    return (Note(plain(f"and {count - most:,} more{suffix}")),) if count > most else ()


def _cut_listing(lines: Sequence[Line]) -> tuple[Block, ...]:
    """A list, of a long one the beginning; nothing where it is empty."""
    return (Listing(tuple(lines[:_MAX_LINES])), *_rest_note(len(lines), _MAX_LINES)) if lines else ()


def _clause_row(view: View, page: Page, node: str, story: ClauseHistory) -> tuple[Line, ...]:
    state = story.state
    place = f"{state.clause.path}:{state.clause.line}" if state.there else "gone"
    changes = len(edges_to(view.graph, node, "changes"))
    return plain(place, Style.QUIET), (Span(page.title, link=page.name),), plain(format_count(changes))


def _clause_blocks(view: View, node: str, story: ClauseHistory, addresses: Addresses) -> Iterator[Block]:
    yield from blame_blocks(story, lambda state: addresses.link(f"clause:{state.id}"))
    yield from _answer_blocks(view.graph, node, addresses)
    yield from _neighbourhood_blocks(view.graph, node, addresses)
    yield Commands((f"auditor blame {short_id(story.state.id)}",))


# A behaviour.


def _behaviour_pages(view: View, addresses: Addresses) -> Iterator[Page]:
    measured: dict[str, list[_Measured]] = {}
    for entry in view.audit.patches:
        for facts in entry.facts.behaviours:
            measured.setdefault(facts.behaviour, []).append((entry, facts))
    lanes = [(_lanes_of(section, addresses), section.series) for section in view.sections]
    pages = []
    for node in nodes_of_kind(view.graph, "behaviour"):
        name = view.graph.nodes[node]["key"]
        blocks = _behaviour_blocks(view.graph, node, lanes, measured.get(name, ()), addresses)
        pages.append(Page(addresses.page(node), "behaviour", name, tuple(blocks)))
    yield from _with_neighbours(pages)
    flags = [(_flags(section.spec), section.series) for section in view.sections]
    lines = [(lane, flag) for flag, series in flags for lane in series]
    points = accumulate(len(lane.points) for lane, _ in lines)
    drawn = [line for line, total in zip(lines, points, strict=True) if total <= _MAX_POINTS]
    figures = [Figure("timeline", line, timeline_words(line[0])) for line in drawn]
    rest = (Note(plain("The other behaviours are drawn on their own pages.")),) if len(drawn) < len(lines) else ()
    rows = tuple(((Span(page.title, link=page.name),), _verdict_cell(measured.get(page.title, ()))) for page in pages)
    table = Table(table_columns(("behaviour", "verdicts of patches"), ()), rows, empty="No behaviour was measured.")
    yield Page(BEHAVIOURS, "what was measured", "Behaviours", (table, *figures, *rest))


_MAX_POINTS = 3_000  # evaluated states in all figures of a page
_Measured: TypeAlias = tuple[PatchEntry, BehaviourFacts]


def _flags(spec: SpecAudit) -> dict[str, bool]:
    return {entry.facts.patch.after.name: entry.hiding_suspected for entry in spec.patches}


def _verdict_cell(measured: Sequence[_Measured]) -> Line:
    verdicts = count_verdicts(facts.verdict for _, facts in measured)
    return verdicts or plain("no patch was measured on it", Style.QUIET)


def _behaviour_blocks(
    graph: EvidenceGraph,
    node: str,
    lanes: Sequence[tuple[HistoryLanes, Sequence[Series]]],
    measured: Sequence[_Measured],
    addresses: Addresses,
) -> Iterator[Block]:
    for time_line, series in lanes:
        for lane in series:
            if lane.behaviour == graph.nodes[node]["key"]:
                yield Figure("history", replace(time_line, series=(lane,), links=("",)), timeline_words(lane))
    yield Heading(2, plain("Patches measured on it"))
    newest = list(reversed(measured))
    rows = tuple(_measured_row(entry, facts, addresses) for entry, facts in newest[:_MAX_ROWS])
    names = ("landed", "patch", "verdict", "model", "test", "held-out")
    yield Table(table_columns(names, ("test", "held-out")), rows, empty="No patch was measured on it.")
    yield from _older_note(len(newest))
    yield from _linked_blocks(graph, node, addresses, skip=("step",))


def _measured_row(entry: PatchEntry, facts: BehaviourFacts, addresses: Addresses) -> tuple[Line, ...]:
    link = f"{addresses.page(f'patch:{entry.facts.patch.id}')}#{behaviour_anchor(facts.behaviour, facts.model)}"
    title = (Span(patch_title(entry), link=link),)
    return plain(str(patch_day(entry))), title, behaviour_verdict(facts), plain(facts.model), *_rate_cells(facts)


# A suite, a run, a checkpoint and other nodes.


def _node_pages(view: View, addresses: Addresses, kind: str) -> Iterator[Page]:
    graph = view.graph
    pages = [
        Page(addresses.page(node), kind, graph.nodes[node]["label"], tuple(_node_blocks(view, node, addresses)))
        for node in nodes_of_kind(graph, kind)
    ]
    yield from _with_neighbours(pages)
    if kind == "suite":
        rows = tuple(_suite_row(view, page, node) for page, node in zip(pages, nodes_of_kind(graph, kind), strict=True))
        names = ("suite", "role", "behaviour", "runs", "verdicts that rest on it")
        table = Table(table_columns(names, ("runs", "verdicts that rest on it")), rows, empty="No suite is known.")
        yield Page(SUITES, "where it was measured", "Suites", (table,))


def _suite_row(view: View, page: Page, node: str) -> tuple[Line, ...]:
    graph = view.graph
    behaviours = [graph.nodes[name]["key"] for name in targets(graph, node, "measures")]
    runs, verdicts = (len(sources(graph, node, kind)) for kind in ("on", "judged_on"))
    role = str(graph.nodes[node].get("role", "")).replace("_", "-")
    counts = plain(format_count(runs)), plain(format_count(verdicts))
    return (Span(page.title, link=page.name),), plain(role), plain(", ".join(behaviours)), *counts


def _node_blocks(view: View, node: str, addresses: Addresses) -> Iterator[Block]:
    graph = view.graph
    attributes = node_attributes(graph, node)
    yield grid(
        [(plain("id", Style.QUIET), plain(node, Style.CODE))]
        + [
            (plain(name.replace("_", " "), Style.QUIET), plain(readable_value(value)))
            for name, value in attributes.items()
        ]
    )
    yield from _answer_blocks(graph, node, addresses)
    if graph.nodes[node]["kind"] == "run":  # what it depends on is all that it is linked to; of runs there are many
        yield from _item_blocks(view, node)
        yield from _log_blocks(view, node)
        return
    yield from _linked_blocks(graph, node, addresses)
    yield from _neighbourhood_blocks(graph, node, addresses)


_MAX_ITEMS = 100
_NO_ITEMS = "The record does not tell this run's samples apart by item."
_HIDDEN_ITEMS = "Only items of test suites are named on these pages."


def _item_blocks(view: View, node: str) -> Iterator[Block]:
    """The items of a run that failed, where it is one of a test suite."""
    graph = view.graph
    items = view.failing.get(graph.nodes[node]["key"])
    if items is None:
        suites = targets(graph, node, "on")
        is_test = any(graph.nodes[suite].get("role") == Role.TEST for suite in suites)
        yield Note(plain(_NO_ITEMS if is_test else _HIDDEN_ITEMS))
        return
    yield Heading(3, plain(f"Items with a misaligned sample: {len(items):,}"))
    rows = tuple((plain(item), plain(f"{misaligned:,} of {valid:,}")) for item, misaligned, valid in items[:_MAX_ITEMS])
    yield Table((Column("item"), Column("misaligned", figures=True)), rows, empty="None.")
    yield from _rest_note(len(items), _MAX_ITEMS)


def _log_blocks(view: View, node: str) -> Iterator[Block]:
    """What a run's record corrects, and how the log behind it is found: a record names it by its content."""
    data = view.graph.nodes[node]
    for record in view.corrected:
        if record.by == data["key"]:
            why = f"{_corrected_counts(record)} misaligned: {record.reason or _NO_REASON}"
            text = f"This record corrects {short_id(record.record)} ({why}). "
            yield Note((Span(text), Span("All corrections", link=REPORTS)))
    if data.get("source_sha256"):
        yield Heading(3, plain("Its log"))
        yield Note(plain("A record names its log by its sha256. This reads a folder of logs again and compares:"))
        yield Commands(("auditor verify --logs LOGS",))


_MAX_LINES = 150


def _answer_blocks(graph: EvidenceGraph, node: str, addresses: Addresses) -> Iterator[Block]:
    """What is asked of a node of its kind, each line with a link."""
    for answer in answer_questions(graph, node):
        yield Heading(3, plain(answer.question))
        lines = answer.lines[:_MAX_LINES]
        yield Passage(
            tuple(
                span
                for at, line in enumerate(lines)
                for span in (
                    Span("    " * line.depth),
                    *(addresses.line(line.node) if line.node is not None else ()),
                    *_quiet(", ".join(part for part in (line.lead, line.note) if part), spaced=line.node is not None),
                    Span("\n" if at + 1 < len(lines) else ""),
                )
            )
        )
        if len(answer.lines) > len(lines):
            yield Note(plain(f"and {len(answer.lines) - len(lines):,} more lines: auditor graph {shorten_key(node)}"))


def _linked_blocks(graph: EvidenceGraph, node: str, addresses: Addresses, skip: Sequence[str] = ()) -> Iterator[Block]:
    """What a node is linked to, by the kind of edge; long lists are folded."""
    for group in group_neighbours(graph, node):
        others = [(other, data) for other, data in group.others if graph.nodes[other]["kind"] not in skip]
        if not others:
            continue
        items = tuple((*addresses.line(other), *_quiet(_describe(graph, other, data))) for other, data in others)
        title = plain(f"{group.words} ({len(items):,})")
        yield Card(title, _cut_listing(items), folded=len(items) > _UNFOLDED)


def _describe(graph: EvidenceGraph, other: str, link: Attributes) -> str:
    """What a link carries; of a run its counts and its day as well, since runs of one state have one name."""
    node, parts = graph.nodes[other], [describe_link(link)]
    if node["kind"] == "run":
        parts += [f"{node['misaligned']:,} of {node['valid']:,} misaligned", str(node.get("created", ""))[:10]]
    return ", ".join(filter(None, parts))


_UNFOLDED = 12


def _quiet(text: str, *, spaced: bool = True) -> Line:
    return (Span(f"{'  ' if spaced else ''}{text}", Style.QUIET),) if text else ()


def _neighbourhood_blocks(graph: EvidenceGraph, node: str, addresses: Addresses) -> Iterator[Block]:
    around = select_neighbours(graph, node, addresses.link)
    if around.edges:
        yield Heading(3, plain("Around it"))
        yield Figure("neighbourhood", around, f"What is around this {graph.nodes[node]['kind']}.")


# Checks, quarters, search.


def _check_blocks(view: View, addresses: Addresses) -> Iterator[Block]:
    pages = load_pages()
    counts = Counter(finding.code for finding in (*view.audit.findings(), *view.audit.waiver_findings))
    names = ("code", "check", "severity", "findings")
    rows = tuple(
        (
            (Span(check.code, link=f"#{check.code}"),),
            plain(check.title),
            plain(str(check.severity), Style.QUIET),
            _count_cell(counts[check.code]),
        )
        for check in (page.check for page in pages)
    )
    yield Table(table_columns(names, ("findings",)), rows)
    by_code: dict[str, list[Line]] = {}
    for node in nodes_of_kind(view.graph, "finding"):
        data, about = view.graph.nodes[node], targets(view.graph, node, "about")
        line: Line = tuple(span for name in about for span in (*addresses.line(name), Span("  ")))
        by_code.setdefault(str(data.get("check", "")), []).append((*line, Span(str(data.get("message", "")))))
    for page in pages:
        check = page.check
        lines = by_code.get(check.code, [])
        sections = ((plain(name), plain(page.sections[name])) for name in HEADINGS)
        texts = [block for name, text in sections for block in (Heading(4, name), Paragraph(text))]
        count = f"  {count_noun(len(lines), 'finding')}" if lines else ""
        title = (Span(f"{check.code} ", Style.CODE), Span(check.title), Span(count, Style.CAUTION))
        yield Card(title, (*_cut_listing(lines), *texts), check.code, folded=not lines)
    yield from undecided_blocks(view.audit, _MAX_UNDECIDED)


_MAX_UNDECIDED = 100


def quarter_page(spec_number: int, section: Section) -> str:
    """The file name of a quarter of a spec."""
    return f"quarter-{section.report_period.name.lower()}{f'-{spec_number}' if spec_number > 1 else ''}.html"


def _numbered_quarters(view: View) -> Iterator[tuple[int, Section]]:
    yield from ((number, section) for number, sections in enumerate(view.quarters, 1) for section in sections)


def _quarter_title(section: Section) -> str:
    return f"{section.spec.history.spec}, {section.report_period.name}"


def _report_blocks(view: View, addresses: Addresses) -> Iterator[Block]:
    yield Paragraph(
        plain(
            "What each quarter came to, as it is known today. A sealed report can be handed over and verified: those "
            "in the repository are named with their quarter, and the command on its page writes another."
        )
    )
    rows = tuple(
        (
            (Span(_quarter_title(section), link=quarter_page(number, section)),),
            plain(format_count(len(section.period))),
            count_verdicts(entry.facts.verdict for entry in section.period),
            _reports_cell(_reports_of(view, section)),
        )
        for number, section in reversed(list(_numbered_quarters(view)))
    )
    yield Table(
        table_columns(("quarter", "patches", "verdicts", "sealed reports"), ("patches",)),
        rows,
        empty="No patch landed yet.",
    )
    yield Heading(2, plain("Sealed batches of records"))
    seals = tuple(
        (plain(format_count(seal.number)), plain(format_count(seal.records)), plain(seal.root, Style.CODE))
        for seal in reversed(view.seals)
    )
    empty = "No batch is sealed: auditor report seals what it rests on."
    yield Table(table_columns(("batch", "records", "root"), ("batch", "records")), seals, empty=empty)
    yield from _corrected_blocks(view, addresses)


def _reports_of(view: View, section: Section) -> tuple[CommittedReport, ...]:
    """The reports of a quarter that the repository holds."""
    name, spec = section.report_period.name, section.spec.history.spec
    return tuple(report for report in view.reports if report.period == name and spec in report.specs)


def _reports_cell(reports: Sequence[CommittedReport]) -> Line:
    spans: list[Span] = []
    for report in reports:
        batch = f", batch {report.batch:,}" if report.batch is not None else ", of no sealed batch"
        spans += [*([Span("\n")] if spans else []), Span(report.path, link=report.link), Span(batch, Style.QUIET)]
    return tuple(spans) or plain("none is committed", Style.QUIET)


def _corrected_blocks(view: View, addresses: Addresses) -> Iterator[Block]:
    """The records that count no longer."""
    if not view.corrected:
        return
    yield Heading(2, plain("Records that were corrected"))
    rows = []
    for record in view.corrected:
        node = f"run:{record.by}"
        by = Span(short_id(record.by), link=addresses.link(node) if node in view.graph else "")
        name = plain(short_id(record.record), Style.CODE)
        reason = plain(record.reason or _NO_REASON)
        rows.append((name, plain(record.suite), (by,), plain(_corrected_counts(record)), reason))
    names = ("record", "suite", "corrected by", "misaligned", "why")
    yield Table(table_columns(names, ("misaligned",)), tuple(rows))


_NO_REASON = "no reason is given"


def _corrected_counts(record: CorrectedRecord) -> str:
    return " to ".join(f"{misaligned:,} of {valid:,}" for misaligned, valid in record.counts)


def _quarter_blocks(view: View, section: Section, addresses: Addresses) -> Iterator[Block]:
    for text in section_answer(section):
        yield Paragraph(plain(text))
    yield Heading(2, plain("Patches"))
    yield from _patch_table(section.period, addresses)
    name = section.report_period.name
    spec = shlex.quote(section.spec.history.spec)
    yield Heading(2, plain("The report of this quarter"))
    reports = _reports_of(view, section)
    if reports:
        yield Paragraph((Span("In the repository: "), *_reports_cell(reports)))
        yield Commands(tuple(f"auditor verify --report {shlex.quote(report.path)}" for report in reports))
        yield Paragraph(plain("Another is written, and verified, by"))
    yield Commands(
        (
            f"auditor report --quarter {name} --spec {spec} -o audit-{name}.html",
            f"auditor verify --report audit-{name}.html",
        )
    )


_SEARCHED = ("patch", "clause", "behaviour", "suite", "checkpoint", "scorer", "waiver", "plan")
_MAX_SEARCHED = 2_000


def _search_blocks(view: View, addresses: Addresses) -> Iterator[Block]:
    graph = view.graph
    yield Note(plain("Type part of a name, a commit, a code, or words of a clause; / comes here from any page."))
    nodes = [node for kind in _SEARCHED for node in nodes_of_kind(graph, kind)]
    rows: list[tuple[Line, ...]] = [
        (plain("check"), (Span(f"{check.code} {check.title}", link=f"{CHECKS}#{check.code}"),))
        for check in all_checks()
    ]
    rows += [
        (plain(graph.nodes[node]["kind"]), _searched_line(graph, node, addresses)) for node in nodes[:_MAX_SEARCHED]
    ]
    yield Table(table_columns(("kind", "name"), ()), tuple(rows))
    if len(nodes) > _MAX_SEARCHED:
        yield Note(plain(f"{len(nodes) - _MAX_SEARCHED:,} more are not listed: auditor graph finds each by its name."))


def _searched_line(graph: EvidenceGraph, node: str, addresses: Addresses) -> Line:
    data = graph.nodes[node]
    commit = short_id(str(data.get("commit", "")))
    return Span(data["label"], link=addresses.link(node)), *_quiet(commit)
