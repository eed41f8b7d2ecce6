"""The companions of a spec: the eval prompts that its clauses cite, and its change log; searched where none is
configured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from auditor.git import Commit, Tree
from auditor.model.spec import Companions
from auditor.specs.files import Pattern, parse_patterns

CHANGELOGS = ("CHANGELOG.md", "CHANGES.md", "CHANGELOG", "CHANGES")
# A folder is where prompts are kept when it holds this share of those that clauses cite.
_MIN_SHARE = 0.5


@dataclass(frozen=True)
class CompanionPaths:
    """Where the companions of a spec are.

    Attributes:
        prompts: patterns of the eval prompts' files; empty where they are not known.
        changelog: the path of the change log; None where there is none.
    """

    prompts: tuple[Pattern, ...]
    changelog: str | None
    _prompts_by_folder: dict[str, Mapping[str, str]] = field(default_factory=dict, compare=False, repr=False)

    def read(self, tree: Tree) -> Companions:
        """The companions in a tree. What is not UTF-8 is read with replacement characters: it is never quoted."""
        names: dict[str, str] = {}
        for pattern in self.prompts:
            names |= self._read_prompts(tree, pattern)
        changelog = tree.read(self.changelog) if self.changelog else None
        return Companions(names if self.prompts else None, None if changelog is None else _text(changelog))

    def _read_prompts(self, tree: Tree, pattern: Pattern) -> Mapping[str, str]:
        """The prompts of one pattern; a folder that did not change between commits is read once."""
        folder = tree.entry(pattern.folder) if isinstance(tree, Commit) else None
        if folder is not None and f"{folder.id} {pattern.text}" in self._prompts_by_folder:
            return self._prompts_by_folder[f"{folder.id} {pattern.text}"]
        paths = [path for path in tree.list(pattern.folder) if pattern.matches(path)]
        names = {PurePosixPath(path).stem: _text(tree.read(path) or b"") for path in paths}
        if folder is not None:
            self._prompts_by_folder[f"{folder.id} {pattern.text}"] = names
        return names


def find_companions(
    tree: Tree, spec_paths: Iterable[str], cited: frozenset[str], prompts: Sequence[str], changelog: str | None
) -> CompanionPaths:
    """Where a spec's companions are: as configured, else looked for in a tree.

    Args:
        spec_paths: the paths of the spec's files in the tree.
        cited: the ids of every prompt that a clause cites.
        prompts: configured patterns; empty looks for the folder with most of the cited prompts.
        changelog: the configured path; None looks for one beside the spec and at the root.
    """
    files = tree.list("")
    patterns = parse_patterns(prompts) if prompts else _prompt_folder(files, cited)
    return CompanionPaths(patterns, changelog or _changelog(files, spec_paths))


def _prompt_folder(files: Sequence[str], cited: frozenset[str]) -> tuple[Pattern, ...]:
    named = [PurePosixPath(file) for file in files if PurePosixPath(file).stem in cited]
    counts = Counter((str(path.parent), path.suffix) for path in named)
    if not counts:
        return ()
    (folder, suffix), count = max(counts.items(), key=lambda entry: (entry[1], entry[0]))
    if count < 2 or count < _MIN_SHARE * len(cited):
        return ()
    return parse_patterns([f"*{suffix}" if folder == "." else f"{folder}/*{suffix}"])


def _changelog(files: Sequence[str], spec_paths: Iterable[str]) -> str | None:
    folders = [*(str(PurePosixPath(path).parent) for path in spec_paths), "."]
    names = set(files)
    candidates = (name if folder == "." else f"{folder}/{name}" for folder in folders for name in CHANGELOGS)
    return next((path for path in candidates if path in names), None)


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace").replace("\r\n", "\n")
