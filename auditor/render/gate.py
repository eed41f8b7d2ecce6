"""A decision as text, three lines an entry, and as JSON (schema auditor.gate/1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.text import Text

from auditor import __version__
from auditor.gate.decision import Decision, Entry, Level
from auditor.model.spec import Patch
from auditor.render.escape import escape_terminal
from auditor.render.ledger import WaiverPart, waiver_lines, waiver_part
from auditor.render.schema import PlacePart

_STYLES = {Level.BLOCKED: "bold red", Level.MISSING: "bold yellow", Level.WARNING: "yellow"}
_WAIVABLE_LEVELS = (Level.BLOCKED, Level.MISSING)
_WIDTH = 9
_MAX_RECORDS = 3
_OUTCOMES = {0: "pass", 1: "blocked", 3: "evidence missing"}


def render_decision(decision: Decision) -> Iterable[Text]:
    """The decision, entry by entry, worst first, and its outcome on the last line. No line is to be wrapped."""
    patches = {patch.id: patch for patch in decision.judged}
    several = len({patch.spec for patch in decision.judged}) > 1
    for level in Level:
        for entry in decision.entries:
            if entry.level is level:
                yield _entry_block(entry, patches, several)
    yield from waiver_lines(decision.waivers)
    yield Text(": ".join(summarise_outcome(decision)), style="bold")


def _entry_block(entry: Entry, patches: dict[str, Patch], several: bool) -> Text:
    about = _entry_heading(entry, patches, several)
    lines = [escape_terminal(entry.rates or entry.why)]
    if entry.waiver:
        lines.append(f"waived by {escape_terminal(entry.waiver)}")
    if entry.remedy:
        lines.append(
            "to unblock: " + escape_terminal(": ".join([entry.remedy.text, *_as_shell_line(entry.remedy.commands)]))
        )
    text = Text(f"{entry.level!s:<{_WIDTH}}", style=_STYLES.get(entry.level, "dim"))
    if not about:
        about, *lines = lines
    text.append(about, style="bold" if entry.level in (Level.BLOCKED, Level.MISSING) else "")
    for line in lines:
        text.append(f"\n{'':<{_WIDTH}}{line}", style="")
    return text


def _as_shell_line(commands: Sequence[str]) -> list[str]:
    """Several commands as one line for a shell."""
    return [" && ".join(commands)] if commands else []


def _entry_heading(entry: Entry, patches: dict[str, Patch], several: bool) -> str:
    """What it is about, on one line; nothing for what concerns the whole landing."""
    measured = f"{escape_terminal(entry.behaviour)} of {escape_terminal(entry.model or '')}" if entry.behaviour else ""
    named = ", ".join(_patch_name(patches[name]) if name in patches else f"patch {name[:8]}" for name in entry.patches)
    records = ", ".join(name[:12] for name in entry.records[:_MAX_RECORDS])
    more = ", …" if len(entry.records) > _MAX_RECORDS else ""
    spec = f"spec {escape_terminal(entry.spec)}" if entry.spec and (several or not named) else ""
    about = ", ".join(part for part in (spec, named, measured, f"record {records}{more}" if records else "") if part)
    rule = f"{entry.rule} {entry.name}" if entry.name else entry.rule
    shown = f"  [{entry.fingerprint}]" if entry.level in _WAIVABLE_LEVELS else ""
    return f"{about}: {rule}{shown}" if about else f"{rule}{shown}" if entry.name else ""


def _patch_name(patch: Patch) -> str:
    name = escape_terminal(patch.after.label or patch.after.subject)
    return f"patch {patch.id[:8]}" + (f" ({name})" if name else "")


def entry_subject(entry: Entry, patches: dict[str, Patch]) -> str:
    """What an entry is about, without its rule; "the landing" for what concerns all of it."""
    measured = f"{escape_terminal(entry.behaviour)} of {escape_terminal(entry.model or '')}" if entry.behaviour else ""
    named = ", ".join(_patch_name(patches[name]) for name in entry.patches if name in patches)
    spec = f"spec {escape_terminal(entry.spec)}" if entry.spec and not named else ""
    return ", ".join(part for part in (spec, named, measured) if part) or "the landing"


def summarise_outcome(decision: Decision) -> tuple[str, str]:
    """How it ended, in a word; and what was judged, with what it came to."""
    counts = [
        (len(decision.blocked), "blocked"),
        (len(decision.missing), "missing"),
        (len(decision.warnings), "warned of"),
        (len(decision.waived), "waived"),
        (len(decision.notices), "noted"),
    ]
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    judged = len(decision.judged)
    sides = f"{decision.base[:12]}..{decision.head[:12]}"
    text = f"{judged} patch{'' if judged == 1 else 'es'} in {sides}"
    return _OUTCOMES[decision.exit_code], f"{text} ({said})" if said else text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EntryPart(_Part):
    """One thing the decision says; patches and records are ids, rates is null unless they were to be shown.

    fingerprint is what a waiver names it by, null for what cannot be waived; waiver the one that excuses it.
    """

    rule: str
    spec: str | None
    patches: list[str]
    behaviour: str | None
    model: str | None
    why: str
    rates: str | None
    unblock: str | None
    commands: list[str]
    records: list[str]
    name: str | None
    fingerprint: str | None
    place: PlacePart | None
    waiver: str | None


class PatchPart(_Part):
    """A patch that was judged: the content ids around it, and the commit it lands with (null for a dated folder)."""

    id: str
    spec: str
    before: str
    after: str
    commit: str | None
    label: str | None
    subject: str


class GateDocument(_Part):
    """The document `auditor gate --format json` prints."""

    schema_: Literal["auditor.gate/1"] = Field(default="auditor.gate/1", serialization_alias="schema")
    auditor_version: str
    base: str
    head: str
    policy_from: Literal["base", "head"]
    exit_code: Literal[0, 1, 3]
    judged: list[PatchPart]
    blocked: list[EntryPart]
    missing: list[EntryPart]
    warnings: list[EntryPart]
    waived: list[EntryPart]
    notices: list[EntryPart]
    waivers: list[WaiverPart]


def gate_json(decision: Decision) -> str:
    """The decision as one JSON document, indented by two, with a newline at its end."""
    return json.dumps(gate_document(decision), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def gate_document(decision: Decision) -> dict[str, object]:
    """The decision as what its JSON document holds."""
    document = GateDocument.model_validate(
        {
            "auditor_version": __version__,
            "base": decision.base,
            "head": decision.head,
            "policy_from": decision.policy_from,
            "exit_code": decision.exit_code,
            "judged": [_patch_part(patch) for patch in decision.judged],
            "blocked": _entry_parts(decision.blocked),
            "missing": _entry_parts(decision.missing),
            "warnings": _entry_parts(decision.warnings),
            "waived": _entry_parts(decision.waived),
            "notices": _entry_parts(decision.notices),
            "waivers": [waiver_part(facts) for facts in decision.waivers],
        }
    )
    return document.model_dump(mode="json", by_alias=True)


def gate_json_schema() -> str:
    """The JSON Schema of the document."""
    return json.dumps(GateDocument.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def _entry_parts(entries: Sequence[Entry]) -> list[EntryPart]:
    return [
        EntryPart(
            rule=entry.rule,
            spec=entry.spec or None,
            patches=list(entry.patches),
            behaviour=entry.behaviour,
            model=entry.model,
            why=entry.why,
            rates=entry.rates,
            unblock=entry.remedy.text if entry.remedy else None,
            commands=list(entry.remedy.commands) if entry.remedy else [],
            records=list(entry.records),
            name=entry.name or None,
            fingerprint=entry.fingerprint or None,
            place=PlacePart(path=entry.place.path, line=entry.place.line) if entry.place else None,
            waiver=entry.waiver,
        )
        for entry in entries
    ]


def _patch_part(patch: Patch) -> PatchPart:
    after = patch.after
    return PatchPart(
        id=patch.id,
        spec=patch.spec,
        before=patch.before.revision,
        after=after.revision,
        commit=after.commit,
        label=after.label,
        subject=after.subject,
    )
