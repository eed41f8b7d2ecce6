"""Which file is the spec, where nobody says so: the one committed file whose name or folder says what it is.

In comes a place; out comes a path from its root. Nothing is guessed: where several files may be the spec, they are
listed, and a person names it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from auditor.app.project import Place
from auditor.errors import ConfigError, RepositoryError
from auditor.git import Commit, Tree
from auditor.settings import DEFAULT_STORE, project_path
from auditor.specs.files import read_revision

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


def check_spec_path(place: Place, spec: str) -> str:
    """The path or glob of a spec, given from the root, in its shortest form. Raises ConfigError for no file."""
    try:
        path = project_path(spec)
    except ValueError as error:
        raise ConfigError(f"{spec!r:.80} {error}", where="--spec", remedy="give it from the root") from error
    matched = path in spec_candidates(place) or read_revision(_committed_tree(place), [path]).files
    if not matched:
        raise ConfigError("matches no file", where="--spec", field=path, remedy="commit the file, or correct it")
    return path


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
