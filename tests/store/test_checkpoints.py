"""Sealing: batches, RFC 6962 over them, files that are made once, and what a checkpoint from outside shows."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.canonical import sha256
from auditor.model.integrity import StoreCheckpoint
from auditor.model.preregistration import Preregistration
from auditor.store.checkpoints import (
    batch_leaf,
    compare_copy,
    compare_root,
    decode_checkpoint,
    encode_checkpoint,
    leaf_hash,
    next_checkpoint,
    tree_hash,
    tree_root,
)
from auditor.store.integrity import examine_store, seal_records
from auditor.store.ledger import add_preregistration, load_preregistrations
from auditor.store.records import record_id
from tests.store.builders import a_run, digest
from tests.store.writers import STORE, seal_now, store

# The entries and roots with which implementations of certificate transparency test themselves.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def sealed(root: Path) -> StoreCheckpoint | None:
    return seal_records(root, STORE, Folder(root))


@pytest.mark.parametrize("count", range(1, 9))
def test_the_tree_hash_is_that_of_rfc_6962(count: int) -> None:
    assert tree_hash([leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES[:count]]).hex() == ROOTS[count - 1]


def test_the_tree_hash_of_nothing_is_the_hash_of_nothing() -> None:
    assert tree_hash([]).hex() == sha256(b"")


def test_what_is_new_becomes_the_next_batch(tmp_path: Path) -> None:
    writer = store(tmp_path)
    writer.add([a_run("a"), a_run("b")])
    first = sealed(tmp_path)
    writer.add([a_run("c")])
    plan = add_preregistration(tmp_path, STORE, a_plan())
    second = sealed(tmp_path)
    assert first is not None
    assert second is not None
    assert first.ids == tuple(sorted(record_id(a_run(name)) for name in "ab"))
    assert second.ids == tuple(sorted((record_id(a_run("c")), plan.id)))
    assert (first.number, second.number) == (1, 2)
    assert second.leaves == (batch_leaf(first.ids), batch_leaf(second.ids))
    assert second.root == tree_root(second.leaves)
    files = sorted(path.name for path in (tmp_path / STORE / "checkpoints").iterdir())
    assert files == ["0001.json", "0002.json"]
    contents = examine_store(Folder(tmp_path), STORE)
    assert (contents.checkpoints, contents.unsealed, contents.faults) == ((first, second), (), ())


def a_plan() -> Preregistration:
    created = datetime(2026, 1, 5, tzinfo=UTC)
    return Preregistration("", "spec", digest("revision"), "suite", "model", "model", "", 400, created, "quarterly")


def test_a_plan_is_one_file_named_by_its_content(tmp_path: Path) -> None:
    plan = add_preregistration(tmp_path, STORE, a_plan())
    path = tmp_path / STORE / "plans" / f"{plan.id}.json"
    assert sha256(path.read_bytes()) == plan.id
    assert add_preregistration(tmp_path, STORE, a_plan()) == plan
    assert load_preregistrations(Folder(tmp_path), STORE) == (plan,)
    assert plan == replace(a_plan(), id=plan.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"planned": 0}, "planned"), ({"revision": "v1"}, "revision"), ({"model": ""}, "model"), ({"note": "\ud800"}, "")],
)
def test_what_no_plan_can_hold_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], field: str) -> None:
    with pytest.raises(RecordError) as caught:
        add_preregistration(tmp_path, STORE, replace(a_plan(), **changes))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert not list(tmp_path.iterdir())


def test_nothing_new_makes_no_checkpoint(tmp_path: Path) -> None:
    assert sealed(tmp_path) is None
    store(tmp_path).add([a_run()])
    assert sealed(tmp_path) is not None
    assert sealed(tmp_path) is None


def test_the_same_records_and_checkpoints_give_the_same_bytes(tmp_path: Path) -> None:
    for name, order in (("one", "abc"), ("other", "cba")):
        root = tmp_path / name
        root.mkdir()
        for identity in order:
            store(root).add([a_run(identity)])
        sealed(root)
    contents = [(tmp_path / name / STORE / "checkpoints/0001.json").read_bytes() for name in ("one", "other")]
    assert contents[0] == contents[1]


def test_a_faulty_store_is_not_sealed(tmp_path: Path) -> None:
    store(tmp_path).add([a_run()])
    path = next((tmp_path / STORE / "records").rglob("*.json"))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(RecordError, match=r"its content is not what its name says; mend the store first; nothing was"):
        sealed(tmp_path)
    assert not (tmp_path / STORE / "checkpoints").exists()


def test_a_checkpoint_is_never_written_over(tmp_path: Path) -> None:
    store(tmp_path).add([a_run()])
    sealed(tmp_path)
    first = tmp_path / STORE / "checkpoints/0001.json"
    first.rename(first.with_name("0002.json"))
    store(tmp_path).add([a_run("b")])
    with pytest.raises(RecordError, match=r"0001\.json: is missing, and later ones are there"):
        sealed(tmp_path)


def test_of_several_that_seal_at_once_one_does(tmp_path: Path) -> None:
    store(tmp_path).add([a_run(f"log-{index}") for index in range(20)])
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=seal_now, args=(tmp_path,)) for _ in range(4)]
    for process in workers:
        process.start()
    for process in workers:
        process.join(30)
    assert [process.exitcode for process in workers] == [0] * 4
    contents = examine_store(Folder(tmp_path), STORE)
    assert (len(contents.checkpoints), contents.unsealed, contents.faults) == (1, (), ())


hashes = st.binary(min_size=2, max_size=2).map(sha256)


@given(st.lists(st.frozensets(hashes, min_size=1, max_size=4), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_checkpoint_comes_back_as_it_was(batches: list[frozenset[str]]) -> None:
    last: StoreCheckpoint | None = None
    for ids in batches:
        last = next_checkpoint(last, ids)
        assert decode_checkpoint(encode_checkpoint(last), "c") == last
        assert decode_checkpoint(json.dumps(json.loads(encode_checkpoint(last)), indent=3).encode(), "mailed") == last


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": 2}, "number"),
        ({"ids": []}, "ids"),
        ({"ids": [digest("a"), digest("b")]}, "ids"),
        ({"ids": [digest("c")]}, "leaves"),
        ({"leaves": [digest("a")]}, "leaves"),
        ({"root": digest("a")}, "root"),
        ({"root": "x"}, "root"),
        ({"more": 1}, "more"),
        ({"schema": "auditor.checkpoint/2"}, "schema"),
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_refused(changes: dict[str, object], field: str) -> None:
    members = {**json.loads(encode_checkpoint(next_checkpoint(None, [digest("a"), digest("b")]))), **changes}
    with pytest.raises(RecordError) as caught:
        decode_checkpoint(json.dumps(members).encode(), "c.json")
    assert (caught.value.where, caught.value.field) == ("c.json", field)


A, B, C, D = (digest(name) for name in "abcd")


def batches(*ids: tuple[str, ...]) -> tuple[StoreCheckpoint, ...]:
    checkpoints: list[StoreCheckpoint] = []
    for batch in ids:
        checkpoints.append(next_checkpoint(checkpoints[-1] if checkpoints else None, batch))
    return tuple(checkpoints)


def test_what_was_sealed_since_holds() -> None:
    checkpoints = batches((A,), (B,), (C, D))
    for checkpoint in checkpoints:
        assert compare_copy(checkpoints, {A, B, C, D}, checkpoint).differences == ()
        assert (
            compare_root(checkpoints, checkpoint.root).number,
            compare_root(checkpoints, checkpoint.root).holds,
        ) == (checkpoint.number, True)


def test_what_is_not_as_it_was_is_named() -> None:
    was = batches((A, B), (C,))
    gone = batches((A,), (C,))
    assert compare_copy(gone, {A, C}, was[0]).differences == (
        f"record {B}, sealed in batch 1, is missing",
        f"record {B} was taken out of batch 1",
    )
    assert compare_copy(gone, {A, C}, was[1]).differences == (
        "batch 1 is not what was sealed; a copy of checkpoint 1 would name it",
    )
    moved = batches((A, B, C))
    assert compare_copy(moved, {A, B, C}, was[1]).differences == (
        "checkpoint 2 is missing or cannot be read, and 2 were sealed",
        "batch 1 is not what was sealed; a copy of checkpoint 1 would name it",
    )
    added = batches((A, B, D), (C,))
    assert compare_copy(added, {A, B, C, D}, was[0]).differences == (f"record {D} was put into batch 1",)
    assert not compare_root(gone, was[1].root).holds


def test_a_record_that_is_gone_while_its_seal_stays_is_named() -> None:
    was = batches((A, B))
    assert compare_copy(was, {A}, was[0]).differences == (f"record {B}, sealed in batch 1, is missing",)
