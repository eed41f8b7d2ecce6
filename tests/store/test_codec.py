"""Both versions of records and item manifests are read; version 2 is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.canonical import dumps, sha256
from auditor.model.run import ItemDetails, ItemManifest, ProtocolDetails, Run, ScoreName
from auditor.store.codec import decode_items, decode_record, encode_record, item_set_id
from auditor.store.integrity import examine_store
from auditor.store.records import Outcome, RecordStore, load_records, record_id
from tests.store import version_1
from tests.store.builders import TALLIES, a_run, digest
from tests.store.writers import STORE, store

DEMONSTRATION = Path(__file__).parents[2] / "eval_history"


def manifests(folder: Path, name: str) -> ItemManifest:
    return decode_items((folder / "items" / f"{name}.json").read_bytes(), name, "items")


def test_every_record_of_the_demonstration_keeps_its_bytes() -> None:
    """Its records are of version 1, and what is read from them is all they hold."""
    paths = sorted((DEMONSTRATION / "records").rglob("*.json"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        run = decode_record(data, path.stem, path.name, lambda name: manifests(DEMONSTRATION, name))
        record, items = version_1.encode(run)
        assert record == data
        assert items is not None
        assert (DEMONSTRATION / "items" / f"{sha256(items)}.json").read_bytes() == items
        assert run.tallies.items is not None
        assert item_set_id(run.tallies.items) == sha256(items)


def test_a_version_1_record_is_read_and_sound(tmp_path: Path) -> None:
    run = a_run(condition="", code_revision="0a1b")
    name = version_1.write(tmp_path, run)
    assert load_records(Folder(tmp_path), STORE) == (replace(run, record=name),)
    contents = examine_store(Folder(tmp_path), STORE)
    assert (contents.faults, list(contents.runs)) == ((), [name])


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_run_that_version_1_recorded_is_there_already(tmp_path: Path, dry_run: bool) -> None:
    name = version_1.write(tmp_path, a_run(planned=None))
    again = a_run(
        planned=None,
        source_sha256=digest("converted"),
        code_revision="0a1b",
        log="log-1",
        score=ScoreName("judge"),
        protocol=ProtocolDetails(solver='[{"solver":"generate"}]', tool="inspect_ai"),
        details=ItemDetails(inputs=(digest("a"), None)),
    )
    assert RecordStore(tmp_path, STORE, dry_run=dry_run).add([again]) == (Outcome.PRESENT,)
    assert [run.record for run in load_records(Folder(tmp_path), STORE)] == [name]


def test_another_count_under_a_version_1_identity_is_refused(tmp_path: Path) -> None:
    version_1.write(tmp_path, a_run())
    with pytest.raises(RecordError, match="one run identity with different content"):
        store(tmp_path).add([a_run(tallies=replace(TALLIES, misaligned=(0, 0)))])


def test_a_correction_of_a_version_1_record_gives_its_reason(tmp_path: Path) -> None:
    name = version_1.write(tmp_path, a_run())
    correction = a_run(planned=9, corrects=name, reason="the plan was for nine samples")
    assert store(tmp_path).add([correction]) == (Outcome.ADDED,)
    assert {run.reason for run in load_records(Folder(tmp_path), STORE)} == {None, correction.reason}
    assert examine_store(Folder(tmp_path), STORE).faults == ()


def test_runs_of_both_versions_share_their_items(tmp_path: Path) -> None:
    version_1.write(tmp_path, a_run("a"))
    store(tmp_path).add([a_run("b", details=ItemDetails(clusters=("c", "c")))])
    first, second = load_records(Folder(tmp_path), STORE)
    assert first.tallies.items is second.tallies.items
    assert {first.details, second.details} == {None, ItemDetails(clusters=("c", "c"))}


def test_fields_that_are_not_filled_are_not_there() -> None:
    members = json.loads(encode_record(a_run())[0])
    assert sorted(members) == [
        *("checkpoint", "corrects", "created", "grade", "identity", "items", "model", "planned", "protocol"),
        *("revision", "schema", "source", "source_sha256", "spec", "suite", "tallies"),
    ]
    assert record_id(a_run()) == record_id(a_run(details=None, totals=(), protocol=ProtocolDetails()))


def test_the_protocol_holds_json_as_json() -> None:
    run = a_run(
        scorer='{"scorers":["match"]}',
        sampling="temperature 0",
        protocol=ProtocolDetails(limit="[0,5]", task_args='{"a":1.0}', dataset_shuffled=False),
    )
    record, manifest = encode_record(run)
    assert json.loads(record)["protocol"] == {
        "scorer": {"scorers": ["match"]},
        "sampling": "temperature 0",
        "limit": [0, 5],
        "task_args": {"a": 1.0},
        "dataset_shuffled": False,
    }
    back: Run = decode_record(record, sha256(record), "record", lambda name: decode_items(manifest or b"", name, "i"))
    assert back == replace(run, record=sha256(record))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"schema": "auditor.items/3"}, "schema: is neither auditor.items/1 nor auditor.items/2"),
        ({"items": ["a"]}, "items: is unknown"),
        ({"ids": ["b", "a"]}, "ids: are not sorted and unique"),
        ({"ids": ["a", "a"]}, "ids: are not sorted and unique"),
        ({"ids": ["a", 1]}, "ids: is no list of text"),
        ({"inputs": ["0" * 64]}, "inputs: is no column of 2"),
        ({"inputs": [None, None]}, "inputs: has no entry; it is left out then"),
        ({"inputs": ["0" * 63, None]}, "inputs: is not 64 hex digits"),
        ({"checkers": [1, None]}, "checkers: is no text"),
        ({"clusters": ["", None]}, "clusters: is no text"),
        ({"input_key": "0" * 32}, "input_key: is the key of no inputs"),
        ({"inputs": ["0" * 64, None], "input_key": "0"}, "input_key: is not 32 hex digits"),
    ],
)
def test_a_forged_manifest_is_refused_with_its_member(columns: dict[str, object], message: str) -> None:
    data = dumps({"schema": "auditor.items/2", "ids": ["a", "b"], **columns})
    with pytest.raises(RecordError, match=f"^items: {message}"):
        decode_items(data, sha256(data), "items")


def test_a_member_that_occurs_twice_is_refused() -> None:
    data = b'{"ids":["a"],"ids":["b"],"schema":"auditor.items/2"}\n'
    with pytest.raises(RecordError, match="has the key 'ids' twice"):
        decode_items(data, sha256(data), "items")
