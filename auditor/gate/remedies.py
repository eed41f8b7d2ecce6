"""What would unblock a patch: which suites to run, how many samples, and the command with its stamp.

In come the facts of a verdict, the evidence and the content ids of both sides; out comes a `Remedy`, an imperative
with shell commands.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.assess.facts import BehaviourFacts, MissingEvidence
from auditor.evidence import Evidence, runs_of_suite, suites_measuring
from auditor.model.finding import Remedy
from auditor.model.suite import Role, Suite
from auditor.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class StepRevisions:
    """The content ids a patch is measured under."""

    before: str
    after: str


def remedy_for_block(facts: BehaviourFacts, evidence: Evidence, sides: StepRevisions, stamp: str) -> Remedy:
    """For a verdict that blocks. One that is decided calls for another text, not for more samples of this one.

    Args:
        stamp: the shell's words for the content id of a text that is not written yet.
    """
    if facts.verdict is Verdict.ARTEFACT:
        suites = _suites_of_role(evidence, facts.behaviour, test=True)
        text = f"run {_list_suites(suites)} again on the items of the run before, with no more invalid samples"
        return Remedy(text, evaluation_commands(evidence, suites, sides.after))
    if facts.verdict in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED):
        return remedy_for_missing_evidence(facts, evidence, sides)
    suites = [
        suite for suite in suites_measuring(evidence, facts.behaviour) if _was_run(evidence, facts.model, suite, "")
    ]
    text = f"revise the patch or take it back, then evaluate the new text on {_list_suites(suites)}"
    return Remedy(text, evaluation_commands(evidence, suites, stamp))


def remedy_for_missing_evidence(facts: BehaviourFacts, evidence: Evidence, sides: StepRevisions) -> Remedy:
    """For what lacks evidence: a held-out suite to compare, or samples to decide on."""
    if facts.suites:
        return _remedy_for_inconclusive(facts, evidence, sides)
    return remedy_for_comparison(facts.behaviour, facts.model, evidence, sides, test=facts.test is not None)


def _remedy_for_inconclusive(facts: BehaviourFacts, evidence: Evidence, sides: StepRevisions) -> Remedy:
    tests, ruling = _suites_of_role(evidence, facts.behaviour, test=True), _ruling_suites(facts, evidence)
    both = (sides.before, sides.after)
    match facts.missing:
        case MissingEvidence.TRIGGER:
            text = f"run {_list_suites(tests)} a second time on the revision before the patch"
            return Remedy(text, evaluation_commands(evidence, tests, sides.before))
        case MissingEvidence.HELD_OUT_TRIGGER:
            text = f"run {_list_suites(ruling)} a second time on the revision before the patch"
            return Remedy(text, evaluation_commands(evidence, ruling, sides.before))
        case MissingEvidence.OPEN_SUITE:
            return remedy_for_comparison(facts.behaviour, facts.model, evidence, sides, test=True)
        case MissingEvidence.TEST | MissingEvidence.SMALL_FALL:
            return Remedy(
                f"run {_list_suites(tests)} with more samples on both sides",
                evaluation_commands(evidence, tests, *both),
            )
        case MissingEvidence.INVALID:
            suites = [*tests, *ruling]
            return Remedy(
                f"run {_list_suites(suites)} again until the invalid samples have scores",
                evaluation_commands(evidence, suites, *both),
            )
        case MissingEvidence.HELD_OUT_ITEMS:
            text = f"run {_list_suites(ruling)} after the patch on every item that was run before it"
            return Remedy(text, evaluation_commands(evidence, ruling, sides.after))
        case MissingEvidence.FLOOR:
            return Remedy(f"measure {facts.behaviour} on a test suite whose rate before the patch is not zero")
        case MissingEvidence.GRADE:
            return Remedy("ingest the logs of the evaluations in place of tables, or totals, of them")
        case MissingEvidence.JUDGE_ERROR:
            return Remedy("label more samples by hand and declare them in judge_error, or use a judge that errs less")
        case MissingEvidence.REFUSALS:
            return Remedy("declare in suites.toml what a refusal is on these suites: on_refusal")
        case MissingEvidence.OPTIONAL_STOPPING:
            return Remedy(
                f"run {_list_suites([*tests, *ruling])} with more samples, once",
                evaluation_commands(evidence, [*tests, *ruling], *both),
            )
        case MissingEvidence.RUNS:
            times = facts.ruling.runs_needed if facts.ruling else None
            text = f"run {_list_suites(ruling)} again on both sides{f', about {times:,} times each' if times else ''}"
            return Remedy(text, evaluation_commands(evidence, ruling, *both))
        case (
            MissingEvidence.HELD_OUT
            | MissingEvidence.PART_OR_WHOLE
            | MissingEvidence.NOTHING
            | MissingEvidence.ZERO
            | MissingEvidence.SCALE
        ):  # the same words for each, as which it is would tell the held-out rate
            needed = facts.ruling.needed if facts.ruling else None
            more = f"with more samples on both sides, or measure {facts.behaviour} on another held-out suite"
            samples = f"with about {needed:,} samples a side" if needed else more
            return Remedy(f"run {_list_suites(ruling)} {samples}", evaluation_commands(evidence, ruling, *both))


def remedy_for_comparison(
    behaviour: str, model: str, evidence: Evidence, sides: StepRevisions, *, test: bool
) -> Remedy:
    """So that a held-out suite can be compared; and the test, unless `test` says that it can be."""
    held_out = _suites_of_role(evidence, behaviour, test=False)
    if not held_out:
        return Remedy(f"register a held-out suite of {behaviour} in suites.toml, and run it on both sides of the patch")
    suites = [*(() if test else _suites_of_role(evidence, behaviour, test=True)), *held_out]
    lacking = {
        revision: [suite for suite in suites if not _was_run(evidence, model, suite, revision)]
        for revision in (sides.before, sides.after)
    }
    if not any(lacking.values()):
        text = f"run {_list_suites(suites)} again after the patch, measured as before it"
        return Remedy(text, evaluation_commands(evidence, suites, sides.after))
    text = " and ".join(
        f"run {_list_suites(some)} {'before' if revision == sides.before else 'after'} the patch"
        for revision, some in lacking.items()
        if some
    )
    return Remedy(
        text,
        tuple(
            command for revision, some in lacking.items() for command in evaluation_commands(evidence, some, revision)
        ),
    )


def _suites_of_role(evidence: Evidence, behaviour: str, *, test: bool) -> list[Suite]:
    return [suite for suite in suites_measuring(evidence, behaviour) if (suite.role is Role.TEST) is test]


def _ruling_suites(facts: BehaviourFacts, evidence: Evidence) -> list[Suite]:
    """The suite that rules; its name in the facts may have a condition behind it."""
    name = facts.ruling.suite if facts.ruling else ""
    held_out = _suites_of_role(evidence, facts.behaviour, test=False)
    return [suite for suite in held_out if name == suite.name or name.startswith(f"{suite.name} [")] or held_out


def _was_run(evidence: Evidence, model: str, suite: Suite, revision: str) -> bool:
    """Whether the model has a complete run of a suite under a revision; "" stands for any."""
    return any(
        run.incomplete is None and run.revision.startswith(revision) and evidence.lineages[run.checkpoint] == model
        for run in runs_of_suite(evidence, suite.name)
    )


def _list_suites(suites: Sequence[Suite]) -> str:
    return ", ".join(suite.name for suite in suites)


def evaluation_commands(evidence: Evidence, suites: Sequence[Suite], *stamps: str) -> tuple[str, ...]:
    """One command a revision for the suites that Inspect runs, which takes several tasks at once.

    What came from another tool or a table is not told to run Inspect: its line is a comment with the stamp.
    """
    lines: list[str] = []
    tasks = " ".join(
        shlex.quote(suite.tasks[0] if suite.tasks else suite.name) for suite in suites if _is_inspect(evidence, suite)
    )
    others = ", ".join(suite.name for suite in suites if not _is_inspect(evidence, suite))
    for stamp in dict.fromkeys(stamps):
        if tasks:
            lines.append(f"inspect eval {tasks} --metadata spec_revision={stamp}")
        if others:
            lines.append(f"# evaluate {others} with spec_revision {stamp}, then: auditor ingest RESULTS")
    return tuple(lines)


def _is_inspect(evidence: Evidence, suite: Suite) -> bool:
    """Whether Inspect runs a suite: it names its tasks, or its runs are Inspect's; without runs, whether any run is."""
    runs = tuple(runs_of_suite(evidence, suite.name)) or tuple(evidence.runs.values())
    return bool(suite.tasks) or not runs or any(run.source == "inspect" for run in runs)
