"""Projects that are large in one dimension: repositories of a spec, and folders of dated revisions with records.

In: an empty place and a size. Out: the `auditor` command line whose cost is drawn, with the size of everything else
fixed. No two sizes share a sentence, so that nothing that was read for one is remembered for another.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor.model.run import Exposure, Grade, Run, Tallies
from auditor.model.spec import revision_id
from auditor.store.records import RecordStore, record_id
from benchmarks.speed.timing import git

START = 1_767_225_600  # 2026-01-01, in seconds
HOUR, DAY = 3_600, 86_400
EPOCHS = 4
_VERBS = ("answer", "refuse", "explain", "repeat", "store", "share", "translate", "report", "check", "delay")
_NOUNS = ("requests", "questions", "files", "names", "numbers", "letters", "plans", "messages", "figures", "rumours")
_OTHERS = ("strangers", "users", "operators", "children", "visitors", "reporters", "experts", "lawyers", "owners")

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Dimension:
    """What grows.

    Attributes:
        name: what there is more of.
        build: makes a project of a size in a folder that is not there yet, and gives the command line.
        sizes: three, ten times apart, for the clock.
        small: three, twice apart, for the counter of calls.
    """

    name: str
    build: Callable[[Path, int], Sequence[str]]
    sizes: tuple[int, int, int]
    small: tuple[int, int, int]


class Sentences:
    """Sentences that look like rules, no two alike in one world or in worlds of two sizes."""

    def __init__(self, size: int) -> None:
        self._random = random.Random(size)
        self._size = size
        self._count = 0

    def rule(self) -> str:
        """A sentence of about twelve words."""
        self._count += 1
        verb, noun, other = (self._random.choice(words) for words in (_VERBS, _NOUNS, _OTHERS))
        mark = f"{self._size}x{self._count}"
        return f"The model should {verb} the {noun} of {other} in case {mark} before it turns to {self.word()}."

    def word(self) -> str:
        """A word that few other sentences have."""
        return "".join(self._random.choice("bdfgklmnprst") + self._random.choice("aeiou") for _ in range(4))

    def place(self, count: int) -> int:
        """A position below `count`."""
        return self._random.randrange(count)


def commit_files(folder: Path, commits: Iterable[Files]) -> Path:
    """A repository with a commit an hour for each group of files; the work tree has the last."""
    folder.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=folder)
    git("fast-import", "--quiet", cwd=folder, stdin=b"".join(_stream(commits)))
    git("reset", "-q", "--hard", "main", cwd=folder)
    return folder


def _stream(commits: Iterable[Files]) -> Iterator[bytes]:
    for number, files in enumerate(commits):
        message = f"Revision {number}".encode()
        yield f"commit refs/heads/main\ncommitter B <b@example.org> {START + HOUR * number} +0000\n".encode()
        yield f"data {len(message)}\n".encode() + message + b"\n"
        for path, text in files.items():
            data = text.encode()
            yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"


def audit_of(folder: Path, paths: str = "spec.md") -> Sequence[str]:
    """An audit of a repository without configuration."""
    return ("audit", "--repo", str(folder), "--spec", paths, "--format", "json")


def page(rules: Sequence[str]) -> str:
    """Rules as a document, one paragraph each."""
    return "# Spec\n\n" + "\n\n".join(rules) + "\n"


# Text: what a repository holds.


def _reworded(size: int, rules: int, commits: int) -> Iterator[list[str]]:
    """The rules at each commit; each rewords one of them."""
    sentences = Sentences(size)
    text = [sentences.rule() for _ in range(rules)]
    for _ in range(commits):
        text[sentences.place(rules)] = sentences.rule()
        yield text


def revisions(folder: Path, size: int) -> Sequence[str]:
    """Commits that reword one rule of sixty."""
    return audit_of(commit_files(folder, ({"spec.md": page(text)} for text in _reworded(size, 60, size))))


def clauses(folder: Path, size: int) -> Sequence[str]:
    """Rules of a spec with ten commits."""
    return audit_of(commit_files(folder, ({"spec.md": page(text)} for text in _reworded(size, size, 10))))


def clause_bytes(folder: Path, size: int) -> Sequence[str]:
    """Sentences of the only paragraph, with ten commits."""
    texts = _reworded(size, size, 10)
    return audit_of(commit_files(folder, ({"spec.md": "# Spec\n\n" + " ".join(text) + "\n"} for text in texts)))


def sentence_bytes(folder: Path, size: int) -> Sequence[str]:
    """Lines of a table without blank lines or full stops, which a prompt collection is to a reader of prose."""
    texts = _reworded(size, size, 10)
    lines = ("\n".join(f'"role {rule[22:34]}","{rule[:-1]}"' for rule in text) for text in texts)
    return audit_of(commit_files(folder, ({"spec.txt": text + "\n"} for text in lines)), "spec.txt")


def table_rows(folder: Path, size: int) -> Sequence[str]:
    """Rows of a table of prompts that grows by two rows a commit, ten commits."""
    sentences = Sentences(size)
    rows = ["act,prompt", *(f'"role {sentences.word()}","{sentences.rule()}"' for _ in range(size))]
    commits = []
    for _ in range(10):
        rows += [f'"role {sentences.word()}","{sentences.rule()}"' for _ in range(2)]
        commits.append({"prompts.csv": "\n".join(rows) + "\n"})
    return audit_of(commit_files(folder, commits), "prompts.csv")


def files(folder: Path, size: int) -> Sequence[str]:
    """Files of a collection, of ten rules each, with ten commits to one of them each."""
    sentences = Sentences(size)
    texts = {f"specs/{at:05}.md": [sentences.rule() for _ in range(10)] for at in range(size)}
    commits: list[Files] = [{path: page(text) for path, text in texts.items()}]
    for at in range(10):
        path = f"specs/{at * size // 10:05}.md"
        texts[path][at % 10] = sentences.rule()
        commits.append({path: page(texts[path])})
    return audit_of(commit_files(folder, commits), "specs/*.md")


def added_files(folder: Path, size: int) -> Sequence[str]:
    """Files of a collection, with ten commits that each add one and change another."""
    sentences = Sentences(size)
    texts = {f"specs/{at:05}.md": [sentences.rule() for _ in range(10)] for at in range(size)}
    commits: list[Files] = [{path: page(text) for path, text in texts.items()}]
    for at in range(10):
        path = f"specs/{at * size // 10:05}.md"
        texts[path][at % 10] = sentences.rule()
        commits.append({path: page(texts[path]), f"{path[:-3]}-more.md": page([sentences.rule() for _ in range(10)])})
    return audit_of(commit_files(folder, commits), "specs/*.md")


def changelog(folder: Path, size: int) -> Sequence[str]:
    """Lines of a change log in which lines are repeated, with ten commits that take a rule out and put one in."""
    sentences = Sentences(size)
    rules = [sentences.rule() for _ in range(60)]
    lines = ["- Fixed a bug."] * size
    commits = []
    for at in range(10):
        rules.pop(sentences.place(len(rules)))
        rules.append(sentences.rule())
        lines.insert(0, f"- Changed rule {at}.")
        commits.append({"spec.md": page(rules), "CHANGELOG.md": "\n".join(lines) + "\n"})
    return audit_of(commit_files(folder, commits))


def restored(folder: Path, size: int) -> Sequence[str]:
    """Rules of a spec that is emptied and restored in turns, somewhat changed each time."""
    texts = (page(text) if at % 2 == 0 else "# Spec\n" for at, text in enumerate(_reworded(size, size, 9)))
    return audit_of(commit_files(folder, ({"spec.md": text} for text in texts)))


def repeated(folder: Path, size: int) -> Sequence[str]:
    """Lines of a spec that are all the same, with four commits that change one."""
    sentences = Sentences(size)
    lines = ["- be kind"] * size
    commits = []
    for at in range(4):
        lines[at * size // 4] = f"- be kind and safe, {sentences.word()}"
        commits.append({"spec.md": "\n".join(lines) + "\n"})
    return audit_of(commit_files(folder, commits))


def findings(folder: Path, size: int) -> Sequence[str]:
    """Rules that one patch weakens."""
    sentences = Sentences(size)
    rules = [sentences.rule() for _ in range(size)]
    weaker = [rule.replace("should", "may") for rule in rules]
    return audit_of(commit_files(folder, ({"spec.md": page(text)} for text in (rules, weaker))))


# Evidence: dated revisions in a folder outside of git, with records.


@dataclass(frozen=True, slots=True)
class Shape:
    """How much evidence there is: each revision has `repeats` runs of every suite and model, of so many items."""

    patches: int = 4
    behaviours: int = 1
    suites: int = 2
    models: int = 1
    repeats: int = 1
    items: int = 20


def evidence(shape: Shape, folder: Path, size: int) -> Sequence[str]:
    """A folder of dated revisions, measured as `shape` says, and its audit."""
    folder.mkdir(parents=True)
    (folder / "auditor.toml").write_text('[[spec]]\nname = "spec"\npaths = ["*/spec.md"]\nsource = "folder"\n')
    (folder / "eval_history").mkdir()
    names = [(f"suite-{b}-{s}", f"behaviour-{b}", s) for b in range(shape.behaviours) for s in range(shape.suites)]
    tables = (
        f'[[suite]]\nname = "{name}"\nbehaviour = "{behaviour}"\nrole = "{"held_out" if at else "test"}"\n'
        for name, behaviour, at in names
    )
    (folder / "eval_history/suites.toml").write_text("\n".join(tables))
    runs = []
    for number, text in enumerate(_reworded(size, 20, shape.patches + 1)):
        day = datetime.fromtimestamp(START, UTC) + timedelta(days=number)
        (folder / f"{day:%Y-%m-%d}").mkdir()
        (folder / f"{day:%Y-%m-%d}" / "spec.md").write_text(page(text))
        revision = revision_id({"spec.md": page(text).encode()})
        runs += [
            _run(revision, name, f"model-{model}", number, at, repeat, shape.items)
            for name, _, at in names
            for model in range(shape.models)
            for repeat in range(shape.repeats)
        ]
    RecordStore(folder, "eval_history").add(runs)
    return ("-C", str(folder), "audit", "--format", "json")


def _run(revision: str, suite: str, model: str, number: int, at: int, repeat: int, items: int) -> Run:
    """A run; test rates go up and down, held-out rates at half the pace, so that verdicts differ."""
    often = (5, 40, 20, 2)[(number // (2 if at else 1)) % 4]
    chance = random.Random(f"{revision} {suite} {model} {repeat}")
    hits = [sum(chance.randrange(100) < often for _ in range(EPOCHS)) for _ in range(items)]
    run = Run(
        record="",
        identity=f"{revision[:12]}-{suite}-{model}-{repeat}",
        spec="spec",
        revision=revision,
        suite=suite,
        behaviour=None,
        role=None,
        model=model,
        checkpoint=model,
        parent_checkpoint=None,
        condition="",
        exposure=Exposure.IN_CONTEXT,
        scorer="judge",
        sampling=None,
        created=datetime.fromtimestamp(START, UTC) + timedelta(days=number, minutes=repeat),
        planned=None,
        incomplete=None,
        source="table",
        source_sha256=revision,
        grade=Grade.B,
        tallies=Tallies(tuple(f"item-{n:05d}" for n in range(items)), (EPOCHS,) * items, tuple(hits), (0,) * items),
    )
    return replace(run, record=record_id(run))


def ingested(folder: Path, size: int) -> Sequence[str]:
    """Runs in a table, each of a revision of its own, ingested without writing."""
    texts = [page(text) for text in _reworded(size, 10, size)]
    commit_files(folder, ({"spec.md": text} for text in texts))
    (folder / "auditor.toml").write_text('[[spec]]\nname = "spec"\npaths = ["spec.md"]\n')
    names = [revision_id({"spec.md": text.encode()}) for text in texts]
    rows = (f"{name},t,m,item-{item},{item % 2},run-{name[:9]}" for name in names for item in range(4))
    head = "spec_revision,suite,model,item,misaligned,run"
    (folder / "runs.csv").write_text("\n".join((head, *rows)) + "\n")
    (folder / "eval_history").mkdir()
    (folder / "eval_history/suites.toml").write_text('[[suite]]\nname = "t"\nbehaviour = "b"\nrole = "test"\n')
    return ("-C", str(folder), "ingest", "--dry-run", "runs.csv")


def _evidence(**names: str | int) -> Callable[[Path, int], Sequence[str]]:
    """Evidence of which the dimension called `of` grows."""
    grows = str(names.pop("of"))

    def build(folder: Path, size: int) -> Sequence[str]:
        return evidence(replace(Shape(**{grows: size, **names})), folder, size)  # type: ignore[arg-type]

    return build


DIMENSIONS = (
    Dimension("revisions", revisions, (20, 200, 2000), (5, 10, 20)),
    Dimension("clauses", clauses, (100, 1000, 10000), (40, 80, 160)),
    Dimension("sentences of one clause", clause_bytes, (20, 200, 2000), (5, 10, 20)),
    Dimension("lines of one sentence", sentence_bytes, (20, 200, 2000), (10, 20, 40)),
    Dimension("rows of a table of prompts", table_rows, (100, 1000, 10000), (40, 80, 160)),
    Dimension("files", files, (20, 200, 2000), (20, 40, 80)),
    Dimension("files, of which some are added", added_files, (20, 200, 2000), (20, 40, 80)),
    Dimension("lines of the change log", changelog, (300, 3000, 30000), (100, 200, 400)),
    Dimension("clauses emptied and restored", restored, (50, 500, 5000), (10, 20, 40)),
    Dimension("equal lines", repeated, (100, 1000, 10000), (50, 100, 200)),
    Dimension("findings of one patch", findings, (50, 500, 5000), (40, 80, 160)),
    Dimension("runs", _evidence(of="repeats", patches=1), (10, 100, 1000), (20, 40, 80)),
    # From six on: a trend needs five states, and costs nothing before.
    Dimension("patches with runs", _evidence(of="patches"), (10, 100, 1000), (6, 12, 24)),
    Dimension("items", _evidence(of="items", patches=2), (100, 1000, 10000), (100, 200, 400)),
    Dimension("behaviours", _evidence(of="behaviours", patches=1), (5, 50, 500), (4, 8, 16)),
    Dimension("models", _evidence(of="models", patches=1), (5, 50, 500), (4, 8, 16)),
    Dimension("suites", _evidence(of="suites", patches=1), (5, 50, 500), (4, 8, 16)),
    Dimension("runs of a table, and revisions", ingested, (20, 200, 2000), (20, 40, 80)),
)
