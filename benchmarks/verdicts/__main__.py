"""Draws worlds whose truth is known, judges them, and prints how often each thing was said.

python -m benchmarks.verdicts [--full] [--only PART] [--worlds N] [--failing FILE]

Without --full a tenth of the worlds is drawn, in minutes, and benchmarks/verdicts/RESULTS.md and the pictures in
docs/pictures are left as they are. With it the exit code is 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

from benchmarks.speed.timing import ROOT, commit_of
from benchmarks.verdicts import (
    apart,
    coverage,
    curves,
    decided,
    detection,
    many,
    mixtures,
    nightly,
    outside,
    planned,
    rerun,
    salami,
    scenes,
    stream,
)
from benchmarks.verdicts.parts import Part, Section
from benchmarks.verdicts.results import document

RESULTS, PICTURES = ROOT / "benchmarks/verdicts/RESULTS.md", ROOT / "docs/pictures"
PARTS: dict[str, Callable[[Part], Section]] = {
    "scenarios": scenes.section,
    "rerun": rerun.section,
    "many": many.section,
    "apart": apart.section,
    "detection": detection.section,
    "curves": curves.section,
    "salami": salami.section,
    "stream": stream.section,
    "nightly": nightly.section,
    "coverage": coverage.section,
    "planned": planned.section,
    "outside": outside.section,
    "decided": decided.section,
    "mixtures": mixtures.section,
}
FULL, QUICK = 1000, 100
PROCESSES = 2


def main() -> int:
    """Run all parts, or one."""
    parser = argparse.ArgumentParser(description="Verdicts on simulated histories whose truth is known.")
    parser.add_argument("--full", action="store_true", help="all the worlds, and write RESULTS.md; under an hour")
    parser.add_argument("--only", choices=PARTS, help="one part; with --full, its section of RESULTS.md")
    parser.add_argument("--worlds", type=int, help=f"worlds a cell; {FULL} with --full, else {QUICK}")
    parser.add_argument("--failing", type=Path, help="write the cells that break a promise here")
    namespace = parser.parse_args()
    worlds = namespace.worlds or (FULL if namespace.full else QUICK)
    commit, found = commit_of(ROOT), list[tuple[Section, float]]()
    with ProcessPoolExecutor(PROCESSES) as pool:
        part = Part(pool, worlds)
        for run in (run for name, run in PARTS.items() if namespace.only in (None, name)):
            start = perf_counter()
            found.append((_printed(run(part)), perf_counter() - start))
    failing = [line for section, _ in found for line in section.failing]
    _print_failing(failing)
    if namespace.failing:
        namespace.failing.write_text("\n".join(failing) + "\n", encoding="utf-8")
    if namespace.full:
        before = RESULTS.read_text(encoding="utf-8") if namespace.only else ""
        RESULTS.write_text(document(found, before, commit, worlds), encoding="utf-8")
        for name, picture in (one for section, _ in found for one in section.pictures):
            (PICTURES / f"verdicts-{name}").write_text(picture, encoding="utf-8", newline="\n")
    return int(namespace.full and bool(failing))


def _printed(section: Section) -> Section:
    print("\n".join([*section.text(), "", *(f"BROKEN {line}" for line in section.failing)]), flush=True)
    return section


def _print_failing(failing: Sequence[str]) -> None:
    print(f"\n{len(failing)} cells break a promise" + (":" if failing else "."))
    for line in failing:
        print("  " + line)


if __name__ == "__main__":
    sys.exit(main())
