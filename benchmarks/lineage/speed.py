"""`python -m benchmarks.lineage.speed`: reading and tracing a long history, as ratios to the limit git itself sets.

The limit is `git rev-list` into one `git cat-file --batch`. Three lengths, ten times apart; each revision of a spec of
5,000 lines changes one to three clauses of the one before. Ratios of the same run; the best of three.
"""

from __future__ import annotations

import math
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from auditor.clauses.lineage import trace_lineage
from auditor.clauses.outline import Outline, outline_revision
from auditor.git import open_repository
from auditor.model.spec import History
from auditor.specs.git import read_history

LENGTHS = (20, 200, 2_000)
LINES = 5_000
_WORDS = tuple(
    f"{start}{end}" for start in ("ba", "co", "de", "fu", "ga", "li") for end in ("r", "st", "ll", "nd", "me")
)


def texts(length: int, seed: int = 1) -> Iterator[str]:
    """That many revisions of a spec of about 5,000 lines in 120 sections."""
    source = random.Random(seed)
    lines = []
    for at in range(LINES // 2):
        lines.append(f"## Section {at} {{#s{at}}}" if at % 20 == 0 else _sentence(source))
    for _ in range(length):
        yield "\n\n".join(lines) + "\n"
        for _ in range(source.randint(1, 3)):
            at = source.randrange(1, len(lines))
            if lines[at].startswith("##"):
                continue
            kind = source.choice(("reword", "reword", "insert", "delete", "move"))
            if kind == "reword":
                words = lines[at].split()
                words[source.randrange(len(words))] = source.choice(_WORDS)
                lines[at] = " ".join(words)
            elif kind == "insert":
                lines.insert(at, _sentence(source))
            else:
                line = lines.pop(at)
                if kind == "move":
                    lines.insert(min(len(lines), at + 2), line)


def _sentence(source: random.Random) -> str:
    words = [*source.choices(_WORDS, k=source.randint(12, 28)), f"w{source.randrange(10**6)}"]
    return " ".join(words).capitalize() + "."


def build(folder: Path, length: int) -> None:
    """A bare repository with one commit a revision."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    parts = []
    for at, text in enumerate(texts(length)):
        data = text.encode()
        head = b"commit refs/heads/main\ncommitter A <a@example.invalid> %d +0000\ndata 1\nx\n" % (1_700_000_000 + at)
        parts += [head, b"M 100644 inline spec.md\ndata %d\n" % len(data), data, b"\n"]
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=b"".join(parts), check=True)
    subprocess.run(["git", "-C", str(folder), "gc", "-q"], check=True)


def limit(folder: Path) -> None:
    """Every blob of the spec, through one process."""
    command = "git rev-list HEAD | sed 's/$/:spec.md/' | git cat-file --batch | cat >/dev/null"
    subprocess.run(command, shell=True, check=True, cwd=folder)  # noqa: S602


def in_clauses(story: History) -> None:
    """Every revision in clauses, what changed parsed, and what each says as a key to compare it by."""
    last: Outline | None = None
    for revision in story.revisions.values():
        last = outline_revision(revision, last)


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Prints the table and the exponents between the lengths."""
    print("| revisions | limit, s | read | read in clauses | read and trace | trace alone, ms a revision |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    costs = []
    for length in LENGTHS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "spec.git"
            build(folder, length)
            base = best_of(3, lambda folder=folder: limit(folder))  # type: ignore[misc]
            repo = open_repository(folder)
            read = best_of(3 if length < 1000 else 2, lambda repo=repo: read_history(repo, "spec", ["spec.md"]))  # type: ignore[misc]
            story = read_history(repo, "spec", ["spec.md"])
            parsed = best_of(1 if length > 1000 else 3, lambda story=story: in_clauses(story))  # type: ignore[misc]
            traced = best_of(1, lambda story=story: trace_lineage(story))  # type: ignore[misc]
            costs.append(traced)
            ratios = f"{read / base:.2f} | {(read + parsed) / base:.1f} | {(read + traced) / base:.1f}"
            print(f"| {length} | {base:.3f} | {ratios} | {1000 * traced / length:.2f} |", flush=True)
    exponents = [f"{math.log10(later / sooner):.2f}" for sooner, later in pairwise(costs)]
    print(f"\nTracing grows with the number of revisions to the power {', '.join(exponents)}.")


if __name__ == "__main__":
    main()
