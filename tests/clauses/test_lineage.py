from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses import lineage as lineage_module
from auditor.clauses.comparison import clauses_of, count_changes, diff_revisions
from auditor.clauses.lineage import Lineage, LineageEvent, trace_lineage
from auditor.model.clause import ChangeCounts, ChangeKind
from auditor.model.spec import History, Revision, SpecCommit, SpecFile, patches_of
from tests.clauses.test_match import FIRST, RULES, SECOND, SPECS, TEXT, THIRD, WHOLE, between, revision
from tests.worlds import START

RELEASES = Path(__file__).parents[2] / "../shared/data/openai-model-spec"
OTHER = "Cite the law in force where the user lives, and say which one it is."


def history(graph: dict[str, tuple[str | Revision, tuple[str, ...]]]) -> History:
    """Sighting -> (text or revision, parents), parents first."""
    revisions = {
        name: content if isinstance(content, Revision) else revision(a=content) for name, (content, _) in graph.items()
    }
    spec_commits = tuple(
        SpecCommit(name, revisions[name].id, parents, None, START, "", None) for name, (_, parents) in graph.items()
    )
    return History("spec", {one.id: one for one in revisions.values()}, spec_commits)


def straight(*texts: str | Revision) -> History:
    """One text after the other, seen as s0, s1 and so on."""
    return history({f"s{at}": (text, (f"s{at - 1}",) if at else ()) for at, text in enumerate(texts)})


def named(story: History, lineage: Lineage, spec_commit: str) -> dict[str, str]:
    """The id of each text of a spec commit."""
    clauses = clauses_of(story.revisions[story.spec_commit(spec_commit).revision])
    return {clause.text: name for clause, name in zip(clauses, lineage.ids[spec_commit], strict=True)}


def kinds(lineage: Lineage, name: str) -> list[tuple[str, str]]:
    return [(event.spec_commit, event.kind.value) for event in lineage.lives[name].events]


def test_a_clause_keeps_its_identity_through_everything() -> None:
    reworded = RULES[1].replace("any kind", "every kind")
    story = straight(
        f"# One\n\n{TEXT}\n\n# Two\n\n{OTHER}",
        f"# First\n\n{TEXT.replace(RULES[1], reworded)}\n\n# Two\n\n{OTHER}",
        f"# First\n\n{TEXT.replace(RULES[1], '')}\n\n# Two\n\n{OTHER}\n\n- {reworded}",
        f"# First\n\n{TEXT.replace(RULES[1], '')}\n\n# Two\n\n{OTHER}",
        f"# First\n\n{TEXT.replace(RULES[1], '')}\n\n# Two\n\n{OTHER}\n\n# Three\n\n{RULES[1]}",
    )
    lineage = trace_lineage(story)
    name = named(story, lineage, "s0")[RULES[1]]
    assert named(story, lineage, "s1")[reworded] == named(story, lineage, "s4")[RULES[1]] == name
    assert kinds(lineage, name) == [
        ("s0", "added"),
        ("s1", "reworded"),
        ("s2", "moved"),
        ("s3", "removed"),
        ("s4", "reinstated"),
    ]
    back = lineage.lives[name].events[-1]
    assert [clause.text for clause in (*back.before, *back.after)] == [reworded, RULES[1]]
    assert back.similarity == pytest.approx(7 / 8)
    assert named(story, lineage, "s0")["One"] == named(story, lineage, "s4")["First"]


def test_events_know_their_patch() -> None:
    story = straight(TEXT, TEXT + "\n\n" + OTHER, TEXT)
    lineage = trace_lineage(story)
    (added,), (removed,) = lineage.events["s1"], lineage.events["s2"]
    assert [added.patch, removed.patch] == [patch.id for patch in patches_of(story)]
    assert {event.patch for event in lineage.events["s0"]} == {None}
    assert [life.events[0].spec_commit for life in lineage.lives.values()] == ["s0"] * 5 + ["s1"]


def test_a_split_has_the_parent_in_its_life_and_a_merge_an_heir() -> None:
    story = straight(between(WHOLE), between(FIRST, f"{SECOND} {THIRD}"), between(WHOLE))
    lineage = trace_lineage(story)
    parent = named(story, lineage, "s0")[WHOLE]
    pieces = named(story, lineage, "s1")
    child = pieces[FIRST]
    assert pieces[f"{SECOND} {THIRD}"] == parent == named(story, lineage, "s2")[WHOLE]
    assert kinds(lineage, child)[:2] == [("s1", "split"), ("s2", "merged")]
    assert (lineage.lives[child].parent, lineage.lives[child].heir) == (parent, parent)
    (split,), (merged,) = lineage.events["s1"], lineage.events["s2"]
    assert [clause.text for clause in split.after] == [FIRST, f"{SECOND} {THIRD}"]
    assert [clause.text for clause in merged.before] == [FIRST, f"{SECOND} {THIRD}"]
    assert split in lineage.lives[parent].events


def test_a_piece_that_returns_word_for_word_is_who_it_was() -> None:
    story = straight(between(WHOLE), between(FIRST, f"{SECOND} {THIRD}"), between(WHOLE), between(FIRST))
    lineage = trace_lineage(story)
    parent, child = named(story, lineage, "s0")[WHOLE], named(story, lineage, "s1")[FIRST]
    assert named(story, lineage, "s3")[FIRST] == child
    assert kinds(lineage, child)[2:] == [("s3", "reinstated")]
    assert kinds(lineage, parent)[-1] == ("s3", "removed")
    assert lineage.lives[child].heir is None


STRICT = "Never open a letter that is addressed to somebody else."
LOOSE = "A letter for somebody else may be opened by whoever is asked to open it, and is read aloud."


def test_words_that_return_belong_to_their_old_life_though_a_looser_variant_stands_there() -> None:
    story = straight(between(STRICT), between(), between(OTHER), between(LOOSE), between(STRICT))
    lineage = trace_lineage(story)
    strict, loose = named(story, lineage, "s0")[STRICT], named(story, lineage, "s3")[LOOSE]
    assert strict != loose
    assert named(story, lineage, "s4")[STRICT] == strict
    assert kinds(lineage, strict)[1:] == [("s1", "removed"), ("s4", "reinstated")]
    assert kinds(lineage, loose)[-1] == ("s4", "removed")


def test_first_words_that_return_after_others_belong_to_the_same_life() -> None:
    reworded = STRICT.replace("somebody else", "another person or to nobody")
    story = straight(between(STRICT), between(reworded), between(), between(STRICT))
    lineage = trace_lineage(story)
    life = named(story, lineage, "s0")[STRICT]
    assert named(story, lineage, "s1")[reworded] == named(story, lineage, "s3")[STRICT] == life
    assert [kind for _, kind in kinds(lineage, life)][1:] == ["reworded", "removed", "reinstated"]


def test_split_again_the_pieces_are_who_they_were() -> None:
    two = between(FIRST, f"{SECOND} {THIRD}")
    lineage = trace_lineage(straight(between(WHOLE), two, between(WHOLE), two.replace(RULES[0], OTHER)))
    assert lineage.ids["s3"][1:] == lineage.ids["s1"][1:]


@pytest.mark.parametrize("path", ["prompts/assistant.txt", "assistant.j2"])
def test_a_prompt_keeps_its_lineage_in_a_renamed_file(path: str) -> None:
    text = "You are {{ name }}.\n\n{% if tools %}\n- Use tools.\n- Ask before you delete anything.\n{% endif %}\n"
    later = text.replace("delete anything", "delete or overwrite anything")
    files = [("old.txt", text), (path, text), (path, later)]
    revisions = [Revision(f"{path}{at}", (SpecFile(*file),)) for at, file in enumerate(files)]
    lineage = trace_lineage(straight(*revisions))
    assert lineage.ids["s0"] == lineage.ids["s1"] == lineage.ids["s2"]
    assert lineage.events["s1"] == ()
    assert [event.kind.value for event in lineage.events["s2"]] == ["reworded"]


def test_a_heading_is_reinstated_by_its_anchor() -> None:
    section = "\n\n# {} {{#harm}}\n\n" + OTHER
    lineage = trace_lineage(straight(TEXT + section.format("Harm"), TEXT, TEXT + section.format("Avoid damage")))
    assert lineage.ids["s2"] == lineage.ids["s0"]
    assert [event.kind.value for event in lineage.events["s2"]] == ["reinstated", "reinstated"]


def test_a_few_words_are_back_only_where_they_were() -> None:
    name, two = f"# One\n\n**Example**\n\n{RULES[0]}", f"# One\n\n{RULES[0]}"
    again = trace_lineage(straight(name, two, name + f"\n\n{OTHER}"))
    elsewhere = trace_lineage(straight(name, two, f"{two}\n\n# Two\n\n**Example**"))
    assert [event.kind.value for event in again.events["s2"]] == ["reinstated", "added"]
    assert [event.kind.value for event in elsewhere.events["s2"]] == ["added", "added"]


def test_a_merge_takes_identities_from_all_its_parents() -> None:
    reworded = RULES[1].replace("any kind", "every kind")
    story = history(
        {
            "root": (TEXT, ()),
            "main": (TEXT.replace(RULES[1], reworded), ("root",)),
            "side": (TEXT.replace(RULES[4], "") + f"\n\n{OTHER}", ("root",)),
            "join": (TEXT.replace(RULES[1], reworded).replace(RULES[4], "") + f"\n\n{OTHER}", ("main", "side")),
        }
    )
    lineage = trace_lineage(story)
    names = named(story, lineage, "join")
    assert names[reworded] == named(story, lineage, "root")[RULES[1]]
    assert names[OTHER] == named(story, lineage, "side")[OTHER]
    assert lineage.events["join"] == ()
    assert kinds(lineage, named(story, lineage, "root")[RULES[4]]) == [("root", "added"), ("side", "removed")]


def test_what_a_merge_says_by_itself_is_its_own_event() -> None:
    story = history(
        {
            "root": (TEXT, ()),
            "main": (f"{TEXT}\n\n{OTHER}", ("root",)),
            "side": (f"{WHOLE}\n\n{TEXT}", ("root",)),
            "join": (f"{TEXT}\n\nKeep promises made to people in writing.", ("main", "side")),
        }
    )
    events = trace_lineage(story).events["join"]
    texts = {event.kind.value: [clause.text for clause in (*event.before, *event.after)] for event in events}
    assert texts["added"] == ["Keep promises made to people in writing."]
    assert Counter(event.kind for event in events) == {ChangeKind.ADDED: 1, ChangeKind.REMOVED: 2}


def test_a_piece_that_two_branches_had_is_split_off_once() -> None:
    notice = "A note in the shared log is never enough."
    owner = "Whoever owns the folder decides within a day, and in writing, whether the backup may be thrown away."
    story = history(
        {
            "root": (between(OTHER), ()),
            "main": (between(f"{FIRST} {notice}"), ("root",)),
            "side": (between(f"{owner} {notice}"), ("root",)),
            "join": (between(FIRST, notice, owner), ("main", "side")),
        }
    )
    lineage = trace_lineage(story)
    assert [(event.kind.value, len(event.after)) for event in lineage.events["join"]] == [("split", 2), ("reworded", 1)]
    names = named(story, lineage, "join")
    assert kinds(lineage, names[notice]) == [("join", "split")]
    assert lineage.lives[names[notice]].parent == names[FIRST]


def test_the_same_clause_picked_onto_another_branch_is_the_same() -> None:
    lineage = trace_lineage(
        history(
            {
                "root": (TEXT, ()),
                "main": (f"{TEXT}\n\n{OTHER}", ("root",)),
                "side": (f"{WHOLE}\n\n{TEXT}\n\n{OTHER}", ("root",)),
            }
        )
    )
    assert lineage.ids["main"][-1] == lineage.ids["side"][-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(SPECS, min_size=1, max_size=5))
def test_ids_are_unique_and_every_change_of_them_is_told(texts: list[str]) -> None:
    story = straight(*texts)
    lineage = trace_lineage(story)
    for at, spec_commit in enumerate(story.spec_commits):
        names = lineage.ids[spec_commit.name]
        before = lineage.ids[f"s{at - 1}"] if at else ()
        assert len(set(names)) == len(names) == len(clauses_of(story.revisions[spec_commit.revision]))
        events = lineage.events[spec_commit.name]
        assert all(event.spec_commit == spec_commit.name for event in events)
        came = sum(len(event.after) - (event.kind not in _ARRIVALS) for event in events if event.after)
        went = sum(len(event.before) - (event.kind is not ChangeKind.REMOVED) for event in events if _leaves(event))
        assert (came, went) == (len(set(names) - set(before)), len(set(before) - set(names)))
        if texts[at] == (texts[at - 1] if at else None):
            assert (names, events) == (before, ())
    assert set(lineage.lives) == {name for ids in lineage.ids.values() for name in ids}


_ARRIVALS = (ChangeKind.ADDED, ChangeKind.REINSTATED)


def _leaves(event: LineageEvent) -> bool:
    return event.kind in (ChangeKind.REMOVED, ChangeKind.MERGED)


@settings(max_examples=60, deadline=None)
@given(SPECS, st.lists(SPECS, max_size=3))
def test_a_revert_restores_identities(first: str, then: list[str]) -> None:
    lineage = trace_lineage(straight(first, *then, first))
    assert lineage.ids[f"s{len(then) + 1}"] == lineage.ids["s0"]


@settings(max_examples=40, deadline=None)
@given(SPECS, SPECS, SPECS, SPECS)
def test_the_order_of_branches_does_not_matter(root: str, one: str, two: str, join: str) -> None:
    graph: dict[str, tuple[str | Revision, tuple[str, ...]]] = {
        "root": (root, ()),
        "one": (one, ("root",)),
        "two": (two, ("root",)),
        "join": (join, ("one", "two")),
    }
    lineage = trace_lineage(history(graph))
    other = trace_lineage(history({name: graph[name] for name in ("root", "two", "one", "join")}))
    assert lineage.ids == other.ids
    unnumbered = [  # the same patch on two branches is counted in the order of the spec commits
        {name: [replace(event, patch=None) for event in events] for name, events in story.events.items()}
        for story in (lineage, other)
    ]
    assert unnumbered[0] == unnumbered[1]
    assert set(lineage.lives) == set(other.lives)


@settings(max_examples=40, deadline=None)
@given(SPECS, SPECS)
def test_a_patch_has_the_events_of_its_diff(name: str, two: str) -> None:
    """Where nothing was there before the two, lineage says what the diff says."""
    number: Counter[str] = Counter()
    for event in trace_lineage(straight(name, two)).events["s1"]:
        number[event.kind.value] += 1
        number["added"] += max(0, len(event.after) - 1)
        number["removed"] += max(0, len(event.before) - 1)
    if name == two:
        return
    change_counts = ChangeCounts(
        number["added"],
        number["removed"],
        number["reworded"] + number["split"] + number["merged"],
        number["moved"],
    )
    assert change_counts == count_changes(diff_revisions(revision(a=name), revision(a=two)))


@pytest.fixture(scope="module")
def published() -> tuple[History, Lineage]:
    releases = sorted(path for path in RELEASES.glob("2*") if path.is_dir())
    if not releases:
        pytest.skip(f"needs the published spec under {RELEASES}")
    texts = [
        Revision(path.name, (SpecFile("model_spec.md", (path / "model_spec.md").read_text()),)) for path in releases
    ]
    story = straight(*texts)
    return story, trace_lineage(story)


def test_published_citations_that_came_back(published: tuple[History, Lineage]) -> None:
    story, lineage = published
    cited = [
        {
            citation: name
            for clause, name in zip(
                clauses_of(story.revisions[spec_commit.revision]), lineage.ids[spec_commit.name], strict=True
            )
            for citation in clause.citations
        }
        for spec_commit in story.spec_commits
    ]
    back = {"d0pu", "h82a", "rse0", "t5q0"}
    assert all((back <= set(names)) == (at not in (2,)) for at, names in enumerate(cited))
    assert not back & set(cited[2])
    assert cited[1]["d0pu"] == cited[3]["d0pu"]  # in the clause it was in
    reworded = {event.after[0].citations for event in lineage.events["s3"] if event.kind is ChangeKind.REWORDED}
    assert back <= {citation for citations in reworded for citation in citations}


def test_published_anchors_that_were_renamed(published: tuple[History, Lineage]) -> None:
    _, lineage = published
    renamed = {
        event.before[0].anchor: event.after[0].anchor
        for event in lineage.events["s2"]
        if event.kind is ChangeKind.REWORDED and event.after[0].kind.value == "heading"
        if event.before[0].anchor != event.after[0].anchor
    }
    assert renamed == {
        "protect_privileged_messages": "protect_privileged_information",
        "be_empathetic": "be_responsible",
        "be_kind": "love_humanity",
        "be_engaging": "have_conversational_sense",
    }


def test_published_release_of_two_lines(published: tuple[History, Lineage]) -> None:
    _, lineage = published
    assert [event.kind.value for event in lineage.events["s5"]] == ["reworded"]


def test_equal_clauses_cost_one_id_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that are computed grow with the clauses, however many say the same."""
    made = 0
    compute = lineage_module._id

    def counted(spec: str, text: str, ordinal: int) -> str:
        nonlocal made
        made += 1
        return compute(spec, text, ordinal)

    monkeypatch.setattr(lineage_module, "_id", counted)
    trace_lineage(straight("Be kind.\n\n" * 500, "Be kind.\n\n" * 1000))
    assert made < 2 * 1500
