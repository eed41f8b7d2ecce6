"""A report made again from the records and the history it names, and every number of it compared."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType

from auditor import __version__
from auditor.app.asked import Asked, asked_in
from auditor.app.asof import as_of, sealed_by, settings_at
from auditor.app.project import Place, Project, chosen, locate
from auditor.app.report import held_in, report
from auditor.model.period import Period
from auditor.render.html.page import report_html
from auditor.render.report_json import report_json
from auditor.render.report_markdown import report_markdown
from auditor.report.periodic import Holding, Report, Witnessed
from auditor.report.since import Previous
from auditor.report.verification import Remade, ReportDifference
from auditor.store.integrity import Contents, examine

_DATA = re.compile(r'<data value="([^"]*)">(.*?)</data>')
_TAG = re.compile(r"<[^>]*>")
_FIGURE = re.compile(r"-?\d[\d.,]*")
_SHOWN, _BEFORE = 120, 40


def remake(path: Path, where: Path, environment: Mapping[str, str] = MappingProxyType({})) -> Remade:
    """Makes a report again and compares it.

    Args:
        path: what `auditor report` wrote: a page, Markdown or JSON.
        where: a folder in the repository it was made in, or a copy of it.

    Raises InputError for a file that is no report, and RepositoryError or RecordError where what it rests on is gone.
    """
    request, style, text = asked_in(path)
    period, given = Period(request.name, request.since, request.until), request.previous
    previous = Previous(given.name, given.head, given.batch) if given else None
    with locate(where) as place:
        project, contents, holding = _as_it_was(place, request, str(path))
        made = report(project, period, environment, (contents, holding), previous=previous)
    again = _rendered(made, style)
    other = request.auditor_version if request.auditor_version != __version__ else None
    numbers = len(_DATA.findall(text)) if style == "html" else len(_FIGURE.findall(text))
    differences = tuple(_differences(text, again, numbers_only=other is not None))
    held_by = request.witness.held_by if request.witness else None
    return Remade(str(path), request.head, request.batch, numbers, differences, other, held_by)


def _as_it_was(place: Place, request: Asked, where: str) -> tuple[Project, Contents, Holding]:
    """The project at the report's commit, with the records of its batches, and the store."""
    if place.repository is not None:
        place.repository.require_complete()
    settings = settings_at(place, request.head)[1]
    contents = examine(place.tree, settings.store)
    only = sealed_by(contents, request.batch, where)
    in_git = place.repository is not None
    specs = [chosen(settings.specs, name, in_git=in_git)[0] for name in request.specs]
    project = as_of(place, request.head, only, specs, settings.store)
    said = request.witness
    witness = Witnessed(said.held_by, said.number, tuple(said.differences)) if said else None
    return project, contents, replace(_held(contents, request.batch), witness=witness)


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
