from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.canonical import dumps, loads, sha256, to_text
from auditor.model.run import (
    Ablation,
    AblationKind,
    Awareness,
    Exposure,
    Grade,
    ItemDetails,
    ItemManifest,
    ProtocolDetails,
    ReportedTotal,
    Run,
    SampleReasons,
    ScoreName,
    SeverityTally,
    Tallies,
    TextSignals,
)
from auditor.model.suite import Role
from auditor.store.codec import decode_items, decode_record, encode_record
from auditor.store.records import Outcome, load_records, record_id, run_identity
from tests.store.builders import TALLIES, a_raw_run, a_run, digest
from tests.store.writers import STORE, acknowledge, claim, store, write_some

ADDED, PRESENT = Outcome.ADDED, Outcome.PRESENT


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def loaded(root: Path) -> tuple[Run, ...]:
    return load_records(Folder(root), STORE)


def test_a_run_is_one_file_named_by_its_content_and_one_item_manifest(tmp_path: Path) -> None:
    run = a_run()
    record, items = encode_record(run)
    assert items == b'{"ids":["i1","i2"],"schema":"auditor.items/2"}\n'
    assert store(tmp_path).add([run]) == (ADDED,)
    name = sha256(record)
    assert content(tmp_path) == {
        f"{STORE}/records/{name[:2]}/{name}.json": record,
        f"{STORE}/items/{sha256(items)}.json": items,
    }
    assert loaded(tmp_path) == (replace(run, record=name),)
    assert record_id(run) == name


def test_a_record_is_canonical(tmp_path: Path) -> None:
    record, _ = encode_record(a_run(created=datetime(2026, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))))
    assert record == encode_record(a_run())[0]
    assert record == dumps(json.loads(record))
    assert json.loads(record)["schema"] == "auditor.record/2"
    assert "where" not in json.loads(record)


def test_runs_with_the_same_items_share_the_manifest(tmp_path: Path) -> None:
    store(tmp_path).add([a_run("a"), a_run("b")])
    assert len(list((tmp_path / STORE / "items").iterdir())) == 1


def test_a_tally_of_a_whole_suite_has_no_manifest(tmp_path: Path) -> None:
    run = a_run(tallies=Tallies(None, (50,), (4,), (0,), design_effect=1.5))
    store(tmp_path).add([run])
    assert not (tmp_path / STORE / "items").exists()
    assert loaded(tmp_path)[0].tallies == run.tallies


def test_an_empty_store_has_no_runs(tmp_path: Path) -> None:
    assert loaded(tmp_path) == ()
    assert store(tmp_path).add([]) == ()
    assert content(tmp_path) == {}


def test_any_order_and_any_number_of_times_ends_in_the_same_bytes(tmp_path: Path) -> None:
    runs = [a_run(f"log-{index}", tallies=replace(TALLIES, invalid=(index, 0))) for index in range(12)]
    states = []
    for seed in range(4):
        root = tmp_path / str(seed)
        root.mkdir()
        shuffled = random.Random(seed).sample(runs * 2, k=24)
        for start in range(0, 24, 1 + 5 * seed):
            store(root).add(shuffled[start : start + 1 + 5 * seed])
        states.append(content(root))
    assert all(state == states[0] for state in states)
    assert len(states[0]) == 13


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    writer = store(tmp_path)
    assert writer.add([a_run("a"), a_run("b"), a_run("a")]) == (ADDED, ADDED, PRESENT)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    assert writer.add([a_run("b"), a_run("c")]) == (PRESENT, ADDED)
    assert store(tmp_path).add([a_run("c")]) == (PRESENT,)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


def test_a_record_that_went_is_written_again(tmp_path: Path) -> None:
    writer = store(tmp_path)
    writer.add([a_run()])
    next((tmp_path / STORE / "records").rglob("*.json")).unlink()
    assert writer.add([a_run()]) == (ADDED,)
    assert len(loaded(tmp_path)) == 1


CHANGED = replace(TALLIES, misaligned=(0, 0))


@pytest.mark.parametrize("together", [True, False])
def test_one_identity_with_other_content_is_refused_before_anything_is_written(tmp_path: Path, together: bool) -> None:
    first, second, third = a_run(), a_run(tallies=CHANGED), a_run("log-2")
    if not together:
        store(tmp_path).add([first])
    before = content(tmp_path)
    with pytest.raises(RecordError) as caught:
        store(tmp_path).add([third, second, first] if together else [third, second])
    assert str(caught.value).startswith("run log-1: one run identity with different content: ")
    assert "; where it was scored again, correct it: auditor ingest --correct " in str(caught.value)
    assert content(tmp_path) == before
    assert list(tmp_path.iterdir()) == ([] if together else [tmp_path / STORE])


def test_a_correction_names_what_it_corrects(tmp_path: Path) -> None:
    first = a_run()
    second = a_run(tallies=CHANGED, corrects=record_id(first), reason="the judge was rescored")
    third = a_run(planned=9, corrects=record_id(second), reason="planned more")
    assert store(tmp_path).add([third, first, second]) == (ADDED,) * 3
    assert store(tmp_path).add([first, second]) == (PRESENT,) * 2
    assert {run.corrects for run in loaded(tmp_path)} == {None, record_id(first), record_id(second)}
    with pytest.raises(RecordError, match=f"auditor ingest --correct {record_id(third)} "):
        store(tmp_path).add([a_run(planned=7, corrects=record_id(first), reason="another")])


def test_a_correction_of_nothing_is_refused(tmp_path: Path) -> None:
    store(tmp_path).add([a_run("other")])
    with pytest.raises(RecordError, match=r"^run log-1: corrects: .* is no record of it; record the run without it$"):
        store(tmp_path).add([a_run(corrects=record_id(a_run("other")), reason="why")])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"created": datetime(2026, 1, 1)}, "created"),
        ({"revision": "v1"}, "revision"),
        ({"model": ""}, "model"),
        ({"model": "\ud800"}, "cannot be recorded"),
        ({"planned": -1}, "planned"),
        ({"tallies": replace(TALLIES, misaligned=(3, 0))}, "tallies.misaligned"),
        ({"tallies": replace(TALLIES, valid=(2,))}, "tallies.valid"),
        ({"tallies": replace(TALLIES, items=("b", "a"))}, "ids"),
        ({"tallies": replace(TALLIES, design_effect=0.5)}, "tallies.design_effect"),
        ({"tallies": replace(TALLIES, design_effect=float("nan"))}, "tallies.design_effect"),
        ({"tallies": replace(TALLIES, aware=Awareness((1, 1), (0, 1), (0, 1)))}, "tallies.aware.aware_misaligned"),
        ({"tallies": replace(TALLIES, severity=SeverityTally((1, 0), (1.5, 0.0)))}, "tallies.severity.total"),
    ],
)
def test_what_no_record_can_hold_is_refused_in_one_line(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordError) as caught:
        store(tmp_path).add([a_run("good"), a_run(**changes)])
    assert str(caught.value).startswith(f"run log-1: {field}: ")
    assert content(tmp_path) == {}


def change(root: Path, edit: Callable[[bytes], bytes]) -> Path:
    """Rewrite the only record under `root`, under the name its new content has."""
    old = next((root / STORE / "records").rglob("*.json"))
    data = edit(old.read_bytes())
    name = sha256(data)
    old.unlink()
    new = root / STORE / "records" / name[:2] / f"{name}.json"
    new.parent.mkdir(exist_ok=True)
    new.write_bytes(data)
    return new


REASONS = SampleReasons(error=(0, 1), limit=(0, 0), refusal=(0, 0), refused=(1, 0), refused_misaligned=(0, 0))


def test_what_came_later_is_there_with_a_value_or_not_at_all(tmp_path: Path) -> None:
    """A record from before has none of it and stays what it is."""
    run = a_run(code_revision="0a1b2c3", tallies=replace(TALLIES, reasons=REASONS))
    record = json.loads(encode_record(run)[0])
    assert record["protocol"] == {"scorer": "judge", "code_revision": "0a1b2c3"}
    assert record["tallies"]["reasons"] == {"error": [0, 1], "refused": [1, 0]}
    store(tmp_path).add([run])
    assert loaded(tmp_path) == (replace(run, record=record_id(run)),)
    plain = json.loads(encode_record(a_run())[0])
    assert plain["protocol"] == {"scorer": "judge"}
    assert (plain.keys(), plain["tallies"].keys()) == (record.keys(), record["tallies"].keys() - {"reasons"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"error":[0,1]', '"error":[1,1]', "tallies.reasons: counts more than there are"),
        ('"error":[0,1]', '"error":[0,0]', "tallies.reasons.error: counts nothing"),
        ('"error":[0,1]', '"erred":[0,1]', "tallies.reasons.erred: is unknown"),
        ('"error":[0,1]', '"error":[1]', "tallies.reasons.error: is no column of 2"),
        ('"refused":[1,0]', '"refused":[3,0]', "tallies.reasons.refused: counts more than there are"),
        (
            '"refused":[1,0]', '"refused_misaligned":[1,0]',
            "tallies.reasons.refused_misaligned: counts more than there are",
        ),
        (
            '"refused":[1,0]', '"refused":[2,0],"refused_misaligned":[2,0]',
            "tallies.reasons.refused_misaligned: counts more than there are",
        ),
        ('"0a1b2c3"', "null", "protocol.code_revision: is no text"),
    ],
)  # fmt: skip
def test_forged_reasons_are_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    store(tmp_path).add([a_run(code_revision="0a1b2c3", tallies=replace(TALLIES, reasons=REASONS))])
    path = change(tmp_path, lambda data: data.replace(old.encode(), new.encode()))
    with pytest.raises(RecordError) as caught:
        loaded(tmp_path)
    assert str(caught.value).startswith(f"{path.relative_to(tmp_path).as_posix()}: {message}")


def test_a_log_that_an_earlier_reader_recorded_is_there_already(tmp_path: Path) -> None:
    writer, run = store(tmp_path), a_run()
    writer.add([run])
    again = replace(run, code_revision="0a1b2c3", tallies=replace(TALLIES, reasons=REASONS))
    assert writer.add([again]) == (Outcome.PRESENT,)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("record/2", "record/3", "schema: is neither auditor.record/1 nor auditor.record/2"),
        ("record/2", "record/1", "behaviour: is missing"),
        ('"planned":4', '"planned":4.0', "planned: is no count"),
        ('"planned":4', '"planned":true', "planned: is no count"),
        ('"planned":4', '"planned":NaN', "is no record: has the number NaN"),
        ('"planned":4', '"planned":4,"planned":4', "is no record: has the key 'planned' twice"),
        ('"spec":"spec",', "", "spec: is missing"),
        ('"planned":4,', '"planned":null,', "planned: is null; it is left out then"),
        ('"planned":4,', '"planned":4,"plans":1,', "plans: is unknown"),
        ('"planned":4,', '"planned":4,"plan":1,', "plan: is no text"),
        ('"planned":4,', '"planned":4,"plan":"soon",', "plan: is not 64 hex digits"),
        ('"valid":[2,1]', '"valid":[2,true]', "tallies.valid: has an entry that is no count"),
        ('"valid":[2,1]', '"valid":[0,1]', "tallies.misaligned: counts more than there are"),
        ('"valid":[2,1]', '"valid":[2]', "tallies.valid: is no column of 2"),
        ('"valid":[2,1]', '"valid":[2,1e400]', "is no record: has the number 1e400, which is too large"),
        ('"valid":[2,1]', '"valid":[2,1.5]', "tallies.valid: has an entry that is no count"),
        ('"corrects":null', '"corrects":null,"cot_pressure":1', "cot_pressure: is no truth value"),
        ('"corrects":null', '"condition":"","corrects":null', "condition: is no text"),
        ('"corrects":null', f'"corrects":"{"0" * 64}"', "reason: is missing"),
        ('"revision"', '"reason":"why","revision"', "reason: is of no correction"),
        ('"scorer":"judge"', '"scorer":"judge","seed":1', "protocol.seed: is unknown"),
        ('"scorer":"judge"', '"scorer":"[1]"', "protocol.scorer: is JSON in a text"),
        ('"scorer":"judge"', '"scorer":1', "protocol.scorer: is no text, object or list"),
        ('"scorer":"judge"', '"scorer":"judge","task_args":[]', "protocol.task_args: is no object"),
        ('"scorer":"judge"', '"limit":[1],"scorer":"judge"', "protocol.limit: is neither a count nor a pair of counts"),
        ('{"scorer":"judge"}', "{}", "protocol: is empty; it is left out then"),
        ('"schema"', '"score":{"scorer":"a","name":1},"schema"', "score.name: is unknown"),
        ('"tallies"', '"totals":[],"tallies"', "totals: is no list with an entry"),
        ('"tallies"', '"totals":[{"agrees":1,"counted":1,"name":"a","reported":1}],"tallies"', "totals.agrees: is no"),
        (
            '"checkpoint"',
            '"ablation":{"changes":["b","a"],"kind":"alone","patch":""},"checkpoint"',
            "ablation.changes: ",
        ),
        (
            '"checkpoint"',
            '"ablation":{"changes":["a"],"kind":"alone","patch":"","why":"x"},"checkpoint"',
            "ablation.why: is unknown",
        ),
        ('"grade":"B"', '"grade":null', "grade: is none of A, B, C"),
        ('"revision"', '"role":"hidden","revision"', "role: is none of test, held_out, deployment"),
        ('"created":"2026-01-31T12:00:00+00:00"', '"created":"2026-01-31"', "created: has no offset"),
        ('"model":"model"', '"model":"\\ud800"', "is no record: "),
        ('"model":"model"', '"model":7', "model: is no text"),
    ],
)
def test_a_forged_record_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    store(tmp_path).add([a_run()])
    assert old.encode() in next((tmp_path / STORE / "records").rglob("*.json")).read_bytes()
    path = change(tmp_path, lambda data: data.replace(old.encode(), new.encode()))
    with pytest.raises(RecordError) as caught:
        loaded(tmp_path)
    assert str(caught.value).startswith(f"{path.relative_to(tmp_path).as_posix()}: {message}")
    assert str(caught.value).endswith(
        "; restore it from the repository's history, or remove it where it never was right"
    )


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    store(tmp_path).add([a_run()])
    for path in tmp_path.rglob("*.json"):
        whole = path.read_bytes()
        for at in range(0, len(whole), 7):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(RecordError, match="its content is not what its name says"):
                loaded(tmp_path)
        path.write_bytes(whole)
    assert len(loaded(tmp_path)) == 1


def test_missing_items_are_noticed(tmp_path: Path) -> None:
    store(tmp_path).add([a_run()])
    next((tmp_path / STORE / "items").iterdir()).unlink()
    with pytest.raises(RecordError, match=r"^eval_history/items/.*: is missing; restore"):
        loaded(tmp_path)
    assert store(tmp_path).add([a_run()]) == (PRESENT,)
    assert len(loaded(tmp_path)) == 1


def test_a_damaged_store_takes_nothing_more(tmp_path: Path) -> None:
    store(tmp_path).add([a_run()])
    path = next((tmp_path / STORE / "records").rglob("*.json"))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(RecordError, match="its content is not what its name says"):
        store(tmp_path).add([a_run("log-2")])


def test_hidden_and_temporary_files_are_passed_over(tmp_path: Path) -> None:
    store(tmp_path).add([a_run()])
    path = next((tmp_path / STORE / "records").rglob("*.json"))
    (path.parent / f".{path.name}.tmp").write_bytes(b"{")
    (path.parent.parent / ".gitkeep").touch()
    assert len(loaded(tmp_path)) == 1
    assert store(tmp_path).add([a_run()]) == (PRESENT,)


def test_what_a_killed_writer_left_is_overwritten(tmp_path: Path) -> None:
    name = record_id(a_run())
    shard = tmp_path / STORE / "records" / name[:2]
    shard.mkdir(parents=True)
    (shard / f".{name}.json.tmp").write_bytes(b"half a rec")
    assert store(tmp_path).add([a_run()]) == (ADDED,)
    assert [path.name for path in shard.iterdir()] == [f"{name}.json"]


@pytest.mark.parametrize("stray", ["records/notes.txt", "records/ab/x.json", f"records/ab/{'0' * 64}.json"])
def test_a_file_that_is_no_record_is_named(tmp_path: Path, stray: str) -> None:
    store(tmp_path).add([a_run()])
    path = tmp_path / STORE / stray
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(RecordError, match=rf"^{STORE}/{stray}: is no record; move it out of the records$"):
        loaded(tmp_path)


def test_links_are_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / STORE).mkdir()
    (tmp_path / STORE / "items").symlink_to(tmp_path / "outside")
    with pytest.raises(RecordError, match="is a symbolic link; make it a folder"):
        store(tmp_path).add([a_run()])
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_file_in_the_stores_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / STORE).touch()
    with pytest.raises(RecordError, match="cannot be written: File exists; make it writable, then run"):
        store(tmp_path).add([a_run()])


def test_a_folder_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be written: No such file or directory; make it writable"):
        store(tmp_path / "none").add([a_run()])


@pytest.mark.parametrize(("work", "records", "refused"), [(write_some, 50, 0), (claim, 1, 3)])
def test_writers_at_the_same_time_end_in_one_state(
    tmp_path: Path, work: Callable[[Path, int], None], records: int, refused: int
) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(tmp_path, worker)) for worker in range(4)]
    for process in workers:
        process.start()
    for process in workers:
        process.join(30)
    assert sorted(process.exitcode or 0 for process in workers) == [0] * (4 - refused) + [2] * refused
    assert len(loaded(tmp_path)) == records
    assert not list(tmp_path.rglob(".*"))


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    acknowledged: set[str] = set()
    for kill in range(4):
        hear, say = context.Pipe(duplex=False)
        process = context.Process(target=acknowledge, args=(tmp_path, 1000 * kill, say))
        process.start()
        say.close()
        for _ in range(3):
            acknowledged.add(f"log-{hear.recv()}")
        process.kill()
        with contextlib.suppress(EOFError):
            while True:
                acknowledged.add(f"log-{hear.recv()}")
        process.join()
        found = [run.identity for run in loaded(tmp_path)]
        assert acknowledged <= set(found)
        assert len(set(found)) == len(found) <= len(acknowledged) + kill + 1


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = texts.filter(bool)
hashes = st.binary(min_size=4, max_size=4).map(sha256)


@st.composite
def tallies(draw: st.DrawFn) -> Tallies:
    items = draw(st.none() | st.lists(texts, unique=True, max_size=5).map(lambda found: tuple(sorted(found))))
    length = 1 if items is None else len(items)

    def column(*bounds: tuple[int, ...]) -> tuple[int, ...]:
        limits = [min(each) for each in zip(*bounds, strict=True)] if bounds else [10**12] * length
        return tuple(draw(st.integers(0, limit)) for limit in limits)

    valid = column()
    misaligned = column(valid)
    invalid = column()
    refused = column(valid)
    none = (0,) * length
    reasons = SampleReasons(column(invalid), none, none, refused, column(refused, misaligned))
    labelled = column(valid)
    seen = column(labelled)
    rated = column(valid)
    total = tuple(draw(st.integers(0, count * 1000)) / 1000 for count in rated)
    return Tallies(
        items=items,
        valid=valid,
        misaligned=misaligned,
        invalid=invalid,
        aware=draw(st.sampled_from([None, Awareness(labelled, seen, column(seen, misaligned))])),
        severity=draw(st.sampled_from([None, SeverityTally(rated, total)])),
        design_effect=draw(st.none() | st.integers(1000, 9000).map(lambda value: value / 1000)),
        reasons=draw(st.sampled_from([None, reasons])) or None,
    )


instants = st.datetimes(
    min_value=datetime(2000, 1, 1),
    timezones=st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(texts, json_values, max_size=3).map(to_text)
structured = objects | st.lists(json_values, max_size=3).map(to_text)
numbers = st.integers(-(10**9), 10**9).map(lambda value: value / 8)
sorted_names = st.lists(names, min_size=1, max_size=3, unique=True).map(lambda drawn: tuple(sorted(drawn)))
protocols = st.builds(
    ProtocolDetails,
    judge=st.none() | names,
    solver=st.none() | structured | texts,
    task_args=st.none() | objects,
    model_args=st.none() | objects,
    dataset=st.none() | names,
    dataset_shuffled=st.none() | st.booleans(),
    limit=st.sampled_from([None, "5", "[0,5]"]),
    tool=st.none() | names,
    tool_version=st.none() | names,
    other=st.none() | objects,
)
plain_runs = st.builds(
    Run,
    record=st.just(""),
    identity=names,
    spec=names,
    revision=hashes,
    suite=names,
    behaviour=st.none() | texts,
    role=st.none() | st.sampled_from(Role),
    model=names,
    checkpoint=names,
    parent_checkpoint=st.none() | texts,
    condition=texts,
    exposure=st.none() | st.sampled_from(Exposure),
    scorer=st.none() | texts | structured,
    sampling=st.none() | texts | structured,
    created=st.none() | instants,
    planned=st.none() | st.integers(0, 10**20),
    incomplete=st.none() | texts,
    source=names,
    source_sha256=hashes,
    grade=st.sampled_from(Grade),
    tallies=tallies(),
    cot_pressure=st.none() | st.booleans(),
    code_revision=st.none() | names,
    samples=st.none() | hashes,
    signals=st.none() | st.just(TextSignals(1, 2, 9, 3, 2, 0, 12.5, 0.25)),
    plan=st.none() | hashes,
    log=st.none() | names,
    score=st.none() | st.builds(ScoreName, names, st.none() | names),
    protocol=protocols,
    ablation=st.none() | st.builds(Ablation, hashes, st.sampled_from(AblationKind), sorted_names),
    totals=st.lists(
        st.builds(ReportedTotal, names, numbers, numbers, st.booleans()),
        unique_by=lambda reported_total: reported_total.name,
    ).map(lambda totals: tuple(sorted(totals, key=lambda one: one.name))),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run, perhaps a correction, perhaps with more of its items than their ids."""
    run = draw(plain_runs)
    if draw(st.booleans()):
        run = replace(run, corrects=draw(hashes), reason=draw(names))
    ids = run.tallies.items
    if not ids or draw(st.booleans()):
        return run

    def column(entries: st.SearchStrategy[str]) -> tuple[str | None, ...] | None:
        drawn = draw(st.none() | st.lists(st.none() | entries, min_size=len(ids), max_size=len(ids)))
        return tuple(drawn) if drawn is not None and any(entry is not None for entry in drawn) else None

    inputs = column(hashes)
    key = draw(st.sampled_from([None, "0f" * 16])) if inputs else None
    details = ItemDetails(inputs, key, column(hashes), column(names))
    return replace(run, details=None if details == ItemDetails() else details)


@given(runs())
@settings(max_examples=100, deadline=None)
def test_a_run_comes_back_as_it_was(run: Run) -> None:
    record, manifest = encode_record(run)
    back = decode_record(record, sha256(record), "record", lambda name: decode_items(manifest or b"", name, "items"))
    assert back == replace(run, record=sha256(record))
    assert encode_record(back) == (record, manifest)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_mutated_record_is_a_run_or_a_record_error(data: st.DataObject) -> None:
    record = bytearray(encode_record(a_run())[0])
    for _ in range(data.draw(st.integers(1, 4))):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_record(bytes(record), sha256(bytes(record)), "record", lambda _: ItemManifest(("i1", "i2")))
    except RecordError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("text", ["[" * 100_000, "", "{", '{"a":1}{', "Infinity", '"\\ud83d"', "\ufeff{}"])
def test_json_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        loads(text.encode())


def test_a_runs_identity_is_the_logs_or_what_sets_it_apart() -> None:
    revision = digest("revision")
    raw = a_raw_run(())
    assert run_identity(replace(raw, log_id="abc"), revision, "suite") == "abc"
    same = [
        run_identity(raw, revision, "suite"),
        run_identity(replace(raw, where="moved.eval", checkpoint="model", source="other"), revision, "suite"),
    ]
    fields = ("source_sha256", "model", "checkpoint", "condition", "run")
    others = [
        run_identity(raw, digest("other"), "suite"),
        run_identity(raw, revision, "other"),
        *(run_identity(a_raw_run((), **{field: "other"}), revision, "suite") for field in fields),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 8


def test_the_same_log_converted_is_there_already(tmp_path: Path) -> None:
    """A log packed or converted again has other bytes and is the same run; a changed count is not."""
    writer, run = store(tmp_path), a_run()
    writer.add([run])
    before = sorted(path.name for path in (tmp_path / "eval_history").rglob("*.json"))
    assert writer.add([replace(run, source_sha256="1" * 64)]) == (Outcome.PRESENT,)
    assert sorted(path.name for path in (tmp_path / "eval_history").rglob("*.json")) == before
    with pytest.raises(RecordError, match="one run identity with different content"):
        writer.add([replace(run, source_sha256="1" * 64, model="another", checkpoint="another")])
