"""A decision as JSON (schema auditor.gate/1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from auditor import __version__
from auditor.gate.decision import Decision
from auditor.model.finding import Finding
from auditor.model.spec import Patch
from auditor.render.ledger import WaiverPart, waiver_part
from auditor.render.schema import PlacePart


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


def _entry_parts(findings: Sequence[Finding]) -> list[EntryPart]:
    return [
        EntryPart(
            rule=finding.code,
            spec=finding.subject.spec or None,
            patches=list(finding.subject.patches),
            behaviour=finding.subject.behaviour,
            model=finding.subject.model,
            why=finding.message,
            rates=finding.rates,
            unblock=finding.remedy.text if finding.remedy else None,
            commands=list(finding.remedy.commands) if finding.remedy else [],
            records=list(finding.evidence),
            name=finding.name or None,
            fingerprint=finding.fingerprint or None,
            place=PlacePart(path=finding.place.path, line=finding.place.line) if finding.place else None,
            waiver=finding.waiver,
        )
        for finding in findings
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
