"""Hashed prompts on disk: what goes in comes out, no text is in it, and damage is an error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.ngrams import hash_text, normalised_words
from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.canonical import sha256
from auditor.store.prompts import add_prompts, encode_prompts, hash_prompts, key_check, load_prompts

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
TEXT = "The ferry to Brann leaves at noon, the brakes of my van squeal, and the mechanic is my uncle."
ROW = {"item": "a", "length": 8, "runs": "", "stems": []}
FIRST = "auditor.prompts/1"
WORDS = st.lists(st.text("abcdefghij", min_size=9, max_size=12), max_size=120).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text("xyz0", min_size=1, max_size=3), WORDS), max_size=4))
def test_what_is_kept_comes_back_and_holds_no_word(
    tmp_path_factory: pytest.TempPathFactory, prompts: list[tuple[str, str]]
) -> None:
    root = tmp_path_factory.mktemp("store")
    file = hash_prompts("suite", prompts, KEY)
    add_prompts(root, "eval_history", [file])
    add_prompts(root, "eval_history", [hash_prompts("suite", reversed(prompts), KEY)])
    assert load_prompts(Folder(root), "eval_history") == (file,)
    assert set(file.prompts) == {(item, hash_text(text, KEY)) for item, text in prompts}
    (path,) = (root / "eval_history/prompts").iterdir()
    data = path.read_bytes()
    assert path.stem == sha256(data)
    assert [word for _, text in prompts for word in normalised_words(text) if word.encode() in data] == []


def test_numbers_of_another_key_have_nothing_in_common() -> None:
    mine, theirs = (hash_prompts("suite", [("a", TEXT)], key) for key in (KEY, OTHER))
    assert mine.key != theirs.key
    ((_, text_hashes),), ((_, other),) = mine.prompts, theirs.prompts
    assert not text_hashes.runs & other.runs
    assert not frozenset().union(*text_hashes.stems) & frozenset().union(*other.stems)
    assert key_check(KEY) not in (KEY.hex(), "")


def test_no_files_where_there_is_no_folder_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    assert load_prompts(Folder(tmp_path), "eval_history") == ()
    (tmp_path / "eval_history/prompts").mkdir(parents=True)
    (tmp_path / "eval_history/prompts/.left.tmp").write_text("half a file")
    assert load_prompts(Folder(tmp_path), "eval_history") == ()


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(RecordError, match="cannot be recorded"):
        encode_prompts(hash_prompts("suite", [("\ud800", TEXT)], KEY))


def test_what_is_kept_is_the_same_for_ever() -> None:
    """Another stemmer, or another way to cut words, needs another schema: its numbers fit no file that is there."""
    assert (
        sha256(encode_prompts(hash_prompts("suite", [("a", TEXT)], KEY)))
        == "12705ecd2cdc49238ada7e43f242d442a7599e1ef7ad18ff168dca4de8a16be0"
    )


def test_of_the_first_version_the_runs_are_read(tmp_path: Path) -> None:
    content = json.loads(encode_prompts(hash_prompts("suite", [("a", TEXT)], KEY)))
    data = json.dumps({**content, "schema": FIRST, "key": key_check(KEY, FIRST)}, sort_keys=True).encode()
    folder = tmp_path / "eval_history/prompts"
    folder.mkdir(parents=True)
    (folder / f"{sha256(data)}.json").write_bytes(data)
    (file,) = load_prompts(Folder(tmp_path), "eval_history")
    assert file.opened_by(KEY) and not file.opened_by(OTHER)
    assert file.prompts == (("a", replace(hash_text(TEXT, KEY), stems=())),)


@pytest.mark.parametrize(
    ("member", "value", "says"),
    [
        ("schema", "auditor.prompts/3", "schema: Input should be 'auditor.prompts/1' or 'auditor.prompts/2'"),
        ("suite", None, "suite: Input should be a valid string"),
        ("key", "short", "key: String should match pattern '^[0-9a-f]{32}$'"),
        ("prompts", {}, "prompts: Input should be a valid list"),
        ("prompts", [{**ROW, "length": 9}], "prompts.0.length: Input should be less than or equal to 8"),
        ("prompts", [{**ROW, "length": True}], "prompts.0.length: Input should be a valid integer"),
        ("prompts", [{**ROW, "runs": "AAAA"}], "prompts.0.runs: is no list of numbers of 8 bytes each"),
        ("prompts", [{**ROW, "runs": "?"}], "prompts.0.runs: "),
        ("prompts", [{**ROW, "runs": 7}], "prompts.0.runs: is no text"),
        ("prompts", [{**ROW, "text": "kept"}], "prompts.0.text: Extra inputs are not permitted"),
        ("more", 1, "more: Extra inputs are not permitted"),
    ],
)
def test_anything_else_is_an_error(member: str, value: object, says: str, tmp_path: Path) -> None:
    content = json.loads(encode_prompts(hash_prompts("suite", [("a", TEXT)], KEY)))
    data = json.dumps({**content, member: value}).encode()
    folder = tmp_path / "eval_history/prompts"
    folder.mkdir(parents=True)
    (folder / f"{sha256(data)}.json").write_bytes(data)
    with pytest.raises(RecordError) as caught:
        load_prompts(Folder(tmp_path), "eval_history")
    assert str(caught.value).startswith(f"eval_history/prompts/{sha256(data)}.json: {says}")
