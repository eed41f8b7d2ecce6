"""How often auditor tells the truth of each patch when the demonstration is drawn from other seeds.

    python -m benchmarks.demonstration.other_seeds [--seeds 200]

Seeds are 1, 2, 3 and so on. Prints a line for each step: its true verdict, then every verdict with its count.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from auditor.assess.facts import Assessment
from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.git import Folder
from auditor.model.policy import Policy
from auditor.model.run import Exposure, Grade, Run, Tallies
from auditor.model.spec import History
from auditor.specs.folder import read_history
from auditor.store.registry import load_registry
from benchmarks.demonstration.plan import MEASURED, MODEL, PARENTS, SUITES, TOLD, TOLD_OF_TRAINING, Measured
from benchmarks.demonstration.simulate import rows_of_run

ROOT = Path(__file__).parents[2]


def tallies_of(rows: Iterable[Mapping[str, str]]) -> Tallies:
    """One simulated run reduced to counts by item."""
    marks: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        marks[row["item"]].append(row["misaligned"])
    items = tuple(sorted(marks))
    invalid, misaligned = (tuple(marks[item].count(mark) for item in items) for mark in ("", "1"))
    valid = tuple(len(marks[item]) - out for item, out in zip(items, invalid, strict=True))
    return Tallies(items, valid, misaligned, invalid)


def run_of(measured: Measured, run: str, seed: int, revisions: dict[str, str]) -> Run:
    """One simulated run as auditor keeps it, under a made-up record id."""
    suite = next(suite for suite in SUITES if suite.name == measured.suite)
    rows = list(rows_of_run(suite, measured, run, seed))
    name = f"{measured.state.revision}/{measured.state.checkpoint}/{measured.suite}/{run}"
    return Run(
        record=name,
        identity=name,
        spec="harbor",
        revision=revisions[measured.state.revision],
        suite=measured.suite,
        behaviour=None,
        role=None,
        model=MODEL,
        checkpoint=measured.state.checkpoint,
        parent_checkpoint=PARENTS[measured.state.checkpoint] or None,
        condition="",
        exposure=Exposure.IN_CONTEXT,
        scorer=None,
        sampling=None,
        created=datetime.fromisoformat(rows[0]["created"]),
        planned=None,
        incomplete=None,
        source="table",
        source_sha256="",
        grade=Grade.B,
        tallies=tallies_of(rows),
    )


def assessed(spec: History, seed: int) -> Assessment:
    """The demonstration as auditor judges it when drawn from `seed`."""
    revisions = {spec_commit.name: spec_commit.revision for spec_commit in spec.spec_commits}
    runs = [run_of(measured, run, seed, revisions) for measured in MEASURED for run in measured.runs]
    return assess(assemble_evidence(spec, runs, load_registry(Folder(ROOT), "eval_history")), Policy())


def verdicts(assessment: Assessment) -> dict[tuple[str, str], str]:
    """The verdict by (patch, behaviour), with the patch called "training" for the step without one."""
    lines = {("training", facts.behaviour): facts.verdict.value for facts in assessment.checkpoint_steps}
    for patch in assessment.patches:
        for facts in patch.behaviours:
            lines[patch.patch.after.name, facts.behaviour] = facts.verdict.value
    return lines


def main() -> None:
    """Count verdicts over seeds."""
    parser = argparse.ArgumentParser(description="Verdicts on the demonstration drawn from other seeds.")
    parser.add_argument("--seeds", type=int, default=200)
    seeds = parser.parse_args().seeds
    spec = read_history(ROOT, "harbor", ["specs/*/assistant.md"])
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for seed in range(1, seeds + 1):
        for step, verdict in verdicts(assessed(spec, seed)).items():
            counts[step][verdict] += 1
    truths = {(told.patch, told.behaviour): told.verdict for told in TOLD}
    truths["training", TOLD_OF_TRAINING.behaviour] = TOLD_OF_TRAINING.verdict
    for step, truth in truths.items():
        print(*step, f"truth {truth}:", ", ".join(f"{name} {n}" for name, n in counts[step].most_common()))


if __name__ == "__main__":
    main()
