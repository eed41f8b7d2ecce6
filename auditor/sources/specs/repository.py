"""A spec's history in a git repository: every commit that touches it is a sighting of a revision."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from auditor.errors import RepositoryError, RevisionError
from auditor.git import CommitLine, Repository
from auditor.model.spec import History, Revision, SpecCommit, revision_id
from auditor.sources.specs.patterns import Pattern, parse_patterns
from auditor.sources.specs.revisions import checked_path, revision_of, spec_text
from auditor.sources.specs.walk import Rename, State, blobs_at, walk

# So many revisions may be read before the first of them is hashed; their bytes are kept until then.
_HASHED_BEHIND = 16


def history(repo: Repository, name: str, patterns: Sequence[str], tip: str = "HEAD") -> History:
    """Everything the commits up to `tip` say of the spec called `name`.

    A commit in which the spec is absent, having been deleted, is a sighting of a revision without files.

    Args:
        patterns: its paths or globs, from the root. A file that was renamed is followed to its former path where its
            pattern matched nothing before.
        tip: a commit, tag or branch.

    Raises:
        ConfigError: a pattern is none.
        RevisionError: `tip` is unknown or ambiguous.
        RepositoryError: no commit has the spec, history is incomplete, or a file of it is too large, not UTF-8, a
            symbolic link or a submodule.
    """
    parsed, end = parse_patterns(patterns), repo.resolve(tip)
    states, renames = walk(repo, parsed, end)
    if not states:
        blobs_at(repo, end, parsed)  # where a link or a submodule is on the way, that is what is wrong
        raise RepositoryError("no commit has it", where=", ".join(patterns), remedy="check paths, or the branch")
    revisions = _revisions(repo, states)
    tags = repo.tags()
    sightings = tuple(
        _sighting(state.line, revision.id, tags.get(state.line.id, ()))
        for state, revision in zip(states, revisions, strict=True)
    )
    where = SpecPaths(repo, parsed, tuple(sorted(renames)))
    return History(name, {one.id: one for one in revisions}, _released(repo, end, where, sightings, tags))


def _released(
    repo: Repository,
    tip: str,
    where: SpecPaths,
    sightings: tuple[SpecCommit, ...],
    tags: Mapping[str, Sequence[str]],
) -> tuple[SpecCommit, ...]:
    """The sightings with the tags of commits that do not touch the spec, each at the state that was in force there."""
    touching = {sighting.name for sighting in sightings}
    loose = {name: commit for commit, names in tags.items() if commit not in touching for name in names}
    later: dict[str, list[str]] = {}
    for name in repo.tags_upto(tip) if loose else ():
        if name in loose and (sighting := _in_force(repo, where, sightings, loose[name])):
            later.setdefault(sighting, []).append(name)
    return tuple(replace(one, later_tags=tuple(later[one.name])) if one.name in later else one for one in sightings)


def _in_force(repo: Repository, where: SpecPaths, sightings: Sequence[SpecCommit], commit: str) -> str | None:
    """The sighting whose text a commit has, the last one before it where a revert brought that back; None without."""
    try:
        revision = where.revision_at(commit).id
    except RevisionError:
        return None
    same = [one.name for one in sightings if one.revision == revision]
    before = (name for name in reversed(same) if len(same) == 1 or repo.is_ancestor(name, commit))
    return next(before, None)


@dataclass(frozen=True, slots=True)
class SpecPaths:
    """Where a spec is in any commit of a repository: at its patterns or, before a rename, at the former path."""

    repo: Repository
    patterns: tuple[Pattern, ...]
    renames: tuple[Rename, ...]

    def revision_at(self, commit: str) -> Revision:
        """What the spec says at a commit id, whether or not that commit touches it; RevisionError where it is not."""
        earlier = [Pattern(rename.old) for rename in self.renames if _is_before(self.repo, commit, rename)]
        blobs = blobs_at(self.repo, commit, [*self.patterns, *earlier])
        if not blobs:
            raise RevisionError("the spec is not there", where=commit[:12], remedy="name a commit that has it")
        return next(_read(self.repo, [tuple(sorted(blobs.items()))]))


def spec_paths(repo: Repository, patterns: Sequence[str], tip: str = "HEAD") -> SpecPaths:
    """Where a spec is, by the renames in the history of `tip`. Raises what `history` raises."""
    parsed = parse_patterns(patterns)
    _, renames = walk(repo, parsed, repo.resolve(tip))
    return SpecPaths(repo, parsed, tuple(sorted(renames)))


def revision_in_force(repo: Repository, patterns: Sequence[str], commit: str, tip: str = "HEAD") -> str:
    """The content id of the spec at a commit, tag or branch; see `SpecPaths.revision_at`, which is cheaper for many."""
    return spec_paths(repo, patterns, tip).revision_at(repo.resolve(commit)).id


def _is_before(repo: Repository, commit: str, rename: Rename) -> bool:
    return commit != rename.commit and repo.is_ancestor(commit, rename.commit)


def _revisions(repo: Repository, states: Sequence[State]) -> list[Revision]:
    contents = [tuple(sorted(state.blobs.items())) for state in states]
    known = dict(zip(dict.fromkeys(contents), _read(repo, dict.fromkeys(contents)), strict=True))
    return [known[content] for content in contents]


def _read(repo: Repository, contents: Iterable[tuple[tuple[str, str], ...]]) -> Iterator[Revision]:
    """The revisions of these files, as (path, blob), each blob read once; they are hashed while git unpacks the next.

    Hashing takes as long as unpacking, and lets go of the interpreter: a second thread does it where a core is free.
    """
    given = list(contents)
    paths = {blob: checked_path(path) for content in given for path, blob in content}
    reading = repo.blobs(list(paths))
    texts: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=1) as hasher:
        waiting: deque[tuple[dict[str, str], Future[str]]] = deque()
        for content in given:
            for _, blob in content:
                if blob not in texts:
                    texts[blob] = spec_text(next(reading), paths[blob])
            named = {path: texts[blob] for path, blob in content}
            waiting.append((named, hasher.submit(_content_id, named)))
            if len(waiting) > _HASHED_BEHIND:
                first, identity = waiting.popleft()
                yield revision_of(first, identity.result())
        for last, identity in waiting:
            yield revision_of(last, identity.result())


def _content_id(texts: Mapping[str, str]) -> str:
    return revision_id({path: text.encode() for path, text in texts.items()})


def _sighting(line: CommitLine, revision: str, tags: Sequence[str]) -> SpecCommit:
    label = tags[0] if tags else None
    return SpecCommit(line.id, revision, line.parents, label, _date(line.date), line.subject, line.id)


def _date(text: str) -> datetime:
    """The date git printed; the epoch where a forged one lies outside the calendar, as git itself does."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
