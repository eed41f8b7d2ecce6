"""The paths of a spec, as the configuration names them: plain paths, or globs with `*`, `**` and `?`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from auditor.errors import ConfigError

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


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
        return re.compile("".join(_MEANING.get(token, re.escape(token)) for token in tokens), re.DOTALL)


def parse_patterns(texts: Sequence[str]) -> tuple[Pattern, ...]:
    """The patterns of a spec. Raises ConfigError where there is none or one leaves the repository."""
    if not texts:
        raise ConfigError("names no file", field="paths", remedy='write paths = ["model_spec.md"]')
    return tuple(_parse(text) for text in texts)


def _parse(text: str) -> Pattern:
    tidy = PurePosixPath(text)
    if not tidy.parts or tidy.is_absolute() or ".." in tidy.parts or text.endswith("/") or "\0" in text:
        raise ConfigError(f"{text!r} is no path of a file", field="paths", remedy="write it relative to the root")
    if any("**" in name and name != "**" for name in tidy.parts):
        raise ConfigError(f"{text!r} has ** inside a name", field="paths", remedy="let ** stand for whole folders")
    return Pattern(str(tidy))
