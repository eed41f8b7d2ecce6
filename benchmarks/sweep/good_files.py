"""Good logs and tables of every kind, to be damaged; and projects in which each of them lands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from auditor.readers.tables.session import is_installed
from benchmarks.speed.timing import git
from benchmarks.sweep.outcome import ROOT

FIXTURES = ROOT / "tests/fixtures"
FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = FIRST + "\nNever delete a log to hide a mistake.\n"
SUITE = """\
[[suite]]
name = "{name}"
behaviour = "{name}"
role = "test"
[suite.score]
name = "{scorer}"
misaligned = "{end}"
unit = "{unit}"
"""
# How a log's score is read, and the logs that have no such scorer and are read the second way.
USUAL, GRADED = ("concealment", "high", "fraction"), ("owns_up", "low", "grade")
BY_GRADE = ("chunked.eval", "several_scorers.eval")
MISTAKES = ("mistakes_visible", "mistakes_unseen")
OTHERS = (
    ("finished_choice", ("acc,none", "low", "fraction")),
    ("finished_claims", ("exact_match,flexible", "low", "fraction")),
    ("covert-claims", ("score", "low", "fraction")),
    ("finished-claims.test.v1", ("match", "low", "fraction")),
    ("graded-claims.test.v1", ("metrics", "low", "fraction")),
    ("visible", USUAL),
    ("unseen", USUAL),
)
TABLE = "spec_revision,suite,model,item,misaligned,epoch,created,severity,invalid_reason\n" + "".join(
    f"v1,visible,m,item-{number},{number % 2},{number % 3 + 1},2026-01-02T03:04:05+00:00,0.{number % 10},\n"
    for number in range(12)
)
ROWS = "".join(
    f'{{"spec_revision": "v1", "suite": "unseen", "model": "m", "item": "{number}", "misaligned": {number % 2}}}\n'
    for number in range(12)
)


@dataclass(frozen=True, slots=True)
class Good:
    """What one ingest reads: some files, and the one that is named to it.

    Attributes:
        files: their bytes, by name; the first is the one given to ingest.
        graded: whether its score is read the second way.
    """

    name: str
    files: dict[str, bytes]
    graded: bool = False


def good_files() -> list[Good]:
    """One of every kind and more; Parquet where DuckDB is installed."""
    goods = [_one(path, graded=path.name in BY_GRADE) for path in sorted((FIXTURES / "inspect").glob("*.eval"))]
    names = ("inspect/limited.json", "openai_evals/match.jsonl", "openai_evals/graded.jsonl", "promptfoo/short.json")
    goods += [_one(FIXTURES / name) for name in names]
    harness = sorted((FIXTURES / "lm_eval/full").iterdir())  # results_… before samples_…
    goods.append(Good("lm_eval", {path.name: path.read_bytes() for path in harness}))
    goods += [Good("t.csv", {"t.csv": TABLE.encode()}), Good("t.jsonl", {"t.jsonl": ROWS.encode()})]
    return goods


def _one(path: Path, *, graded: bool = False) -> Good:
    return Good(path.name, {path.name: path.read_bytes()}, graded)


def parquet(folder: Path) -> Good | None:
    """A table as Parquet; None without DuckDB."""
    if not is_installed("duckdb"):
        return None
    import duckdb

    text, path = folder / "t.csv", folder / "t.parquet"
    text.write_text(TABLE)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_csv('{text}', all_varchar=true)) TO '{path}' (FORMAT parquet)")
    return Good("t.parquet", {"t.parquet": path.read_bytes()})


def project(folder: Path, rule: tuple[str, str, str]) -> Path:
    """A repository with two revisions, tagged v1 and v2, and a suite for every log; the rule is that of Inspect's."""
    (folder / "eval_history").mkdir(parents=True)
    (folder / "auditor.toml").write_text('[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n')
    suites = [(name, rule) for name in MISTAKES] + list(OTHERS)
    texts = [SUITE.format(name=name, scorer=one[0], end=one[1], unit=one[2]) for name, one in suites]
    keyed = [f'{text}key = "score"\n' if "graded-claims" in text else text for text in texts]
    (folder / "eval_history/suites.toml").write_text("".join(keyed))
    git("init", "-q", "-b", "main", cwd=folder)
    for tag, text in (("v1", FIRST), ("v2", SECOND)):
        (folder / "spec.md").write_text(text)
        git("add", "-A", cwd=folder)
        git("-c", "user.name=S", "-c", "user.email=s@example.org", "commit", "-q", "-m", tag, cwd=folder)
        git("tag", tag, cwd=folder)
    return folder
