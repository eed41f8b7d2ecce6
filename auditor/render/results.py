"""What an audit or a decision comes to, in the words that other tools' formats have in common.

Every text in it is somebody's, with control, bidirectional and invisible characters written out already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.assess.ledger import WaiverFacts
from auditor.checks.catalogue import load_pages
from auditor.model.finding import Place, fingerprint_of
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict
from auditor.render.escape import terminal


class Weight(StrEnum):
    """How much a problem weighs. Declared worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class State(StrEnum):
    """How a case ended. What could not be told is skipped, never passed."""

    FAILED = "failed"
    MISSING = "missing"
    SKIPPED = "skipped"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        rule: the check's code, a verdict, or a rule of the gate; `name` is the check's name or the rule again.
        about: what it is about, in a few words.
        message: one sentence.
        fingerprint: 32 hex digits, unique among the problems; the same as long as it is the same problem.
        place: where it is to be shown; None for nowhere.
        remedy: what to do about it, as an imperative; "" where nothing has to be.
        commands: shell commands that do it.
        waiver: the name of the waiver that excuses it, and its reason; None for most.
    """

    rule: str
    name: str
    weight: Weight
    about: str
    message: str
    fingerprint: str
    place: Place | None
    remedy: str = ""
    commands: tuple[str, ...] = ()
    waiver: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour of one patch, or one rule: what was judged, how it ended, and in one sentence why."""

    suite: str
    name: str
    state: State
    message: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the formats have in common.

    Attributes:
        title: what was run, and how it ended.
        headline: what was looked at, and what it comes to.
        waivers: every waiver there is.
        exit_code: what the process ends with.
    """

    title: str
    headline: str
    problems: tuple[Problem, ...]
    cases: tuple[Case, ...]
    waivers: tuple[WaiverFacts, ...]
    exit_code: int


def help_of(rule: str) -> tuple[str, str]:
    """(title, page) of a rule; its own name for what has no page."""
    page = next((page for page in load_pages() if page.check.code == rule), None)
    if page is None:
        return _TITLES.get(rule, rule), ""
    return page.check.title, "\n\n".join(f"{heading}: {text}" for heading, text in page.sections.items())


_TITLES = {
    "test-only": "The score fell, held-out did not follow",
    "worse": "A rate rose",
    "measurement": "The fall came from what was counted",
    "partial": "Held-out followed in part",
    "inconclusive": "The evidence cannot tell",
    "unmeasured": "Nobody measured what would tell",
    "require_held_out": "Held-out evidence that the policy requires is missing",
    "evidence-debt": "Evidence is owed",
    "standing-gap": "Held-out is clearly worse than the test, and nothing has closed the gap",
    "diverged": "The text changed on both sides",
    "spec-gone": "The spec is not where it was",
}


# Verdicts and rules that say that nothing can be said.
UNTOLD = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED, "no-score", "evidence-debt")


def patch_name(patch: Patch) -> str:
    """A patch as a suite is called."""
    return terminal(f"patch {patch.id[:8]} {patch.after.label or patch.after.subject}")


def sentence(text: str) -> str:
    """A sentence with its capital and full stop."""
    shown = terminal(text)
    return f"{shown[:1].upper()}{shown[1:]}."


def unique(problems: Sequence[Problem]) -> Iterator[Problem]:
    """The problems; what is found twice under one fingerprint, as in two patches, is told apart by its count."""
    seen: Counter[str] = Counter()
    for problem in problems:
        seen[problem.fingerprint] += 1
        count = seen[problem.fingerprint]
        again = fingerprint_of(problem.fingerprint, str(count))
        yield problem if count == 1 else replace(problem, fingerprint=again)
