"""A repository: names resolved once, then commits, trees and blobs by id only.

Also its history: how each commit landed on the first-parent chain (`Ancestry`), what each landing does to some paths
(`file_changes`), and whether history is all there: half a history must never be judged as if it were the whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, Self

from auditor.errors import RepositoryError, RevisionError
from auditor.git.command import Command, incomplete_history_error
from auditor.git.objects import MAX_OBJECT_BYTES, Entry, Objects, is_object_id, parse_tree

# How commits landed: which commit of the first-parent chain brought each in, when that can have been, who wrote it.


ANCESTRY_FORMAT = "%ct%x00%an%x00%ae"
_LAST_SECOND = 253402300799  # of the year 9999; git takes any number


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Every commit up to a tip.

    Attributes:
        chain: the first-parent chain, oldest first.
        landed: for every commit, the place in `chain` of the commit that brought it in.
        authors: name and address of each commit's author, as the commit says; git proves neither.
        earliest: for each place in `chain`, the latest day of it and all before it (UTC, by committers' clocks).
        latest: for each place in `chain`, the earliest day of it and all after it.
        merged: for each place in `chain`, the parents of its commit that are not in the chain.
    """

    chain: tuple[str, ...]
    landed: Mapping[str, int]
    authors: Mapping[str, tuple[str, str]]
    earliest: tuple[date, ...]
    latest: tuple[date, ...]
    merged_parents: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _CommitHeader:
    id: str
    parents: tuple[str, ...]
    day: date
    author: tuple[str, str]


def parse_ancestry(text: str, tip: str) -> Ancestry:
    """What `git rev-list --parents --format=FORMAT TIP` prints, put in order. `tip` is a commit id in it."""
    commits = {commit.id: commit for commit in _parse_commit_headers(text)}
    chain = tuple(reversed(list(_first_parents(commits, tip))))
    days = [commits[name].day for name in chain]
    return Ancestry(
        chain=chain,
        landed=_landing_places(commits, chain),
        authors={commit.id: commit.author for commit in commits.values()},
        earliest=tuple(accumulate(days, max)),
        latest=tuple(reversed(list(accumulate(reversed(days), min)))),
        merged_parents=tuple(commits[name].parents[1:] for name in chain),
    )


def _parse_commit_headers(text: str) -> Iterator[_CommitHeader]:
    lines = text.split("\n")
    for head, line in zip(lines[:-1:2], lines[1::2], strict=True):
        name, *parents = head.removeprefix("commit ").split(" ")
        seconds, author, address = line.split("\0")
        day = datetime.fromtimestamp(min(max(int(seconds), 0), _LAST_SECOND), UTC).date()
        yield _CommitHeader(name, tuple(parents), day, (author, address))


def _first_parents(commits: Mapping[str, _CommitHeader], tip: str) -> Iterator[str]:
    name: str | None = tip
    while name is not None:
        yield name
        name = next(iter(commits[name].parents), None)


def _landing_places(commits: Mapping[str, _CommitHeader], chain: Iterable[str]) -> dict[str, int]:
    """Walks the chain from its beginning: what can be reached from a place and from none before it landed there."""
    landed: dict[str, int] = {}
    for place, name in enumerate(chain):
        waiting = [name]
        while waiting:
            at = waiting.pop()
            if at not in landed:
                landed[at] = place
                waiting.extend(commits[at].parents)
    return landed


# Whether all of history is there: half a history must never be judged as if it were the whole.


class _IncompleteSign(NamedTuple):
    file: str
    problem: str
    remedy: str


REPLACEMENTS = "refs/replace/"
# Files below the common git directory that cut history short or take it from elsewhere; being there is enough.
_INCOMPLETE_SIGNS = (
    _IncompleteSign("shallow", "the clone is shallow", "run git fetch --unshallow (in CI: fetch-depth: 0)"),
    _IncompleteSign("info/grafts", "parents are grafted", "remove .git/info/grafts"),
    _IncompleteSign(
        "objects/info/alternates",
        "objects are borrowed from another repository",
        "run git repack -a -d and remove .git/objects/info/alternates",
    ),
    _IncompleteSign("objects/info/http-alternates", "objects are borrowed over http", "clone it again"),
)
_PARTIAL_CLONE = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"


def refuse_incomplete(command: Command, common_dir: Path, where: str, leaving: frozenset[str] = frozenset()) -> None:
    """Raise RepositoryError, with its remedy, at the first sign that history is not what its ids say.

    Args:
        leaving: the names of refs that are about to be removed.
    """
    for sign in _incomplete_signs(command, common_dir, leaving):
        raise incomplete_history_error(sign.problem, where, sign.remedy)


def _incomplete_signs(command: Command, common_dir: Path, leaving: frozenset[str]) -> Iterator[_IncompleteSign]:
    yield from (sign for sign in _INCOMPLETE_SIGNS if (common_dir / sign.file).exists())
    replaced = command.run("for-each-ref", "--format=%(refname)", REPLACEMENTS).decode("utf-8", "replace").splitlines()
    for ref in sorted(set(replaced) - leaving)[:1]:
        remedy = f"run git replace -d for each of git replace -l; on a server: git push REMOTE :{ref}"
        yield _IncompleteSign("", "objects are replaced (refs/replace)", remedy)
    # Git would fetch what a partial clone lacks, and run whatever the configuration says to fetch with.
    if command.attempt("config", "--get-regexp", _PARTIAL_CLONE).out:
        yield _IncompleteSign("", "the clone is partial", "clone it again without --filter")


# Commits as git's lines say them.


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A commit that touches what was asked for.

    Attributes:
        id: the commit's id.
        parents: the nearest such commits before it, first parent first.
        date: the committer's, ISO 8601 with offset, as git prints it.
        subject: the message's first line.
    """

    id: str
    parents: tuple[str, ...]
    date: str
    subject: str


def parse_commit_line(head: str, line: str) -> CommitLine:
    """What `git rev-list --parents --format=%cI%x00%s` prints of a commit, on two lines."""
    commit, *parents = head.removeprefix("commit ").split(" ")
    date, _, subject = line.partition("\0")
    return CommitLine(commit, tuple(parents), date, subject)


# A repository: names resolved once, then commits, trees and blobs by id only.


_HEX_PREFIX = re.compile(r"[0-9a-f]{4,64}\Z")
_HISTORY_OPTIONS = ("--full-history", "--simplify-merges", "--parents", "--topo-order", "--reverse", "--encoding=UTF-8")
# Similarity and the number of files compared are fixed here: a repository's configuration must not change ancestry.
_RENAME_OPTIONS = ("--no-ext-diff", "--no-textconv", "-r", "-z", "-M50%", "-l1000", "--raw", "--diff-filter=R")
_RAW_OPTIONS = ("--no-ext-diff", "--no-textconv", "--no-renames", "--no-abbrev", "-r", "-z", "--raw")


class Repository:
    """A git repository, read through git and never through its work tree; get one from `open_repository`.

    Attributes:
        git_dir: absolute path of the git directory (of this work tree, where there are several).
        common_dir: absolute path of the git directory that all its work trees share.
        worktree: absolute path of the work tree; None for a bare repository.
        leaving: the names of refs that are about to be removed: that they replace objects holds nothing back.
    """

    def __init__(self, git_dir: Path, common_dir: Path, worktree: Path | None, environment: Mapping[str, str]) -> None:
        self.leaving = frozenset[str]()
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.worktree = worktree
        variables = {"GIT_DIR": str(git_dir), **_hook_variables(git_dir, common_dir, environment)}
        self._command = Command(git_dir, variables)
        self._objects = Objects(self._command)
        self._preloaded: dict[str, bytes] = {}
        self.tree = lru_cache(maxsize=1024)(self._read_tree)
        self.ancestry = lru_cache(maxsize=4)(self._read_ancestry)
        self.files_under = lru_cache(maxsize=64)(self._read_files_under)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __str__(self) -> str:
        return str(self.worktree or self.git_dir)

    @property
    def command(self) -> Command:
        """git, hardened, as this repository is read."""
        return self._command

    def close(self) -> None:
        """End the process that reads objects; the next question starts it again."""
        self._objects.close()

    def linked_worktrees(self) -> tuple[Path, ...]:
        """The folders of the work trees that git links to this repository, as it wrote them down."""
        files = sorted((self.common_dir / "worktrees").glob("*/gitdir"))
        return tuple(Path(os.fsdecode(file.read_bytes().rstrip(b"\n"))).parent for file in files)

    def require_complete(self) -> None:
        """Raise RepositoryError where history may be hidden: shallow, partial, grafted, replaced or borrowed."""
        self._complete  # noqa: B018  computed once

    def resolve(self, name: str) -> str:
        """The id of the commit that a name stands for.

        Raises RevisionError for an unknown or ambiguous name, RepositoryError where there is no commit at all.
        """
        self.require_complete()
        if not name or "\0" in name:
            raise RevisionError("is no revision", where=repr(name), remedy="name a commit, a tag or a branch")
        if name.startswith("^") or ".." in name:  # rev-parse would read them as what to leave out
            raise RevisionError("is a range, and one revision is asked for", where=name, remedy="name one commit")
        answer = self._command.attempt("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        if "ambiguous" in answer.err:
            raise RevisionError(_ambiguity_message(answer.err), where=name, remedy="write more of it")
        if answer.status:
            raise self._unresolved(name)
        return answer.out.decode().strip()

    def commits_by_prefix(self, prefix: str) -> tuple[str, ...]:
        """The ids of all commits that begin with these hex digits, four or more; a ref of that name is not asked."""
        self.require_complete()
        if not _HEX_PREFIX.match(prefix):
            return ()
        objects = self._command.run("rev-parse", f"--disambiguate={prefix}")
        kinds = self._command.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=objects)
        return tuple(line.split()[0] for line in kinds.decode().splitlines() if line.endswith(" commit"))

    def range_commits(self, text: str) -> frozenset[str]:
        """The commits of `A..B` (in B, not in A; an empty side is HEAD) or of `A` (everything up to A)."""
        if "..." in text:
            raise RevisionError("three dots are no range of patches", where=text, remedy="write A..B")
        start, dots, end = text.rpartition("..")
        names = [self.resolve(end or "HEAD")]
        if dots:
            names.append(f"^{self.resolve(start or 'HEAD')}")
        return frozenset(self._command.run("rev-list", *names, "--").decode().split())

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether the commit `older` is `newer` or comes before it; both are ids."""
        answer = self._command.attempt(
            "merge-base", "--is-ancestor", _require_object_id(older), _require_object_id(newer)
        )
        if answer.status > 1:
            raise self._command.failure(answer.err)
        return answer.status == 0

    def merge_bases(self, name: str, other: str) -> tuple[str, ...]:
        """The best common ancestors of two commits, both ids; none where their histories are unrelated."""
        self.require_complete()
        answer = self._command.attempt("merge-base", "--all", _require_object_id(name), _require_object_id(other))
        if answer.status > 1 or (answer.status and answer.err):
            raise self._command.failure(answer.err)
        return tuple(answer.out.decode().split())

    def _read_ancestry(self, tip: str) -> Ancestry:
        """How every commit up to the id `tip` landed."""
        self.require_complete()
        arguments = ("--parents", f"--format={ANCESTRY_FORMAT}", "--encoding=UTF-8", _require_object_id(tip), "--")
        return parse_ancestry(self._command.run("rev-list", *arguments).decode("utf-8", "replace"), tip)

    def tags(self) -> dict[str, tuple[str, ...]]:
        """The names of tags, sorted, by the commit they stand for. Tags of anything else are left out."""
        self.require_complete()
        names: dict[str, list[str]] = {}
        shape = "%(objecttype) %(*objecttype) %(objectname) %(*objectname) %(refname:strip=2)"
        for line in self._command.run("for-each-ref", f"--format={shape}", "refs/tags").splitlines():
            kind, peeled_kind, own, peeled, name = line.decode("utf-8", "surrogateescape").split(" ", 4)
            if peeled_kind == "tag":  # a tag of a tag; git peels only once
                names.setdefault(self.resolve(f"{peeled}^{{}}"), []).append(name)
            elif "commit" in (kind, peeled_kind):
                names.setdefault(peeled or own, []).append(name)
        return {commit: tuple(sorted(tags)) for commit, tags in names.items()}

    def ref_names(self) -> tuple[str, ...]:
        """The names of branches and tags, sorted, as they are typed."""
        refs = self._command.run("for-each-ref", "--format=%(refname:strip=2)", "refs/heads", "refs/tags")
        return tuple(refs.decode("utf-8", "surrogateescape").splitlines())

    def tags_upto(self, tip: str) -> tuple[str, ...]:
        """The names of the tags whose commit is the id `tip` or an ancestor of it, oldest first by their own dates."""
        self.require_complete()
        arguments = (
            f"--merged={_require_object_id(tip)}",
            "--sort=creatordate",
            "--format=%(refname:strip=2)",
            "refs/tags",
        )
        return tuple(self._command.run("for-each-ref", *arguments).decode("utf-8", "surrogateescape").splitlines())

    def commit_line(self, commit: str) -> CommitLine:
        """A commit, by its id, with its parents, date and subject."""
        arguments = ("--format=%cI%x00%s", "--parents", "--max-count=1", "--encoding=UTF-8")
        text = self._command.run("rev-list", *arguments, _require_object_id(commit), "--").decode("utf-8", "replace")
        return parse_commit_line(*text.split("\n")[:2])

    def has_merge(self, tip: str) -> bool:
        """Whether some commit of the first-parent chain of the id `tip` is a merge."""
        self.require_complete()
        options = ("--first-parent", "--min-parents=2", "--max-count=1")
        return bool(self._command.run("rev-list", *options, _require_object_id(tip), "--"))

    def landings_touching(self, tip: str, pathspecs: Sequence[str]) -> tuple[CommitLine, ...]:
        """The commits of the first-parent chain of the id `tip` that change a path against their first parent.

        Oldest first; without their parents.
        """
        self.require_complete()
        arguments = ("--format=%cI%x00%s", "--first-parent", "--reverse", "--encoding=UTF-8", _require_object_id(tip))
        text = self._command.run("rev-list", *arguments, "--", *pathspecs).decode("utf-8", "replace").split("\n")
        return tuple(parse_commit_line(head, line) for head, line in zip(text[:-1:2], text[1::2], strict=True))

    def commits_touching(self, tip: str, pathspecs: Sequence[str], *more: str) -> tuple[CommitLine, ...]:
        """The commits up to the id `tip`, or one of `more`, that change a path, every parent before its children.

        A merge is among them where it differs from every side, or brings together sides that differ.
        """
        self.require_complete()
        tips = map(_require_object_id, (tip, *more))
        arguments = ("--format=%cI%x00%s", *_HISTORY_OPTIONS, *tips, "--", *pathspecs)
        lines = self._command.run("rev-list", *arguments).decode("utf-8", "replace").split("\n")
        return tuple(parse_commit_line(head, line) for head, line in zip(lines[:-1:2], lines[1::2], strict=True))

    def renames(self, commits: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """(commit, old path, new path) for every file that one of these commits renames, against its first parent."""
        commit_lines = "".join(f"{_require_object_id(commit)}\n" for commit in commits).encode()
        arguments = ("diff-tree", "--stdin", "--diff-merges=first-parent", *_RENAME_OPTIONS)
        words = iter(self._command.run(*arguments, stdin=commit_lines).decode("utf-8", "surrogateescape").split("\0"))
        commit = ""
        for word in words:
            if word.startswith(":"):
                yield commit, next(words), next(words)
            else:
                commit = word.strip()

    def added_or_changed(self, commit: str) -> dict[str, str]:
        """The files, by path, that a commit adds or changes against its first parent, each with its blob's id."""
        commit_line = f"{_require_object_id(commit)}\n".encode()
        arguments = ("diff-tree", "--stdin", "--diff-merges=first-parent", "--diff-filter=AM", *_RAW_OPTIONS)
        words = iter(self._command.run(*arguments, stdin=commit_line).decode("utf-8", "surrogateescape").split("\0"))
        blobs = {}
        for word in words:
            if word.startswith(":") and (fields := word.split(" "))[1].startswith("100"):
                blobs[next(words)] = fields[3]
        return blobs

    def blob(self, object_id: str, *, limit: int = MAX_OBJECT_BYTES) -> bytes:
        """The content of one file. Raises RepositoryError where it is missing or larger than `limit` bytes."""
        return self._objects.read(object_id, "blob", limit=limit)

    def blobs(self, object_ids: Sequence[str], *, limit: int = MAX_OBJECT_BYTES) -> Iterator[bytes]:
        """The contents of files in that order; take them all before asking for anything else."""
        return self._objects.read_all(object_ids, "blob", limit=limit)

    def preload_trees(self, object_ids: Sequence[str]) -> None:
        """Read these trees, or commits' trees, in one go: asking for each by itself waits for git every time.

        They are kept until the next call.
        """
        self._preloaded = dict(zip(object_ids, self._objects.read_all(object_ids, "tree"), strict=True))

    def index_entries(self) -> dict[str, Entry]:
        """What the index holds, by path. Raises RepositoryError for paths whose merge is not finished."""
        entries = {}
        for line in self._command.run("ls-files", "--stage", "-z").decode("utf-8", "surrogateescape").split("\0")[:-1]:
            facts, path = line.split("\t", 1)
            mode, object_id, stage = facts.split(" ")
            if stage != "0":
                raise RepositoryError("is unmerged", where=path, remedy="resolve the conflict and git add it")
            entries[path] = Entry(mode, object_id)
        return entries

    @cached_property
    def _complete(self) -> bool:
        refuse_incomplete(self._command, self.common_dir, str(self), self.leaving)
        return True

    def _unresolved(self, name: str) -> RevisionError | RepositoryError:
        if not self._command.run("for-each-ref", "--count=1") and self._command.attempt("rev-parse", "HEAD^0").status:
            return RepositoryError("the repository has no commits", where=str(self), remedy="commit the spec first")
        named = self._command.attempt("rev-parse", "--verify", "--end-of-options", name)
        if named.status == 0 and not is_object_id(name):  # a ref, whose object may not be here
            target = named.out.decode().strip()
            if self._command.attempt("cat-file", "-e", target).status:
                return incomplete_history_error(f"{name} is {target}, which is missing", str(self))
        return RevisionError("is no commit here", where=name, remedy="fetch it, or check the name with git log")

    def _read_tree(self, object_id: str) -> Mapping[str, Entry]:
        """The entries by name of a tree, or of a commit's tree."""
        data = self._preloaded.get(object_id)
        return parse_tree(self._objects.read(object_id, "tree") if data is None else data, len(object_id) // 2)

    def _read_files_under(self, object_id: str) -> tuple[tuple[str, Entry], ...]:
        """(path below the tree, entry) of everything in it that is no folder, sorted by path."""
        files, waiting = [], [("", object_id)]
        while waiting:
            folder, tree_id = waiting.pop()
            for name, entry in self.tree(tree_id).items():
                if entry.is_folder:
                    waiting.append((f"{folder}{name}/", entry.id))
                else:
                    files.append((folder + name, entry))
        return tuple(sorted(files, key=lambda pair: pair[0]))


def find_repository(path: Path, environment: Mapping[str, str] | None = None) -> Repository | None:
    """The repository that a folder lies in, or None; its history is not looked at yet.

    Args:
        path: a folder: the work tree or one in it, a linked work tree, or a bare repository.
        environment: where a hook's quarantine and index are looked for; None for the process's own.

    Raises RepositoryError where git is not installed, the folder is absent, or its repository is broken.
    """
    if not path.is_dir():
        raise RepositoryError("no such folder", where=str(path), remedy="give the folder of a git repository")
    options = ("--path-format=absolute", "--git-dir", "--git-common-dir")
    answer = Command(path).attempt("rev-parse", *options)
    if "not a git repository (or any" in answer.err:
        return None
    lines = os.fsdecode(answer.out).splitlines()
    if answer.status or len(lines) != 2:
        raise Command(path).failure(answer.err)
    git_dir, common_dir = (Path(line) for line in lines)
    return Repository(git_dir, common_dir, _find_worktree(path.resolve(), git_dir), environment or os.environ)


def open_repository(
    path: Path, environment: Mapping[str, str] | None = None, leaving: frozenset[str] = frozenset()
) -> Repository:
    """The repository that a folder lies in, with its whole history; `leaving` as for `Repository`.

    Raises RepositoryError as `find_repository` does, where there is none, and where history is incomplete.
    """
    repository = find_repository(path, environment)
    if repository is None:
        raise RepositoryError("not in a git repository", where=str(path), remedy="give the folder of a git repository")
    repository.leaving = leaving
    repository.require_complete()
    return repository


def _find_worktree(path: Path, git_dir: Path) -> Path | None:
    """The work tree is where the .git is; core.worktree, which a stranger may have set, is not asked."""
    if path.is_relative_to(git_dir.resolve()):
        return None
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)


def _hook_variables(git_dir: Path, common_dir: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The two things a hook's environment may say, where they point into this very repository.

    `git commit -a` and `git commit PATH` prepare another index; a push that is being received is in quarantine.
    """
    variables = {}
    index, quarantine = environment.get("GIT_INDEX_FILE"), environment.get("GIT_QUARANTINE_PATH")
    if index and (file := _path_directly_below(index, git_dir)):
        variables["GIT_INDEX_FILE"] = file
    if quarantine and (folder := _path_directly_below(quarantine, common_dir / "objects")):
        variables["GIT_OBJECT_DIRECTORY"] = folder
        variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(common_dir / "objects")
    return variables


def _path_directly_below(text: str, folder: Path) -> str | None:
    """The absolute path, if it lies directly in the folder; a relative one is the hook's, from the work tree's root."""
    path = Path(text) if Path(text).is_absolute() else folder / Path(text).name
    return str(path) if path.resolve().parent == folder.resolve() and path.exists() else None


def _require_object_id(object_id: str) -> str:
    if not is_object_id(object_id):
        raise RevisionError("is no full commit id", where=object_id)
    return object_id


def _ambiguity_message(message: str) -> str:
    candidates = re.findall(r"^hint:\s+([0-9a-f]{4,64}) commit", message, re.MULTILINE)
    return f"is ambiguous: {', '.join(candidates[:5])}" if candidates else "is ambiguous"


# What each commit of the first-parent chain does to some paths: against the commit before it, and what it merges.


_DIFF_OPTIONS = ("--stdin", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a landing touches.

    Attributes:
        place: of the landing in the chain, 1 or more: what the first commit has was there before anything landed.
        how: "A" added, "M" changed, "D" removed, "T" made something else of.
        against_merged: whether the comparison is with a parent that the landing merges, not with the commit before it.
    """

    place: int
    how: str
    path: str
    against_merged: bool


def file_changes(repository: Repository, ancestry: Ancestry, paths: Sequence[str]) -> tuple[FileChange, ...]:
    """Every file at or below `paths` that a landing touches, by place; of what it merges, what it changes or removes.

    A merge that is the same as its first parent may drop what the other one had: only the second look sees that.
    Two calls of git over the whole chain, whatever its length.
    """
    chain, places = ancestry.chain, {name: place for place, name in enumerate(ancestry.chain)}
    before = zip(chain[1:], chain, strict=False)
    aside = ((name, other) for name, others in zip(chain, ancestry.merged_parents, strict=True) for other in others)
    pairs = ((before, False, ()), (aside, True, ("--diff-filter=DMT",)))
    changes = [
        FileChange(places[name], how, path, against_merged)
        for some, against_merged, options in pairs
        for name, how, path in _compare_pairs(repository, some, paths, *options)
    ]
    return tuple(
        sorted(changes, key=lambda file_change: (file_change.place, file_change.against_merged, file_change.path))
    )


def _compare_pairs(
    repository: Repository, pairs: Iterable[tuple[str, str]], paths: Sequence[str], *options: str
) -> Iterator[tuple[str, str, str]]:
    """(commit, how, path) of every difference of a commit from the one beside it."""
    pair_lines = "".join(f"{name} {other}\n" for name, other in pairs).encode()
    if not pair_lines:
        return
    call = ("--literal-pathspecs", "diff-tree", *_DIFF_OPTIONS, *options, "--", *paths)
    words = iter(repository.command.run(*call, stdin=pair_lines).decode("utf-8", "surrogateescape").split("\0"))
    commit = ""
    for word in words:
        if word.startswith(":"):
            yield commit, word.rpartition(" ")[2][:1], next(words)
        else:
            commit = word.strip()
