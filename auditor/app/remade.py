"""A report made again from the records and the history it names, and every number of it compared."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor import __version__
from auditor.app.project import Place, Project, chosen, locate
from auditor.app.report import held_in, report
from auditor.errors import InputError, RecordError, RepositoryError
from auditor.git import Commit
from auditor.model.period import Period
from auditor.render.html.page import report_html
from auditor.render.report_json import report_json
from auditor.render.report_markdown import report_markdown
from auditor.report.periodic import Holding, Report, Witnessed
from auditor.report.verification import Remade, ReportDifference
from auditor.settings import load
from auditor.store.integrity import Contents, examine
from auditor.store.join import join
from auditor.store.records import load as load_records
from auditor.store.suites import load_registry

_META = re.compile(r'<meta name="auditor-report" content="([^"]*)">')
_COMMENT = re.compile(r"^<!-- auditor-report (\{.*\}) -->$", re.MULTILINE)
_DATA = re.compile(r'<data value="([^"]*)">(.*?)</data>')
_TAG = re.compile(r"<[^>]*>")
_FIGURE = re.compile(r"-?\d[\d.,]*")
_SHOWN, _BEFORE = 120, 40
_REMEDY = "give a page, Markdown or JSON that auditor report wrote"


class _Witness(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    held_by: str
    number: int | None
    differences: list[str]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    schema_: Literal["auditor.report/1"] = Field(alias="schema")
    auditor_version: str
    name: str
    since: Annotated[date, Field(strict=False)]
    until: Annotated[date, Field(strict=False)]
    head: Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")] | None
    batch: Annotated[int, Field(ge=1)] | None
    witness: _Witness | None
    specs: Annotated[list[str], Field(min_length=1)]


def remake(path: Path, where: Path, environment: Mapping[str, str] = MappingProxyType({})) -> Remade:
    """Makes a report again and compares it.

    Args:
        path: what `auditor report` wrote: a page, Markdown or JSON.
        where: a folder in the repository it was made in, or a copy of it.

    Raises InputError for a file that is no report, and RepositoryError or RecordError where what it rests on is gone.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as a report", where=str(path), remedy=_REMEDY) from error
    request, style = _request_in(text, str(path))
    with locate(where) as place:
        project, holding = _as_it_was(place, request, str(path))
        made = report(project, Period(request.name, request.since, request.until), environment, holding)
    again = _rendered(made, style)
    other = request.auditor_version if request.auditor_version != __version__ else None
    numbers = len(_DATA.findall(text)) if style == "html" else len(_FIGURE.findall(text))
    differences = tuple(_differences(text, again, numbers_only=other is not None))
    held_by = request.witness.held_by if request.witness else None
    return Remade(str(path), request.head, request.batch, numbers, differences, other, held_by)


def _request_in(text: str, where: str) -> tuple[_Request, str]:
    """What a report was asked for, and the format it is in. Raises InputError for what is no report."""
    try:
        if found := _META.search(text):
            return _Request.model_validate(json.loads(html.unescape(found[1]))), "html"
        if found := _COMMENT.search(text):
            return _Request.model_validate(json.loads(found[1])), "markdown"
        if text.startswith("{"):
            return _Request.model_validate(json.loads(text)["request"]), "json"
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))
        raise InputError(f"is no report: {fault['msg']}", where=where, field=field, remedy=_REMEDY) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("is no report: what it was asked for cannot be read", where=where, remedy=_REMEDY) from error
    raise InputError("is no report: it does not say what it was asked for", where=where, remedy=_REMEDY)


def _as_it_was(place: Place, request: _Request, where: str) -> tuple[Project, Holding]:
    """The project at the report's commit, with the records of its batches."""
    repository = place.repository
    if repository is not None:
        repository.require_complete()
    tree = place.tree
    if request.head is not None:
        if repository is None:
            raise RepositoryError("is in no git repository", where=str(place.root), remedy="run this where it was made")
        tree = Commit(repository, repository.resolve(request.head))
    settings = load(tree)
    contents = examine(place.tree, settings.store)
    sealed = _sealed_by(contents, request.batch, where)
    specs = tuple(chosen(settings.specs, name, in_git=repository is not None)[0] for name in request.specs)
    runs = tuple(run for run in load_records(place.tree, settings.store) if sealed is None or run.record in sealed)
    registry = load_registry(tree, settings.store)
    joined = join(place.tree, settings.store, runs, registry.labels, sealed)
    tip = request.head or "HEAD"
    project = Project(place.root, repository, tree, settings, specs, registry, joined.runs, tip, joined.unjoined)
    said = request.witness
    witness = Witnessed(said.held_by, said.number, tuple(said.differences)) if said else None
    return project, replace(_held(contents, request.batch), witness=witness)


def _sealed_by(contents: Contents, batch: int | None, where: str) -> frozenset[str] | None:
    """The ids in the batches up to one; None for a report on whatever was there. Raises RecordError."""
    if batch is None:
        return None
    if batch > len(contents.checkpoints):
        what = f"rests on batch {batch}, and {len(contents.checkpoints)} are sealed here"
        raise RecordError(what, where=where, field="batch", remedy="restore eval_history/checkpoints from its history")
    return frozenset(name for one in contents.checkpoints[:batch] for name in one.ids)


def _held(contents: Contents, batch: int | None) -> Holding:
    now = held_in(contents)
    if batch is None:
        return now
    upto = contents.checkpoints[:batch]
    there = {name for ids in contents.ids.values() for name in ids}
    records = sum(name in there for one in upto for name in one.ids)
    return Holding(records, batch, upto[-1].root, 0, now.faults)


def _rendered(made: Report, style: str) -> str:
    if style == "html":
        return report_html(made)
    return report_markdown(made) if style == "markdown" else report_json(made)


def _differences(text: str, again: str, *, numbers_only: bool) -> Iterator[ReportDifference]:
    """Line by line; of lines that differ, the numbers that do, or the words where the numbers are the same."""
    says, gives = text.splitlines(), again.splitlines()
    if says == gives:
        return
    for op, a1, a2, b1, b2 in SequenceMatcher(None, says, gives, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        for at in range(max(a2 - a1, b2 - b1)):
            old = says[a1 + at] if a1 + at < a2 else ""
            new = gives[b1 + at] if b1 + at < b2 else ""
            pairs = list(_numbers_that_differ(old, new))
            if pairs:
                yield from (ReportDifference(min(a1 + at, a2) + 1, *pair) for pair in pairs)
            elif not numbers_only:
                yield ReportDifference(min(a1 + at, a2) + 1, *_apart(_plain(old), _plain(new)))


def _numbers_that_differ(old: str, new: str) -> Iterator[tuple[str, str]]:
    found = [_DATA.findall(line) for line in (old, new)]
    if len(found[0]) == len(found[1]):
        for (was, shown), (value, text) in zip(*found, strict=True):
            if (was, shown) != (value, text):
                yield f"{_plain(shown)} ({was})", f"{_plain(text)} ({value})"


def _plain(line: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", line)).split()) or "(nothing)"


def _apart(old: str, new: str) -> tuple[str, str]:
    """Two texts from shortly before where they part."""
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - _BEFORE)
    lead = "\u2026" if start else ""
    return f"{lead}{old[start : start + _SHOWN]}", f"{lead}{new[start : start + _SHOWN]}"
