"""Histories with known truth: a spec's own clauses, edited at random, every edit written down.

A document is a list of units, one clause each. An edit changes the list and notes (kind, ids before, ids after).
Clauses of few words, and those whose words stand twice, are never edited: which of two equal ones moved has no answer.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from auditor.clauses.formats import parse_clauses
from auditor.model.clause import Clause, ClauseKind

LEAST_WORDS = 8
STRENGTHS = (0.1, 0.25, 0.4)
_KINDS = ("reword", "move", "move-reword", "split", "merge", "delete", "insert", "rename", "reinstate", "rekind")
_WEIGHTS = (6, 4, 2, 3, 3, 3, 3, 1, 3, 1)
_FAR = 6
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(*\[])")


@dataclass(frozen=True)
class Unit:
    """One clause: who it is, its kind, its words, and a heading's level and attributes."""

    uid: int
    kind: ClauseKind
    text: str
    level: int = 0
    braces: str = ""

    def source(self) -> str:
        """Its Markdown."""
        if self.kind is ClauseKind.HEADING:
            return f"{'#' * self.level} {self.text}{self.braces}"
        if self.kind is ClauseKind.LIST_ITEM:
            return f"- {self.text}"
        if self.kind is ClauseKind.EXAMPLE:
            return f"```\n{self.text}\n```"
        return self.text


Truth = tuple[str, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Step:
    """One revision: its units, its text, and what was done to the one before."""

    units: tuple[Unit, ...]
    truths: tuple[Truth, ...]

    def text(self) -> str:
        """The whole document."""
        return "\n\n".join(unit.source() for unit in self.units) + "\n"


@dataclass
class _Editor:
    random: random.Random
    units: list[Unit]
    fresh: list[str]
    uids: count[int]
    removed: dict[int, Unit] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    truths: list[Truth] = field(default_factory=list)

    def pick(self, fits: Callable[[Unit], bool]) -> int | None:
        """A random unit not touched yet, whose neighbours were not touched either."""
        repeated = Counter(unit.text for unit in self.units)
        possible = [
            at
            for at, unit in enumerate(self.units)
            if unit.uid not in self.touched and fits(unit) and repeated[unit.text] == 1 and _telling(unit.text)
        ]
        return self.random.choice(possible) if possible else None

    def done(self, kind: str, before: Sequence[Unit], after: Sequence[Unit]) -> None:
        """Notes an edit."""
        self.truths.append((kind, tuple(unit.uid for unit in before), tuple(unit.uid for unit in after)))
        self.touched |= {unit.uid for unit in (*before, *after)}

    def reworded(self, text: str, share: float) -> str:
        """The text with that share of its words replaced, dropped or followed by another, in runs of one to three."""
        words = text.split()
        others = self.random.choice(self.fresh).split()
        number = max(1, round(share * len(words)))
        while number > 0:
            run = min(number, self.random.randint(1, 3))
            at = self.random.randrange(len(words))
            start = self.random.randrange(len(others))
            kind = self.random.choices(("replace", "drop", "add"), (6, 2, 2))[0]
            new = [] if kind == "drop" and len(words) > LEAST_WORDS else others[start : start + run]
            words[at : at if kind == "add" else at + run] = new
            number -= run
        return " ".join(words)


def _telling(text: str) -> bool:
    return len(set(re.findall(r"\w+", text.casefold()))) >= LEAST_WORDS


def _body(unit: Unit) -> bool:
    return unit.kind is ClauseKind.PARAGRAPH or unit.kind is ClauseKind.LIST_ITEM


def histories(name: str, text: str, seed: int, revisions: int, most_edits: int) -> list[Step]:
    """A history that begins with a spec's clauses, less a tenth kept for insertions."""
    source = random.Random(f"{name} {seed}")
    uids = count()
    units = _units(text, uids)
    spare = [unit for unit in units if _body(unit) and _telling(unit.text)]
    numbers = set(source.sample(range(len(spare)), len(spare) // 10))
    fresh = [unit for at, unit in enumerate(spare) if at in numbers]
    gone = {unit.uid for unit in fresh}
    editor = _Editor(source, [unit for unit in units if unit.uid not in gone], [unit.text for unit in fresh], uids)
    steps = [Step(tuple(editor.units), ())]
    for _ in range(revisions):
        editor.touched, editor.truths = set(), []
        for _ in range(source.randint(1, most_edits)):
            _EDITS[source.choices(_KINDS, _WEIGHTS)[0]](editor)
        steps.append(Step(tuple(editor.units), tuple(editor.truths)))
    return steps


def _units(text: str, uids: count[int]) -> list[Unit]:
    """The clauses of a spec that are one clause again when they stand alone."""
    units = []
    for clause in parse_clauses("spec.md", text):
        unit = _unit(clause, next(uids))
        again = parse_clauses("spec.md", unit.source())
        if len(again) == 1 and again[0].text == clause.text and again[0].kind is unit.kind:
            units.append(unit)
    return units


def _unit(clause: Clause, uid: int) -> Unit:
    if clause.kind is ClauseKind.HEADING:
        pairs = "".join(f" {key}={value}" for key, value in clause.attributes.items())
        braces = f" {{#{clause.anchor}{pairs}}}" if clause.anchor else ""
        return Unit(uid, clause.kind, clause.text, min(6, len(clause.section) + 1), braces)
    kind = clause.kind if clause.kind in (ClauseKind.LIST_ITEM, ClauseKind.EXAMPLE) else ClauseKind.PARAGRAPH
    return Unit(uid, kind, clause.text)


def _reword(editor: _Editor) -> None:
    at = editor.pick(lambda unit: unit.kind is not ClauseKind.HEADING)
    if at is not None:
        _replace_words(editor, at, editor.random.choice(STRENGTHS))


def _replace_words(editor: _Editor, at: int, share: float) -> None:
    unit = editor.units[at]
    separate = "\n" if unit.kind is ClauseKind.EXAMPLE else None
    other = replace(unit, text=editor.reworded(unit.text.replace("\n", " ") if separate else unit.text, share))
    editor.units[at] = other
    editor.done("reworded", [unit], [other])


def _target(editor: _Editor, at: int) -> int:
    """A place far from this one, in another section, between units that are not headings of it."""
    headings = [i for i, unit in enumerate(editor.units) if unit.kind is ClauseKind.HEADING]
    section = sum(heading <= at for heading in headings)
    possible = [
        i
        for i in range(1, len(editor.units))
        if abs(i - at) > _FAR and sum(heading < i for heading in headings) != section
    ]
    return editor.random.choice(possible)


def _move(editor: _Editor, share: float = 0.0) -> None:
    at = editor.pick(_body)
    if at is None:
        return
    unit, to = editor.units[at], _target(editor, at)
    other = replace(unit, text=editor.reworded(unit.text, share)) if share else unit
    editor.units.insert(to, other)
    del editor.units[at + (to <= at)]
    editor.done("reworded" if share else "moved", [unit], [other])


def _split(editor: _Editor) -> None:
    at = editor.pick(lambda unit: _body(unit) and len(_cut(unit.text)) > 1)
    if at is None:
        return
    unit = editor.units[at]
    parts = _cut(unit.text)
    cuts = sorted(editor.random.sample(range(1, len(parts)), min(len(parts) - 1, editor.random.choice((1, 1, 2)))))
    texts = [" ".join(parts[a:b]) for a, b in zip([0, *cuts], [*cuts, len(parts)], strict=True)]
    if editor.random.random() < 0.5:
        texts = [editor.reworded(text, 0.1) for text in texts]
    largest = max(range(len(texts)), key=lambda i: len(texts[i]))
    pieces = [
        replace(unit, uid=unit.uid if i == largest else next(editor.uids), text=text) for i, text in enumerate(texts)
    ]
    editor.units[at : at + 1] = pieces
    editor.done("split", [unit], pieces)


def _cut(text: str) -> list[str]:
    """Its sentences, if each has words enough to be a clause."""
    parts = _SENTENCE.split(text)
    return parts if all(_telling(part) for part in parts) else []


def _merge(editor: _Editor) -> None:
    pairs = [
        at
        for at, (unit, two) in enumerate(zip(editor.units, editor.units[1:], strict=False))
        if _body(unit) and unit.kind is two.kind and _telling(unit.text) and _telling(two.text)
        if not {unit.uid, two.uid} & editor.touched
    ]
    if not pairs:
        return
    at = editor.random.choice(pairs)
    parts = editor.units[at : at + 2]
    largest = max(parts, key=lambda unit: len(unit.text))
    text = " ".join(unit.text for unit in parts)
    whole = replace(largest, text=editor.reworded(text, 0.1) if editor.random.random() < 0.5 else text)
    editor.units[at : at + 2] = [whole]
    editor.done("merged", parts, [whole])


def _delete(editor: _Editor) -> None:
    at = editor.pick(lambda unit: unit.kind is not ClauseKind.HEADING)
    if at is not None:
        unit = editor.units.pop(at)
        editor.removed[unit.uid] = unit
        editor.done("removed", [unit], [])


def _insert(editor: _Editor) -> None:
    text = editor.random.choice(editor.fresh)
    if len(editor.fresh) > 3 and text not in {unit.text for unit in editor.units}:
        editor.fresh.remove(text)
        kind = editor.random.choice((ClauseKind.PARAGRAPH, ClauseKind.LIST_ITEM))
        unit = Unit(next(editor.uids), kind, text)
        editor.units.insert(editor.random.randrange(1, len(editor.units)), unit)
        editor.done("added", [], [unit])


def _rename(editor: _Editor) -> None:
    """A section's title changes in one word to three; half the time its anchor changes with it."""
    headings = [at for at, unit in enumerate(editor.units) if unit.kind is ClauseKind.HEADING]
    at = editor.random.choice(headings)
    unit = editor.units[at]
    if unit.uid in editor.touched:
        return
    words = unit.text.split()
    new = editor.random.choice(editor.fresh).split()
    words[editor.random.randrange(len(words)) :] = new[: editor.random.randint(1, 3)]
    title = re.sub(r"[^\w ]", "", " ".join(words)).strip()
    braces = unit.braces
    if editor.random.random() < 0.5:
        braces = braces.replace("{#", "{#new-")
    if title and title != unit.text and title not in {other.text for other in editor.units}:
        editor.units[at] = replace(unit, text=title, braces=braces)
        editor.done("reworded", [unit], [editor.units[at]])


def _reinstate(editor: _Editor) -> None:
    """A clause removed at least one revision ago comes back, anywhere; a third of the time in other words."""
    possible = [uid for uid in editor.removed if uid not in editor.touched]
    if possible:
        unit = editor.removed.pop(editor.random.choice(possible))
        if editor.random.random() < 1 / 3 and _body(unit):
            unit = replace(unit, text=editor.reworded(unit.text, 0.15))
        editor.units.insert(editor.random.randrange(1, len(editor.units)), unit)
        editor.done("reinstated", [], [unit])


def _rekind(editor: _Editor) -> None:
    """A paragraph becomes a list item in the same words: no event, and the same clause."""
    at = editor.pick(lambda unit: unit.kind is ClauseKind.PARAGRAPH)
    if at is not None:
        editor.units[at] = replace(editor.units[at], kind=ClauseKind.LIST_ITEM)
        editor.touched.add(editor.units[at].uid)


_EDITS: dict[str, Callable[[_Editor], None]] = {
    "reword": _reword,
    "move": _move,
    "move-reword": lambda editor: _move(editor, editor.random.choice(STRENGTHS[:2])),
    "split": _split,
    "merge": _merge,
    "delete": _delete,
    "insert": _insert,
    "rename": _rename,
    "reinstate": _reinstate,
    "rekind": _rekind,
}
