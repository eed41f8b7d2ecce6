"""How a project stands: configured, committed, paired, recorded, sealed, hooked and open; and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auditor.model.integrity import StoreFault
from auditor.model.suite import Role


class FileState(StrEnum):
    """How the work tree's files stand to HEAD. In a bare repository, and outside of git, they are as they are."""

    ABSENT = "absent"
    UNCOMMITTED = "uncommitted"
    CHANGED = "changed"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class ConfigurationStatus:
    """The configuration.

    Attributes:
        file: auditor.toml or pyproject.toml; None without either.
        on_inconclusive, require_held_out: what the policy says of patches without evidence.
        problem: why it cannot be read; "" where it can. So in the classes below.
    """

    file: str | None
    state: FileState
    on_inconclusive: str = ""
    require_held_out: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SpecStatus:
    """A configured spec, with how many revisions it has had in how many commits or dated folders."""

    name: str
    paths: tuple[str, ...]
    revisions: int
    commits: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SuiteStatus:
    """A suite that is registered or has records, with the number of its runs and the day its role counts from."""

    name: str
    role: Role
    runs: int
    registered: date | None


@dataclass(frozen=True, slots=True)
class BehaviourStatus:
    """The suites of a behaviour; `lacking` is what keeps it from a verdict, "" where it has both sides."""

    behaviour: str
    suites: tuple[SuiteStatus, ...]
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The evaluation history.

    Attributes:
        path: its folder.
        records: how many can be read.
        uncommitted: how many of its files are not in HEAD, or differ from it.
        checkpoints, unsealed: how many batches are sealed, and how many records and plans are in none yet.
        faults: what could not be read, or is not what its name says.
        problem: why suites.toml cannot be read.
    """

    path: str
    records: int
    uncommitted: int
    checkpoints: int
    unsealed: int
    faults: tuple[StoreFault, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DuePlan:
    """A preregistered run without a result, and its age in days."""

    plan: str
    spec: str
    suite: str
    checkpoint: str
    samples: int
    age: int


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A held-out suite that stands clearly above the test, and the day since which it does; None without dates."""

    spec: str
    behaviour: str
    model: str
    suite: str
    since: date | None


@dataclass(frozen=True, slots=True)
class HookState:
    """A git hook: `installed`, `other` (somebody else's), `absent`, or `old` (ours, and not executable)."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """The command to type next, which can be pasted, and why."""

    command: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """How a project stands.

    Attributes:
        hooks: those of the client, or of the server in a bare repository; none outside of git.
        problems: what else could not be read, a sentence each without a full stop.
    """

    configuration: ConfigurationStatus
    specs: tuple[SpecStatus, ...]
    behaviours: tuple[BehaviourStatus, ...]
    store: StoreStatus
    plans_due: tuple[DuePlan, ...]
    open_gaps: tuple[OpenGap, ...]
    hooks: tuple[HookState, ...]
    problems: tuple[str, ...]
    next: NextStep
