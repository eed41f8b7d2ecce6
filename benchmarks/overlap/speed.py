"""How long it takes to look for prompts in patches, as a ratio to hashing every run of eight words once.

    python -m benchmarks.overlap.speed [--repeats 5]

The limit, timed in the same run: `text.casefold().split()` and `hash` of every tuple of eight words of every prompt
and patch, in plain Python. Texts are made up (seed 8): words of a Zipf-like vocabulary of 20,000, 50 words a prompt,
60 a patch; every twentieth patch quotes twelve words of a prompt. Best of the repeats, at three sizes ten times apart.
"""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from random import Random
from time import perf_counter

from auditor.clauses.ngrams import NGRAM_LENGTH, hash_text
from auditor.clauses.overlap import Prompt, PromptIndex, find_overlaps, new_passage
from auditor.model.suite import Role

SIZES = ((100, 20), (1_000, 200), (10_000, 2_000))
KEY = bytes(range(32))


def texts(prompts: int, patches: int, seed: int = 8) -> tuple[list[str], list[str]]:
    """Made-up prompts and patches."""
    random = Random(seed)
    vocabulary = ["".join(random.choices("abcdefghijklmnoprstuvw", k=random.randint(2, 10))) for _ in range(20_000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(vocabulary))))
    drawn = [" ".join(random.choices(vocabulary, cum_weights=weights, k=50)) for _ in range(prompts)]
    added = [" ".join(random.choices(vocabulary, cum_weights=weights, k=60)) for _ in range(patches)]
    for at in range(0, patches, 20):
        added[at] += " " + " ".join(drawn[at % prompts].split()[5:17])
    return drawn, added


def limit(prompts: list[str], patches: list[str]) -> None:
    """Hash every run of eight words once."""
    for text in (*prompts, *patches):
        names = text.casefold().split()
        for at in range(len(names) - NGRAM_LENGTH + 1):
            hash(tuple(names[at : at + NGRAM_LENGTH]))


def search(prompts: list[str], patches: list[str], *, key: bytes | None = None, wording: bool = True) -> int:
    """Index the prompts, look for them in every patch; the number of leaks."""
    prints = (hash_text(text, key, wording=wording) for text in prompts)
    rows = (Prompt(str(at), "s", Role.TEST, f"b{at % 20}", text_hashes) for at, text_hashes in enumerate(prints))
    index = PromptIndex(rows, key=key)
    return sum(bool(overlap.leak) for text in patches for overlap in find_overlaps(index, (new_passage(text),)))


def timed(works: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """The shortest time of each in seconds, taken in turns so that a slow moment of the machine hits all."""
    times = [math.inf] * len(works)
    for _ in range(repeats):
        for at, work in enumerate(works):
            start = perf_counter()
            work()
            times[at] = min(times[at], perf_counter() - start)
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(
        "# Leakage: speed\n\n`python -m benchmarks.overlap.speed > benchmarks/overlap/SPEED.md`, on two shared cores.",
        end=" ",
    )
    print(f"Python {platform.python_version()}; ratios to the limit of the same row\n")
    print("| prompts x patches | limit (s) | runs | runs and words | both, keyed |\n| --- | --- | --- | --- | --- |")
    columns = []
    for prompts, patches in SIZES:
        made = texts(prompts, patches)
        works: list[Callable[[], object]] = [partial(limit, *made), partial(search, *made, wording=False)]
        times = timed([*works, partial(search, *made), partial(search, *made, key=KEY)], options.repeats)
        columns.append(times)
        ratios = " | ".join(f"{time / times[0]:.1f}" for time in times[1:])
        print(f"| {prompts:,} x {patches:,} | {times[0]:.3f} | {ratios} |", flush=True)
    for small, large in pairwise(columns):
        grown = " | ".join(f"{math.log10(after / before):.2f}" for before, after in zip(small, large, strict=True))
        print(f"| exponent | {grown} |")


if __name__ == "__main__":
    main()
