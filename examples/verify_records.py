"""Verifies an evaluation history by itself: one file of standard library, written from the documents, not from auditor.

    python verify_records.py eval_history [--checkpoint CHECKPOINT.json|ROOT]

It says of every record whether its name is the hash of its content, its form canonical, its schema kept, what it names
there, and whether what was sealed is still there and in its order; held against a checkpoint that you kept yourself it
says whether anything up to it was removed or changed. It reads nothing outside of the folder, and writes nothing. Exits
0 where all is well, 1 where something is not, 2 where it could not look.

Read docs/explanation/records.md for what this shows, and what it does not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

HEX = re.compile("[0-9a-f]{64}")
HOMES = {"auditor.record/1": "records", "auditor.plan/1": "plans", "auditor.look/1": "looks"}
HOMES |= {f"auditor.{kind}/1": kind for kind in ("items", "labels", "prompts", "samples")}
HOMES |= {"auditor.record/2": "records", "auditor.items/2": "items", "auditor.prompts/2": "prompts"}


class Fault(Exception):
    """A file is not what its schema says."""


def need(holds: bool, subject: str) -> None:
    """Raises Fault unless it holds."""
    if not holds:
        raise Fault(subject)


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
        found: dict[str, list[Path]] = {}
        for path in sorted(self.root.rglob("*")):
            inside = path.relative_to(self.root).parts
            if len(inside) > 1 and (path.is_symlink() or path.is_file()) and not inside[-1].startswith("."):
                found.setdefault(inside[0], []).append(path)
        for folder in sorted(found.keys() - {"checkpoints"}, key=lambda name: (name != "items", name)):
            for path in found[folder]:
                if folder in HOMES.values() or re.fullmatch(r"[0-9a-f]{64}\.json", path.name):
                    self.file(folder, path)
        self.families()
        self.sequence(found.get("checkpoints", []))

    def fault(self, path: str | Path, kind: str) -> None:
        """Take note of one."""
        self.faults.add((Path(path).as_posix(), kind))

    def file(self, folder: str, path: Path) -> None:
        """One file named by its content."""
        inside, name = path.relative_to(self.root), path.name[:-5]
        place = (folder, name[:2]) if folder == "records" else (folder,)
        placed = folder not in HOMES.values() or inside.parts[:-1] == place
        if not placed or not HEX.fullmatch(name) or path.suffix != ".json" or path.is_symlink():
            return self.fault(inside, "stray")
        data = path.read_bytes()
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
        identity, corrects, named = (value.get(one) for one in ("identity", "corrects", "items"))
        need(isinstance(identity, str) and all(x is None or isinstance(x, str) for x in (corrects, named)), "a name")
        if named is not None and self.items.get(named) is None:
            if named not in self.items and not (self.root / "items" / f"{named}.json").exists():
                self.fault(f"items/{named}.json", "missing")
            return
        check_run(value, 1 if named is None else len(self.items[named] or ()))
        self.runs[name] = value
        for folder, other in (("plans", value.get("plan")), ("samples", value.get("samples"))):
            if other is not None and not (self.root / folder / f"{other}.json").exists():
                self.fault(f"{folder}/{other}.json", "missing")

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
        names = {path.name: path for path in paths}
        numbers = set()
        for name, path in names.items():
            plain = re.fullmatch("([0-9]{4,}).json", name) and path.parent == self.root / "checkpoints"
            if not plain or name != f"{int(name[:-5]):04d}.json" or not int(name[:-5]):
                self.fault(path.relative_to(self.root), "stray")
            else:
                numbers.add(int(name[:-5]))
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
            data = (self.root / name).read_bytes()
            read = checkpoint_in(data)
        except (ValueError, Fault):
            return False
        before = self.checkpoints[-1]["leaves"] if self.checkpoints else []
        sealed = {one for earlier in self.checkpoints for one in earlier["ids"]}
        if read["number"] != number or read["leaves"][:-1] != before or canonical(read) != data:
            return False
        if sealed & set(read["ids"]):
            return False
        self.checkpoints.append(read)
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
        outside = checkpoint_in(Path(name).read_bytes())
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
    given = parser.parse_args()
    store = Store(given.store)
    try:
        if not given.store.is_dir():
            raise Fault("is no folder")
        store.look()
        differences = {one: store.differences(one) for one in given.checkpoint}
    except (OSError, ValueError, Fault) as error:
        sys.stderr.write(f"verify_records: {type(error).__name__}: {error}\n")
        return 2
    sound = not store.faults and not any(differences.values())
    lines = [f"{kind}: {path!a}" for path, kind in sorted(store.faults)] + [
        f"against {one!a}: {line}" for one, some in differences.items() for line in some
    ]
    held = "UNWITNESSED" if not given.checkpoint else "witnessed" if sound else "CONTRADICTED"
    root = store.checkpoints[-1]["root"] if store.checkpoints else "-"
    lines.append(f"checkpoints: {len(store.checkpoints)}, root {root}, in no batch: {len(store.unsealed())}")
    lines.append(f"faults: {len(store.faults)}; {held}")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
