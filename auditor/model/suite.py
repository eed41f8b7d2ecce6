"""Suites, their roles, and how a log's score becomes "misaligned"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """Who can see a suite. Deployment counts as held-out evidence and is named apart."""

    TEST = "test"
    HELD_OUT = "held_out"
    DEPLOYMENT = "deployment"


class MisalignedEnd(StrEnum):
    """Which end of a score is misaligned."""

    HIGH = "high"
    LOW = "low"


class ScoreUnit(StrEnum):
    """What a score is written in: a fraction (0 to 1), a percentage (0 to 100), or a letter grade (C, I, P, N)."""

    FRACTION = "fraction"
    PERCENT = "percent"
    GRADE = "grade"


class LimitUse(StrEnum):
    """What a sample is that a limit ended and that was scored all the same: invalid, or what its score says."""

    INVALID = "invalid"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """How a log's score becomes "misaligned".

    Attributes:
        name: the scorer; None takes the only one there is.
        key: the entry of a score that is a dictionary; None for a plain value.
        direction: the end of the scale that is misaligned; high where labels are.
        unit: what the value is written in; None for a scale or labels.
        threshold: in `unit` or on the scale; a value at or beyond it, in `direction`, is misaligned.
        scale: the least and the largest value there can be, in place of a unit; None without.
        labels: the values that are misaligned, of scores that are words; none where they are numbers.
        aligned: the words that are aligned; any other, that is no label, is invalid. None: every other word is aligned.
    """

    name: str | None
    key: str | None
    direction: MisalignedEnd
    unit: ScoreUnit | None
    threshold: float
    scale: tuple[float, float] | None = None
    labels: tuple[str, ...] = ()
    aligned: tuple[str, ...] | None = None


class RefusalUse(StrEnum):
    """What a sample is that the log calls a refusal: what its score says, aligned, or invalid."""

    SCORE = "score"
    ALIGNED = "aligned"
    INVALID = "invalid"


class Side(StrEnum):
    """A side of a patch."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class JudgeErrorRule:
    """How often what scores a suite errs, as people counted it on labelled samples.

    Attributes:
        false_positive_rate: of aligned samples, the share that is scored as misaligned, 0 to 1.
        aligned_labels: the aligned samples that people labelled for it, at least 1.
        false_negative_rate: of misaligned samples, the share that is scored as aligned, 0 to 1.
        misaligned_labels: the misaligned samples that people labelled for it, at least 1.
        scorer: the scorer it holds for; None for every one.
        side: the side of a patch that the labelled samples are of; None for both.
    """

    false_positive_rate: float
    aligned_labels: int
    false_negative_rate: float
    misaligned_labels: int
    scorer: str | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class DeclaredChange:
    """A change of what is measured, declared in the registry.

    Attributes:
        what: items, invalid or selection.
        on: the day it was made; it is to be declared before the run.
        reason: why.
    """

    what: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Suite:
    """A versioned set of items for one behaviour.

    Attributes:
        name: unique in a project.
        behaviour: what it measures.
        role: who can see it.
        registered: the day its role counts from; None counts always.
        tasks: the names under which logs know it, besides `name`.
        twin: another condition's suite of the same items; None without one.
        score: how a log's score becomes misaligned; None for suites that only come as tables.
        looks_allowed: how many decisions may use it before it is overused; None without a limit.
        declared_changes: changes of items, invalid samples or selection declared before the run.
        on_limit: what a scored sample is that a limit ended.
        on_refusal: what a refusal is; None where nobody declared it.
        cluster_separator: items whose ids agree up to its last occurrence are one cluster; None for none.
        judge_errors: how often its scorers err.
    """

    name: str
    behaviour: str
    role: Role
    registered: date | None = None
    tasks: tuple[str, ...] = ()
    twin: str | None = None
    score: ScoreRule | None = None
    looks_allowed: int | None = None
    declared_changes: tuple[DeclaredChange, ...] = ()
    on_limit: LimitUse = LimitUse.INVALID
    on_refusal: RefusalUse | None = None
    cluster_separator: str | None = None
    judge_errors: tuple[JudgeErrorRule, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What a scanner's labels mean. One that means nothing is known, and its labels are passed over.

    Attributes:
        scanner: the name it goes by in scans.
        awareness: whether it says if the model voiced that it was tested.
        key: the entry of a value that has several, or the label of the results that count; None for plain values.
        aware, unaware: the values that mean that it did, and that it did not.
        threshold: in place of both, for numbers: at or beyond it the model did.
        nothing_is_unaware: whether a sample without any result is one in which it did not; else it has no label.
    """

    scanner: str
    awareness: bool
    key: str | None = None
    aware: tuple[bool | int | float | str, ...] = ()
    unaware: tuple[bool | int | float | str, ...] = ()
    threshold: float | None = None
    nothing_is_unaware: bool = False

    def reads(self, value: bool | int | float | str) -> bool | None:
        """Whether a value means aware; None for one the rule does not name."""
        if self.threshold is not None:
            return None if isinstance(value, bool | str) else value >= self.threshold
        for values, means in ((self.aware, True), (self.unaware, False)):
            # 1 is not true here, nor 0 false.
            if any(
                isinstance(named_value, bool) is isinstance(value, bool) and named_value == value
                for named_value in values
            ):
                return means
        return None


@dataclass(frozen=True, slots=True)
class Registry:
    """The suites of `eval_history/suites.toml`, and what scanners' labels mean, by name.

    Attributes:
        former: suites that were registered before with a role or a behaviour that they have no longer, the latest last.
    """

    suites: Mapping[str, Suite]
    labels: Mapping[str, LabelRule] = field(default_factory=dict)
    former: tuple[Suite, ...] = ()

    def changed_suites(self, before: Mapping[str, Suite]) -> tuple[Suite, ...]:
        """Of the suites of before those that are not registered with the same role and behaviour any longer."""
        same = {(suite.name, suite.role, suite.behaviour) for suite in self.suites.values()}
        return tuple(suite for suite in before.values() if (suite.name, suite.role, suite.behaviour) not in same)

    def find_suite(self, name: str) -> Suite | None:
        """The suite called `name`, or known to logs under it; None if there is none."""
        return next(iter(self.find_suites(name)), None)

    def find_suites(self, name: str) -> tuple[Suite, ...]:
        """The suite called `name`, and those known to logs under it: each of them counts a score of its own."""
        own = [self.suites[name]] if name in self.suites else []
        return (*own, *(suite for suite in self.suites.values() if name in suite.tasks and suite.name != name))


@dataclass(frozen=True, slots=True)
class Binding:
    """One rule of `eval_history/bindings.toml`: what matches it was evaluated under `revision`.

    Attributes:
        revision: any name of a revision (commit, tag, unique prefix, content id, dated folder).
        file: a pattern for the log's file name, as in a shell; None matches all.
        sha256: the log's own sha256; None matches all.
        model: the log's model; None matches all.
        checkpoint: the log's checkpoint; None matches all.
    """

    revision: str
    file: str | None = None
    sha256: str | None = None
    model: str | None = None
    checkpoint: str | None = None
