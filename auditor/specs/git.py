"""A spec's history from git: which commits carry which revision, along renames and merges.

A repository, the spec's paths or globs and a tip come in; a `History` goes out. A commit that only touches a path which
is not the spec's there is no state. Revisions are hashed while git unpacks the next ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from auditor.errors import RepositoryError, RevisionError
from auditor.git import Commit, CommitLine, IndirectionError, Repository
from auditor.model.numbers import short_id
from auditor.model.spec import History, Revision, SpecCommit, UnreadableCommit, revision_id
from auditor.specs.files import Pattern, build_revision, check_path, decode_spec_text, parse_patterns

# Which commits touch a spec, which files it has there, and under which names it went before.


Blobs = Mapping[str, str]

# How the blob of a file begins that is none: what follows says why. No object id begins so.
_FAULT = "!"
_PRELOADED_COMMITS = 200


@dataclass(frozen=True, slots=True, order=True)
class Rename:
    """A file of the spec got its present path in `commit`; in the commits before it, it is `old`."""

    commit: str
    old: str


@dataclass(frozen=True, slots=True)
class SpecState:
    """The spec at a commit that touches it: path -> blob id. `line.parents` are the states before it."""

    line: CommitLine
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class ProposedLanding:
    """A commit that is about to land on another.

    Attributes:
        base: the commit id that it lands on.
        head: its own.
        patterns: where the spec is in it; those of the spec where head says nothing else.
        takes_head: whether base will have the text of head. Not so for a branch that never changed a text which base
            changed since: the merge keeps the text of base.
    """

    base: str
    head: str
    patterns: tuple[Pattern, ...]
    takes_head: bool = True


def walk_states(
    repo: Repository, patterns: Sequence[Pattern], tip: str, proposed: ProposedLanding | None = None
) -> tuple[tuple[SpecState, ...], frozenset[Rename]]:
    """Every state up to the commit id `tip`, parents first, and the renames that were followed to find them.

    Args:
        proposed: `tip` landing on another commit, whose states are there as well; the last is that of the landing.
    """
    renames: frozenset[Rename] = frozenset()
    tips = (tip, proposed.base) if proposed else (tip,)
    while True:
        lines = repo.commits_touching(
            tips[0], [pattern.pathspec for pattern in _all_patterns(patterns, renames)], *tips[1:]
        )
        earlier = _earlier_names(lines, renames)
        blobs = {
            line.id: _blobs_or_fault(repo, line.id, _with_earlier(patterns, earlier[line.id]))
            for line in _preload_trees(repo, lines)
        }
        states = _without_unchanged(lines, blobs)
        new_renames = frozenset(_renames(repo, patterns, earlier, states)) - renames
        if not new_renames:
            break
        renames |= new_renames
    if proposed is None and not repo.has_merge(tip):
        return states, renames
    walk = _LandingWalk(SpecPaths(repo, tuple(patterns), tuple(sorted(renames))), states)
    return walk.states(proposed.base if proposed else tip, proposed), renames


def _preload_trees(repo: Repository, lines: Sequence[CommitLine]) -> Iterator[CommitLine]:
    """The lines, the root folders of the next ones read ahead."""
    for at in range(0, len(lines), _PRELOADED_COMMITS):
        repo.preload_trees([line.id for line in lines[at : at + _PRELOADED_COMMITS]])
        yield from lines[at : at + _PRELOADED_COMMITS]


def spec_blobs(repo: Repository, commit: str, patterns: Iterable[Pattern]) -> Blobs:
    """The spec's files at a commit id: path -> blob id. Raises RepositoryError for symbolic links and submodules."""
    tree = Commit(repo, commit)
    names: dict[str, str] = {}
    for pattern in patterns:
        if not pattern.is_glob:
            entry = tree.entry(pattern.text)
            names |= {pattern.text: entry.id} if entry is not None and not entry.is_folder else {}
            continue
        for path, entry in tree.entries(pattern.folder).items():
            if pattern.matches(path):
                if not entry.mode.startswith("100"):
                    tree.entry(path)  # says that it is a symbolic link or a submodule
                names[path] = entry.id
    return names


def _blobs_or_fault(repo: Repository, commit: str, patterns: Sequence[Pattern]) -> Blobs:
    """As `spec_blobs`; in place of the blob of a link or a submodule stands what is wrong."""
    try:
        return spec_blobs(repo, commit, patterns)
    except IndirectionError as error:
        return {error.where.partition(":")[2]: f"{_FAULT}{error.what}"}


def _all_patterns(patterns: Sequence[Pattern], renames: Iterable[Rename]) -> list[Pattern]:
    return _with_earlier(patterns, frozenset(rename.old for rename in renames))


def _with_earlier(patterns: Sequence[Pattern], earlier: frozenset[str]) -> list[Pattern]:
    return [*patterns, *(Pattern(path) for path in sorted(earlier))]


def _earlier_names(lines: Sequence[CommitLine], renames: Iterable[Rename]) -> dict[str, frozenset[str]]:
    """For every commit, the old paths that count there: those of renames in the commits after it."""
    names: dict[str, set[str]] = {}
    for rename in renames:
        names.setdefault(rename.commit, set()).add(rename.old)
    earlier = {line.id: frozenset[str]() for line in lines}
    for line in reversed(lines):
        for parent in line.parents:
            earlier[parent] |= earlier[line.id] | names.get(line.id, set())
    return earlier


def _without_unchanged(lines: Sequence[CommitLine], blobs: Mapping[str, Blobs]) -> tuple[SpecState, ...]:
    """The states, without commits that only touched a path which is not the spec's there, or a file's mode."""
    stands_for: dict[str, str | None] = {}
    states = []
    for line in lines:
        parents = tuple(dict.fromkeys(name for parent in line.parents if (name := stands_for[parent]) is not None))
        before = blobs[parents[0]] if parents else {}
        if len(parents) < 2 and blobs[line.id] == before:
            stands_for[line.id] = parents[0] if parents else None
            continue
        stands_for[line.id] = line.id
        states.append(SpecState(replace(line, parents=parents), blobs[line.id]))
    return tuple(states)


def _renames(
    repo: Repository, patterns: Sequence[Pattern], earlier: Mapping[str, frozenset[str]], states: Sequence[SpecState]
) -> Iterable[Rename]:
    """The renames by which a path or glob that matched nothing before got its files.

    A file that joins others of its glob is an addition, wherever it came from: the spec before it was what the glob
    matched then, and its id must not depend on what happened later.
    """
    by_id = {state.line.id: state.blobs for state in states}
    appeared = {}
    for state in states:
        before = by_id[state.line.parents[0]] if state.line.parents else {}
        if new := state.blobs.keys() - before.keys():
            fresh = [p for p in _with_earlier(patterns, earlier[state.line.id]) if not any(map(p.matches, before))]
            appeared[state.line.id] = ({path for path in new if any(p.matches(path) for p in fresh)}, before)
    for commit, old, new_path in repo.renames(appeared):
        paths, before = appeared[commit]
        if new_path in paths and old not in before:
            yield Rename(commit, old)


# A landing is what the mainline says before it against what it says after, whatever other parents say. Git leaves out
# a merge whose text is that of some parent; here it comes back where no single commit that it merges makes its change.


class _LandingWalk:
    """The first-parent chain, from its first commit to its last: what each landing changes, and against what.

    A merge has a state of its own where it changes the text in another way than one commit that it brings in.
    """

    def __init__(self, paths: SpecPaths, states: Sequence[SpecState]) -> None:
        self._paths = paths
        self._order = [state.line.id for state in states]
        self._states = {state.line.id: state for state in states}

    def states(self, tip: str, proposed: ProposedLanding | None) -> tuple[SpecState, ...]:
        """The states with those of landings; the last one is what the line says in the end."""
        repo = self._paths.repo
        ancestry = repo.ancestry(tip)
        pathspecs = [pattern.pathspec for pattern in _all_patterns(self._paths.patterns, self._paths.renames)]
        changes = {line.id: line for line in repo.landings_touching(tip, pathspecs)}
        last: str | None = None
        for place, name in enumerate(ancestry.chain):
            if name in self._states:
                self._read_against(name, last)
                last = name
            elif name in changes:
                brought = [commit for commit in self._order if ancestry.landed.get(commit) == place]
                earlier = [commit for commit in self._order if ancestry.landed.get(commit, place) < place]
                blobs = self._paths.blobs_at(name)
                last = self._land(replace(changes[name], parents=()), blobs, last, brought, earlier)
        if proposed is not None:
            brought = [commit for commit in self._order if commit not in ancestry.landed]
            self._propose(proposed, last, brought, [commit for commit in self._order if commit in ancestry.landed])
        return tuple(self._states[name] for name in self._order)

    def _propose(
        self, proposed: ProposedLanding, last: str | None, brought: Sequence[str], earlier: Sequence[str]
    ) -> None:
        """The landing of head, which has a state of its own where the last state is not that already."""
        repo = self._paths.repo
        before = self._states[last].blobs if last else {}
        blobs = spec_blobs(repo, proposed.head, proposed.patterns) if proposed.takes_head else before
        line = replace(repo.commit_line(proposed.head), id=f"{proposed.head}{LANDING_MARK}", parents=())
        ends = self._land(line, blobs, last, brought, earlier)
        if ends is not None and self._order[-1] != ends:
            self._insert(SpecState(replace(line, parents=(ends,)), self._states[ends].blobs))

    def _land(
        self, line: CommitLine, blobs: Blobs, last: str | None, brought: Sequence[str], earlier: Sequence[str]
    ) -> str | None:
        """The state that is in force after a landing; `brought` are the states that it brings in."""
        before = self._states[last].blobs if last else {}
        if _same_text(blobs, before):
            return last
        change = (_text_key(before), _text_key(blobs))
        carriers = [name for name in brought if _same_text(self._states[name].blobs, blobs)]
        if carriers and all(self._change(name) != change for name in earlier):
            single = [name for name in carriers if self._change(name) == change]
            if single or last is None:
                return (single or carriers)[-1]
        parents = tuple(name for name in (last, *carriers[-1:]) if name is not None)
        return self._insert(SpecState(replace(line, parents=parents), blobs))

    def _insert(self, state: SpecState) -> str:
        """Puts a state in after its parents."""
        at = 1 + max((self._order.index(name) for name in state.line.parents), default=-1)
        if state.line.id.endswith(LANDING_MARK):
            at = len(self._order)
        self._order.insert(at, state.line.id)
        self._states[state.line.id] = state
        return state.line.id

    def _read_against(self, name: str, last: str | None) -> None:
        """Has a state of the line read against the one before it on the line, whatever git left out."""
        state = self._states[name]
        parents = state.line.parents
        if last is None or parents[:1] == (last,):
            return
        same = bool(parents) and _same_text(self._states[parents[0]].blobs, self._states[last].blobs)
        if same and self._reaches(parents[0], last):
            return
        others = parents[1:] if same and self._reaches(last, parents[0]) else parents
        parents = (last, *(other for other in others if other != last))
        self._states[name] = replace(state, line=replace(state.line, parents=parents))

    def _change(self, name: str) -> tuple[object, object]:
        """What a state changes: the texts before and after."""
        state = self._states[name]
        before = self._states[state.line.parents[0]].blobs if state.line.parents else {}
        return _text_key(before), _text_key(state.blobs)

    def _reaches(self, start: str, goal: str) -> bool:
        """Whether a state is another one or comes after it."""
        waiting, names = [start], set[str]()
        while waiting:
            name = waiting.pop()
            if name == goal:
                return True
            if name not in names:
                names.add(name)
                waiting += self._states[name].line.parents
        return False


# After the commit id, in the name of the state of a landing that is proposed: head may have one of its own.
LANDING_MARK = "+landing"


def _text_key(blobs: Blobs) -> tuple[object, ...]:
    """What files say; of one file, wherever it is, as for a revision's id."""
    return tuple(blobs.values()) if len(blobs) == 1 else tuple(sorted(blobs.items()))


def _same_text(names: Blobs, other: Blobs) -> bool:
    return _text_key(names) == _text_key(other)


# A spec's history in a git repository: every commit that touches it is a spec commit of a revision.


# So many revisions may be read before the first of them is hashed; their bytes are kept until then.
_MAX_PENDING = 16


def read_history(
    repo: Repository,
    name: str,
    patterns: Sequence[str],
    tip: str = "HEAD",
    proposed: ProposedLanding | None = None,
) -> History:
    """Everything the commits up to `tip` say of the spec called `name`.

    A commit in which the spec is absent, having been deleted, is a spec commit of a revision without files.

    Args:
        patterns: its paths or globs, from the root. A file that was renamed is followed to its former path where its
            pattern matched nothing before.
        tip: a commit, tag or branch.
        proposed: `tip` landing on another commit: the last spec commit is that of the landing.

    Raises:
        ConfigError: a pattern is none.
        RevisionError: `tip` is unknown or ambiguous.
        RepositoryError: no commit has the spec, history is incomplete, or a file of it is too large, not UTF-8, a
            symbolic link or a submodule at the last commit. An earlier commit of that kind is passed over.
    """
    parsed, end = parse_patterns(patterns), repo.resolve(tip)
    states, renames = walk_states(repo, parsed, end, proposed)
    if not states:
        spec_blobs(repo, end, parsed)  # where a link or a submodule is on the way, that is what is wrong
        raise RepositoryError("no commit has it", where=", ".join(patterns), remedy="check paths, or the branch")
    states, revisions, unreadable = _readable_states(states, _revisions_of_states(repo, states))
    tags = repo.tags()
    spec_commits = tuple(
        _spec_commit(state.line, revision.id, tags.get(state.line.id, ()))
        for state, revision in zip(states, revisions, strict=True)
    )
    where = SpecPaths(repo, parsed, tuple(sorted(renames)))
    later = _with_later_tags(repo, end, where, spec_commits, tags)
    return History(name, {revision.id: revision for revision in revisions}, later, unreadable)


def _with_later_tags(
    repo: Repository,
    tip: str,
    where: SpecPaths,
    spec_commits: tuple[SpecCommit, ...],
    tags: Mapping[str, Sequence[str]],
) -> tuple[SpecCommit, ...]:
    """The commits with the tags of commits that do not touch the spec, each at the state that was in force there."""
    touching = {spec_commit.name for spec_commit in spec_commits}
    loose = {name: commit for commit, names in tags.items() if commit not in touching for name in names}
    later: dict[str, list[str]] = {}
    for name in repo.tags_upto(tip) if loose else ():
        if name in loose and (spec_commit := _state_in_force(repo, where, spec_commits, loose[name])):
            later.setdefault(spec_commit, []).append(name)
    return tuple(
        replace(commit, later_tags=tuple(later[commit.name])) if commit.name in later else commit
        for commit in spec_commits
    )


def _state_in_force(repo: Repository, where: SpecPaths, spec_commits: Sequence[SpecCommit], commit: str) -> str | None:
    """The commit whose text a commit has, the last one before it where a revert brought that back; None without."""
    try:
        revision = where.revision_at(commit).id
    except (RevisionError, RepositoryError):  # the spec is not there, or cannot be read
        return None
    same = [spec_commit.name for spec_commit in spec_commits if spec_commit.revision == revision]
    before = (name for name in reversed(same) if len(same) == 1 or repo.is_ancestor(name, commit))
    return next(before, None)


@dataclass(frozen=True, slots=True)
class SpecPaths:
    """Where a spec is in any commit of a repository: at its patterns or, before a rename, at the former path."""

    repo: Repository
    patterns: tuple[Pattern, ...]
    renames: tuple[Rename, ...]

    def blobs_at(self, commit: str) -> Blobs:
        """The spec's files at a commit id, whether or not that commit touches it: path -> blob id."""
        earlier = [Pattern(rename.old) for rename in self.renames if _is_before(self.repo, commit, rename)]
        return spec_blobs(self.repo, commit, [*self.patterns, *earlier])

    def revision_at(self, commit: str) -> Revision:
        """What the spec says at a commit id, whether or not that commit touches it; RevisionError where it is not."""
        blobs = self.blobs_at(commit)
        if not blobs:
            raise RevisionError("the spec is not there", where=short_id(commit), remedy="name a commit that has it")
        revision = next(_read_revisions(self.repo, [tuple(sorted(blobs.items()))]))
        if isinstance(revision, RepositoryError):
            raise revision
        return revision


def find_spec_paths(repo: Repository, patterns: Sequence[str], tip: str = "HEAD") -> SpecPaths:
    """Where a spec is, by the renames in the history of `tip`. Raises what `history` raises."""
    parsed = parse_patterns(patterns)
    _, renames = walk_states(repo, parsed, repo.resolve(tip))
    return SpecPaths(repo, parsed, tuple(sorted(renames)))


def revision_at_commit(repo: Repository, patterns: Sequence[str], commit: str, tip: str = "HEAD") -> str:
    """The content id of the spec at a commit, tag or branch; see `SpecPaths.revision_at`, which is cheaper for many."""
    return find_spec_paths(repo, patterns, tip).revision_at(repo.resolve(commit)).id


def _is_before(repo: Repository, commit: str, rename: Rename) -> bool:
    return commit != rename.commit and repo.is_ancestor(commit, rename.commit)


def _revisions_of_states(repo: Repository, states: Sequence[SpecState]) -> list[Revision | RepositoryError]:
    contents = [tuple(sorted(state.blobs.items())) for state in states]
    revisions = dict(zip(dict.fromkeys(contents), _read_revisions(repo, dict.fromkeys(contents)), strict=True))
    return [revisions[content] for content in contents]


def _readable_states(
    states: Sequence[SpecState], revisions: Sequence[Revision | RepositoryError]
) -> tuple[tuple[SpecState, ...], list[Revision], tuple[UnreadableCommit, ...]]:
    """The states that can be read, each with the readable ones before it as parents; their revisions; and the others.

    Raises what is wrong with the last one.
    """
    if isinstance(revisions[-1], RepositoryError):
        raise revisions[-1]
    if not any(isinstance(revision, RepositoryError) for revision in revisions):
        return tuple(states), [revision for revision in revisions if isinstance(revision, Revision)], ()
    stands_for: dict[str, str | None] = {}
    readable: dict[str, tuple[SpecState, Revision]] = {}
    unreadable = []
    for state, revision in zip(states, revisions, strict=True):
        line = state.line
        parents = tuple(dict.fromkeys(name for parent in line.parents if (name := stands_for[parent]) is not None))
        stands_for[line.id] = parents[0] if parents else None
        if isinstance(revision, RepositoryError):
            unreadable.append(UnreadableCommit(line.id, str(RepositoryError(revision.what, where=revision.where))))
        elif len(parents) != 1 or revision.id != readable[parents[0]][1].id:
            stands_for[line.id] = line.id
            readable[line.id] = (replace(state, line=replace(line, parents=parents)), revision)
    return (
        tuple(state for state, _ in readable.values()),
        [revision for _, revision in readable.values()],
        tuple(unreadable),
    )


def _read_revisions(
    repo: Repository, contents: Iterable[tuple[tuple[str, str], ...]]
) -> Iterator[Revision | RepositoryError]:
    """The revisions of these files, as (path, blob), each blob read once; they are hashed while git unpacks the next.

    In place of one with a file that cannot be a spec's stands what is wrong. Hashing takes as long as unpacking, and
    lets go of the interpreter: a second thread does it where a core is free.
    """
    content_list = list(contents)
    paths = {blob: path for content in content_list for path, blob in content if not blob.startswith(_FAULT)}
    reading = repo.blobs(list(paths))
    texts: dict[str, str | RepositoryError] = {}
    with ThreadPoolExecutor(max_workers=1) as hasher:
        waiting: deque[tuple[dict[str, str], Future[str]] | RepositoryError] = deque()
        for content in content_list:
            for path, blob in content:
                if blob not in texts:
                    texts[blob] = _decode_or_fault(reading, path, blob)
            waiting.append(_hash_texts({path: texts[blob] for path, blob in content}, hasher))
            if len(waiting) > _MAX_PENDING:
                yield _finished_revision(waiting.popleft())
        yield from map(_finished_revision, waiting)


def _decode_or_fault(reading: Iterator[bytes], path: str, blob: str) -> str | RepositoryError:
    """A file's text, the next that is read; or what is wrong with it."""
    if blob.startswith(_FAULT):
        return RepositoryError(blob.removeprefix(_FAULT), where=path, remedy="commit the file itself")
    data = next(reading)
    try:
        return decode_spec_text(data, path)
    except RepositoryError as error:
        return error


def _hash_texts(
    texts: Mapping[str, str | RepositoryError], hasher: ThreadPoolExecutor
) -> tuple[dict[str, str], Future[str]] | RepositoryError:
    readable: dict[str, str] = {}
    for path, text in texts.items():
        if isinstance(text, RepositoryError):
            return text
        try:
            readable[check_path(path)] = text
        except RepositoryError as error:
            return error
    return readable, hasher.submit(_content_id, readable)


def _finished_revision(
    pending: tuple[dict[str, str], Future[str]] | RepositoryError,
) -> Revision | RepositoryError:
    return pending if isinstance(pending, RepositoryError) else build_revision(pending[0], pending[1].result())


def _content_id(texts: Mapping[str, str]) -> str:
    return revision_id({path: text.encode() for path, text in texts.items()})


def _spec_commit(line: CommitLine, revision: str, tags: Sequence[str]) -> SpecCommit:
    label = tags[0] if tags else None
    commit = line.id.removesuffix(LANDING_MARK)
    return SpecCommit(line.id, revision, line.parents, label, _date(line.date), line.subject, commit)


def _date(text: str) -> datetime:
    """The date git printed; the epoch where a forged one lies outside the calendar, as git itself does."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
