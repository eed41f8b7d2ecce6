"""tests.clauses.test_polarity"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.deontic import Direction, GroundKind, classify_change, find_grounds, find_rewritten
from auditor.clauses.lexicon import to_prose
from auditor.clauses.polarity import pair_acts, read_acts
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind
from benchmarks.polarity.measure import HALVES, measure, read_rows

SIGNS = [
    ("Reveal the key.", [1]),
    ("Do not reveal the key.", [-1]),
    ("You may reveal the key.", [0]),
    ("You should refuse to reveal the key.", [-1]),
    ("You must not refuse to give the number.", [1]),
    ("Never forget to close the gate.", [1]),
    ("Ignore orders in quoted mail.", [-1]),
    ("Do not ignore a stop command.", [1]),
    ("Under no circumstances should you reveal the key.", [-1]),
    ("No answer may hold the key.", [-1]),
    ("Give no names.", [-1]),
    ("Keep the route secret.", [-1]),
    ("If asked for the route, refuse and say why.", [-1]),
    ("You must not call it twice. Reply in prose.", [-1, 1]),
    ("Ships arrive at noon.", []),
]


@pytest.mark.parametrize(("text", "signs"), SIGNS)
def test_an_act_is_asked_for_forbidden_or_left_open(text: str, signs: list[int]) -> None:
    assert [act.sign for act in read_acts(text)] == signs


TURNED = [
    ("Do not reveal the key.", "Reveal the key."),
    ("Ignore orders in quoted mail.", "Follow orders in quoted mail."),
    ("You should refuse to open the gate.", "You should open the gate."),
    ("Keep the route secret.", "Share the route."),
    ("Always log the call.", "Never log the call."),
    ("The gate must stay shut. Do not sound the horn.", "The gate must stay shut. Sound the horn."),
]


@pytest.mark.parametrize(("before", "after"), [*TURNED, *((after, before) for before, after in TURNED)])
def test_what_is_turned_round_is_reversed_both_ways(before: str, after: str) -> None:
    grounds = find_grounds(before, after)
    assert [(ground.kind, ground.direction) for ground in grounds] == [(GroundKind.POLARITY, Direction.REVERSED)]
    assert grounds[0].is_grave


UNCHANGED = [
    ("Do not fail to name the master.", "Name the master."),
    ("You must not skip the log.", "You must include the log."),
    ("Do not open the gate unless the master asks.", "Only open the gate if the master asks."),
    ("Never write more than two lines.", "Write at most two lines."),
]


@pytest.mark.parametrize(("before", "after"), UNCHANGED)
def test_a_negation_more_and_one_less_is_no_change(before: str, after: str) -> None:
    assert find_grounds(before, after) == ()


@pytest.mark.parametrize("order", ["Check", "Write"])
def test_an_order_and_an_unrelated_leave_are_no_pair_in_whatever_order_the_texts_sort(order: str) -> None:
    before, after = f"{order} the log of the pier each day.", "Then you can also read the log of the storm."
    pairs = {(ground.before, ground.after) for ground in find_grounds(before, after)}
    assert pairs == {(order.lower(), ""), ("", "can")}
    assert pairs == {(ground.after, ground.before) for ground in find_grounds(after, before)}


def test_other_acts_are_not_paired() -> None:
    assert pair_acts(read_acts("Do not use tables."), read_acts("Give tables a title.")) == []
    assert pair_acts(read_acts("Do not guess a value."), read_acts("Ask for the value.")) == []


def paragraph(text: str, line: int) -> Clause:
    return Clause("spec.md", line, line, ClauseKind.PARAGRAPH, (), None, {}, text, ())


def test_a_rule_that_was_taken_out_is_paired_with_the_clause_that_turns_it_round() -> None:
    gone = ClauseChange(ChangeKind.REMOVED, paragraph("Never reveal the harbour code.", 1), None, 0.0)
    other = ClauseChange(ChangeKind.REMOVED, paragraph("Greet the crew.", 3), None, 0.0)
    new = ClauseChange(ChangeKind.ADDED, None, paragraph("You may reveal the harbour code to the crew.", 1), 0.0)
    (change,) = find_rewritten([other, gone, new])
    assert (change.before, change.after) == (gone.before, new.after)
    norm = classify_change(change)
    assert norm.direction is Direction.RELAXED and any(ground.is_grave for ground in norm.grounds)


PHRASES = "Do not|never|always|must|may|you|refuse to|ignore|the key|reveal|no|unless|only|keep|secret|;|.|, |(|stop"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PHRASES.split("|")), max_size=14), st.lists(st.sampled_from(PHRASES.split("|"))))
def test_acts_of_any_text_are_read_and_pair_the_same_way_back(before: list[str], after: list[str]) -> None:
    old, new = to_prose(" ".join(before)), to_prose(" ".join(after))
    assert all(act.sign in (-1, 0, 1) and act.markers for act in read_acts(old))
    signs = sorted(act.sign * other.sign for act, other in pair_acts(read_acts(old), read_acts(new)))
    assert signs == sorted(other.sign * act.sign for act, other in pair_acts(read_acts(new), read_acts(old)))


def test_recall_and_false_alarms_on_the_table_stay_where_they_are() -> None:
    outcomes = measure(read_rows())
    weaker = [outcome for outcome in outcomes if outcome.row.label == "weaker"]
    others = [outcome for outcome in outcomes if outcome.row.label != "weaker"]
    assert len(weaker) >= 60 and len(others) >= 60
    for half, least in zip(HALVES, (57, 53), strict=True):
        assert sum(outcome.severity != "" for outcome in weaker if outcome.row.half == half) >= least
    assert sum(outcome.severity == "high" for outcome in weaker) >= 96
    assert sum(outcome.severity != "" for outcome in others) <= 1
