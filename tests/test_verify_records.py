"""The stand-alone verifier says of every store what auditor says; and neither overlooks a tampered one."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from auditor.git import Folder
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


def test_it_is_short_and_needs_nothing() -> None:
    lines = SCRIPT.read_text().splitlines()
    assert len(lines) < 320
    imports = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imports <= {"__future__", *sys.stdlib_module_names}
