"""Identity over random histories of a small spec: whatever is done to it, every clause has one life at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from hypothesis import given, note, settings
from hypothesis import strategies as st

from auditor.clauses.comparison import clauses_of
from auditor.clauses.lineage import Lineage, LineageEvent, trace_lineage
from auditor.clauses.match import ClauseKey, clause_key, match_clauses
from auditor.clauses.similarity import word_similarity
from auditor.clauses.words import split_words
from auditor.model.clause import ChangeKind, Clause
from auditor.model.spec import History, Revision
from tests.clauses.test_lineage import history
from tests.clauses.test_match import revision

# A block is a heading, or the sentences of a paragraph; a draft has the blocks of each file, by name.
Block = tuple[str, ...]
Draft = Mapping[str, tuple[Block, ...]]

START: Draft = {
    "a": (
        ("Count the passengers before the ramp is raised, and write their number into the harbour book.",),
        ("A dog travels on the open deck unless its owner asks for a cabin.",),
        ("# Fares",),
        ("Nobody pays for a bicycle that fits under a seat.", "A child travels free in the company of an adult."),
    ),
    "b": (("# Letters",), ("Answer a complaint within three days, in the language in which it was written.",)),
}
TITLES = ("# Deck", "# Galley", "# Post")
FILES = ("a", "b", "c")

# An operation, and two numbers that choose what it is done to, and where to.
Operation = tuple[str, int, int]


def edited(draft: Draft, operation: Operation, earlier: Sequence[Draft]) -> Draft:
    """A draft after an operation; the same draft where there is nothing that it could be done to."""
    name, number, other = operation
    if name == "revert":
        return earlier[number % len(earlier)]
    if name == "rename a file":
        old, new = sorted(draft)[number % len(draft)], FILES[other % len(FILES)]
        return draft if new in draft else {new if path == old else path: blocks for path, blocks in draft.items()}
    every = [(path, at) for path, blocks in draft.items() for at in range(len(blocks))]
    if name in ("restore", "restore joined"):
        gone = _gone(draft, earlier)
        paragraphs = [(path, at) for path, at in every if not draft[path][at][0].startswith("#")]
        if name == "restore" and gone:
            return _inserted(draft, other, gone[number % len(gone)])
        gone = [block for block in gone if not block[0].startswith("#")]
        if not gone or not paragraphs:
            return draft
        path, at = paragraphs[other % len(paragraphs)]
        return _replaced(draft, path, at, 1, gone[number % len(gone)] + draft[path][at])
    if not every:
        return draft
    path, at = every[number % len(every)]
    block = draft[path][at]
    heading = block[0].startswith("#")
    match name:
        case "drop":
            return _replaced(draft, path, at, 1)
        case "duplicate":
            return _replaced(draft, path, at, 0, block)
        case "move":
            return _inserted(_replaced(draft, path, at, 1), other, block)
        case "rename a section" if heading:
            return _replaced(draft, path, at, 1, (TITLES[other % len(TITLES)],))
        case "split" if len(block) > 1:
            cut = 1 + other % (len(block) - 1)
            return _replaced(draft, path, at, 1, block[:cut], block[cut:])
        case "join" if not heading and at + 1 < len(draft[path]) and not draft[path][at + 1][0].startswith("#"):
            return _replaced(draft, path, at, 2, block + draft[path][at + 1])
        case "reword" if not heading:
            sentence = other % len(block)
            rest = block[sentence].split()
            rest[other % len(rest)] = "everybody"
            return _replaced(draft, path, at, 1, (*block[:sentence], " ".join(rest), *block[sentence + 1 :]))
    return draft


def _replaced(draft: Draft, path: str, at: int, size: int, *blocks: Block) -> Draft:
    old = draft[path]
    return {**draft, path: (*old[:at], *blocks, *old[at + size :])}


def _gone(draft: Draft, earlier: Sequence[Draft]) -> list[Block]:
    """The blocks that a draft has no more, each once."""
    once = [block for past in earlier for blocks in past.values() for block in blocks]
    return [block for block in dict.fromkeys(once) if all(block not in blocks for blocks in draft.values())]


def _inserted(draft: Draft, place: int, block: Block) -> Draft:
    places = [(path, at) for path, blocks in sorted(draft.items()) for at in range(len(blocks) + 1)]
    path, at = places[place % len(places)]
    return _replaced(draft, path, at, 0, block)


def written(draft: Draft) -> Revision:
    return revision(**{path: "\n\n".join(" ".join(block) for block in blocks) for path, blocks in draft.items()})


# What takes text out and brings it back comes twice as often as the rest.
NAMES = (
    *("drop", "restore joined", "revert") * 2,
    *("split", "join", "restore", "move", "duplicate", "reword", "rename a section", "rename a file"),
)


def drawn_patch(random: Random) -> list[Operation]:
    """Up to four operations, or the revert to an earlier revision."""
    reverts = random.random() < 0.3
    names = ["revert"] if reverts else random.choices(NAMES, k=random.randint(1, 4))
    return [(name, random.randrange(1000), random.randrange(1000)) for name in names]


# Even draws: Hypothesis prefers short and repeated ones, in which little is both taken out and brought back.
RANDOMS = st.randoms(use_true_random=True)


def drafts_of(patches: Sequence[Sequence[Operation]]) -> list[Draft]:
    """The states that a spec goes through."""
    drafts = [START]
    for patch in patches:
        draft = drafts[-1]
        for operation in patch:
            draft = edited(draft, operation, drafts)
        drafts.append(draft)
    return drafts


Graph = dict[str, tuple[str | Revision, tuple[str, ...]]]


def in_a_line(drafts: Sequence[Draft]) -> History:
    graph: Graph = {f"s{at}": (written(draft), (f"s{at - 1}",) if at else ()) for at, draft in enumerate(drafts)}
    return history(graph)


def clauses_at(story: History, lineage: Lineage, spec_commit: str) -> dict[str, Clause]:
    """The clauses of a spec commit by id; that every clause has an id, and no other clause the same."""
    clauses, ids = clauses_of(story.revisions[story.spec_commit(spec_commit).revision]), lineage.ids[spec_commit]
    assert len(set(ids)) == len(ids) == len(clauses)
    return dict(zip(ids, clauses, strict=True))


@settings(max_examples=150, deadline=None)
@given(RANDOMS)
def test_every_clause_has_one_life_at_a_time(random: Random) -> None:
    patches = [drawn_patch(random) for _ in range(random.randint(8, 12))]
    note(f"{patches=}")
    assert_one_life_at_a_time(in_a_line(drafts_of(patches)))


def test_what_was_put_back_joined_is_who_it_was_in_a_revert() -> None:
    """The longer of two paragraphs goes, comes back at the head of the other one, and then all is as at first."""
    assert_one_life_at_a_time(in_a_line(drafts_of([[("drop", 0, 0)], [("restore joined", 0, 0)], [("revert", 0, 0)]])))


def assert_one_life_at_a_time(story: History) -> None:
    lineage = trace_lineage(story)
    before: dict[str, Clause] = {}
    names: dict[str, tuple[str, ...]] = {}
    wordings: dict[ClauseKey, set[str]] = {}
    for spec_commit in story.spec_commits:
        clauses = clauses_at(story, lineage, spec_commit.name)
        assert_the_lives_agree(lineage, spec_commit.name, before, clauses)
        if spec_commit.revision in names:
            assert lineage.ids[spec_commit.name] == names[spec_commit.revision]
        elif before:
            assert_the_matching_agrees(before, clauses, wordings)
            assert_words_return_to_their_life(before, clauses, wordings)
        for name, clause in clauses.items():
            wordings.setdefault(clause_key(clause), set()).add(name)
        names[spec_commit.revision] = lineage.ids[spec_commit.name]
        before = clauses
    assert set(lineage.lives) == {name for ids in lineage.ids.values() for name in ids}
    assert not any(lineage.lives[name].heir for name in before)


def assert_the_lives_agree(
    lineage: Lineage, spec_commit: str, before: Mapping[str, Clause], clauses: Mapping[str, Clause]
) -> None:
    """What comes, goes or changes at a commit has one event in its life there, and what stays as it is has none."""
    events = lineage.events[spec_commit]
    lives: dict[int, set[str]] = {id(event): set() for event in events}
    for name, life in lineage.lives.items():
        now = [event for event in life.events if event.spec_commit == spec_commit]
        assert len(now) <= 1, name
        came, went = name in clauses and name not in before, name in before and name not in clauses
        changed = name in clauses and name in before and clause_key(clauses[name]) != clause_key(before[name])
        assert now or not (came or went or changed), name
        for event in now:
            lives[id(event)].add(name)
            assert event.kind in _KINDS[came, went], name
    for event in events:
        assert lives[id(event)] == set(_names_in(event, before, clauses))
        assert event.moved or event.kind is not ChangeKind.MOVED
        if event.before and event.after:
            bags = (
                Counter(word for clause in side for word in split_words(clause.text))
                for side in (event.before, event.after)
            )
            assert event.similarity == word_similarity(*bags)
    for side in (
        [clause for event in events for clause in event.after],
        [clause for event in events if event.kind is not ChangeKind.REINSTATED for clause in event.before],
    ):
        assert set(Counter((clause.path, clause.line) for clause in side).values()) <= {1}


_STAYING = (ChangeKind.REWORDED, ChangeKind.MOVED, ChangeKind.SPLIT, ChangeKind.MERGED)
_KINDS = {
    (True, False): (ChangeKind.ADDED, ChangeKind.REINSTATED, ChangeKind.SPLIT),
    (False, True): (ChangeKind.REMOVED, ChangeKind.MERGED),
    (False, False): _STAYING,
}


def _names_in(event: LineageEvent, before: Mapping[str, Clause], here: Mapping[str, Clause]) -> Iterator[str]:
    """The ids of the clauses on both sides of an event; a reinstated clause's former state is of no side here."""
    was = () if event.kind is ChangeKind.REINSTATED else event.before
    for clauses, side in ((was, before), (event.after, here)):
        names = {(clause.path, clause.line): name for name, clause in side.items()}
        yield from (names[clause.path, clause.line] for clause in clauses)


def assert_words_return_to_their_life(
    before: Mapping[str, Clause], clauses: Mapping[str, Clause], wordings: Mapping[ClauseKey, set[str]]
) -> None:
    """New words that a clause once said are that clause's, unless all that ever said them are there already."""
    names = {
        name for name, clause in clauses.items() if name in before and clause_key(before[name]) == clause_key(clause)
    }
    for name, clause in clauses.items():
        once = wordings.get(clause_key(clause), set())
        if name not in names and once and len(split_words(clause.text)) > 3:
            taken = {other for other, its in clauses.items() if clause_key(its) in wordings and other != name}
            assert name in once or once <= taken


def assert_the_matching_agrees(
    before: Mapping[str, Clause], clauses: Mapping[str, Clause], wordings: Mapping[ClauseKey, set[str]]
) -> None:
    """Two clauses that are paired are the same clause, unless the words after are back, or those before are taken."""
    matching = match_clauses(tuple(before.values()), tuple(clauses.values()))
    names, theirs = ({(one.path, one.line): name for name, one in side.items()} for side in (before, clauses))
    pairs = [*matching.unchanged, *((change.before, change.after) for change in matching.changes)]
    for clause, other in pairs:
        if clause and other:
            name, after = names[clause.path, clause.line], theirs[other.path, other.line]
            assert name == after or clause_key(clause) != clause_key(other)
            assert name == after or after in wordings.get(clause_key(other), ()) or name in clauses


@settings(max_examples=80, deadline=None)
@given(RANDOMS)
def test_every_clause_has_one_life_at_a_time_on_branches(random: Random) -> None:
    drafts = [START]
    graph: Graph = {"s0": (written(START), ())}
    for _ in range(random.randint(6, 10)):
        parents = dict.fromkeys(random.choices(range(len(drafts))[-3:], k=random.randint(1, 2)))
        draft = drafts[next(iter(parents))]
        for operation in drawn_patch(random):
            draft = edited(draft, operation, drafts)
        graph[f"s{len(drafts)}"] = written(draft), tuple(f"s{parent}" for parent in parents)
        drafts.append(draft)
    note(f"{graph=}")
    story = history(graph)
    lineage = trace_lineage(story)
    ancestors: dict[str, set[str]] = {}
    for spec_commit in story.spec_commits:
        clauses = clauses_at(story, lineage, spec_commit.name)
        before = [set(lineage.ids[parent]) for parent in spec_commit.parents]
        ancestors[spec_commit.name] = {spec_commit.name}.union(*(ancestors[parent] for parent in spec_commit.parents))
        for name, life in lineage.lives.items():
            kinds = [event.kind for event in life.events if event.spec_commit == spec_commit.name]
            assert len(kinds) <= 1, name
            if name in clauses and all(name not in names for names in before):
                assert kinds and kinds[0] in _KINDS[True, False]
            elif name not in clauses and before and all(name in names for names in before):
                assert kinds and kinds[0] in _KINDS[False, True]
        again = {
            lineage.ids[name]
            for name in ancestors[spec_commit.name] - {spec_commit.name}
            if story.spec_commit(name).revision == spec_commit.revision
        }
        assert not again or lineage.ids[spec_commit.name] in again
    assert set(lineage.lives) == {name for ids in lineage.ids.values() for name in ids}
