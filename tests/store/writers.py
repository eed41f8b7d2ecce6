"""Writers that the store's tests run as processes of their own; light, since each process imports them."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from auditor.errors import RecordError
from auditor.git import Folder
from auditor.store.integrity import seal_records
from auditor.store.records import RecordStore
from tests.store.builders import TALLIES, a_run

STORE = "eval_history"


def store(root: Path) -> RecordStore:
    return RecordStore(root, STORE)


def write_some(root: Path, worker: int) -> None:
    writer = store(root)
    for index in range(10):
        writer.add([a_run(f"shared-{index}"), a_run(f"own-{worker}-{index}")])


def claim(root: Path, worker: int) -> None:
    try:
        store(root).add([a_run("contested", planned=worker)])
    except RecordError:
        raise SystemExit(2) from None


def acknowledge(root: Path, start: int, connection: Connection) -> None:
    for index in range(start, 10_000):
        store(root).add([a_run(f"log-{index}", tallies=replace(TALLIES, invalid=(index, 0)))])
        connection.send(index)


def seal_now(root: Path) -> None:
    seal_records(root, STORE, Folder(root))
