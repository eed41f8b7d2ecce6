"""What is wrong with a store is found, each fault by itself; what is not, is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.git import Folder
from auditor.model.canonical import dumps, sha256
from auditor.model.integrity import StoreFaultKind
from auditor.store.integrity import StoreContents, examine_store, seal_records
from auditor.store.records import record_id
from tests.store.builders import TALLIES, a_run, digest
from tests.store.writers import STORE, store

FIRST, SECOND = a_run("a"), a_run("b", tallies=replace(TALLIES, items=("i1", "i3")))


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two runs with item manifests of their own, and a tally without; sealed."""
    store(tmp_path).add(
        [FIRST, SECOND, a_run("c", tallies=replace(TALLIES, items=None, valid=(1,), misaligned=(0,), invalid=(0,)))]
    )
    seal_records(tmp_path, STORE, Folder(tmp_path))
    return tmp_path


def looked(root: Path) -> StoreContents:
    return examine_store(Folder(root), STORE)


def faults(root: Path) -> set[tuple[str, str]]:
    """The last name of each fault's path, and its kind."""
    return {(Path(fault.path).name[:9], fault.kind.value) for fault in looked(root).faults}


def path_of(root: Path, name: str) -> Path:
    return root / STORE / "records" / name[:2] / f"{name}.json"


def test_a_sound_store(history: Path) -> None:
    contents = looked(history)
    assert {folder: len(ids) for folder, ids in contents.ids.items()} == {"records": 3, "items": 2}
    assert (contents.faults, contents.unsealed, contents.unknown, len(contents.runs)) == ((), (), (), 3)


def test_hidden_files_and_those_beside_the_folders_are_passed_over(history: Path) -> None:
    (history / STORE / "suites.toml").write_text("")
    (history / STORE / "notes").mkdir()
    (history / STORE / "notes/why.md").write_text("because")
    for folder in ("records", "items", "checkpoints"):
        (history / STORE / folder / ".0.tmp").write_text("half")
    assert looked(history).faults == ()


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def test_other_bytes(history: Path) -> None:
    name = record_id(FIRST)
    edit(path_of(history, name), lambda data: data.replace(b"model", b"moder", 1))
    assert faults(history) == {(name[:9], "name"), ("0001.json", "missing")}


def rewritten(root: Path, name: str, change: Callable[[bytes], bytes]) -> str:
    """A record with other bytes, under the name these should have."""
    old = path_of(root, name)
    data = change(old.read_bytes())
    old.unlink()
    new = path_of(root, sha256(data))
    new.parent.mkdir(exist_ok=True)
    new.write_bytes(data)
    return sha256(data)


def test_another_spelling(history: Path) -> None:
    name = rewritten(history, record_id(FIRST), lambda data: data.replace(b":", b": ", 1))
    assert faults(history) == {(name[:9], "form"), ("0001.json", "missing")}


@pytest.mark.parametrize(("old", "new"), [(b'"misaligned":[1,0]', b'"misaligned":[9,0]'), (b"record/2", b"record/3")])
def test_what_the_schema_does_not_allow(history: Path, old: bytes, new: bytes) -> None:
    name = rewritten(history, record_id(FIRST), lambda data: data.replace(old, new))
    assert faults(history) == {(name[:9], "schema"), ("0001.json", "missing")}


def test_missing_items_are_one_fault(history: Path) -> None:
    items = json.loads(path_of(history, record_id(FIRST)).read_bytes())["items"]
    path = history / STORE / "items" / f"{items}.json"
    data = path.read_bytes()
    path.unlink()
    assert faults(history) == {(items[:9], "missing")}
    path.write_bytes(data[:-1])
    assert faults(history) == {(items[:9], "name")}


def test_two_records_of_one_run(history: Path) -> None:
    other = replace(FIRST, planned=9)
    data = dumps({**json.loads(path_of(history, record_id(FIRST)).read_bytes()), "planned": 9})
    path_of(history, record_id(other)).parent.mkdir(exist_ok=True)
    path_of(history, record_id(other)).write_bytes(data)
    second = max(record_id(FIRST), record_id(other))
    assert faults(history) == {(second[:9], "duplicate")}


def test_a_correction_of_a_record_is_sound_and_one_of_nothing_is_not(history: Path) -> None:
    correction = replace(FIRST, planned=9, corrects=record_id(FIRST), reason="planned more")
    store(history).add([correction])
    assert looked(history).faults == ()
    path_of(history, record_id(FIRST)).unlink()
    assert faults(history) == {(record_id(correction)[:9], "corrects"), ("0001.json", "missing")}


def test_a_record_that_lies_elsewhere_is_not_there(history: Path) -> None:
    name = record_id(FIRST)
    (history / STORE / "old").mkdir()
    path_of(history, name).rename(history / STORE / "old" / f"{name}.json")
    assert faults(history) == {(name[:9], "stray")}


def test_a_kind_this_version_does_not_know_is_named_and_sealed(history: Path) -> None:
    data = dumps({"schema": "auditor.dream/1"})
    (history / STORE / "dreams").mkdir()
    (history / STORE / "dreams" / f"{sha256(data)}.json").write_bytes(data)
    contents = looked(history)
    assert (contents.unknown, contents.unsealed, contents.faults) == (("dreams",), (sha256(data),), ())


@pytest.mark.parametrize(
    "stray", ["records/x.json", f"records/{digest('a')}.json", "items/ab/x.json", "checkpoints/1.json"]
)
def test_a_file_that_does_not_belong_there(history: Path, stray: str) -> None:
    path = history / STORE / stray
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    assert faults(history) == {(path.name[:9], "stray")}


def test_a_link_is_no_record(history: Path) -> None:
    name = record_id(FIRST)
    path_of(history, name).rename(history / "outside.json")
    path_of(history, name).symlink_to(history / "outside.json")
    assert faults(history) == {(name[:9], "stray"), ("0001.json", "missing")}


@pytest.mark.parametrize(
    "change",
    [lambda data: data + b" ", lambda data: data.replace(b'"number":2', b'"number":3'), lambda _: b"{"],
)
def test_a_checkpoint_that_does_not_follow(history: Path, change: Callable[[bytes], bytes]) -> None:
    store(history).add([a_run("d")])
    seal_records(history, STORE, Folder(history))
    edit(history / STORE / "checkpoints/0002.json", change)
    assert faults(history) == {("0002.json", StoreFaultKind.CHECKPOINT)}
    assert looked(history).unsealed == (record_id(a_run("d")),)
