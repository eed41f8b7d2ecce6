"""How a written report differs from the one that its records give: line by line, aligned by what each line is about.

Two texts of one format go in; the numbers that were compared and the differences come out. A line that was moved,
repeated or dropped is named as that, and everything after it is still compared with its counterpart. Pages and Markdown
are compared by their lines, of which each table row is one; JSON by its values, each under the path of its names.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import attrgetter
from typing import Any

from auditor.model.verification import ReportDifference

_DATA = re.compile(r'<data value="([^"]*)">(.*?)</data>')
_TAG = re.compile(r"<[^>]*>")
# A name of a member, or a value that holds no other: a text, a number, a word, an empty list or object.
_JSON_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"\s*:|(?P<value>"(?:[^"\\]|\\.)*"|[-\d][\d.eE+-]*|true|false|null|\[\s*\]|\{\s*\})'
)
_FIGURE = re.compile(r"-?\d[\d.,]*")
_REPEATED = re.compile(r" \(\d+\)(?=\])")
_DIFFERENCE_CHARACTERS, _CONTEXT_CHARACTERS = 120, 40
# By these members the elements of a list in JSON are the same ones, wherever they stand; the first that is there.
_NAMES = ("id", "fingerprint", "record", "commit", "name")
_SUBJECTS = ("spec", "suite", "behaviour", "model", "check", "what")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of a page or of Markdown, or a value of JSON.

    Attributes:
        number: the line in the file, from 1.
        text: the whole of it.
        subject: what it is about: its words without the numbers, or the path of the value.
        numbers: how many numbers it has.
    """

    number: int
    text: str
    subject: str
    numbers: int


def compare_reports(text: str, again: str, style: str) -> tuple[int, tuple[ReportDifference, ...]]:
    """How many numbers of a report were compared with their counterparts, and every difference, by line.

    Args:
        text: the report; `again`: what the records give.
        style: "html", "markdown" or "json".
    """
    written, derived = _read_lines(text, style), _read_lines(again, style)
    pairs, ordered = _align(written, derived)
    numbers = sum(written[place].numbers for place in pairs)
    differences = [
        *_changed_lines(written, derived, pairs, style),
        *_moved_lines(written, derived, pairs, ordered),
        *_extra_lines(written, derived, pairs),
        *_dropped_lines(written, derived, pairs),
    ]
    if not differences and text != again:
        differences.append(ReportDifference(1, "line ends or spaces of its own", "the text as auditor writes it"))
    return numbers, tuple(sorted(differences, key=lambda difference: difference.line))


# From a text to its lines.


def _read_lines(text: str, style: str) -> list[ReportLine]:
    if style == "json":
        return _read_values(text)
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        numbers = len(_DATA.findall(line)) if style == "html" else len(_FIGURE.findall(line))
        lines.append(ReportLine(number, line, _FIGURE.sub("#", _plain_text(line)), numbers))
    return lines


def _read_values(text: str) -> list[ReportLine]:
    """Every value of a JSON document in its order, each with the line it stands on."""
    places = (match.start() for match in _JSON_TOKEN.finditer(text) if match["value"])
    lines, line, before = [], 1, 0
    for place in places:
        line += text.count("\n", before, place)
        before = place
        lines.append(line)
    return [
        ReportLine(number, f"{path}: {json.dumps(value, ensure_ascii=False)}", path, _count_numbers(value))
        for number, (path, value) in zip(lines, _flatten(json.loads(text), ""), strict=True)
    ]


def _count_numbers(value: object) -> int:
    if isinstance(value, str):
        return len(_FIGURE.findall(value))
    return int(isinstance(value, int | float) and not isinstance(value, bool))


def _flatten(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as JSON has it
    """(path, value) of everything in a document that is no list or object, or an empty one."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _flatten(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        repeated: Counter[str] = Counter()
        for place, member in enumerate(value):
            label = _label(member, place)
            repeated[label] += 1
            again = f" ({repeated[label]})" if repeated[label] > 1 else ""
            yield from _flatten(member, f"{path}[{label}{again}]")
    else:
        yield path, value


def _label(member: object, place: int) -> str:
    """What an element of a list is called: by its own names, a text by itself, else by its place."""
    if isinstance(member, str):
        return member
    if not isinstance(member, Mapping):
        return str(place)
    names = [member[name] for name in _NAMES if isinstance(member.get(name), str)][:1]
    names += [member[name] for name in _SUBJECTS if isinstance(member.get(name), str)]
    return " ".join(names) or str(place)


# From lines to counterparts.


def _align(written: Sequence[ReportLine], derived: Sequence[ReportLine]) -> tuple[dict[int, int], dict[int, int]]:
    """The counterpart of each line of a report, by place; and of these the ones in the stretch where they belong.

    Equal lines in order come first; then those of the same text anywhere, those of the same subject anywhere, and those
    in one place between lines that have a counterpart.
    """
    matcher = SequenceMatcher(None, [line.text for line in written], [line.text for line in derived], autojunk=False)
    stretches = [(range(a1, a2), range(b1, b2), kind == "equal") for kind, a1, a2, b1, b2 in matcher.get_opcodes()]
    pairs = {place: other for a, b, equal in stretches if equal for place, other in zip(a, b, strict=True)}
    for key in (attrgetter("text"), attrgetter("subject")):
        matched, waiting = set(pairs.values()), defaultdict[str, deque[int]](deque)
        for place in (place for place in range(len(derived)) if place not in matched):
            waiting[key(derived[place])].append(place)
        for place in (place for place in range(len(written)) if place not in pairs):
            if others := waiting[key(written[place])]:
                pairs[place] = others.popleft()
    matched = set(pairs.values())
    for mine, theirs, _ in stretches:
        loose = ([place for place in mine if place not in pairs], [place for place in theirs if place not in matched])
        pairs.update(zip(*loose, strict=False))
    ordered = {place: pairs[place] for mine, theirs, _ in stretches for place in mine if pairs.get(place) in theirs}
    return pairs, ordered


# From counterparts to differences.


def _changed_lines(
    written: Sequence[ReportLine], derived: Sequence[ReportLine], pairs: Mapping[int, int], style: str
) -> Iterator[ReportDifference]:
    """Of counterparts that differ the numbers that do, or the words where the numbers are the same."""
    for place, other in pairs.items():
        line, old, new = written[place].number, written[place].text, derived[other].text
        if old == new:
            continue
        figures = list(_differing_figures(old, new))
        yield from (ReportDifference(line, *figure) for figure in figures)
        if not figures or (style == "html" and _DATA.sub("", old) != _DATA.sub("", new)):
            yield ReportDifference(line, *_from_first_difference(_plain_text(old), _plain_text(new)))


def _differing_figures(old: str, new: str) -> Iterator[tuple[str, str]]:
    before, after = (_DATA.findall(line) for line in (old, new))
    if len(before) == len(after):
        for (value, label), (again, label_again) in zip(before, after, strict=True):
            if (value, label) != (again, label_again):
                yield f"{_plain_text(label)} ({value})", f"{_plain_text(label_again)} ({again})"


def _moved_lines(
    written: Sequence[ReportLine], derived: Sequence[ReportLine], pairs: Mapping[int, int], ordered: Mapping[int, int]
) -> Iterator[ReportDifference]:
    """Lines that stand elsewhere than the records put them; those that moved together as one difference."""
    moved = [place for place in sorted(pairs) if ordered.get(place, -1) < ordered.get(place - 1, 0)]
    for run in _split_runs(moved, lambda before, after: pairs[after] - pairs[before] == 1):
        gives = f"the same at line {derived[pairs[run[0]]].number}: moved"
        yield ReportDifference(written[run[0]].number, _describe_run(written, run), gives)


def _extra_lines(
    written: Sequence[ReportLine], derived: Sequence[ReportLine], pairs: Mapping[int, int]
) -> Iterator[ReportDifference]:
    """Lines without a counterpart: what stands elsewhere once more, or what the records do not give."""
    texts = {line.text for line in derived}
    extra = [place for place in range(len(written)) if place not in pairs]
    repeated = {place for place in extra if _REPEATED.sub("", written[place].text) in texts}
    for run in _split_runs(extra, lambda before, after: (before in repeated) is (after in repeated)):
        gives = "it fewer times: repeated" if run[0] in repeated else "(nothing)"
        yield ReportDifference(written[run[0]].number, _describe_run(written, run), gives)


def _dropped_lines(
    written: Sequence[ReportLine], derived: Sequence[ReportLine], pairs: Mapping[int, int]
) -> Iterator[ReportDifference]:
    """Lines that the records give and the report lacks, at the line after which they belong."""
    counterparts = {other: place for place, other in pairs.items()}
    dropped = [other for other in range(len(derived)) if other not in counterparts]
    for run in _split_runs(dropped, lambda before, after: True):
        previous = counterparts.get(run[0] - 1)
        number = written[previous].number if previous is not None else 1
        yield ReportDifference(number, "(nothing)", f"{_describe_run(derived, run)}: dropped")


def _split_runs(places: Sequence[int], together: Callable[[int, int], bool]) -> list[list[int]]:
    """Places in a row, of which each belongs together with the one before."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place - runs[-1][-1] == 1 and together(runs[-1][-1], place):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _describe_run(lines: Sequence[ReportLine], run: Sequence[int]) -> str:
    more = f" (and {len(run) - 1:,} more lines)" if len(run) > 1 else ""
    plain = _plain_text(lines[run[0]].text)
    return f"{plain[:_DIFFERENCE_CHARACTERS]}{more}"


def _plain_text(line: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", line)).split()) or "(nothing)"


def _from_first_difference(old: str, new: str) -> tuple[str, str]:
    """Two texts from shortly before where they part."""
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - _CONTEXT_CHARACTERS)
    lead = "\u2026" if start else ""
    ends = (f"{lead}{part[start : start + _DIFFERENCE_CHARACTERS]}" for part in (old, new))
    return next(ends), next(ends)
