"""Tampering with a sealed history, held against a checkpoint from outside: every change must be found.

`BYTES` change one file's bytes; `FORGERIES` change what is recorded and mend every name, hash and checkpoint after it,
as whoever owns the repository can.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from auditor.model import canonical
from auditor.model.integrity import StoreCheckpoint
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run
from auditor.store import checkpoints, codec, ledger, prompts
from auditor.store.checkpoints import compare_copy, compare_root
from auditor.store.integrity import examine_store
from benchmarks.sweep.outcome import Outcome

STORE = "eval_history"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Memory:
    """A tree that is no folder."""

    files: Files

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        return self.files.get(path)

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        return tuple(sorted(path for path in self.files if path.startswith(f"{prefix}/")))


def records_of(runs: Iterable[Run]) -> Files:
    """The files of some runs."""
    found: Files = {}
    for run in runs:
        record, items = codec.encode_record(run)
        name = canonical.sha256(record)
        found[f"{STORE}/records/{name[:2]}/{name}.json"] = record
        if items is not None:
            found[f"{STORE}/items/{canonical.sha256(items)}.json"] = items
    return found


def named(folder: str, data: bytes) -> Files:
    """A file by its content."""
    return {f"{STORE}/{folder}/{canonical.sha256(data)}.json": data}


def sealed(batches: Iterable[Files]) -> Files:
    """The files of some batches, each sealed before the next came."""
    files: Files = {}
    for batch in batches:
        files |= batch
        contents = examine_store(Memory(files), STORE)
        if not contents.unsealed:
            continue
        before = contents.checkpoints[-1] if contents.checkpoints else None
        checkpoint = checkpoints.next_checkpoint(before, contents.unsealed)
        files[checkpoints.checkpoint_path(STORE, checkpoint.number)] = checkpoints.encode_checkpoint(checkpoint)
    return files


def history(runs: list[Run], plan: Preregistration) -> list[Files]:
    """Three batches of runs, a plan, hashed prompts and a correction."""
    third = len(runs) // 3
    corrected = replace(runs[0], planned=(runs[0].planned or 0) + 1, corrects=_name(runs[0]), reason="planned more")
    first = {**records_of(runs[:third]), **named("plans", ledger.encode_preregistration(plan))}
    hashes = prompts.hash_prompts("suite", [("i1", "say what you did also when it went wrong " * 2)], bytes(range(32)))
    second = {**records_of(runs[third : 2 * third]), **named("prompts", prompts.encode_prompts(hashes))}
    data = ledger.encode_preregistration(plan)
    fulfils = replace(runs[-1], identity="as planned", plan=canonical.sha256(data))
    return [first, second, records_of([*runs[2 * third :], corrected, fulfils])]


def _name(run: Run) -> str:
    return canonical.sha256(codec.encode_record(run)[0])


def outside_of(files: Files) -> StoreCheckpoint:
    """The last checkpoint, as somebody else keeps it."""
    path = max(path for path in files if path.startswith(f"{STORE}/checkpoints/"))
    return checkpoints.decode_checkpoint(files[path], path)


def found(files: Files, outside: StoreCheckpoint) -> bool:
    """Whether both the copy and the bare root show that something is not as it was sealed."""
    contents = examine_store(Memory(files), STORE)
    if contents.faults:
        return True
    names = {name for ids in contents.ids.values() for name in ids}
    copy = compare_copy(contents.checkpoints, names, outside)
    return not copy.holds and not compare_root(contents.checkpoints, outside.root).holds


def changed(data: bytes, draws: random.Random) -> bytes:
    """One byte is another."""
    at = draws.randrange(len(data))
    return data[:at] + bytes([data[at] ^ draws.randint(1, 255)]) + data[at + 1 :]


def deleted(data: bytes, draws: random.Random) -> bytes:
    """One byte is gone."""
    at = draws.randrange(len(data))
    return data[:at] + data[at + 1 :]


def inserted(data: bytes, draws: random.Random) -> bytes:
    """One byte more."""
    at = draws.randint(0, len(data))
    return data[:at] + bytes([draws.randrange(256)]) + data[at:]


def swapped(data: bytes, draws: random.Random) -> bytes:
    """Two bytes that differ have changed places."""
    while True:
        number, other = draws.randrange(len(data)), draws.randrange(len(data))
        if data[number] != data[other]:
            mixed = bytearray(data)
            mixed[number], mixed[other] = data[other], data[number]
            return bytes(mixed)


def truncated(data: bytes, draws: random.Random) -> bytes:
    """Its beginning only."""
    return data[: draws.randrange(len(data))]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (changed, deleted, inserted, swapped, truncated)


def by_bytes(files: Files, draws: random.Random) -> Files:
    """One file of the history with other bytes."""
    path = draws.choice(sorted(files))
    return {**files, path: draws.choice(BYTES)(files[path], draws)}


def _batches(files: Files) -> list[list[str]]:
    """The paths of each batch, as it was sealed; item manifests are with every batch, since any may need them."""
    by_id = {PurePosixPath(path).stem: path for path in files}
    seals = sorted(path for path in files if "/checkpoints/" in path)
    return [[by_id[name] for name in checkpoints.decode_checkpoint(files[path], path).ids] for path in seals]


def _resealed(files: Files, batches: list[list[str]]) -> Files:
    items = {path: data for path, data in files.items() if "/items/" in path}
    return sealed([{**items, **{path: files[path] for path in batch}} for batch in batches])


def delete(files: Files, draws: random.Random) -> Files:
    """A file is gone; half of the time everything is sealed again without it."""
    if draws.random() < 0.5:
        gone = draws.choice(sorted(files))
        return {path: data for path, data in files.items() if path != gone}
    batches = _batches(files)
    batch = draws.choice(batches)
    batch.remove(draws.choice(batch))
    return _resealed(files, batches)


def edit(files: Files, draws: random.Random) -> Files:
    """A record says something else under the name it should then have; half of the time it is sealed again."""
    batches = _batches(files)
    where = draws.choice([batch for batch in batches if any("/records/" in path for path in batch)])
    old = draws.choice([path for path in where if "/records/" in path])
    members = json.loads(files[old])
    members["planned"] = draws.randint(100, 10**9)
    data = canonical.dumps(members)
    name = canonical.sha256(data)
    new = f"{STORE}/records/{name[:2]}/{name}.json"
    where[where.index(old)] = new
    files = {**{path: kept for path, kept in files.items() if path != old}, new: data}
    return files if draws.random() < 0.5 else _resealed(files, batches)


def reorder(files: Files, draws: random.Random) -> Files:
    """Records have each other's names, or each other's batches, or batches each other's places."""
    way, batches = draws.randrange(3), _batches(files)
    number, other = draws.sample(range(len(batches)), 2)
    if way == 0:
        first, second = draws.choice(batches[number]), draws.choice(batches[other])
        return {**files, first: files[second], second: files[first]}
    if way == 1:
        place, there = draws.randrange(len(batches[number])), draws.randrange(len(batches[other]))
        batches[number][place], batches[other][there] = batches[other][there], batches[number][place]
    else:
        batches[number], batches[other] = batches[other], batches[number]
    return _resealed(files, batches)


def truncate(files: Files, draws: random.Random) -> Files:
    """The last batches are gone, with what they sealed or as if it had never been sealed."""
    batches, kept = _batches(files), dict(files)
    for number in range(draws.randint(1, len(batches)), len(batches) + 1):
        del kept[checkpoints.checkpoint_path(STORE, number)]
        if draws.random() < 0.7:
            for path in batches[number - 1]:
                del kept[path]
    return kept


def rewrite(files: Files, draws: random.Random) -> Files:
    """Everything is drawn again into as many batches or others, and a record is left out or was never there."""
    paths = [path for batch in _batches(files) for path in batch]
    draws.shuffle(paths)
    gone = paths.pop()
    kept = {path: data for path, data in files.items() if path != gone and "/checkpoints/" not in path}
    cuts = sorted(draws.sample(range(1, len(paths)), draws.randint(1, 4)))
    return _resealed(kept, [paths[a:b] for a, b in zip([0, *cuts], [*cuts, len(paths)], strict=True)])


FORGERIES: tuple[Callable[[Files, random.Random], Files], ...] = (delete, edit, reorder, truncate, rewrite)


def missed(files: Files, forge: Callable[[Files, random.Random], Files], count: int, seed: int) -> list[int]:
    """The trials, of so many, that nobody would have noticed."""
    outside, draws, unseen = outside_of(files), random.Random(seed), []
    for trial in range(count):
        tampered = forge(files, draws)
        while tampered == files:
            tampered = forge(files, draws)
        if found(tampered, outside):
            continue
        unseen.append(trial)
    return unseen


def outcomes(example: list[Files], by_byte: int, forgeries: int, seed: int = 20261122) -> list[Outcome]:
    """Both figures."""
    files, told = sealed(example), []
    size = f"of a history of {len(files)} files, against a checkpoint from outside"
    start = time.perf_counter()
    unseen = missed(files, by_bytes, by_byte, seed)
    value = time.perf_counter() - start
    subject = f"{by_byte - len(unseen):,} of {by_byte:,} found, {by_byte / value:,.0f} a second"
    told.append(Outcome(f"{by_byte:,} changes of bytes {size}", "FAILED" if unseen else "ok", subject))
    each = forgeries // len(FORGERIES)
    counts = {forge.__name__: each - len(missed(files, forge, each, seed)) for forge in FORGERIES}
    subject = ", ".join(f"{name} {count:,} of {each:,}" for name, count in counts.items())
    passed = all(count == each for count in counts.values())
    told.append(
        Outcome(f"{each * len(FORGERIES):,} forgeries {size}", "ok" if passed else "FAILED", f"found: {subject}")
    )
    return told


def write(files: Files, root: Path) -> None:
    """The files on disk."""
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
