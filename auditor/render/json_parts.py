"""What JSON documents have in common: the frozen base, printing, the schema; and clauses, changes and sides of a
comparison.
"""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a document: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def print_document(document: BaseModel) -> str:
    """A document, indented by two, with a newline at its end; what is undefined is null, never NaN."""
    return (
        json.dumps(document.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False, allow_nan=False)
        + "\n"
    )


def schema_text(document: type[BaseModel]) -> str:
    """The JSON Schema of a document."""
    return json.dumps(document.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"
