"""Git, read with suspicion: the only importer of GitPython, and the trees every project file is read through."""

from auditor.git.ancestry import Ancestry
from auditor.git.lines import CommitLine
from auditor.git.repository import Repository, find_repository, open_repository
from auditor.git.touched import Touched, touched
from auditor.git.trees import Commit, Folder, Index, Tree

__all__ = [
    "Ancestry",
    "Commit",
    "CommitLine",
    "Folder",
    "Index",
    "Repository",
    "Touched",
    "Tree",
    "find_repository",
    "open_repository",
    "touched",
]
