"""Which specs a command is about: those that --spec names, those that are configured, or the file whose name says it.

`choose_specs` is the one way for every verb. Nothing is guessed: where several files may be the spec, they are listed,
and a person names it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from auditor.errors import ConfigError, RepositoryError
from auditor.git import Commit, Tree
from auditor.settings import DEFAULT_STORE, Settings, SpecConfig, project_path
from auditor.specs.files import parse_patterns

if TYPE_CHECKING:
    from auditor.app.project import Place

Warn: TypeAlias = Callable[[str], None]
"""Gets a sentence, without a full stop, that a reader of the answer needs to know."""

SUFFIXES = (".md", ".markdown", ".txt", ".prompt", ".j2", ".jinja", ".jinja2")
_SPEC_NAME = re.compile(
    r"(^| )(constitution|(model ?)?spec(ification)?s?|system ?(prompt|message))( |$)|^prompt( v)? ?$"
)
_SPEC_FOLDERS = ("spec", "specs", "prompt", "prompts", "system_prompts")
_ABOUT_THE_PROJECT = re.compile(
    r"^(readme|changelog|changes|history|license|contributing|notes|todo|index)( |$)|(^| )eval"
)
_IGNORED_FOLDERS = ("test", "tests", "vendor", "node_modules", "third_party", DEFAULT_STORE)
_DATED_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_CANDIDATES_LISTED = 8


def choose_specs(
    place: Place,
    settings: Settings,
    names: Sequence[str] = (),
    warn: Warn | None = None,
    *,
    committed: bool = True,
) -> tuple[SpecConfig, ...]:
    """The specs that a command is about.

    Args:
        names: names of configured specs, paths or globs from the root; without any, all that are configured.
        warn: gets a sentence where none is configured and one file is taken for the spec, because its name says so.
            None where what follows outlives the guess (records, a seal, a decision): then that is refused.
        committed: whether a path must be that of a file that is committed or once was.

    Raises ConfigError for a path that no commit has, and where no file, or several, may be the spec.
    """
    in_git = place.repository is not None
    if names:
        spec_names = {config.name for config in settings.specs} | {
            path for config in settings.specs for path in config.paths
        }

        def read_name(name: str) -> str:
            if name in spec_names:
                return name
            return check_spec_path(place, name, sorted(spec_names)) if committed else _shortest_path(place, name)

        return select_specs(settings.specs, [read_name(name) for name in names], in_git=in_git)
    if settings.specs or warn is None:
        return select_specs(settings.specs, (), in_git=in_git)
    path = find_spec_path(place)
    warn(f"no spec is configured, and --spec was left out: {path} is taken for the spec")
    return select_specs((), (path,), in_git=in_git)


def select_specs(configured: Sequence[SpecConfig], names: Sequence[str], *, in_git: bool) -> tuple[SpecConfig, ...]:
    """The specs that names stand for, configured ones or those at these paths; without names all that are configured.

    Raises ConfigError for none.
    """
    if not names and not configured:
        remedy = "run auditor init, or give --spec PATH"
        raise ConfigError("no spec is configured", where="auditor.toml", field="spec", remedy=remedy)
    chosen = {} if names else {config.name: config for config in configured}
    for name in names:
        named = [config for config in configured if name == config.name or (name,) == config.paths]
        for config in named or [SpecConfig(name, (name,), "git" if in_git else "folder")]:
            chosen[config.name] = config
    return tuple(chosen.values())


def find_spec_path(place: Place) -> str:
    """The one file that is likely to be the spec; for dated folders the name they share, as `*/name`.

    Raises ConfigError where there is none, or several; RepositoryError where there is no commit and no dated folder.
    """
    paths = spec_candidates(place)
    if len(paths) == 1:
        return paths[0]
    if not paths:
        subject, remedy = "no committed file is called like a spec, constitution or system prompt", "give --spec PATH"
        raise ConfigError(subject, where=str(place.root), remedy=remedy)
    names = ", ".join(paths[:_CANDIDATES_LISTED]) + (", …" if len(paths) > _CANDIDATES_LISTED else "")
    remedy = "give one of them, or a glob, with --spec PATH"
    raise ConfigError(f"{len(paths)} files may be the spec: {names}", where=str(place.root), remedy=remedy)


def check_spec_path(place: Place, spec: str, spec_names: Sequence[str] = ()) -> str:
    """The path or glob of a spec, given from the root, in its shortest form.

    Args:
        spec_names: what --spec may name besides: configured specs.

    Raises ConfigError where no commit ever had such a file.
    """
    path = _shortest_path(place, spec)
    paths = _committed_tree(place).list("")
    if _has_file(place, path, paths):
        return path
    if place.repository is not None and place.tree.read(path) is not None:
        remedy = f"git add {shlex.quote(path)} && git commit"
        raise ConfigError("is not committed, and has no history", where="--spec", field=path, remedy=remedy)
    near = _nearest_name(path, [*spec_names, *filter(_is_text, paths)])
    remedy = f"the nearest is {near}" if near else f"give a path from the root, {place.root}"
    raise ConfigError("no commit has it", where="--spec", field=path, remedy=remedy)


def _shortest_path(place: Place, spec: str) -> str:
    try:
        return project_path(spec)
    except ValueError as error:
        remedy = f"give it from the root, {place.root}"
        raise ConfigError(f"{spec!r:.80} {error}", where="--spec", remedy=remedy) from error


def _has_file(place: Place, path: str, committed: Sequence[str]) -> bool:
    """Whether a path or glob is that of a file: of one that is committed or once was, or of one in dated folders."""
    repository = place.repository
    patterns = parse_patterns([path] if repository is not None or "*" in path else [path, f"*/{path}"])
    if any(pattern.matches(file) for pattern in patterns for file in committed):
        return True
    if repository is None:
        return False
    return any(repository.commits_touching(repository.resolve("HEAD"), [pattern.pathspec for pattern in patterns]))


def _nearest_name(path: str, names: Sequence[str]) -> str:
    """The name that was probably meant: the same file in another folder, else the most similar one; "" for none."""
    last = PurePosixPath(path).name.lower()
    same = [name for name in names if PurePosixPath(name).name.lower() == last]
    return next(iter(same or get_close_matches(path, names, 1)), "")


def spec_candidates(place: Place) -> list[str]:
    """The files whose name or folder suggests a spec, sorted; for dated folders the names they share, as `*/name`.

    A name that says it is one (`model_spec.md`, `constitution.txt`) outweighs a folder that does (`prompts/a.md`).
    Raises RepositoryError where there is neither a commit nor a dated folder.
    """
    if place.repository is not None:
        paths = list(_committed_tree(place).list(""))
    else:
        below = (PurePosixPath(path) for path in place.tree.list(""))
        dated = (p for p in below if len(p.parts) > 1 and _DATED_FOLDER.match(p.parts[0]))
        paths = sorted({str(PurePosixPath("*", *path.parts[1:])) for path in dated})
        if not paths:
            subject = "is neither in git nor a folder of dated revisions"
            remedy = "run this in a git repository, or name each revision's folder YYYY-MM-DD"
            raise RepositoryError(subject, where=str(place.root), remedy=remedy)
    texts = [path for path in paths if _is_text(path)]
    return [path for path in texts if _has_spec_name(path)] or [path for path in texts if _is_in_spec_folder(path)]


def _committed_tree(place: Place) -> Tree:
    """What is committed: a spec that is not has no history to audit."""
    if place.repository is None:
        return place.tree
    return Commit(place.repository, place.repository.resolve("HEAD"))


def _is_text(path: str) -> bool:
    file = PurePosixPath(path.lower())
    ignored = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in file.parts)
    return not ignored and file.suffix in SUFFIXES


def _words(name: str) -> str:
    return re.sub(r"[^a-z]+", " ", name.lower())


def _has_spec_name(path: str) -> bool:
    return _SPEC_NAME.search(_words(PurePosixPath(path).stem)) is not None


def _is_in_spec_folder(path: str) -> bool:
    file = PurePosixPath(path.lower())
    return file.parent.name in _SPEC_FOLDERS and not _ABOUT_THE_PROJECT.search(_words(file.stem))
