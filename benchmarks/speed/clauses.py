"""Clauses of real specs: parsing, and the difference of two revisions."""

from __future__ import annotations

import subprocess
from functools import partial
from itertools import count, pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from auditor.clauses.comparison import clauses_of, diff_revisions
from auditor.clauses.formats import parse_clauses
from auditor.clauses.match import match_clauses
from auditor.model.spec import Revision, SpecFile
from benchmarks.speed.timing import ROOT, NotRun, Row, against, fastest, growth

RELEASES = ROOT / "../shared/data/openai-model-spec"


def texts(folder: Path, name: str) -> list[str]:
    """A file's text in every dated folder, in order."""
    return [file.read_text(encoding="utf-8") for file in sorted(folder.glob(f"????-??-??/{name}"))]


def rows(folder: Path) -> list[Row | NotRun]:
    """For the demonstration's spec, and for the published one where it is at hand."""
    found: list[Row | NotRun] = [*_rows(folder / "ours", "specs/", texts(ROOT / "specs", "assistant.md")), grown()]
    if RELEASES.is_dir():
        return [*found, *_rows(folder / "published", "OpenAI releases,", texts(RELEASES, "model_spec.md"))]
    return [*found, NotRun("clauses of the OpenAI releases", "../shared/data is not here")]


def grown() -> Row:
    """How matching grows with the clauses of a spec, of which every tenth is reworded and every fiftieth moved."""
    seconds = []
    for size in (50, 500, 5000):
        lines = [
            f"Rule {number} of the spec asks for case {number * 7919 % 10007} to be kept." for number in range(size)
        ]
        later = [line.replace("asks", "now asks") if at % 10 == 3 else line for at, line in enumerate(lines)]
        for at in range(0, size, 50):
            later.insert(at // 2, later.pop(at))
        before, after = (parse_clauses("spec.md", "\n\n".join(text)) for text in (lines, later))
        seconds.append(fastest(partial(match_clauses, before, after), 3))
    return growth("clause diff by clauses", (50, 500, 5000), seconds)


def _rows(folder: Path, name: str, revisions: list[str]) -> list[Row]:
    largest = max(revisions, key=len)
    pairs = list(pairwise(Revision(str(n), (SpecFile("spec.md", text),)) for n, text in enumerate(revisions)))
    files = _written(folder, revisions)

    parsed = [(clauses_of(before), clauses_of(after)) for before, after in pairs]

    def in_words() -> None:
        for before, after in pairwise(files):
            call = ["git", "diff", "--no-index", "--no-ext-diff", "--word-diff", str(before), str(after)]
            subprocess.run(call, cwd=folder, capture_output=True, check=False)  # it ends with 1 where they differ

    size = f"{len(largest.encode()) / 1000:,.0f} kB"
    parsing = against(
        f"{name} parse {size} into clauses with lines",
        lambda: parse_clauses("spec.md", _anew(largest)),
        "markdown-it-py to HTML",
        lambda: MarkdownIt().render(largest),
        1.0,
    )
    pairs_of = f"{name} clause diff of {len(pairs)} pairs"
    word_diff = "git diff --word-diff of each"
    return [
        parsing,
        against(
            f"{pairs_of}, parsed", lambda: [match_clauses(*pair) for pair in parsed], word_diff, in_words, 3.0, times=5
        ),
        against(
            f"{pairs_of}, with parsing",
            lambda: [diff_revisions(_again(a), _again(b)) for a, b in pairs],
            word_diff,
            in_words,
            None,
            times=5,
        ),
    ]


def _written(folder: Path, revisions: list[str]) -> list[Path]:
    folder.mkdir(parents=True)
    files = [folder / f"{number}.md" for number in range(len(revisions))]
    for file, text in zip(files, revisions, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


_NUMBERS = count()


def _anew(text: str) -> str:
    """The text with a line that no call had before: auditor remembers what it parsed."""
    return f"{text}\n\nThis is copy {next(_NUMBERS)}.\n"


def _again(revision: Revision) -> Revision:
    return Revision(revision.id, tuple(SpecFile(file.path, _anew(file.text)) for file in revision.files))
