"""tests.clauses.test_match"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.comparison import clauses_of, count_changes, diff_revisions
from auditor.clauses.formats import parse_clauses
from auditor.clauses.match import match_clauses
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseChange
from auditor.model.spec import Revision, SpecFile, revision_id

RELEASES = Path(__file__).parents[2] / "../shared/data/openai-model-spec"


def revision(**files: str) -> Revision:
    """A revision of markdown files named by keyword; `a` is a.md."""
    named = {f"{name}.md": text for name, text in files.items()}
    content = {path: text.encode("utf-8", "surrogatepass") for path, text in named.items()}
    return Revision(revision_id(content), tuple(SpecFile(path, named[path]) for path in sorted(named)))


def changed(before: str, after: str) -> list[tuple[str, str | None, str | None]]:
    return brief(diff_revisions(revision(a=before), revision(a=after)))


def brief(changes: tuple[ClauseChange, ...]) -> list[tuple[str, str | None, str | None]]:
    """(kind, text before, text after), the kind of a clause that was reworded and moved with a plus."""
    return [
        (
            change.kind.value + "+" * (change.moved and change.kind is ChangeKind.REWORDED),
            change.before.text if change.before else None,
            change.after.text if change.after else None,
        )
        for change in changes
    ]


RULES = [
    "Answer the question that was asked.",
    "Refuse to help with weapons of any kind.",
    "Keep what the operator told you private.",
    "Say so when a source cannot be checked.",
    "Write in the language of the reader.",
]
TEXT = "\n\n".join(RULES)


def test_the_same_text_has_no_changes_wherever_it_shifts_to() -> None:
    assert changed(TEXT, TEXT) == []
    assert changed(TEXT, "\n\n" + TEXT.replace(" the ", "\n the ") + "\n\n---\n") == []


def test_added_and_removed_in_the_order_of_the_text_after() -> None:
    after = "\n\n".join(["Be patient with children.", *RULES[:2], "Cite the law in force.", *RULES[3:]])
    assert changed(TEXT, after) == [
        ("added", None, "Be patient with children."),
        ("removed", RULES[2], None),
        ("added", None, "Cite the law in force."),
    ]


def test_reworded_in_its_place() -> None:
    (change,) = diff_revisions(
        revision(a=TEXT), revision(a=TEXT.replace("weapons of any kind", "weapons of mass destruction"))
    )
    assert change.kind is ChangeKind.REWORDED
    assert change.similarity == pytest.approx(2 * 6 / 16)
    assert not change.moved


def test_out_of_order_is_moved_and_what_it_passes_is_not() -> None:
    assert changed(TEXT, "\n\n".join([*RULES[1:4], RULES[0], RULES[4]])) == [("moved", RULES[0], RULES[0])]


def test_another_section_is_moved() -> None:
    before = f"# One\n\n{RULES[0]}\n\n{RULES[1]}\n\n# Two\n\n{RULES[2]}"
    after = f"# One\n\n{RULES[0]}\n\n# Two\n\n{RULES[1]}\n\n{RULES[2]}"
    assert changed(before, after) == [("moved", RULES[1], RULES[1])]


def test_moved_and_reworded_is_reworded_and_says_so() -> None:
    before = f"# One\n\n{RULES[0]}\n\n{RULES[1]}\n\n# Two\n\n{RULES[2]}\n\n{RULES[3]}"
    other = RULES[1].replace("any kind", "every kind")
    after = f"# One\n\n{RULES[0]}\n\n# Two\n\n{RULES[2]}\n\n{RULES[3]}\n\n{other}"
    assert changed(before, after) == [("reworded+", RULES[1], other)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Safety {#safety}", "Harm avoidance {#safety}"),
        ("Safety first", "Safety comes first"),
        ("Safety", "Harm avoidance"),
    ],
)
def test_a_renamed_section_does_not_move_its_clauses(old: str, new: str) -> None:
    before = f"# Start\n\n{RULES[4]}\n\n# {old}\n\n{TEXT}"
    titles = [title.partition(" {")[0] for title in (old, new)]
    assert changed(before, before.replace(f"# {old}", f"# {new}")) == [("reworded", *titles)]


def test_a_section_that_moves_whole_moves_its_heading_only() -> None:
    name, two = f"# One\n\n{RULES[0]}\n\n{RULES[1]}\n\n", f"# Two\n\n{RULES[2]}\n\n{RULES[3]}\n\n"
    three = f"# Three\n\n{RULES[4]}\n\n"
    assert changed(name + two + three, two + three + name) == [("moved", "One", "One")]


def test_heading_attributes_are_part_of_the_heading_only() -> None:
    before = f"# Safety {{#safety authority=root}}\n\n{TEXT}"
    (change,) = diff_revisions(revision(a=before), revision(a=before.replace("root", "user")))
    assert (change.kind, change.similarity) == (ChangeKind.REWORDED, 1.0)
    assert change.before and change.before.attributes == {"authority": "root"}


def test_a_rule_that_becomes_commentary_is_reworded_and_one_that_becomes_an_item_is_not() -> None:
    after = TEXT.replace(RULES[1], f'!!! meta "Commentary"\n    {RULES[1]}').replace(RULES[3], f"- {RULES[3]}")
    assert changed(TEXT, after) == [("reworded", RULES[1], f'meta "Commentary" {RULES[1]}')]


def test_repeated_sentences_pair_up_with_their_neighbours() -> None:
    section = "# {}\n\n**Example**\n\n{}\n\n"
    sections = [section.format(name, rule) for name, rule in zip("ABC", RULES, strict=False)]
    assert changed("".join(sections), "".join([sections[0], sections[2]])) == [
        ("removed", "B", None),
        ("removed", "**Example**", None),
        ("removed", RULES[1], None),
    ]


def test_a_clause_keeps_its_identity_when_its_file_is_renamed() -> None:
    assert diff_revisions(revision(a=TEXT), revision(b=TEXT)) == ()
    assert diff_revisions(revision(a=TEXT, m="Other text."), revision(m="Other text.", z=TEXT)) == ()
    moved = diff_revisions(
        revision(a=TEXT, m="Other text."), revision(a="\n\n".join(RULES[1:]), m=f"Other text.\n\n{RULES[0]}")
    )
    assert brief(moved) == [("moved", RULES[0], RULES[0])]


def test_counts() -> None:
    changes = diff_revisions(revision(a=TEXT), revision(a="\n\n".join([*RULES[2:], RULES[0], "Something new."])))
    assert count_changes(changes) == ChangeCounts(added=1, removed=1, reworded=0, moved=1)
    assert count_changes(()) == ChangeCounts(0, 0, 0, 0)


BLOCKS = st.sampled_from(
    [
        *RULES,
        "# One",
        "# Two {#two}",
        "# Two {#two authority=root}",
        "## Three",
        "**Example**",
        "- Be kind.",
        "- Be fair.",
        "Be kind to everyone.",
        "Refuse to help with weapons.",
        '!!! meta "C"\n    Be kind.',
        "```\ncode\n```",
    ]
)
SPECS = st.lists(BLOCKS, max_size=14).map("\n\n".join)
REVISIONS = st.one_of(
    SPECS.map(lambda text: revision(a=text)),
    st.tuples(SPECS, SPECS).map(lambda texts: revision(a=texts[0], b=texts[1])),
    SPECS.map(lambda text: revision(b=text)),
)


def tally(clauses: list[Clause]) -> Counter[tuple[str, int]]:
    return Counter((clause.path, clause.line) for clause in clauses)


@settings(max_examples=100, deadline=None)
@given(REVISIONS, REVISIONS)
def test_every_clause_of_both_sides_is_there_once(before: Revision, after: Revision) -> None:
    old, new = clauses_of(before), clauses_of(after)
    matching = match_clauses(old, new)
    clauses = [change.before for change in matching.changes if change.before]
    right = [change.after for change in matching.changes if change.after]
    assert tally([*clauses, *(clause for clause, _ in matching.unchanged)]) == tally(list(old))
    assert tally([*right, *(other for _, other in matching.unchanged)]) == tally(list(new))
    assert all(clause.text == other.text for clause, other in matching.unchanged)
    in_order = [change.after for change in matching.changes if change.after]
    assert all((clause.path, clause.line) < (two.path, two.line) for clause, two in pairwise(in_order))
    for change in matching.changes:
        assert (change.before is None) == (change.kind is ChangeKind.ADDED)
        assert (change.after is None) == (change.kind is ChangeKind.REMOVED)
        assert 0 <= change.similarity <= 1


@settings(max_examples=100, deadline=None)
@given(REVISIONS, REVISIONS)
def test_a_revert_mirrors_its_patch(before: Revision, after: Revision) -> None:
    change_counts, back = count_changes(diff_revisions(before, after)), count_changes(diff_revisions(after, before))
    assert back == ChangeCounts(change_counts.removed, change_counts.added, change_counts.reworded, change_counts.moved)
    assert diff_revisions(before, before) == diff_revisions(after, after) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("2025-02-12", "2025-04-11", ChangeCounts(added=0, removed=1, reworded=8, moved=2)),
        ("2025-09-12", "2025-10-26", ChangeCounts(added=32, removed=0, reworded=15, moved=0)),
        ("2025-12-17", "2025-12-18", ChangeCounts(added=0, removed=0, reworded=1, moved=0)),
    ],
)
def test_published_releases(before: str, after: str, expected: ChangeCounts) -> None:
    paths = [RELEASES / release / "model_spec.md" for release in (before, after)]
    if not all(path.exists() for path in paths):
        pytest.skip(f"needs the published spec under {RELEASES}")
    old, new = (parse_clauses("model_spec.md", path.read_text()) for path in paths)
    assert count_changes(match_clauses(old, new).changes) == expected


FIRST = "The assistant must tell the operator before it deletes files that belong to another team."
SECOND = "Where several people share one workspace, a note in the log is not notice enough."
THIRD = "A pending confirmation expires after one hour without an answer."
WHOLE = f"{FIRST} {SECOND} {THIRD}"


def shown(change: ClauseChange) -> tuple[str, list[str], list[str]]:
    """(kind, texts before, texts after), the pair's first."""
    before = [clause.text for clause in (change.before,) if clause]
    after = [clause.text for clause in (change.after,) if clause]
    (after if change.kind is ChangeKind.SPLIT else before).extend(clause.text for clause in change.others)
    return change.kind.value, before, after


def between(*texts: str) -> str:
    return "\n\n".join([RULES[0], *texts, RULES[1]])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((f"{FIRST} {SECOND}", THIRD), (f"{FIRST} {SECOND}", THIRD)),
        ((FIRST, SECOND, THIRD), (SECOND, FIRST, THIRD)),
        ((f"- {FIRST}", f"- {SECOND} {THIRD}"), (f"{SECOND} {THIRD}", FIRST)),
        ((FIRST.replace("tell", "notify"), f"{SECOND} So: {THIRD}"), (f"{SECOND} So: {THIRD}", FIRST[:19] + "notify")),
    ],
)
def test_a_clause_that_became_several_and_back(pieces: tuple[str, ...], expected: tuple[str, ...]) -> None:
    one, many = revision(a=between(WHOLE)), revision(a=between(*pieces))
    (split,) = diff_revisions(one, many)
    kind, before, after = shown(split)
    assert (kind, before) == ("split", [WHOLE])
    assert all(text.startswith(start) for text, start in zip(after, expected, strict=True))
    (merged,) = diff_revisions(many, one)
    assert shown(merged) == ("merged", after, [WHOLE])
    assert merged.similarity == split.similarity > 0.9
    more = len(pieces) - 1
    assert count_changes([split]) == ChangeCounts(added=more, removed=0, reworded=1, moved=0)
    assert count_changes([merged]) == ChangeCounts(added=0, removed=more, reworded=1, moved=0)


def test_a_sentence_that_went_to_a_clause_of_its_own_words() -> None:
    other = f"Deadlines matter, because people plan their day by them and by little else. {THIRD}"
    (change,) = diff_revisions(revision(a=between(WHOLE)), revision(a=between(f"{FIRST} {SECOND}", other)))
    assert shown(change) == ("split", [WHOLE], [f"{FIRST} {SECOND}", other])


@pytest.mark.parametrize(
    "other",
    [
        "Deadlines matter, because people plan their day by them and by little else.",
        "The assistant must tell the user what it did.",
    ],
)
def test_a_clause_cut_short_beside_a_new_one_is_not_split(other: str) -> None:
    changes = diff_revisions(revision(a=between(WHOLE)), revision(a=between(f"{FIRST} {SECOND}", other)))
    assert [change.kind.value for change in changes] == ["reworded", "added"]


def test_a_copy_is_no_split() -> None:
    changes = diff_revisions(revision(a=between(WHOLE)), revision(a=between(WHOLE, FIRST)))
    assert [shown(change) for change in changes] == [("added", [], [FIRST])]


def test_a_rule_whose_piece_became_commentary_is_not_split() -> None:
    changes = diff_revisions(
        revision(a=between(WHOLE)), revision(a=between(f"{FIRST} {SECOND}", f'!!! meta "Why"\n    {THIRD}'))
    )
    assert [change.kind.value for change in changes] == ["reworded", "added"]


SENTENCES = [*RULES, FIRST, SECOND, THIRD]
CLAUSES = st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join) | BLOCKS, max_size=10)


@settings(max_examples=100, deadline=None)
@given(CLAUSES, CLAUSES)
def test_every_clause_is_in_one_change_and_the_counts_balance(names: list[str], two: list[str]) -> None:
    before, after = revision(a="\n\n".join(names)), revision(a="\n\n".join(two))
    changes = diff_revisions(before, after)
    number = count_changes(changes)
    assert len(clauses_of(after)) - len(clauses_of(before)) == number.added - number.removed
    involved: list[tuple[int, int]] = []
    for change in changes:
        assert bool(change.others) == (change.kind in (ChangeKind.SPLIT, ChangeKind.MERGED))
        side = 1 if change.kind is ChangeKind.SPLIT else 0
        involved += [(0, change.before.line)] if change.before else []
        involved += [(1, change.after.line)] if change.after else []
        involved += [(side, clause.line) for clause in change.others]
        assert all(a.line < b.line for a, b in pairwise(change.others))
    assert len(involved) == len(set(involved))
    back = count_changes(diff_revisions(after, before))
    assert back == ChangeCounts(number.removed, number.added, number.reworded, number.moved)
