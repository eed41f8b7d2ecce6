from __future__ import annotations

from pathlib import Path

import pytest

from auditor.clauses.authority import LEVELS, Levels, Renaming, authority_changes
from auditor.clauses.direction import Direction, GroundKind
from auditor.clauses.match import Matching, match
from auditor.clauses.norms import Norm, judge
from auditor.clauses.parse import parse

DATA = Path(__file__).parents[2] / "../shared/data/openai-model-spec"
TITLES = ("Keep watch", "Log every call", "Mind the tide", "Greet the crew", "Guard the keys", "Answer in turn")


def norms_of(found: Matching) -> list[Norm]:
    """The direction of each change, renamings of levels taken into account."""
    renamed = authority_changes(found.changes, found.unchanged).renamed
    return [judge(change, renamed=renamed) for change in found.changes]


def spec(levels: str) -> str:
    sections = zip(TITLES, levels.split(), strict=True)
    return "\n\n".join(
        f"## {title} {{#s{at} authority={level}}}\n\nThe pilot must do number {at} well."
        for at, (title, level) in enumerate(sections)
    )


def matched(before: str, after: str) -> Matching:
    return match(parse("spec.md", spec(before)), parse("spec.md", spec(after)))


def test_a_renamed_level_is_one_renaming_and_what_leaves_it_stands_out() -> None:
    found = matched("platform platform platform platform user user", "root root root system user guideline")
    authority = authority_changes(found.changes, found.unchanged)
    assert authority.renamings == (Renaming("platform", "root", 3, 4),)
    assert [(one.before, one.after, one.direction) for one in authority.changes] == [
        ("platform", "system", Direction.RELAXED),
        ("user", "guideline", Direction.RELAXED),
    ]
    norms = norms_of(found)
    assert [norm.direction for norm in norms] == [Direction.CLARIFIED] * 3 + [Direction.RELAXED] * 2
    assert [(one.kind, one.before, one.after) for one in norms[3].grounds] == [
        (GroundKind.AUTHORITY, "platform", "system")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("user user user user user root", "root root root root root root"),
        ("user user user user user guideline", "guideline guideline guideline guideline guideline guideline"),
        ("platform platform user user user user", "root root user user user user"),
        ("platform platform platform platform platform user", "root root root platform platform user"),
        ("platform platform platform platform user user", "root root system system user user"),
    ],
    ids=["into a name in use above", "into a name in use below", "two only", "some stay", "half and half"],
)
def test_a_change_of_level_is_no_renaming(before: str, after: str) -> None:
    found = matched(before, after)
    authority = authority_changes(found.changes, found.unchanged)
    assert authority.renamings == ()
    assert len(authority.changes) == sum(one != other for one, other in zip(before.split(), after.split(), strict=True))


def test_what_did_not_change_says_whether_a_name_is_in_use() -> None:
    found = matched("low low low low low high", "high high high high low high")
    assert authority_changes(found.changes, found.unchanged).renamings == ()
    assert authority_changes(found.changes).renamings == (Renaming("low", "high", 4, 4),)


def test_the_order_is_configurable_and_an_unknown_level_is_undetermined() -> None:
    found = matched("law user user user user user", "custom user user user user user")
    (change,) = found.changes
    assert judge(change).direction == Direction.UNDETERMINED
    levels = Levels((frozenset({"law"}), frozenset({"custom"})))
    assert judge(change, levels).direction == Direction.RELAXED
    assert LEVELS.direction("system", "platform") == Direction.CLARIFIED
    assert LEVELS.direction("guideline", "user") == Direction.TIGHTENED
    assert LEVELS.direction(None, "user") == Direction.UNDETERMINED


def test_a_level_is_told_by_its_heading_and_not_again_by_each_clause() -> None:
    found = matched("root user user user user user", "guideline user user user user user")
    (norm,) = norms_of(found)
    assert norm.direction == Direction.RELAXED


def test_a_rule_moved_under_another_level_changes_with_it() -> None:
    rule = "The pilot must never sleep while the ship is under way at night."
    before = f"## A {{#a authority=root}}\n\n{rule}\n\nOne.\n\n## B {{#b authority=guideline}}\n\nTwo."
    after = f"## A {{#a authority=root}}\n\nOne.\n\n## B {{#b authority=guideline}}\n\nTwo.\n\n{rule}"
    found = match(parse("spec.md", before), parse("spec.md", after))
    assert [norm.direction for norm in norms_of(found)] == [Direction.RELAXED]


def test_the_published_spec_renamed_a_level_once() -> None:
    if not DATA.is_dir():
        pytest.skip("the public data is not beside the project")
    texts = [(DATA / name / "model_spec.md").read_text(encoding="utf-8") for name in ("2025-04-11", "2025-09-12")]
    found = match(*(parse("model_spec.md", text) for text in texts))
    authority = authority_changes(found.changes, found.unchanged)
    assert [(one.before, one.after) for one in authority.renamings] == [("platform", "root")]
    assert {(one.before, one.after, one.direction) for one in authority.changes} == {
        ("platform", "system", Direction.RELAXED),
        ("guideline", "user", Direction.TIGHTENED),
    }
