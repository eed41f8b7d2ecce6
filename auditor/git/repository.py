"""A repository: names resolved once, then commits, trees and blobs by id only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

from auditor.errors import RepositoryError, RevisionError
from auditor.git.ancestry import FORMAT, Ancestry, ancestry_of
from auditor.git.command import Command, history_incomplete
from auditor.git.complete import refuse_incomplete
from auditor.git.lines import CommitLine, commit_line
from auditor.git.objects import MAX_OBJECT_BYTES, Entry, Objects, is_object_id, parse_tree

_HEX_PREFIX = re.compile(r"[0-9a-f]{4,64}\Z")
_HISTORY = ("--full-history", "--simplify-merges", "--parents", "--topo-order", "--reverse", "--encoding=UTF-8")
# Similarity and the number of files compared are fixed here: a repository's configuration must not change ancestry.
_RENAMES = ("--no-ext-diff", "--no-textconv", "-r", "-z", "-M50%", "-l1000", "--raw", "--diff-filter=R")


class Repository:
    """A git repository, read through git and never through its work tree; get one from `open_repository`.

    Attributes:
        git_dir: absolute path of the git directory (of this work tree, where there are several).
        common_dir: absolute path of the git directory that all its work trees share.
        worktree: absolute path of the work tree; None for a bare repository.
    """

    def __init__(self, git_dir: Path, common_dir: Path, worktree: Path | None, environment: Mapping[str, str]) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.worktree = worktree
        variables = {"GIT_DIR": str(git_dir), **_from_hook(git_dir, common_dir, environment)}
        self._command = Command(git_dir, variables)
        self._objects = Objects(self._command)
        self._preloaded: dict[str, bytes] = {}
        self.tree = lru_cache(maxsize=1024)(self._read_tree)
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
            raise RevisionError(_ambiguity(answer.err), where=name, remedy="write more of it")
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
        wanted = [self.resolve(end or "HEAD")]
        if dots:
            wanted.append(f"^{self.resolve(start or 'HEAD')}")
        return frozenset(self._command.run("rev-list", *wanted, "--").decode().split())

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether the commit `older` is `newer` or comes before it; both are ids."""
        answer = self._command.attempt("merge-base", "--is-ancestor", _checked(older), _checked(newer))
        if answer.status > 1:
            raise self._command.failure(answer.err)
        return answer.status == 0

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """The best common ancestors of two commits, both ids; none where their histories are unrelated."""
        self.require_complete()
        answer = self._command.attempt("merge-base", "--all", _checked(one), _checked(other))
        if answer.status > 1 or (answer.status and answer.err):
            raise self._command.failure(answer.err)
        return tuple(answer.out.decode().split())

    def ancestry(self, tip: str) -> Ancestry:
        """How every commit up to the id `tip` landed."""
        self.require_complete()
        arguments = ("--parents", f"--format={FORMAT}", "--encoding=UTF-8", _checked(tip), "--")
        return ancestry_of(self._command.run("rev-list", *arguments).decode("utf-8", "replace"), tip)

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

    def tags_upto(self, tip: str) -> tuple[str, ...]:
        """The names of the tags whose commit is the id `tip` or an ancestor of it, oldest first by their own dates."""
        self.require_complete()
        arguments = (f"--merged={_checked(tip)}", "--sort=creatordate", "--format=%(refname:strip=2)", "refs/tags")
        return tuple(self._command.run("for-each-ref", *arguments).decode("utf-8", "surrogateescape").splitlines())

    def commits_touching(self, tip: str, pathspecs: Sequence[str]) -> tuple[CommitLine, ...]:
        """The commits up to the id `tip` that change one of the paths, every parent before its children.

        A merge is among them where it differs from every side, or brings together sides that differ.
        """
        self.require_complete()
        arguments = ("--format=%cI%x00%s", *_HISTORY, _checked(tip), "--", *pathspecs)
        lines = self._command.run("rev-list", *arguments).decode("utf-8", "replace").split("\n")
        return tuple(commit_line(head, line) for head, line in zip(lines[:-1:2], lines[1::2], strict=True))

    def renames(self, commits: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """(commit, old path, new path) for every file that one of these commits renames, against its first parent."""
        given = "".join(f"{_checked(commit)}\n" for commit in commits).encode()
        arguments = ("diff-tree", "--stdin", "--diff-merges=first-parent", *_RENAMES)
        words = iter(self._command.run(*arguments, stdin=given).decode("utf-8", "surrogateescape").split("\0"))
        commit = ""
        for word in words:
            if word.startswith(":"):
                yield commit, next(words), next(words)
            else:
                commit = word.strip()

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
        refuse_incomplete(self._command, self.common_dir, str(self))
        return True

    def _unresolved(self, name: str) -> RevisionError | RepositoryError:
        if not self._command.run("for-each-ref", "--count=1") and self._command.attempt("rev-parse", "HEAD^0").status:
            return RepositoryError("the repository has no commits", where=str(self), remedy="commit the spec first")
        named = self._command.attempt("rev-parse", "--verify", "--end-of-options", name)
        if named.status == 0 and not is_object_id(name):  # a ref, whose object may not be here
            target = named.out.decode().strip()
            if self._command.attempt("cat-file", "-e", target).status:
                return history_incomplete(f"{name} is {target}, which is missing", str(self))
        return RevisionError("is no commit here", where=name, remedy="fetch it, or check the name with git log")

    def _read_tree(self, object_id: str) -> Mapping[str, Entry]:
        """The entries by name of a tree, or of a commit's tree."""
        data = self._preloaded.get(object_id)
        return parse_tree(self._objects.read(object_id, "tree") if data is None else data, len(object_id) // 2)

    def _read_files_under(self, object_id: str) -> tuple[tuple[str, Entry], ...]:
        """(path below the tree, entry) of everything in it that is no folder, sorted by path."""
        found, waiting = [], [("", object_id)]
        while waiting:
            folder, tree_id = waiting.pop()
            for name, entry in self.tree(tree_id).items():
                if entry.is_folder:
                    waiting.append((f"{folder}{name}/", entry.id))
                else:
                    found.append((folder + name, entry))
        return tuple(sorted(found, key=lambda pair: pair[0]))


def find_repository(path: Path, environment: Mapping[str, str] | None = None) -> Repository | None:
    """The repository that a folder lies in, or None; its history is not looked at yet.

    Args:
        path: a folder: the work tree or one in it, a linked work tree, or a bare repository.
        environment: where a hook's quarantine and index are looked for; None for the process's own.

    Raises RepositoryError where git is not installed, the folder is absent, or its repository is broken.
    """
    if not path.is_dir():
        raise RepositoryError("no such folder", where=str(path), remedy="give the folder of a git repository")
    asked = ("--path-format=absolute", "--git-dir", "--git-common-dir")
    answer = Command(path).attempt("rev-parse", *asked)
    if "not a git repository (or any" in answer.err:
        return None
    lines = os.fsdecode(answer.out).splitlines()
    if answer.status or len(lines) != 2:
        raise Command(path).failure(answer.err)
    git_dir, common_dir = (Path(line) for line in lines)
    return Repository(git_dir, common_dir, _worktree(path.resolve(), git_dir), environment or os.environ)


def open_repository(path: Path, environment: Mapping[str, str] | None = None) -> Repository:
    """The repository that a folder lies in, with its whole history.

    Raises RepositoryError as `find_repository` does, where there is none, and where history is incomplete.
    """
    repository = find_repository(path, environment)
    if repository is None:
        raise RepositoryError("not in a git repository", where=str(path), remedy="give the folder of a git repository")
    repository.require_complete()
    return repository


def _worktree(path: Path, git_dir: Path) -> Path | None:
    """The work tree is where the .git is; core.worktree, which a stranger may have set, is not asked."""
    if path.is_relative_to(git_dir.resolve()):
        return None
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)


def _from_hook(git_dir: Path, common_dir: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The two things a hook's environment may say, where they point into this very repository.

    `git commit -a` and `git commit PATH` prepare another index; a push that is being received is in quarantine.
    """
    found = {}
    index, quarantine = environment.get("GIT_INDEX_FILE"), environment.get("GIT_QUARANTINE_PATH")
    if index and (file := _below(index, git_dir)):
        found["GIT_INDEX_FILE"] = file
    if quarantine and (folder := _below(quarantine, common_dir / "objects")):
        found["GIT_OBJECT_DIRECTORY"] = folder
        found["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(common_dir / "objects")
    return found


def _below(text: str, folder: Path) -> str | None:
    """The absolute path, if it lies directly in the folder; a relative one is the hook's, from the work tree's root."""
    path = Path(text) if Path(text).is_absolute() else folder / Path(text).name
    return str(path) if path.resolve().parent == folder.resolve() and path.exists() else None


def _checked(object_id: str) -> str:
    if not is_object_id(object_id):
        raise RevisionError("is no full commit id", where=object_id)
    return object_id


def _ambiguity(message: str) -> str:
    candidates = re.findall(r"^hint:\s+([0-9a-f]{4,64}) commit", message, re.MULTILINE)
    return f"is ambiguous: {', '.join(candidates[:5])}" if candidates else "is ambiguous"
