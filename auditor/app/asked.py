"""What a report was asked for, as every rendering of it carries it, read back from its file."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.errors import InputError
from auditor.model.canonical import loads

REMEDY = "give a page, Markdown or JSON that auditor report wrote"
_META = re.compile(r'<meta name="auditor-report" content="([^"]*)">')
_COMMENT = re.compile(r"^<!-- auditor-report (\{.*\}) -->$", re.MULTILINE)
_Commit = Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
_Batch = Annotated[int, Field(ge=1)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WitnessAsked(_Asked):
    """What was said of a checkpoint from outside."""

    held_by: str
    number: int | None
    differences: list[str]


class PreviousAsked(_Asked):
    """The report it was compared with, by its own words."""

    name: str
    head: _Commit | None
    batch: _Batch


class Asked(_Asked):
    """What a report was asked for."""

    schema_: Literal["auditor.report/1"] = Field(alias="schema")
    auditor_version: str
    name: str
    since: Annotated[date, Field(strict=False)]
    until: Annotated[date, Field(strict=False)]
    head: _Commit | None
    batch: _Batch | None
    witness: WitnessAsked | None
    previous: PreviousAsked | None = None
    specs: Annotated[list[str], Field(min_length=1)]


def asked_in(path: Path) -> tuple[Asked, str, str]:
    """What a report was asked for, the format it is in, and its text. Raises InputError for a file that is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as a report", where=str(path), remedy=REMEDY) from error
    return (*_asked_in(text, str(path)), text)


def _asked_in(text: str, where: str) -> tuple[Asked, str]:
    try:
        if found := _META.search(text):
            return Asked.model_validate(loads(html.unescape(found[1]).encode())), "html"
        if found := _COMMENT.search(text):
            return Asked.model_validate(loads(found[1].encode())), "markdown"
        if text.startswith("{"):
            document = loads(text.encode())
            return Asked.model_validate(document["request"] if isinstance(document, dict) else None), "json"
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))
        raise InputError(f"is no report: {fault['msg']}", where=where, field=field, remedy=REMEDY) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("is no report: what it was asked for cannot be read", where=where, remedy=REMEDY) from error
    raise InputError("is no report: it does not say what it was asked for", where=where, remedy=REMEDY)
