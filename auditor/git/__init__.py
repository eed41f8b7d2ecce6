"""Git, read with suspicion: the only importer of GitPython, and the trees every project file is read through.

In comes a folder; out comes a `Repository`, read by full object ids, and trees (`Folder`, `Commit`, `Index`) with
`read` and `list`. Open `trees` first; `repository` resolves names and reads history, `objects` reads by id, `command`
runs git, `write` makes commits.
"""

from auditor.git.objects import Entry, IndirectionError
from auditor.git.repository import (
    REPLACEMENTS,
    Ancestry,
    CommitLine,
    FileChange,
    Repository,
    file_changes,
    find_repository,
    open_repository,
)
from auditor.git.trees import Commit, Folder, Index, Tree

__all__ = [
    "REPLACEMENTS",
    "Ancestry",
    "Commit",
    "CommitLine",
    "Entry",
    "FileChange",
    "Folder",
    "Index",
    "IndirectionError",
    "Repository",
    "Tree",
    "file_changes",
    "find_repository",
    "open_repository",
]
