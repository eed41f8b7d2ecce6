"""The files of a spec: the paths and globs that name them (`*`, `**`, `?`), what their bytes must be, and the
revision they make.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from auditor.errors import ConfigError, RepositoryError
from auditor.git import Tree
from auditor.model.spec import Revision, SpecFile, revision_id

# The paths of a spec, as the configuration names them: plain paths, or globs with `*`, `**` and `?`.


_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_TOKEN_REGEX = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Pattern:
    """One path or glob. `*` and `?` stay within a name, `**/` stands for any number of folders, none included."""

    text: str

    @property
    def is_glob(self) -> bool:
        """Whether it may match several paths."""
        return "*" in self.text or "?" in self.text

    @property
    def folder(self) -> str:
        """The folder that everything it matches lies in; "" is the root."""
        names = PurePosixPath(self.text).parts
        fixed = [name for at, name in enumerate(names[:-1]) if not any(set("*?") & set(n) for n in names[: at + 1])]
        return "/".join(fixed)

    @property
    def pathspec(self) -> str:
        """The same for git, which reads `[` and `\\` as magic too."""
        if not self.is_glob:
            return f":(top,literal){self.text}"
        return ":(top,glob)" + re.sub(r"([\[\]\\])", r"\\\1", self.text)

    def matches(self, path: str) -> bool:
        """Whether a path from the root is one of its."""
        return self._regex.fullmatch(path) is not None

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        tokens = _TOKENS.findall(self.text)
        return re.compile("".join(_TOKEN_REGEX.get(token, re.escape(token)) for token in tokens), re.DOTALL)


def parse_patterns(texts: Sequence[str]) -> tuple[Pattern, ...]:
    """The patterns of a spec. Raises ConfigError where there is none or one leaves the repository."""
    if not texts:
        raise ConfigError("names no file", field="paths", remedy='write paths = ["model_spec.md"]')
    return tuple(_parse_pattern(text) for text in texts)


def _parse_pattern(text: str) -> Pattern:
    tidy = PurePosixPath(text)
    if not tidy.parts or tidy.is_absolute() or ".." in tidy.parts or text.endswith("/") or "\0" in text:
        raise ConfigError(f"{text!r} is no path of a file", field="paths", remedy="write it relative to the root")
    if any("**" in name and name != "**" for name in tidy.parts):
        raise ConfigError(f"{text!r} has ** inside a name", field="paths", remedy="let ** stand for whole folders")
    return Pattern(str(tidy))


# Files into revisions: what a spec's bytes must be, and what it says in one tree.


MAX_SPEC_FILE_BYTES = 10 * 2**20


def decode_spec_text(data: bytes, where: str) -> str:
    """A spec file's text, line ends as LF. Raises RepositoryError where it is too large or not UTF-8."""
    if len(data) > MAX_SPEC_FILE_BYTES:
        raise RepositoryError("a spec file has more than 10 MB", where=where, remedy="name the spec's text in paths")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        subject = f"is not UTF-8 at byte {error.start}"
        raise RepositoryError(subject, where=where, remedy="save it as UTF-8, or take it out of paths") from None
    return text.replace("\r\n", "\n") if "\r" in text else text  # looking for one character is ten times faster


def check_path(path: str) -> str:
    """The path. Raises RepositoryError where its name is not UTF-8: a content id could not be computed."""
    if not path.isascii() and any("\ud800" <= char <= "\udfff" for char in path):
        raise RepositoryError("its name is not UTF-8", where=ascii(path), remedy="rename it")
    return path


def build_revision(texts: Mapping[str, str], content_id: str | None = None) -> Revision:
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
            data = tree.read(check_path(path))
            if data is not None:
                texts[path] = decode_spec_text(data, path)
    return build_revision(texts)
