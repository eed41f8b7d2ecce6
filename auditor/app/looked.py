"""Writing down that held-out rates were shown: each time they are, the suite is a little more used up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from auditor.app.project import open_project
from auditor.model.held_out_use import HeldOutUse
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.store.looks import add_look


def looked(where: Path, patches: Iterable[Patch], now: datetime, by: str = "gate --reveal") -> tuple[HeldOutUse, ...]:
    """Records in the work tree, to be committed with the patch, that held-out rates of some patches were shown.

    A look names the registered held-out suites that have a run under the revision before or after. The same look in
    the same second is one; a patch without such a run makes none, and so does a bare repository, which has no files.

    Args:
        where: a folder in the project.
        now: with offset; of it whole seconds are kept.

    Raises ConfigError, RepositoryError or RecordError where the project cannot be read or the look not written.
    """
    found = []
    with open_project(where) as project:
        if project.repository is not None and project.repository.worktree is None:
            return ()
        hidden = {name for name, suite in project.registry.suites.items() if suite.role is Role.HELD_OUT}
        for patch in patches:
            sides = (patch.before.revision, patch.after.revision)
            shown = {run.suite for run in project.runs if run.spec == patch.spec and run.revision in sides} & hidden
            if shown:
                look = HeldOutUse("", patch.spec, tuple(sorted(shown)), *sides, by, now.replace(microsecond=0))
                found.append(add_look(project.root, project.settings.store, look))
    return tuple(found)
