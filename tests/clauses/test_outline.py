"""tests.clauses.test_outline"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.comparison import clauses_of
from auditor.clauses.formats import normalise_line_ends, parse_clauses
from auditor.clauses.match import clause_outcomes
from auditor.clauses.outline import OutlineWeights, find_changed_region, outline_file, outline_revision
from auditor.model.clause import Clause
from auditor.model.spec import Revision
from tests.clauses.test_formats import FRAGMENTS, PROMPT, SPEC, TEXTS
from tests.clauses.test_match import BLOCKS, CLAUSES, RULES, TEXT, revision

LONG_TEXTS = st.lists(FRAGMENTS | st.sampled_from(["\n\n", "\n\n", "A rule.", "# H\n", "- item\n\n"]), max_size=60).map(
    "".join
)
PATHS = st.sampled_from(["a.md", "a.txt"])


def test_chunks_join_to_the_text() -> None:
    for path, text in (("a.md", SPEC), ("a.j2", PROMPT)):
        outline = outline_file(path, text)
        assert "".join(chunk.text for chunk in outline.chunks) == text
        assert len(outline.chunks) > 2
        assert tuple(outline.clauses()) == parse_clauses(path, text)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS | LONG_TEXTS, path=PATHS)
def test_chunks_have_the_clauses_of_the_whole(text: str, path: str) -> None:
    outline = outline_file(path, text)
    assert "".join(chunk.text for chunk in outline.chunks) == normalise_line_ends(text)
    assert tuple(outline.clauses()) == parse_clauses.__wrapped__(path, text)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(LONG_TEXTS, min_size=3, max_size=3), inserts=st.lists(FRAGMENTS, max_size=4), path=PATHS)
def test_what_was_read_before_does_not_matter(texts: list[str], inserts: list[str], path: str) -> None:
    head, middle, tail = (normalise_line_ends(text) for text in texts)
    previous = None
    for insert in ("", *inserts, "\n\n"):
        text = f"{head}{insert}{middle}{insert}{tail}"
        previous = outline_file(path, text, previous)
        assert previous.chunks == outline_file(path, text).chunks
        assert tuple(previous.clauses()) == parse_clauses.__wrapped__(path, text)


@pytest.mark.parametrize(
    "text", ["- item\n\n<div>\n    a", "<div>\n<!--\n\na", "<div>\n```\n\na", "- a\n  <b>\n\n  c\n\nd"]
)
def test_a_tag_stands_alone_in_chunks_as_in_the_whole(text: str) -> None:
    assert tuple(outline_file("a.md", text).clauses()) == parse_clauses.__wrapped__("a.md", text)


LISTS = st.lists(BLOCKS, min_size=3, max_size=14)
Found = set[tuple[str | None, tuple[int, ...], tuple[int, ...], bool]]


def whole(before: Revision, after: Revision) -> Found:
    return found(dict(enumerate(clauses_of(before))), dict(enumerate(clauses_of(after))), 0, None)


def windowed(before: Revision, after: Revision) -> Found | None:
    outline = outline_revision(before, None)
    two = outline_revision(after, outline)
    part = find_changed_region(outline, two)
    if part is None:
        return None
    lead = len(part.lead)
    sides = [
        dict(enumerate(part.lead)) | {lead + at: clause for at, clause in side.items()}
        for side in (part.before, part.after)
    ]
    return found(sides[0], sides[1], part.first - lead, OutlineWeights(outline, two))


def found(
    before: Mapping[int, Clause], after: Mapping[int, Clause], shift: int, weights: OutlineWeights | None
) -> Found:
    changes = [outcome for outcome in clause_outcomes(before, after, weights) if outcome.kind]
    shown: Found = set()
    for change in changes:
        ours = () if change.at is None else (change.at + shift,)
        theirs = () if change.other is None else (change.other + shift,)
        shown.add((change.kind, ours, theirs, change.moved))
    return shown


def test_a_window_is_the_section_that_changed() -> None:
    before = f"# One {{#one}}\n\n{TEXT}\n\n## Two\n\n{TEXT}\n\n## Three\n\n{TEXT}\n\n# Four\n\n{TEXT}"
    after = before.replace("## Three\n\n" + RULES[0], "## Three\n\nAnswer the question that was put.")
    outline = outline_revision(revision(a=before), None)
    part = find_changed_region(outline, outline_revision(revision(a=after), outline))
    assert part
    assert [clause.text for clause in part.lead] == ["One"]
    assert [clause.text for clause in part.before.values()] == ["Three", *RULES, "Four"]
    assert (part.first, part.before[1].line, part.before[1].section) == (12, 27, ("One", "Three"))
    assert list(clauses_of(revision(a=after)))[12:19] == list(part.after.values())


def test_a_window_of_several_files_has_the_clauses_next_to_them() -> None:
    outline = outline_revision(revision(a=TEXT, b=TEXT, c=TEXT), None)
    part = find_changed_region(outline, outline_revision(revision(a=TEXT, b=TEXT + "\n\ny", c=TEXT), outline))
    assert part
    assert part.first == 5
    part = find_changed_region(outline, outline_revision(revision(a=TEXT, bb="x", b=TEXT, c=TEXT), outline))
    assert part
    assert (part.first, part.sizes, part.folds) == (0, (15, 16), [(1, 1, 8), (11, 12, 3)])
    assert [(at, clause.path[:-3]) for at, clause in part.after.items()] == [
        *((0, "a"), (9, "b"), (10, "bb"), (11, "c"), (15, "c"))
    ]
    part = find_changed_region(outline, outline_revision(revision(a=f"x\n\n{TEXT}", b=TEXT, c=f"y\n\n{TEXT}"), outline))
    assert part
    assert (part.first, part.folds) == (0, [(6, 7, 3)])
    assert find_changed_region(outline, outline_revision(revision(a="x", b="y", c="z"), outline)) is None


FILES = st.dictionaries(st.sampled_from("abcdef"), LISTS.map("\n\n".join), min_size=1, max_size=6)
NEW_TEXTS = st.dictionaries(st.sampled_from("abcdef"), st.none() | LISTS.map("\n\n".join), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(FILES, NEW_TEXTS, st.booleans())
def test_a_window_of_several_files_has_the_changes_of_the_whole(
    files: dict[str, str], changes: dict[str, str | None], swapped: bool
) -> None:
    changed = {path: text for path, text in (files | changes).items() if text is not None}
    sides = [revision(**texts) for texts in (files, changed or files)]
    before, after = reversed(sides) if swapped else sides
    assert windowed(before, after) in (None, whole(before, after))


def test_a_window_goes_on_below_a_heading_that_changed() -> None:
    before, after = (
        revision(a=f"{RULES[0]}{new}\n\n## Two\n\n## Three\n\nText.") for new in ("", "\n\n# One {authority=root}")
    )
    assert windowed(before, after) == whole(before, after)
    assert len(whole(before, after)) == 1


@settings(max_examples=100, deadline=None)
@given(LISTS, LISTS | CLAUSES, LISTS, LISTS | CLAUSES)
def test_a_window_has_the_changes_of_the_whole(
    head: list[str], names: list[str], tail: list[str], two: list[str]
) -> None:
    before, after = (revision(a="\n\n".join([*head, *middle, *tail])) for middle in (names, two))
    assert windowed(before, after) in (None, whole(before, after))


@settings(max_examples=60, deadline=None)
@given(st.lists(LISTS.map("\n\n".join), min_size=2, max_size=5))
def test_words_are_counted_as_in_the_whole(texts: list[str]) -> None:
    last = None
    for text in texts:
        last = outline_revision(revision(a=text), last)
    assert last
    assert last.clauses == clauses_of(revision(a=texts[-1]))
    assert +last.holders == outline_revision(revision(a=texts[-1]), None).holders


SECTIONS = [f"## Section {at}\n\n" + "\n\n".join(f"{rule[:-1]} {at}." for rule in RULES) for at in range(9)]


def test_sections_between_two_changes_are_left_out() -> None:
    before = "\n\n".join(SECTIONS)
    after = before.replace(f"{RULES[1][:-1]} 1.", "Something else is said here.").replace(f"{RULES[1][:-1]} 7.", "Odd.")
    outline = outline_revision(revision(a=before), None)
    two = outline_revision(revision(a=after), outline)
    part = find_changed_region(outline, two)
    assert part
    size = len(RULES) + 1
    assert part.folds == [(size + 1, size + 1, 5 * size - 1)]
    assert [clause.text for clause in part.before.values() if clause.kind == "heading"] == [
        *("Section 1", "Section 2", "Section 7", "Section 8")
    ]
    assert all(clauses_of(revision(a=after))[part.first + at] == clause for at, clause in part.after.items())


LONG_SECTIONS = [
    f"## Long {at}\n\n"
    + "\n\n".join(f"{RULES[n % len(RULES)][:-1]} in case {at} {'abcdefghijklmn'[n]}{n}." for n in range(14))
    for at in range(3)
]


def test_what_lies_between_two_changes_in_a_section_is_left_out() -> None:
    before = "\n\n".join(LONG_SECTIONS)
    after = before.replace("in case 1 b1.", "in case 1 b1, but not always.").replace("in case 1 m12.", "in case 1.")
    outline = outline_revision(revision(a=before), None)
    part = find_changed_region(outline, outline_revision(revision(a=after), outline))
    assert part
    assert part.folds == [(4, 4, 8)]
    assert sorted(part.before) == [0, 1, 2, 3, 12, 13, 14, 15]
    moved = before.replace(f"{_line(1, 2)}\n\n", "").replace(_line(1, 12), f"{_line(1, 12)}\n\n{_line(1, 2)}")
    across = find_changed_region(outline, outline_revision(revision(a=moved), outline))
    assert across
    assert across.folds == []


def _line(section: int, number: int) -> str:
    return LONG_SECTIONS[section].split("\n\n")[number + 1]


EDITS = st.lists(
    st.tuples(st.sampled_from(["drop", "say", "swap", "copy", "raise", "shift"]), st.integers(0, 50), BLOCKS),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([SECTIONS, LONG_SECTIONS]), st.lists(BLOCKS, max_size=6), EDITS)
def test_what_is_left_out_changes_nothing(
    sections: list[str], repeated: list[str], edits: list[tuple[str, int, str]]
) -> None:
    blocks = "\n\n".join(sections).split("\n\n")
    for at, block in enumerate(repeated):
        blocks.insert(at * 7 + 3, block)
    before = "\n\n".join(blocks)
    for kind, at, block in edits:
        place = at % len(blocks)
        if kind == "drop":
            del blocks[place]
        elif kind == "say":
            blocks[place] = block
        elif kind == "swap":
            blocks[place], blocks[-1 - place] = blocks[-1 - place], blocks[place]
        elif kind == "shift":
            blocks.insert(place // 2, blocks.pop(place))
        elif kind == "copy":
            blocks.insert(place, blocks[place // 2])
        else:
            blocks[place] = blocks[place].replace("## ", "# ")
    one, two = revision(a=before), revision(a="\n\n".join(blocks))
    assert windowed(one, two) in (None, whole(one, two))
