"""The changes of a patch taken apart and put together again."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.ablation import separate_changes
from auditor.clauses.comparison import change_sides, clauses_of, diff_revisions
from auditor.clauses.match import clause_key
from auditor.errors import RevisionError
from auditor.model.spec import Revision, SpecFile, revision_id

WORDS = ("never", "always", "refund", "order", "customer", "policy", "reveal", "secret", "answer", "plainly", "cite")


def revision(**texts: str) -> Revision:
    """A revision of these texts by file name, `__` standing for the dot."""
    files = tuple(SpecFile(name.replace("__", "."), text) for name, text in sorted(texts.items()))
    return Revision(revision_id({file.path: file.text.encode() for file in files}), files)


def texts(of: Revision) -> list[str]:
    """What the files of a revision say."""
    return [file.text for file in of.files]


def test_every_change_is_left_out_and_made_alone() -> None:
    before = revision(
        spec__md="# Rules\n\n- Be kind.\n- Refund within 30 days of the order.\n- Old rule here.\n\nEnd.\n"
    )
    after = revision(
        spec__md="# Rules\n\n- Be kind.\n- Refund within 60 days of the order.\n- Never say pineapple.\n\n"
        "End.\n\nNew end.\n"
    )
    parts = separate_changes(before, after)
    assert [str(change.kind) for change in parts.changes] == ["reworded", "removed", "added", "added"]
    assert texts(parts.without(parts.changes[0])) == [after.files[0].text.replace("60", "30")]
    assert texts(parts.without(parts.changes[2])) == [after.files[0].text.replace("- Never say pineapple.\n", "")]
    assert texts(parts.without(parts.changes[3])) == [after.files[0].text.replace("\nNew end.\n", "")]
    assert texts(parts.alone(parts.changes[0])) == [before.files[0].text.replace("30", "60")]
    assert texts(parts.alone(parts.changes[1])) == [before.files[0].text.replace("- Old rule here.\n", "")]
    assert texts(parts.alone(parts.changes[3])) == [before.files[0].text + "\nNew end.\n"]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param("A b c.\n\nX y z.\n", "X y z.\n\nA b c.\n", 1, id="moved"),
        pytest.param("One rule here.\n", "One rule here.", 0, id="only a line end"),
        pytest.param("a: 1\n", "a: 1\n", 0, id="nothing"),
        pytest.param("Old first text.\n\nEnd.\n", "Quite other words\n\nEnd.\n", 1, id="no space between the two"),
        pytest.param("Last rule", "Last rule\n\nOne more.\n\nTwo more.", 2, id="no last line end"),
        pytest.param(
            "| a | b |\n|---|---|\n| 1 | 2 |\n", "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n", 2, id="rows"
        ),
    ],
)
def test_what_cannot_be_told_apart_is_one_change(before: str, after: str, changes: int) -> None:
    parts = separate_changes(revision(spec__md=before), revision(spec__md=after))
    assert len(parts.changes) == changes


def test_a_split_is_one_change() -> None:
    whole = "Never reveal the customer address to strangers, and always check the order number twice before a refund.\n"
    halves = "Never reveal the customer address to strangers.\n\nAlways check the order number twice before a refund.\n"
    parts = separate_changes(revision(spec__md=f"{whole}\nEnd.\n"), revision(spec__md=f"{halves}\nEnd.\n\nNew.\n"))
    assert [str(change.kind) for change in parts.changes] == ["split", "added"]
    assert texts(parts.alone(parts.changes[0])) == [f"{halves}\nEnd.\n"]


def test_a_moved_section_is_one_change_with_what_was_reworded_in_it() -> None:
    one, two = "## One\n\n- Be kind to people.\n- Say the truth.\n\n", "## Two\n\n- Check every order twice.\n\n"
    after = two + one.replace("truth", "truth always") + "Added at last.\n"
    parts = separate_changes(revision(spec__md=one + two), revision(spec__md=after))
    assert len(parts.changes) == 2
    assert texts(parts.without(parts.changes[-1]))[0].strip() == (two + one.replace("truth", "truth always")).strip()


@pytest.mark.parametrize("name", ["spec.yaml", "spec.json", "spec.py", "spec.html"])
def test_a_file_that_is_not_made_of_lines_is_one_change(name: str) -> None:
    sides = [
        Revision(revision_id({name: text.encode()}), (SpecFile(name, text),))
        for text in ('["Be kind.", "Old rule."]\n', '["Be kind.", "New words here.", "More of it."]\n')
    ]
    assert len(separate_changes(*sides).changes) == 1


def test_files_come_and_go_with_their_clauses() -> None:
    before, after = revision(a__md="A rule.\n"), revision(a__md="A rule.\n", b__md="B rule.\n\nAnother thing.\n")
    parts = separate_changes(before, after)
    assert [texts(parts.alone(change)) for change in parts.changes] == [
        ["A rule.\n", "B rule.\n"],
        ["A rule.\n", "\nAnother thing.\n"],
    ]
    only = separate_changes(before, revision(a__md="A rule.\n", b__md="B rule.\n"))
    assert only.without(only.changes[0]) == before


def test_one_of_several_files_that_is_renamed_is_refused() -> None:
    before = revision(a__md="A rule to keep.\n\nAnd more.\n", b__md="B.\n")
    after = revision(c__md="A rule to keep.\n\nAnd more.\n", b__md="B.\n\nNew.\n")
    with pytest.raises(RevisionError, match=r"a\.md: is renamed by the patch"):
        separate_changes(before, after)


clauses = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda words: " ".join(words).capitalize() + ".")
blocks = st.one_of(
    clauses,
    st.lists(clauses, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items)),
    clauses.map(lambda text: f"## {text.rstrip('.')}"),
    st.just("```\ncode here\n\nand here\n```"),
    clauses.map(lambda text: f"> {text}"),
)
documents = st.lists(blocks, max_size=6)


@st.composite
def patches(draw: st.DrawFn) -> tuple[Revision, Revision]:
    """Two texts of which the second has blocks taken out, put in, swapped, and words replaced."""
    before = draw(documents)
    after = list(before)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(after)))
        match draw(st.sampled_from(["add", "remove", "word", "move"])):
            case "add":
                after.insert(at, draw(blocks))
            case "remove" if at < len(after):
                del after[at]
            case "word" if at < len(after):
                after[at] = after[at].replace(draw(st.sampled_from(WORDS)), draw(st.sampled_from(WORDS)))
            case "move" if at < len(after):
                after.insert(draw(st.integers(0, len(after) - 1)), after.pop(at))
            case _:
                pass
    ends = draw(st.tuples(st.sampled_from(["\n", "", "\n\n"]), st.sampled_from(["\n", "", "\n\n"])))
    joint = draw(st.sampled_from(["\n\n", "\n\n\n"]))
    return revision(spec__md=joint.join(before) + ends[0]), revision(spec__md="\n\n".join(after) + ends[1])


def keys(of: Revision) -> Counter[object]:
    """What the clauses of a revision say, and how often."""
    return Counter(map(clause_key, clauses_of(of)))


@given(patches())
@settings(deadline=None)
def test_all_changes_give_the_text_after_and_none_the_text_before(patch: tuple[Revision, Revision]) -> None:
    before, after = patch
    parts = separate_changes(before, after)
    assert parts.recompose(parts.changes, layout_after=True) == after
    assert parts.recompose((), layout_after=False) == before
    assert sum(change.clauses for change in parts.changes) == len(diff_revisions(before, after))
    assert len({change.id for change in parts.changes}) == len(parts.changes)


@given(patches())
@settings(deadline=None)
def test_a_text_differs_in_its_change_and_in_nothing_else(patch: tuple[Revision, Revision]) -> None:
    """Each clause that changed is in one change, and no other differs; a move may be read as one of its neighbour."""
    before, after = patch
    parts = separate_changes(before, after)
    of_patch = diff_revisions(before, after)
    taken = Counter[object]()
    for change in parts.changes:
        without, alone = parts.without(change), parts.alone(change)
        taken += (keys(after) - keys(without)) + (keys(without) - keys(after))
        assert keys(alone) - keys(before) == keys(after) - keys(without)
        assert keys(before) - keys(alone) == keys(without) - keys(after)
        if any(one.moved for one in of_patch):
            continue
        own = {clause_key(clause) for one in of_patch for side in change_sides(one) for clause in side}
        for text, whole in ((without, after), (alone, before)):
            differing = diff_revisions(text, whole)
            assert {clause_key(clause) for one in differing for side in change_sides(one) for clause in side} <= own
    assert taken == (keys(after) - keys(before)) + (keys(before) - keys(after))
