"""Verifies an evaluation history by itself: one file of standard library, written from the documents, not from auditor.

    python verify_records.py eval_history [--checkpoint CHECKPOINT.json|ROOT]

It says of every record whether its name is the hash of its content, its form canonical, its schema kept, what it names
there, and whether what was sealed is still there and in its order; held against a checkpoint that you kept yourself it
says whether anything up to it was removed or changed. It reads nothing outside of the folder, follows no symbolic link
in it, and writes nothing. Exits 0 where all is well, 1 where something is not, 2 where it could not look at everything,
or where there is nothing to look at.

Read docs/explanation/records.md for what this shows, and what it does not.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

HEX = re.compile("[0-9a-f]{64}")
HOMES = {"auditor.record/1": "records", "auditor.plan/1": "plans", "auditor.look/1": "looks"}
HOMES |= {f"auditor.{kind}/1": kind for kind in ("ablations", "items", "labels", "prompts", "samples")}
HOMES |= {"auditor.record/2": "records", "auditor.items/2": "items", "auditor.prompts/2": "prompts"}
MOST_BYTES = 256 * 2**20


class Fault(Exception):
    """A file is not what its schema says."""


def need(holds: bool, subject: str) -> None:
    """Raises Fault unless it holds."""
    if not holds:
        raise Fault(subject)


def files_below(folder: str | Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, in order. Raises OSError for a folder that cannot be read."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(entry.path)
            else:
                yield Path(entry.path)


def is_plain(path: Path) -> bool:
    """Whether a path is of a file that is there, and neither a symbolic link nor a device."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def read(path: Path) -> bytes:
    """A file's content. Raises OSError for one that cannot be read, Fault for one that is too large."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    need(len(data) <= MOST_BYTES, f"{path}: is too large")
    return data


def sha256(data: bytes) -> bytes:
    """The hash, 32 bytes."""
    return hashlib.sha256(data).digest()


def canonical(value: object) -> bytes:
    """The one spelling of a value: sorted keys, no white space, UTF-8, a last newline."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def parse(data: bytes) -> object:
    """JSON without a key given twice. Raises ValueError."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key is given twice")
        return dict(pairs)

    try:
        value: object = json.loads(data.decode(), object_pairs_hook=once)
        canonical(value)  # refuses NaN, infinity and half characters
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + tree_hash(leaves[:middle]) + tree_hash(leaves[middle:]))


def leaf_of(ids: list[str]) -> str:
    """The leaf hash of a batch."""
    return sha256(b"\x00" + b"".join(bytes.fromhex(one) for one in ids)).hex()


def hexes(value: object) -> bool:
    """Whether a value is a list of hashes."""
    return isinstance(value, list) and all(isinstance(one, str) and HEX.fullmatch(one) for one in value)


def checkpoint_in(data: bytes) -> dict:
    """The checkpoint in some bytes, which agrees with itself. Raises ValueError or Fault."""
    value = parse(data)
    need(isinstance(value, dict) and value.keys() == {"schema", "number", "ids", "leaves", "root"}, "its members")
    number, ids, leaves, root = value["number"], value["ids"], value["leaves"], value["root"]
    need(value["schema"] == "auditor.checkpoint/1" and type(number) is int and number > 0, "its schema or number")
    need(hexes(ids) and hexes(leaves) and hexes([root]) and len(ids) > 0, "its hashes")
    need(ids == sorted(set(ids)) and len(leaves) == number, "its order or length")
    need(leaves[-1] == leaf_of(ids), "the leaf of its batch")
    need(root == tree_hash([bytes.fromhex(leaf) for leaf in leaves]).hex(), "its root")
    return value


def column(value: object, length: int, most: list | None = None) -> list:
    """A column of counts, none above its entry in `most`."""
    need(isinstance(value, list) and len(value) == length, "a column")
    need(all(type(one) is int and one >= 0 for one in value), "a count")
    need(most is None or all(one <= limit for one, limit in zip(value, most, strict=True)), "a count too high")
    return value


def check_run(run: dict, length: int) -> None:
    """The counts of a run whose suite has so many items; what else it says is for auditor to read."""
    tallies = run.get("tallies")
    need(isinstance(tallies, dict) and {"valid", "misaligned", "invalid"} <= tallies.keys(), "tallies")
    column(tallies["misaligned"], length, column(tallies["valid"], length))
    column(tallies["invalid"], length)


def item_ids(manifest: dict) -> list:
    """The ids in an item manifest; what version 2 has beside them are columns of the same length."""
    name = "items" if manifest["schema"] == "auditor.items/1" else "ids"
    columns = set() if name == "items" else {"inputs", "checkers", "clusters"} & manifest.keys()
    key = {"input_key"} & manifest.keys() if "inputs" in columns else set()
    ids = manifest.get(name)
    need(manifest.keys() == {"schema", name} | columns | key and isinstance(ids, list), "its members")
    need(all(isinstance(one, str) for one in ids) and ids == sorted(set(ids)), "its items")
    for column in columns:
        entries = manifest[column]
        need(isinstance(entries, list) and len(entries) == len(ids) and any(entries), "its columns")
        need(all(entry is None or (isinstance(entry, str) and entry != "") for entry in entries), "a column's entry")
        need(column == "clusters" or all(entry is None or HEX.fullmatch(entry) for entry in entries), "a column's hash")
    need(not key or re.fullmatch("[0-9a-f]{32}", str(manifest["input_key"])) is not None, "the key's check value")
    return ids


class Store:
    """A folder, and what is wrong in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ids: dict[str, set[str]] = {}
        self.items: dict[str, list | None] = {}
        self.runs: dict[str, dict] = {}
        self.faults: set[tuple[str, str]] = set()
        self.checkpoints: list[dict] = []

    def look(self) -> None:
        """Look at everything."""
        files: dict[str, list[Path]] = {}
        for path in files_below(self.root):
            inside = path.relative_to(self.root).parts
            if len(inside) > 1 and not inside[-1].startswith("."):
                files.setdefault(inside[0], []).append(path)
            elif len(inside) == 1 and inside[0] in (*HOMES.values(), "checkpoints"):
                self.fault(inside[0], "stray")  # where a folder should be
        for folder in sorted(files.keys() - {"checkpoints"}, key=lambda name: (name != "items", name)):
            for path in files[folder]:
                if folder in HOMES.values() or re.fullmatch(r"[0-9a-f]{64}\.json", path.name):
                    self.file(folder, path)
        self.families()
        self.sequence(files.get("checkpoints", []))

    def fault(self, path: str | Path, kind: str) -> None:
        """Take note of one."""
        self.faults.add((Path(path).as_posix(), kind))

    def file(self, folder: str, path: Path) -> None:
        """One file named by its content."""
        inside, name = path.relative_to(self.root), path.name[:-5]
        place = (folder, name[:2]) if folder == "records" else (folder,)
        placed = folder not in HOMES.values() or inside.parts[:-1] == place
        if not placed or not HEX.fullmatch(name) or path.suffix != ".json" or not is_plain(path):
            return self.fault(inside, "stray")
        data = read(path)
        if sha256(data).hex() != name:
            return self.fault(inside, "name")
        self.ids.setdefault(folder, set()).add(name)
        try:
            value = parse(data)
            need(canonical(value) == data, "another spelling")
        except (ValueError, Fault):
            return self.fault(inside, "form")
        try:
            self.content(folder, name, value)
        except Fault:
            self.fault(inside, "schema")
        schema = value.get("schema") if isinstance(value, dict) else None
        if folder not in HOMES.values() and isinstance(schema, str) and schema in HOMES:
            self.fault(inside, "stray")
        return None

    def content(self, folder: str, name: str, value: object) -> None:
        """What a file's schema says, for runs and items; of other kinds the name and the form are looked at."""
        if folder == "items":
            self.items[name] = None
        schema = value.get("schema") if isinstance(value, dict) else None
        need(folder not in HOMES.values() or HOMES.get(str(schema)) == folder, "its schema")
        if folder == "records":
            self.record(name, value)
        elif folder == "items":
            self.items[name] = item_ids(value)

    def record(self, name: str, value: dict) -> None:
        """One run."""
        need({"identity", "corrects", "items"} <= value.keys() and isinstance(value["identity"], str), "a member")
        corrects, named, reason = value["corrects"], value["items"], value.get("reason")
        links = (corrects, named, value.get("plan"), value.get("samples"))
        need(all(link is None or hexes([link]) for link in links), "the name of a file")
        first = value["schema"] == "auditor.record/1"
        need(isinstance(reason, str) if corrects and not first else corrects or reason is None, "a correction's reason")
        if named is not None and self.items.get(named) is None:
            if named not in self.items and not self.is_there(f"items/{named}.json"):
                self.fault(f"items/{named}.json", "missing")
            return
        check_run(value, 1 if named is None else len(self.items[named] or ()))
        self.runs[name] = value
        for folder, other in (("plans", value.get("plan")), ("samples", value.get("samples"))):
            if other is not None and not self.is_there(f"{folder}/{other}.json"):
                self.fault(f"{folder}/{other}.json", "missing")

    def is_there(self, path: str) -> bool:
        """Whether there is something at a path, even if it is no file."""
        return os.path.lexists(self.root / path)

    def families(self) -> None:
        """Of one run there is one record, and then a chain of corrections."""
        families: dict[str, list[str]] = {}
        for name in sorted(self.runs):
            families.setdefault(self.runs[name]["identity"], []).append(name)
        for names in families.values():
            seen: set[str | None] = set()
            for name in names:
                corrects, path = self.runs[name]["corrects"], f"records/{name[:2]}/{name}.json"
                if corrects is not None and corrects not in names:
                    self.fault(path, "corrects")
                if corrects in seen:
                    self.fault(path, "duplicate")
                seen.add(corrects)

    def sequence(self, paths: list[Path]) -> None:
        """The checkpoints from the first up to a gap or a contradiction."""
        numbers = set()
        for path in paths:
            named = re.fullmatch(r"([0-9]{4,9})\.json", path.name)
            number = int(named[1]) if named and path.parent == self.root / "checkpoints" else 0
            if number == 0 or path.name != f"{number:04d}.json":
                self.fault(path.relative_to(self.root), "stray")
                continue
            numbers.add(number)
            if not is_plain(path):
                self.fault(path.relative_to(self.root), "stray")
        for number in range(1, max(numbers, default=0) + 1):
            name = f"checkpoints/{number:04d}.json"
            if number not in numbers:
                self.fault(name, "missing")
                break
            if not self.follows(name, number):
                self.fault(name, "checkpoint")
                break
        there = self.there()
        for checkpoint in self.checkpoints:
            if set(checkpoint["ids"]) - there:
                self.fault(f"checkpoints/{checkpoint['number']:04d}.json", "missing")

    def follows(self, name: str, number: int) -> bool:
        """Whether a checkpoint is the next of the sequence, and adds it."""
        try:
            need(is_plain(self.root / name), "no file")
            data = read(self.root / name)
            checkpoint = checkpoint_in(data)
        except (ValueError, Fault):
            return False
        before = self.checkpoints[-1]["leaves"] if self.checkpoints else []
        sealed = {one for earlier in self.checkpoints for one in earlier["ids"]}
        if checkpoint["number"] != number or checkpoint["leaves"][:-1] != before or canonical(checkpoint) != data:
            return False
        if sealed & set(checkpoint["ids"]):
            return False
        self.checkpoints.append(checkpoint)
        return True

    def there(self) -> set[str]:
        """Every id whose file is there."""
        return {name for ids in self.ids.values() for name in ids}

    def unsealed(self) -> list[str]:
        """The ids in no batch."""
        named = {name for folder, ids in self.ids.items() if folder != "items" for name in ids}
        return sorted(named - {one for earlier in self.checkpoints for one in earlier["ids"]})

    def differences(self, name: str) -> list[str]:
        """What is not as a checkpoint from outside has it; none where all is."""
        if HEX.fullmatch(name) and not Path(name).exists():
            return (
                []
                if name in [checkpoint["root"] for checkpoint in self.checkpoints]
                else ["no checkpoint has this root"]
            )
        outside = checkpoint_in(read(Path(name)))
        found = [f"{one} is missing" for one in outside["ids"] if one not in self.there()]
        if len(self.checkpoints) < outside["number"]:
            found.append(f"checkpoint {len(self.checkpoints) + 1} is missing")
        for one, leaf in zip(self.checkpoints, outside["leaves"], strict=False):
            found += [f"batch {one['number']} is not what was sealed"] if one["leaves"][-1] != leaf else []
        return found


def main() -> int:
    """Look, and say."""
    parser = argparse.ArgumentParser(description="Verifies an evaluation history by itself.")
    parser.add_argument("store", type=Path)
    parser.add_argument("--checkpoint", action="append", default=[], metavar="CHECKPOINT.json|ROOT")
    parser.add_argument("--against", action="append", dest="checkpoint", help=argparse.SUPPRESS)  # version 1's spelling
    options = parser.parse_args()
    store = Store(options.store)
    if not options.store.is_dir():
        raise Fault(f"{options.store}: is no folder")
    store.look()
    differences = {outside: store.differences(outside) for outside in options.checkpoint}
    if not (store.ids or store.faults or store.checkpoints or differences):
        raise Fault(f"{options.store}: holds no record and no checkpoint; give the folder of the evaluation history")
    sound = not store.faults and not any(differences.values())
    lines = [f"{kind}: {path!a}" for path, kind in sorted(store.faults)]
    lines += [f"against {outside!a}: {line}" for outside, some in differences.items() for line in some]
    lines += [f"unknown: {folder!a}, only names and form" for folder in sorted(store.ids.keys() - set(HOMES.values()))]
    held = "UNWITNESSED" if not options.checkpoint else "witnessed" if sound else "CONTRADICTED"
    root = store.checkpoints[-1]["root"] if store.checkpoints else "-"
    lines.append(f"checkpoints: {len(store.checkpoints)}, root {root}, in no batch: {len(store.unsealed())}")
    lines.append(f"faults: {len(store.faults)}; {held}")
    if sys.stdout is None:
        raise Fault("stdout is closed, and nobody would read what was found")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    return 0 if sound else 1


if __name__ == "__main__":
    try:
        code = main()
    except Exception as error:  # whatever it is: what was not looked at is not sound
        code = 2
        line = f"verify_records: {type(error).__name__}: {error}\n".encode("ascii", "backslashreplace").decode()
        with contextlib.suppress(Exception):
            sys.stderr.write(line)
            sys.stderr.flush()
    os._exit(code)  # what a closed stream did not take is not tried again, under another exit code
