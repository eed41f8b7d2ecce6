"""A clause's whole life, oldest event first; as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import Field
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor import __version__
from auditor.clauses.blame import ClauseEvent, ClauseHistory, ClauseState, SectionMember
from auditor.clauses.comparison import section_path
from auditor.render.clauses import block, look_of, section_line
from auditor.render.escape import terminal
from auditor.render.log import name_of
from auditor.render.parts import ChangePart, ClausePart, Part, SeenPart, change_part, clause_part, printed, schema_of
from auditor.render.parts import seen_part as _seen
from auditor.render.words import Look, escaped, start_of

_MOST_CANDIDATES = 20


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
    return printed(
        BlameDocument(
            auditor_version=__version__,
            spec=story.spec,
            state=_state(story.state),
            events=[
                EventPart(word=told.word, seen=_seen(told.sighting), patch=told.patch, change=change_part(told.typed))
                for told in story.events
            ],
            parent=_state(story.parent) if story.parent else None,
            heir=_state(story.heir) if story.heir else None,
            section=[
                MemberPart(state=_state(one.state), word=one.word, seen=_seen(one.sighting)) for one in story.section
            ],
        )
    )


def json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_of(BlameDocument)


def _state(state: ClauseState) -> StatePart:
    return StatePart(id=state.id, there=state.there, seen=_seen(state.sighting), clause=clause_part(state.clause))


def show(story: ClauseHistory, console: Console) -> Iterator[RenderableType]:
    """The clause, then what happened to it; of a heading, then the clauses under it."""
    clause = story.state.clause
    look = Look(marks=look_of(console).marks, paths=True)
    yield section_line(section_path(clause), clause)
    yield Text.assemble(("clause ", "dim"), (story.state.id[:8], "yellow"), f"  {_standing(story)}")
    yield Padding(Text(escaped(clause.text)), (0, 0, 1, 4))
    for told in story.events:
        yield _event(told, look)
    for what, other in (("It was split off", story.parent), ("It was merged into", story.heir)):
        if other is not None:
            yield Text.assemble(
                f"{what} ", (other.id[:8], "yellow"), f"  {_place(other)}  ", start_of(other.clause.text)
            )
    if story.section:
        yield from _section(story.section)


def _section(members: Sequence[SectionMember]) -> Iterator[RenderableType]:
    """What last happened to each clause under a heading."""
    many = f"{len(members)} clauses stand" if len(members) > 1 else "One clause stands"
    yield Text(f"{many} under it, with what last happened:")
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in members:
        first = start_of(" ".join(one.state.clause.text.split()))
        table.add_row(f"{one.sighting.date:%Y-%m-%d}", one.word, Text(_place(one.state)), first)
    yield Padding(table, (0, 0, 0, 4), expand=False)


def _standing(story: ClauseHistory) -> str:
    """Where the clause is, and since when it says what it says; or since when it is gone."""
    state, last = story.state, story.events[-1]
    since = f"{last.sighting.date:%Y-%m-%d}"
    if story.events[-1].word in ("removed", "merged into another"):
        return f"{story.events[-1].word} {since}, last at {_place(state)}"
    return f"{_place(state)}, {last.word} {since}" + (" and unchanged since" if state.there else "")


def _place(state: ClauseState) -> str:
    return f"{terminal(state.clause.path)}:{state.clause.line}"


def _event(told: ClauseEvent, look: Look) -> RenderableType:
    sighting = told.sighting
    head = Text.assemble(
        (f"{sighting.date:%Y-%m-%d}", "bold"),
        "  ",
        (name_of(sighting), "yellow"),
        (f"  ({terminal(sighting.label)})" if sighting.label and sighting.label != sighting.name else "", "bold cyan"),
        f"  {terminal(sighting.subject)}" if sighting.subject else "",
    )
    return Group(head, Padding(block(told.typed, look, word=told.word), (0, 0, 0, 4)))


def show_candidates(candidates: Sequence[ClauseState]) -> Iterable[RenderableType]:
    """The clauses that may be meant: the place of each and its first words."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for state in candidates[:_MOST_CANDIDATES]:
        gone = "" if state.there else f" (last seen {state.sighting.date:%Y-%m-%d})"
        table.add_row(Text(_place(state) + gone), start_of(" ".join(state.clause.text.split())))
    yield Padding(table, (0, 0, 0, 2), expand=False)
    if len(candidates) > _MOST_CANDIDATES:
        yield Text(f"  and {len(candidates) - _MOST_CANDIDATES} more", style="dim")
