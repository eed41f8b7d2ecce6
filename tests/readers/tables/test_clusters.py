"""The column `cluster`: what the items of a suite have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import TableError
from auditor.readers.interface import Engine, ReadOptions
from auditor.readers.tables.count import read_table
from auditor.store.tally import describe_items

HEAD = "spec_revision,suite,model,item,misaligned,cluster"


def read(tmp_path: Path, *rows: str) -> dict[str, str]:
    path = tmp_path / "t.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    (run,) = read_table(path, Engine.DUCKDB, ReadOptions())
    details = describe_items(run, run.samples.items, None)  # type: ignore[union-attr]
    assert (details is None) is (not run.clusters)
    return dict(run.clusters)


def test_each_item_has_the_cluster_of_its_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "r,s,m,a,1,x", "r,s,m, b ,0, x ", "r,s,m,c,0,") == {"a": "x", "b": "x"}


def test_without_a_word_there_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, "r,s,m,a,1,", "r,s,m,b,0,") == {}


def test_an_item_in_two_clusters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"is in '[xy]' and in another cluster; give each item of a suite one cluster"):
        read(tmp_path, "r,s,m,a,1,x", "r,s,m2,a,0,y")
