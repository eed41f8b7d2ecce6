"""Runs the slow half and keeps what came of it in benchmarks/SWEEP.md.

python -m benchmarks.sweep [--only PART] [--mutants 10000] [--seeds 200]
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.timing import commit_of, git
from benchmarks.sweep import browser, hooks, inspect_hooks, mutants, poor, provenance, pythons, records, schemas, spark
from benchmarks.sweep.outcome import ROOT, Outcome, last_line, run

RESULTS = ROOT / "benchmarks/SWEEP.md"
# Parts that somebody needs between sweeps keep what they come to when run alone.
ALONE = {part: ROOT / f"benchmarks/SWEEP-{part}.md" for part in ("records", "browser", "hooks", "schemas")}
PARTS = ("mutants", "records", "wheel", "tests", "hooks", "schemas", "inspect", "spark", "verdicts", "browser", "seeds")


def main() -> int:
    """Run every part, or one."""
    parser = argparse.ArgumentParser(description="The slow half of what must hold.")
    parser.add_argument(
        "--only",
        choices=PARTS,
        help=f"one part; benchmarks/SWEEP.md is left as it is ({', '.join(ALONE)} have pages of their own)",
    )
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=200)
    namespace = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    found, verdicts = [], ""
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        source = pythons.checkout(Path(folder))
        commit = commit_of(ROOT)  # damaged files are read by this very package, the rest by a clone of its commit
        for outcome in outcomes(namespace, source, Path(folder)):
            print(f"{outcome.result:8}{outcome.part}: {outcome.detail}", flush=True)
            found.append(outcome)
        if namespace.only in (None, "seeds"):
            seeds = run(
                sys.executable,
                "-m",
                "benchmarks.demonstration.other_seeds",
                "--seeds",
                str(namespace.seeds),
                cwd=source,
            )
            verdicts = seeds.stdout
            found.append(
                Outcome(
                    f"the demonstration drawn from {namespace.seeds} other seeds",
                    "FAILED" if seeds.returncode else "ok",
                    last_line(seeds)
                    if seeds.returncode
                    else "ran; the verdicts below are for a reader to hold against the truth",
                )
            )
            print(verdicts)
    if namespace.only in ALONE:
        ALONE[namespace.only].write_text(document(found, None, commit, namespace.only), encoding="utf-8")
    if namespace.only is None:
        RESULTS.write_text(document(found, verdicts, commit), encoding="utf-8")
    return int(any(one.result == "FAILED" for one in found))


def outcomes(namespace: argparse.Namespace, source: Path, folder: Path) -> Iterator[Outcome]:
    """The parts that come to one line each."""
    if namespace.only in (None, "mutants"):
        yield mutants.outcome(folder, namespace.mutants)
        yield mutants.prefixes(folder)
    if namespace.only in (None, "records"):
        yield from records.outcomes(folder)
    if namespace.only in (None, "wheel"):
        yield pythons.wheel(source, folder)
    if namespace.only in (None, "tests"):
        yield from pythons.tests(source, folder)
    if namespace.only in (None, "hooks"):
        yield hooks.routes(source)
        yield hooks.pre_commit(source, folder)
        yield from poor.outcomes(source, folder)
    if namespace.only in (None, "schemas"):
        yield from schemas.outcomes(source, folder)
        yield from provenance.outcomes(source, folder)
    if namespace.only in (None, "inspect"):
        yield inspect_hooks.outcome(source, folder)
    if namespace.only in (None, "spark"):
        yield spark.outcome(source, folder)
    if namespace.only in (None, "verdicts"):
        yield verdicts()
    if namespace.only in (None, "browser"):
        yield from browser.outcomes(folder)


def verdicts() -> Outcome:
    """The verdicts' benchmark in full; it keeps its results and pictures in this checkout."""
    done = run(sys.executable, "-m", "benchmarks.verdicts", "--full", cwd=ROOT)
    text = next((line for line in reversed(done.stdout.splitlines()) if "break a promise" in line), last_line(done))
    return Outcome("verdicts on worlds whose truth is known", "FAILED" if done.returncode else "ok", text)


def document(found: list[Outcome], verdicts: str | None, commit: str, alone: str = "") -> str:
    """What came of it, as Markdown; without `verdicts`, those of the demonstration are not told."""
    version = git("--version", cwd=ROOT).decode().split()[2]
    how = f"python -m benchmarks.sweep --only {alone}" if alone else "make sweep"
    lines = [
        "# Sweep",
        "",
        f"Written by `{how}`: what takes too long for `make test`. NOT RUN is no pass.",
        "",
        f"Commit {commit}; Python {platform.python_version()}, git {version}.",
        "",
        "| part | result | what was seen |",
        "| --- | --- | --- |",
        *(f"| {outcome.part} | {outcome.result} | {outcome.detail.replace('|', '/')} |" for outcome in found),
        "",
    ]
    if verdicts is not None:
        head = "Verdicts on the demonstration drawn from other seeds, beside the truth"
        lines += [f"{head} (`benchmarks/demonstration/TRUTH.md`):", "", "```text", verdicts.rstrip(), "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
