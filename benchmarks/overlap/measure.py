"""How many planted prompts are found in patches, and how many patches that quote nothing are flagged.

    python -m benchmarks.overlap.measure [-o RESULTS.md]

Prompts: both sets of prompts.json, the demonstration's, and the published ones where the data folder is at hand. All
are searched at once. Benign: every clause added or reworded between the published releases and between the
demonstration's revisions (but the two that quote a prompt on purpose), and clauses written for this benchmark about the
same behaviours. The second set of prompts and paraphrases was written after every threshold was fixed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from unittest.mock import patch

from auditor.clauses import overlap
from auditor.clauses.comparison import clauses_of, diff_revisions
from auditor.clauses.ngrams import TextHashes, hash_text
from auditor.clauses.overlap import (
    Overlap,
    Passage,
    Prompt,
    PromptIndex,
    added_by_clause,
    extract_prompt_text,
    find_overlaps,
    new_passage,
)
from auditor.model.spec import Revision, SpecFile
from auditor.model.suite import Role
from auditor.stats.intervals import rate_interval
from benchmarks.overlap.planting import EDITS, clause_with, edited, span

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PUBLISHED = ROOT / "../shared/data/openai-model-spec"
QUOTING = ("2026-03-16", "2026-09-07")
KEY = bytes(range(32))
SEED = 26


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt's text, before it is hashed; `fitted` is the clause a person wrote to fit it, if somebody did."""

    id: str
    source: str
    behaviour: str | None
    text: str
    fitted: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What one patch adds, and the prompt planted in it; None in a benign one."""

    kind: str
    passages: tuple[Passage, ...]
    planted: str | None = None


def own_prompts() -> Iterator[Text]:
    """Both sets of prompts.json."""
    data = json.loads((HERE / "prompts.json").read_text())
    for source, rows in (("first set", data["prompts"]), ("second set", data["second"])):
        for row in rows:
            yield Text(row["id"], source, row["behaviour"], row["text"], row.get("fitted"))


def filed_prompts(folder: Path, source: str) -> Iterator[Text]:
    """The prompts of a spec's releases, each once, as its latest release has it; each a behaviour by itself."""
    latest = {file.stem: file for file in sorted(folder.glob("*/e*/*.md"))}
    for name, file in latest.items():
        yield Text(f"{source}/{name}", source, None, extract_prompt_text(file.read_text()))


def general_clauses() -> list[str]:
    """Clauses about the behaviours of both sets that quote no prompt."""
    data = json.loads((HERE / "prompts.json").read_text())
    return [*data["general"], *data["second_general"]]


def releases(folder: Path, name: str) -> list[tuple[str, Revision]]:
    """A spec's releases in order: (date, revision)."""
    dated = sorted(path for path in folder.glob("20*") if (path / name).exists())
    return [(path.name, Revision(path.name, (SpecFile(name, (path / name).read_text()),))) for path in dated]


def benign(kind: str, dated: Sequence[tuple[str, Revision]]) -> Iterator[Case]:
    """Each clause that a release adds or rewords."""
    for (_, before), (date, after) in pairwise(dated):
        if not (kind == "demonstration" and date in QUOTING):
            for _, passage in added_by_clause(diff_revisions(before, after)):
                yield Case(f"clauses changed: {kind}", (passage,))


def whole_patches(kind: str, dated: Sequence[tuple[str, Revision]]) -> Iterator[Case]:
    """Each release's patch as one."""
    for (_, before), (date, after) in pairwise(dated):
        if not (kind == "demonstration" and date in QUOTING):
            yield Case(
                f"whole patches: {kind}",
                tuple(passage for _, passage in added_by_clause(diff_revisions(before, after))),
            )


def verbatim(texts: Iterable[Text], carriers: Sequence[str], random: Random) -> Iterator[Case]:
    """Spans of several lengths in a benign clause."""
    for text in texts:
        for length in (4, 6, 8, 10, 12, 16, 24):
            planted = span(text.text, length, random)
            if planted:
                clause = clause_with(planted, random.choice(carriers), random)
                yield Case(f"verbatim, {length} words", (new_passage(clause),), text.id)


def light_edits(texts: Iterable[Text], carriers: Sequence[str], random: Random) -> Iterator[Case]:
    """Spans of up to 24 words with an edit every few words."""
    for text in texts:
        planted = span(text.text, min(24, len(text.text.split())), random)
        assert planted is not None
        plans = [(f"edits of all kinds, every {every} words", every, tuple(EDITS)) for every in (8, 6, 4, 3)]
        plans += [(f"{kind}, every 5 words", 5, (kind,)) for kind in EDITS]
        for kind, every, kinds in plans:
            clause = clause_with(edited(planted, every, kinds, random), random.choice(carriers), random)
            yield Case(kind, (new_passage(clause),), text.id)


def paraphrases(texts: Iterable[Text]) -> Iterator[Case]:
    """The clauses somebody wrote to fit a prompt."""
    for text in texts:
        if text.fitted:
            yield Case(f"paraphrases by hand, {text.source}", (new_passage(text.fitted),), text.id)


def framed(sharing: int, random: Random) -> tuple[list[Text], list[Case]]:
    """Twenty frames of 24 words, each shared by so many prompts of ten behaviours, and clauses that quote a frame."""
    words = [word for text in own_prompts() for word in text.text.split()]
    texts, cases = [], []
    for number in range(20):
        frame = random.choices(words, k=24)
        for at in range(sharing):
            name, tail = f"frame {number} of {sharing}, item {at}", random.choices(words, k=20)
            texts.append(Text(name, "frames", f"behaviour {at % 10}", " ".join(frame + tail)))
        clause = clause_with(" ".join(frame[2:20]), random.choice(general_clauses()), random)
        cases.append(Case(f"a frame that {sharing} prompts share", (new_passage(clause),)))
    return texts, cases


def index_of(
    texts: Iterable[Text], background: Iterable[str], make: Callable[[str], TextHashes], key: bytes | None
) -> PromptIndex:
    """All prompts in one index."""
    prompts = (Prompt(text.id, text.source, Role.TEST, text.behaviour, make(text.text)) for text in texts)
    return PromptIndex(prompts, key=key, background=map(make, background))


def leaks(index: PromptIndex, case: Case) -> list[Overlap]:
    """What is called a leak."""
    return [one for one in find_overlaps(index, case.passages) if one.leak]


Row = dict[str, list[bool]]


def recall(index: PromptIndex, cases: Iterable[Case]) -> tuple[Row, list[bool]]:
    """By kind, whether each planted prompt was found; and for each case whether another prompt was."""
    found: Row = {}
    wrong = []
    for case in cases:
        names = [leak.prompt.id for leak in leaks(index, case)]
        found.setdefault(case.kind, []).append(case.planted in names if case.planted else bool(names))
        wrong.append(any(name != case.planted for name in names))
    return found, wrong


def harder(texts: Sequence[Text], dated: Sequence[tuple[str, Revision]]) -> Iterator[Row]:
    """By runs, then by both: whole releases read as new with no background; and prompts of ten published ones each."""
    whole = [
        Case(f"each clause of {date} as if new, no background", (new_passage(clause.text),))
        for date, revision in (dated[0], dated[-1])
        for clause in clauses_of(revision)
    ]
    changed = [Case("clauses changed, prompts of 420 to 1,300 words", case.passages) for case in benign("", dated)]
    public = [text.text for text in texts if text.source == "published"]
    Random(SEED).shuffle(public)
    long = [Text(f"long {at}", "long", None, "\n".join(public[at : at + 10])) for at in range(0, len(public), 10)]
    background = [clause.text for clause in clauses_of(dated[0][1])]
    for wording in (False, True):
        make = partial(hash_text, wording=wording)
        found = recall(index_of(texts, (), make, None), whole)[0]
        yield found | recall(index_of(long, background, make, None), changed)[0]


def rate(hits: Sequence[bool]) -> str:
    """A share with its 95 % limits."""
    if not hits:
        return "-"
    limits = rate_interval(sum(hits) / len(hits), len(hits), 0.025)
    return (
        f"{sum(hits)}/{len(hits)} = {100 * limits.estimate:.1f} % ({100 * limits.low:.1f} to {100 * limits.high:.1f})"
    )


def table(title: str, columns: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """A Markdown table, one line a kind, one column a variant."""
    yield f"\n## {title}\n\n| kind | {' | '.join(columns)} |\n| --- |{' --- |' * len(columns)}"
    for kind in rows[0]:
        yield f"| {kind} | {' | '.join(rate(row[kind]) for row in rows)} |"


def main() -> None:
    """Print or write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", type=Path)
    out = parser.parse_args().o
    text = "\n".join(report()) + "\n"
    if out:
        out.write_text(text)
    else:
        print(text, end="")


def report() -> Iterator[str]:
    """The lines of RESULTS.md."""
    random = Random(SEED)
    own, demo, public = list(own_prompts()), list(filed_prompts(ROOT / "specs", "demonstration")), []
    histories = {"demonstration": releases(ROOT / "specs", "assistant.md")}
    if PUBLISHED.exists():
        public = list(filed_prompts(PUBLISHED, "published"))
        histories["published releases"] = releases(PUBLISHED, "model_spec.md")
    everything = own + demo + public
    background = [clause.text for dated in histories.values() for clause in clauses_of(dated[0][1])]
    make = index_of(everything, background, hash_text, None)
    runs_only = index_of(everything, background, partial(hash_text, wording=False), None)
    short_runs = index_of(everything, background, partial(hash_text, wording=False, longest=5), None)
    hashed = index_of(everything, background, partial(hash_text, key=KEY), KEY)
    carriers = general_clauses()
    yield (HERE / "NOTES.md").read_text()
    yield f"{len(own)} own prompts, {len(demo)} of the demonstration, {len(public)} published; seed {SEED}."

    sources = [text for text in everything if len(text.text.split()) >= 8]
    planted = [*verbatim(sources, carriers, random), *light_edits(sources, carriers, random), *paraphrases(own)]
    both, wrong = recall(make, planted)
    columns = ("runs of five words only", "runs of eight words only", "runs of eight, and words")
    rows = [recall(index, planted)[0] for index in (short_runs, runs_only)]
    yield from table("Found: recall by kind", columns, [*rows, both])
    yield f"\nAnother prompt than the planted one called a leak, too: {rate(wrong)} of these patches."

    quiet = [Case("clauses written for this", (new_passage(clause),)) for clause in carriers]
    for kind, dated in histories.items():
        quiet += [*benign(kind, dated), *whole_patches(kind, dated)]
    flagged = [recall(index, quiet)[0] for index in (short_runs, runs_only, make)]
    with patch.object(overlap, "CONTROL", 1.0):
        flagged.append(recall(make, quiet)[0])
    flagged.append(recall(index_of(everything, (), hash_text, None), quiet)[0])
    variants = (*columns, "both, without control", "both, without background")
    yield from table("Flagged though nothing was planted", variants, flagged)

    if public:
        yield from table("Flagged: harder", columns[1:], list(harder(everything, histories["published releases"])))

    with_control: Row = {}
    without: Row = {}
    for sharing in (1, 2, 5, 10, 20, 40):
        texts, frames = framed(sharing, random)
        framed_index = index_of([*everything, *texts], background, hash_text, None)
        with_control |= recall(framed_index, frames)[0]
        with patch.object(overlap, "CONTROL", 1.0):
            without |= recall(framed_index, frames)[0]
    yield from table(
        "Flagged: quoted frames, shared over ten behaviours",
        ("runs and words", "without control"),
        [with_control, without],
    )

    alone = index_of(demo, (clause.text for clause in clauses_of(histories["demonstration"][0][1])), hash_text, None)
    yield "\n## The demonstration searched by itself\n"
    for (_, before), (date, after) in pairwise(histories["demonstration"]):
        for leak in leaks(
            alone, Case("", tuple(passage for _, passage in added_by_clause(diff_revisions(before, after))))
        ):
            yield f"- {date}: {leak.prompt.id}, {leak.leak}"

    same = [_answers(make, case) == _answers(hashed, case) for case in (*planted, *quiet)]
    yield f"\n## Keyed hashes\n\nSame leaks as in plain text: {rate(same)} of the patches above."


def _answers(index: PromptIndex, case: Case) -> list[tuple[str, str | None]]:
    return [(one.prompt.id, one.leak) for one in find_overlaps(index, case.passages)]


if __name__ == "__main__":
    main()
