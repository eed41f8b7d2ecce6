"""How many held-out prompts are found in a test suite (SD212), and what a history of patches costs.

    python -m benchmarks.overlap.suites > benchmarks/overlap/SUITES.md

Held-out and test halves are drawn from the prompts of prompts.json and, where the data folder is at hand, the published
ones (each once, as its latest release has it). Planted in the test half: a held-out prompt as it is, inside another
prompt, its first half, with an edit of any kind every few words, and the clause a person wrote to fit it.

The history: made-up words (see speed.py), a spec of 400 clauses of 50 words, each patch another clause of 60.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random
from time import perf_counter

from auditor.assess.leaks import HashedPrompts, LeakSearch
from auditor.checks.held_out_items_in_test import is_same_item
from auditor.clauses.comparison import diff_revisions
from auditor.clauses.ngrams import hash_text
from auditor.clauses.overlap import Prompt, PromptIndex, find_reappearances
from auditor.model.spec import Revision, SpecFile
from auditor.model.suite import Role
from benchmarks.overlap.measure import PUBLISHED, SEED, Text, filed_prompts, own_prompts, rate
from benchmarks.overlap.planting import EDITS, edited
from benchmarks.overlap.speed import KEY, texts

PATCHES = 2_000


def index(rows: Iterable[tuple[str, str]]) -> PromptIndex:
    """Prompts by name, hashed with a key."""
    return PromptIndex((Prompt(name, "s", Role.TEST, "b", hash_text(text, KEY)) for name, text in rows), key=KEY)


def planted(random: Random) -> dict[str, Callable[[Text, Text], str | None]]:
    """What is made of a held-out prompt, by kind; None where it cannot be."""

    def half(text: Text, _: Text) -> str | None:
        words = text.text.split()
        return " ".join(words[: len(words) // 2]) if len(words) >= 24 else None

    def every(words: int) -> Callable[[Text, Text], str | None]:
        return lambda text, _: edited(text.text, words, tuple(EDITS), random)

    return {
        "as it is": lambda text, _: text.text,
        "inside another prompt": lambda text, other: f"{other.text} {text.text}",
        "the first half of one of 24 words or more": half,
        **{f"an edit every {words} words": every(words) for words in (40, 20, 12, 8)},
        "a clause written to fit it": lambda text, _: text.fitted,
    }


def found() -> list[str]:
    """The rows of the table, and the false alarms."""
    random = Random(SEED)
    every = [*own_prompts(), *(filed_prompts(PUBLISHED, "published") if PUBLISHED.is_dir() else ())]
    random.shuffle(every)
    held_out, test = every[::2], every[1::2]
    unseen = index((one.id, one.text) for one in held_out)
    rows = []
    for kind, make in planted(random).items():
        names = {one.id: text for one, other in zip(held_out, test, strict=False) if (text := make(one, other))}
        mixed = index([*names.items(), *((f"test {one.id}", one.text) for one in test)])
        again = (
            reappearance
            for reappearance in find_reappearances(unseen, mixed)
            if reappearance.test.id == reappearance.held_out.id
        )
        hits = {reappearance.held_out.id for reappearance in again if is_same_item(reappearance)}
        rows.append(f"| {kind} | {rate([name in hits for name in names])} |")
    benign = index((one.id, one.text) for one in test)
    false = {
        reappearance.held_out.id for reappearance in find_reappearances(unseen, benign) if is_same_item(reappearance)
    }
    return [*rows, f"| nothing planted | {rate([one.id in false for one in held_out])} |"]


def history() -> list[Revision]:
    """A spec of 400 clauses that another clause replaces one of in each patch."""
    _, added = texts(1_000, PATCHES)
    body = [f"Rule {at}. {text}" for at, text in enumerate(texts(400, 20, seed=9)[0])]
    past = []
    for at in range(PATCHES + 1):
        if at:
            body[at % len(body)] = added[at - 1]
        past.append(Revision(str(at), (SpecFile("spec.md", "\n\n".join(body)),)))
    return past


def costs() -> list[str]:
    """Seconds for the whole history: by keyed hashes, and in plain text; beside the diff of every patch."""
    past = history()
    start = perf_counter()
    changes = [diff_revisions(before, after) for before, after in pairwise(past)]
    rows = [f"| diff of every patch | {perf_counter() - start:.1f} |"]
    prompts, _ = texts(1_000, PATCHES)
    hashed = tuple(
        Prompt(str(at), f"s{at % 10}", Role.HELD_OUT, f"b{at % 10}", hash_text(text, KEY))
        for at, text in enumerate(prompts)
    )
    visible = {str(at): text for at, text in enumerate(prompts[:200])}
    for name, hashed_prompts, names in (
        ("1,000 hashed prompts", HashedPrompts(hashed, KEY), {}),
        ("200 prompts beside the spec", HashedPrompts(), visible),
    ):
        search, start = LeakSearch(hashed_prompts), perf_counter()
        for before, change in zip(past, changes, strict=False):
            search.search_patch(before, change, (names, names))
        rows.append(f"| {name} searched for | {perf_counter() - start:.1f} |")
    return rows


def main() -> None:
    """Print both tables."""
    print("# Leakage: suites and histories\n\n`python -m benchmarks.overlap.suites > benchmarks/overlap/SUITES.md`\n")
    print("Held-out prompts found in a test suite (limits 95 %):\n\n| what is planted | found |\n| --- | --- |")
    print("\n".join(found()))
    print(f"\nA history of {PATCHES:,} patches, on two shared cores:\n\n| | seconds |\n| --- | --- |")
    print("\n".join(costs()))


if __name__ == "__main__":
    main()
