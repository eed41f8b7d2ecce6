"""What is about to land can be read; what is there already, and cannot, holds no landing back that takes it away.

In come the two sides of a landing. `refuse_unreadable` raises for the first file of the configuration or the evaluation
history that head adds or changes and nobody could read; `damaged_files` are those of a tree that a landing may take
away or replace, since they say nothing; `last_readable` is the commit whose rules count where base's are damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from auditor.errors import ConfigError, InputError, RecordError
from auditor.git import Commit, Entry, IndirectionError, Repository
from auditor.settings import DEFAULT_STORE, SETTINGS_FILE, SHARED_SETTINGS_FILE, has_settings, load_settings
from auditor.store.checkpoints import CHECKPOINTS_FOLDER
from auditor.store.integrity import CONTENT_FOLDERS, examine_files
from auditor.store.ledger import read_waivers
from auditor.store.registry import BINDINGS_FILE, SUITES_FILE, load_bindings, load_registry

# What is only ever added to: all that is named by its content, and the seals over it.
APPEND_ONLY_FOLDERS = (*CONTENT_FOLDERS, CHECKPOINTS_FOLDER)


def refuse_unreadable(earlier: Sequence[Commit], head: Commit) -> None:
    """Raises ConfigError, RecordError or RepositoryError for what head adds or changes and nobody could read.

    Of a file that is named by its content and that base has undamaged nothing is said: that it is changed is a finding.

    Args:
        earlier: base, and where head left it: what stands in one of them is not head's doing.
    """
    store = check_rules(head)
    base, after = safe_entries(earlier[0], store), _entries(head, store)
    before = [base, *(safe_entries(fork, store) for fork in earlier[1:])]
    changed = {path for path, entry in after.items() if all(entries.get(path) != entry for entries in before)}
    for path in sorted(changed & {_in(store, SUITES_FILE), _in(store, BINDINGS_FILE)}):
        _refuse_special(head, path)
    load_bindings(head, store)
    for path, error in read_waivers(head, store)[1].items():
        if path in changed:
            raise error
    damaged = damaged_files(earlier[0], head, store)
    new = [path for path in changed if _is_append_only(path, store) and (path not in base or path in damaged)]
    faults = examine_files(head, store, new)
    if faults:
        more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
        remedy = "take it out of what is to land; auditor verify lists what is wrong"
        raise RecordError(f"{faults[0].what}{more}", where=faults[0].path, remedy=remedy)


def check_rules(tree: Commit) -> str:
    """The folder of the evaluation history, where everything that rules are read from can be read.

    Raises ConfigError or RepositoryError; a folder where such a file should be is malformed, too.
    """
    for path in (SETTINGS_FILE, SHARED_SETTINGS_FILE):
        _refuse_special(tree, path)
    store = load_settings(tree).store if has_settings(tree) else DEFAULT_STORE
    for name in (SUITES_FILE, BINDINGS_FILE):
        _refuse_special(tree, _in(store, name))
    load_registry(tree, store)
    return store


def last_readable(repository: Repository, commit: Commit, head: Commit) -> Commit | None:
    """The commit whose rules count for a landing on `commit`: the last before it, where its own cannot be read.

    None where none ever could. Raises ConfigError or RepositoryError where head does not repair them.
    """
    try:
        check_rules(commit)
    except InputError:
        check_rules(head)
        ancestry = repository.ancestry(commit.commit_id)
        paths = (SETTINGS_FILE, SHARED_SETTINGS_FILE, f":(glob)**/{SUITES_FILE}", f":(glob)**/{BINDINGS_FILE}")
        for line in reversed(repository.landings_touching(commit.commit_id, paths)):
            place = ancestry.landed[line.id] - 1
            before = Commit(repository, ancestry.chain[place])
            if place >= 0 and is_readable(before):
                return before
        return None
    return commit


def damaged_files(base: Commit, head: Commit, store: str) -> frozenset[str]:
    """The files of base's evaluation history that head has not, or has otherwise, and that say nothing by themselves.

    What is no file of its folder, is a link, or is not what its name or its schema says: to remove or to replace it
    takes no evidence away.
    """
    before, after = safe_entries(base, store), safe_entries(head, store)
    differing = (path for path, entry in before.items() if after.get(path) != entry)
    return damaged_among(base, store, differing)


def damaged_among(tree: Commit, store: str, paths: Iterable[str]) -> frozenset[str]:
    """Those of some paths whose file says nothing by itself."""
    stored = [path for path in paths if _is_append_only(path, store)]
    return frozenset(fault.path for fault in examine_files(tree, store, stored)) & frozenset(stored)


def is_link(tree: Commit, path: str) -> bool:
    """Whether a path is, or lies behind, a symbolic link or a submodule."""
    try:
        tree.entry(path)
    except IndirectionError:
        return True
    return False


def safe_entries(tree: Commit, folder: str) -> dict[str, Entry]:
    """What `Commit.entries` gives; nothing for a folder that is a link, which is no folder."""
    return {} if is_link(tree, folder) else tree.entries(folder)


def _entries(tree: Commit, folder: str) -> dict[str, Entry]:
    """What a folder holds. Raises RepositoryError or ConfigError where it is none."""
    _refuse_special(tree, folder, folder=True)
    return tree.entries(folder)


def is_readable(tree: Commit) -> bool:
    """Whether the rules of a commit can be read."""
    try:
        check_rules(tree)
    except InputError:
        return False
    return True


def _refuse_special(tree: Commit, path: str, *, folder: bool = False) -> None:
    """Raises RepositoryError for a link, ConfigError for a folder where a file should be, or the other way round."""
    entry = tree.entry(path)
    if entry is not None and entry.is_folder is not folder:
        actual, expected = ("a file", "a folder") if folder else ("a folder", "a file")
        raise ConfigError(f"is {actual}, where {expected} should be", where=path, remedy="move it, or take it out")


def _is_append_only(path: str, store: str) -> bool:
    return PurePosixPath(path).relative_to(store).parts[0] in APPEND_ONLY_FOLDERS


def _in(store: str, name: str) -> str:
    return str(PurePosixPath(store, name))
