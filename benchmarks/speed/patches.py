"""A whole audit of a history without evaluations: clauses, directions, eval prompts, the change log, every patch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from auditor.app.audit import assess_project
from auditor.app.project import open_project
from auditor.render.documents import audit_json
from benchmarks.speed.timing import Row, against, fastest, git, growth

SIZES = (20, 200, 2000)
BLOCKS, A_SECTION = 790, 20
START, STEP = 1_767_225_600, 21_600  # 2026-01-01 in seconds; four commits a day
_WORDS = tuple(a + b for a in ("ba", "co", "de", "fu", "ga", "li") for b in ("r", "st", "ll", "nd", "me"))
_RULES = ("must", "should", "may", "never", "")


def sentence(draws: Random) -> str:
    """A made-up rule; no two are alike."""
    words = [*draws.choices(_WORDS, k=draws.randint(12, 28)), f"w{draws.randrange(10**6)}"]
    return " ".join(filter(None, [words[0].capitalize(), draws.choice(_RULES), *words[1:]])) + "."


def texts(revisions: int) -> Iterator[str]:
    """A spec of 790 blocks in 40 sections, each of which cites one prompt; one to three blocks change a revision."""
    draws = Random(1)
    blocks = [f"## Section {at} {{#s{at}}}" if at % A_SECTION == 0 else sentence(draws) for at in range(BLOCKS)]
    for at in range(3, BLOCKS, A_SECTION):
        blocks[at] += f"[^ev{at:03d}]"
    for _ in range(revisions):
        yield "\n\n".join(blocks) + "\n"
        for _ in range(draws.randint(1, 3)):
            at = draws.randrange(1, len(blocks))
            if not blocks[at].startswith("##"):
                _edit(blocks, at, draws)


def _edit(blocks: list[str], at: int, draws: Random) -> None:
    match draws.choice(("reword", "reword", "insert", "delete", "move")):
        case "reword":
            words = blocks[at].split()
            words[draws.randrange(len(words))] = draws.choice((*_WORDS, "must", "may"))
            blocks[at] = " ".join(words)
        case "insert":
            blocks.insert(at, sentence(draws))
        case "delete":
            del blocks[at]
        case _:
            blocks.insert(min(len(blocks) - 1, at + 2), blocks.pop(at))


def build(folder: Path, revisions: int) -> Path:
    """A repository with so many revisions, forty prompts, and a line in the change log for every tenth."""
    folder.mkdir(parents=True)
    draws = Random(2)
    parts = []
    for number, text in enumerate(texts(revisions)):
        log = "# Changes\n\n" + "".join(f"- change {at} in section {at % 40}\n" for at in range(number // 10 + 1))
        files = {"spec.md": text, "CHANGELOG.md": log}
        if number == 0:
            for at in range(3, BLOCKS, A_SECTION):
                files[f"evals/ev{at:03d}.md"] = f"# User\n\n{' '.join(sentence(draws) for _ in range(3))}\n"
        parts.append(f"commit refs/heads/main\ncommitter B <b@example.org> {START + STEP * number} +0000\n")
        parts.append("data 1\nx\n")
        parts += [f"M 100644 inline {path}\ndata {len(data)}\n{data}\n" for path, data in files.items()]
    git("init", "-q", "-b", "main", cwd=folder)
    git("fast-import", "--quiet", cwd=folder, stdin="".join(parts).encode())
    git("reset", "-q", "--hard", cwd=folder)
    return folder


def whole(folder: Path, revisions: int) -> None:
    """What `auditor audit --spec spec.md --format json` does."""
    with open_project(folder, ["spec.md"]) as project:
        audit = assess_project(project, datetime.now(UTC).date())
        assert audit_json(audit)
    assert revisions * 0.9 < audit.coverage.patches < revisions  # an edit may hit a heading, and change nothing


def limit(folder: Path) -> None:
    """The words that changed, as git shows them."""
    assert git("log", "-p", "--word-diff", "--format=%H", "--", "spec.md", cwd=folder)


def rows(folder: Path) -> list[Row]:
    """The largest beside its limit, and all three sizes."""
    built = [build(folder / str(size), size) for size in SIZES]
    largest = against(
        f"audit of {SIZES[-1]:,} commits of a spec with eval prompts, no runs, to JSON",
        partial(whole, built[-1], SIZES[-1]),
        "git log -p --word-diff of the spec",
        partial(limit, built[-1]),
        None,
        times=2,
    )
    smaller = [fastest(partial(whole, at, size), 2) for at, size in zip(built[:-1], SIZES[:-1], strict=True)]
    return [largest, growth("the same by commits", SIZES, [*smaller, largest.seconds])]
