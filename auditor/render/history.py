"""log, diff, blame and show, as text and as JSON: revisions with their scores, two revisions compared, a clause's
life, a patch.

Logs, comparisons, stories and patches come in; renderables or one JSON document go out. Figures look as they do in
the audit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor import __version__
from auditor.assess.facts import BehaviourFacts, Rate
from auditor.assess.timeline import LogEntry, SpecLog
from auditor.audit import PatchEntry
from auditor.clauses.blame import ClauseEvent, ClauseHistory, ClauseState, SectionMember
from auditor.clauses.comparison import Comparison, ComparisonSide, section_path
from auditor.model.clause import ChangeCounts, ChangeKind
from auditor.model.finding import Finding
from auditor.model.spec import SpecCommit
from auditor.model.verdict import WORST_FIRST, Verdict
from auditor.render import audit
from auditor.render import json as documents
from auditor.render.clauses import (
    SIGNS,
    SectionNames,
    TextStyle,
    choose_style,
    count_changes,
    escape_words,
    first_words,
    render_change,
    render_changes,
    section_line,
)
from auditor.render.escape import escape_terminal
from auditor.render.json_parts import (
    ChangePart,
    ClausePart,
    ComparisonPart,
    Part,
    SeenPart,
    change_part,
    clause_part,
    comparison_part,
    print_document,
    schema_text,
    seen_part,
)
from auditor.render.json_parts import seen_part as _seen
from auditor.render.schema import BehaviourPart, ChangesPart, PatchPart

# What log and show print of the audit's cards, so that a figure looks the same wherever it stands.


def format_rate(of: Rate | None) -> str:
    """A rate with its limits, in per cent; a dash where there is none."""
    return " ".join(audit.rate_cells(of, counts=False)) if of is not None else "-"


def format_verdict(of: Verdict, mechanisms: Sequence[str] = ()) -> Text:
    """A verdict in its colour, with the mechanisms of suspected hiding."""
    hiding = f"  hiding suspected: {', '.join(mechanisms)}" if mechanisms else ""
    return Text.assemble((str(of), audit.VERDICT_STYLES[of]), (hiding, "bold red"))


def audit_behaviour_part(facts: BehaviourFacts, spec: str) -> BehaviourPart:
    """A behaviour of a spec as the audit's document has it."""
    return documents.behaviour_part(facts, spec)


def audit_patch_part(entry: PatchEntry) -> PatchPart:
    """A patch as the audit's document has it."""
    return documents.patch_part(entry)


def patch_details(entry: PatchEntry, width: int) -> Iterator[RenderableType]:
    """Everything the audit says of a patch: every behaviour, the worst first, then every finding with its message."""
    counts = width >= audit.ROOM_FOR_COUNTS
    for facts in sorted(entry.facts.behaviours, key=lambda facts: WORST_FIRST.index(facts.verdict)):
        yield format_verdict(facts.verdict, facts.mechanisms if facts.hiding_suspected else ())
        yield Padding(Group(*audit.behaviour_blocks(facts, counts)), (0, 0, 1, 4), expand=False)
    yield from (footnotes := list(audit.footnotes(replace(entry, findings=()))))
    if entry.findings:
        if footnotes:
            yield Text("")
        yield _finding_table(entry.findings)


def _finding_table(findings: Sequence[Finding]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="yellow")
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for finding in findings:
        place = f" ({escape_terminal(finding.place.path)}:{finding.place.line})" if finding.place else ""
        what = Text.assemble((finding.name, "bold"), f": {escape_terminal(finding.message)}{place}")
        table.add_row(finding.check, str(finding.severity), what)
    return Group(Text("Findings", style="bold"), Padding(table, (0, 0, 0, 4), expand=False))


# The log: where a spec's revisions were seen, newest first, with the scores beside them; as text and as JSON.


ID_DIGITS = 10
"""How many digits of a commit or revision are shown."""

_INDENT = 4


class SightedPart(Part):
    """A sighting. `changes` is null for a first one; `patch` is the id of the patch it is, or was made as elsewhere."""

    seen: SeenPart
    clauses: int
    changes: ChangesPart | None
    patch: str | None
    verdict: Verdict | None
    behaviours: list[BehaviourPart]


class SpecPart(Part):
    """A spec's sightings, newest first."""

    spec: str
    sightings: list[SightedPart]


class LogDocument(Part):
    """The document `auditor log --format json` prints."""

    schema_: Literal["auditor.log/1"] = Field(default="auditor.log/1", serialization_alias="schema")
    auditor_version: str
    specs: list[SpecPart]


def log_json(logs: Sequence[SpecLog]) -> str:
    """The logs as one JSON document."""
    specs = [SpecPart(spec=log.spec, sightings=[_commit_part(one) for one in log.sightings]) for log in logs]
    return print_document(LogDocument(auditor_version=__version__, specs=specs))


def log_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(LogDocument)


def render_log(logs: Sequence[SpecLog], width: int) -> Iterable[RenderableType]:
    """A block a sighting."""
    for log in logs:
        if len(logs) > 1:
            yield Text.assemble(("spec ", "dim"), (escape_terminal(log.spec), "bold"), "\n")
        models = {facts.model for one in log.sightings if one.facts for facts in one.facts.behaviours}
        for one in log.sightings:
            yield _commit_block(one, width, several=len(models) > 1)


def render_log_oneline(logs: Sequence[SpecLog]) -> Iterable[RenderableType]:
    """A line a sighting, as long as it is."""
    for log in logs:
        counts = [_short_counts(one.changes) for one in log.sightings]
        widest = max(map(len, counts), default=0)
        verdicts = [str(one.facts.verdict) if one.facts else "" for one in log.sightings]
        room = max(map(len, verdicts), default=0)
        for one, count in zip(log.sightings, counts, strict=True):
            sighting = one.sighting
            yield Text.assemble(
                (commit_name(sighting), "yellow"),
                f"  {sighting.date:%Y-%m-%d}  " if sighting.commit is not None else "  ",
                (f"{log.spec}  " if len(logs) > 1 else ""),
                (f"{count:<{widest}}  ", "dim"),
                format_verdict(one.facts.verdict) if one.facts else "",
                " " * (room - len(str(one.facts.verdict)) if one.facts else room) + "  ",
                _label_text(sighting),
                escape_terminal(sighting.subject),
            )


def commit_name(sighting: SpecCommit) -> str:
    """The beginning of its commit, or its folder."""
    return escape_terminal(sighting.name) if sighting.commit is None else sighting.commit[:ID_DIGITS]


def commit_head(sighting: SpecCommit) -> RenderableType:
    """Commit or folder, label and date of a sighting, and its subject below."""
    line = Text.assemble(
        ("commit " if sighting.commit else "folder ", "dim"),
        (commit_name(sighting), "yellow"),
        f"  {sighting.date:%Y-%m-%d}  ",
        _label_text(sighting),
        (f"revision {sighting.revision[:ID_DIGITS]}", "dim"),
    )
    if not sighting.subject:
        return line
    return Group(line, Padding(Text(escape_terminal(sighting.subject)), (0, 0, 0, _INDENT), expand=False))


def _label_text(sighting: SpecCommit) -> tuple[str, str]:
    named = sighting.label is not None and sighting.label != sighting.name
    return f"({escape_terminal(sighting.label or '')})  " if named else "", "bold cyan"


def _commit_block(one: LogEntry, width: int, *, several: bool) -> RenderableType:
    lines: list[RenderableType] = [_change_line(one)]
    if one.facts:
        lines += _behaviour_lines(one.facts.behaviours, width - _INDENT, several=several)
    return Group(commit_head(one.sighting), Padding(Group(*lines), (0, 0, 1, _INDENT), expand=False))


def _change_line(one: LogEntry) -> Text:
    if one.changes is None:
        return Text(f"first seen, {one.clauses:,} clauses", style="dim")
    if one.facts:
        what, patch = "patch", one.facts.patch
    elif one.same_as:
        what, patch = "the same change as patch", one.same_as
    else:
        return Text(f"no patch of its own; {count_changes(one.changes)} against its first parent", style="dim")
    return Text.assemble(f"{what} ", (patch.id[:8], "yellow"), (f"  {count_changes(one.changes)}", "dim"))


def _verdict_end(facts: BehaviourFacts) -> Text:
    """The verdict; where several patches share it, how many."""
    shared = len(facts.step.patches)
    end = format_verdict(facts.verdict)
    if facts.hiding_suspected:
        end.append(", hiding suspected", style="bold red")
    return end.append(f", shared by {shared} patches", style="dim") if shared > 1 else end


def _commit_part(one: LogEntry) -> SightedPart:
    patch = one.facts.patch if one.facts else one.same_as
    judged = [audit_behaviour_part(facts, one.facts.patch.spec) for facts in one.facts.behaviours] if one.facts else []
    return SightedPart(
        seen=seen_part(one.sighting),
        clauses=one.clauses,
        changes=ChangesPart.model_validate(one.changes, from_attributes=True) if one.changes else None,
        patch=patch.id if patch else None,
        verdict=one.facts.verdict if one.facts else None,
        behaviours=judged,
    )


def _short_counts(counts: ChangeCounts | None) -> str:
    if counts is None:
        return "first"
    signs = (("+", counts.added), ("-", counts.removed), ("~", counts.reworded), (">", counts.moved))
    return " ".join(f"{sign}{number}" for sign, number in signs if number) or "="


def _behaviour_lines(given: Sequence[BehaviourFacts], width: int, *, several: bool) -> Iterator[Text]:
    """A line a behaviour: its test and held-out rates after, its verdict; two lines where one would not hold them."""
    if not given:
        return
    names = [
        escape_terminal(facts.behaviour) + (f" of {escape_terminal(facts.model)}" if several else "") for facts in given
    ]
    sides = [facts.test for facts in given], [facts.held_out for facts in given]
    tests, held = ([format_rate(change.after if change else None) for change in side] for side in sides)
    ends = [_verdict_end(facts) for facts in given]
    wide = [max(map(cell_len, column)) for column in (names, tests, held)]
    beside = sum(wide) + len("  test   held-out   ") + max(map(len, ends)) <= width
    for name, test, other, end in zip(names, tests, held, ends, strict=True):
        rates = Text.assemble(("test ", "dim"), f"{test:<{wide[1]}}  ", ("held-out ", "dim"), f"{other:<{wide[2]}}")
        if beside:
            yield Text.assemble(f"{name}{' ' * (wide[0] - cell_len(name))}  ", rates, "  ", end)
        else:
            yield Text.assemble(f"{name}  ", end, "\n  ", rates)


# A clause's whole life, oldest event first; as text and as JSON.


_MAX_CANDIDATES = 20


class EventPart(Part):
    """One event; `word` is what it was to this very clause, `patch` null where no patch made it."""

    word: str
    seen: SeenPart
    patch: str | None
    change: ChangePart


class StatePart(Part):
    """A clause as it is, or was when it was last seen."""

    id: str
    there: bool
    seen: SeenPart
    clause: ClausePart


class MemberPart(Part):
    """A clause under the heading that was asked for, and what last happened to it, where."""

    state: StatePart
    word: str
    seen: SeenPart


class BlameDocument(Part):
    """The document `auditor blame --format json` prints."""

    schema_: Literal["auditor.blame/1"] = Field(default="auditor.blame/1", serialization_alias="schema")
    auditor_version: str
    spec: str
    state: StatePart
    events: list[EventPart]
    parent: StatePart | None
    heir: StatePart | None
    section: list[MemberPart]


def blame_json(story: ClauseHistory) -> str:
    """The life as one JSON document."""
    return print_document(
        BlameDocument(
            auditor_version=__version__,
            spec=story.spec,
            state=_state_part(story.state),
            events=[
                EventPart(word=told.word, seen=_seen(told.sighting), patch=told.patch, change=change_part(told.typed))
                for told in story.events
            ],
            parent=_state_part(story.parent) if story.parent else None,
            heir=_state_part(story.heir) if story.heir else None,
            section=[
                MemberPart(state=_state_part(one.state), word=one.word, seen=_seen(one.sighting))
                for one in story.section
            ],
        )
    )


def blame_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(BlameDocument)


def _state_part(state: ClauseState) -> StatePart:
    return StatePart(id=state.id, there=state.there, seen=_seen(state.sighting), clause=clause_part(state.clause))


def render_blame(story: ClauseHistory, console: Console) -> Iterator[RenderableType]:
    """The clause, then what happened to it; of a heading, then the clauses under it."""
    clause = story.state.clause
    look = TextStyle(marks=choose_style(console).marks, paths=True)
    yield section_line(section_path(clause), clause)
    yield Text.assemble(("clause ", "dim"), (story.state.id[:8], "yellow"), f"  {_clause_status(story)}")
    yield Padding(Text(escape_words(clause.text)), (0, 0, 1, 4))
    for told in story.events:
        yield _event_block(told, look)
    for what, other in (("It was split off", story.parent), ("It was merged into", story.heir)):
        if other is not None:
            yield Text.assemble(
                f"{what} ", (other.id[:8], "yellow"), f"  {_clause_place(other)}  ", first_words(other.clause.text)
            )
    if story.section:
        yield from _section_table(story.section)


def _section_table(members: Sequence[SectionMember]) -> Iterator[RenderableType]:
    """What last happened to each clause under a heading."""
    many = f"{len(members)} clauses stand" if len(members) > 1 else "One clause stands"
    yield Text(f"{many} under it, with what last happened:")
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in members:
        first = first_words(" ".join(one.state.clause.text.split()))
        table.add_row(f"{one.sighting.date:%Y-%m-%d}", one.word, Text(_clause_place(one.state)), first)
    yield Padding(table, (0, 0, 0, 4), expand=False)


def _clause_status(story: ClauseHistory) -> str:
    """Where the clause is, and since when it says what it says; or since when it is gone."""
    state, last = story.state, story.events[-1]
    since = f"{last.sighting.date:%Y-%m-%d}"
    if story.events[-1].word in ("removed", "merged into another"):
        return f"{story.events[-1].word} {since}, last at {_clause_place(state)}"
    return f"{_clause_place(state)}, {last.word} {since}" + (" and unchanged since" if state.there else "")


def _clause_place(state: ClauseState) -> str:
    return f"{escape_terminal(state.clause.path)}:{state.clause.line}"


def _event_block(told: ClauseEvent, look: TextStyle) -> RenderableType:
    sighting = told.sighting
    head = Text.assemble(
        (f"{sighting.date:%Y-%m-%d}", "bold"),
        "  ",
        (commit_name(sighting), "yellow"),
        (
            f"  ({escape_terminal(sighting.label)})" if sighting.label and sighting.label != sighting.name else "",
            "bold cyan",
        ),
        f"  {escape_terminal(sighting.subject)}" if sighting.subject else "",
    )
    return Group(head, Padding(render_change(told.typed, look, word=told.word), (0, 0, 0, 4)))


def render_candidates(candidates: Sequence[ClauseState]) -> Iterable[RenderableType]:
    """The clauses that may be meant: the place of each and its first words."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for state in candidates[:_MAX_CANDIDATES]:
        gone = "" if state.there else f" (last seen {state.sighting.date:%Y-%m-%d})"
        table.add_row(Text(_clause_place(state) + gone), first_words(" ".join(state.clause.text.split())))
    yield Padding(table, (0, 0, 0, 2), expand=False)
    if len(candidates) > _MAX_CANDIDATES:
        yield Text(f"  and {len(candidates) - _MAX_CANDIDATES} more", style="dim")


# A comparison of two revisions: clause by clause, as counts per section, and as JSON.


_MIN_BAR = 16
_SIGN_ORDER = "+-~>"


class DiffDocument(Part):
    """The document `auditor diff --format json` prints."""

    schema_: Literal["auditor.diff/1"] = Field(default="auditor.diff/1", serialization_alias="schema")
    auditor_version: str
    specs: list[ComparisonPart]


def diff_json(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as one JSON document."""
    return print_document(
        DiffDocument(auditor_version=__version__, specs=[comparison_part(comparison) for comparison in comparisons])
    )


def diff_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(DiffDocument)


def render_diff(comparisons: Sequence[Comparison], console: Console) -> Iterable[RenderableType]:
    """The comparisons, clause by clause."""
    for comparison in comparisons:
        yield _diff_head(comparison)
        yield from render_changes(comparison, choose_style(console, [comparison]))


def render_diff_stat(comparisons: Sequence[Comparison], console: Console) -> Iterable[RenderableType]:
    """How many clauses changed in each section, with a bar as long as the terminal has room for."""
    for place, comparison in enumerate(comparisons):
        if place:
            yield Text("")
        yield _diff_head(comparison)
        yield from stat_lines(comparison, console.width)


def _diff_head(comparison: Comparison) -> Text:
    before, after = (side_name(side) for side in (comparison.before, comparison.after))
    return Text.assemble(
        ("spec ", "dim"),
        (escape_terminal(comparison.spec), "bold"),
        f"  {before} -> {after}\n",
        (f"{count_changes(comparison.counts)}\n", "dim"),
    )


def side_name(side: ComparisonSide) -> str:
    """What a side is called: as it was asked for, its commit, its date."""
    parts = [escape_terminal(side.name)]
    if side.commit and not side.commit.startswith(side.name):
        parts.append(side.commit[:12])
    if side.sighting is not None and f"{side.sighting.date:%Y-%m-%d}" not in side.name:
        parts.append(f"{side.sighting.date:%Y-%m-%d}")
    return parts[0] if len(parts) == 1 else f"{parts[0]} ({', '.join(parts[1:])})"


def stat_lines(comparison: Comparison, width: int) -> Iterator[Text]:
    """The sections as a tree, in the order of the text after, each with its number of changes and a bar.

    A title that leaves no room for a bar has its numbers on the next line.
    """
    rows = _sign_counts(comparison)
    if not rows:
        return
    most = max(signs.total() for signs in rows.values())
    digits = len(str(most))
    titles = [(place, _section_title(place)) for place in _with_parents(rows)]
    room = width - digits - 4 - _MIN_BAR
    widest = max((size for _, title in titles if (size := cell_len(title)) <= room), default=0)
    scale = min(1.0, (width - widest - digits - 4) / most)
    for place, title in titles:
        yield _stat_line(title, rows.get(place), widest, digits, scale)


def _sign_counts(comparison: Comparison) -> dict[tuple[str, ...], Counter[str]]:
    """How many clauses changed in each section, by sign; the further pieces of a split or merge count each."""
    rows: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    places = SectionNames(comparison)
    for one in comparison.changes:
        signs = rows[places(one)]
        signs[SIGNS[one.change.kind][0]] += 1
        signs["+" if one.change.kind is ChangeKind.SPLIT else "-"] += len(one.change.others)
    return rows


def _with_parents(places: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The places, each after those of the sections around it that were not named just before."""
    last: tuple[str, ...] = ()
    for place in places:
        shared = next((at for at, (one, other) in enumerate(zip(last, place, strict=False)) if one != other), None)
        known = min(len(last), len(place)) if shared is None else shared
        yield from (place[:length] for length in range(known + 1, len(place)))
        yield place
        last = place


def _section_title(place: tuple[str, ...]) -> str:
    return "  " * (len(place) - 1) + escape_terminal(place[-1]) if place else "(before the first heading)"


def _stat_line(title: str, signs: Counter[str] | None, widest: int, digits: int, scale: float) -> Text:
    if signs is None:
        return Text(title)
    size = cell_len(title)
    start = f"{title}{' ' * (widest - size)}" if size <= widest else f"{title}\n{' ' * widest}"
    line = Text.assemble(start, f"  {signs.total():>{digits}}  ")
    styles = dict(SIGNS.values())
    for sign, length in _sign_lengths(signs, scale):
        line.append(sign * length, style=styles[sign])
    return line


def _sign_lengths(signs: Counter[str], scale: float) -> Iterator[tuple[str, int]]:
    """Each sign as often as the scale has it, and once at least; together no longer than the whole at that scale."""
    there = [sign for sign in _SIGN_ORDER if signs[sign]]
    whole = max(len(there), round(signs.total() * scale))
    lengths = {sign: max(1, int(signs[sign] * scale)) for sign in there}
    largest = max(there, key=lambda sign: signs[sign])
    lengths[largest] = max(1, lengths[largest] + whole - sum(lengths.values()))
    yield from lengths.items()


# One patch: what it changed clause by clause, and everything the audit says of it; as text and as JSON.


class ShownPart(Part):
    """A patch as the audit has it, and what it changed."""

    patch: PatchPart
    comparison: ComparisonPart


class ShowDocument(Part):
    """The document `auditor show --format json` prints."""

    schema_: Literal["auditor.show/1"] = Field(default="auditor.show/1", serialization_alias="schema")
    auditor_version: str
    patches: list[ShownPart]


def show_json(patches: Sequence[tuple[PatchEntry, Comparison]]) -> str:
    """The patches as one JSON document."""
    shown = [ShownPart(patch=audit_patch_part(entry), comparison=comparison_part(each)) for entry, each in patches]
    return print_document(ShowDocument(auditor_version=__version__, patches=shown))


def show_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(ShowDocument)


def render_patches(patches: Sequence[tuple[PatchEntry, Comparison]], console: Console) -> Iterable[RenderableType]:
    """The patches: head, clause changes, what the audit says, findings."""
    for entry, comparison in patches:
        patch = entry.facts.patch
        yield commit_head(patch.after)
        yield Text.assemble("    patch ", (patch.id[:8], "yellow"), f" of spec {escape_terminal(patch.spec)}")
        yield Text(f"    {count_changes(entry.counts)}\n", style="dim")
        yield from render_changes(comparison, choose_style(console, [comparison]))
        yield from patch_details(entry, console.width)
