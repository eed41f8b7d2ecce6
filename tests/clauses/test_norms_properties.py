from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.direction import Direction
from auditor.clauses.norms import judge
from auditor.clauses.prose import prose, sentences
from auditor.clauses.strength import markers
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind

OPPOSITES = {Direction.TIGHTENED: Direction.RELAXED, Direction.RELAXED: Direction.TIGHTENED}
LEVELS = st.sampled_from([None, "root", "system", "developer", "user", "guideline", "captain"])

PHRASES = (
    "The assistant must not share any keys",
    "the pilot should always ask first,",
    "unless the master agrees.",
    *("You may rest", "never", "except in port", "where possible", "all crew", "some crew", "and sails", "or ropes,"),
    *("generally", "Do not run.", "is allowed to", "at least two", "at most 3", "only", "explicitly", "Keep watch."),
    *("However, you can wait.", "if it can", "cannot", "\u2014", "`must`", "\u201cmust\u201d"),
)
TEXTS = st.one_of(st.lists(st.sampled_from(PHRASES), max_size=14).map(" ".join), st.text(max_size=60))
KINDS = st.sampled_from(ClauseKind)


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    level = draw(LEVELS)
    attributes = {"authority": level} if level else {}
    line = draw(st.integers(1, 99))
    return Clause("spec.md", line, line, draw(KINDS), (), None, attributes, draw(TEXTS), ())


@st.composite
def changes(draw: st.DrawFn) -> ClauseChange:
    kind = draw(st.sampled_from(ChangeKind))
    before = None if kind is ChangeKind.ADDED else draw(clauses())
    after = None if kind is ChangeKind.REMOVED else draw(clauses())
    others = tuple(draw(st.lists(clauses(), max_size=2))) if kind in (ChangeKind.SPLIT, ChangeKind.MERGED) else ()
    return ClauseChange(kind, before, after, 0.5, draw(st.booleans()), others)


REVERSED = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.SPLIT: ChangeKind.MERGED}
REVERSED |= {other: kind for kind, other in REVERSED.items()}


@settings(max_examples=100, deadline=None)
@given(change=changes())
def test_a_revert_has_the_opposite_direction_on_the_same_words(change: ClauseChange) -> None:
    norm = judge(change)
    if change.kind is ChangeKind.REINSTATED:  # its revert removes it
        return
    kind = REVERSED.get(change.kind, change.kind)
    back = judge(ClauseChange(kind, change.after, change.before, 0.5, change.moved, change.others))
    assert back.direction == OPPOSITES.get(norm.direction, norm.direction)
    assert {(one.kind, one.after, one.before) for one in back.grounds} == {
        (one.kind, one.before, one.after) for one in norm.grounds
    }


def paragraph(text: str) -> Clause:
    return Clause("spec.md", 1, 1, ClauseKind.PARAGRAPH, (), None, {}, text, ())


def _retyped(text: str) -> str:
    text = re.sub(r"(?<=\w)'(?=\w)", "\u2019", text).replace(" \u2014 ", " --- ")
    return "  " + re.sub(r" (?!\u2014|---)", "\n ", text) + "\n"


@settings(max_examples=100, deadline=None)
@given(before=st.lists(st.sampled_from(PHRASES), max_size=10), after=st.lists(st.sampled_from(PHRASES), max_size=10))
def test_white_space_and_typography_change_nothing(before: list[str], after: list[str]) -> None:
    def direction(one: str, other: str) -> Direction:
        return judge(ClauseChange(ChangeKind.REWORDED, paragraph(one), paragraph(other), 0.5)).direction

    old, new = " ".join(before), " ".join(after)
    assert direction(old, new) == direction(_retyped(old), new) == direction(old, _retyped(new))
    assert direction(old, _retyped(old)) not in {*OPPOSITES, Direction.MIXED}


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_markers_stand_in_their_sentences_and_overlap_nowhere(text: str) -> None:
    read = prose(text)
    spans = sentences(read)
    last = 0
    for marker in markers(read):
        start, end = spans[marker.sentence]
        assert last <= marker.start < marker.end and start <= marker.start and marker.end <= end
        assert read[marker.start : marker.end].casefold() == marker.words
        last = marker.end


def test_long_and_hostile_texts_end() -> None:
    for unit in ("{{", "[^", "![", "<a", "`", '"', "must not ", "if ", ", and ", "*_", "A", "- ", "never. "):
        text = unit * 1_000
        change = ClauseChange(ChangeKind.REWORDED, paragraph(text), paragraph(text[:-40] + " may rest"), 0.5)
        assert judge(change).direction in Direction
