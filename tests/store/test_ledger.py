"""Recorded looks: one immutable file each, the same one for the same look, and refused where they were changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.held_out_use import HeldOutUse
from auditor.store.ledger import add_held_out_use, load_held_out_uses

LOOK = HeldOutUse(
    "", "conduct", ("unseen", "forum"), "1" * 64, "2" * 64, "gate --reveal", datetime(2026, 3, 1, tzinfo=UTC)
)


def test_what_is_recorded_is_read_again_once(tmp_path: Path) -> None:
    first, second = (add_held_out_use(tmp_path, "store", LOOK) for _ in range(2))
    assert first == second
    assert first.suites == ("forum", "unseen")
    assert load_held_out_uses(Folder(tmp_path), "store") == (first,)
    assert [path.name for path in (tmp_path / "store/looks").iterdir()] == [f"{first.id}.json"]


def test_without_any_there_are_none(tmp_path: Path) -> None:
    assert load_held_out_uses(Folder(tmp_path), "store") == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("forum", "other"), "its content is not what its name says"),
        (lambda text: text[:-10], "its content is not what its name says"),
    ],
)
def test_what_was_changed_is_refused(tmp_path: Path, change: object, says: str) -> None:
    file = tmp_path / f"store/looks/{add_held_out_use(tmp_path, 'store', LOOK).id}.json"
    assert callable(change)
    file.write_text(change(file.read_text()))
    with pytest.raises(RecordError, match=says):
        load_held_out_uses(Folder(tmp_path), "store")


def test_a_stray_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store/looks").mkdir(parents=True)
    (tmp_path / "store/looks/note.json").write_text("{}")
    with pytest.raises(RecordError, match="is no look"):
        load_held_out_uses(Folder(tmp_path), "store")


@pytest.mark.parametrize("bad", [{"suites": ()}, {"before": "HEAD"}, {"by": ""}])
def test_a_look_that_says_nothing_is_not_recorded(tmp_path: Path, bad: dict[str, object]) -> None:
    fields = {name: getattr(LOOK, name) for name in LOOK.__slots__} | bad
    with pytest.raises(RecordError):
        add_held_out_use(tmp_path, "store", HeldOutUse(**fields))
    assert not (tmp_path / "store").exists()
