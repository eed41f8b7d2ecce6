"""The stand-alone verifier says of every store what auditor says; and neither overlooks a tampered one."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest

from auditor.git import Folder
from auditor.model import canonical
from auditor.model.preregistration import Preregistration
from auditor.model.run import ItemDetails, Tallies
from auditor.store import checkpoints
from auditor.store.checkpoints import compare_copy, compare_root
from auditor.store.integrity import examine_store
from benchmarks.sweep.tampering import FORGERIES, STORE, Files, by_bytes, history, missed, outside_of, sealed, write
from tests.store.builders import TALLIES, a_run, digest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "examples/verify_records.py"
WAYS = (by_bytes, *FORGERIES)


def alone() -> ModuleType:
    spec = spec_from_file_location("verify_records", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALONE = alone()


@pytest.fixture(scope="module")
def files() -> Files:
    """Three sealed batches: runs of several suites, a tally without items, a plan, hashed prompts, a correction."""
    runs = [a_run(f"log-{n}", tallies=replace(TALLIES, items=("i1", f"j{n % 3}"), invalid=(n, 0))) for n in range(8)]
    runs.append(a_run("tally", tallies=Tallies(None, (50,), (4,), (0,))))
    details = ItemDetails(inputs=(digest("a"), None), input_key="0f" * 16, clusters=(None, "c"))
    runs.append(a_run("detailed", details=details, scorer='{"scorers":["match"]}'))
    plan = Preregistration("", "spec", digest("revision"), "suite", "m", "m", "", 400, datetime(2026, 1, 5, tzinfo=UTC))
    return sealed(history(runs, plan))


def compare(root: Path, outside: Path) -> bool:
    """Whether the store is sound, both having said the same of it."""
    contents = examine_store(Folder(root), STORE)
    held = checkpoints.decode_checkpoint(outside.read_bytes(), "outside")
    names = {name for ids in contents.ids.values() for name in ids}
    store = ALONE.Store(root / STORE)
    store.look()
    assert {(f"{STORE}/{path}", kind) for path, kind in store.faults} == {(f.path, f.kind) for f in contents.faults}
    assert [checkpoint["root"] for checkpoint in store.checkpoints] == [
        checkpoint.root for checkpoint in contents.checkpoints
    ]
    assert store.unsealed() == list(contents.unsealed)
    copy, bare = compare_copy(contents.checkpoints, names, held), compare_root(contents.checkpoints, held.root)
    assert (not store.differences(str(outside)), not store.differences(held.root)) == (copy.holds, bare.holds)
    return not contents.faults and copy.holds and bare.holds


def test_both_find_a_sound_history_sound(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path)
    copy = Path(shutil.copy(tmp_path / STORE / "checkpoints/0003.json", tmp_path / "outside.json"))
    assert compare(tmp_path, copy)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_both_say_the_same_of_a_tampered_one(files: Files, tmp_path: Path, way: type) -> None:
    draws, outside = random.Random(7), tmp_path / "outside.json"
    outside.write_bytes(checkpoints.encode_checkpoint(outside_of(files)))
    for trial in range(25):
        root = tmp_path / str(trial)
        write(way(files, draws), root)
        assert not compare(root, outside)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_tampering_is_overlooked(files: Files, way: type) -> None:
    assert missed(files, way, 300, seed=11) == []


def test_the_demonstrations_records_are_sound_to_both() -> None:
    contents = examine_store(Folder(ROOT), STORE)
    store = ALONE.Store(ROOT / STORE)
    store.look()
    assert (store.faults, store.unsealed()) == (set(), list(contents.unsealed))
    assert contents.faults == ()


def script(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, check=False)


def test_it_runs_by_itself(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path)
    root = outside_of(files).root
    process = script(tmp_path / STORE, "--checkpoint", root)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == f"checkpoints: 3, root {root}, in no batch: 0\nfaults: 0; witnessed\n"
    assert script(tmp_path / STORE).stdout.endswith("UNWITNESSED\n")
    (tmp_path / STORE / "checkpoints/0003.json").unlink()
    process = script(tmp_path / STORE, "--against", root)
    assert process.returncode == 1
    assert "no checkpoint has this root" in process.stdout
    assert script(tmp_path / "none").returncode == 2
    assert script(tmp_path / STORE, "--checkpoint", tmp_path / "none.json").returncode == 2


# Faults of a store on disk, each said by both; what cannot be read at all is exit 2, and never sound.


def first(root: Path, folder: str) -> Path:
    return min((root / STORE / folder).rglob("*.json"))


def rename_content(file: Path, data: bytes) -> None:
    """Another content under the name that it has then."""
    name = digest_of(data)
    home = file.parents[1] / name[:2] if file.parents[1].name == "records" else file.parent
    file.unlink()
    home.mkdir(exist_ok=True)
    (home / f"{name}.json").write_bytes(data)


def edit(file: Path, **members: object) -> None:
    """A record with other members, None for without; canonical, and named by its content."""
    value = {**json.loads(file.read_bytes()), **members}
    rename_content(file, canonical.dumps({name: some for name, some in value.items() if some != "absent"}))


def link(path: Path) -> None:
    """The same content, at the end of a symbolic link."""
    path.rename(path.with_name(".away"))
    path.symlink_to(".away")


def replace_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("{}")


def say_twice(root: Path) -> None:
    file = first(root, "records")
    rename_content(file, file.read_bytes().replace(b'{"', b'{"spec":"x","', 1))


RECORD_FAULT, STRAY_RECORD = {"schema", "missing"}, {"stray", "missing"}
FAULTS: Mapping[str, tuple[Callable[[Path], object], set[str]]] = {
    "truncated record": (lambda root: truncate(first(root, "records")), {"name", "missing"}),
    "truncated checkpoint": (lambda root: truncate(first(root, "checkpoints")), {"checkpoint"}),
    "empty file": (lambda root: first(root, "items").write_bytes(b""), {"name"}),
    "extra file": (lambda root: first(root, "items").with_name("x").touch(), {"stray"}),
    "extra checkpoint": (lambda root: (root / STORE / "checkpoints/x").touch(), {"stray"}),
    "nested checkpoint": (
        lambda root: shutil.copytree(root / STORE / "checkpoints", root / STORE / "checkpoints/sub"),
        {"stray"},
    ),
    "record is a link": (lambda root: link(first(root, "records")), STRAY_RECORD),
    "checkpoint is a link": (lambda root: link(first(root, "checkpoints")), {"stray", "checkpoint"}),
    "items are a link": (lambda root: link(root / STORE / "items"), {"stray"}),
    "records are a link": (lambda root: link(root / STORE / "records"), {"stray"}),
    "records are a file": (lambda root: replace_folder(root / STORE / "records"), STRAY_RECORD),
    "no records": (lambda root: shutil.rmtree(root / STORE / "records"), {"missing"}),
    "no items": (lambda root: shutil.rmtree(root / STORE / "items"), {"missing"}),
    "record is a folder": (lambda root: make_folder(first(root, "records")), STRAY_RECORD),
    "later version": (lambda root: edit(first(root, "records"), schema="auditor.record/3"), RECORD_FAULT),
    "version of another kind": (lambda root: edit(first(root, "records"), schema="auditor.plan/1"), RECORD_FAULT),
    "no version": (lambda root: edit(first(root, "records"), schema="absent"), RECORD_FAULT),
    "key given twice": (say_twice, {"form", "missing"}),
    "no corrects": (lambda root: edit(first(root, "records"), corrects="absent"), RECORD_FAULT),
    "no identity": (lambda root: edit(first(root, "records"), identity="absent"), RECORD_FAULT),
    "corrects a number": (lambda root: edit(first(root, "records"), corrects=1), RECORD_FAULT),
    "corrects a path": (lambda root: edit(first(root, "records"), corrects="../x", reason="x"), RECORD_FAULT),
    "no reason": (lambda root: edit(first(root, "records"), corrects="0" * 64, reason="absent"), RECORD_FAULT),
    "reason without a correction": (lambda root: edit(first(root, "records"), corrects=None, reason="x"), RECORD_FAULT),
    "samples elsewhere": (lambda root: edit(first(root, "records"), samples="../checkpoints/0001"), RECORD_FAULT),
    "record is a list": (lambda root: rename_content(first(root, "records"), b"[]\n"), RECORD_FAULT),
    "no checkpoint of two": (lambda root: (root / STORE / "checkpoints/0002.json").unlink(), {"missing"}),
}  # fmt: skip


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def make_folder(file: Path) -> None:
    data = file.read_bytes()
    file.unlink()
    file.mkdir()
    (file / "content.json").write_bytes(data)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_store_is_a_fault_to_both(files: Files, tmp_path: Path, fault: str) -> None:
    plant, kinds = FAULTS[fault]
    outside = tmp_path / "outside.json"
    outside.write_bytes(checkpoints.encode_checkpoint(outside_of(files)))
    root = tmp_path / "root"
    write(files, root)
    plant(root)
    compare(root, outside)
    process = script(root / STORE)
    assert (process.returncode, process.stderr) == (1, "")
    assert kinds <= {line.split(":")[0] for line in process.stdout.splitlines()}


def test_special_files_are_strays_and_never_waited_for(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path)
    os.mkfifo(tmp_path / STORE / "records/pipe.json")
    process = script(tmp_path / STORE)
    assert process.returncode == 1 and "stray: 'records/pipe.json'" in process.stdout


# All that the script imports is imported before: another user may not be allowed to read this Python.
AS_NOBODY = """
import __future__, argparse, collections.abc, contextlib, hashlib, json, os, pathlib, re, stat, sys
text, sys.argv = open(sys.argv[1]).read(), sys.argv[1:]
parser = argparse.ArgumentParser()
parser.add_argument("--a", action="append")
parser.parse_args([])
if os.geteuid() == 0:
    os.setuid(65534)
exec(compile(text, "verify_records.py", "exec"), {"__name__": "__main__"})
"""


@pytest.mark.parametrize("path", ["records", "records/*", "records/*/*", "checkpoints", "checkpoints/0001.json", ""])
def test_what_cannot_be_read_is_not_sound(files: Files, path: str) -> None:
    """As another user where the tests run as root, who may read everything."""
    with TemporaryDirectory(prefix="auditor-store-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        write(files, root)
        closed = min((root / STORE).glob(path)) if path else root / STORE
        closed.chmod(0)
        process = subprocess.run(
            [sys.executable, "-I", "-S", "-c", AS_NOBODY, str(SCRIPT), str(root / STORE)],
            capture_output=True,
            text=True,
            check=False,
        )
        closed.chmod(0o755)
        assert (process.returncode, process.stdout) == (2, ""), process.stderr
        assert process.stderr.startswith("verify_records: PermissionError") and process.stderr.count("\n") == 1


@pytest.mark.parametrize("layout", ["empty", "another", "file"])
def test_nothing_to_look_at_is_not_sound(tmp_path: Path, layout: str) -> None:
    if layout == "file":
        (tmp_path / STORE).write_text("x")
    else:
        (tmp_path / STORE).mkdir()
    if layout == "another":
        (tmp_path / STORE / "suites.toml").write_text("")
    process = script(tmp_path / STORE)
    assert (process.returncode, process.stdout) == (2, "") and process.stderr.count("\n") == 1
    assert script(tmp_path / STORE, "--checkpoint", "0" * 64).returncode in (1, 2)


def test_a_result_that_nobody_can_read_is_no_result(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path)
    for where in (">&-", "> /dev/full", ">&- 2>&-", "> /dev/full 2> /dev/full"):
        call = f"'{sys.executable}' -I -S '{SCRIPT}' '{tmp_path / STORE}' {where}"
        assert subprocess.run(["sh", "-c", call], capture_output=True, check=False).returncode == 2


def test_it_is_short_and_needs_nothing() -> None:
    lines = SCRIPT.read_text().splitlines()
    assert len(lines) < 380
    imports = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imports <= {"__future__", *sys.stdlib_module_names}
