"""Files into revisions: what a spec's bytes must be, and what it says in one tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.errors import RepositoryError
from auditor.git import Tree
from auditor.model.spec import Revision, SpecFile, revision_id
from auditor.sources.specs.patterns import parse_patterns

MAX_SPEC_FILE_BYTES = 10 * 2**20


def spec_text(data: bytes, where: str) -> str:
    """A spec file's text, line ends as LF. Raises RepositoryError where it is too large or not UTF-8."""
    if len(data) > MAX_SPEC_FILE_BYTES:
        raise RepositoryError("a spec file has more than 10 MB", where=where, remedy="name the spec's text in paths")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 at byte {error.start}"
        raise RepositoryError(what, where=where, remedy="save it as UTF-8, or take it out of paths") from None
    return text.replace("\r\n", "\n") if "\r" in text else text  # looking for one character is ten times faster


def checked_path(path: str) -> str:
    """The path. Raises RepositoryError where its name is not UTF-8: a content id could not be computed."""
    if any("\ud800" <= char <= "\udfff" for char in path):
        raise RepositoryError("its name is not UTF-8", where=ascii(path), remedy="rename it")
    return path


def revision_of(texts: Mapping[str, str], content_id: str | None = None) -> Revision:
    """The revision that these texts, by path, make; its id is computed unless it is known."""
    files = tuple(SpecFile(path, texts[path]) for path in sorted(texts))
    return Revision(content_id or revision_id({file.path: file.text.encode() for file in files}), files)


def read_revision(tree: Tree, patterns: Sequence[str]) -> Revision:
    """What a spec of those paths or globs says in a tree: a folder, a commit, or the index.

    Raises ConfigError for a bad pattern; RepositoryError for a file that cannot be a spec's. No file is no error.
    """
    texts: dict[str, str] = {}
    for pattern in parse_patterns(patterns):
        paths = tree.list(pattern.folder) if pattern.is_glob else (pattern.text,)
        for path in filter(pattern.matches, paths):
            data = tree.read(checked_path(path))
            if data is not None:
                texts[path] = spec_text(data, path)
    return revision_of(texts)
