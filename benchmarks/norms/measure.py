"""Agreement of `judge` with labels made by reading: `python -m benchmarks.norms.measure`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.clauses.deontic import Norm, classify_change, find_authority_changes
from auditor.clauses.formats import parse_clauses
from auditor.clauses.match import match_clauses
from auditor.model.clause import ChangeKind, Clause, ClauseChange

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "../shared/data/openai-model-spec"
CLASSES = ("tightened", "relaxed", "mixed", "clarified", "descriptive", "undetermined")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One change with the label a reader gave it and what `judge` says. `half` is develop or report."""

    change: ClauseChange
    label: str
    half: str
    norm: Norm


def main() -> None:
    """Prints the agreement of each half, with its confusion table."""
    labelleds = list(labelled())
    for half in ("develop", "report"):
        print(table(half, [one for one in labelleds if one.half == half]))


def labelled() -> Iterator[Labelled]:
    """Every labelled change, rebuilt from the releases by the lines it stands at."""
    releases: dict[str, dict[int, Clause]] = {}
    renamings: dict[tuple[str, str], dict[str, str]] = {}
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in sorted({row[side] for row in rows for side in ("before", "after")}):
        clauses = parse_clauses("model_spec.md", (DATA / name / "model_spec.md").read_text(encoding="utf-8"))
        releases[name] = {clause.line: clause for clause in clauses}
    for row in rows:
        pair = row["before"], row["after"]
        if pair not in renamings:
            matching = match_clauses(*(tuple(releases[name].values()) for name in pair))
            renamings[pair] = dict(find_authority_changes(matching.changes, matching.unchanged).renamed)
        change = _change(
            *(_at(releases[name], row[f"line_{side}"]) for side, name in zip(("before", "after"), pair, strict=True))
        )
        yield Labelled(change, row["label"], row["half"], classify_change(change, renamed=renamings[pair]))


def _at(clauses: dict[int, Clause], line: str) -> Clause | None:
    return clauses[int(line)] if line else None


def _change(before: Clause | None, after: Clause | None) -> ClauseChange:
    kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED if after is None else ChangeKind.REWORDED
    return ClauseChange(kind, before, after, 0.0)


def table(half: str, labelleds: Sequence[Labelled]) -> str:
    """Agreement overall and by class, and the confusion table, as Markdown."""
    cells = Counter((one.label, one.norm.direction.value) for one in labelleds)
    agreed = sum(count for (label, direction), count in cells.items() if label == direction)
    lines = [f"## {half}: {agreed} of {len(labelleds)} agree ({agreed / len(labelleds):.1%})", ""]
    lines += [
        "| label \\ judged | " + " | ".join(CLASSES) + " | agreement |",
        "| --- |" + " ---: |" * (len(CLASSES) + 1),
    ]
    for label in CLASSES[:-1]:
        row = [cells[label, direction] for direction in CLASSES]
        share = f"{cells[label, label]}/{sum(row)}"
        lines.append(f"| {label} | " + " | ".join(map(str, row)) + f" | {share} |")
    return "\n".join([*lines, "", *_errors(cells), ""])


_CHANGE = {"tightened", "relaxed", "reversed", "mixed"}


def _errors(cells: Counter[tuple[str, str]]) -> Iterator[str]:
    """The disagreements that matter, by what a reader of the verdict would make of them."""
    changed = sum(count for (label, _), count in cells.items() if label in _CHANGE)
    unchanged = cells.total() - changed
    missed = sum(count for (label, text), count in cells.items() if label in _CHANGE and text not in _CHANGE)
    invented = sum(count for (label, text), count in cells.items() if label not in _CHANGE and text in _CHANGE)
    opposite = cells["tightened", "relaxed"] + cells["relaxed", "tightened"]
    yield f"- no normative change, called one: {invented} of {unchanged}"
    yield f"- a normative change, called none: {missed} of {changed}"
    yield f"- the opposite direction: {opposite} of {changed}"


if __name__ == "__main__":
    main()
