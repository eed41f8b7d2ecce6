"""A spec's history in a git repository: every commit that touches it is a sighting of a revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from auditor.errors import RepositoryError, RevisionError
from auditor.git import CommitLine, Repository
from auditor.model.spec import History, Revision, Sighting
from auditor.sources.specs.patterns import Pattern, parse_patterns
from auditor.sources.specs.revisions import checked_path, revision_of, spec_text
from auditor.sources.specs.walk import Blobs, Rename, State, blobs_at, walk


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
    states, _ = walk(repo, parse_patterns(patterns), repo.resolve(tip))
    if not states:
        raise RepositoryError("no commit has it", where=", ".join(patterns), remedy="check paths, or the branch")
    revisions = _revisions(repo, states)
    tags = repo.tags()
    sightings = tuple(
        _sighting(state.line, revision.id, tags.get(state.line.id, ()))
        for state, revision in zip(states, revisions, strict=True)
    )
    return History(name, {revision.id: revision for revision in revisions}, sightings)


def revision_in_force(repo: Repository, patterns: Sequence[str], commit: str, tip: str = "HEAD") -> str:
    """The content id of the spec at a commit, whether or not that commit touches it.

    Args:
        commit: any commit, tag or branch.
        tip: the history whose renames count: before a rename, the spec is the file's former path.

    Raises what `history` raises, and RevisionError where the spec is not there.
    """
    parsed = parse_patterns(patterns)
    wanted = repo.resolve(commit)
    _, renames = walk(repo, parsed, repo.resolve(tip))
    earlier = [Pattern(rename.old) for rename in sorted(renames) if _is_before(repo, wanted, rename)]
    blobs = blobs_at(repo, wanted, [*parsed, *earlier])
    if not blobs:
        raise RevisionError("the spec is not there", where=commit, remedy="name a commit that has it")
    return _read(_texts(repo, [blobs]), blobs).id


def _is_before(repo: Repository, commit: str, rename: Rename) -> bool:
    return commit != rename.commit and repo.is_ancestor(commit, rename.commit)


def _revisions(repo: Repository, states: Sequence[State]) -> list[Revision]:
    texts = _texts(repo, [state.blobs for state in states])
    known: dict[tuple[tuple[str, str], ...], Revision] = {}
    revisions = []
    for state in states:
        content = tuple(sorted(state.blobs.items()))
        if content not in known:
            known[content] = _read(texts, state.blobs)
        revisions.append(known[content])
    return revisions


def _texts(repo: Repository, contents: Iterable[Blobs]) -> dict[str, str]:
    """The text of every blob, by id, each read once."""
    paths = {blob: checked_path(path) for blobs in contents for path, blob in blobs.items()}
    texts = {}
    reading = zip(paths.items(), repo.blobs(list(paths)), strict=True)
    for (blob, path), data in reading:
        texts[blob] = spec_text(data, path)
    return texts


def _read(texts: Mapping[str, str], blobs: Blobs) -> Revision:
    return revision_of({path: texts[blob] for path, blob in blobs.items()})


def _sighting(line: CommitLine, revision: str, tags: Sequence[str]) -> Sighting:
    label = tags[0] if tags else None
    return Sighting(line.id, revision, line.parents, label, _date(line.date), line.subject, line.id)


def _date(text: str) -> datetime:
    """The date git printed; the epoch where a forged one lies outside the calendar, as git itself does."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
