from __future__ import annotations

import pytest

from auditor.clauses.direction import Direction, GroundKind
from auditor.clauses.norms import judge
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind

T, R, M = Direction.TIGHTENED, Direction.RELAXED, Direction.MIXED
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
    ("The assistant must share logs.", "The assistant must not share logs.", M),
    ("The assistant must ask first.", "The assistant is not required to ask first.", R),
    ("The assistant must ask first.", "The assistant does not need to ask first.", R),
    ("The assistant must ask first.", "The assistant need not ask first.", R),
    ("Sharing is prohibited here.", "Sharing is permitted here.", R),
    ("Sharing is not prohibited here.", "Sharing is prohibited here.", T),
    ("Sharing logs is allowed.", "Sharing logs is not allowed.", T),
    ("Sharing logs is no longer allowed.", "Sharing logs is allowed.", R),
    ("Claude tells jokes.", "Claude never tells jokes.", T),
    ("Claude does not flirt.", "Claude may flirt.", R),
    ("Do not list prices.", "List prices in euros.", M),
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
    ("The assistant must cite. It should not guess.", "The assistant must cite. It should guess.", M),
    # nothing that makes a rule
    ("The assistant must answer quickly.", "The assistant must answer fast.", C),
    ("Ships arrive at noon.", "Ships arrive at dusk.", D),
]


@pytest.mark.parametrize(("before", "after", "expected"), REWORDED)
def test_a_reworded_clause_has_a_direction_and_its_revert_the_opposite(
    before: str, after: str, expected: Direction
) -> None:
    assert judge(reworded(before, after)).direction == expected
    assert judge(reworded(after, before)).direction == OPPOSITES.get(expected, expected)


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
    assert judge(added(text)).direction == expected
    assert judge(removed(text)).direction == OPPOSITES.get(expected, expected)


@pytest.mark.parametrize("kind", [ClauseKind.EXAMPLE, ClauseKind.COMMENTARY])
def test_examples_and_commentary_make_no_rule(kind: ClauseKind) -> None:
    assert judge(added("The assistant must not share keys.", kind)).direction == D
    assert judge(reworded("You must ask.", "You may ask.", kind)).grounds == ()


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
    assert judge(added(text)).direction == U
    assert judge(reworded("The assistant must answer.", text)).direction == U


def test_grounds_are_the_very_words() -> None:
    norm = judge(
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
    norm = judge(change)
    assert norm.direction == R
    assert [(ground.kind, ground.before, ground.after) for ground in norm.grounds] == [
        (GroundKind.STANDING, "must not", "commentary")
    ]
    assert judge(ClauseChange(ChangeKind.REWORDED, change.after, change.before, 1.0)).direction == T


def test_a_split_and_a_merge_are_judged_by_all_their_pieces() -> None:
    whole, first, second = "You must ask, and you must wait.", "You must ask.", "You must wait."
    split = ClauseChange(ChangeKind.SPLIT, clause(whole), clause(first), 0.9, others=(clause(second, line=3),))
    assert judge(split).direction == C
    lost = ClauseChange(
        ChangeKind.MERGED, clause(first), clause("You must ask."), 0.9, others=(clause("Never run.", line=3),)
    )
    assert judge(lost).direction == R


def test_what_is_moved_or_back_again() -> None:
    rule = clause("You must ask.")
    assert judge(ClauseChange(ChangeKind.MOVED, rule, rule, 1.0, moved=True)).direction == C
    assert judge(ClauseChange(ChangeKind.REINSTATED, rule, rule, 1.0)).direction == T


def test_a_title_may_begin_with_another_verb() -> None:
    assert judge(reworded("Be kind", "Show warmth to guests", ClauseKind.HEADING)).direction == C
    assert judge(reworded("Do not lie", "Do not lie or cheat", ClauseKind.HEADING)).direction == T
