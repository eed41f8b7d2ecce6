"""Which commits touch a spec, which files it has there, and under which names it went before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.git import Commit, CommitLine, Repository
from auditor.sources.specs.patterns import Pattern

Blobs = Mapping[str, str]

_AHEAD = 200


@dataclass(frozen=True, slots=True, order=True)
class Rename:
    """A file of the spec got its present path in `commit`; in the commits before it, it is `old`."""

    commit: str
    old: str


@dataclass(frozen=True, slots=True)
class State:
    """The spec at a commit that touches it: path -> blob id. `line.parents` are the states before it."""

    line: CommitLine
    blobs: Blobs


def walk(repo: Repository, patterns: Sequence[Pattern], tip: str) -> tuple[tuple[State, ...], frozenset[Rename]]:
    """Every state up to the commit id `tip`, parents first, and the renames that were followed to find them."""
    renames: frozenset[Rename] = frozenset()
    while True:
        lines = repo.commits_touching(tip, [pattern.pathspec for pattern in _all(patterns, renames)])
        earlier = _earlier_names(lines, renames)
        blobs = {
            line.id: blobs_at(repo, line.id, _with(patterns, earlier[line.id])) for line in _preloading(repo, lines)
        }
        states = _without_unchanged(lines, blobs)
        found = frozenset(_renames(repo, patterns, earlier, states)) - renames
        if not found:
            return states, renames
        renames |= found


def _preloading(repo: Repository, lines: Sequence[CommitLine]) -> Iterator[CommitLine]:
    """The lines, the root folders of the next ones read ahead."""
    for at in range(0, len(lines), _AHEAD):
        repo.preload_trees([line.id for line in lines[at : at + _AHEAD]])
        yield from lines[at : at + _AHEAD]


def blobs_at(repo: Repository, commit: str, patterns: Iterable[Pattern]) -> Blobs:
    """The spec's files at a commit id: path -> blob id. Raises RepositoryError for symbolic links and submodules."""
    tree = Commit(repo, commit)
    found: dict[str, str] = {}
    for pattern in patterns:
        if not pattern.is_glob:
            entry = tree.entry(pattern.text)
            found |= {pattern.text: entry.id} if entry is not None and not entry.is_folder else {}
            continue
        for path, entry in tree.entries(pattern.folder).items():
            if pattern.matches(path):
                if not entry.mode.startswith("100"):
                    tree.entry(path)  # says that it is a symbolic link or a submodule
                found[path] = entry.id
    return found


def _all(patterns: Sequence[Pattern], renames: Iterable[Rename]) -> list[Pattern]:
    return _with(patterns, frozenset(rename.old for rename in renames))


def _with(patterns: Sequence[Pattern], earlier: frozenset[str]) -> list[Pattern]:
    return [*patterns, *(Pattern(path) for path in sorted(earlier))]


def _earlier_names(lines: Sequence[CommitLine], renames: Iterable[Rename]) -> dict[str, frozenset[str]]:
    """For every commit, the old paths that count there: those of renames in the commits after it."""
    here: dict[str, set[str]] = {}
    for rename in renames:
        here.setdefault(rename.commit, set()).add(rename.old)
    earlier = {line.id: frozenset[str]() for line in lines}
    for line in reversed(lines):
        for parent in line.parents:
            earlier[parent] |= earlier[line.id] | here.get(line.id, set())
    return earlier


def _without_unchanged(lines: Sequence[CommitLine], blobs: Mapping[str, Blobs]) -> tuple[State, ...]:
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
        states.append(State(replace(line, parents=parents), blobs[line.id]))
    return tuple(states)


def _renames(
    repo: Repository, patterns: Sequence[Pattern], earlier: Mapping[str, frozenset[str]], states: Sequence[State]
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
            fresh = [p for p in _with(patterns, earlier[state.line.id]) if not any(map(p.matches, before))]
            appeared[state.line.id] = ({path for path in new if any(p.matches(path) for p in fresh)}, before)
    for commit, old, new_path in repo.renames(appeared):
        paths, before = appeared[commit]
        if new_path in paths and old not in before:
            yield Rename(commit, old)
