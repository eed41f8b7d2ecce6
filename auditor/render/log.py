"""The log: where a spec's revisions were seen, newest first, with the scores beside them; as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import Field
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from auditor import __version__
from auditor.assess.facts import BehaviourFacts
from auditor.assess.timeline import LogEntry, SpecLog
from auditor.model.clause import ChangeCounts
from auditor.model.spec import SpecCommit
from auditor.model.verdict import Verdict
from auditor.render import cards
from auditor.render.clauses import counted
from auditor.render.escape import terminal
from auditor.render.parts import Part, SeenPart, printed, schema_of, seen_part
from auditor.render.schema import BehaviourPart, ChangesPart

SHORT = 10
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
    specs = [SpecPart(spec=log.spec, sightings=[_part(one) for one in log.sightings]) for log in logs]
    return printed(LogDocument(auditor_version=__version__, specs=specs))


def json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_of(LogDocument)


def show(logs: Sequence[SpecLog], width: int) -> Iterable[RenderableType]:
    """A block a sighting."""
    for log in logs:
        if len(logs) > 1:
            yield Text.assemble(("spec ", "dim"), (terminal(log.spec), "bold"), "\n")
        models = {facts.model for one in log.sightings if one.facts for facts in one.facts.behaviours}
        for one in log.sightings:
            yield _block(one, width, several=len(models) > 1)


def show_oneline(logs: Sequence[SpecLog]) -> Iterable[RenderableType]:
    """A line a sighting, as long as it is."""
    for log in logs:
        counts = [_short_counts(one.changes) for one in log.sightings]
        widest = max(map(len, counts), default=0)
        verdicts = [str(one.facts.verdict) if one.facts else "" for one in log.sightings]
        room = max(map(len, verdicts), default=0)
        for one, count in zip(log.sightings, counts, strict=True):
            sighting = one.sighting
            yield Text.assemble(
                (name_of(sighting), "yellow"),
                f"  {sighting.date:%Y-%m-%d}  " if sighting.commit is not None else "  ",
                (f"{log.spec}  " if len(logs) > 1 else ""),
                (f"{count:<{widest}}  ", "dim"),
                cards.verdict(one.facts.verdict) if one.facts else "",
                " " * (room - len(str(one.facts.verdict)) if one.facts else room) + "  ",
                _label(sighting),
                terminal(sighting.subject),
            )


def name_of(sighting: SpecCommit) -> str:
    """The beginning of its commit, or its folder."""
    return terminal(sighting.name) if sighting.commit is None else sighting.commit[:SHORT]


def head(sighting: SpecCommit) -> RenderableType:
    """Commit or folder, label and date of a sighting, and its subject below."""
    line = Text.assemble(
        ("commit " if sighting.commit else "folder ", "dim"),
        (name_of(sighting), "yellow"),
        f"  {sighting.date:%Y-%m-%d}  ",
        _label(sighting),
        (f"revision {sighting.revision[:SHORT]}", "dim"),
    )
    if not sighting.subject:
        return line
    return Group(line, Padding(Text(terminal(sighting.subject)), (0, 0, 0, _INDENT), expand=False))


def _label(sighting: SpecCommit) -> tuple[str, str]:
    named = sighting.label is not None and sighting.label != sighting.name
    return f"({terminal(sighting.label or '')})  " if named else "", "bold cyan"


def _block(one: LogEntry, width: int, *, several: bool) -> RenderableType:
    lines: list[RenderableType] = [_changed(one)]
    if one.facts:
        lines += _scores(one.facts.behaviours, width - _INDENT, several=several)
    return Group(head(one.sighting), Padding(Group(*lines), (0, 0, 1, _INDENT), expand=False))


def _changed(one: LogEntry) -> Text:
    if one.changes is None:
        return Text(f"first seen, {one.clauses:,} clauses", style="dim")
    if one.facts:
        what, patch = "patch", one.facts.patch
    elif one.same_as:
        what, patch = "the same change as patch", one.same_as
    else:
        return Text(f"no patch of its own; {counted(one.changes)} against its first parent", style="dim")
    return Text.assemble(f"{what} ", (patch.id[:8], "yellow"), (f"  {counted(one.changes)}", "dim"))


def _end(facts: BehaviourFacts) -> Text:
    """The verdict; where several patches share it, how many."""
    shared = len(facts.step.patches)
    end = cards.verdict(facts.verdict)
    if facts.hiding_suspected:
        end.append(", hiding suspected", style="bold red")
    return end.append(f", shared by {shared} patches", style="dim") if shared > 1 else end


def _part(one: LogEntry) -> SightedPart:
    patch = one.facts.patch if one.facts else one.same_as
    judged = [cards.behaviour_part(facts, one.facts.patch.spec) for facts in one.facts.behaviours] if one.facts else []
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


def _scores(given: Sequence[BehaviourFacts], width: int, *, several: bool) -> Iterator[Text]:
    """A line a behaviour: its test and held-out rates after, its verdict; two lines where one would not hold them."""
    if not given:
        return
    names = [terminal(facts.behaviour) + (f" of {terminal(facts.model)}" if several else "") for facts in given]
    sides = [facts.test for facts in given], [facts.held_out for facts in given]
    tests, held = ([cards.rate(change.after if change else None) for change in side] for side in sides)
    ends = [_end(facts) for facts in given]
    wide = [max(map(cell_len, column)) for column in (names, tests, held)]
    beside = sum(wide) + len("  test   held-out   ") + max(map(len, ends)) <= width
    for name, test, other, end in zip(names, tests, held, ends, strict=True):
        rates = Text.assemble(("test ", "dim"), f"{test:<{wide[1]}}  ", ("held-out ", "dim"), f"{other:<{wide[2]}}")
        if beside:
            yield Text.assemble(f"{name}{' ' * (wide[0] - cell_len(name))}  ", rates, "  ", end)
        else:
            yield Text.assemble(f"{name}  ", end, "\n  ", rates)
