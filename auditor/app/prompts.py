"""The key of the hashed prompts, and the prompts it opens. The key always lies outside the repository.

In comes a project and the environment; out comes the key, or why there is none, and the hashed prompts that patches
are searched for.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.app.project import Project
from auditor.assess.facts import NotAssessed
from auditor.assess.leaks import HashedPrompts, UnsearchedSuite
from auditor.clauses.ngrams import KEY_BYTES
from auditor.clauses.overlap import Prompt
from auditor.errors import ConfigError
from auditor.evidence import Evidence
from auditor.settings import SETTINGS_FILE
from auditor.store.prompts import PROMPTS_SCHEMA, HashedPrompt, PromptFile, load_prompts

KEY_VARIABLE = "AUDITOR_PROMPT_KEY_FILE"
KEY_SETTING = "store.prompt_key_file"
NO_KEY = f"no key is given ({KEY_VARIABLE}, or prompt_key_file in [store] of {SETTINGS_FILE})"
_KEY_FILE_BYTES = 4096
_LEAST_DIFFERENT_BYTES = 6  # of 16 bytes drawn at random, fewer are different in less than one of a million keys
_OTHERS = stat.S_IRWXO
_KEY_REMEDY = "make one with: openssl rand -hex 32"
_EARLIER = "an earlier version hashed them: runs of words are searched for, wording is not; ingest their logs again"


@dataclass(frozen=True, slots=True)
class PromptKey:
    """The key of hashed prompts, 16 to 64 bytes; or None, and why."""

    bytes: bytes | None
    why: str = ""


def read_prompt_key(project: Project, environment: Mapping[str, str]) -> PromptKey:
    """The key that the environment, else the settings, give for a project.

    A file that only the settings name may be missing: whoever has a copy of the repository need not have its key.
    Raises ConfigError for a file inside the repository or one of its work trees, one of another size, one that others
    may read, that has another name or can be guessed, or one the environment names that is not there.
    """
    text = environment.get(KEY_VARIABLE)
    name, field = (text, KEY_VARIABLE) if text else (project.settings.prompt_key_file, KEY_SETTING)
    if not name:
        return PromptKey(None, NO_KEY)
    path = Path.cwd() / Path(name).expanduser() if text else project.root / Path(name).expanduser()
    _refuse_inside(path, project, field)
    try:
        if not path.is_file():
            raise FileNotFoundError
        if path.stat().st_size > _KEY_FILE_BYTES:
            raise ConfigError("is too large for a key", where=str(path), field=field, remedy=_KEY_REMEDY)
        content = path.read_bytes().strip()
    except OSError as error:
        if not text:
            return PromptKey(None, f"the key file that {KEY_SETTING} names cannot be read here")
        raise ConfigError("cannot be read as a key file", where=str(path), field=field, remedy=_KEY_REMEDY) from error
    _refuse_shared(path, field)
    if not KEY_BYTES[0] <= len(content) <= KEY_BYTES[1]:
        subject = f"holds {len(content)} bytes, a key has {KEY_BYTES[0]} to {KEY_BYTES[1]}"
        raise ConfigError(subject, where=str(path), field=field, remedy=_KEY_REMEDY)
    if len(set(content)) < _LEAST_DIFFERENT_BYTES:
        subject = f"is made of {len(set(content))} different bytes, so that it can be guessed"
        raise ConfigError(subject, where=str(path), field=field, remedy=_KEY_REMEDY)
    return PromptKey(content)


def _refuse_shared(path: Path, field: str) -> None:
    """Raises ConfigError for a key that others may read, or that another name leads to, perhaps in the repository."""
    status = path.stat()
    if status.st_nlink > 1:
        subject = "has another name (a hard link), which may lie inside the repository"
        raise ConfigError(
            subject, where=str(path), field=field, remedy="copy it, and remove the file with all its names"
        )
    if os.name == "posix" and status.st_mode & _OTHERS:
        subject = f"may be read or changed by others (mode {stat.S_IMODE(status.st_mode):o})"
        raise ConfigError(subject, where=str(path), field=field, remedy=f"run chmod 600 {shlex.quote(str(path))}")


def _refuse_inside(path: Path, project: Project, field: str) -> None:
    """Raises ConfigError for a path that lies in the repository, or leads into it."""
    if any(
        at.is_relative_to(folder)
        for at in (Path(os.path.normpath(path)), path.resolve())
        for folder in _repository_folders(project)
    ):
        subject = "lies inside the repository, where whoever has the hashes has the key"
        raise ConfigError(subject, where=str(path), field=field, remedy="move it out, and never commit it")


def _repository_folders(project: Project) -> Iterator[Path]:
    repository = project.repository
    folders = [project.root]
    if repository is not None:
        folders += [repository.git_dir, repository.common_dir]
        folders += [repository.common_dir.parent] if repository.common_dir.name == ".git" else []
        folders += repository.linked_worktrees()
    for folder in folders:
        yield from (folder.absolute(), folder.resolve())


def open_hashed_prompts(project: Project, evidence: Evidence, key: PromptKey) -> HashedPrompts:
    """The prompts of the suites that a spec was measured on, as far as the key opens them.

    Raises RecordError for a damaged file.
    """
    measured = {run.suite for run in evidence.runs.values()}
    files = load_prompts(project.prompts_tree or project.tree, project.settings.store, project.sealed)
    prompts: list[Prompt] = []
    unsearched: list[UnsearchedSuite] = []
    for suite in (evidence.suites[name] for name in sorted(measured & evidence.suites.keys())):
        own = [file for file in files if file.suite == suite.name]
        opened = [file for file in own if key.bytes is not None and file.opened_by(key.bytes)]
        current, earlier = _by_version(opened)
        prompts += (Prompt(item, suite.name, suite.role, suite.behaviour, text) for item, text in (*current, *earlier))
        if earlier or not current:
            why = _EARLIER if earlier else _unsearched_reason(own, key)
            unsearched.append(UnsearchedSuite(suite.name, suite.role, why, bool(own)))
    return HashedPrompts(tuple(prompts), key.bytes, tuple(unsearched))


def _by_version(files: Sequence[PromptFile]) -> tuple[Sequence[HashedPrompt], Sequence[HashedPrompt]]:
    """The prompts hashed by this version's rules, and those of which there are only an earlier version's hashes."""
    current = dict.fromkeys(prompt for file in files if file.schema == PROMPTS_SCHEMA for prompt in file.prompts)
    again = {(item, content.runs) for item, content in current}
    earlier = dict.fromkeys(prompt for file in files if file.schema != PROMPTS_SCHEMA for prompt in file.prompts)
    return tuple(current), tuple((item, content) for item, content in earlier if (item, content.runs) not in again)


def _unsearched_reason(files: list[PromptFile], key: PromptKey) -> str:
    if key.bytes is None:
        return key.why
    return "they are hashed with another key" if files else "no prompts of it were ingested with the key"


def unsearched_notes(hashed: HashedPrompts) -> tuple[NotAssessed, ...]:
    """What an audit says of suites whose hashed prompts were passed over: one line a reason."""
    by_reason: dict[str, list[str]] = {}
    for unsearched_suite in (suite for suite in hashed.unsearched if suite.passed_over):
        by_reason.setdefault(unsearched_suite.why, []).append(unsearched_suite.suite)
    return tuple(NotAssessed(f"hashed prompts of {_list_suites(names)}", why) for why, names in by_reason.items())


def _list_suites(names: list[str]) -> str:
    more = f" and {len(names) - 3} more suites" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
