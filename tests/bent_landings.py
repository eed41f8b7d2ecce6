"""Each abuse as a landing in a tiny real repository, and what the four who look at it say.

The four are the gate, a server's hook in a bare repository, `auditor audit` after the landing, and the answer
of a report on it. `ATTEMPTS` has the builders by the abuses' numbers; a builder takes an empty folder and
returns an `Attempt`.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import json
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from auditor.app.gate import record_disclosure
from auditor.app.ingest import ingest
from auditor.app.project import open_project, read_history
from auditor.cli.main import run as auditor
from auditor.model import canonical
from auditor.model.spec import patches_of
from tests.landings import FIRST, SECOND, SETTINGS, SUITES, THIRD, Evaluated, content, evaluated
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, sample, write_json

Row = dict[str, object]
# Every landing here bears a day of early 2026.
ALL_OF_HISTORY = ("--since", "2025-01-01", "--until", "2027-12-31")
# The 80 of 400 items that fail before the patch.
BAD = range(0, 400, 5)
HELD_OUT_SUITE = SUITES[SUITES.rindex("[[suite]]") :]
_TEMPLATES = tempfile.TemporaryDirectory(prefix="auditor-bent-")


@dataclass(frozen=True)
class Attempt:
    """What somebody tries to land.

    Attributes:
        world: the repository.
        base, head: the commits before and after; equal where nothing lands.
        refusal: what `auditor ingest` says where nothing gets that far.
        period: the options of the report.
        page: a report that was handed out; None for none.
    """

    world: Evaluated
    base: str
    head: str
    refusal: str = ""
    period: tuple[str, ...] = ALL_OF_HISTORY
    page: Path | None = None


# The worlds: runs as rows of a tidy table.


def run_rows(
    revision: str, suite: str, bad: Collection[int], items: Iterable[int] = range(400), **cells: object
) -> list[Row]:
    """The rows of one run: `bad` of its items are misaligned; further cells are the same in each row."""
    return [
        {
            "spec_revision": revision,
            "suite": suite,
            "model": "m1",
            "item": f"i{item:04d}",
            "misaligned": int(item in bad),
            **cells,
        }
        for item in items
    ]


def table_text(rows: Sequence[Row]) -> str:
    """The rows as a table: what one has no cell for is empty."""
    text = io.StringIO()
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, list(names), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def shifted(by: int) -> set[int]:
    """As many items as `BAD`, but for the first hundred others: no two runs are copies of each other."""
    return {item + by if item < 100 else item for item in BAD}


def rows_before(suite: str, **cells: object) -> list[Row]:
    """Two runs under the first text: 80 of 400."""
    return [
        row
        for by in (0, 1)
        for row in run_rows(content(FIRST), suite, shifted(by), range(400), **{"run": f"b{by}", **cells})
    ]


def rows_after(
    suite: str = "visible", bad: Collection[int] = (), items: Iterable[int] = range(400), **cells: object
) -> list[Row]:
    """A run under the second text: by default clean."""
    return run_rows(content(SECOND), suite, bad, items, **{"run": "a", **cells})


def rows_unmoved(suite: str = "unseen", **cells: object) -> list[Row]:
    """A run under the second text that is as bad as those before."""
    return rows_after(suite, shifted(2), range(400), **cells)


@functools.cache
def _template(settings: str, suites: str, files: tuple[tuple[str, str], ...], table: str) -> Evaluated:
    """A world that was set up and evaluated, to be copied."""
    folder = Path(tempfile.mkdtemp(dir=_TEMPLATES.name))
    world = evaluated(folder, settings, suites, before={})
    world.repo.checkout("main")
    world.repo.write(dict(files))
    if table:
        world.table(table)
    world.repo.commit(message="evaluated")
    return world


def world_before(
    folder: Path,
    settings: str = SETTINGS,
    suites: str = SUITES,
    table: Sequence[Row] | None = None,
    files: Mapping[str, str] | None = None,
) -> tuple[Evaluated, str]:
    """A spec that says FIRST, with two runs of each suite or the rows of a table; and the commit."""
    rows = [*rows_before("visible"), *rows_before("unseen")] if table is None else table
    text = table_text(rows) if rows else ""
    template = _template(settings, suites, tuple((files or {}).items()), text)
    world = Evaluated(template.repo.copy(folder / "repo"), folder)
    return world, world.repo.head()


def patched(
    folder: Path,
    *runs: Sequence[Row],
    files: Mapping[str, str | None] | None = None,
    **options: Any,  # noqa: ANN401 - as `world_before` takes them
) -> Attempt:
    """The second text with runs under it, on a base that was evaluated.

    Args:
        files: what else the patch changes.
        options: of `world_before`.
    """
    world, base = world_before(folder, **options)
    world.repo.commit({"spec.md": SECOND, **(files or {})}, message="Do not praise")
    if rows := [row for some in runs for row in some]:
        world.table(table_text(rows))
        world.repo.commit(message="results")
    return Attempt(world, base, world.repo.head())


def fitted(folder: Path, **options: Any) -> Attempt:  # noqa: ANN401 - as `world_before` or `replace` take them
    """A patch that only the test's score shows, with the runs that say so."""
    return patched(folder, rows_after(), rows_unmoved(), **options)


def honest(folder: Path) -> Attempt:
    """A patch that carries over: what the four say of it is what they say of nothing bent."""
    return patched(folder, rows_after(), rows_after("unseen"))


def record_files(world: Evaluated) -> list[Path]:
    """The records in the work tree."""
    return sorted((world.repo.path / "eval_history/records").rglob("*.json"))


def squash(attempt: Attempt, **changes: Any) -> Attempt:  # noqa: ANN401 - as `world_before` or `replace` take them
    """The same in one commit."""
    repo = attempt.world.repo
    repo.git("reset", "-q", "--soft", attempt.base)
    return replace(attempt, head=repo.commit(message="squashed"), **changes)


def next_landing(attempt: Attempt, files: Mapping[str, str | bytes | None] | None = None) -> Attempt:
    """What lands on top of an attempt that has landed."""
    return replace(attempt, base=attempt.head, head=attempt.world.repo.commit(files or {}, message="next"))


def refused(folder: Path, log: Path, **options: Any) -> Attempt:  # noqa: ANN401 - as `world_before` or `replace` take them
    """A log that `auditor ingest` is to refuse: nothing lands."""
    world, base = world_before(folder, **options)
    report = ingest([log], root=world.repo.path, extra="error", dry_run=False)
    assert report.refusals and not world.repo.git("status", "--porcelain")
    return Attempt(world, base, base, refusal=str(report.refusals[0]))


def commit_tree(world: Evaluated, tree: str, *parents: str) -> str:
    """A commit of another commit's whole content, on any parents or none."""
    options = [word for parent in parents for word in ("-p", parent)]
    return world.repo.git("commit-tree", f"{tree}^{{tree}}", *options, "-m", "bent", date="2026-02-01T12:00:00+00:00")


# Numbers bent: the abuses 1 to 28.


def items_dropped(folder: Path) -> Attempt:
    """1: those that fail are not run any more."""
    failing = shifted(0) | shifted(1)
    return patched(folder, rows_after(items=[item for item in range(400) if item not in failing]), rows_unmoved())


def _without_score(reason: str) -> list[Row]:
    failing = shifted(0) | shifted(1)
    return [
        row | ({"misaligned": "", "invalid_reason": reason} if place in failing else {})
        for place, row in enumerate(rows_after())
    ]


def errors_excluded(folder: Path) -> Attempt:
    """2: those that fail end in errors."""
    return patched(folder, _without_score("error"), rows_unmoved())


def refusals_as_aligned(folder: Path) -> Attempt:
    """3: those that fail are refusals."""
    return patched(folder, _without_score("refusal"), rows_unmoved())


def judge_changed(folder: Path) -> Attempt:
    """4: another judge scores what comes after."""
    table = [*rows_before("visible", scorer="judge-1"), *rows_before("unseen", scorer="judge-1")]
    return patched(folder, rows_after(scorer="judge-2"), rows_after("unseen", scorer="judge-2"), table=table)


def sampling_changed(folder: Path) -> Attempt:
    """5: another temperature."""
    table = [*rows_before("visible", sampling="t=1"), *rows_before("unseen", sampling="t=1")]
    return patched(folder, rows_after(sampling="t=0"), rows_after("unseen", sampling="t=0"), table=table)


def best_of_four(folder: Path) -> Attempt:
    """6: of four runs one shows a fall."""
    runs = [rows_after(bad=shifted(by), run=f"a{by}") for by in (2, 3, 4)]
    return patched(folder, *runs, rows_after(bad=range(20)), rows_unmoved())


def file_renamed(folder: Path) -> Attempt:
    """30: the file has another name and text, and the configuration follows it."""
    attempt = fitted(folder)
    attempt.world.repo.git("mv", "spec.md", "policy.md")
    attempt.world.repo.write({"auditor.toml": SETTINGS.replace("spec.md", "policy.md")})
    return squash(attempt)


def run_deleted(folder: Path) -> Attempt:
    """7: the record of a run before is not there any more."""
    world, _ = world_before(folder)
    path = str(record_files(world)[0].relative_to(world.repo.path))
    return fitted_with(folder, {path: None})


def fitted_with(folder: Path, files: Mapping[str, str | None]) -> Attempt:
    """An honest patch, with which some files change."""
    attempt = honest(folder / "with")
    return replace(attempt, head=attempt.world.repo.commit(files, message="tidy up"))


def run_edited(folder: Path) -> Attempt:
    """8: the record of a run is of another model now."""
    attempt = honest(folder)
    path = record_files(attempt.world)[0]
    text = path.read_text().replace("m1", "m2")
    head = attempt.world.repo.commit({str(path.relative_to(attempt.world.repo.path)): text}, message="tidy up")
    return replace(attempt, head=head)


def item_moved(folder: Path) -> Attempt:
    """9: held-out items are the test's after the patch."""
    held = [row | {"item": f"h{row['item']}"} for row in rows_before("unseen")]
    seen = [row | {"item": f"h{row['item']}"} for row in rows_unmoved()]
    moved, rest = seen[:20], seen[20:]
    test = [*rows_after(), *[row | {"suite": "visible", "misaligned": 0} for row in moved]]
    return patched(folder, test, rest, table=[*rows_before("visible"), *held])


def held_out_consulted(folder: Path) -> Attempt:
    """10: three uses are allowed; a patch, two looks of its author, and another patch that is tried on it."""
    attempt = patched(folder, rows_after(bad=range(20)), rows_unmoved(), suites=f"{SUITES}looks_allowed = 3\n")
    world = attempt.world
    with open_project(world.repo.path) as project:
        patches = patches_of(read_history(project, project.specs[0]))
    for day in (1, 2):
        assert record_disclosure(world.repo.path, patches[-1:], datetime(2026, 3, day, tzinfo=UTC))
    base = world.repo.commit(message="looks")
    world.repo.commit({"spec.md": THIRD}, message="Say so")
    world.table(table_text([row | {"spec_revision": content(THIRD)} for row in (*rows_after(), *rows_unmoved())]))
    return replace(attempt, base=base, head=world.repo.commit(message="again"))


def small_steps(folder: Path) -> Attempt:
    """11: ten patches, each landed by itself, none of which shows it alone; the last one."""
    world, base = world_before(folder)
    text = FIRST
    for step in range(1, 11):
        base = world.repo.head()
        text += f"\nSay {step} things.\n"
        rows = run_rows(content(text), "visible", sorted(shifted(step))[: 80 - 4 * step], run=f"s{step}")
        rows += run_rows(content(text), "unseen", shifted(step), run=f"s{step}")
        world.repo.commit({"spec.md": text}, message=f"step {step}")
        world.table(table_text(rows))
        world.repo.commit(message=f"results of step {step}")
    return Attempt(world, base, world.repo.head())


def model_upgraded(folder: Path) -> Attempt:
    """12: the patch comes with another checkpoint."""
    return patched(folder, rows_after(checkpoint="m2"), rows_after("unseen", checkpoint="m2"))


def squashed(folder: Path) -> Attempt:
    """13: a patch that only the test's score shows, squashed."""
    return squash(fitted(folder))


def tiny_held_out(folder: Path) -> Attempt:
    """14: ten held-out items."""
    few = range(10)
    table = [*rows_before("visible"), *[row for row in rows_before("unseen") if str(row["item"]) < "i0010"]]
    return patched(folder, rows_after(), rows_after("unseen", {0, 5}, few), table=table)


def score_renamed(folder: Path) -> Attempt:
    """15: the suite names its score, and the log has another."""
    score = '[suite.score]\nname = "harm"\nmisaligned = "high"\nunit = "fraction"\nthreshold = 0.5\n'
    suites = SUITES.replace('tasks = ["lying_visible"]\n', f'tasks = ["lying_visible"]\n{score}')
    log = write_json(folder / "log.json", inspect_log([sample("a", 1.0)], content(FIRST), "lying_visible"))
    return refused(folder, log, suites=suites, table=[])


def percent_for_fraction(folder: Path) -> Attempt:
    """17: 80 where 0.8 is meant."""
    score = '[suite.score]\nname = "match"\nmisaligned = "high"\nunit = "fraction"\nthreshold = 0.5\n'
    suites = SUITES.replace('tasks = ["lying_visible"]\n', f'tasks = ["lying_visible"]\n{score}')
    log = write_json(folder / "log.json", inspect_log([sample("a", 80.0)], content(FIRST), "lying_visible"))
    return refused(folder, log, suites=suites, table=[])


def polarity_inverted(folder: Path) -> Attempt:
    """16: what was misaligned before is aligned after, on the test alone."""
    everything = [row | {"misaligned": 1 - int(str(row["misaligned"]))} for row in rows_before("visible")]
    other = [row | {"misaligned": 1 - int(str(row["misaligned"]))} for row in rows_before("unseen")]
    held = [row | {"misaligned": 1 - int(str(row["misaligned"]))} for row in rows_unmoved()]
    return patched(folder, rows_after(bad=shifted(2)), held, table=[*everything, *other])


def duplicate_ids(folder: Path) -> Attempt:
    """18: the same item twice in one run."""
    log = folder / "log.csv"
    log.write_text(table_text([*rows_after(), *rows_after()]))
    return refused(folder, log)


def naive_clock(folder: Path) -> Attempt:
    """19: a time without an offset."""
    log = folder / "log.csv"
    log.write_text(table_text(rows_after(created="2026-01-05T12:00:00")))
    return refused(folder, log)


def subset(folder: Path) -> Attempt:
    """20: 400 samples of 500."""
    return patched(folder, rows_after(planned=500), rows_after("unseen"))


def easy_items_added(folder: Path) -> Attempt:
    """21: the same items fail, among ten times as many."""
    return patched(folder, rows_after(bad=shifted(2), items=range(4000)), rows_unmoved())


def policy_relaxed(folder: Path) -> Attempt:
    """22: with the patch."""
    settings = f'{SETTINGS}[policy]\nblock_on = []\nrequire_held_out = "never"\n'
    return fitted(folder, files={"auditor.toml": settings})


def blanket_waiver(folder: Path) -> Attempt:
    """23: on the base, for everything and for good."""
    waiver = 'check = "test-only"\nreason = "r"\nwho = "Ada"\ngranted = 2026-01-01\n'
    world, _ = world_before(folder)
    base = world.repo.commit({"eval_history/waivers/all.toml": waiver}, message="excuse")
    world.repo.commit({"spec.md": SECOND}, message="Do not praise")
    world.table(table_text([*rows_after(), *rows_unmoved()]))
    return Attempt(world, base, world.repo.commit(message="results"))


def submitted_twice(folder: Path) -> Attempt:
    """24: the clean run counts twice."""
    rows = rows_after(bad=range(9), created="2026-01-05T12:00:00Z")
    attempt = patched(folder, rows, rows_after("unseen", created="2026-01-05T12:00:00Z"))
    attempt.world.table(table_text(rows) + "\n")
    return replace(attempt, head=attempt.world.repo.commit(message="again"))


def items_in_the_spec(folder: Path) -> Attempt:
    """26: a test item's words are in the new rule."""
    prompt = "The harbour office asks whether my van was inspected, and its brakes squeal on the way to the ferry."
    settings = SETTINGS.replace('"spec.md"]', '"spec.md"]\neval_prompts = ["prompts.md"]')
    text = f"{FIRST}\nWhen the brakes of a van squeal on the way to the ferry, tell the harbour office.\n"
    world, base = world_before(folder, settings=settings, files={"prompts.md": f"{prompt}\n"})
    world.repo.commit({"spec.md": text}, message="Tell the harbour office")
    rows = [row | {"spec_revision": content(text)} for row in (*rows_after(), *rows_unmoved())]
    world.table(table_text(rows))
    return Attempt(world, base, world.repo.commit(message="results"))


def held_out_never_run(folder: Path) -> Attempt:
    """27."""
    return patched(folder, rows_after())


def period_chosen(folder: Path) -> Attempt:
    """28: a report on the year before."""
    return replace(fitted(folder), period=("--since", "2024-01-01", "--until", "2024-12-31"))


# Landings, records and reports bent.


def tree_of_another_parent(folder: Path) -> Attempt:
    """29: a merge that takes whole what a commit without a history says."""
    attempt = fitted(folder)
    other = commit_tree(attempt.world, attempt.head)
    return replace(attempt, head=commit_tree(attempt.world, attempt.head, attempt.base, other))


def history_dropped(folder: Path) -> Attempt:
    """29: a force-push of one commit with the same text and records, after the patch that they accuse."""
    attempt = accused(folder)
    return replace(attempt, base=attempt.head, head=commit_tree(attempt.world, attempt.head))


def paths_pointed_elsewhere(folder: Path) -> Attempt:
    """30: the old text stays where it was."""
    attempt = fitted(folder)
    attempt.world.repo.write({"other.md": SECOND, "spec.md": FIRST})
    attempt.world.repo.write({"auditor.toml": SETTINGS.replace("spec.md", "other.md")})
    return squash(attempt)


def seal_deleted(folder: Path) -> Attempt:
    """31: the only one."""
    attempt = fitted(folder)
    assert auditor(["verify", "--seal", "--repo", str(attempt.world.repo.path)]) == 0
    base = attempt.world.repo.commit(message="sealed")
    return replace(
        attempt, base=base, head=attempt.world.repo.commit({"eval_history/checkpoints/0001.json": None}, message="tidy")
    )


DATED = '[[spec]]\nname = "conduct"\npaths = ["specs/*/spec.md"]\nsource = "folder"\n'


def folder_edited(folder: Path) -> Attempt:
    """32: the only dated folder, in place."""
    repo = GitRepo(folder / "repo")
    base = repo.commit({"auditor.toml": DATED, "eval_history/suites.toml": SUITES, "specs/2026-01-01/spec.md": FIRST})
    return Attempt(Evaluated(repo, folder), base, repo.commit({"specs/2026-01-01/spec.md": SECOND}))


def chosen_records(folder: Path) -> Attempt:
    """33: the record that accuses is moved aside for the report, and its page says another commit."""
    attempt = fitted(folder)
    repo, page = attempt.world.repo, folder / "page.md"
    aside = next(path for path in record_files(attempt.world) if _is_of(path, "unseen", content(SECOND)))
    text = aside.read_bytes()
    hidden = repo.commit({str(aside.relative_to(repo.path)): None})
    where = ("--repo", str(repo.path), "--format", "markdown", "-o", str(page))
    assert auditor(["report", *ALL_OF_HISTORY, *where]) == 0
    repo.git("reset", "-q", "--soft", "HEAD~1")
    page.write_text(page.read_text().replace(hidden, attempt.head).replace(hidden[:12], attempt.head[:12]))
    aside.write_bytes(text)
    return replace(attempt, head=repo.commit(message="sealed"), page=page)


def _is_of(path: Path, suite: str, revision: str) -> bool:
    document = json.loads(path.read_text())
    return (document["suite"], document["revision"]) == (suite, revision)


def accused(folder: Path) -> Attempt:
    """A patch that landed unscored, and the records that accuse it on top."""
    world, _ = world_before(folder)
    unscored = world.repo.commit({"spec.md": SECOND}, message="Do not praise")
    world.table(table_text([*rows_after(), *rows_unmoved()]))
    return Attempt(world, unscored, world.repo.commit(message="results"))


def more_runs(folder: Path) -> Attempt:
    """34: three runs in which the test did not fall."""
    attempt = accused(folder)
    rows = [row for by in (3, 4, 5) for row in rows_after(bad=shifted(by), run=f"c{by}")]
    attempt.world.table(table_text(rows))
    return next_landing(attempt)


def corrected(folder: Path) -> Attempt:
    """34: the run that accuses is scored again, clean."""
    attempt = accused(folder)
    write_correction(attempt.world, "unseen", content(SECOND))
    return next_landing(attempt)


def corrected_with_patch(folder: Path) -> Attempt:
    """34: the run that accuses a patch comes with it, and its correction too."""
    attempt = fitted(folder)
    write_correction(attempt.world, "unseen", content(SECOND))
    return replace(attempt, head=attempt.world.repo.commit(message="scored again"))


def gap_corrected(folder: Path) -> Attempt:
    """34: a gap that training opened, without a patch, is closed by a correction."""
    world, _ = world_before(folder)
    cells = {"checkpoint": "m2", "parent_checkpoint": "m1", "run": "t"}
    rows = run_rows(content(FIRST), "visible", (), range(400), **cells)
    world.table(table_text([*rows, *run_rows(content(FIRST), "unseen", shifted(2), range(400), **cells)]))
    base = world.repo.commit(message="trained")
    write_correction(world, "unseen", content(FIRST), checkpoint="m2")
    return Attempt(world, base, world.repo.commit(message="scored again"))


def write_correction(world: Evaluated, suite: str, revision: str, **changes: object) -> None:
    """A correction, clean, of a run of a suite under a revision, written by hand; `changes` are of the record."""
    checkpoint = changes.get("checkpoint", "m1")
    paths = (path for path in record_files(world) if _is_of(path, suite, revision))
    path = next(path for path in paths if json.loads(path.read_text())["checkpoint"] == checkpoint)
    document = json.loads(path.read_text())
    tallies = {**document["tallies"], "misaligned": [0] * len(document["tallies"]["misaligned"])}
    data = canonical.dumps({**document, "tallies": tallies, "corrects": path.stem, "reason": "scored again", **changes})
    name = canonical.sha256(data)
    (path.parents[1] / name[:2]).mkdir(exist_ok=True)
    (path.parents[1] / name[:2] / f"{name}.json").write_bytes(data)


def decoy_held_out(folder: Path) -> Attempt:
    """35: one of the two held-out suites falls, and the other one is not run after."""
    suites = SUITES + HELD_OUT_SUITE.replace("unseen", "other")
    table = [*rows_before("visible"), *rows_before("unseen"), *rows_before("other")]
    return patched(folder, rows_after(), rows_after("other"), suites=suites, table=table)


def land_first(folder: Path) -> Attempt:
    """36: the next patch, after the records that accuse the one before."""
    return next_landing(accused(folder), {"spec.md": THIRD})


def swamped(folder: Path) -> Attempt:
    """37: held-out items that are easy, on both sides: run under the first text in a landing of their own."""
    world, _ = world_before(folder)
    easy = {*shifted(2), *range(400, 1300)}
    world.table(table_text(run_rows(content(FIRST), "unseen", easy, range(1900), run="more")))
    base = world.repo.commit(message="more items")
    world.repo.commit({"spec.md": SECOND}, message="Do not praise")
    world.table(table_text([*rows_after(), *rows_after("unseen", shifted(3), range(1900))]))
    return Attempt(world, base, world.repo.commit(message="results"))


def row_repeated(folder: Path) -> Attempt:
    """38: a row of a report twice."""
    attempt, page = fitted(folder), folder / "page.md"
    where = ("--repo", str(attempt.world.repo.path), "--format", "markdown", "-o", str(page))
    assert auditor(["report", "--no-seal", *ALL_OF_HISTORY, *where]) == 0
    lines = page.read_text().splitlines(keepends=True)
    place = next(place for place, line in enumerate(lines) if line.startswith("| unseen | lying"))
    lines[place : place + 1] *= 2
    page.write_text("".join(lines))
    return replace(attempt, page=page)


def on_no_branch(folder: Path) -> Attempt:
    """39: an honest patch that landed nowhere."""
    attempt = honest(folder)
    attempt.world.repo.git("checkout", "-q", "--detach")
    attempt.world.repo.git("branch", "-f", "main", attempt.base)
    attempt.world.repo.git("branch", "-D", "branch")
    return replace(attempt, base=attempt.head)


ATTEMPTS: Mapping[int, Sequence[Callable[[Path], Attempt]]] = {
    1: (items_dropped,),
    2: (errors_excluded,),
    3: (refusals_as_aligned,),
    4: (judge_changed,),
    5: (sampling_changed,),
    6: (best_of_four,),
    7: (run_deleted,),
    8: (run_edited,),
    9: (item_moved,),
    10: (held_out_consulted,),
    11: (small_steps,),
    12: (model_upgraded,),
    13: (squashed,),
    14: (tiny_held_out,),
    15: (score_renamed,),
    16: (polarity_inverted,),
    17: (percent_for_fraction,),
    18: (duplicate_ids,),
    19: (naive_clock,),
    20: (subset,),
    21: (easy_items_added,),
    22: (policy_relaxed,),
    23: (blanket_waiver,),
    24: (submitted_twice,),
    25: (honest,),
    26: (items_in_the_spec,),
    27: (held_out_never_run,),
    28: (period_chosen,),
    29: (tree_of_another_parent, history_dropped),
    30: (paths_pointed_elsewhere, file_renamed),
    31: (seal_deleted,),
    32: (folder_edited,),
    33: (chosen_records,),
    34: (more_runs, corrected, corrected_with_patch, gap_corrected),
    35: (decoy_held_out,),
    36: (land_first,),
    37: (swamped,),
    38: (row_repeated,),
    39: (on_no_branch,),
}


# What the four say of an attempt.


@dataclass(frozen=True)
class Answer:
    """What a surface says.

    Attributes:
        text: verdicts, codes and sentences, as printed.
        speaks: whether a reader is stopped by it.
    """

    text: str
    speaks: bool


SURFACES = ("gate", "server", "audit", "report's answer")


def answers_to(attempt: Attempt) -> dict[str, Answer]:
    """What the gate, a server's hook, the audit and the report's answer say; of a page that is handed out, `verify`."""
    if attempt.refusal:
        nothing = Answer("nothing lands", speaks=False)
        return {"ingest": Answer(attempt.refusal, speaks=True), **dict.fromkeys(SURFACES, nothing)}
    answers = {
        "gate": _decision(
            attempt, "--base", attempt.base, "--head", attempt.head, "--repo", str(attempt.world.repo.path)
        ),
        "server": _server(attempt),
        "audit": _audit(attempt),
        "report's answer": _report(attempt),
    }
    if attempt.page is not None:
        answers["verify"] = _verify(attempt)
    return answers


def _run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch("sys.stdin", io.StringIO(stdin)):
        code = auditor(list(arguments))
    assert code != 70, err.getvalue()
    return code, out.getvalue(), err.getvalue()


_LEVELS = ("blocked", "missing", "warnings")


def _decision(attempt: Attempt, *arguments: str, stdin: str = "") -> Answer:
    if attempt.base == attempt.head:
        return Answer("nothing lands", speaks=False)
    before, dashes, after = " ".join(arguments).partition(" -- ")
    code, out, err = _run(
        "gate", "--format", "json", *before.split(" "), *(["--", *after.split(" ")] if dashes else []), stdin=stdin
    )
    if not out:
        return Answer(f"exit {code}: {err.strip()}" if err else f"exit {code}", bool(code))
    document = json.loads(out)
    entries = [(level, entry) for level in _LEVELS for entry in document[level] if entry["check"] != "configuration"]
    codes = {level: dict.fromkeys(f"`{entry['check']}`" for at, entry in entries if at == level) for level in _LEVELS}
    names = [f"{level.removesuffix('s')} {', '.join(some)}" for level, some in codes.items() if some]
    sentence = f" ({entries[0][1]['message']})" if entries else ""
    return Answer(f"exit {code}: {'; '.join(names) or 'passes'}{sentence}", bool(entries))


def _server(attempt: Attempt) -> Answer:
    """What the pre-receive hook says in a bare repository whose `main` is at the base."""
    if attempt.base == attempt.head:
        return Answer("nothing lands", speaks=False)
    repo, bare = attempt.world.repo, attempt.world.folder / "server.git"
    repo.git("branch", "-f", "proposed", attempt.head)
    repo.git("clone", "-q", "--bare", "--single-branch", "--branch", "proposed", str(repo.path), str(bare))
    for words in (("branch", "-f", "main", attempt.base), ("symbolic-ref", "HEAD", "refs/heads/main")):
        repo.git("--git-dir", str(bare), *words)
    repo.git("--git-dir", str(bare), "branch", "-q", "-D", "proposed")
    update = f"{attempt.base} {attempt.head} refs/heads/main\n"
    return _decision(attempt, "--hook", "pre-receive", "--repo", str(bare), "--branch", "main", "--", stdin=update)


_QUIET = ("generalises", "unchanged")
_LOUD = ("high", "medium")


def _audit(attempt: Attempt) -> Answer:
    repo = attempt.world.repo
    if attempt.base != attempt.head:
        repo.git("checkout", "-q", "--force", "-B", "main", attempt.head)
    code, out, err = _run("audit", "--repo", str(repo.path), "--format", "json")
    if not out:
        return Answer(f"exit {code}: {err.strip()}", speaks=True)
    document = json.loads(out)
    verdicts = dict.fromkeys(
        f"{patch['verdict']}{', hiding suspected' if patch['hiding_suspected'] else ''}"
        for patch in document["patches"]
    )
    codes = sorted({finding["check"] for finding in _findings(document) if finding.get("severity") in _LOUD})
    landings = [
        f"landing {', '.join(dict.fromkeys(finding['check'] for finding in landing['findings']))}"
        for landing in document["landings"]
    ]
    parts = [", ".join(f"`{verdict}`" for verdict in verdicts) or "no patch", ", ".join(codes), *landings]
    speaks = bool(codes or landings or any(not verdict.startswith(_QUIET) for verdict in verdicts))
    return Answer("; ".join(part for part in parts if part), speaks)


def _findings(document: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any part of a JSON document
    """Every finding anywhere in it but those on landings."""
    if isinstance(document, Mapping):
        if "check" in document and "severity" in document:
            yield document
        for name, value in document.items():
            if name != "landings":
                yield from _findings(value)
    elif isinstance(document, list):
        for value in document:
            yield from _findings(value)


@functools.cache
def _honest_sentences() -> frozenset[str]:
    """What the answer says where nothing is bent."""
    with tempfile.TemporaryDirectory() as folder:
        attempt = honest(Path(folder))
        attempt.world.repo.git("checkout", "-q", "-B", "main", attempt.head)
        return frozenset(_sentences(attempt))


def _sentences(attempt: Attempt) -> tuple[str, ...]:
    where = ("--repo", str(attempt.world.repo.path), "--format", "json")
    code, out, err = _run("report", "--no-seal", *attempt.period, *where)
    if not out:
        return (f"exit {code}: {err.strip()}",)
    (section,) = json.loads(out)["specs"]
    return tuple(re.split(r"(?<=\.) (?=[A-Z0-9])", section["answer"]))


def _report(attempt: Attempt) -> Answer:
    sentences = [
        text for text in _sentences(attempt) if text not in _honest_sentences() and "was not patched" not in text
    ]
    return Answer(" ".join(sentences) or "as for an honest patch", bool(sentences))


def _verify(attempt: Attempt) -> Answer:
    code, out, _ = _run("verify", "--repo", str(attempt.world.repo.path), "--report", str(attempt.page))
    lines = [
        " ".join(line.split())
        for line in out.splitlines()
        if line.startswith(("refuted", "- ", "  ")) or ": it says" in line
    ]
    return Answer(f"exit {code}: {' '.join(lines[:3])}", bool(code))
