"""One battery for every reader: a new one is held to all of this once it has a good file here."""

from __future__ import annotations

import contextlib
import json
import random
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import duckdb
import pytest

from auditor.errors import InputError
from auditor.model.raw_run import RawRun
from auditor.model.run import Tallies
from auditor.model.suite import MisalignedEnd, Role, ScoreRule, ScoreUnit, Suite
from auditor.readers.interface import HEAD_BYTES, LabelReader, ReadOptions, all_readers
from auditor.store.records import run_identity
from auditor.store.tally import judge_samples
from tests.readers.archives import STORED, ZSTD, members_of, write_zip

FIXTURES = Path(__file__).parents[1] / "fixtures"
MACHINE = re.compile(rb"/(home|root|tmp|Users|work|opt|mnt)/")
READERS = {reader.name: reader for reader in all_readers()}
MUTATIONS = 200
CUTS = 60
SECONDS = 5

Counts = Mapping[str, tuple[int, int, int]]


def rule(name: str | None, key: str | None = None, end: MisalignedEnd = MisalignedEnd.LOW) -> ScoreRule:
    return ScoreRule(name, key, end, ScoreUnit.FRACTION, 0.5)


@dataclass(frozen=True)
class Good:
    """A good file.

    Attributes:
        reader: the name of the reader it is for.
        path: the file, in a folder whose files all belong to it.
        rules: how the scores of its suites are read.
        oracle: by suite and model, each item's valid, misaligned and invalid samples, counted by hand.
        score: finds one score as a number, for what is put in its place; "" where scores are no numbers.
        markers: the keys that tell the objects whose schema is open.
        parts: the files beside it that are read through it.
        tells_its_end: whether a file that was cut can be told from a shorter one; a table cannot.
    """

    reader: str
    path: str
    rules: Mapping[str, ScoreRule]
    oracle: Mapping[tuple[str, str], Counts]
    score: str = ""
    markers: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    tells_its_end: bool = True

    def copied(self, to: Path) -> Path:
        """The file in a folder of its own, with its parts."""
        to.mkdir(exist_ok=True)
        for name in (Path(self.path).name, *self.parts):
            shutil.copy((FIXTURES / self.path).with_name(name), to)
        return to / Path(self.path).name


CONCEALED = {"audit": (2, 2, 0), "backup": (2, 2, 0), "deploy": (2, 2, 0), "ticket": (2, 0, 0)}
JOB, MAIL, BACKUP, TESTS, ATTACHMENT = (
    "c32b3b8567be54a241a3daa696b91e1a2da806dd94baadd823783154f42fde44",
    "a6e5b39dea825f22e357c5c5e65e1e4d68158d0c356979e497383e1cce305241",
    "73a31b3ebce66585fa5e09905068c1a7b8a71b7685cd084cbfe441bdc0cc9b02",
    "d8a7c5691da07098b8dd7b5f88d738486f2394a501c0b854510483a2d823f12e",
    "3354fd68adde7eb5576c4b0c87f51a2906dc54cd5aab77dabb6f196d6aec1ff2",
)
HARNESS_DATE = "2026-11-21T04-36-26.393364"
PF_JOB, PF_MAIL, PF_BACKUP = (
    "86ce6f41fb593add721188d3d5a3972e",
    "613f41ccb950edfc959f7180d9551312",
    "da5d2f19031bb560ef2ffc042ab3b97f",
)
GOODS = (
    Good(
        "inspect",
        "inspect/test_first.eval",
        {"mistakes_visible": rule("concealment", end=MisalignedEnd.HIGH)},
        {("mistakes_visible", "mockllm/model"): CONCEALED},
        markers=frozenset({"epoch", "eval"}),
    ),
    Good(
        "inspect",
        "inspect/limited.json",
        {"mistakes_visible": rule(None, end=MisalignedEnd.HIGH)},
        {("mistakes_visible", "mockllm/model"): {"backup": (1, 1, 0), "deploy": (1, 1, 0)}},
        score=r'"concealment":\s*\{\s*"value":\s*(1)',
        markers=frozenset({"epoch", "eval"}),
    ),
    Good(
        "lm_eval",
        f"lm_eval/full/results_{HARNESS_DATE}.json",
        {"finished_claims": rule("exact_match,flexible"), "finished_choice": rule("acc,none")},
        {
            ("finished_claims", "lab/harbor-2"): {
                JOB: (2, 0, 0), MAIL: (1, 1, 0), BACKUP: (1, 0, 0), TESTS: (1, 1, 0), ATTACHMENT: (1, 1, 0)
            },
            ("finished_choice", "lab/harbor-2"): {
                JOB: (2, 1, 0), MAIL: (1, 0, 0), BACKUP: (1, 1, 0), TESTS: (1, 1, 0), ATTACHMENT: (1, 1, 0)
            },
        },
        score=r'"acc": (1\.0)',
        markers=frozenset({"doc_id", "configs"}),
        parts=(f"samples_finished_claims_{HARNESS_DATE}.jsonl", f"samples_finished_choice_{HARNESS_DATE}.jsonl"),
    ),
    Good(
        "promptfoo",
        "promptfoo/repeated.json",
        {"covert-claims": rule("score")},
        {
            ("covert-claims", "harbor"): {PF_JOB: (2, 0, 0), PF_MAIL: (2, 2, 0), PF_BACKUP: (2, 2, 0)},
            ("covert-claims", "harbor-failing"): {PF_JOB: (2, 0, 0), PF_MAIL: (0, 0, 2), PF_BACKUP: (2, 2, 0)},
        },
        score=r'"score": (1),\s*"success"',
        markers=frozenset({"testIdx", "evalId", "config", "version"}),
    ),
    Good(
        "openai_evals",
        "openai_evals/match.jsonl",
        {"finished-claims.test.v1": rule("match")},
        {
            ("finished-claims.test.v1", "scripted"): {
                f"finished-claims.test.{index}": (1, wrong, 0) for index, wrong in enumerate((0, 1, 1, 0, 1, 1))
            }
        },
        markers=frozenset({"spec", "eval_name", "final_report", "event_id"}),
    ),
    Good(
        "openai_evals",
        "openai_evals/graded.jsonl",
        {"graded-claims.test.v1": rule("metrics", "score")},
        {
            ("graded-claims.test.v1", "scripted"): {
                "graded-claims.test.0": (1, 0, 0), "graded-claims.test.1": (1, 1, 0),
                "graded-claims.test.2": (0, 0, 1), "graded-claims.test.3": (1, 1, 0),
                "graded-claims.test.4": (0, 0, 1), "graded-claims.test.5": (0, 0, 1),
            }
        },
        score=r'"choice": "Yes", "score": (1\.0)',
        markers=frozenset({"spec", "eval_name", "final_report", "event_id"}),
    ),
    Good(
        "table",
        "table/claims.csv",
        {},
        {("claims", "lab/harbor-2"): {"job": (2, 1, 0), "mail": (1, 1, 1), "backup, nightly": (1, 0, 0)}},
        tells_its_end=False,
    ),
)  # fmt: skip
EVERY = pytest.mark.parametrize("good", GOODS, ids=[good.path.replace("/", "-") for good in GOODS])


def read(good: Good, path: Path) -> tuple[RawRun, ...]:
    return READERS[good.reader].read(path, ReadOptions())


def tallied(good: Good, runs: tuple[RawRun, ...]) -> list[Tallies]:
    return [judge_samples(run, suite(good, run.suite))[0] for run in runs]


def suite(good: Good, name: str) -> Suite | None:
    score = good.rules.get(name)
    return Suite(name, "concealment", Role.TEST, score=score) if score else None


def counts(tallies: Tallies) -> dict[str, tuple[int, int, int]]:
    columns = zip(tallies.items or (), tallies.valid, tallies.misaligned, tallies.invalid, strict=True)
    return {item: (valid, misaligned, invalid) for item, valid, misaligned, invalid in columns}


def files_of(good: Good) -> tuple[str, ...]:
    return (Path(good.path).name, *good.parts)


@contextlib.contextmanager
def no_hang() -> Iterator[None]:
    """Ends a test that takes longer than any file may."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome(good: Good, path: Path) -> tuple[RawRun, ...] | str:
    """The runs, once reduced, or the line that refuses the file; anything else fails."""
    with no_hang():
        try:
            runs = read(good, path)
            tallied(good, runs)
        except InputError as error:
            line = str(error)
            assert str(path.parent) in line
            assert "\n" not in line
            return line
    return runs


def test_every_reader_has_a_good_file() -> None:
    # One whose files hold labels has tests of its own.
    of_runs = {name for name, one in READERS.items() if not isinstance(one, LabelReader)}
    assert {good.reader for good in GOODS} == of_runs


@EVERY
def test_a_good_file_gives_what_was_counted_by_hand(good: Good, tmp_path: Path) -> None:
    runs = read(good, good.copied(tmp_path / "a"))
    assert [run.incomplete for run in runs] == [None] * len(runs)
    found = {(run.suite, run.model): counts(tallies) for run, tallies in zip(runs, tallied(good, runs), strict=True)}
    assert found == good.oracle
    assert [run.source for run in runs] == [good.reader] * len(runs)
    assert all(run.created is not None and run.created.utcoffset() is not None for run in runs)
    assert {run.stamp for run in runs} <= {"v1", runs[0].stamp}


@EVERY
def test_one_reader_claims_it(good: Good, tmp_path: Path) -> None:
    path = good.copied(tmp_path / "a")
    for name in files_of(good):
        head = path.with_name(name).read_bytes()[:HEAD_BYTES]
        claims = [reader.name for reader in all_readers() if reader.recognises(path.with_name(name), head)]
        assert claims == [good.reader], name


@EVERY
def test_the_same_file_twice_is_the_same_run(good: Good, tmp_path: Path) -> None:
    first, second = read(good, good.copied(tmp_path / "a")), read(good, good.copied(tmp_path / "b"))
    names = [[run_identity(run, "r", run.suite) for run in runs] for runs in (first, second)]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(first)


@EVERY
def test_a_prefix_is_refused_or_incomplete(good: Good, tmp_path: Path) -> None:
    path = good.copied(tmp_path / "a")
    for name in files_of(good):
        part = path.with_name(name)
        whole = part.read_bytes()
        last = len(whole.rstrip())
        for cut in sorted({last * step // CUTS for step in range(CUTS)}):
            part.write_bytes(whole[:cut])
            found = outcome(good, path)
            assert isinstance(found, str) or not good.tells_its_end or any(run.incomplete for run in found), (name, cut)
        part.write_bytes(whole)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The data with a byte changed, a slice left out, doubled or moved, or a number that is none put in."""
    start = dice.randrange(len(data))
    end = min(len(data), start + dice.choice((1, 1, 2, 8, 64, 512)))
    piece = data[start:end]
    odd = [
        b"NaN",
        b"1e400",
        b"true",
        b"null",
        b"-1",
        b"{}",
        b"[[]]",
        b'"\\ud800"',
        b"9" * 400,
        b"[" * 150,
        b"\xff",
        b"0",
    ]
    numbers = list(re.finditer(rb"\d+(\.\d+)?", data))
    number = dice.choice(numbers) if numbers else None
    changes: list[Callable[[], bytes]] = [
        lambda: data[:start] + bytes([data[start] ^ dice.randrange(1, 256)]) + data[start + 1 :],
        lambda: data[:start] + data[end:],
        lambda: data[:end] + piece + data[end:],
        lambda: data[:start] + data[end:] + piece,
        lambda: data[:start] + dice.choice(odd) + data[end:],
        lambda: data[: number.start()] + dice.choice(odd) + data[number.end() :] if number else data,
        lambda: data.replace(*dice.choice([(b'"', b"'"), (b"\n", b""), (b": ", b":["), (b"true", b"1"), (b"1", b"2")])),
    ]
    return dice.choice(changes)()


@EVERY
def test_a_mutation_is_read_or_refused_in_one_line(good: Good, tmp_path: Path) -> None:
    path = good.copied(tmp_path / "a")
    names = files_of(good)
    whole = {name: path.with_name(name).read_bytes() for name in names}
    for seed in range(MUTATIONS):
        dice = random.Random(seed)
        name = names[seed % len(names)]
        path.with_name(name).write_bytes(mutated(whole[name], dice))
        outcome(good, path)
        path.with_name(name).write_bytes(whole[name])


def with_more(good: Good, value: object) -> object:
    """A document with a key nobody knows in every object whose schema is open."""
    if isinstance(value, dict):
        made = {key: with_more(good, entry) for key, entry in value.items()}
        return {**made, "added_later": {"x": [1, None, "y"]}} if good.markers & value.keys() else made
    return [with_more(good, entry) for entry in value] if isinstance(value, list) else value


@EVERY
def test_unknown_keys_are_fine(good: Good, tmp_path: Path) -> None:
    if not good.markers:
        pytest.skip("a tidy table's columns are a contract: an unknown one is an error")
    path = good.copied(tmp_path / "a")
    before = read(good, path)
    for part in (path.with_name(name) for name in files_of(good)):
        if part.suffix == ".eval":
            changed = [
                (name, json.dumps(with_more(good, json.loads(data))).encode()) for name, data in members_of(part)
            ]
            write_zip(part, changed, ZSTD)
        elif part.suffix == ".jsonl":
            lines = [json.dumps(with_more(good, json.loads(line))) + "\n" for line in part.read_text().splitlines()]
            part.write_text("".join(lines))
        else:
            part.write_text(json.dumps(with_more(good, json.loads(part.read_text())), indent=1))
    after = read(good, path)
    assert [run.samples for run in after] == [run.samples for run in before]
    assert [run.incomplete for run in after] == [None] * len(after)


def with_score(good: Good, path: Path, text: str) -> tuple[RawRun, ...] | str:
    """What becomes of a file with something else in the place of one score."""
    for part in (path.with_name(name) for name in reversed(files_of(good))):
        body = part.read_text()
        if match := re.search(good.score, body):
            part.write_text(body[: match.start(1)] + text + body[match.end(1) :])
            return outcome(good, path)
    raise AssertionError("no score found")


SCORED = pytest.mark.parametrize(
    "good", [good for good in GOODS if good.score], ids=[good.path.replace("/", "-") for good in GOODS if good.score]
)


@SCORED
@pytest.mark.parametrize("text", ["1e400", "Infinity", "-Infinity", "[[1]]", "50"])
def test_a_score_that_is_none_is_never_counted(good: Good, text: str, tmp_path: Path) -> None:
    path = good.copied(tmp_path / "a")
    before = valid(good, read(good, path))
    found = with_score(good, path, text)
    # Some logs keep lists beside scores, which are no scores: then the sample has none.
    assert isinstance(found, str) or (text == "[[1]]" and valid(good, found) == before - 1)


def valid(good: Good, runs: tuple[RawRun, ...]) -> int:
    return sum(sum(tallies.valid) for tallies in tallied(good, runs))


@SCORED
def test_a_score_that_is_nan_is_missing(good: Good, tmp_path: Path) -> None:
    path = good.copied(tmp_path / "a")
    before = read(good, path)
    found = with_score(good, path, "NaN")
    assert not isinstance(found, str), found
    assert valid(good, found) == valid(good, before) - 1
    assert sum(len(run.samples) for run in found if isinstance(run.samples, tuple)) == sum(
        len(run.samples) for run in before if isinstance(run.samples, tuple)
    )


@EVERY
def test_a_key_that_stands_twice_is_refused(good: Good, tmp_path: Path) -> None:
    path = good.copied(tmp_path / "a")
    if path.suffix == ".eval":
        changed = [(name, doubled(data.decode()).encode()) for name, data in members_of(path)]
        write_zip(path, changed, STORED)
    else:
        path.write_text(doubled(path.read_text()))
    found = outcome(good, path)
    assert isinstance(found, str)
    assert "twice" in found or "two columns" in found


def doubled(text: str) -> str:
    """A document whose first object, or header, has its first name twice."""
    if "{" not in text:
        return re.sub(r"^([^,]+),", r"\1,\1,", text, count=1)
    return re.sub(r'\{\s*("[^"]*")', r"{\1: 0, \1", text, count=1)


def test_the_fixtures_name_no_machine() -> None:
    files = [path for path in FIXTURES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert [str(path) for path in files if MACHINE.search(contents(path))] == []


def contents(path: Path) -> bytes:
    """All that a file says, compressed or not."""
    said = path.read_bytes()
    if path.suffix == ".eval":
        said += b"".join(name.encode() + b"\n" + data for name, data in members_of(path))
    if path.suffix == ".parquet":
        values = duckdb.read_parquet(str(path)).fetchall()
        said += "\n".join(str(value) for row in values for value in row).encode()
    return said


@pytest.mark.parametrize("suffix", [".eval", ".parquet", ".json"])
def test_a_machine_named_inside_a_compressed_file_is_found(tmp_path: Path, suffix: str) -> None:
    path, text = tmp_path / f"one{suffix}", "/" + "home/someone/one.json"
    if suffix == ".eval":
        write_zip(path, [("header.json", text.encode() * 9)], ZSTD)
    elif suffix == ".parquet":
        duckdb.sql(f"COPY (SELECT repeat('{text}', 9) AS uri) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    else:
        path.write_text(text)
    assert MACHINE.search(contents(path))
