"""`python -m benchmarks.lineage.measure`: both tables, as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.lineage import generated, labelled
from benchmarks.lineage.generated import Score

_KINDS = ("moved", "reworded", "split", "merged", "reinstated", "added", "removed", "unchanged", "identity")


def table(score: Score, title: str) -> Iterator[str]:
    """One table: a line for each kind there is."""
    yield f"## {title}"
    yield ""
    yield "| kind | true | found | precision | recall |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for kind in _KINDS:
        if score.true[kind] or score.found[kind]:
            precision, recall = score.ratios(kind)
            yield f"| {kind} | {score.true[kind]} | {score.found[kind]} | {precision:.3f} | {recall:.3f} |"
    events = [kind for kind in score.true | score.found if kind not in ("unchanged", "identity")]
    right, number, true = (sum(counter[kind] for kind in events) for counter in (score.right, score.found, score.true))
    if number and true:
        yield f"| all events | {true} | {number} | {right / number:.3f} | {right / true:.3f} |"
    yield ""


def main() -> None:
    """Prints the tables; with `--misses` what was wrong, by line or unit number."""
    print(f"Sources of the generated histories: {', '.join(generated.sources())}.\n")
    scores = {
        "Generated histories": generated.run(),
        "Labelled by hand, batch 1": labelled.run("1"),
        "Labelled by hand, batch 2": labelled.run("2"),
    }
    for title, score in scores.items():
        print("\n".join(table(score, title)))
        if "--misses" in sys.argv[1:]:
            for how, (kind, before, after), where in score.missed:
                print(f"{how}: {kind} {before} -> {after} ({where})")


if __name__ == "__main__":
    main()
