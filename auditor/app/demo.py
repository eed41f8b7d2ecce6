"""The embedded demonstration: its dated revisions and evaluation records, built as a git repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import auditor
from auditor.app.project import open_project
from auditor.errors import InternalError, RepositoryError
from auditor.git import Folder, find_repository
from auditor.git.write import NewCommit, build_repository
from auditor.store.checkpoints import checkpoint_path, encode_checkpoint, next_checkpoint
from auditor.store.records import load_records

QUARTER = "2026Q3"
REPORT = f"audit-{QUARTER}.html"
CONFIGURATION = """\
[[spec]]
name = "harbor"
paths = ["assistant.md"]
eval_prompts = ["evals/*.md"]
changelog = "CHANGELOG.md"
"""
_MORNING = time(9, tzinfo=UTC)
# The day on which the report of the quarter before was made, which sealed its records.
_SEALING_DAY = "2026-07-01"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Where the demonstration's repository is, and its last commit; `built` is false where it was there already."""

    folder: Path
    commit: str
    built: bool


def demonstrate(folder: Path) -> Demonstration:
    """Builds the demonstration in a folder, or finds it there.

    Raises RepositoryError where the folder holds something else.
    """
    data = data_folder()
    if folder.exists() and any(folder.iterdir()):
        return Demonstration(folder, _head_of_demonstration(folder), built=False)
    return Demonstration(folder, build_repository(folder, tuple(_commits(Folder(data)))), built=True)


def data_folder() -> Path:
    """The folder with `specs` and `eval_history`: in an installed package, or the checkout. Raises InternalError."""
    package = Path(auditor.__file__).parent
    for folder in (package / "demonstration", package.parent):
        if (folder / "specs").is_dir() and (folder / "eval_history" / "suites.toml").is_file():
            return folder
    raise InternalError("the demonstration's data is not installed", where=str(package), remedy="install auditor again")


def _head_of_demonstration(folder: Path) -> str:
    repository = find_repository(folder)
    if repository is None or repository.worktree != folder.resolve():
        raise RepositoryError("is not empty", where=str(folder), remedy="give a new folder")
    if Folder(folder).read("auditor.toml") != CONFIGURATION.encode():
        raise RepositoryError("holds another project", where=str(folder), remedy="give a new folder")
    with open_project(folder), repository:
        return repository.resolve("HEAD")


def _commits(data: Folder) -> Iterator[NewCommit]:
    """One commit a revision, on its date; one with its evaluations, on the day after the last of them ran; a seal."""
    suites = {
        "auditor.toml": CONFIGURATION.encode(),
        "eval_history/suites.toml": data.read("eval_history/suites.toml") or b"",
    }
    revisions = sorted({path.split("/")[1] for path in data.list("specs/") if path.count("/") > 1})
    changes = [(_morning_of(name), True, name) for name in revisions]
    recorded = _records_by_day(data)
    changes += [(_morning_of(day), False, day) for day in recorded]
    changes.append((_morning_of(_SEALING_DAY), False, _SEALING_DAY))
    files: dict[str, bytes] = dict(suites)
    for when, is_spec, name in sorted(changes, key=lambda change: (change[0], not change[1])):
        if is_spec:
            files = {
                path: content for path, content in files.items() if path.startswith(("auditor.toml", "eval_history/"))
            }
            files |= _read_all(data, f"specs/{name}/")
            yield NewCommit(files, when, _subject(files["CHANGELOG.md"].decode()))
        elif name == _SEALING_DAY:
            files = files | _first_checkpoint(files)
            yield NewCommit(files, when, "Report on the second quarter: seal its records")
        else:
            files = files | {path: data.read(path) or b"" for path in recorded[name]}
            yield NewCommit(files, when, "Record evaluations")


def _first_checkpoint(files: Iterable[str]) -> dict[str, bytes]:
    """The first checkpoint, of the records among some paths."""
    ids = [Path(path).stem for path in files if path.startswith("eval_history/records/")]
    return {checkpoint_path("eval_history", 1): encode_checkpoint(next_checkpoint(None, ids))}


def _morning_of(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), _MORNING)


def _read_all(data: Folder, prefix: str) -> dict[str, bytes]:
    return {path.removeprefix(prefix): data.read(path) or b"" for path in data.list(prefix)}


def _records_by_day(data: Folder) -> dict[str, list[str]]:
    """The paths of the records, with those of their items, by the day after their evaluation ran."""
    by_day: dict[str, list[str]] = {}
    items = data.list("eval_history/items/")
    for run in load_records(data, "eval_history"):
        if run.created is None:
            raise InternalError("a record of the demonstration without a date", where=run.record)
        day = (run.created.astimezone(UTC) + timedelta(days=1)).date().isoformat()
        by_day.setdefault(day, []).append(f"eval_history/records/{run.record[:2]}/{run.record}.json")
    first = min(by_day, default="")
    if first:
        by_day[first].extend(items)
    return by_day


def _subject(changelog: str) -> str:
    """The first entry of a change log, as a commit's first line."""
    entries = [line for line in changelog.splitlines() if line.startswith("- ")]
    first = entries[0].removeprefix("- ").replace("*", "") if entries else "A new revision"
    return f"{first}\n"
