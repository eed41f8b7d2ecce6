"""Precision and recall on generated histories, by kind of event, and of identity itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from auditor.clauses.comparison import clauses_of
from auditor.clauses.lineage import Lineage, trace_lineage
from auditor.model.spec import History, Revision, SpecCommit, SpecFile, revision_id
from benchmarks.lineage.generate import Step, Truth, histories

OURS = Path(__file__).parents[2] / "specs"
PUBLISHED = Path(__file__).parents[2] / "../shared/data/openai-model-spec"
SEEDS, REVISIONS, MOST_EDITS = 3, 12, 12


@dataclass
class Score:
    """By kind: found and true, found in all, true in all."""

    right: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    true: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, Truth, str]] = field(default_factory=list)

    def add(self, kind: str, found: set[Truth], true: set[Truth]) -> None:
        """Counts one revision's events of one kind."""
        self.right[kind] += len(found & true)
        self.found[kind] += len(found)
        self.true[kind] += len(true)

    def ratios(self, kind: str) -> tuple[float, float]:
        """Precision and recall; 1.0 where there is nothing to find."""
        right = self.right[kind]
        number, true = self.found[kind], self.true[kind]
        return (right / number if number else 1.0), (right / true if true else 1.0)


def sources() -> dict[str, str]:
    """The base texts by name: our own specs and, where they are present, the published ones."""
    files = {f"specs/{path.parent.name}": path for path in sorted(OURS.glob("*/assistant.md"))[::5]}
    files |= {f"published/{path.parent.name}": path for path in sorted(PUBLISHED.glob("*/model_spec.md"))}
    return {name: path.read_text() for name, path in files.items()}


def history_of(name: str, steps: Sequence[Step]) -> History:
    """A straight history of generated texts; the file is called otherwise from the middle on."""
    revisions, spec_commits = {}, []
    for at, step in enumerate(steps):
        path = "spec.md" if at < len(steps) // 2 else "renamed/charter.md"
        content = revision_id({path: step.text().encode()})
        revisions[content] = Revision(content, (SpecFile(path, step.text()),))
        parents = (f"s{at - 1}",) if at else ()
        spec_commits.append(SpecCommit(f"s{at}", content, parents, None, datetime(2026, 1, 1, tzinfo=UTC), "", None))
    return History(name, revisions, tuple(spec_commits))


def measure(score: Score, name: str, steps: Sequence[Step]) -> None:
    """Traces one history and counts its events, and its identities as the kind "identity"."""
    history = history_of(name, steps)
    lineage = trace_lineage(history)
    for at, step in enumerate(steps):
        clauses = clauses_of(history.revisions[history.spec_commits[at].revision])
        assert [clause.text for clause in clauses] == [unit.text for unit in step.units], name
    for at in range(1, len(steps)):
        _events(score, history, lineage, steps, at)
        _identities(score, lineage, steps, at)


def _events(score: Score, history: History, lineage: Lineage, steps: Sequence[Step], at: int) -> None:
    sides = []
    for place in (at - 1, at):
        clauses = clauses_of(history.revisions[history.spec_commits[place].revision])
        sides.append({clause.line: unit.uid for clause, unit in zip(clauses, steps[place].units, strict=True)})
    found = set()
    for event in lineage.events[f"s{at}"]:
        reinstated = event.kind.value == "reinstated"
        before = () if reinstated else tuple(sorted(sides[0][clause.line] for clause in event.before))
        found.add((event.kind.value, before, tuple(sorted(sides[1][clause.line] for clause in event.after))))
    true = {(kind, tuple(sorted(before)), tuple(sorted(after))) for kind, before, after in steps[at].truths}
    for kind in {one[0] for one in found | true}:
        score.add(kind, {one for one in found if one[0] == kind}, {one for one in true if one[0] == kind})
    score.missed += [("missed", one, f"s{at}") for one in sorted(true - found)]
    score.missed += [("made up", one, f"s{at}") for one in sorted(found - true)]


def _identities(score: Score, lineage: Lineage, steps: Sequence[Step], at: int) -> None:
    """Which of the clauses that came before is which now: links from a first occurrence to this one."""
    first: dict[int, str] = {}
    owner: dict[str, int] = {}
    for place in range(at):
        for unit, name in zip(steps[place].units, lineage.ids[f"s{place}"], strict=True):
            first.setdefault(unit.uid, name)
            owner.setdefault(name, unit.uid)
    now = list(zip(steps[at].units, lineage.ids[f"s{at}"], strict=True))
    true = {unit.uid for unit, _ in now if unit.uid in first}
    numbers = {unit.uid for unit, name in now if name in owner}
    right = {unit.uid for unit, name in now if first.get(unit.uid) == name}
    score.right["identity"] += len(right)
    score.true["identity"] += len(true)
    score.found["identity"] += len(numbers)


def run() -> Score:
    """All generated histories."""
    score = Score()
    for name, text in sources().items():
        for seed in range(SEEDS):
            measure(score, name, histories(name, text, seed, REVISIONS, MOST_EDITS))
    return score
