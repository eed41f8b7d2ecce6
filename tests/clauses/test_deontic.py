"""tests.clauses.test_deontic"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.deontic import (
    DEFAULT_LEVELS,
    AuthorityLevels,
    Direction,
    GroundKind,
    LevelRenaming,
    Norm,
    classify_change,
    find_authority_changes,
)
from auditor.clauses.formats import parse_clauses
from auditor.clauses.lexicon import find_markers, sentence_spans, to_prose
from auditor.clauses.match import Matching, match_clauses
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind
from benchmarks.norms.measure import CLASSES, DATA, HERE, labelled

T, R, V, M = Direction.TIGHTENED, Direction.RELAXED, Direction.REVERSED, Direction.MIXED
C, D, U = Direction.CLARIFIED, Direction.DESCRIPTIVE, Direction.UNDETERMINED
OPPOSITES = {T: R, R: T}


def clause(
    text: str, kind: ClauseKind = ClauseKind.PARAGRAPH, level: str | None = None, *, line: int = 1, anchor: str = "a"
) -> Clause:
    attributes = {"authority": level} if level else {}
    return Clause("spec.md", line, line, kind, ("Harbour",), anchor, attributes, text, ())


def reworded(before: str, after: str, kind: ClauseKind = ClauseKind.PARAGRAPH) -> ClauseChange:
    return ClauseChange(ChangeKind.REWORDED, clause(before, kind), clause(after, kind), 0.5)


def added(text: str, kind: ClauseKind = ClauseKind.PARAGRAPH) -> ClauseChange:
    return ClauseChange(ChangeKind.ADDED, None, clause(text, kind), 0.0)


def removed(text: str, kind: ClauseKind = ClauseKind.PARAGRAPH) -> ClauseChange:
    return ClauseChange(ChangeKind.REMOVED, clause(text, kind), None, 0.0)


REWORDED = [
    # how strong
    ("The pilot should log every order.", "The pilot must log every order.", T),
    ("The assistant must answer in French.", "The assistant should answer in French.", R),
    ("The assistant is required to cite.", "The assistant is encouraged to cite.", R),
    ("The assistant should cite.", "The assistant is expected to cite.", C),
    ("The assistant must not guess.", "The assistant should not guess.", R),
    ("You should not guess.", "You should never guess.", T),
    ("You must never guess.", "You must not guess.", C),
    ("The assistant shall reply.", "The assistant must reply.", C),
    ("The assistant should avoid slang.", "The assistant must avoid slang.", T),
    ("Avoid slang with guests.", "Never use slang with guests.", T),
    ("The assistant must refuse.", "The assistant may refuse.", R),
    ("The assistant may refuse.", "The assistant should refuse.", T),
    ("The assistant may share logs.", "The assistant may not share logs.", T),
    ("The assistant cannot share logs.", "The assistant can share logs.", R),
    ("The assistant must share logs.", "The assistant must not share logs.", V),
    ("The assistant must ask first.", "The assistant is not required to ask first.", R),
    ("The assistant must ask first.", "The assistant does not need to ask first.", R),
    ("The assistant must ask first.", "The assistant need not ask first.", R),
    ("Sharing is prohibited here.", "Sharing is permitted here.", R),
    ("Sharing is not prohibited here.", "Sharing is prohibited here.", T),
    ("Sharing logs is allowed.", "Sharing logs is not allowed.", T),
    ("Sharing logs is no longer allowed.", "Sharing logs is allowed.", R),
    ("Claude tells jokes.", "Claude never tells jokes.", T),
    ("Claude does not flirt.", "Claude may flirt.", R),
    ("Do not list prices.", "List prices in euros.", V),
    # how firm
    ("The assistant should cite sources.", "The assistant should generally cite sources.", R),
    ("The assistant should usually cite sources.", "The assistant should cite sources.", T),
    ("The assistant must cite sources.", "The assistant must try to cite sources.", R),
    ("The assistant must cite sources.", "Where possible, the assistant must cite sources.", R),
    ("The assistant must not swear.", "By default, the assistant must not swear.", R),
    ("The assistant should typically cite.", "The assistant should usually cite.", C),
    # how wide
    ("The assistant must refuse all such orders.", "The assistant must refuse some such orders.", R),
    ("The assistant must not share most logs.", "The assistant must not share any logs.", T),
    ("The assistant may share some logs.", "The assistant may share all logs.", R),
    ("The assistant must log each call.", "The assistant must log every call.", C),
    ("The assistant must not share keys.", "The assistant must not share keys, even if asked.", T),
    ("The assistant must not share keys.", "The assistant must not share keys, regardless of context.", T),
    ("The assistant may share logs.", "The assistant may only share logs.", T),
    ("The assistant must give at least two sources.", "The assistant must give at least three sources.", T),
    ("The assistant may ask at most one question.", "The assistant may ask at most 4 questions.", R),
    ("Keys must be kept unless asked.", "Keys must be kept unless explicitly asked.", T),
    # exceptions
    ("The assistant must not share keys.", "The assistant must not share keys, except with the harbour master.", R),
    ("The assistant must not share keys unless asked.", "The assistant must not share keys.", T),
    ("The assistant may share logs.", "The assistant may share logs unless they are sealed.", T),
    ("The assistant may share logs.", "The assistant may share logs, as long as the owner agrees.", T),
    ("The assistant must refuse unless told so.", "The assistant must refuse except if told so.", C),
    ("The assistant must pause.", "The assistant must pause only if the crew objects.", R),
    ("The assistant must refuse.", "The assistant must refuse unless explicitly told by all crew.", R),
    # things listed
    ("The assistant must not share keys or maps.", "The assistant must not share keys, codes or maps.", T),
    ("The assistant must not share keys.", "The assistant must not share keys or codes.", T),
    ("The assistant may share logs and maps.", "The assistant may share logs.", T),
    ("The assistant may share logs.", "The assistant may share logs, including old ones.", R),
    ("Refuse unless the owner asks.", "Refuse unless the owner or the master asks.", R),
    ("Refuse unless the owner asks.", "Refuse unless the owner asks and signs.", T),
    # sentences come and go
    ("The assistant must cite.", "The assistant must cite. It must not guess.", T),
    ("The assistant must cite. It may guess.", "The assistant must cite.", T),
    ("Cite sources. Never guess.", "Never guess. Cite sources.", C),
    ("The assistant must cite. It should not guess.", "The assistant must cite. It should guess.", V),
    # nothing that makes a rule
    ("The assistant must answer quickly.", "The assistant must answer fast.", C),
    ("Ships arrive at noon.", "Ships arrive at dusk.", D),
]


@pytest.mark.parametrize(("before", "after", "expected"), REWORDED)
def test_a_reworded_clause_has_a_direction_and_its_revert_the_opposite(
    before: str, after: str, expected: Direction
) -> None:
    assert classify_change(reworded(before, after)).direction == expected
    assert classify_change(reworded(after, before)).direction == OPPOSITES.get(expected, expected)


ADDED = [
    ("The assistant must not share keys.", T),
    ("Never share keys.", T),
    ("- If asked twice, refuse politely.", T),
    ("**Keys:** keep them in the safe.", T),
    ("You can't reveal the route.", T),
    ("The assistant may share logs.", R),
    ("Users can override this with a system message.", R),
    ("It is acceptable to share logs.", R),
    ("The assistant does not have to explain itself.", R),
    ("The assistant must not share keys, unless the master asks.", T),
    ("The assistant must not share keys. However, it may share maps.", T),
    ("The assistant may share maps. Sharing keys is forbidden.", M),
    ("Sharing is permitted, but it must be logged.", M),
    ("You're allowed to joke.", R),
    ("Feel free to joke.", R),
    ("Name the source first.", T),
    ("NEVER push to main unless the crew asks.", T),
    ("{% if crew %}You must greet {{ name }}.{% endif %}", T),
    ("May share maps with guests.", R),
    ("Harbour law: rules that cannot be overridden by the crew.", T),
    # near misses
    ("Asking twice can cost time and can annoy the crew.", D),
    ("The length is on the board, so the assistant can trim the rope.", D),
    ("Which routes the assistant may take is told elsewhere.", D),
    ("Every May 12 the crew can be found ashore.", D),
    ("Name and rank are on the door.", D),
    ("This must have been an old map.", D),
    ("The hull can be used for storage.", D),
    ("Claude does not always ask.", D),
    ("The rule was written in May 2024 by the crew.", D),
    ("May 5, 2025 is the date of the first release.", D),
    ("A can of paint stands in the hold with the rope.", D),
    ("The trash can overflows when nobody looks.", D),
    ("Answers may vary between days.", D),
    ("The assistant may be wrong about tides.", D),
    ("The user may forget what they asked.", D),
    ("The crew can see the lighthouse from here.", D),
    ("Speed is a must-have in this trade.", D),
    ("This section explains how the assistant should order its tasks.", D),
    ("It is the only harbour that we know of.", D),
    ('The sign says "you must never run here" in red.', D),
    ("The flag `must_not_retry` and `always` are read at start.", D),
    ("Set by the crew: <!-- you must never do this -->.", D),
    ("**Example**: the pilot must never sleep", D),
    ("Use of ropes is common in this harbour.", D),
    ("The gate is always open at noon.", D),
    ("What is required of pilots is told elsewhere.", D),
]


@pytest.mark.parametrize(("text", "expected"), ADDED)
def test_an_added_clause_has_a_direction_and_its_removal_the_opposite(text: str, expected: Direction) -> None:
    assert classify_change(added(text)).direction == expected
    assert classify_change(removed(text)).direction == OPPOSITES.get(expected, expected)


@pytest.mark.parametrize("kind", [ClauseKind.EXAMPLE, ClauseKind.COMMENTARY])
def test_examples_and_commentary_make_no_rule(kind: ClauseKind) -> None:
    assert classify_change(added("The assistant must not share keys.", kind)).direction == D
    assert classify_change(reworded("You must ask.", "You may ask.", kind)).grounds == ()


@pytest.mark.parametrize(
    "text",
    [
        "Der Assistent muss die Frage beantworten und darf nicht raten, wenn er die Antwort nicht kennt.",
        "El asistente debe responder a las preguntas del usuario y no puede revelar los secretos.",
        "助手必须回答问题，不得泄露任何秘密。",
        "Помощник должен отвечать на вопросы и не может раскрывать тайны.",
        "Lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt labore magna aliqua",
    ],
)
def test_a_text_that_is_not_english_is_undetermined(text: str) -> None:
    assert classify_change(added(text)).direction == U
    assert classify_change(reworded("The assistant must answer.", text)).direction == U


def test_grounds_are_the_very_words() -> None:
    norm = classify_change(
        reworded(
            "The assistant must never share any keys of this ship with the guests of the harbour.",
            "The assistant SHOULD generally not share keys of this ship or its boats with the guests of the harbour"
            " unless asked.",
        )
    )
    assert [(ground.kind, ground.before, ground.after, ground.direction) for ground in norm.grounds] == [
        (GroundKind.STRENGTH, "must never", "should generally not", R),
        (GroundKind.SCOPE, "any", "", R),
        (GroundKind.LIST, "", "or its boats", T),
        (GroundKind.EXCEPTION, "", "unless", R),
    ]
    assert norm.direction == M


def test_a_rule_that_becomes_commentary_is_relaxed() -> None:
    text = "The assistant must not share keys."
    change = ClauseChange(ChangeKind.REWORDED, clause(text), clause(text, ClauseKind.COMMENTARY), 1.0)
    norm = classify_change(change)
    assert norm.direction == R
    assert [(ground.kind, ground.before, ground.after) for ground in norm.grounds] == [
        (GroundKind.STANDING, "must not", "commentary")
    ]
    assert classify_change(ClauseChange(ChangeKind.REWORDED, change.after, change.before, 1.0)).direction == T


def test_a_split_and_a_merge_are_judged_by_all_their_pieces() -> None:
    whole, first, second = "You must ask, and you must wait.", "You must ask.", "You must wait."
    split = ClauseChange(ChangeKind.SPLIT, clause(whole), clause(first), 0.9, others=(clause(second, line=3),))
    assert classify_change(split).direction == C
    lost = ClauseChange(
        ChangeKind.MERGED, clause(first), clause("You must ask."), 0.9, others=(clause("Never run.", line=3),)
    )
    assert classify_change(lost).direction == R


def test_what_is_moved_or_back_again() -> None:
    rule = clause("You must ask.")
    assert classify_change(ClauseChange(ChangeKind.MOVED, rule, rule, 1.0, moved=True)).direction == C
    assert classify_change(ClauseChange(ChangeKind.REINSTATED, rule, rule, 1.0)).direction == T


def test_a_title_may_begin_with_another_verb() -> None:
    assert classify_change(reworded("Be kind", "Show warmth to guests", ClauseKind.HEADING)).direction == C
    assert classify_change(reworded("Do not lie", "Do not lie or cheat", ClauseKind.HEADING)).direction == T


PUBLISHED_SPECS = Path(__file__).parents[2] / "../shared/data/openai-model-spec"
TITLES = ("Keep watch", "Log every call", "Mind the tide", "Greet the crew", "Guard the keys", "Answer in turn")


def norms_of(matching: Matching) -> list[Norm]:
    """The direction of each change, renamings of levels taken into account."""
    renamed = find_authority_changes(matching.changes, matching.unchanged).renamed
    return [classify_change(change, renamed=renamed) for change in matching.changes]


def spec(levels: str) -> str:
    sections = zip(TITLES, levels.split(), strict=True)
    return "\n\n".join(
        f"## {title} {{#s{at} authority={level}}}\n\nThe pilot must do number {at} well."
        for at, (title, level) in enumerate(sections)
    )


def matched(before: str, after: str) -> Matching:
    return match_clauses(parse_clauses("spec.md", spec(before)), parse_clauses("spec.md", spec(after)))


def test_a_renamed_level_is_one_renaming_and_what_leaves_it_stands_out() -> None:
    matching = matched("platform platform platform platform user user", "root root root system user guideline")
    authority = find_authority_changes(matching.changes, matching.unchanged)
    assert authority.renamings == (LevelRenaming("platform", "root", 3, 4),)
    assert [(change.before, change.after, change.direction) for change in authority.changes] == [
        ("platform", "system", Direction.RELAXED),
        ("user", "guideline", Direction.RELAXED),
    ]
    norms = norms_of(matching)
    assert [norm.direction for norm in norms] == [Direction.CLARIFIED] * 3 + [Direction.RELAXED] * 2
    assert [(ground.kind, ground.before, ground.after) for ground in norms[3].grounds] == [
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
    matching = matched(before, after)
    authority = find_authority_changes(matching.changes, matching.unchanged)
    assert authority.renamings == ()
    assert len(authority.changes) == sum(
        name != other for name, other in zip(before.split(), after.split(), strict=True)
    )


def test_what_did_not_change_says_whether_a_name_is_in_use() -> None:
    matching = matched("low low low low low high", "high high high high low high")
    assert find_authority_changes(matching.changes, matching.unchanged).renamings == ()
    assert find_authority_changes(matching.changes).renamings == (LevelRenaming("low", "high", 4, 4),)


def test_the_order_is_configurable_and_an_unknown_level_is_undetermined() -> None:
    matching = matched("law user user user user user", "custom user user user user user")
    (change,) = matching.changes
    assert classify_change(change).direction == Direction.UNDETERMINED
    levels = AuthorityLevels((frozenset({"law"}), frozenset({"custom"})))
    assert classify_change(change, levels).direction == Direction.RELAXED
    assert DEFAULT_LEVELS.direction("system", "platform") == Direction.CLARIFIED
    assert DEFAULT_LEVELS.direction("guideline", "user") == Direction.TIGHTENED
    assert DEFAULT_LEVELS.direction(None, "user") == Direction.UNDETERMINED


def test_a_level_is_told_by_its_heading_and_not_again_by_each_clause() -> None:
    matching = matched("root user user user user user", "guideline user user user user user")
    (norm,) = norms_of(matching)
    assert norm.direction == Direction.RELAXED


def test_a_rule_moved_under_another_level_changes_with_it() -> None:
    rule = "The pilot must never sleep while the ship is under way at night."
    before = f"## A {{#a authority=root}}\n\n{rule}\n\nOne.\n\n## B {{#b authority=guideline}}\n\nTwo."
    after = f"## A {{#a authority=root}}\n\nOne.\n\n## B {{#b authority=guideline}}\n\nTwo.\n\n{rule}"
    matching = match_clauses(parse_clauses("spec.md", before), parse_clauses("spec.md", after))
    assert [norm.direction for norm in norms_of(matching)] == [Direction.RELAXED]


def test_the_published_spec_renamed_a_level_once() -> None:
    if not PUBLISHED_SPECS.is_dir():
        pytest.skip("the public data is not beside the project")
    texts = [
        (PUBLISHED_SPECS / name / "model_spec.md").read_text(encoding="utf-8") for name in ("2025-04-11", "2025-09-12")
    ]
    matching = match_clauses(*(parse_clauses("model_spec.md", text) for text in texts))
    authority = find_authority_changes(matching.changes, matching.unchanged)
    assert [(renaming.before, renaming.after) for renaming in authority.renamings] == [("platform", "root")]
    assert {(change.before, change.after, change.direction) for change in authority.changes} == {
        ("platform", "system", Direction.RELAXED),
        ("guideline", "user", Direction.TIGHTENED),
    }


def test_the_labels_hold_no_text() -> None:
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 191
    for row in rows:
        assert row.keys() == {"before", "after", "line_before", "line_after", "label", "half"}
        assert row["label"] in CLASSES and row["half"] in ("develop", "report")
        assert (row["line_before"] + row["line_after"]).isdecimal()


def test_agreement_does_not_fall() -> None:
    if not DATA.is_dir():
        pytest.skip("the public data is not beside the project")
    labelleds = list(labelled())
    assert sum(one.label == one.norm.direction for one in labelleds) >= 160


OPPOSITE_DIRECTIONS = {Direction.TIGHTENED: Direction.RELAXED, Direction.RELAXED: Direction.TIGHTENED}
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
    norm = classify_change(change)
    if change.kind is ChangeKind.REINSTATED:  # its revert removes it
        return
    kind = REVERSED.get(change.kind, change.kind)
    back = classify_change(ClauseChange(kind, change.after, change.before, 0.5, change.moved, change.others))
    assert back.direction == OPPOSITE_DIRECTIONS.get(norm.direction, norm.direction)
    assert {(ground.kind, ground.after, ground.before) for ground in back.grounds} == {
        (ground.kind, ground.before, ground.after) for ground in norm.grounds
    }


def paragraph(text: str) -> Clause:
    return Clause("spec.md", 1, 1, ClauseKind.PARAGRAPH, (), None, {}, text, ())


def _retyped(text: str) -> str:
    text = re.sub(r"(?<=\w)'(?=\w)", "\u2019", text).replace(" \u2014 ", " --- ")
    return "  " + re.sub(r" (?!\u2014|---)", "\n ", text) + "\n"


@settings(max_examples=100, deadline=None)
@given(before=st.lists(st.sampled_from(PHRASES), max_size=10), after=st.lists(st.sampled_from(PHRASES), max_size=10))
def test_white_space_and_typography_change_nothing(before: list[str], after: list[str]) -> None:
    def direction(name: str, other: str) -> Direction:
        return classify_change(ClauseChange(ChangeKind.REWORDED, paragraph(name), paragraph(other), 0.5)).direction

    old, new = " ".join(before), " ".join(after)
    assert direction(old, new) == direction(_retyped(old), new) == direction(old, _retyped(new))
    assert direction(old, _retyped(old)) not in {*OPPOSITE_DIRECTIONS, Direction.MIXED}


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_markers_stand_in_their_sentences_and_overlap_nowhere(text: str) -> None:
    read = to_prose(text)
    spans = sentence_spans(read)
    last = 0
    for marker in find_markers(read):
        start, end = spans[marker.sentence]
        assert last <= marker.start < marker.end and start <= marker.start and marker.end <= end
        assert read[marker.start : marker.end].casefold() == marker.words
        last = marker.end


def test_long_and_hostile_texts_end() -> None:
    for unit in ("{{", "[^", "![", "<a", "`", '"', "must not ", "if ", ", and ", "*_", "A", "- ", "never. "):
        text = unit * 1_000
        change = ClauseChange(ChangeKind.REWORDED, paragraph(text), paragraph(text[:-40] + " may rest"), 0.5)
        assert classify_change(change).direction in Direction
